"""AFR: batches as of BORF by augmented Forman curvature, which counts cycles in place of moving
mass."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import torch

from workbench.cost import check_count
from workbench.diagnostics.curvature.forman import augmented_forman
from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.edge_set import EdgeSet, batch_of, of_undirected
from workbench.rewiring.result import Rewired, apply_edits, choices
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@rewiring("edits", removes=True, scored=False)
def afr(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    max_cycle: Literal[3, 4] = 3,
    thresholds: Literal["fixed", "mixture"] = "fixed",
    batch_add: int = 4,
    batch_remove: int = 2,
    iterations: int = 3,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Augmented Forman curvature rewiring, AFR-3 and AFR-4.

        AF3(u, v) = 4 - d_u - d_v + 3 triangles,   AF4 = AF3 + 2 four-cycles through the edge

    An iteration computes the curvature of every edge, removes edges of high curvature, and for each
    edge (u, v) of low curvature draws a neighbor w of u that is no neighbor of v and joins it to v;
    where there is none, a neighbor of v and joins it to u. What it removes it does not add.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_edges: how many edges to add at most, in all iterations together.
        max_cycle: 3 for AFR-3, 4 for AFR-4.
        thresholds: what is high and low. ``"fixed"``: the ``batch_remove`` highest and the
            ``batch_add`` lowest of each iteration. ``"mixture"``: above and below two thresholds,
            from a mixture of two normal distributions that is fitted to the curvatures before the
            first iteration (``mixture_thresholds``).
        batch_add, batch_remove: for ``"fixed"``; 4 and 2 in the released code. An iteration that is
            not full removes no more than it may add.
        iterations: at most how many with ``"mixture"``; with ``"fixed"`` the budget says how many.
        generator: draws w; without one with seed 0.
        should_stop: asked before each iteration; if it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is nan, since what is added is drawn. Edges of one curvature come
        by (source, target), and so do the nodes that w is drawn from: under another numbering other
        edges, as likely. Fewer edges come back if nothing can be drawn. An iteration that adds
        nothing is not made, and the work ends.

    Self-loops stay and do not matter, repeated edges count once, weights play no role. Removing may
    disconnect the graph. Cost: an iteration takes what ``augmented_forman`` takes.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed, a number is negative, ``batch_add`` is not positive, or
            a choice is unknown.

    Differs from the released code: that sets every curvature to 0 before it reads it, so that no
    graph changes. With this repaired it works on the two directions of an edge one by one, counts
    degrees twice, draws w from a set that holds v itself, takes four-cycles for those of an edge
    that is only their chord, and AFR-4 fits its thresholds in every iteration. Where all curvatures
    are the same it bridges every edge, or removes it.

    Examples:
        >>> from workbench.graphs import barbell
        >>> from workbench.rewiring import afr
        >>> data = barbell(5)  # the bridge has the lowest curvature
        >>> rewired = afr(data.edge_index, 10, num_edges=1, batch_add=1, batch_remove=0)
        >>> ((rewired.added < 5).sum(0) == 1).tolist()  # from one clique to the other
        [True]

    References:
        Fesser and Weber, Mitigating Over-Smoothing and Over-Squashing using Augmentations of
        Forman-Ricci Curvature, LoG 2023, arXiv 2309.09384.
    """
    check_num_edges(num_edges)
    check_count("num_edges", num_edges, 1_000_000)  # edges that go may come again
    if thresholds not in ("fixed", "mixture"):
        raise ValueError(f"thresholds must be 'fixed' or 'mixture', got {thresholds!r}")
    if batch_add < 1 or batch_remove < 0 or iterations < 0:
        raise ValueError(
            "an iteration adds at least 1 edge and removes none or more, and there is none or "
            f"more; got {batch_add=}, {batch_remove=} and {iterations=}"
        )
    check_stop(should_stop, "afr")
    state = EdgeSet(simple_graph(edge_index.cpu(), num_nodes))
    start, room, limits, done = state.graph, num_edges, None, 0
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    while room > 0 and state.graph.num_edges and (thresholds == "fixed" or done < iterations):
        check_stop(should_stop, "afr")
        curvature = of_undirected(state.graph, partial(augmented_forman, max_cycle=max_cycle))
        if thresholds == "fixed":
            count, least = batch_of(room, batch_add, batch_remove)
            ranked = np.argsort(curvature, kind="stable")
            low, high = ranked[:count], ranked[ranked.size - least :] if least else ranked[:0]
        else:
            limits = mixture_thresholds(curvature) if limits is None else limits
            low = np.flatnonzero(curvature < limits.lower)[:room]
            high = np.flatnonzero(curvature > limits.upper)
        since = len(state.edits)
        added = _edit(state, low, high, generator)
        if not added:
            break
        state.renew(since)
        room -= low.size if thresholds == "fixed" else added
        done += 1
    made = choices(state.edits, state.score, state.num_tied)
    return apply_edits(edge_index, num_nodes, *made, graph=start)


