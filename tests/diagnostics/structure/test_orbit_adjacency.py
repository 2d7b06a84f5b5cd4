"""Orbit adjacencies by listing every induced subgraph, and the identities they must obey."""

import sys
from itertools import combinations, permutations

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import (
    ORBIT_ADJACENCIES,
    TooLargeError,
    orbit_adjacency,
)
from workbench.graphs import complete, erdos_renyi, from_networkx, grid, karate, path, ring, star

#: The name in the package is the function.
MODULE = sys.modules["workbench.diagnostics.structure.orbit_adjacency"]

#: Graphlets as edges, with the orbit of each of their nodes.
GRAPHLETS = [
    ([(0, 1)], [0, 0]),
    ([(0, 1), (1, 2)], [1, 2, 1]),
    ([(0, 1), (1, 2), (0, 2)], [3, 3, 3]),
    ([(0, 1), (1, 2), (2, 3)], [4, 5, 5, 4]),
    ([(0, 1), (0, 2), (0, 3)], [7, 6, 6, 6]),
    ([(0, 1), (1, 2), (2, 3), (3, 0)], [8, 8, 8, 8]),
    ([(0, 1), (1, 2), (0, 2), (2, 3)], [10, 10, 11, 9]),
    ([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)], [13, 12, 13, 12]),
    ([*combinations(range(4), 2)], [14] * 4),
]


def listed(graph):
    """The 28 matrices, and graphlet degrees [nodes, 15], one induced subgraph at a time."""
    size = graph.number_of_nodes()
    found = {key: torch.zeros(size, size, dtype=torch.float64) for key in ORBIT_ADJACENCIES}
    degrees = torch.zeros(size, 15, dtype=torch.float64)
    kinds = {}
    for edges, orbits in GRAPHLETS:
        hops = dict(nx.all_pairs_shortest_path_length(nx.Graph(edges)))
        for order in permutations(range(len(orbits))):
            key = frozenset(frozenset((order[a], order[b])) for a, b in edges)
            place = sorted(range(len(orbits)), key=order.__getitem__)
            kinds[len(orbits), key] = [
                (
                    i,
                    orbits[place[i]],
                    [
                        (j, orbits[place[j]], hops[place[i]][place[j]])
                        for j in range(len(orbits))
                        if j != i
                    ],
                )
                for i in range(len(orbits))
            ]
    for count in (2, 3, 4):
        for nodes in combinations(range(size), count):
            inside = frozenset(
                frozenset((a, b))
                for a, b in combinations(range(count), 2)
                if graph.has_edge(nodes[a], nodes[b])
            )
            for i, orbit, others in kinds.get((count, inside), []):
                degrees[nodes[i], orbit] += 1
                for j, other, hop in others:
                    found[hop, orbit, other][nodes[i], nodes[j]] += 1
    return found, degrees


@given(st.integers(0, 11), st.integers(0, 10_000), st.sampled_from([0.2, 0.4, 0.6, 0.9]))
@settings(max_examples=40, deadline=None)
def test_every_induced_subgraph_listed(size, seed, density):
    graph = nx.gnp_random_graph(size, density, seed=seed)
    found = orbit_adjacency(from_networkx(graph).edge_index, size)
    expected, _ = listed(graph)
    assert set(found) == set(ORBIT_ADJACENCIES) == set(expected)
    for key in found:
        torch.testing.assert_close(found[key].to_dense(), expected[key], rtol=0, atol=0)


def test_there_are_28():
    assert len(ORBIT_ADJACENCIES) == len(set(ORBIT_ADJACENCIES)) == 28
    assert [sum(key[0] == hop for key in ORBIT_ADJACENCIES) for hop in (1, 2, 3)] == [19, 8, 1]


