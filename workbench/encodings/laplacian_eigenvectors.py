"""Laplacian eigenvectors: the slow waves of a graph, as coordinates of its nodes."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import TooLargeError, check_count, duration, memory
from workbench.ties import largest, levels
from workbench.topology import SimpleGraph, eigh, laplacian_matrix, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight

#: Components are decomposed densely: a minute for so many nodes.
LARGEST = 6_000

#: Seconds that the largest of them takes; others go by the third power.
LARGEST_SECONDS = 60.0

#: Eigenvalues this close, as a share of the largest, are one: a dense decomposition errs by less.
_SAME_VALUE = 1e-9

#: Two entries of a unit vector that differ by this share are equal up to rounding.
_SAME_ENTRY = 1e-6


@dataclass(frozen=True)
class Frequencies:
    """The lowest eigenvalues of a graph's Laplacian and their vectors.

    Attributes:
        values: ``[frequencies]`` ascending; as many as were asked for, at the end 0 where the graph
            has fewer.
        vectors: ``[nodes, frequencies]`` unit vectors, orthogonal; columns of 0 at the end where
            the graph has fewer.
    """

    values: Float64[Tensor, " frequencies"]
    vectors: Float64[Tensor, "nodes frequencies"]


def laplacian_eigenvectors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_frequencies: int = 8,
    normalized: bool = True,
    constant: bool = False,
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, "nodes frequencies"]:
    r"""The eigenvectors of the lowest eigenvalues of the graph Laplacian.

    .. math::
        L \phi_k = \lambda_k \phi_k, \qquad 0 \le \lambda_1 \le \lambda_2 \le \dots, \qquad
        L = I - D^{-1/2} A D^{-1/2} \ \text{ or } \ D - A

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        num_frequencies: columns of the result; those that the graph does not have are 0.
        normalized: which Laplacian.
        constant: whether the vectors of eigenvalue 0, one for each component and constant on it
            (times the root of the degree if normalized), are among them. They say nothing but in
            which component a node is.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Returns:
        ``[nodes, frequencies]`` float64 on the device of the input; the columns are unit vectors,
        each on one component. An isolated node has zeros, or with ``constant`` a vector of its own.
        ``laplacian_frequencies`` gives the eigenvalues too.

    **Signs and multiple eigenvalues.** With :math:`\phi` every :math:`-\phi` is an eigenvector, and
    in the space of a multiple eigenvalue every rotation of a basis is a basis. So that the result
    is the same on every machine, the basis is chosen one vector at a time: the node that the rest
    of the space reaches best (the first of those that tie), and the vector of the space that is
    largest there, and positive. Where the graph has a symmetry that turns the sign or the space,
    such as on a path or a ring, the choice depends on the numbers of the nodes, and nothing can
    help it: a model that must not depend on them flips signs at random in training, or takes an
    encoding that does not see them (SignNet, SPE).

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, or ``num_frequencies`` is less than 1.
        TooLargeError: a component has more than 6,000 nodes
            (``workbench.diagnostics.laplacian_eigenpairs`` goes further).

    Examples:
        >>> from workbench.encodings import laplacian_eigenvectors
        >>> from workbench.graphs import path
        >>> vectors = laplacian_eigenvectors(path(2).edge_index, 2, num_frequencies=1)
        >>> vectors.square().round(decimals=6).tolist()  # (1, -1) / sqrt(2), or its opposite
        [[0.5], [0.5]]

    References:
        V. P. Dwivedi et al., Benchmarking Graph Neural Networks, JMLR 24, 2023, arXiv 2003.00982.
        D. Lim et al., Sign and Basis Invariant Networks for Spectral Graph Representation Learning,
        ICLR 2023, arXiv 2202.13013 (what signs and bases do).
    """
    return laplacian_frequencies(
        edge_index,
        num_nodes,
        num_frequencies=num_frequencies,
        normalized=normalized,
        constant=constant,
        edge_weight=edge_weight,
    ).vectors


def laplacian_frequencies(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_frequencies: int = 8,
    normalized: bool = True,
    constant: bool = False,
    edge_weight: EdgeWeight | None = None,
) -> Frequencies:
    """``laplacian_eigenvectors`` with their eigenvalues; see there.

    Eigenvalues have no unit (0 to 2) if normalized, else that of the weights.

    Raises:
        ValueError, TooLargeError: as there.

    Examples:
        >>> from workbench.encodings import laplacian_frequencies
        >>> from workbench.graphs import complete
        >>> found = laplacian_frequencies(complete(5).edge_index, 5, num_frequencies=4)
        >>> found.values.round(decimals=6).tolist()  # n / (n - 1)
        [1.25, 1.25, 1.25, 1.25]
    """
    if num_frequencies < 1:
        raise ValueError(f"num_frequencies must be at least 1, got {num_frequencies}")
    check_count("num_frequencies", num_frequencies, 10_000)
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    found = _constants(graph, normalized) if constant else []  # (value, nodes, vector)
    for nodes, part in graph.parts():
        if part.num_nodes > LARGEST:
            takes = (part.num_nodes / LARGEST) ** 3 * LARGEST_SECONDS
            raise TooLargeError(
                f"laplacian_eigenvectors of a component of {part.num_nodes:,} nodes would take "
                f"{duration(takes)} and {memory(32 * part.num_nodes**2)}: it is decomposed "
                f"densely, up to {LARGEST:,} nodes; workbench.diagnostics.laplacian_eigenpairs "
                "goes to a million"
            )
        found += [(value, nodes, v) for value, v in _waves(part, num_frequencies, normalized)]
    # equal components have equal values up to rounding, which must not order them
    values = np.array([value for value, _, _ in found])
    rank = levels(values, tolerance=_SAME_VALUE, scale=values.max(initial=0.0))
    chosen = [found[k] for k in np.argsort(rank, kind="stable")[:num_frequencies]]
    shape = (num_nodes, num_frequencies)
    vectors = torch.zeros(shape, dtype=torch.float64, device=edge_index.device)
    eigenvalues = torch.zeros_like(vectors[:1].sum(0))
    for column, (value, nodes, vector) in enumerate(chosen):
        eigenvalues[column] = value
        vectors[nodes, column] = torch.as_tensor(vector, device=edge_index.device)
    return Frequencies(eigenvalues, vectors)


def _constants(graph: SimpleGraph, normalized: bool) -> list:
    """The vectors of eigenvalue 0, one for each component."""
    found, root = [], graph.degree().sqrt()
    for label in range(graph.num_components):
        nodes = (graph.labels == label).nonzero()[:, 0]
        plain = not normalized or nodes.numel() == 1
        vector = torch.ones_like(root[nodes]) if plain else root[nodes]
        found.append((0.0, nodes, vector / vector.norm()))
    return found


def _waves(graph: SimpleGraph, count: int, normalized: bool) -> list:
    """(value, unit vector) of the lowest eigenvalues above 0 of a connected graph."""
    pair = eigh(laplacian_matrix(graph, normalized=normalized))
    values, vectors = (tensor[..., 1:].cpu().numpy() for tensor in pair)
    rank = levels(values, tolerance=_SAME_VALUE, scale=values.max(initial=0.0))
    found = []
    for space in range(int(rank.max(initial=-1)) + 1):
        if len(found) >= count:
            break
        mean = float(values[rank == space].mean())
        found += [(mean, vector) for vector in _basis(vectors[:, rank == space])]
    return found[:count]


def _basis(space: Float64[np.ndarray, "nodes vectors"]) -> list[np.ndarray]:
    """A basis of a space that does not depend on the one it is given in.

    Row v of ``space`` is the coordinates of the projection of node v onto it, so the vector that is
    largest at v, among unit vectors, has these coordinates.
    """
    chosen, rest = [], space
    while rest.shape[1]:
        reach = (rest**2).sum(axis=1)
        at = largest(reach, tolerance=_SAME_ENTRY)[0]
        direction = rest[at] / np.sqrt(reach[at])
        chosen.append(rest @ direction)
        # the complement of the direction, by one Householder reflection
        turn = direction.copy()
        turn[0] += np.copysign(1.0, turn[0])
        turn /= np.linalg.norm(turn)
        rest = (rest - 2.0 * np.outer(rest @ turn, turn))[:, 1:]
    return chosen
