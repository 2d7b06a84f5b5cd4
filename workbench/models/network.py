"""The shell of every model: an encoder, layers, a read-out, a head, and edges for each layer."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import MeanAggregation

from workbench.choices import check_choice
from workbench.cost import check_network
from workbench.models.residual import NORMS
from workbench.typing import EdgeIndex

LEVELS = ("node", "graph")


class Network(nn.Module):
    """Features -> ``encoder`` -> ``layers.0``, ``layers.1``, ... -> ``readout`` -> ``head``.

    A model makes these four, in this order, under these names: stored weights go by the names, and
    a seed's first weights by the order. Its ``forward`` names what it reads of a graph, encodes the
    features, says what each layer takes, and leaves the rest to ``forward_layers``. What a model of
    this package owes besides:

    Attributes:
        requires: transforms that make the attributes which ``forward`` cannot do without, with
            their options; ``workbench.capture.prepare(model, data)`` applies them.
        reach: hops that one forward pass can see: the state of a node depends on no node farther
            away (along the edges of all layers together). None if it sees all nodes. What a
            read-out over a whole graph, or batch normalization in training, sees is not counted.
    """

    requires: tuple = ()

    @property
    def reach(self) -> int | None:
        """Hops that one forward pass can see; here one for each layer."""
        return len(self.layers)

    def forward_layers(
        self, h: Float[Tensor, "nodes channels"], batch: Tensor | None, of_layers: Sequence[dict]
    ) -> Float[Tensor, "rows out_channels"]:
        """From encoded features to the output.

        Args:
            h: what the encoder gave.
            batch: number of the graph that each node is in; None for one graph.
            of_layers: what each layer takes besides ``h``, by name.
        """
        for layer, arguments in zip(self.layers, of_layers, strict=True):
            h = layer(h, **arguments)
        return self.output(h, batch)

    def output(
        self, h: Float[Tensor, "nodes channels"], batch: Tensor | None
    ) -> Float[Tensor, "rows out_channels"]:
        """The read-out, where graphs are read, and the head: of what the last layer gave."""
        if self.readout is not None:
            h = self.readout(h, batch)
        return self.head(h)

    def of_layers(
        self,
        make: Callable[..., dict],
        edge_layers: Bool[Tensor, "edges layers"] | None,
        edge_index: Tensor,
        *of_edges: Tensor | None,
    ) -> list[dict]:
        """What each layer takes, ``make(edge_index, *of_edges)`` of the edges that it has.

        Args:
            make: called once for all layers, or where the layers have edges of their own, for each.
            edge_layers: ``[edges, layers]`` which layers an edge is in, as layered rewirings
                write it; None if every layer has every edge.
            edge_index: the edges of all layers.
            of_edges: their other attributes, with a row for each edge, or None.

        Raises:
            ValueError: there are more or fewer layers of edges than of the model, or it is not one
                row for each edge.
        """
        count = len(self.layers)
        if edge_layers is None:
            return [make(edge_index, *of_edges)] * count
        if edge_layers.shape != (edge_index.size(1), count):
            raise ValueError(
                f"edge_layers must be [edges, layers], [{edge_index.size(1)}, {count}] for this "
                f"{type(self).__name__}; got {list(edge_layers.shape)}: give the rewiring as many "
                f"layers as the model, num_layers={edge_layers.size(-1)}"
            )
        return [
            make(edge_index[:, kept], *(None if part is None else part[kept] for part in of_edges))
            for kept in edge_layers.unbind(1)
        ]


class EdgeNetwork(Network):
    """A ``Network`` that may read features of edges, which its ``edge_encoder`` takes.

    That is an ``EdgeEncoder``, or a linear map, or None in a model that was built without.
    """

    @property
    def reads(self) -> tuple[str, ...]:
        """What ``forward`` takes of a graph besides its features and edges."""
        built = getattr(self.edge_encoder, "in_features", None)
        return "batch", "edge_layers", *["edge_attr"] * (built is not None)

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            edge_attr: edge features, if the model was built with ``edge_channels``.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all.

        Raises:
            ValueError: edge features are missing or unexpected, or ``edge_layers`` has not one
                column for each layer.
        """
        check_edge_features(edge_attr, self.edge_encoder)
        if isinstance(self.edge_encoder, EdgeEncoder):
            states = self.edge_encoder(edge_attr, edge_index.size(1))
        else:
            states = None if edge_attr is None else self.edge_encoder(edge_attr)
        return self.run(self.encoder(x), edge_index, states, batch, edge_layers)

    def run(
        self,
        h: Float[Tensor, "nodes channels"],
        edge_index: Tensor,
        states: Float[Tensor, "edges channels"] | None,
        batch: Tensor | None,
        edge_layers: Tensor | None,
    ) -> Float[Tensor, "rows out_channels"]:
        """From encoded nodes and edges to the output; here through layers that take both."""

        def arguments(edges: Tensor, states: Tensor | None) -> dict:
            return {"edge_index": edges, **({} if states is None else {"edge_attr": states})}

        return self.forward_layers(
            h, batch, self.of_layers(arguments, edge_layers, edge_index, states)
        )


