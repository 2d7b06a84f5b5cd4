"""Every number of a profile against the diagnostics, position by position."""

import sys

import networkx as nx
import numpy as np
import pytest
import torch

from conftest import oracle_graph, oracle_names
from workbench.cost import Stopped
from workbench.diagnostics.distance.hop_distance import diameter, hop_distance
from workbench.diagnostics.resistance.all_pairs import total_resistance
from workbench.diagnostics.spectrum.cheeger import cheeger_bounds, cheeger_constant
from workbench.diagnostics.spectrum.full_spectrum import (
    fiedler_vector,
    laplacian_spectrum,
    slowest_modes,
    spectral_gap,
)
from workbench.graphs import (
    complete,
    from_networkx,
    grid,
    karate,
    lollipop,
    path,
    petersen,
    ring,
    ring_of_cliques,
)
from workbench.rewiring import ResistanceTracker, apply_edits, fosr, gtr, profile, sdrf, what_if
from workbench.rewiring.engine.hops import UNREACHED, HopTracker
from workbench.rewiring.tape.edited import edit_columns
from workbench.topology import both_directions, components, simple_graph

NOTHING = torch.zeros(3, 0, dtype=torch.int64)


def random_edits(edge_index, num_nodes, count, seed):
    rng = np.random.default_rng(seed)
    present = {(u, v) for u, v in edge_index.T.tolist() if u < v}
    rows = []
    while len(rows) < count:
        if present and rng.random() < 0.5:
            pair = sorted(present)[rng.integers(len(present))]
            sign = -1
        else:
            pair = tuple(sorted(rng.choice(num_nodes, 2, replace=False).tolist()))
            sign = -1 if pair in present else 1
        present ^= {pair}
        rows.append((sign, *pair))
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3).T


def check(edge_index, num_nodes, edits):
    result = profile(edge_index, num_nodes, edits)
    assert len(result) == edits.size(1) + 1
    original = {(u, v) for u, v in edge_index.T.tolist() if u < v}
    for at in range(len(result)):
        now = apply_edits(edge_index, num_nodes, edits[:, :at]).edge_index
        edges = {(u, v) for u, v in now.T.tolist() if u < v}
        count = int(components(now, num_nodes).max()) + 1 if num_nodes else 0
        within = float(total_resistance(now, num_nodes, within_components=True))
        gap = float(laplacian_spectrum(now, num_nodes)[1]) if num_nodes > 1 else 0.0
        gap = gap if count == 1 else 0.0
        union = len(edges | original)
        assert int(result.num_edges[at]) == len(edges)
        assert int(result.num_components[at]) == count
        assert float(result.total_resistance_within[at]) == pytest.approx(within, rel=1e-9)
        whole = within if count <= 1 else np.inf
        assert float(result.total_resistance[at]) == pytest.approx(whole, rel=1e-9)
        assert float(result.spectral_gap[at]) == pytest.approx(gap, rel=1e-9, abs=1e-12)
        assert float(result.diameter[at]) == float(diameter(now, num_nodes))
        mean = 2 * len(edges) / num_nodes if num_nodes else 0.0
        assert float(result.mean_degree[at]) == pytest.approx(mean)
        jaccard = 1 - len(edges & original) / union if union else 0.0
        assert float(result.distance[at]) == pytest.approx(jaccard)
        low, high = float(result.cheeger_lower[at]), float(result.cheeger_upper[at])
        if num_nodes <= 20:
            exact = float(cheeger_constant(now, num_nodes)) if count == 1 else 0.0
            assert low == high == pytest.approx(exact, abs=1e-12)
        elif count == 1:
            assert low == pytest.approx(gap / 2, rel=1e-9)
            assert low - 1e-12 <= high <= np.sqrt(2 * gap) + 1e-12
        check_largest_component(result, at, now, num_nodes)
    return result


