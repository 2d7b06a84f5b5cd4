"""Rewirings and the tracker beside plain implementations of what the published codes do.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_rewiring.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

Each group holds one job done both ways, on a connected random graph of average degree 6. The
tests assert that the results are equal; times are for reading. The plain versions are written
here from the description of the published algorithms, with numpy and, where those use numba, with
numba; compilation is left out by one run before.
"""

import networkx as nx
import numpy as np
import pytest
import torch
from numba import njit

from workbench.diagnostics import balanced_forman
from workbench.rewiring import (
    ResistanceTracker,
    apply_edits,
    fosr,
    gtr,
    profile,
    random_edges,
    sdrf,
)
from workbench.topology import both_directions, simple_graph


def random_graph(num_nodes):
    graph = nx.fast_gnp_random_graph(num_nodes, 6 / num_nodes, seed=1)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    graph = nx.convert_node_labels_to_integers(graph)
    edge_index = both_directions(*torch.tensor(list(graph.edges)).T)
    return edge_index, graph.number_of_nodes()


def dense(edge_index, num_nodes):
    return simple_graph(edge_index, num_nodes).adjacency().toarray()


def timed(benchmark, function, rounds=3):
    return benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=1)


# ------------------------------------------------------------------------------------------- GTR


def plain_gtr(edge_index, num_nodes, num_edges):
    """Pseudo-inverse by eigenvalues; per edge, whole matrices for R, B^2 and both updates."""
    adjacency = dense(edge_index, num_nodes)
    inverse = np.linalg.pinv(np.diag(adjacency.sum(0)) - adjacency, hermitian=True, rcond=1e-11)
    square = inverse @ inverse
    free = (adjacency == 0) & ~np.eye(num_nodes, dtype=bool)
    pairs = []
    for _ in range(num_edges):
        diagonal, diagonal2 = np.diag(inverse), np.diag(square)
        resistance = diagonal[:, None] + diagonal[None, :] - inverse - inverse.T
        biharmonic = diagonal2[:, None] + diagonal2[None, :] - square - square.T
        gain = np.where(free, biharmonic / (1 + resistance), 0.0)
        s, t = np.unravel_index(np.argmax(gain), gain.shape)
        pairs.append((min(s, t), max(s, t)))
        free[s, t] = free[t, s] = False
        k, q = inverse[:, s] - inverse[:, t], square[:, s] - square[:, t]
        shrink = 1.0 / (1.0 + k[s] - k[t])
        inverse = inverse - shrink * np.outer(k, k)
        square = (
            square
            - shrink * (np.outer(q, k) + np.outer(k, q))
            + shrink**2 * (k @ k) * np.outer(k, k)
        )
    return pairs


@pytest.mark.parametrize("who", ["plain", "workbench"])
@pytest.mark.parametrize("num_nodes", [1000, 2000])
def test_gtr_50_edges(benchmark, num_nodes, who):
    benchmark.group = f"GTR, 50 edges, {num_nodes} nodes"
    edge_index, size = random_graph(num_nodes)
    if who == "plain":
        pairs = timed(benchmark, lambda: plain_gtr(edge_index, size, 50), rounds=2)
        assert [tuple(map(int, p)) for p in pairs] == [
            tuple(p) for p in gtr(edge_index, size, num_edges=50).added.T.tolist()
        ]
    else:
        timed(benchmark, lambda: gtr(edge_index, size, num_edges=50))


# ------------------------------------------------------------------------------------------ FoSR


@njit
def plain_choice(x, source, target, degree):
    """The whole n x n table of products, then its smallest entry."""
    y = x / np.sqrt(degree + 1)
    table = np.outer(y, y)
    for at in range(source.size):
        table[source[at], target[at]] = np.inf
    for at in range(x.size):
        table[at, at] = np.inf
    best = np.argmin(table)
    return best // x.size, best % x.size


@njit
def plain_power_step(x, source, target, degree):
    root = np.sqrt(degree)
    x = x - (x @ root) * root / degree.sum()
    step = np.zeros(x.size)
    for at in range(source.size):
        step[source[at]] += x[target[at]] / root[target[at]]
    x = x + step / root
    return x / np.sqrt(x @ x)


