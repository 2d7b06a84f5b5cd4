"""Random connected graphs with the degrees of a graph: what its degrees alone would give."""

import random

import igraph
import torch

from workbench.graphs.edges import UndirectedEdges
from workbench.graphs.layout import _IGRAPH


def random_rewired(graph: UndirectedEdges, *, generator: torch.Generator) -> UndirectedEdges:
    """A connected simple graph with the same degrees, near uniform among them.

    The conductances are dealt out to its edges at random.

    Args:
        graph: a connected graph of at least two nodes.
        generator: source of its choices, on the CPU.

    References:
        Viger and Latapy, Efficient and simple generation of random simple connected graphs with
        prescribed degree sequence, COCOON 2005, arXiv cs/0502085.
    """
    ends = torch.cat([graph.source, graph.target])
    degree = torch.bincount(ends, minlength=graph.num_nodes).tolist()
    seed = int(torch.randint(2**31, (), generator=generator))
    with _IGRAPH:
        igraph.set_random_number_generator(random.Random(seed))
        try:
            drawn = igraph.Graph.Degree_Sequence(degree, method="vl")
        finally:
            igraph.set_random_number_generator(random)
    pairs = torch.tensor(drawn.get_edgelist(), dtype=torch.int64).sort(1).values
    pairs = pairs[torch.argsort(pairs[:, 0] * graph.num_nodes + pairs[:, 1])]
    shuffled = graph.weight[torch.randperm(graph.num_edges, generator=generator)]
    return UndirectedEdges(pairs[:, 0], pairs[:, 1], shuffled, graph.num_nodes)