def check_largest_component(result, at, edge_index, num_nodes):
    """What is measured within it, against the diagnostics of it alone, taken out by networkx."""
    graph = nx.Graph(edge_index.T.tolist())
    graph.add_nodes_from(range(num_nodes))
    parts = sorted(map(sorted, nx.connected_components(graph)))
    size = max(map(len, parts), default=0)
    assert int(result.largest_component[at]) == size
    if size < 2:
        for name in ("spectral_gap", "cheeger_lower", "cheeger_upper", "diameter"):
            assert float(getattr(result, f"{name}_within")[at]) == 0.0
        return
    edges_of = {p[0]: graph.subgraph(p).number_of_edges() for p in parts if len(p) == size}
    chosen = max(edges_of, key=lambda first: (edges_of[first], -first))
    (nodes,) = (p for p in parts if p[0] == chosen)
    alone = from_networkx(
        nx.relabel_nodes(graph.subgraph(nodes), {v: i for i, v in enumerate(nodes)})
    )
    bounds = cheeger_bounds(alone.edge_index, size)
    expected = {
        "spectral_gap": spectral_gap(alone.edge_index, size),
        "diameter": diameter(alone.edge_index, size),
        "cheeger_lower": bounds.lower,
        "cheeger_upper": bounds.upper,
    }
    if num_nodes <= 20:
        exact = cheeger_constant(alone.edge_index, size)
        expected |= {"cheeger_lower": exact, "cheeger_upper": exact}
    for name, value in expected.items():
        found = float(getattr(result, f"{name}_within")[at])
        assert found == pytest.approx(float(value), rel=1e-6), name


@pytest.mark.parity
def test_all_numbers_through_random_edits():
    for seed, name in enumerate(oracle_names(max_nodes=60)):
        edge_index, num_nodes, _ = oracle_graph(name)
        check(edge_index, num_nodes, random_edits(edge_index, num_nodes, 12, seed))


def test_beyond_the_dense_eigenproblem():
    """150 nodes: Lanczos with a warm start, through symmetric graphs where vectors swap."""
    nodes = torch.arange(150)
    ring = both_directions(nodes, (nodes + 1) % 150)
    check(ring, 150, torch.tensor([[1, 1, 1, -1], [0, 37, 10, 3], [75, 112, 140, 4]]))


@pytest.mark.parametrize("method", [gtr, fosr, sdrf])
def test_a_method_s_edits(method):
    edge_index, num_nodes, _ = oracle_graph("karate")
    rewired = method(edge_index, num_nodes, num_edges=6)
    result = check(edge_index, num_nodes, rewired.edits)
    assert result.exact["total_resistance"]
    assert not result.exact["cheeger_upper"]
    bounds = {"cheeger_lower", "cheeger_upper"}
    assert result.error.keys() == bounds | {f"{name}_within" for name in bounds}
    if method is gtr:
        falls = -result.total_resistance.diff()
        torch.testing.assert_close(falls, rewired.score, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("num_nodes", [0, 1, 2])
def test_tiny_graphs(num_nodes):
    result = profile(torch.zeros(2, 0, dtype=torch.int64), num_nodes, NOTHING)
    assert len(result) == 1
    assert float(result.total_resistance[0]) == (np.inf if num_nodes == 2 else 0.0)
    assert int(result.num_components[0]) == num_nodes


def test_a_tracker_is_copied_and_must_fit():
    edge_index, num_nodes, _ = oracle_graph("karate")
    tracker = ResistanceTracker(edge_index, num_nodes)
    edits = gtr(edge_index, num_nodes, num_edges=3).edits
    with_tracker = profile(edge_index, num_nodes, edits, tracker=tracker)
    without = profile(edge_index, num_nodes, edits)
    torch.testing.assert_close(with_tracker.total_resistance, without.total_resistance)
    assert tracker.num_edges == edge_index.size(1) // 2
    tracker.add(*edits[1:, 0].tolist())
    with pytest.raises(ValueError, match="give the tracker of this graph"):
        profile(edge_index, num_nodes, edits, tracker=tracker)


def test_it_stops():
    edge_index, num_nodes, _ = oracle_graph("karate")
    edits = gtr(edge_index, num_nodes, num_edges=9).edits
    asked = []
    with pytest.raises(Stopped):
        profile(
            edge_index, num_nodes, edits, should_stop=lambda: bool(asked.append(1) or asked[3:])
        )
    assert len(asked) == 4


def test_impossible_edits_are_refused_at_once():
    edge_index, num_nodes, _ = oracle_graph("karate")
    with pytest.raises(ValueError, match=r"edit 0 adds the edge \(0, 1\)"):
        profile(edge_index, num_nodes, torch.tensor([[1], [0], [1]]))


@pytest.mark.parametrize("seed", range(4))
def test_hops_through_random_edits(seed):
    rng = np.random.default_rng(seed)
    size = 25
    present: set[tuple[int, int]] = set()
    hops = HopTracker(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), size)
    for _ in range(200):
        pair = tuple(sorted(rng.choice(size, 2, replace=False).tolist()))
        if present and rng.random() < 0.45:
            pair = sorted(present)[rng.integers(len(present))]
        present ^= {pair}
        ends = torch.tensor(sorted(present), dtype=torch.int64).reshape(-1, 2).T
        if pair in present:
            hops.add(*pair)
        else:
            hops.remove(*pair, *ends.numpy())
        exact = hop_distance(both_directions(*ends), size).numpy()
        ours = np.where(hops.distance == UNREACHED, np.inf, hops.distance)
        np.testing.assert_array_equal(ours, exact)


