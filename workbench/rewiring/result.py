"""What every rewiring returns, and how a list of edits becomes an edge list."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@dataclass(frozen=True)
class Rewired:
    """A rewired graph and the edits that led to it.

    Attributes:
        edge_index: the kept columns of the input in their order, then both directions of the new
            edges in the order of the edits.
        edits: one column an edit, in order; rows are the sign (+1 adds, -1 removes), u and v, with
            ``u < v``.
        score: what the method maximized at each edit, in the unit its docstring names; nan where
            it maximized nothing.
        kept: which columns of the input's ``edge_index`` are still there.
        num_tied: how many edits were as good at each edit, itself included; 1 where it was the
            only best one, and where the method maximized nothing.
    """

    edge_index: Int64[Tensor, "2 edges"]
    edits: Int64[Tensor, "3 edits"]
    score: Float64[Tensor, " edits"]
    kept: Bool[Tensor, " columns"]
    num_tied: Int64[Tensor, " edits"]

    @property
    def added(self) -> Int64[Tensor, "2 added"]:
        """The added edges, one column each with ``u < v``, in the order of the edits."""
        return self.edits[1:, self.edits[0] > 0]

    @property
    def removed(self) -> Int64[Tensor, "2 removed"]:
        """The removed edges, one column each with ``u < v``, in the order of the edits."""
        return self.edits[1:, self.edits[0] < 0]


@dataclass(frozen=True)
class Ranking:
    """The edges that a method would add next, best first.

    Those whose scores are equal up to rounding (``ties.levels`` says which) stand together, in an
    order that the numbers of the nodes do not change, up to a symmetry of the graph.

    Attributes:
        pairs: one column a non-edge, ``u < v``. Fewer than asked where there are no more.
        score: what the method maximizes, in its own unit; larger is better.
    """

    pairs: Int64[Tensor, "2 pairs"]
    score: Float64[Tensor, " pairs"]


def check_num_edges(num_edges: int) -> None:
    """Raise if ``num_edges`` is no budget of edges.

    Raises:
        TypeError: it is not an int.
        ValueError: it is negative.
    """
    if isinstance(num_edges, bool) or not isinstance(num_edges, int):
        raise TypeError(f"num_edges must be an int, got {num_edges!r}")
    if num_edges < 0:
        raise ValueError(f"num_edges is a number of edges to add, at least 0; got {num_edges}")


def check_variant(variant: str) -> None:
    """Raise if ``variant`` is neither ``"paper"`` nor ``"official"``.

    Raises:
        ValueError: it is another word.
    """
    if variant not in ("paper", "official"):
        raise ValueError(f"variant must be 'paper' or 'official', got {variant!r}")


def apply_edits(
    edge_index: EdgeIndex,
    num_nodes: int,
    edits: Int64[Tensor, "3 edits"],
    score: Float64[Tensor, " edits"] | None = None,
    num_tied: Int64[Tensor, " edits"] | None = None,
) -> Rewired:
    """The graph after ``edits``, as every rewiring returns it.

    Rows of ``edits`` are the sign, u and v; u and v may come in either order. Self-loops of the
    input stay. A repeated edge stays repeated, and goes as a whole when it is removed. An edge that
    is removed and added again keeps its original columns; one that is added and removed again
    leaves no trace in ``edge_index``, but both edits stay in ``edits``.

    Raises:
        ValueError: the graph is directed, or an edit is impossible: a sign other than +1 and -1, a
            self-loop, a node out of range, an edge added that exists or removed that does not.
    """
    graph = simple_graph(edge_index, num_nodes)
    low = torch.minimum(edits[1], edits[2])
    edits = torch.stack([edits[0], low, torch.maximum(edits[1], edits[2])])
    source, target = graph.source.cpu().numpy(), graph.target.cpu().numpy()
    original = source * num_nodes + target
    touched = final_presence(original, num_nodes, edits.T.tolist())

    keys = torch.minimum(*edge_index) * num_nodes + torch.maximum(*edge_index)
    kept = torch.ones(edge_index.size(1), dtype=torch.bool, device=edge_index.device)
    gone = [key for key, (before, after) in touched.items() if before and not after]
    if gone:
        kept &= ~torch.isin(keys, torch.tensor(gone, device=keys.device))
    new = [key for key, (before, after) in touched.items() if after and not before]
    new = torch.tensor(new, dtype=torch.int64, device=edge_index.device)
    u, v = new // max(num_nodes, 1), new % max(num_nodes, 1)
    both = torch.stack([torch.stack([u, v]), torch.stack([v, u])], dim=2).reshape(2, -1)
    if score is None:
        score = torch.full((edits.size(1),), torch.nan, dtype=torch.float64)
    if num_tied is None:
        num_tied = torch.ones_like(edits[0])
    return Rewired(
        edge_index=torch.cat([edge_index[:, kept], both], dim=1),
        edits=edits.to(edge_index.device),
        score=score.to(edge_index.device),
        kept=kept,
        num_tied=num_tied.to(edge_index.device),
    )


def choices(
    edits: list[tuple[int, int, int]], score: list[float], num_tied: list[int]
) -> tuple[Int64[Tensor, "3 edits"], Float64[Tensor, " edits"], Int64[Tensor, " edits"]]:
    """What a method chose edit by edit, as ``apply_edits`` takes it."""
    return (
        torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T,
        torch.tensor(score, dtype=torch.float64),
        torch.tensor(num_tied, dtype=torch.int64),
    )


def final_presence(
    original: np.ndarray, num_nodes: int, edits: list[list[int]]
) -> dict[int, tuple[bool, bool]]:
    """Whether each edited edge was there at first and is there at last.

    ``original`` holds the sorted keys ``u * num_nodes + v`` (u < v) of the graph's edges. The
    result is ordered by the last addition.

    Raises:
        ValueError: an edit is impossible, as in ``apply_edits``.
    """
    state: dict[int, tuple[bool, bool]] = {}
    for at, (sign, u, v) in enumerate(edits):
        u, v = min(u, v), max(u, v)
        if sign not in (1, -1):
            raise ValueError(f"edit {at} has sign {sign}; +1 adds an edge and -1 removes one")
        if u < 0 or v >= num_nodes or u == v:
            raise ValueError(
                f"edit {at} names nodes {u} and {v}; it needs two different nodes of "
                f"0 to {num_nodes - 1}"
            )
        key = u * num_nodes + v
        if key in state:
            before, now = state[key]
        else:
            place = np.searchsorted(original, key)
            before = now = bool(place < original.size and original[place] == key)
        if now == (sign > 0):
            raise ValueError(
                f"edit {at} {'adds' if sign > 0 else 'removes'} the edge ({u}, {v}), which is "
                f"{'already' if sign > 0 else 'not'} there"
            )
        state.pop(key, None)
        state[key] = (before, not now)
    return state
