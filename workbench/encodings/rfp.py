"""RFP: random features, and what becomes of them as they propagate through the graph."""

from typing import Literal

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from workbench.cost import check_count
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


def random_features(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_features: int = 16,
    num_steps: int = 16,
    operator: Literal["adjacency", "laplacian"] = "adjacency",
    normalize: Literal["columns", "qr"] = "columns",
    batch: Int64[Tensor, " nodes"] | None = None,
    generator: torch.Generator | None = None,
) -> Float64[Tensor, "nodes channels"]:
    r"""The trajectory of random features under powers of a graph operator.

    .. math::
        R_0 \sim \mathcal N(0, 1)^{n \times k}, \qquad R_j = N(S R_{j-1}), \qquad
        \mathrm{RFP} = [R_0, R_1, \dots, R_P]

    with :math:`S = (D + I)^{-1/2} (A + I) (D + I)^{-1/2}` or ``I - S``, and N making columns unit
    vectors, or orthonormal (``"qr"``). Late steps come close to the leading eigenvectors of S, at
    the rate of the ratio of eigenvalues; early ones hold the neighborhoods.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        num_features: the number k of random features.
        num_steps: the number P of steps.
        operator: ``"adjacency"`` for S, ``"laplacian"`` for I - S.
        normalize: ``"columns"`` or ``"qr"``, each graph of a batch by itself.
        batch: the graph of each node, ascending; None for one graph.
        generator: draws the start; None for a new one with seed 0.

    Returns:
        ``[nodes, num_features (num_steps + 1)]`` float64 on the device of the input. The numbers
        are random, and only their distribution is the same for another numbering of the nodes. By
        ``"qr"``, a graph with fewer nodes than features has columns of zeros.

    Self-loops are dropped and repeated edges count once.

    Raises:
        ValueError: a number is less than 1, a word is another, or the graph is directed.

    Differs from the paper: there is no learned operator.

    Examples:
        >>> from workbench.encodings import random_features
        >>> from workbench.graphs import ring
        >>> random_features(ring(5).edge_index, 5, num_features=2, num_steps=3).shape
        torch.Size([5, 8])

    References:
        M. Eliasof, F. Frasca, B. Bevilacqua, E. Treister, G. Chechik, H. Maron, Graph Positional
        Encoding via Random Feature Propagation, ICML 2023, arXiv 2303.02918.
    """
    _check(num_features, num_steps, operator, normalize)
    graph, device = simple_graph(edge_index, num_nodes), edge_index.device
    scale = (graph.degree() + 1).rsqrt()
    source, target = graph.edge_index()
    weight = scale[source] * scale[target]
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(graph.num_nodes, num_features, generator=generator, dtype=torch.float64)
    here = drawn.to(device)
    if batch is None:
        batch = torch.zeros(graph.num_nodes, dtype=torch.int64, device=device)
    sizes = torch.bincount(batch).tolist()
    steps = [here]
    for _ in range(num_steps):
        moved = here * scale.square()[:, None]
        moved = moved.index_add(0, target, here[source] * weight[:, None])
        moved = moved if operator == "adjacency" else here - moved
        here = torch.cat([_normalize(part, normalize) for part in moved.split(sizes)] or [moved])
        steps.append(here)
    return torch.cat(steps, dim=1)


class RFP(nn.Module):
    """A linear map of ``random_features``, which are drawn anew at every call in training.

    In eval mode they come from a generator of their own with seed 0, the same at every call.

    Args:
        out_channels: width of the positions.
        num_features: the number of random features.
        num_steps: steps of the trajectory.
        operator: as in ``random_features``.
        normalize: as in ``random_features``.

    Examples:
        >>> from workbench.encodings import RFP
        >>> from workbench.graphs import ring
        >>> RFP(8)(ring(5).edge_index, 5).shape
        torch.Size([5, 8])
    """

    def __init__(
        self,
        out_channels: int,
        *,
        num_features: int = 16,
        num_steps: int = 16,
        operator: Literal["adjacency", "laplacian"] = "adjacency",
        normalize: Literal["columns", "qr"] = "columns",
    ):
        super().__init__()
        _check(num_features, num_steps, operator, normalize)
        self.options = {
            "num_features": num_features,
            "num_steps": num_steps,
            "operator": operator,
            "normalize": normalize,
        }
        self.embed = nn.Linear(num_features * (num_steps + 1), out_channels)

    def forward(
        self,
        edge_index: EdgeIndex,
        num_nodes: int,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "nodes channels"]:
        """Positions ``[nodes, out_channels]``; ``generator`` draws the start.

        Without one, torch's own draws it in training, so that a seeded run repeats.
        """
        if generator is None and self.training:
            generator = torch.default_generator
        found = random_features(
            edge_index, num_nodes, batch=batch, generator=generator, **self.options
        )
        return self.embed(found.to(self.embed.weight.dtype))


def _check(num_features: int, num_steps: int, operator: str, normalize: str) -> None:
    for name, value in (("num_features", num_features), ("num_steps", num_steps)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
        check_count(name, value, 10_000)
    if operator not in ("adjacency", "laplacian") or normalize not in ("columns", "qr"):
        raise ValueError(
            "operator must be 'adjacency' or 'laplacian' and normalize 'columns' or 'qr'; "
            f"got {operator!r} and {normalize!r}"
        )


def _normalize(x: Tensor, how: str) -> Tensor:
    if how == "columns":
        return x / x.norm(dim=0).clamp(min=1e-300)
    if not x.numel():
        return x
    q = torch.linalg.qr(x).Q
    return torch.nn.functional.pad(q, (0, x.size(1) - q.size(1)))