def test_what_if_is_exact_and_first_order():
    """The total resistance to rounding; the gap against finite differences with thin edges."""
    for name in ("karate", "barbell", "lollipop", "grid6x7", "disconnected"):
        if name not in oracle_names():
            continue
        edge_index, num_nodes, _ = oracle_graph(name)
        tracker = ResistanceTracker(edge_index, num_nodes)
        connected = tracker.num_components == 1
        gap = float(laplacian_spectrum(edge_index, num_nodes)[1]) if connected else 0.0
        y = fiedler_vector(edge_index, num_nodes)[:, None]
        rng = np.random.default_rng(0)
        for _ in range(40):
            u, v = rng.choice(num_nodes, 2, replace=False).tolist()
            found = what_if(tracker, gap, y, u, v)
            after = tracker.copy()
            (after.add if found.sign > 0 else after.remove)(u, v)
            for within in (True, False):
                before = tracker.total_resistance(within_components=within)
                now = after.total_resistance(within_components=within)
                with np.errstate(invalid="ignore"):
                    change = np.float64(now) - before
                ours = (
                    found.total_resistance_within_change
                    if within
                    else found.total_resistance_change
                )
                assert ours == pytest.approx(change, rel=1e-8, abs=1e-8, nan_ok=True)
            assert found.resistance == tracker.resistance_of(u, v)


def test_what_if_of_the_gap_is_its_derivative():
    """d gap / d w where w = 0, from an edge of weight 1e-6; the gap of karate is simple."""
    edge_index, num_nodes, _ = oracle_graph("karate")
    gap = float(laplacian_spectrum(edge_index, num_nodes)[1])
    y = fiedler_vector(edge_index, num_nodes)[:, None]
    check_derivative(edge_index, num_nodes, gap, y, [(0, 33), (16, 26), (5, 20), (14, 15)])


@pytest.mark.parametrize("data", [ring(9), grid(4, 4), petersen(), complete(5)])
def test_what_if_of_a_multiple_gap_is_its_derivative(data):
    """The smallest of the eigenvalues that part."""
    graph = simple_graph(data.edge_index, data.num_nodes)
    modes = slowest_modes(graph)
    assert modes.potentials.shape[1] > 1
    pairs = [(0, 1), (0, 2), (0, 3), (1, 4)]
    check_derivative(
        data.edge_index, data.num_nodes, modes.gap, torch.from_numpy(modes.potentials), pairs
    )


def conductances(edge_index, num_nodes, seed):
    """From a fifth to five, the same both ways."""
    rng = np.random.default_rng(seed)
    of_pair = np.exp(rng.uniform(-1.6, 1.6, (num_nodes, num_nodes)))
    low, high = edge_index.sort(0).values.numpy()
    return torch.from_numpy(of_pair[low, high])


