"""The 28 orbit adjacencies of graphs with 20,000 nodes, beside the product that bounds them.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_orbits.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

"A A A by scipy" is the sparse product alone, whose non-zeros the matrix of hop 3 needs. The
authors' package (gradco 0.1.8) is built for NumPy 1 and cannot run in the same process; its
figures in data/results/benchmarks.md come from an environment of its own.
"""

import networkx as nx
import pytest
import torch

from workbench.diagnostics import ORBIT_ADJACENCIES, orbit_adjacency
from workbench.topology import both_directions, simple_graph

GRAPHS = {
    "random, degree 6": lambda n: nx.gnm_random_graph(n, 3 * n, seed=1),
    "preferential, degree 10": lambda n: nx.barabasi_albert_graph(n, 5, seed=1),
    "preferential with triangles": lambda n: nx.powerlaw_cluster_graph(n, 5, 0.5, seed=1),
}


def edges_of(graph):
    return both_directions(*torch.tensor(list(graph.edges)).T), graph.number_of_nodes()


@pytest.mark.parametrize("kind", GRAPHS)
@pytest.mark.parametrize("who", ["workbench", "workbench, 4 threads", "A A A by scipy"])
def test_28_orbit_adjacencies(benchmark, kind, who):
    benchmark.group = f"28 orbit adjacencies, 20,000 nodes, {kind}"
    edge_index, size = edges_of(GRAPHS[kind](20_000))
    if who == "A A A by scipy":
        adjacency = simple_graph(edge_index, size).adjacency()
        benchmark.pedantic(lambda: adjacency @ adjacency @ adjacency, rounds=1)
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(4 if "4" in who else 1)
    try:
        orbit_adjacency(edge_index[:, :0], 10)  # compiled kernels are loaded
        found = benchmark.pedantic(lambda: orbit_adjacency(edge_index, size), rounds=1)
    finally:
        torch.set_num_threads(threads)
    assert set(found) == set(ORBIT_ADJACENCIES)
    assert float(found[1, 0, 0].values().sum()) == edge_index.size(1)