def plain_fosr(edge_index, num_nodes, num_edges, x):
    source, target = edge_index.numpy()
    degree = np.bincount(source, minlength=num_nodes).astype(float)
    for _ in range(5):
        x = plain_power_step(x, source, target, degree)
    pairs = []
    for _ in range(num_edges):
        u, v = plain_choice(x, source, target, degree)
        pairs.append((u, v))
        source, target = np.append(source, [u, v]), np.append(target, [v, u])
        degree[u] += 1
        degree[v] += 1
        x = plain_power_step(x, source, target, degree)
    return pairs


@pytest.mark.parametrize("who", ["plain", "workbench"])
@pytest.mark.parametrize("num_nodes", [1000, 2000])
def test_fosr_50_edges(benchmark, num_nodes, who):
    benchmark.group = f"FoSR, 50 edges, {num_nodes} nodes"
    edge_index, size = random_graph(num_nodes)
    start = np.random.default_rng(0).uniform(-1, 1, size)

    def ours():
        return fosr(edge_index, size, num_edges=50, initial=torch.from_numpy(start))

    if who == "plain":
        pairs = timed(benchmark, lambda: plain_fosr(edge_index, size, 50, start))
        assert [tuple(map(int, p)) for p in pairs] == [tuple(p) for p in ours().added.T.tolist()]
    else:
        timed(benchmark, ours, rounds=10)


def test_fosr_100_000_nodes(benchmark):
    benchmark.group = "FoSR, 50 edges, 100,000 nodes"
    edge_index, size = random_graph(100_000)
    found = timed(benchmark, lambda: fosr(edge_index, size, num_edges=50), rounds=1)
    assert found.added.size(1) == 50


# ------------------------------------------------------------------------------------------ SDRF


@njit
def plain_curvature(adjacency, square, degree):
    """The published arithmetic for all pairs of a dense matrix, with the row loop carried on."""
    size = degree.size
    curvature = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            if adjacency[i, j] == 0:
                continue
            high, low = max(degree[i], degree[j]), min(degree[i], degree[j])
            sharp, most = 0, 0.0
            for k in range(size):
                for count in (
                    adjacency[k, j] * (square[i, k] - adjacency[i, k]),
                    adjacency[i, k] * (square[k, j] - adjacency[k, j]),
                ):
                    if count > 0:
                        sharp += 1
                        most = max(most, count)
            curvature[i, j] = 2 / high + 2 / low - 2 + (2 / high + 1 / low) * square[i, j]
            if most > 0:
                curvature[i, j] += sharp / (high * most)
    return curvature


@njit
def plain_rise(adjacency, square, degree, x, y, i, j):
    """Curvature of (x, y) as the published code expects it after adding (i, j)."""
    high, low = max(degree[x], degree[y]), min(degree[x], degree[y])
    triangles = square[x, y]
    if i == x or j == y:
        triangles += adjacency[j, y] if i == x else adjacency[x, i]
    sharp, most = 0, 0.0
    for z in range(degree.size):
        zy, xz, zy2, xz2 = adjacency[z, y], adjacency[x, z], square[z, y], square[x, z]
        zy += z == i and j == y
        xz += z == j and i == x
        zy2 += adjacency[j, y] * (z == i) + adjacency[z, i] * (j == y)
        xz2 += adjacency[j, z] * (i == x) + adjacency[x, i] * (z == j)
        for count in (zy * (xz2 - xz), xz * (zy2 - zy)):
            if count > 0:
                sharp += 1
                most = max(most, count)
    value = 2 / high + 2 / low - 2 + (2 / high + 1 / low) * triangles
    return value + (sharp / (high * most) if most > 0 else 0.0)


