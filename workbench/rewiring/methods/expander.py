"""EGP and CGP: every other layer passes messages on a sparse graph without any bottleneck."""

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Literal

import numpy as np
import torch

from workbench.rewiring.declaration import check_layers, check_stop, check_variant, rewiring
from workbench.rewiring.engine.other_graph import alternate
from workbench.rewiring.result import LayeredRewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex


@rewiring("layers", directed="used")
def expander(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_layers: int = 5,
    variant: Literal["paper", "official"] = "paper",
    should_stop: Callable[[], bool] | None = None,
) -> LayeredRewired:
    r"""Expander graph propagation: layers 2, 4, ... see a Cayley graph of SL(2, Z_n), cut to size.

    The Cayley graph joins every matrix M of SL(2, Z_n), the 2 x 2 matrices of integers modulo n
    with determinant 1, to M S and M S^-1 for the generators

    .. math::
        \begin{pmatrix} 1 & 1 \\ 0 & 1 \end{pmatrix}, \qquad
        \begin{pmatrix} 1 & 0 \\ 1 & 1 \end{pmatrix},

    so that it is 4-regular (n = 2: a ring of 6), connected, of a diameter of O(log nodes) and of a
    spectral gap that stays away from 0. The smallest one with at least as many nodes as the graph
    is taken, and of its nodes, numbered as they are found from the identity, the first
    ``num_nodes``: a connected part of it in which some nodes have fewer neighbors. Which node of
    the graph stands for which matrix is chance: another numbering of the graph gives another
    result.

    Args:
        edge_index: ``[2, edges]``.
        num_nodes: number of nodes.
        num_layers: layers of the model, at least 1.
        variant: ``"paper"`` numbers the matrices breadth first, ``"official"`` as the released code
            does, depth first, although it calls its stack a queue.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``LayeredRewired``: layers 1, 3, ... are the graph as it is, type 0; layers 2, 4, ... the
        Cayley graph, whose edges that the graph lacks have type 1.

    Self-loops, repeats and directions stay in the layers of the graph. Isolated nodes and
    components are joined through the Cayley graph. Weights stay with the edges of the input; new
    ones have conductance 1. O(n).

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: ``num_layers`` is below 1 or ``variant`` another word.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import expander
        >>> rewired = expander(ring(24).edge_index, 24, num_layers=2)
        >>> [layer.edge_index.size(1) for layer in rewired.layers]  # degree 2, degree 4
        [48, 96]

    References:
        Deac, Lackenby and Velickovic, Expander Graph Propagation, LoG 2022, arXiv 2210.02997.
    """
    check_layers(num_layers)
    check_variant(variant)
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "expander")
    pairs = cayley_edges(smallest_group(num_nodes), variant)
    pairs = torch.from_numpy(pairs[:, (pairs < num_nodes).all(axis=0)]).to(edge_index.device)
    return alternate(edge_index, num_nodes, pairs, num_layers)


@rewiring("layers", directed="used", new_nodes=True)
def cayley(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_layers: int = 5,
    should_stop: Callable[[], bool] | None = None,
) -> LayeredRewired:
    """Cayley graph propagation: as ``expander``, but no node of the Cayley graph is cut off.

    Those beyond the nodes of the graph are new nodes without an edge in the layers of the graph, so
    that the Cayley graph keeps its degree, its diameter and its gap. They start at 0.

    Args:
        edge_index: ``[2, edges]``.
        num_nodes: number of nodes.
        num_layers: layers of the model, at least 1.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``LayeredRewired`` on as many nodes as SL(2, Z_n) has, as ``expander`` returns it.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: ``num_layers`` is below 1.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import cayley
        >>> rewired = cayley(ring(20).edge_index, 20)
        >>> rewired.layers[0].num_nodes  # SL(2, Z_3) has 24 elements
        24

    References:
        Wilson, Bechler-Speicher and Velickovic, Cayley Graph Propagation, LoG 2024,
        arXiv 2410.03424.
    """
    check_layers(num_layers)
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "cayley")
    n = smallest_group(num_nodes)
    pairs = torch.from_numpy(cayley_edges(n, "paper")).to(edge_index.device)
    return alternate(edge_index, max(group_order(n), num_nodes), pairs, num_layers)


def group_order(n: int) -> int:
    """Number of matrices in SL(2, Z_n): n^3 times 1 - 1/p^2 for each prime p that divides n."""
    order, rest, p = n**3, n, 2
    while rest > 1:
        if rest % p == 0:
            order -= order // p**2
            while rest % p == 0:
                rest //= p
        p += 1
    return order


def smallest_group(num_nodes: int) -> int:
    """The smallest n whose SL(2, Z_n) has at least as many matrices as there are nodes."""
    return next(n for n in count(1) if group_order(n) >= num_nodes)


@cache
def cayley_edges(n: int, variant: Literal["paper", "official"]) -> np.ndarray:
    """Both directions of the edges of the Cayley graph of SL(2, Z_n), each once, ``[2, edges]``.

    Matrices (a, b, c, d) are numbered as they are found from the identity: breadth first in the
    paper, depth first in the released code.
    """
    steps = ((1, 1, 0, 1), (1, -1, 0, 1), (1, 0, 1, 1), (1, 0, -1, 1))
    number = {(1, 0, 0, 1): 0}
    ahead, arcs = [(1, 0, 0, 1)], set()
    at = 0
    while at < len(ahead):
        if variant == "paper":
            here, at = ahead[at], at + 1
        else:
            here = ahead.pop()
        a, b, c, d = here
        for e, f, g, h in steps:
            there = ((a * e + b * g) % n, (a * f + b * h) % n, (c * e + d * g) % n)
            there = (*there, (c * f + d * h) % n)
            if there not in number:
                number[there] = len(number)
                ahead.append(there)
            if there != here:  # n = 1
                arcs.add((number[here], number[there]))
    return np.array(sorted(arcs), dtype=np.int64).reshape(-1, 2).T
