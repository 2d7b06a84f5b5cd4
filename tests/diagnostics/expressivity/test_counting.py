"""Counts against closed forms of matrix powers and against a search for every copy."""

import itertools
import math
import tracemalloc

import igraph
import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import (
    PATTERNS,
    TooLargeError,
    homomorphism_count,
    subgraph_count,
    subgraph_counts,
)
from workbench.diagnostics.expressivity import counting, counting_cliques, counting_sparse
from workbench.graphs import complete, erdos_renyi, grid, petersen, random_regular, ring, rook, star


@st.composite
def graphs(draw):
    size = draw(st.integers(2, 7))
    pairs = list(itertools.combinations(range(size), 2))
    edges = torch.tensor(draw(st.lists(st.sampled_from(pairs), unique=True, max_size=14)))
    edges = edges.reshape(-1, 2).T.long()
    return torch.cat([edges, edges.flip(0)], dim=1), size


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_by_search(graph):
    edge_index, size = graph
    network = nx.Graph(edge_index.T.tolist())
    network.add_nodes_from(range(size))
    for name, edges in PATTERNS.items():
        pattern = nx.Graph(edges)
        own = nx.isomorphism.GraphMatcher(pattern, pattern)
        matcher = nx.isomorphism.GraphMatcher(network, pattern)
        copies = sum(1 for _ in matcher.subgraph_monomorphisms_iter())
        automorphisms = sum(1 for _ in own.isomorphisms_iter())
        assert subgraph_count(edge_index, size, name) == copies // automorphisms
        maps = itertools.product(range(size), repeat=len(pattern))
        brute = sum(all(network.has_edge(f[u], f[v]) for u, v in edges) for f in maps)
        assert homomorphism_count(edge_index, size, name) == brute
        if len(pattern) > 3:
            break  # every map of six nodes would take long


def test_by_matrix_powers():
    data = erdos_renyi(40, 0.2, generator=torch.Generator().manual_seed(0))
    a = torch.zeros(40, 40, dtype=torch.float64)
    a[data.edge_index[0], data.edge_index[1]] = 1
    degree, edges = a.sum(0), data.edge_index.size(1) / 2
    a2, a3 = a @ a, a @ a @ a
    triangles = a3.diagonal() / 2
    on_edge = (a2 * a)[data.edge_index[0], data.edge_index[1]]
    expected = {
        "triangle": a3.trace() / 6,
        "4-cycle": ((a2 @ a2).trace() - 2 * (degree**2).sum() + 2 * edges) / 8,
        "5-cycle": ((a2 @ a3).trace() - 5 * a3.trace() - 5 * (a3.diagonal() * (degree - 2)).sum())
        / 10,
        "chordal cycle": (on_edge * (on_edge - 1) / 2).sum() / 2,
        "tailed triangle": (triangles * (degree - 2)).sum(),
        "3-star": (degree * (degree - 1) * (degree - 2) / 6).sum(),
    }
    names = tuple(expected)
    assert subgraph_counts(data.edge_index, 40, names).tolist() == [
        round(float(expected[name])) for name in names
    ]


def test_closed_forms():
    six = complete(6)
    assert subgraph_count(six.edge_index, 6, "4-clique") == math.comb(6, 4)
    assert subgraph_count(six.edge_index, 6, "6-cycle") == math.factorial(5) // 2
    assert subgraph_count(ring(9).edge_index, 9, "4-path") == 9
    assert subgraph_count(star(6).edge_index, 6, "3-star") == math.comb(5, 3)
    assert subgraph_count(petersen().edge_index, 10, "5-cycle") == 12
    assert subgraph_count(petersen().edge_index, 10, "6-cycle") == 10
    assert homomorphism_count(ring(5).edge_index, 5, "triangle") == 0
    assert subgraph_count(rook().edge_index, 16, "4-clique") == 8  # four rows, four columns


def test_own_pattern_and_bad_ones():
    bull = torch.tensor([[0, 1, 0, 0, 1], [1, 2, 2, 3, 4]])
    assert subgraph_count(complete(5).edge_index, 5, bull) == 60  # 5! / 2
    with pytest.raises(ValueError, match="must be one of triangle"):
        subgraph_count(ring(4).edge_index, 4, "square")
    with pytest.raises(ValueError, match="without loops"):
        subgraph_count(ring(4).edge_index, 4, torch.tensor([[0], [0]]))
    with pytest.raises(ValueError, match="up to 8"):
        homomorphism_count(ring(4).edge_index, 4, ring(9).edge_index)
    with pytest.raises(ValueError, match="directed"):
        subgraph_count(torch.tensor([[0], [1]]), 2, "triangle")


