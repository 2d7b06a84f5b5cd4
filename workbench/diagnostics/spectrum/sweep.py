"""Sweep cuts of slow modes: the same for every basis of a mode and every numbering of the nodes.

A sweep sorts the nodes by a mode and cuts between them. Where an eigenvalue is multiple, as on
rings, grids and cubes, a solver returns any basis of its modes, and two vectors of one eigenspace
sweep to different cuts. So an eigenspace is swept along directions that belong to the graph: the
projections onto it of every node's indicator and of every edge's difference of two indicators. And
the cuts are those between levels only: nodes that a mode gives the same value up to rounding are
never parted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float64, Int64
from numba import njit

from workbench.ties import best_first, best_levels, levels, smallest
from workbench.topology import SimpleGraph

#: Entries of a mode that differ by less than this share of the largest one are equal; on large
#: graphs less, where so many entries lie closer than that.
SAME_ENTRY, SAME_ENTRY_TIMES_NODES = 1e-6, 1e-2

#: Directions of one eigenspace that are swept at most, half of them along nodes and half along
#: edges; fewer of large graphs, whose sweeps read so many numbers at most in all.
MOST_DIRECTIONS, MOST_NUMBERS = 4_000, 5_000_000

#: Numbers that one batch of sweeps may hold, and cuts that are compared at most.
BATCH, MOST_CUTS = 2_000_000, 256


@dataclass(frozen=True)
class LevelCuts:
    """The cuts between the levels of some functions on the nodes, one row a function.

    Attributes:
        level: ``[functions, nodes]`` the rank of each node's value among the different ones.
        crossing: ``[functions, nodes]`` the conductance across the cut above each level.
        below: ``[functions, nodes]`` the mass of the nodes up to that level,
        above: and of those beyond it, which no subtraction from the whole has taken digits from.
        valid: ``[functions, nodes]`` whether there is such a cut: a level above it.
    """

    level: Int64[np.ndarray, "functions nodes"]
    crossing: Float64[np.ndarray, "functions nodes"]
    below: Float64[np.ndarray, "functions nodes"]
    above: Float64[np.ndarray, "functions nodes"]
    valid: Bool[np.ndarray, "functions nodes"]


def level_cuts(
    values: Float64[np.ndarray, "functions nodes"],
    ends: tuple[Int64[np.ndarray, " edges"], Int64[np.ndarray, " edges"]],
    weight: Float64[np.ndarray, " edges"],
    mass: Float64[np.ndarray, " nodes"],
) -> LevelCuts:
    """The cuts between the levels of functions on the nodes of a connected graph.

    Args:
        values: one function a row.
        ends: of the undirected edges.
        weight: their conductances.
        mass: of the nodes: 1 to count them, the degree for volumes.

    Returns:
        ``LevelCuts``. Running sums carry rounding: compute a chosen cut itself once more. Where
        the weights are far apart, cuts that are small beside what was summed are summed by
        themselves.
    """
    share = min(SAME_ENTRY, SAME_ENTRY_TIMES_NODES / values.shape[1])
    order = np.argsort(values, axis=1, kind="stable")
    least, lost = 0.5 * weight.min(), 1e-6 if weight.max() > 1e4 * weight.min() else 0.0
    return LevelCuts(*_level_cuts(values, order, share, *ends, weight, mass, least, lost))


@njit(cache=True, nogil=True)
@no_type_check
def _level_cuts(values, order, share, source, target, weight, mass, least, lost):
    """What ``LevelCuts`` holds; ``order`` sorts each row of ``values``."""
    functions, size = values.shape
    level = np.empty((functions, size), dtype=np.int64)
    crossing, below = np.zeros((functions, size)), np.zeros((functions, size))
    above = np.zeros((functions, size))
    valid = np.zeros((functions, size), dtype=np.bool_)
    leaving = np.empty(size)
    for f in range(functions):
        same, rank = share * np.abs(values[f]).max(), 0
        for k in range(size):
            v = order[f, k]
            if k and values[f, v] - values[f, order[f, k - 1]] > same:
                rank += 1
            level[f, v] = rank
        valid[f, :rank] = True
        leaving[:] = 0.0
        # an edge crosses from the level of its first end on, and no longer from that of its second
        for e in range(source.size):
            one, other = level[f, source[e]], level[f, target[e]]
            crossing[f, min(one, other)] += weight[e]
            leaving[max(one, other)] += weight[e]
        for v in range(size):
            below[f, level[f, v]] += mass[v]
        for k in range(size - 2, -1, -1):
            above[f, k] = above[f, k + 1] + below[f, k + 1]
        across = under = summed = 0.0
        for k in range(size):
            across += crossing[f, k] - leaving[k]
            summed += crossing[f, k]
            under += below[f, k]
            if k < rank and across < lost * summed:
                across = 0.0
                for e in range(source.size):
                    if (level[f, source[e]] <= k) != (level[f, target[e]] <= k):
                        across += weight[e]
            # a running sum may end a rounding below a cut of nothing, which no connected graph has
            crossing[f, k], below[f, k] = max(across, least), under
    return level, crossing, below, above, valid


def eigenspaces(
    values: Float64[np.ndarray, " modes"], *, share: float = 1e-6, complete: bool = False
) -> list[slice]:
    """Runs of ascending eigenvalues that are equal up to ``share``, as slices of their modes.

    Args:
        values: eigenvalues, ascending, none of them 0.
        share: what counts as equal, beside the smallest of a run. The default is what the solvers
            of this package can tell apart.
        complete: whether these are all eigenvalues above the first. If not, the last run may go on
            beyond what is here; its modes are no whole eigenspace, and it is left out.
    """
    values, runs, start = values.tolist(), [], 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] > values[start] * (1 + share):
            runs.append(slice(start, at))
            start = at
    return runs if complete else runs[:-1]


def directions(
    potentials: Float64[np.ndarray, "nodes modes"],
    ends: tuple[Int64[np.ndarray, " edges"], Int64[np.ndarray, " edges"]],
) -> Float64[np.ndarray, "modes directions"]:
    """Unit combinations of the modes of one eigenspace that belong to the graph and to no basis.

    A single mode is its own only direction. Of several, the directions are the rows of
    ``potentials`` (the projections of the nodes' indicators) and their differences along edges; of
    both kinds the longest, if there are more than ``MOST_DIRECTIONS`` in all (on a graph that
    looks the same from all of them, any are as good). Directions that differ by sign or rounding
    come once.

    Args:
        potentials: one mode a column, orthonormal up to a factor of each node (D^-1/2 for modes of
            the normalized Laplacian).
        ends: of the undirected edges.
    """
    if potentials.shape[1] == 1:
        return np.ones((1, 1))
    fewer = MOST_NUMBERS // (len(potentials) + ends[0].size)
    most = max(8, min(MOST_DIRECTIONS, fewer)) // 2
    kinds = []
    for rows in (potentials, potentials[ends[0]] - potentials[ends[1]]):
        length = np.linalg.norm(rows, axis=1)
        long = np.flatnonzero(length > 1e-6 * length.max(initial=0.0))
        longest = long[best_first(length[long], tolerance=SAME_ENTRY)]
        found = rows[longest] / length[longest, None]
        # no two that differ by their sign alone, seen at the first entry that is none of rounding
        rounded = np.round(found, 6)
        leading = np.take_along_axis(rounded, (rounded != 0).argmax(axis=1)[:, None], axis=1)
        _, once = np.unique(rounded * np.sign(leading) + 0.0, axis=0, return_index=True)
        once = np.sort(once)
        longest = best_levels(length[longest[once]], most, tolerance=SAME_ENTRY)
        kinds.append(found[once[longest]])
    return np.concatenate(kinds).T


def sweeps(
    potentials: Float64[np.ndarray, "nodes modes"],
    ends: tuple[Int64[np.ndarray, " edges"], Int64[np.ndarray, " edges"]],
    weight: Float64[np.ndarray, " edges"],
    mass: Float64[np.ndarray, " nodes"],
) -> Iterator[tuple[Float64[np.ndarray, "functions nodes"], LevelCuts]]:
    """The directions of an eigenspace as functions on the nodes, and their cuts, batch by batch."""
    combinations = directions(potentials, ends)
    step = max(1, BATCH // (potentials.shape[0] + weight.size))
    for at in range(0, combinations.shape[1], step):
        values = np.ascontiguousarray((potentials @ combinations[:, at : at + step]).T)
        yield values, level_cuts(values, ends, weight, mass)


@dataclass(frozen=True)
class SweepCut:
    """The best cut of the sweeps over an eigenspace.

    Attributes:
        conductance: edges that cross beside the smaller volume, both in units of the weights.
        side: ``[nodes]`` true on the side of smaller volume.
        mode: ``[nodes]`` the direction of the eigenspace whose sweep shows it.
        num_cuts: different cuts among the sweeps' that are as good.
    """

    conductance: float
    side: Bool[np.ndarray, " nodes"]
    mode: Float64[np.ndarray, " nodes"]
    num_cuts: int


def sweep_cut(graph: SimpleGraph, potentials: Float64[np.ndarray, "nodes modes"]) -> SweepCut:
    """The cut of least conductance between levels of the directions of an eigenspace.

    Of equally good cuts, those with the larger smaller side come first, and of these the one that
    parts the fewest of the first nodes from node 0.
    """
    ends, weight, degree = graph.ends, graph.conductance, graph.strength
    least, found = np.inf, []
    for values, cuts in sweeps(potentials, ends, weight, degree):
        with np.errstate(divide="ignore"):  # where there is no cut
            rated = cuts.crossing / np.minimum(cuts.below, cuts.above)
        rated[~cuts.valid] = np.inf
        least = min(least, rated.min())
        for at in smallest(rated.ravel(), tolerance=1e-6)[:MOST_CUTS]:
            function, level = divmod(int(at), rated.shape[1])
            found.append((rated[function, level], cuts.level[function] <= level, values[function]))
    found = [cut for cut in found if cut[0] <= least * (1 + 1e-6)][:MOST_CUTS]
    exact, smaller = np.empty(len(found)), np.empty(len(found))
    for at, (_, side, _) in enumerate(found):
        # the cut itself once more: a running sum of weights carries rounding
        smaller[at] = min(degree[side].sum(), degree[~side].sum())
        exact[at] = weight[side[ends[0]] != side[ends[1]]].sum() / smaller[at]
    best = smallest(exact)
    if best.size > 1:
        best = best[levels(smaller[best]) == levels(smaller[best]).max()]
    sides = np.stack([found[at][1] ^ found[at][1][0] for at in best])
    first = np.lexsort(sides.T[::-1])[0]
    _, side, mode = found[best[first]]
    if degree[side].sum() > degree[~side].sum():
        side = ~side
    num_cuts = len({side.tobytes() for side in sides})
    return SweepCut(float(exact[best].min()), side, mode.copy(), num_cuts)
