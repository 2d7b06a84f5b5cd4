"""The tracker against a fresh pseudo-inverse, through every kind of edit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.cost import TooLargeError
from workbench.diagnostics.resistance.all_pairs import effective_resistance, total_resistance
from workbench.rewiring import ResistanceTracker
from workbench.topology import both_directions


def laplacian(num_nodes, edges):
    matrix = np.zeros((num_nodes, num_nodes))
    for (u, v), w in edges.items():
        matrix[[u, v], [u, v]] += w
        matrix[[u, v], [v, u]] -= w
    return matrix


def as_input(edges):
    pairs = torch.tensor(list(edges), dtype=torch.int64).reshape(-1, 2).T
    both = torch.cat([pairs, pairs.flip(0)], dim=1)
    weight = torch.tensor(list(edges.values()), dtype=torch.float64)
    return both, torch.cat([weight, weight])


def full(upper):
    return np.triu(upper) + np.triu(upper, 1).T


def assert_like_fresh(tracker, num_nodes, edges, tolerance=1e-9):
    fresh = np.linalg.pinv(laplacian(num_nodes, edges), hermitian=True, rcond=1e-11)
    scale = max(np.abs(fresh).max(), 1.0)
    assert np.abs(full(tracker.inverse) - fresh).max() < tolerance * scale
    square = fresh @ fresh
    assert np.abs(full(tracker.square()) - square).max() < tolerance * max(square.max(), 1.0)


def random_walk(num_nodes, steps, seed, *, weighted):
    """Random edits, with all four kinds among them; the graph stays sparse, so bridges are many."""
    rng = np.random.default_rng(seed)
    edges = {}
    for u in range(1, num_nodes):
        edges[int(rng.integers(u)), u] = float(rng.uniform(0.2, 5)) if weighted else 1.0
    tracker = ResistanceTracker(*as_input(edges)[:1], num_nodes, as_input(edges)[1])
    tracker.square()
    kinds = set()
    for _ in range(steps):
        components = tracker.num_components
        if edges and rng.random() < 0.5 + 0.1 * (len(edges) > 1.3 * num_nodes):
            u, v = list(edges)[rng.integers(len(edges))]
            del edges[u, v]
            tracker.remove(v, u)
            kinds.add(("remove", tracker.num_components - components))
        else:
            u, v = sorted(rng.choice(num_nodes, 2, replace=False).tolist())
            if (u, v) in edges:
                continue
            edges[u, v] = float(rng.uniform(0.2, 5)) if weighted else 1.0
            tracker.add(u, v, edges[u, v])
            kinds.add(("add", tracker.num_components - components))
        yield tracker, edges, kinds


@pytest.mark.parametrize("weighted", [False, True])
def test_thousands_of_edits_stay_exact(weighted):
    for step, state in enumerate(random_walk(40, 3000, 1, weighted=weighted)):
        tracker, edges, kinds = state
        if step % 97 == 0:
            assert_like_fresh(tracker, 40, edges)
            both, weight = as_input(edges)
            exact = total_resistance(both, 40, weight, within_components=True)
            assert tracker.total_resistance(within_components=True) == pytest.approx(float(exact))
    assert_like_fresh(tracker, 40, edges)
    assert kinds == {("add", 0), ("add", -1), ("remove", 0), ("remove", 1)}


def test_an_edge_beside_one_of_tiny_conductance():
    """It takes all but a billionth of P away, and what is left is exact."""
    ring = {(v, v + 1): 1.0 for v in range(8)} | {(0, 8): 1.0}
    edges = ring | {(u + 9, v + 9): 1.0 for u, v in ring} | {(0, 12): 1e-9}
    both, weight = as_input(edges)
    tracker = ResistanceTracker(both, 18, weight)
    tracker.add(4, 15)
    both, weight = as_input(edges | {(4, 15): 1.0})
    torch.testing.assert_close(
        tracker.resistance(), effective_resistance(both, 18, weight), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_each_edit_alone_is_exact(weighted, monkeypatch):
    monkeypatch.setattr("workbench.rewiring.engine.incremental.REBUILD_AFTER", 10**9)
    monkeypatch.setattr("workbench.rewiring.engine.incremental.REBUILD_ABOVE", np.inf)
    for tracker, edges, _kinds in random_walk(14, 150, 2, weighted=weighted):
        assert_like_fresh(tracker, 14, edges, 1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.data())
def test_values_of_any_graph(num_nodes, data):
    pairs = [(u, v) for u in range(num_nodes) for v in range(u + 1, num_nodes)]
    chosen = data.draw(st.sets(st.sampled_from(pairs)))
    edges = {pair: data.draw(st.floats(0.1, 10)) for pair in sorted(chosen)}
    both, weight = as_input(edges)
    tracker = ResistanceTracker(both, num_nodes, weight)
    torch.testing.assert_close(
        tracker.resistance(), effective_resistance(both, num_nodes, weight), rtol=1e-9, atol=1e-12
    )
    gains = tracker.gains()
    before = tracker.total_resistance(within_components=True)
    for u, v in pairs:
        assert tracker.resistance_of(u, v) == pytest.approx(float(tracker.resistance()[u, v]))
        assert tracker.gain(v, u) == pytest.approx(float(gains[u, v]))
        after = tracker.copy()
        if not tracker.has_edge(u, v):
            after.add(u, v)
            if tracker.labels[u] == tracker.labels[v]:
                fall = before - after.total_resistance(within_components=True)
                assert tracker.gain(u, v) == pytest.approx(fall, rel=1e-7, abs=1e-9)
            else:
                assert tracker.gain(u, v) == np.inf
    torch.testing.assert_close(
        tracker.resistance(), effective_resistance(both, num_nodes, weight), rtol=1e-9, atol=1e-12
    )


def test_ring_in_closed_form():
    """Cutting a ring of n gives a path: R_tot = (n^3 - n) / 12 becomes (n^3 - n) / 6."""
    n = 50
    nodes = torch.arange(n)
    tracker = ResistanceTracker(both_directions(nodes, (nodes + 1) % n), n)
    assert tracker.total_resistance() == pytest.approx((n**3 - n) / 12, rel=1e-12)
    tracker.remove(0, n - 1)
    assert tracker.total_resistance() == pytest.approx((n**3 - n) / 6, rel=1e-12)
    tracker.remove(24, 25)
    assert tracker.total_resistance() == np.inf
    halves = 2 * (25**3 - 25) / 6
    assert tracker.total_resistance(within_components=True) == pytest.approx(halves, rel=1e-12)
    tracker.add(24, 25)
    assert tracker.resistance_of(0, n - 1) == pytest.approx(n - 1, rel=1e-12)


def test_drift_is_repaired():
    n = 30
    nodes = torch.arange(n)
    tracker = ResistanceTracker(both_directions(nodes, (nodes + 1) % n), n)
    tracker.inverse += 1e-4 * np.random.default_rng(0).standard_normal((n, n))
    for v in range(2, 10):
        tracker.add(0, v)
    edges = {(i, i + 1): 1.0 for i in range(n - 1)} | {(0, v): 1.0 for v in [n - 1, *range(2, 10)]}
    assert_like_fresh(tracker, n, edges)


def test_barely_not_a_bridge():
    """A heavy edge with a thin detour: 1 - w R is 1e-9, so the graph itself is asked."""
    edges = {(0, 1): 1e9, (0, 2): 1.0, (1, 2): 1.0, (2, 3): 1.0}
    both, weight = as_input(edges)
    tracker = ResistanceTracker(both, 4, weight)
    tracker.remove(0, 1)
    assert tracker.num_components == 1
    assert tracker.resistance_of(0, 1) == pytest.approx(2.0)


def test_a_copy_is_independent():
    edges = {(0, 1): 1.0, (1, 2): 1.0}
    tracker = ResistanceTracker(as_input(edges)[0], 3)
    other = tracker.copy()
    other.add(0, 2)
    other.remove(0, 1)
    assert tracker.has_edge(0, 1)
    assert not tracker.has_edge(0, 2)
    assert tracker.total_resistance() == pytest.approx(4.0)


@pytest.mark.parametrize("num_nodes", [0, 1, 2])
def test_tiny_graphs(num_nodes):
    tracker = ResistanceTracker(torch.zeros(2, 0, dtype=torch.int64), num_nodes)
    assert tracker.num_components == num_nodes
    assert tracker.total_resistance(within_components=True) == 0.0
    assert tracker.total_resistance() == (np.inf if num_nodes == 2 else 0.0)
    assert tracker.resistance().shape == (num_nodes, num_nodes)
    assert tracker.gains().shape == (num_nodes, num_nodes)
    if num_nodes == 2:
        tracker.add(1, 0)
        assert tracker.resistance_of(0, 1) == pytest.approx(1.0)
        tracker.remove(0, 1)
        assert tracker.resistance_of(0, 1) == np.inf


def test_impossible_edits_name_the_edge():
    tracker = ResistanceTracker(torch.tensor([[0, 1], [1, 0]]), 3)
    with pytest.raises(ValueError, match=r"\(0, 1\): it is already there"):
        tracker.add(1, 0)
    with pytest.raises(ValueError, match=r"\(1, 2\): it is not there"):
        tracker.remove(2, 1)
    with pytest.raises(ValueError, match="nodes 1 and 3"):
        tracker.add(1, 3)
    with pytest.raises(ValueError, match="positive"):
        tracker.add(0, 2, 0.0)


def test_too_many_nodes_name_the_way_out():
    with pytest.raises(TooLargeError, match="approximate_total_resistance"):
        ResistanceTracker(torch.zeros(2, 0, dtype=torch.int64), 100_000)