def readout(level: str) -> nn.Module | None:
    """The mean over the nodes of each graph, or None if every node has an output."""
    return MeanAggregation() if level == "graph" else None


def check_options(hidden_channels: int, *, num_layers: int, level: str, norm: str | None) -> None:
    """Raise where a model cannot be built with these options.

    Raises:
        TooLargeError: ``num_layers`` is above 1,000, or ``hidden_channels`` above 32,768.
        ValueError: ``hidden_channels`` is not positive, ``num_layers`` is negative, or ``level`` or
            ``norm`` is none of the known ones.
    """
    if num_layers < 0:
        raise ValueError(f"num_layers must not be negative, got {num_layers}")
    check_network(hidden_channels=hidden_channels, num_layers=max(num_layers, 1))
    check_choice("level", level, LEVELS)
    if norm not in NORMS:
        raise ValueError(f"norm must be 'batch', 'layer' or None, got {norm!r}")


def check_ascending(batch: Tensor | None) -> None:
    """Raise where the nodes of a graph do not stand side by side.

    Raises:
        ValueError: ``batch`` is not ascending.
    """
    if batch is not None and bool((batch[1:] < batch[:-1]).any()):
        raise ValueError("batch must be ascending, the nodes of each graph side by side")


class EdgeEncoder(nn.Module):
    """Edge features -> states of edges; without features all edges share one learned state."""

    def __init__(self, edge_channels: int | None, channels: int):
        super().__init__()
        self.in_features = edge_channels
        has_edges = edge_channels is not None
        self.linear = nn.Linear(edge_channels, channels) if has_edges else None
        self.state = None if has_edges else nn.Parameter(torch.randn(1, channels))

    def forward(self, edge_attr: Tensor | None, count: int) -> Float[Tensor, "edges channels"]:
        """The states of so many edges."""
        check_edge_features(edge_attr, self)
        return self.state.expand(count, -1) if edge_attr is None else self.linear(edge_attr)


def check_edge_features(
    edge_attr: Tensor | None, edge_encoder: nn.Linear | EdgeEncoder | None
) -> None:
    """Raise where edge features are missing, or a model that was built without them gets some.

    Raises:
        ValueError: so it is.
    """
    built = None if edge_encoder is None else edge_encoder.in_features
    if (edge_attr is None) != (built is None):
        came = "no edge_attr" if edge_attr is None else f"edge_attr {list(edge_attr.shape)}"
        raise ValueError(f"got {came}; edge_channels={built} at construction")


def check_heads(hidden_channels: int, heads: int) -> None:
    """Raise where ``heads`` attention heads cannot share the channels evenly.

    Raises:
        ValueError: ``heads`` is less than 1 or does not divide ``hidden_channels``.
    """
    if heads < 1 or hidden_channels % heads:
        raise ValueError(
            f"heads must divide hidden_channels, got heads={heads}, "
            f"hidden_channels={hidden_channels}"
        )
