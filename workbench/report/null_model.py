"""Random connected graphs with the degrees of a graph: what its degrees alone would give."""

import random
import warnings

import igraph
import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.graphs.layout import _IGRAPH
from workbench.topology import SimpleGraph


def no_other(degree: Int64[Tensor, " nodes"]) -> bool:
    """Whether only one graph has these degrees, so that there is none to compare it with.

    Such are the threshold graphs: stars, complete graphs, and what else grows by nodes joined to
    none or to all that there are. All bounds of Erdős and Gallai are equalities for them:

        sum of the k largest degrees = k (k - 1) + sum over the others of min(k, d_i)

    at each k with d_k >= k - 1.

    References:
        Hammer and Simeone, The splittance of a graph, Combinatorica 1, 1981.
    """
    falling = degree.sort(descending=True).values
    corner = int((falling >= torch.arange(falling.numel())).sum())
    return all(
        int(falling[:k].sum()) == k * (k - 1) + int(falling[k:].clamp(max=k).sum())
        for k in range(1, corner + 1)
    )


def same_degree_graph(graph: SimpleGraph, *, generator: torch.Generator) -> SimpleGraph:
    """A connected simple graph with the same degrees, near uniform among them.

    The conductances are dealt out to its edges at random. Where no other graph has these degrees
    (``no_other``), it is the same graph. Graphs with the same list of degrees and the same
    conductances get the same one; so to be independent of the numbering, give the nodes in
    ``canonical_order``.

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
            with warnings.catch_warnings():
                # the same graph comes back then, which the caller can see
                warnings.filterwarnings("ignore", "Cannot shuffle graph", RuntimeWarning)
                drawn = igraph.Graph.Degree_Sequence(degree, method="vl")
        finally:
            igraph.set_random_number_generator(random)
    pairs = torch.tensor(drawn.get_edgelist(), dtype=torch.int64).sort(1).values
    pairs = pairs[torch.argsort(pairs[:, 0] * graph.num_nodes + pairs[:, 1])]
    weight = graph.weight.sort().values
    shuffled = weight[torch.randperm(graph.num_edges, generator=generator)]
    return SimpleGraph(pairs[:, 0], pairs[:, 1], shuffled, graph.num_nodes)