class Thresholds(NamedTuple):
    """Edges below ``lower`` are bridged, edges above ``upper`` go."""

    lower: float
    upper: float


def mixture_thresholds(curvature: np.ndarray) -> Thresholds:
    """Where the two parts of a mixture of normal distributions meet, and where the higher one ends.

        lower = (m_1 s_2 + m_2 s_1) / (s_1 + s_2),   upper = m_2 + s_2,   m_1 <= m_2

    with means m and standard deviations s (scikit-learn's ``GaussianMixture``, seed 0). The fit may
    end in several places, by the order of the curvatures: they are sorted, so that the numbers of
    the nodes do not matter. Curvatures that are all the same have no two parts: nothing is below or
    above.
    """
    if np.unique(curvature).size < 2:
        return Thresholds(-np.inf, np.inf)
    from sklearn.mixture import GaussianMixture  # half a second to load

    mixture = GaussianMixture(n_components=2, random_state=0).fit(np.sort(curvature)[:, None])
    means, deviations = mixture.means_.ravel(), np.sqrt(mixture.covariances_.ravel())
    order = np.argsort(means, kind="stable")
    (m1, m2), (s1, s2) = means[order], deviations[order]
    return Thresholds(float((m1 * s2 + m2 * s1) / (s1 + s2)), float(m2 + s2))


def _edit(state: EdgeSet, low: np.ndarray, high: np.ndarray, generator: torch.Generator) -> int:
    """Remove the edges ``high``, then bridge the edges ``low``; how many were added.

    Where nothing can be added nothing is removed.
    """
    u, v = state.graph.ends
    start, node, _, _ = state.graph.neighbors
    around: dict[int, set[int]] = {}

    def neighbors(of: int) -> set[int]:
        if of not in around:
            around[of] = set(node[start[of] : start[of + 1]].tolist())
        return around[of]

    def change(a: int, b: int, method: Callable[[set, int], None]) -> None:
        method(neighbors(a), b)
        method(neighbors(b), a)

    since, added = len(state.edits), 0
    gone: dict[int, set[int]] = defaultdict(set)  # does not come back in the same iteration
    for a, b in zip(u[high].tolist(), v[high].tolist(), strict=True):
        change(a, b, set.remove)
        gone[a].add(b)
        gone[b].add(a)
        state.edit(-1, a, b)
    for a, b in zip(u[low].tolist(), v[low].tolist(), strict=True):
        for one, other in ((a, b), (b, a)):
            drawn = sorted(neighbors(one) - neighbors(other) - gone[other] - {other})
            if drawn:
                device = generator.device
                w = drawn[int(torch.randint(len(drawn), (), generator=generator, device=device))]
                change(w, other, set.add)
                state.edit(1, w, other)
                added += 1
                break
    if not added:
        state.forget(since)
    return added