def test_what_if_of_a_weighted_edge_is_what_its_removal_does():
    """Edges go with the conductance that they have, and new ones come with 1."""
    graphs = [(karate().edge_index, 34), (lollipop(6, 5).edge_index, 11)]
    graphs.append((torch.cat([ring(6).edge_index, path(5).edge_index + 6], dim=1), 11))
    kinds = set()
    for edge_index, num_nodes in graphs:
        tracker = ResistanceTracker(edge_index, num_nodes, conductances(edge_index, num_nodes, 1))
        modes = torch.zeros(num_nodes, 1, dtype=torch.float64)
        for u, v in zip(*np.triu_indices(num_nodes, 1), strict=True):
            found = what_if(tracker, 0.0, modes, int(v), int(u))
            after = tracker.copy()
            (after.add if found.sign > 0 else after.remove)(int(u), int(v))
            before = tracker.total_resistance(within_components=True)
            change = after.total_resistance(within_components=True) - before
            assert found.total_resistance_within_change == pytest.approx(change, rel=1e-7, abs=1e-8)
            now = after.total_resistance()
            with np.errstate(invalid="ignore"):
                change = np.float64(now) - tracker.total_resistance()
            ours = found.total_resistance_change
            assert ours == pytest.approx(change, rel=1e-7, abs=1e-8, nan_ok=True)
            kinds.add((found.sign, after.num_components - tracker.num_components))
    assert kinds == {(1, 0), (1, -1), (-1, 0), (-1, 1)}


def test_what_if_of_a_weighted_bridge_in_closed_form():
    """A path of 3 and a path of 2 joined by a conductance of 4.

    It holds the 6 pairs across: 6 / 4, and what lies beside it on either side, 2 * (1 + 2) + 3 * 1.
    """
    chain = both_directions(torch.arange(4), torch.arange(1, 5))
    weight = torch.where(chain.sum(0) == 5, 4.0, 1.0)  # the edge (2, 3)
    tracker = ResistanceTracker(chain, 5, weight)
    found = what_if(tracker, 0.0, torch.zeros(5, 1, dtype=torch.float64), 2, 3)
    assert found.resistance == pytest.approx(0.25)
    assert found.total_resistance_change == np.inf
    assert found.total_resistance_within_change == pytest.approx(-(6 / 4 + 6 + 3))


def test_what_if_of_the_gap_counts_the_conductance():
    data = karate()
    weight = conductances(data.edge_index, 34, 2)
    modes = slowest_modes(simple_graph(data.edge_index, 34, weight))
    pairs = [(0, 1), (5, 16), (32, 33), (0, 33), (16, 26)]
    potentials = torch.from_numpy(modes.potentials)
    check_derivative(data.edge_index, 34, modes.gap, potentials, pairs, weight)


def check_derivative(edge_index, num_nodes, gap, modes, pairs, edge_weight=None):
    """From a millionth of the edge more or less, of the conductance it has or would have."""
    ones = torch.ones(edge_index.size(1), dtype=torch.float64)
    edge_weight = ones if edge_weight is None else edge_weight
    tracker = ResistanceTracker(edge_index, num_nodes, edge_weight)
    for u, v in pairs:
        here = (edge_index[0] == u) & (edge_index[1] == v)
        part = -1e-6 * edge_weight[here] if here.any() else torch.tensor([1e-6]).double()
        weight = torch.cat([edge_weight, part, part])
        both = torch.cat([edge_index, torch.tensor([[u, v], [v, u]])], dim=1)
        dense = torch.zeros(num_nodes, num_nodes, dtype=torch.float64)
        dense.index_put_((both[0], both[1]), weight, accumulate=True)
        root = dense.sum(0).sqrt()
        matrix = torch.eye(num_nodes, dtype=torch.float64) - dense / root / root[:, None]
        moved = float(torch.linalg.eigvalsh(matrix)[1])
        found = what_if(tracker, gap, modes, u, v)
        assert found.spectral_gap_change == pytest.approx((moved - gap) / 1e-6, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    "data", [ring(24), ring(90), ring_of_cliques(6, 5), grid(9, 9), complete(30)], ids=str
)
def test_the_sweep_of_a_multiple_gap_is_that_of_cheeger_bounds(data):
    """Through dense and iterated modes, and in any order of the nodes."""
    expected = cheeger_bounds(data.edge_index, data.num_nodes)
    order = torch.randperm(data.num_nodes, generator=torch.Generator().manual_seed(0))
    for edge_index in (data.edge_index, order[data.edge_index]):
        found = profile(edge_index, data.num_nodes, NOTHING)
        assert float(found.cheeger_upper[0]) == pytest.approx(float(expected.upper), rel=1e-9)
        assert float(found.spectral_gap[0]) == pytest.approx(2 * float(expected.lower), rel=1e-8)


