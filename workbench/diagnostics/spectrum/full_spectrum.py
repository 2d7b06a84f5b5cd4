"""Spectrum of the graph Laplacian, its second smallest eigenvalue, and the Fiedler vector."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.resistance.all_pairs import all_pairs
from workbench.diagnostics.resistance.conjugate_gradients import hangs_together, symmetric_walk
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.diagnostics.spectrum.exact_modes import LEAST_SHARE, MOST_NODES, exact_modes
from workbench.diagnostics.spectrum.lanczos import GraphLaplacian, extreme_vectors
from workbench.diagnostics.spectrum.sweep import SAME_ENTRY, eigenspaces, sweep_cut
from workbench.ties import largest
from workbench.topology import SimpleGraph, eigh, eigvalsh, laplacian_matrix, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, NodeVector

#: Up to this many nodes a dense eigendecomposition is as fast as a sparse one.
_DENSE_NODES = 200

#: Beyond so many nodes small eigenvalues come from the pseudo-inverse where that tells them.
_ROTATED_NODES = 300

#: On CUDA the dense one stays ahead for longer.
_DENSE_NODES_ELSEWHERE = 2_000

#: Beyond so many nodes, one mode of the slowest eigenvalue is looked for and not all of them.
MULTIPLE_NODES = 20_000

#: Modes of one eigenvalue that iterations look for, and the nodes up to which all modes are
#: computed where that is not enough.
MOST_MODES, _DENSE_NODES_MULTIPLE = 32, 2_500


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 1e-10 * n**3 + 1e-8 * n**2,
    bytes=lambda n, m: 24.0 * n**2,
    limit=10_000,
    instead="spectral_gap",
    advice="it gives the second smallest eigenvalue of the normalized Laplacian",
)
def laplacian_spectrum(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    normalized: bool = True,
) -> NodeVector:
    """All eigenvalues of the graph Laplacian, ascending.

        normalized:  I - D^{-1/2} A D^{-1/2}, between 0 and 2       else:  L = D - A

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        normalized: which Laplacian.

    Returns:
        ``[nodes]`` float64 on the device of the input. Without unit if normalized, else in units
        of the weights. Exactly one 0 per component; an isolated node gives 0 in both.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. Dense, one
    component at a time. Each value keeps nine digits and more, however small: where the smallest
    lie below 1e-6 of the largest there can be, as beside a weak link, they come from the
    resistances or from ``exact_modes``, in two to thirty times the time.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``spectral_gap``.
        ValueError: the graph is directed, a weight is negative, the weights of a component span
            more than 140 orders of magnitude, or weak links of more than 2,000 nodes leave too few
            digits.

    Examples:
        >>> from workbench.diagnostics import laplacian_spectrum
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> laplacian_spectrum(edges, 6, normalized=False).round(decimals=6).abs().tolist()
        [0.0, 1.0, 1.0, 3.0, 3.0, 4.0]

    References:
        Chung, Spectral Graph Theory, AMS 1997.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    check_size(laplacian_spectrum, num_nodes, graph.num_edges, device=edge_index.device)
    values = torch.zeros(num_nodes, dtype=torch.float64, device=edge_index.device)
    for nodes, part in graph.parts():
        values[nodes[1:]] = all_values(part, normalized=normalized)
    return values.sort().values


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 200.0 * m,
)
def spectral_gap(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Float64[Tensor, ""]:
    """Second smallest eigenvalue of the normalized Laplacian: small where a graph has a bottleneck.

    Returns:
        A float64 scalar without unit, between 0 and 2; 0 if the graph is disconnected (an
        isolated node disconnects it), and 0 where there is no second eigenvalue (fewer than two
        nodes).

    Self-loops are dropped. A repeated edge counts once; weights are conductances, and repeats
    add. Exact to rounding up to 200 nodes (2,000 on CUDA). Beyond, Lanczos iterations on the
    pseudo-inverse (planar-like graphs, through one sparse factor) or on the adjacency (graphs
    whose factor would fill in), with a relative tolerance of 1e-6, on the CPU, to 1e6 nodes. A
    small gap keeps its digits too, by the ways of ``laplacian_spectrum``.

    Raises:
        ValueError: the graph is directed, a weight is negative, or weights span more than 140
            orders of magnitude; beyond 2,000 nodes also where parts of a graph that does not stay
            sparse hang together by links weaker than a walk takes in a million steps.
        RuntimeError: the iterations do not converge.

    Examples:
        >>> from workbench.diagnostics import spectral_gap
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> round(spectral_gap(edges, 6).item(), 6)  # 1 - cos(60 degrees)
        0.5

    References:
        Chung, Spectral Graph Theory, AMS 1997. Lehoucq, Sorensen and Yang, ARPACK Users' Guide,
        1998.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight).unit[0]
    if num_nodes < 2 or graph.num_components > 1:
        return torch.zeros((), dtype=torch.float64, device=edge_index.device)
    if num_nodes <= (_DENSE_NODES if edge_index.device.type == "cpu" else _DENSE_NODES_ELSEWHERE):
        return all_values(graph, normalized=True)[0]
    value, _ = _sparse_pair(graph)
    return torch.tensor(value, dtype=torch.float64, device=edge_index.device)


@diagnostic(
    of="node",
    scaling=-0.5,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 200.0 * m,
)
def fiedler_vector(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> NodeVector:
    """The vector whose signs split the graph at its bottleneck.

        y = D^{-1/2} v,   v the unit eigenvector of the second smallest eigenvalue

    of the normalized Laplacian; so ``L y = lambda_1 D y`` and ``sum_v d_v y_v = 0``.

    Returns:
        ``[nodes]`` float64 without unit. Its sign is such that the entry of largest modulus is
        positive (the first of them). Where the eigenvalue is multiple, as on a ring, it is the
        direction of its eigenspace that sweeps to the narrowest cut (that of ``cheeger_bounds``).
        A disconnected graph has eigenvalue 0: y is constant on the component of largest
        volume and on the rest, and 0 on isolated nodes. Fewer than two nodes with edges give 0.

    Self-loops, repeats, weights, tolerance: as in ``spectral_gap``.

    Raises:
        ValueError: the graph is directed, or a weight is negative.
        RuntimeError: the iterations do not converge.

    Examples:
        >>> from workbench.diagnostics import fiedler_vector
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> fiedler_vector(edges, 4).sign().abs().tolist()  # no node lies on the cut
        [1.0, 1.0, 1.0, 1.0]

    References:
        Fiedler, Algebraic connectivity of graphs, Czech. Math. J. 23, 1973. Shi and Malik,
        Normalized cuts and image segmentation, IEEE TPAMI 22, 2000.
    """
    graph, scale = simple_graph(edge_index, num_nodes, edge_weight).unit
    if num_nodes >= 2 and graph.num_components == 1:
        return gap_and_fiedler(graph)[1] / scale**0.5
    labels, degree = graph.labels, graph.degree()
    result = torch.zeros_like(degree)
    if num_nodes == 0:
        return result
    volume = torch.zeros_like(degree).index_add_(0, labels, degree)
    first = labels == volume.argmax()
    here, there = degree[first].sum(), degree[~first].sum()
    if there > 0:
        result[first] = -torch.sqrt(there / (here * (here + there)))
        result[~first] = torch.sqrt(here / (there * (here + there)))
    return torch.where(degree > 0, result, 0.0) / scale**0.5


def all_values(graph: SimpleGraph, *, normalized: bool) -> Float64[Tensor, " modes"]:
    """Eigenvalues above 0 of a connected graph of at least two nodes, each to its own digits.

    Raises:
        ValueError: more than ``MOST_NODES`` nodes, whose digits are lost.
    """
    graph, scale = graph.unit
    found = eigvalsh(laplacian_matrix(graph, normalized=normalized))[1:]
    limit = LEAST_SHARE * (2.0 if normalized else 2.0 * float(graph.strength.max()))
    if not float(found[0]) >= limit:
        small = found.new_tensor(small_values(graph, limit, normalized=normalized))
        found = torch.cat([small, found[small.numel() :]])
    return found if normalized else found * scale


def small_values(
    graph: SimpleGraph, limit: float, *, normalized: bool
) -> Float64[np.ndarray, " modes"]:
    """Eigenvalues below ``limit`` and above 0, ascending, and perhaps others.

    On graphs that rotations would take long for, from the pseudo-inverse ``-1/2 Q S R S Q``, whose
    largest eigenvalues are one over these; S is D^1/2 or I, Q the projection off its diagonal.

    Raises:
        ValueError: as in ``all_values``.
    """
    if graph.num_nodes > _ROTATED_NODES:
        root = np.sqrt(graph.strength) if normalized else np.ones(graph.num_nodes)
        kernel = root / np.linalg.norm(root)
        matrix = all_pairs(graph).cpu().numpy() * root * root[:, None]
        rounding = 1e-15 * float(matrix.max())
        image = matrix @ kernel
        half = image - 0.5 * (kernel @ image) * kernel
        matrix -= np.outer(half, kernel) + np.outer(kernel, half)
        largest = -0.5 * np.linalg.eigvalsh(matrix)
        values = 1.0 / largest[largest > 0.3 / limit]
        if values.size and rounding * values[-1] <= 1e-10:
            return values[values < limit]
    return exact_modes(graph, normalized=normalized)[0]


@dataclass(frozen=True)
class SlowestModes:
    """The spectral gap of a connected graph, with all modes of that eigenvalue.

    Attributes:
        gap: second smallest eigenvalue of the normalized Laplacian.
        potentials: ``[nodes, modes]`` ``D^{-1/2} v`` of orthonormal eigenvectors v; as many as the
            eigenvalue has, up to ``MOST_MODES`` on large graphs.
    """

    gap: float
    potentials: Float64[np.ndarray, "nodes modes"]


def slowest_modes(graph: SimpleGraph) -> SlowestModes:
    """The whole eigenspace of the spectral gap of a connected graph of at least two nodes.

    Beyond 20,000 nodes, one of its vectors.
    """
    graph, scale = graph.unit
    root = np.sqrt(graph.strength)[:, None]
    found = _slowest(graph, root)
    return found if scale == 1.0 else SlowestModes(found.gap, found.potentials / scale**0.5)


def _slowest(graph: SimpleGraph, root: np.ndarray) -> SlowestModes:
    size = graph.num_nodes
    if size > MULTIPLE_NODES:
        gap, vector = _sparse_pair(graph)
        return SlowestModes(gap, vector[:, None] / root)
    dense = size <= _DENSE_NODES
    if not dense and size <= MOST_NODES and not _hangs_together(graph):
        return _by_rotations(graph, root)
    count, laplacian = 2, GraphLaplacian(graph, normalized=True, dense=dense)
    while size > _DENSE_NODES and count <= MOST_MODES:
        values, vectors, _ = laplacian.ritz(extreme_vectors(laplacian, count, largest=False))
        first = (eigenspaces(values) or [slice(0, 0)])[0]
        if first.stop:
            return SlowestModes(float(values[0]), vectors[:, first] / root)
        count *= 4
    if size <= _DENSE_NODES_MULTIPLE:
        matrix = laplacian.matrix if dense else laplacian.matrix.toarray()
        found = eigh(torch.from_numpy(matrix).to(graph.device))
        values, vectors = (tensor.cpu().numpy() for tensor in found)
        if values[1] < 2.0 * LEAST_SHARE and not _hangs_together(graph):
            return _by_rotations(graph, root)
        first = eigenspaces(values[1:], complete=True)[0]
        values, vectors, _ = laplacian.ritz(vectors[:, 1:][:, first])
    return SlowestModes(float(values[0]), vectors / root)


def _hangs_together(graph: SimpleGraph) -> bool:
    return hangs_together(symmetric_walk(graph.adjacency())[0])


def _by_rotations(graph: SimpleGraph, root: np.ndarray) -> SlowestModes:
    values, vectors = exact_modes(graph, normalized=True)
    return SlowestModes(float(values[0]), vectors[:, eigenspaces(values, complete=True)[0]] / root)


def gap_and_fiedler(graph: SimpleGraph) -> tuple[Float64[Tensor, ""], NodeVector]:
    """Spectral gap and Fiedler vector of a connected graph of at least two nodes."""
    modes = slowest_modes(graph)
    fiedler = sweep_cut(graph, modes.potentials).mode
    fiedler /= np.sqrt(graph.strength @ fiedler**2)
    size = np.abs(fiedler)
    # the first of the entries that are largest up to rounding, so that the sign is stable
    lead = largest(size, tolerance=SAME_ENTRY)[0]
    device = graph.source.device
    gap = torch.tensor(modes.gap, dtype=torch.float64, device=device)
    return gap, torch.from_numpy(fiedler * np.sign(fiedler[lead])).to(device)


def _sparse_pair(graph: SimpleGraph) -> tuple[float, np.ndarray]:
    """Second smallest eigenvalue of the normalized Laplacian and its unit vector, by Lanczos."""
    adjacency = graph.adjacency()
    walk, root = symmetric_walk(adjacency)
    weak = not hangs_together(walk)
    if weak and graph.num_nodes <= MOST_NODES:
        values, vectors = exact_modes(graph, normalized=True)
        return float(values[0]), vectors[:, 0]
    solver = LaplacianSolver(adjacency, method="factor" if weak else None)
    kernel = root / np.linalg.norm(root)

    def without_kernel(x):
        return x - kernel * (kernel @ x)

    def pseudo_inverse(x):
        x = root * without_kernel(x.ravel())
        return without_kernel(root * solver.solve(x[:, None])[:, 0])

    def lazy_walk(x):
        x = without_kernel(x.ravel())
        return without_kernel(0.5 * (x + walk @ x))

    factored = solver.method != "cg"
    shape = (graph.num_nodes, graph.num_nodes)
    action = pseudo_inverse if factored else lazy_walk
    operator = LinearOperator(shape, matvec=action, dtype=np.float64)
    start = without_kernel(np.random.default_rng(0).standard_normal(graph.num_nodes))
    steps = {"ncv": 24, "tol": 1e-9} if factored else {"ncv": 48, "tol": 1e-7, "maxiter": 400}
    try:
        values, vectors = eigsh(operator, k=1, which="LA", v0=start, **steps)
    except ArpackNoConvergence as error:
        raise RuntimeError(
            f"Lanczos iterations on {graph.num_nodes:,} nodes and {graph.num_edges:,} edges did "
            "not converge: the smallest eigenvalues lie too close together; take a smaller part "
            "of the graph"
        ) from error
    vector = without_kernel(vectors[:, 0])
    vector /= np.linalg.norm(vector)
    if solver.method == "elimination":
        return 1.0 / float(values[0]), vector
    # the Rayleigh quotient edge by edge is free of the cancellation in 1 - mu
    source, target = graph.ends
    scaled = vector / root
    return float(graph.weight.cpu().numpy() @ (scaled[source] - scaled[target]) ** 2), vector
