"""Counts against closed forms of matrix powers and against a search for every copy."""

import itertools
import math

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import PATTERNS, homomorphism_count, subgraph_count, subgraph_counts
from workbench.graphs import complete, erdos_renyi, petersen, ring, rook, star


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