def test_row_sums_are_multiples_of_graphlet_degrees():
    graph = nx.gnp_random_graph(16, 0.35, seed=5)
    found = orbit_adjacency(from_networkx(graph).edge_index, 16)
    _, degrees = listed(graph)
    # how many nodes of the second orbit lie at that hop from a node of the first
    times = {
        (1, 0, 0): 1, (1, 1, 2): 1, (1, 2, 1): 2, (2, 1, 1): 1, (1, 3, 3): 2, (3, 4, 4): 1,
        (1, 4, 5): 1, (1, 5, 4): 1, (1, 5, 5): 1, (2, 4, 5): 1, (2, 5, 4): 1, (1, 6, 7): 1,
        (1, 7, 6): 3, (2, 6, 6): 2, (1, 8, 8): 2, (2, 8, 8): 1, (1, 9, 11): 1, (1, 11, 9): 1,
        (2, 9, 10): 2, (2, 10, 9): 1, (1, 10, 10): 1, (1, 10, 11): 1, (1, 11, 10): 2,
        (2, 12, 12): 1, (1, 12, 13): 2, (1, 13, 12): 2, (1, 13, 13): 1, (1, 14, 14): 3,
    }  # fmt: skip
    assert set(times) == set(found)
    for key, count in times.items():
        torch.testing.assert_close(found[key].to_dense().sum(1), count * degrees[:, key[1]])


def test_products_of_the_adjacency():
    data = karate()
    found = {
        key: value.to_dense()
        for key, value in orbit_adjacency(data.edge_index, 34).matrices.items()
    }
    adjacency = found[1, 0, 0]
    square = adjacency @ adjacency
    beyond = 1 - adjacency - torch.eye(34)
    assert torch.equal(found[1, 3, 3], square * adjacency)
    assert torch.equal(found[2, 1, 1], square * beyond)
    # walks of three steps between nodes that are not adjacent: induced, or short-cut once or twice
    walks = (square @ adjacency) * beyond
    short = found[2, 9, 10] + found[2, 10, 9] + 2 * found[2, 12, 12]
    assert torch.equal(walks, found[3, 4, 4] + short)
    for hop, a, b in found:
        assert torch.equal(found[hop, a, b], found[hop, b, a].T)


def test_larger_graph_against_dense_algebra():
    """Powers of the adjacency and the common neighbors of pairs, without the compiled rows."""
    data = erdos_renyi(150, 0.12, generator=torch.Generator().manual_seed(3))
    found = {
        key: value.to_dense()
        for key, value in orbit_adjacency(data.edge_index, 150).matrices.items()
    }
    adjacency = torch.zeros(150, 150, dtype=torch.float64)
    adjacency[tuple(data.edge_index)] = 1
    common = torch.einsum("uw,vw->uvw", adjacency, adjacency)
    inside = torch.einsum("uvw,wx,uvx->uv", common, adjacency, common) / 2
    beyond = 1 - adjacency - torch.eye(150)
    assert torch.equal(found[1, 14, 14], inside * adjacency)
    assert torch.equal(found[2, 12, 12], inside * beyond)
    pairs = torch.einsum("uvw->uv", common)
    assert torch.equal(found[2, 8, 8], (pairs * (pairs - 1) / 2 - inside) * beyond)
    complement = torch.einsum("uw,vw->uvw", adjacency, 1 - adjacency)  # neighbors of u, not of v
    complement[torch.arange(150)[:, None], torch.arange(150), torch.arange(150)] = 0  # v itself
    paths = torch.einsum("uvx,xw,vuw->uv", complement, adjacency, complement)
    assert torch.equal(found[1, 8, 8], paths * adjacency)
    assert torch.equal(found[3, 4, 4], paths * beyond)


def test_small_graphs_in_closed_form():
    found = orbit_adjacency(ring(4).edge_index, 4)
    assert found[1, 8, 8].to_dense().sum() == 8
    assert found[2, 8, 8].to_dense().sum() == 4
    found = orbit_adjacency(star(6).edge_index, 6)
    assert set(found[1, 7, 6].to_dense().sum(1).tolist()) == {0, 3 * 10}  # C(5, 3) claws
    found = orbit_adjacency(complete(7).edge_index, 7)
    assert found[1, 14, 14].to_dense()[0].tolist() == [0] + [10] * 6  # C(5, 2) cliques
    found = orbit_adjacency(path(5).edge_index, 5)
    assert found[3, 4, 4].to_dense()[0].tolist() == [0, 0, 0, 1, 0]