#: Patterns without a name: trees, treewidth 2 and 3, cliques, two parts.
OTHERS = {
    "edge": [(0, 1)],
    "two edges": [(0, 1), (2, 3)],
    "bow tie": [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (2, 4)],
    "theta": [(0, 2), (2, 1), (0, 3), (3, 1), (0, 4), (4, 1)],
    "two squares": [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (4, 5), (5, 6), (6, 7), (4, 7)],
    "7-cycle": [(i, (i + 1) % 7) for i in range(7)],
    "house": [(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (1, 4)],
    "triangle with two tails": [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4)],
    "5-clique": list(itertools.combinations(range(5), 2)),
    "wheel": [(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (1, 4), (2, 4), (3, 4)],
    "octahedron": [e for e in itertools.combinations(range(6), 2) if sum(e) != 5],
    "prism": [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (0, 3), (1, 4), (2, 5)],
}


def by_einsum(edges, adjacency):
    """hom(F, G) by the definition, one index for each node of the pattern."""
    operands = [part for edge in edges for part in (adjacency, list(edge))]
    return round(float(np.einsum(*operands, [], optimize=("greedy", 10**7))))


@pytest.mark.parametrize("name", [*PATTERNS, *OTHERS])
def test_homomorphisms_by_the_definition(name, monkeypatch):
    edges = (PATTERNS | OTHERS)[name]
    data = erdos_renyi(30, 0.25, generator=torch.Generator().manual_seed(1))
    a = np.zeros((30, 30))
    a[tuple(data.edge_index.numpy())] = 1
    expected = by_einsum(edges, a)
    pattern = torch.tensor(edges).T
    assert homomorphism_count(data.edge_index, 30, pattern) == expected
    monkeypatch.setattr(counting, "dense_seconds", lambda order, nodes: math.inf)
    assert homomorphism_count(data.edge_index, 30, pattern) == expected  # along the edges
    monkeypatch.setattr(counting_sparse, "_AT_ONCE", 50)
    monkeypatch.setattr(counting_cliques, "_AT_ONCE", 50)
    assert homomorphism_count(data.edge_index, 30, pattern) == expected  # in many parts
    monkeypatch.setattr(counting, "dense_seconds", lambda order, nodes: 0.0)
    assert homomorphism_count(data.edge_index, 30, pattern) == expected  # with a full matrix


@pytest.mark.parametrize("name", [*PATTERNS, *OTHERS])
def test_subgraphs_by_search(name, monkeypatch):
    edges = (PATTERNS | OTHERS)[name]
    monkeypatch.setattr(counting, "dense_seconds", lambda order, nodes: math.inf)
    data = erdos_renyi(12, 0.4, generator=torch.Generator().manual_seed(2))
    network, pattern = nx.Graph(data.edge_index.T.tolist()), nx.Graph(edges)
    search = igraph.Graph.from_networkx(network)
    copies = search.count_subisomorphisms_vf2(igraph.Graph.from_networkx(pattern))
    own = igraph.Graph.from_networkx(pattern).count_automorphisms()
    assert subgraph_count(data.edge_index, 12, torch.tensor(edges).T) == copies // own


@pytest.mark.parametrize("n", [2000, pytest.param(100_000, marks=pytest.mark.large)])
def test_large_sparse_graphs(n):
    width = math.isqrt(n)
    board = grid(width, width + 1)
    squares = (width - 1) * width
    assert subgraph_count(board.edge_index, board.num_nodes, "4-cycle") == squares
    bars = (width - 2) * width + (width - 1) ** 2
    assert subgraph_count(board.edge_index, board.num_nodes, "6-cycle") == bars
    for name in ("triangle", "tailed triangle", "chordal cycle", "4-clique", "5-cycle"):
        assert subgraph_count(board.edge_index, board.num_nodes, name) == 0
    wheel = torch.stack([torch.zeros(n).long(), torch.arange(1, n + 1)])
    rim = torch.stack([wheel[1], wheel[1] % n + 1])
    wheel = torch.cat([wheel, rim], dim=1)
    wheel = torch.cat([wheel, wheel.flip(0)], dim=1)
    assert subgraph_count(wheel, n + 1, "triangle") == n
    assert subgraph_count(wheel, n + 1, "chordal cycle") == n
    assert subgraph_count(wheel, n + 1, "tailed triangle") == n * ((n - 2) + 2)
    assert subgraph_count(wheel, n + 1, "3-star") == math.comb(n, 3) + n
    hub = star(n + 1)
    assert subgraph_count(hub.edge_index, n + 1, "4-cycle") == 0


def refusal(edge_index, num_nodes, pattern):
    """The message, which comes without memory."""
    tracemalloc.start()
    with pytest.raises(TooLargeError) as caught:
        subgraph_count(edge_index, num_nodes, pattern)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e8
    return str(caught.value)


def test_refusals_come_first_and_say_what_to_do():
    data = random_regular(30_000, 4, generator=torch.Generator().manual_seed(0))
    prism = torch.tensor(OTHERS["prism"]).T
    said = refusal(data.edge_index, 30_000, prism)
    for part in ("9 edges", "30,000 nodes", "treewidth is above 2", "up to about"):
        assert part in said
    left = torch.tensor(list(itertools.product(range(2), range(2, 100_002)))).T
    said = refusal(torch.cat([left, left.flip(0)], dim=1), 100_002, "6-cycle")
    for part in ("largest degree is 100,000", "subgraph"):
        assert part in said
    assert subgraph_count(data.edge_index, 30_000, "triangle") < 30


def test_a_cube_of_eight_nodes():
    cube = nx.convert_node_labels_to_integers(nx.hypercube_graph(3))
    edges = torch.tensor(list(cube.edges)).T
    assert subgraph_count(torch.cat([edges, edges.flip(0)], dim=1), 8, edges) == 1
    twenty = erdos_renyi(20, 0.3, generator=torch.Generator().manual_seed(0))
    search = igraph.Graph(n=20, edges=[e for e in twenty.edge_index.T.tolist() if e[0] < e[1]])
    copies = search.count_subisomorphisms_vf2(igraph.Graph(edges=edges.T.tolist()))
    assert subgraph_count(twenty.edge_index, 20, edges) == copies // 48


def test_dense_graphs_take_full_matrices():
    n = 1500
    edges = complete(n).edge_index
    assert subgraph_count(edges, n, "triangle") == math.comb(n, 3)
    assert subgraph_count(edges, n, "chordal cycle") == 6 * math.comb(n, 4)
    with pytest.raises(TooLargeError, match="would take"):
        subgraph_count(edges, n, "4-clique")
    with pytest.raises(TooLargeError, match="more than about 30 seconds: too many smaller cliques"):
        subgraph_count(complete(500).edge_index, 500, "4-clique")
