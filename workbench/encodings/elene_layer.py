"""ELENE-L: a layer that reads ego nets by learned tables of distances and degrees."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.utils import scatter

from workbench.cost import check_network
from workbench.encodings.ego_nets import EgoNets, ego_nets
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


class ELENELayer(nn.Module):
    r"""Every node hears the nodes, and the edges, of its ego net, and where they stand in it.

    With t the embedding of a node w in the ego net of r (of its degrees toward r, in all, and away
    from r, and of its distance), means over the ego net of r:

    .. math::
        m_r &= \mathrm{mean}_w\, \mathrm{MLP}_n([x_r, x_w, t_{rw}]) \\
        g_{r,uv} &= \mathrm{MLP}_e([x_r, e_{uv}, x_u \odot x_v, t_{r,uv}]) \\
        x'_r &= w_0 x_r + w_1 \mathrm{MLP}_o([x_r, m_r, \mathrm{mean}_{uv}\, g_{r,uv}]) \\
        e'_{uv} &= w_2 e_{uv} + w_3\, \mathrm{mean}_r\, g_{r,uv}

    where :math:`t_{r,uv}` sums what the degrees of both ends say, and what is said by the distance
    of each with the step that the edge makes: nearer, as near, or farther. Without
    ``edge_channels`` there are no edges in it.

    Submodules to read from outside: ``degrees.0`` (toward), ``.1`` (all), ``.2`` (away),
    ``distance``, ``step``, ``node_message``, ``edge_message``, ``update``.

    Args:
        channels: width of the nodes' states.
        edge_channels: width of the edges' states; None for the node-centric form.
        hops: radius of the ego nets.
        embedding_channels: width of each table.
        max_degree: larger degrees count as this one.
        num_layers: linear maps of each MLP.

    Raises:
        ValueError: a size is less than 1.

    Differs from the released code: degrees and ends are those of the paper (``elene``); there, they
    are those of other nodes for two hops and more, and edge messages read other nodes throughout.

    Examples:
        >>> import torch
        >>> from workbench.encodings import ELENELayer
        >>> from workbench.graphs import ring
        >>> x, edge_attr = ELENELayer(4)(torch.ones(5, 4), ring(5).edge_index)
        >>> x.shape, edge_attr
        (torch.Size([5, 4]), None)

    References:
        As of ``elene``.
    """

    def __init__(
        self,
        channels: int,
        *,
        edge_channels: int | None = None,
        hops: int = 1,
        embedding_channels: int = 16,
        max_degree: int = 8,
        num_layers: int = 2,
    ):
        super().__init__()
        edges = edge_channels or 0
        check_network(
            channels=channels,
            edge_channels=1 if edge_channels is None else edge_channels,
            hops=hops,
            embedding_channels=embedding_channels,
            max_degree=max_degree,
            num_layers=num_layers,
        )
        self.hops, self.max_degree, width = hops, max_degree, 4 * embedding_channels
        self.degrees = nn.ModuleList(
            nn.Embedding(max_degree + 1, embedding_channels) for _ in range(3)
        )
        self.distance = nn.Embedding(hops + 1, embedding_channels)
        self.node_message = _mlp(2 * channels + width, channels, num_layers)
        self.step = self.edge_message = None
        if edges:
            self.step = nn.Embedding(3 * (hops + 1), embedding_channels)
            self.edge_message = _mlp(2 * channels + edges + width, edges, num_layers)
        self.update = _mlp(2 * channels + edges, channels, num_layers)
        self.weights = nn.Parameter(torch.ones(4 if edges else 2))
        for table in (*self.degrees, self.distance, *([self.step] if edges else [])):
            nn.init.xavier_normal_(table.weight, gain=1 / embedding_channels)

    def forward(
        self,
        x: Float[Tensor, "nodes channels"],
        edge_index: EdgeIndex,
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
        *,
        nets: EgoNets | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """The new states of nodes and of edges, the latter None in the node-centric form.

        Args:
            x: ``[nodes, channels]``.
            edge_index: ``[2, edges]``, both directions of every undirected edge.
            edge_attr: ``[edges, edge_channels]``.
            nets: the ego nets, where they were made before; they are the same for all layers.
        """
        if (edge_attr is None) != (self.step is None):
            wanted = "edge_attr" if edge_attr is None else "edge_channels when it is made"
            raise ValueError(f"the layer with edges needs {wanted}, and the one without has none")
        if nets is None:
            nets = ego_nets(simple_graph(edge_index, x.size(0)), self.hops)
        size = x.size(0)
        told = torch.cat([self._degrees(nets.degrees), self.distance(nets.hop)], dim=1)
        heard = self.node_message(torch.cat([x[nets.root], x[nets.node], told], dim=1))
        parts = [x, scatter(heard, nets.root, dim_size=size, reduce="mean")]
        if edge_attr is None:
            return self.weights[0] * x + self.weights[1] * self.update(torch.cat(parts, 1)), None
        root, edge = nets.edges(edge_index)
        ends = edge_index[:, edge]
        rows = [nets.rows_of(root, end) for end in ends]
        hops = [nets.hop[row] for row in rows]
        degrees = sum(self._degrees(nets.degrees[row]) for row in rows)
        steps = self.step(3 * hops[0] + hops[1] - hops[0] + 1)
        steps = steps + self.step(3 * hops[1] + hops[0] - hops[1] + 1)
        both = [x[root], edge_attr[edge], x[ends[0]] * x[ends[1]], degrees, steps]
        heard = self.edge_message(torch.cat(both, dim=1))
        parts.append(scatter(heard, root, dim_size=size, reduce="mean"))
        around = scatter(heard, edge, dim_size=edge_index.size(1), reduce="mean")
        x = self.weights[0] * x + self.weights[1] * self.update(torch.cat(parts, dim=1))
        return x, self.weights[2] * edge_attr + self.weights[3] * around

    def _degrees(self, degrees: Tensor) -> Tensor:
        """What the three degrees say; they are cut first, and their sum again."""
        near, level, far = degrees.clamp(max=self.max_degree).T
        total = (near + level + far).clamp(max=self.max_degree)
        kinds = zip(self.degrees, (near, total, far), strict=True)
        return torch.cat([table(kind) for table, kind in kinds], dim=1)


def _mlp(in_channels: int, out_channels: int, num_layers: int) -> nn.Sequential:
    """Linear maps without bias, a normalization and a ReLU after each."""
    widths = [*[in_channels] * num_layers, out_channels]
    layers: list[nn.Module] = []
    for one, two in pairwise(widths):
        layers += [nn.Linear(one, two, bias=False), nn.BatchNorm1d(two), nn.ReLU()]
    return nn.Sequential(*layers)