def test_chosen_orbits_are_the_same_and_no_others():
    data = karate()
    all_of_them = orbit_adjacency(data.edge_index, 34)
    for keys in ([(1, 5, 4)], [(2, 9, 10), (2, 4, 5)], [(3, 4, 4)], [(1, 0, 0), (2, 10, 9)], []):
        found = orbit_adjacency(data.edge_index, 34, orbits=keys)
        assert list(found) == keys
        assert len(found) == len(keys)
        for key in keys:
            assert torch.equal(found[key].to_dense(), all_of_them[key].to_dense())
    with pytest.raises(ValueError, match=r"\(2, 0, 0\) is no orbit"):
        orbit_adjacency(data.edge_index, 34, orbits=[(2, 0, 0)])
    with pytest.raises(KeyError, match="only"):
        found[1, 0, 0]


def test_results_multiply():
    found = orbit_adjacency(karate().edge_index, 34)
    x = torch.randn(34, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(found[2, 4, 5] @ x, found[2, 4, 5].to_dense() @ x)


def test_self_loops_repeats_order_and_threads_change_nothing():
    data = erdos_renyi(400, 0.05, generator=torch.Generator().manual_seed(1))
    expected = orbit_adjacency(data.edge_index, 402)
    order = torch.randperm(data.edge_index.size(1), generator=torch.Generator().manual_seed(1))
    noisy = torch.cat([data.edge_index[:, order], torch.tensor([[3], [3]]), data.edge_index], dim=1)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        found = orbit_adjacency(noisy, 402)
    finally:
        torch.set_num_threads(threads)
    for key in expected:
        assert torch.equal(found[key].to_dense(), expected[key].to_dense())
        assert not found[key].to_dense()[400:].any()


def test_many_blocks_of_rows(monkeypatch):
    data = grid(9, 8)
    expected = orbit_adjacency(data.edge_index, 72)
    monkeypatch.setattr(MODULE, "_BLOCK_PAIRS", 1500)
    found = orbit_adjacency(data.edge_index, 72)
    for key in expected:
        assert torch.equal(found[key].to_dense(), expected[key].to_dense())


def test_empty_tiny_and_bad_graphs():
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 4):
        found = orbit_adjacency(empty, size)
        assert all(found[key].shape == (size, size) and found[key]._nnz() == 0 for key in found)
    with pytest.raises(ValueError, match="to_undirected"):
        orbit_adjacency(torch.tensor([[0], [1]]), 2)


def test_too_many_steps_are_refused_before_they_start():
    data = star(1_000_000)
    with pytest.raises(TooLargeError, match=r"1,000,000 nodes .* use orbit_adjacency"):
        orbit_adjacency(data.edge_index, 1_000_000)


def test_too_many_pairs_are_refused_and_those_of_hop_1_are_not(monkeypatch):
    data = star(3000)  # every two leaves are at hop 2
    monkeypatch.setattr(MODULE, "available_bytes", lambda: 10_000_000)
    with pytest.raises(TooLargeError, match="half may be used"):
        orbit_adjacency(data.edge_index, 3000)
    found = orbit_adjacency(data.edge_index, 3000, orbits=[(1, 7, 6)])
    assert float(found[1, 7, 6].values().max()) == 2998 * 2997 / 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_results_lie_on_the_device_of_the_input():
    data = karate()
    found = orbit_adjacency(data.edge_index.cuda(), 34)[3, 4, 4]
    assert found.is_cuda
    assert torch.equal(
        found.cpu().to_dense(), orbit_adjacency(data.edge_index, 34)[3, 4, 4].to_dense()
    )
