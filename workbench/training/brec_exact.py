"""One pair of BREC without training: a test, or an encoding as the first colors of 1-WL."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.diagnostics import TooLargeError, tell_apart
from workbench.graphs.expressiveness import GraphPair

#: Values of an encoding closer than this share of the largest one are equal.
TOLERANCE = 1e-8

#: (edge_index, num_nodes) -> [nodes, channels].
Encoding = Callable[[Tensor, int], Tensor]


def told_apart(pair: GraphPair, test: str | Encoding) -> dict:
    """Fields of the outcome."""
    graphs = pair.first, pair.second
    try:
        if callable(test):
            graphs, test = encoded(graphs, test), "1-wl"
        apart = bool(tell_apart([graphs], test=test)[0])
    except TooLargeError as error:
        return {"status": "left out", "reason": f"too large: {error}"}
    return {"status": "distinguished" if apart else "not distinguished"}


def encoded(graphs: Sequence[Data], encoding: Encoding) -> tuple[Data, ...]:
    """The graphs with the classes of their encodings as ``x``."""
    rows = [encoding(g.edge_index, g.num_nodes).double().reshape(g.num_nodes, -1) for g in graphs]
    classes = torch.stack([_classes(column) for column in torch.cat(rows).T], dim=1)
    parts = classes.split([g.num_nodes for g in graphs])
    return tuple(
        Data(edge_index=g.edge_index, num_nodes=g.num_nodes, x=part)
        for g, part in zip(graphs, parts, strict=True)
    )


def _classes(values: Tensor) -> Tensor:
    """Numbers for real values, equal where sorted values lie closer than the tolerance."""
    ordered, order = torch.sort(values)
    finite_ones = values[torch.isfinite(values)].abs()
    scale = float(finite_ones.max()) if finite_ones.numel() else 0.0
    step = (ordered[1:] - ordered[:-1]) > TOLERANCE * scale
    number = torch.cat([torch.zeros(1, dtype=torch.int64), step.long().cumsum(0)])
    return torch.empty_like(number).scatter_(0, order, number)