def test_beyond_dense_matrices(monkeypatch):
    """The estimates against the exact profile, on a graph small enough for both."""
    nodes = torch.arange(600)
    ring = both_directions(nodes, (nodes + 1) % 600)
    chords = both_directions(nodes[::7], (nodes[::7] * 5 + 50) % 600)
    edge_index = torch.unique(torch.cat([ring, chords], dim=1), dim=1)
    edits = torch.cat([gtr(edge_index, 600, num_edges=4).edits, torch.tensor([[-1], [0], [1]])], 1)
    exact = profile(edge_index, 600, edits)
    module = sys.modules["workbench.rewiring.tape.profile"]
    monkeypatch.setattr(module, "DENSE_NODES", 100)
    rough = profile(edge_index, 600, edits)
    assert not any(rough.exact[name] for name in rough.error)
    # This graph is eliminated exactly, so its sum has no sampling error.
    assert bool((rough.error["total_resistance"] == 0).all())
    torch.testing.assert_close(rough.total_resistance, exact.total_resistance, rtol=1e-6, atol=0.0)
    # Changes along the tape carry no sampling error.
    torch.testing.assert_close(
        rough.total_resistance.diff(), exact.total_resistance.diff(), rtol=1e-5, atol=0.0
    )
    torch.testing.assert_close(rough.spectral_gap, exact.spectral_gap, rtol=1e-5, atol=0.0)
    # Both by the gap: half of it below the Cheeger constant, the sweep of its modes above.
    for name in ("cheeger_lower", "cheeger_upper"):
        one, other = getattr(rough, name), getattr(exact, name)
        torch.testing.assert_close(one, other, rtol=1e-5, atol=0.0)
    for name in ("num_edges", "num_components", "mean_degree", "distance"):
        assert torch.equal(getattr(rough, name), getattr(exact, name)), name
    assert bool((rough.diameter <= exact.diameter).all())
    assert bool((exact.diameter <= rough.diameter + rough.error["diameter"]).all())


def test_beyond_dense_matrices_a_bridge_and_an_island(monkeypatch):
    module = sys.modules["workbench.rewiring.tape.profile"]
    monkeypatch.setattr(module, "DENSE_NODES", 10)
    nodes = torch.arange(40)
    edge_index = torch.cat(
        [
            both_directions(nodes, (nodes + 1) % 40),
            both_directions(nodes + 40, (nodes + 1) % 40 + 40),
            both_directions(torch.tensor([0]), torch.tensor([40])),
        ],
        dim=1,
    )
    edits = torch.tensor([[1, -1, -1, 1], [10, 10, 0, 5], [60, 60, 40, 45]])
    result = profile(edge_index, 80, edits)
    exact = [
        float(total_resistance(apply_edits(edge_index, 80, edits[:, :at]).edge_index, 80))
        for at in range(5)
    ]
    assert result.total_resistance.tolist() == pytest.approx(exact, rel=1e-6)
    assert result.num_components.tolist() == [1, 1, 1, 2, 1]
    assert result.spectral_gap[3] == 0


