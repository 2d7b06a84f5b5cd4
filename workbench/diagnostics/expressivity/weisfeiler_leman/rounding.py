"""What rounding makes of a comparison of real numbers, on every machine at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float64, Int64, Shaped
from torch import Tensor

from workbench.cost import check_count
from workbench.diagnostics.expressivity.weisfeiler_leman import items
from workbench.diagnostics.expressivity.weisfeiler_leman.coloring import coloring
from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import batch_of, compare
from workbench.diagnostics.expressivity.weisfeiler_leman.pair_classes import distance_columns
from workbench.diagnostics.expressivity.weisfeiler_leman.prepared import split
from workbench.ties import starts_level

if TYPE_CHECKING:
    from torch_geometric.data import Data


@dataclass(frozen=True)
class RoundedDistinction:
    """Whether two graphs are told apart by distances that are rounded first.

    Attributes:
        answer: ``"told apart"`` or ``"equal"`` where every machine finds the same, ``"open"`` where
            the last digits of the computed distances decide.
        on_edge: the different distances that lie half way between two rounded numbers, within the
            error of their computation, ascending. Where there are some, rounding may send equal
            distances to both sides.
    """

    answer: str
    on_edge: Float64[Tensor, " values"]


def rounded_distinction(
    data_a: "Data", data_b: "Data", *, decimals: int, error: float = 1e-13
) -> RoundedDistinction:
    r"""Resistance-WL of two graphs from resistances rounded to some decimals, as scripts do it.

    Rounding is meant to make equal what differs by the rounding errors of a computation. Where the
    exact value lies on a rounding edge, :math:`(k + \tfrac12)\, 10^{-d}`, it does the contrary: the
    computed values fall to both sides, another way on every processor. This function finds these
    values by an interval around each, and says whether they matter:

    - *told apart*: the graphs differ even if everything that some machine may round alike counts as
      equal. More classes of distances never tell less apart, so they differ on every machine.
    - *equal*: they do not differ, and no value lies on an edge, so that all machines round alike.
    - *open*: they differ by the values on an edge alone, or not at all. Rounded up in one graph
      and down in the other, these values tell even equal graphs apart.

    Args:
        data_a, data_b: graphs; features are read as in ``distinguishes``.
        decimals: how many are kept; below 0, powers of ten are rounded.
        error: how far a computed resistance may be from the exact one, relative to it. The
            resistances of a few hundred nodes are right to 1e-14.

    Returns:
        ``RoundedDistinction``. ``distinguishes(..., test="rd-wl")`` does not round and has no edge.

    Raises:
        ValueError: ``error`` is not between 0 and 1, or what ``distinguishes`` raises.
        TooLargeError: the test would not fit into memory.

    Examples:
        >>> from workbench.diagnostics import rounded_distinction
        >>> from workbench.graphs import path, ring
        >>> rounded_distinction(path(4), ring(4), decimals=6).answer
        'told apart'
        >>> rounded_distinction(ring(4), ring(4), decimals=6).answer  # resistances 0.75 and 1
        'equal'
        >>> rounded_distinction(ring(4), ring(4), decimals=1).answer  # 0.75 lies on an edge
        'open'
    """
    if not 0 < error < 1:
        raise ValueError(f"error must be between 0 and 1, such as 1e-13; got {error}")
    check_count("decimals", decimals, 300)
    pair = batch_of([data_a, data_b], called=("data_a", "data_b").__getitem__)
    graphs, device = split(*pair), data_a.edge_index.device
    items.check_distances(graphs)
    ohms = np.concatenate([distance_columns(graph, "resistance")[:, 0] for graph in graphs])
    number, on_edge = rounded_classes(ohms, decimals=decimals, error=error)
    parts = np.split(number, [graphs[0].size ** 2])
    classes = [part.reshape(g.size, g.size) for part, g in zip(parts, graphs, strict=True)]
    built = items.class_items(graphs, device, classes=classes)
    found = coloring(built.refine(), built.nodes, built.start, device)
    values = np.sort(ohms[on_edge])
    unless_told_apart = "open" if values.size else "equal"
    answer = "told apart" if compare("rd-wl", found) else unless_told_apart
    return RoundedDistinction(answer, torch.from_numpy(values[starts_level(values)]))


def rounded_classes(
    values: Float64[np.ndarray, " values"], *, decimals: int, error: float
) -> tuple[Int64[np.ndarray, " values"], Shaped[np.ndarray, " values"]]:
    """Numbers, equal where some machine may round alike, and which values are on an edge.

    What a machine rounds a value to, tells its number: no rounding is coarser than these classes.
    Values are at least 0.
    """
    low, high = (np.rint(values * (1 + side * error) * 10.0**decimals) for side in (-1, 1))
    order = np.argsort(values, kind="stable")
    new = np.ones(values.size, dtype=bool)
    new[1:] = low[order][1:] > high[order][:-1]
    number = np.empty(values.size, dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number, low < high
