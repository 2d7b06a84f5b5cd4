"""Balanced Forman curvature: the card's values, the definition by sets, and the dense kernel."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import TooLargeError, balanced_forman
from workbench.graphs import barbell, complete, from_networkx, grid, karate, path, ring, star, tree


def by_sets(graph, i, j):
    """The paper's definition, word for word."""
    near = {v: set(graph[v]) for v in graph}
    low, high = sorted((len(near[i]), len(near[j])))
    if low == 1:
        return 0.0

    def squares(i, j):
        counts = [len((near[k] & near[j]) - near[i] - {i}) for k in near[i] - near[j] if k != j]
        return [count for count in counts if count]

    both = squares(i, j) + squares(j, i)
    triangles = len(near[i] & near[j])
    value = 2 / low + 2 / high - 2 + 2 * triangles / high + triangles / low
    return value + (len(both) / (max(both) * high) if both else 0.0)


def dense_kernel(adjacency):
    """The arithmetic of the released kernel, with whole matrices."""
    squared = adjacency @ adjacency
    into, out = adjacency.sum(0)[:, None], adjacency.sum(1)[None]
    high, low = torch.maximum(into, out), torch.minimum(into, out)
    # [i, j, k]: A_kj (A2_ik - A_ik) and A_ik (A2_kj - A_kj)
    first = adjacency.T[None] * (squared - adjacency)[:, None]
    second = adjacency[:, None] * (squared - adjacency).T[None]
    sharp = (first > 0).sum(-1) + (second > 0).sum(-1)
    most = torch.maximum(first.amax(-1), second.amax(-1))
    value = 2 / high + 2 / low - 2 + (2 / high + 1 / low) * squared
    value = value + torch.where(most > 0, sharp / (high * most), 0.0)
    return torch.where(high * low > 0, value, 0.0)


def value(data, u, v, variant="paper"):
    at = (data.edge_index == torch.tensor([[u], [v]])).all(0)
    return float(balanced_forman(data.edge_index, data.num_nodes, variant=variant)[at])


def torus(rows, columns):
    return from_networkx(
        nx.convert_node_labels_to_integers(nx.grid_2d_graph(rows, columns, periodic=True))
    )


@pytest.mark.parametrize(
    ("data", "edge", "paper", "official"),
    [
        (path(4), (1, 2), 0, 1),
        (ring(3), (0, 1), 1.5, 2.0),
        (ring(4), (0, 1), 1.0, 1.0),
        (ring(5), (0, 1), 0, 1),
        (ring(6), (0, 1), 0, 1),
        (complete(5), (0, 1), 1.25, 1.75),
        (grid(5, 5), (12, 13), 0, -0.5),
        (star(5), (0, 1), 0, 0.8125),
        (barbell(5, 0), (4, 5), -1.2, -0.8),
        (from_networkx(nx.complete_bipartite_graph(3, 3)), (0, 3), 0, 0),
        (from_networkx(nx.petersen_graph()), (0, 1), -2 / 3, 0),
        (tree(3), (1, 3), -2 / 3, 0),
        (
            from_networkx(nx.convert_node_labels_to_integers(nx.hypercube_graph(3))),
            (0, 1),
            2 / 3,
            0,
        ),
        (torus(6, 6), (0, 1), 0, -0.5),
    ],
)
def test_golden_values(data, edge, paper, official):
    assert value(data, *edge) == pytest.approx(paper, abs=1e-12)
    assert value(data, *edge, variant="official") == pytest.approx(official, abs=1e-12)


@pytest.mark.parametrize("size", [3, 4, 9])
def test_complete_graphs(size):
    found = balanced_forman(complete(size).edge_index, size)
    assert found.tolist() == pytest.approx([size / (size - 1)] * (size * (size - 1)))


@given(st.integers(2, 16), st.sampled_from([0.2, 0.4, 0.8]), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_definition_by_sets(size, probability, seed):
    graph = nx.gnp_random_graph(size, probability, seed=seed)
    data = from_networkx(graph)
    found = balanced_forman(data.edge_index, size)
    expected = [by_sets(graph, i, j) for i, j in data.edge_index.T.tolist()]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)
    assert bool((found > -2).all())


@given(st.integers(2, 14), st.integers(0, 10_000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_official_is_the_dense_kernel(size, seed, directed):
    graph = nx.gnp_random_graph(size, 0.35, seed=seed, directed=directed)
    adjacency = torch.from_numpy(nx.to_numpy_array(graph))
    edge_index = adjacency.nonzero().T.contiguous()
    found = balanced_forman(edge_index, size, variant="official")
    expected = dense_kernel(adjacency)[edge_index[0], edge_index[1]]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_order_of_the_columns_self_loops_and_repeats():
    data = karate()
    clean = balanced_forman(data.edge_index, 34)
    order = torch.randperm(data.num_edges, generator=torch.Generator().manual_seed(0))
    loop = torch.tensor([[5], [5]])
    noisy = torch.cat([loop, data.edge_index[:, order], data.edge_index], dim=1)
    for variant in ("paper", "official"):
        clean = balanced_forman(data.edge_index, 34, variant=variant)
        found = balanced_forman(noisy, 34, variant=variant)
        assert torch.equal(found, torch.cat([torch.zeros(1).double(), clean[order], clean]))


def test_no_edges():
    assert balanced_forman(torch.empty(2, 0, dtype=torch.int64), 3).shape == (0,)


def test_refusals():
    directed = torch.tensor([[0, 1], [1, 2]])
    with pytest.raises(ValueError, match="to_undirected"):
        balanced_forman(directed, 3)
    assert balanced_forman(directed, 3, variant="official").shape == (2,)
    hub = star(200_000)
    with pytest.raises(TooLargeError, match="199,999"):
        balanced_forman(hub.edge_index, 200_000, variant="official")
    assert not balanced_forman(hub.edge_index, 200_000).any()
