"""One pair of BREC without training: a test, or an encoding as the first colors of 1-WL."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.benchmarks.brec.encoding import Encoding, relabel_edges, rows_of
from workbench.diagnostics import TooLargeError, graph_classes, tell_apart
from workbench.graphs.datasets.expressiveness import GraphPair
from workbench.ties import levels

#: Values of an encoding closer than this share of the largest one are equal.
TOLERANCE = 1e-8

#: Relabelings of each graph of a pair, on which an encoding must give the same colors.
COPIES = 3


def exact_outcome(pair: GraphPair, test: str | Encoding) -> dict:
    """Fields of the outcome."""
    try:
        if callable(test):
            return _outcome_by_colors(pair, test)
        apart = bool(tell_apart([(pair.first, pair.second)], test=test)[0])
    except TooLargeError as error:
        return {"status": "left out", "reason": f"too large: {error}"}
    return {"status": "distinguished" if apart else "not distinguished"}


def _outcome_by_colors(pair: GraphPair, encoding: Encoding) -> dict:
    names = [f"the {n} graph of pair {pair.number} ({pair.subset})" for n in ("first", "second")]
    found = encoding_outcome((pair.first, pair.second), encoding, num_copies=COPIES, names=names)
    if bool(found.moved.any()):
        which = names[int(found.moved.int().argmax())]
        # single precision alone is coarser than the tolerance
        hint = " by rounding; compute the encoding in float64" * (0 < found.noise < 1e-5)
        return {"status": "unreliable", "reason": f"{which} differs from its own relabeling{hint}"}
    apart = bool(found.classes[0] != found.classes[1])
    return {"status": "distinguished" if apart else "not distinguished"}


@dataclass(frozen=True)
class Encoded:
    """What 1-WL makes of encodings, of graphs and of relabeled copies of them.

    Attributes:
        classes: a number for each graph, equal where 1-WL cannot tell them apart.
        moved: for each graph, whether it is told apart from a relabeled copy of itself.
        noise: largest difference between a graph and its copies in the sorted values of a channel,
            relative to the largest value of the channel.
    """

    classes: Tensor
    moved: Tensor
    noise: float


def encoding_outcome(
    graphs: Sequence[Data],
    encoding: Encoding,
    *,
    num_copies: int,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Encoded:
    """1-WL from the encodings of graphs, and of ``num_copies`` relabelings of each.

    Raises:
        TypeError: an encoding is no tensor.
        ValueError: it does not fit its graph, holds nan, or has other channels than that of another
            graph.
    """
    generator = torch.Generator().manual_seed(seed)
    names = names or [f"graph {number}" for number in range(len(graphs))]
    all_edges, all_rows, sizes = [], [], []
    for data, name in zip(graphs, names, strict=True):
        size = data.num_nodes
        copies = (relabel_edges(data.edge_index, size, generator) for _ in range(num_copies))
        for edges in (data.edge_index, *(moved for _, moved in copies)):
            rows = rows_of(encoding, edges, size, of=name).cpu().double()
            if all_rows and rows.size(1) != all_rows[0].size(1):
                raise ValueError(
                    f"the encoding has {all_rows[0].size(1)} channels on {names[0]} and "
                    f"{rows.size(1)} on {name}; give the same channels for every graph"
                )
            all_edges.append(edges.cpu())
            all_rows.append(rows)
            sizes.append(size)
    values = torch.cat(all_rows)
    colors = torch.stack([_classes(column) for column in values.T], dim=1).split(sizes)
    parts = [
        Data(edge_index=edges, num_nodes=size, x=x)
        for edges, size, x in zip(all_edges, sizes, colors, strict=True)
    ]
    classes = graph_classes(parts, test="1-wl").reshape(len(graphs), 1 + num_copies)
    scale = values.abs().where(values.isfinite(), 0.0).amax(0).clamp(min=1e-300)
    noise = max(
        _largest_difference(torch.stack(all_rows[at : at + 1 + num_copies]), scale)
        for at in range(0, len(all_rows), 1 + num_copies)
    )
    return Encoded(classes[:, 0], (classes != classes[:, :1]).any(1), noise)


def _largest_difference(rows: Tensor, scale: Tensor) -> float:
    """Largest relative difference of ``[copies, nodes, channels]``, sorted, to the first copy."""
    ordered = rows.sort(dim=1).values
    same = ordered == ordered[:1]  # the difference of two infinities is no number
    apart = ((ordered - ordered[:1]).abs() / scale).masked_fill(same, 0.0)
    return float(apart.max()) if apart.numel() else 0.0


def _classes(values: Tensor) -> Tensor:
    """Numbers for real values, equal where sorted values lie closer than the tolerance."""
    found = values.numpy()
    scale = float(np.abs(found[np.isfinite(found)]).max(initial=0.0))
    return torch.from_numpy(levels(found, tolerance=TOLERANCE, scale=scale))
