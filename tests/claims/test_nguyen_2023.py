"""Nguyen et al., Revisiting over-smoothing and over-squashing, ICML 2023, arXiv 2211.15779."""

import networkx as nx
import pytest

from workbench.diagnostics import ollivier_ricci
from workbench.graphs import from_networkx

GRAPHS = [
    nx.karate_club_graph(),
    nx.les_miserables_graph(),
    nx.barbell_graph(6, 3),
    nx.random_regular_graph(6, 60, seed=0),
    nx.connected_caveman_graph(6, 6),
    nx.balanced_tree(4, 3),
    nx.barabasi_albert_graph(80, 3, seed=0),
]


def curvatures(graph):
    """(u, v, curvature) of every edge, for walkers that do not rest."""
    graph, plain = nx.convert_node_labels_to_integers(graph), nx.Graph()
    plain.add_nodes_from(range(len(graph)))
    plain.add_edges_from(graph.edges)  # without their weights
    data = from_networkx(plain)
    found = ollivier_ricci(data.edge_index, data.num_nodes).tolist()
    pairs = data.edge_index.T.tolist()
    return plain, [(u, v, k) for (u, v), k in zip(pairs, found, strict=True) if u < v]


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_high_curvature_means_shared_neighbors(graph):
    """|N(u) & N(v)| / max(d_u, d_v) >= kappa: where it is high, one step mixes the same nodes."""
    plain, edges = curvatures(graph)
    for u, v, kappa in edges:
        shared = len(set(plain[u]) & set(plain[v]))
        assert shared / max(plain.degree(u), plain.degree(v)) >= kappa - 1e-12


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_low_curvature_means_few_ways_across(graph):
    """Disjoint edges between the neighborhoods, shared nodes included: at most d (kappa + 2) / 2.

    For ends of equal degree d: mass that such an edge joins moves one hop, the rest at most three.
    """
    plain, edges = curvatures(graph)
    for u, v, kappa in edges:
        if plain.degree(u) != plain.degree(v):
            continue
        across = nx.Graph()
        across.add_nodes_from(("from", p) for p in plain[u])
        across.add_edges_from(
            (("from", p), ("to", q)) for p in plain[u] for q in plain[v] if plain.has_edge(p, q)
        )
        left = [node for node in across if node[0] == "from"]
        matched = nx.bipartite.maximum_matching(across, top_nodes=left)
        assert len(matched) / 2 <= plain.degree(u) * (kappa + 2) / 2 + 1e-9


def test_bridges_between_cliques_are_the_lowest():
    _, edges = curvatures(nx.connected_caveman_graph(5, 8))
    inside = [kappa for u, v, kappa in edges if u // 8 == v // 8]
    between = [kappa for u, v, kappa in edges if u // 8 != v // 8]
    assert len(between) == 5
    assert max(between) < 0 < min(inside)
