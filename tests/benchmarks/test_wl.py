"""Color refinement on BREC's 400 pairs and on 11,117 small graphs, beside networkx and igraph.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_wl.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

networkx's hash is 1-WL with 3 rounds or 10; igraph's BLISS decides isomorphism, which says
"different" for every pair. BREC's own script needs minutes for 2-FWL and is not run here.
"""

import igraph
import networkx as nx
import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.utils import to_networkx

from workbench.benchmarks import brec
from workbench.diagnostics import distinguishes, graph_classes, tell_apart
from workbench.graphs import load_brec, load_connected_graphs

#: Told apart, by subset: Basic, Simple regular, Strongly regular, Extension, CFI, ...
SECOND = [60, 50, 0, 100, 60, 0, 0]


@pytest.fixture(scope="module")
def pairs(data_root):
    return load_brec(data_root)


def repeat(benchmark, function, rounds=3):
    return benchmark.pedantic(function, rounds=rounds, warmup_rounds=1)


@pytest.mark.parametrize("test", ["1-wl", "2-fwl"])
def test_400_pairs(benchmark, pairs, test):
    benchmark.group = f"400 pairs, {test}"
    graphs = [(pair.first, pair.second) for pair in pairs]
    found = repeat(benchmark, lambda: tell_apart(graphs, test=test))
    assert int(found.sum()) == (0 if test == "1-wl" else 270)


def test_400_pairs_with_their_outcomes(benchmark, pairs):
    benchmark.group = "400 pairs, 2-fwl"
    found = repeat(benchmark, lambda: brec(test="2-fwl", pairs=pairs))
    assert list(found.by_subset.values()) == SECOND


@pytest.mark.parametrize("iterations", [3, 10])
def test_400_pairs_networkx(benchmark, pairs, iterations):
    benchmark.group = "400 pairs, 1-wl"
    graphs = [tuple(to_nx(g) for g in (pair.first, pair.second)) for pair in pairs]

    def hashes(graph):
        return nx.weisfeiler_lehman_graph_hash(graph, iterations=iterations)

    found = repeat(benchmark, lambda: sum(hashes(a) != hashes(b) for a, b in graphs), rounds=1)
    assert found == 0


def test_400_pairs_igraph_isomorphic(benchmark, pairs):
    benchmark.group = "400 pairs, 2-fwl"
    graphs = [tuple(to_igraph(g) for g in (pair.first, pair.second)) for pair in pairs]
    found = repeat(benchmark, lambda: sum(not a.isomorphic_bliss(b) for a, b in graphs))
    assert found == 400


@pytest.mark.parametrize("test", ["1-wl", "2-fwl"])
def test_graph8c(benchmark, data_root, test):
    benchmark.group = "11,117 graphs of 8 nodes"
    graphs = load_connected_graphs(8, data_root)
    found = repeat(benchmark, lambda: graph_classes(graphs, test=test))
    assert int(found.max()) + 1 == (10_897 if test == "1-wl" else 11_117)


def test_graph8c_networkx(benchmark, data_root):
    benchmark.group = "11,117 graphs of 8 nodes"
    graphs = [to_nx(graph) for graph in load_connected_graphs(8, data_root)]
    found = repeat(
        benchmark, lambda: len({nx.weisfeiler_lehman_graph_hash(g) for g in graphs}), rounds=1
    )
    assert found <= 10_897


@pytest.mark.parametrize("kind", ["different", "equal"])
def test_3_fwl_of_40_nodes(benchmark, pairs, kind):
    benchmark.group = "3-fwl, two graphs of 40 nodes"
    pair = next(pair for pair in pairs if pair.first.num_nodes == 40)
    first, second = pair.first, pair.second
    if kind == "equal":
        order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
        second = Data(edge_index=order[first.edge_index], num_nodes=40)
    found = repeat(benchmark, lambda: distinguishes(first, second, test="3-fwl"))
    assert bool(found) == (kind == "different")


def to_nx(graph):
    return to_networkx(graph, to_undirected=True)


def to_igraph(graph):
    edges = graph.edge_index[:, graph.edge_index[0] < graph.edge_index[1]]
    return igraph.Graph(n=graph.num_nodes, edges=edges.T.tolist())
