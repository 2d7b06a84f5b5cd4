"""A tracker and what-if over conductances that lie many orders apart, against a hundred digits."""

import itertools

import mpmath as mp
import numpy as np
import pytest
import torch

from workbench.graphs import path
from workbench.rewiring import ResistanceTracker, what_if
from workbench.rewiring.engine.fiedler import slowest_modes_of
from workbench.topology import both_directions, components


def arcs(edges):
    ends = torch.tensor(list(edges), dtype=torch.int64).reshape(-1, 2).T
    weight = torch.tensor(list(edges.values()), dtype=torch.float64)
    return torch.cat([ends, ends.flip(0)], dim=1), torch.cat([weight, weight])


class Exact:
    """Resistances of all pairs from their definition, component by component."""

    def __init__(self, size, edges):
        mp.mp.dps = 100
        labels = components(arcs(edges)[0], size).tolist()
        self.count = max(labels) + 1
        self.resistance = {pair: mp.inf for pair in itertools.product(range(size), repeat=2)}
        for label in range(self.count):
            nodes = [v for v in range(size) if labels[v] == label]
            place = {v: k for k, v in enumerate(nodes)}
            laplacian = mp.zeros(len(nodes))
            for (u, v), w in edges.items():
                if u in place:
                    a, b = place[u], place[v]
                    for row, column, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1)):
                        laplacian[row, column] += sign * mp.mpf(w)
            grounded = mp.zeros(len(nodes))
            if len(nodes) > 1:
                grounded[1:, 1:] = laplacian[1:, 1:] ** -1
            for u, v in itertools.product(nodes, repeat=2):
                a, b = place[u], place[v]
                self.resistance[u, v] = grounded[a, a] + grounded[b, b] - 2 * grounded[a, b]

    @property
    def total(self):
        """Within components."""
        return mp.fsum(r for r in self.resistance.values() if r < mp.inf) / 2


def close(ours, exact, share=1e-9):
    near = abs(mp.mpf(ours) - exact) <= share * abs(exact)
    assert near or (mp.isinf(exact) and np.isinf(ours)), (ours, float(exact))


def check(tracker, size, edges, rng=None):
    """Every number of a tracker; what a few edges would do, too, where there is a ``rng``."""
    exact = Exact(size, edges)
    assert tracker.num_components == exact.count
    found = tracker.resistance()
    for u, v in itertools.combinations(range(size), 2):
        close(float(found[u, v]), exact.resistance[u, v])
        close(tracker.resistance_of(u, v), exact.resistance[u, v])
    close(tracker.total_resistance(within_components=True), exact.total)
    assert np.isinf(tracker.total_resistance()) == (exact.count > 1)
    if rng is None:
        return
    modes = torch.zeros(size, 1, dtype=torch.float64)
    pairs = list(itertools.combinations(range(size), 2))
    for at in rng.choice(len(pairs), 3, replace=False):
        pair = pairs[at]
        after = {p: w for p, w in edges.items() if p != pair}
        if pair not in edges:
            after[pair] = 1.0
        then = Exact(size, after)
        change = what_if(tracker, 0.0, modes, *pair)
        assert change.sign == (-1 if pair in edges else 1)
        close(change.resistance, exact.resistance[pair])
        close(change.total_resistance_within_change, then.total - exact.total)
        if exact.count == 1:
            total = then.total - exact.total if then.count == 1 else mp.inf
            close(change.total_resistance_change, total)
        if pair not in edges and exact.count == then.count:
            close(tracker.gain(*pair), exact.total - then.total)


@pytest.mark.parametrize("orders", [2, 6, 12, 18, 40])
@pytest.mark.parametrize("seed", range(3))
def test_random_edits(orders, seed):
    rng, size = np.random.default_rng(seed), 5
    edges = {(v, v + 1): 10.0 ** rng.uniform(-orders / 2, orders / 2) for v in range(size - 1)}
    tracker = ResistanceTracker(arcs(edges)[0], size, arcs(edges)[1])
    for _ in range(25):
        pair = tuple(sorted(rng.choice(size, 2, replace=False).tolist()))
        if pair in edges:
            del edges[pair]
            tracker.remove(*pair)
        else:
            edges[pair] = 10.0 ** rng.uniform(-orders / 2, orders / 2)
            tracker.add(*pair, edges[pair])
        check(tracker, size, edges, rng)


def test_a_cut_weak_link_leaves_no_loss():
    """Two cliques and a link of 1e-13, cut, added as another one and cut again."""
    edges = {(u, v): 1.0 for u, v in itertools.combinations(range(4), 2)}
    edges |= {(u + 4, v + 4): 1.0 for u, v in edges} | {(0, 4): 1e-13}
    tracker = ResistanceTracker(arcs(edges)[0], 8, arcs(edges)[1])
    assert tracker.far_apart
    for pair, weight in (((0, 4), None), ((1, 5), 1e-15), ((1, 5), None), ((2, 6), 2.0)):
        if weight is None:
            tracker.remove(*pair)
            del edges[pair]
        else:
            tracker.add(*pair, weight)
            edges[pair] = weight
        check(tracker, 8, edges, np.random.default_rng(0))
        assert tracker.far_apart == ((1, 5) in edges)


def test_a_bridge_is_one_of_the_graph():
    """Beside a strong edge a weak one rounds away; the strong edge is a bridge nevertheless."""
    tracker = ResistanceTracker(torch.zeros(2, 0, dtype=torch.int64), 3)
    tracker.add(0, 1, 775_000.0)
    tracker.add(0, 2, 5.95e-6)
    tracker.remove(0, 1)
    assert tracker.resistance_of(0, 1) == np.inf
    check(tracker, 3, {(0, 2): 5.95e-6})


def test_an_edge_with_a_thin_detour_is_no_bridge():
    edges = {(0, 1): 1.0, (0, 2): 1e-6, (1, 2): 1e-6}
    tracker = ResistanceTracker(arcs(edges)[0], 3, arcs(edges)[1])
    change = what_if(tracker, 0.0, torch.zeros(3, 1, dtype=torch.float64), 0, 1)
    # R of the pairs without it: 2e6, 1e6, 1e6
    before = Exact(3, edges).total
    close(change.total_resistance_change, 4_000_000 - before)


def test_gains_of_all_pairs_are_refused_and_the_modes_are_not():
    data = path(6)
    low = data.edge_index.min(0).values
    tracker = ResistanceTracker(data.edge_index, 6, torch.where(low == 2, 1e-12, 1.0).double())
    with pytest.raises(ValueError, match="gains of all pairs lose their digits"):
        tracker.gains()
    gap = slowest_modes_of(None, tracker.edges()).gap
    assert gap == pytest.approx(2e-12 / 5, rel=1e-9)  # 1e-12 (1 / 5 + 1 / 5)
    assert not ResistanceTracker(both_directions(*data.edge_index[:, :5]), 6).far_apart