def plain_sdrf(edge_index, num_nodes, num_edges):
    """A @ A and every curvature anew for each edge; no removal."""
    adjacency = dense(edge_index, num_nodes)
    pairs = []
    for _ in range(num_edges):
        square, degree = adjacency @ adjacency, adjacency.sum(0)
        curvature = plain_curvature(adjacency, square, degree)
        edges = np.argwhere(adjacency > 0)
        values = curvature[edges[:, 0], edges[:, 1]]
        x, y = edges[np.argmax(values <= values.min() + 1e-9)]
        near_x = [*np.flatnonzero(adjacency[x]), x]
        near_y = [*np.flatnonzero(adjacency[y]), y]
        square = adjacency @ adjacency
        rises = {}
        for i in near_x:
            for j in near_y:
                if i != j and adjacency[i, j] == 0:
                    rise = plain_rise(adjacency, square, degree, x, y, i, j) - curvature[x, y]
                    pair = (int(min(i, j)), int(max(i, j)))
                    rises[pair] = max(rise, rises.get(pair, -np.inf))
        best = max(rises.values())
        i, j = min(pair for pair, rise in rises.items() if rise >= best - 1e-9)
        adjacency[i, j] = adjacency[j, i] = 1.0
        pairs.append((i, j))
    return pairs


@pytest.mark.parametrize("who", ["plain", "workbench"])
@pytest.mark.parametrize("num_nodes", [1000, 2000])
def test_sdrf_10_edges(benchmark, num_nodes, who):
    benchmark.group = f"SDRF, 10 edges, {num_nodes} nodes"
    edge_index, size = random_graph(num_nodes)

    def ours():
        return sdrf(edge_index, size, num_edges=10, variant="official", removal_bound=float("inf"))

    if who == "plain":
        pairs = timed(benchmark, lambda: plain_sdrf(edge_index, size, 10), rounds=1)
        assert pairs == [tuple(p) for p in ours().added.T.tolist()]
        square = dense(edge_index, size) @ dense(edge_index, size)
        table = plain_curvature(dense(edge_index, size), square, dense(edge_index, size).sum(0))
        values = balanced_forman(edge_index, size, variant="official").numpy()
        np.testing.assert_allclose(table[tuple(edge_index.numpy())], values, atol=1e-12)
    else:
        timed(benchmark, ours, rounds=10)


# --------------------------------------------------------------------------- tracker and profile


@pytest.mark.parametrize("who", ["plain", "workbench"])
@pytest.mark.parametrize("num_nodes", [1000, 2000])
def test_one_edge_on_the_pseudo_inverse(benchmark, num_nodes, who):
    benchmark.group = f"pseudo-inverse after one edge, {num_nodes} nodes"
    edge_index, size = random_graph(num_nodes)
    pairs = random_edges(edge_index, size, num_edges=48).added.T.tolist()
    tracker = ResistanceTracker(edge_index, size)
    inverse = np.triu(tracker.inverse) + np.triu(tracker.inverse, 1).T
    todo = iter(pairs)

    def plain():
        nonlocal inverse
        s, t = next(todo)
        k = inverse[:, s] - inverse[:, t]
        inverse = inverse - np.outer(k, k) / (1.0 + k[s] - k[t])

    def ours():
        tracker.add(*next(todo))

    timed(benchmark, plain if who == "plain" else ours, rounds=40)
    other = ResistanceTracker(
        apply_edits(
            edge_index, size, torch.tensor([(1, u, v) for u, v in pairs[:41]]).T
        ).edge_index,
        size,
    ).inverse
    result = inverse if who == "plain" else tracker.inverse
    np.testing.assert_allclose(np.triu(result), np.triu(other), atol=1e-10)


def test_profile_of_50_edits(benchmark):
    benchmark.group = "profile of 50 edits, 1000 nodes"
    edge_index, size = random_graph(1000)
    edits = gtr(edge_index, size, num_edges=50).edits
    result = timed(benchmark, lambda: profile(edge_index, size, edits))
    assert len(result) == 51


def test_profile_of_10_000_nodes(benchmark):
    benchmark.group = "profile without edits, 10,000 nodes"
    edge_index, size = random_graph(10_000)
    nothing = torch.zeros(3, 0, dtype=torch.int64)
    result = timed(benchmark, lambda: profile(edge_index, size, nothing))
    assert len(result) == 1