def apart(sizes):
    """Rings with some chords, side by side, and two nodes alone."""
    parts, first = [], 0
    for size in sizes:
        nodes = torch.arange(size)
        parts.append(both_directions(nodes, (nodes + 1) % size) + first)
        some = nodes[::9]
        parts.append(both_directions(some, (some + size // 3 + 1) % size) + first)
        first += size
    return torch.unique(torch.cat(parts, dim=1), dim=1), first + 2


@pytest.mark.parametrize("dense", [True, False], ids=["dense", "large"])
@pytest.mark.parametrize("sizes", [(90, 70, 31), (13, 40), (12, 12)], ids=str)
def test_within_the_components(monkeypatch, dense, sizes):
    """Edits inside a component, one that joins two, one that takes in a node alone, and back."""
    edge_index, n = apart(sizes)
    edits = gtr(edge_index, n, num_edges=3).edits
    joins = torch.tensor([[1, 1, -1, -1], [1, 0, 0, 1], [sizes[0] + 2, n - 1, n - 1, sizes[0] + 2]])
    edits = torch.cat([edits, joins], dim=1)
    module = sys.modules["workbench.rewiring.tape.profile"]
    monkeypatch.setattr(module, "DENSE_NODES", 2_500 if dense else 0)
    found = profile(edge_index, n, edits)
    for at in range(len(found)):
        now = apply_edits(edge_index, n, edits[:, :at]).edge_index
        within = float(total_resistance(now, n, within_components=True))
        assert float(found.total_resistance_within[at]) == pytest.approx(within, rel=1e-6)
        if not dense and at < 4:  # changes along the tape carry no sampling error
            assert bool((found.error["total_resistance_within"] == 0).all())
        if dense:
            check_largest_component(found, at, now, n)
        else:
            exact = profile_of(monkeypatch, module, now, n)
            for name in ("spectral_gap", "cheeger_lower", "cheeger_upper", "diameter"):
                one, other = (
                    float(getattr(p, f"{name}_within")[k]) for p, k in ((found, at), (exact, 0))
                )
                assert one == pytest.approx(other, rel=1e-6), name
    assert found.spectral_gap.tolist() == [0.0] * len(found)
    assert found.num_components.tolist() == [len(sizes) + 2 - k for k in (0, 0, 0, 0, 1, 2, 1, 0)]
    assert bool((found.total_resistance_within.diff()[:3] < 0).all())  # its effect is seen


def profile_of(monkeypatch, module, edge_index, num_nodes):
    """The exact one of a graph without edits."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "DENSE_NODES", 2_500)
        return profile(edge_index, num_nodes, NOTHING)


@pytest.mark.parametrize("dense", [True, False], ids=["dense", "large"])
def test_weights_are_conductances_and_a_new_edge_has_one(monkeypatch, dense):
    """Against the diagnostics of each weighted graph; an edge that comes back has its own."""
    module = sys.modules["workbench.rewiring.tape.profile"]
    monkeypatch.setattr(module, "DENSE_NODES", 2_500 if dense else 0)
    data = karate()
    edges = simple_graph(data.edge_index, 34)
    draw = torch.rand(edges.num_edges, generator=torch.Generator().manual_seed(0)).double() + 0.5
    ends = torch.stack([edges.source, edges.target])
    edge_index, weight = torch.cat([ends, ends.flip(0)], dim=1), torch.cat([draw, draw])
    edits = torch.tensor([[1, 9, 16], [-1, 0, 1], [1, 15, 20], [1, 0, 1]]).T
    found = profile(edge_index, 34, edits, edge_weight=weight)
    for at in range(5):
        after, conductance = edit_columns(edge_index, 34, edits[:, :at], weight)
        there = total_resistance(after, 34, conductance)
        if dense:
            torch.testing.assert_close(found.total_resistance[at], there)
            gap = cheeger_bounds(after, 34, conductance).lower
            torch.testing.assert_close(found.cheeger_lower[at], gap)
        else:  # one estimate, and exact changes
            before = total_resistance(edge_index, 34, weight)
            change = found.total_resistance[at] - found.total_resistance[0]
            torch.testing.assert_close(change, there - before, rtol=1e-5, atol=1e-6)
