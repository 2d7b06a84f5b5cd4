"""Expander graph propagation: parity with the released generator, and what makes it an expander."""

import networkx as nx
import numpy as np
import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import diameter, laplacian_spectrum
from workbench.rewiring import cayley, expander
from workbench.rewiring.methods.expander import cayley_edges, group_order, smallest_group

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


@pytest.mark.parity
def test_the_released_numbering():
    oracle = load_oracle("03i_cayley.json")
    sizes = oracle.pop("cayley_n_for_num_nodes")
    assert oracle
    for num_nodes, (n, order) in sizes.items():
        assert smallest_group(int(num_nodes)) == n
        assert group_order(n) == order
    for name, expected in oracle.items():
        n = int(name.removeprefix("SL(2,Z_").removesuffix(")"))
        assert group_order(n) == expected["nodes"] == expected["group_order_bruteforce"]
        edges = cayley_edges(n, "official")
        assert edges[:, edges[0] < edges[1]].T.tolist() == sorted(expected["undirected_edges"])
        assert sorted(set(np.bincount(edges[0]).tolist())) == expected["degree_set"]


@pytest.mark.parity
def test_both_numberings_are_one_graph():
    oracle = load_oracle("03i_cayley.json")
    del oracle["cayley_n_for_num_nodes"]
    for name, expected in oracle.items():
        n = int(name.removeprefix("SL(2,Z_").removesuffix(")"))
        edges = torch.from_numpy(cayley_edges(n, "paper"))
        spectrum = laplacian_spectrum(edges, group_order(n)).numpy()
        np.testing.assert_allclose(spectrum, sorted(expected["spectrum"]), atol=1e-9)
        assert int(diameter(edges, group_order(n))) == expected["diameter"]


def test_numbers_grow_with_the_distance_from_the_identity():
    edges = cayley_edges(4, "paper")
    graph = nx.Graph(edges.T.tolist())
    far = nx.single_source_shortest_path_length(graph, 0)
    assert [far[v] for v in range(len(far))] == sorted(far.values())
    for size in (5, 20, 40):  # so every part of it is connected
        assert nx.is_connected(graph.subgraph(range(size)))


def test_layers_alternate():
    for name in oracle_names(directed=False, max_nodes=60):
        edges, size, _ = oracle_graph(name)
        found = expander(edges, size, num_layers=4)
        assert torch.equal(found.layers[0].edge_index, edges)
        assert found.layers[2] is found.layers[0]
        part = cayley_edges(smallest_group(size), "paper")
        part = part[:, (part < size).all(axis=0)].T.tolist()
        assert sorted(found.layers[1].edge_index.T.tolist()) == sorted(part)
        assert found.layers[1].num_nodes == size


def test_all_nodes_of_the_cayley_graph_stay():
    edges, size, _ = oracle_graph("karate")
    found = cayley(edges, size, num_layers=2)
    assert found.union.num_nodes == group_order(4) == 48
    pairs = found.layers[1].edge_index
    assert torch.equal(torch.bincount(pairs[0], minlength=48), torch.full((48,), 4))
    assert sorted(pairs.T.tolist()) == cayley_edges(4, "paper").T.tolist()
    assert int(found.layers[0].edge_index.max()) < size
    assert cayley(NOTHING, 0).union.num_nodes == 1
    assert cayley(NOTHING, 2).union.num_nodes == 6
