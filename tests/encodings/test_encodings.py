"""Closed forms and laws of the encodings that are functions."""

import math
import sys

import networkx as nx
import pytest
import torch
from torch_geometric.utils import from_networkx

from workbench.cost import TooLargeError
from workbench.diagnostics import hop_distance, laplacian_eigenpairs
from workbench.encodings import (
    ENCODINGS,
    heat_kernel,
    laplacian_eigenvectors,
    laplacian_frequencies,
    random_walk,
    rrwp,
)
from workbench.encodings import random_walk as rwse
from workbench.encodings.encode import OF_EDGES
from workbench.encodings.laplacian_eigenvectors import _basis
from workbench.graphs import grid, ring

NONE = torch.zeros(2, 0, dtype=torch.int64)


def edges(graph):
    return from_networkx(graph).edge_index


def fractions(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


# ---- random walks ---------------------------------------------------------------------------


def test_returns_on_a_ring_and_a_complete_graph():
    hexagon = ring(6)
    expected = fractions(0, 1 / 2, 0, 3 / 8, 0, 11 / 32)
    found = random_walk(hexagon.edge_index, 6, num_steps=6)
    torch.testing.assert_close(found, expected.expand(6, 6))
    complete = edges(nx.complete_graph(4))
    found = random_walk(complete, 4, num_steps=4)
    torch.testing.assert_close(found[0], fractions(0, 1 / 3, 2 / 9, 7 / 27))


def test_blocks_of_starts_are_one_result(monkeypatch):
    data = grid(5, 4)
    whole = random_walk(data.edge_index, 20)
    monkeypatch.setattr(sys.modules["workbench.encodings.random_walk"], "_BLOCK", 60)  # 3 starts
    assert torch.equal(random_walk(data.edge_index, 20), whole)


def test_the_diagonal_of_rrwp_is_one_and_then_rwse():
    graph = nx.gnp_random_graph(15, 0.2, seed=3)
    pairs = rrwp(edges(graph), 15, num_steps=9)
    assert torch.equal(pairs[..., 0], torch.eye(15, dtype=torch.float64))
    torch.testing.assert_close(
        pairs.diagonal().T[:, 1:], rwse(edges(graph), 15, num_steps=8), rtol=1e-14, atol=0
    )


def test_the_first_positive_step_is_the_hop_distance():
    data = grid(4, 5)
    pairs = rrwp(data.edge_index, 20, num_steps=8)
    first = (pairs > 0).int().argmax(-1)
    assert torch.equal(first.double(), hop_distance(data.edge_index, 20))
    torch.testing.assert_close(pairs.sum(1), torch.ones(20, 8, dtype=torch.float64))


def test_personalized_pagerank_is_linear_in_rrwp_up_to_its_tail():
    data, alpha = grid(4, 4), 0.15
    powers = rrwp(data.edge_index, 16, num_steps=12)
    weight = alpha * (1 - alpha) ** torch.arange(12, dtype=torch.float64)
    exact = torch.linalg.inv(torch.eye(16).double() - (1 - alpha) * powers[..., 1]) * alpha
    error = (exact - powers @ weight).sum(1)
    torch.testing.assert_close(error, torch.full((16,), (1 - alpha) ** 12).double())


def test_a_walk_follows_the_arrows():
    one_way = torch.tensor([[0, 1], [1, 2]])
    found = rrwp(one_way, 3, num_steps=3)
    assert found[0, 2].tolist() == [0, 0, 1]
    assert found[2, 0].tolist() == [0, 0, 0]


def test_conductances_count_in_walks():
    path = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    weight = torch.tensor([1.0, 1.0, 3.0, 3.0])
    assert rrwp(path, 3, num_steps=2, edge_weight=weight)[1, 2, 1] == 0.75
    # back after two steps: by 0 with 1/4, by 2 with 3/4
    assert rwse(path, 3, num_steps=2, edge_weight=weight)[0].tolist() == [0, 0.25]


def test_rrwp_of_too_many_nodes_says_what_else_there_is():
    with pytest.raises(TooLargeError, match=r"14\.9 GiB.*random_walk"):
        rrwp(NONE, 10_000, num_steps=20)


# ---- Laplacian eigenvectors ------------------------------------------------------------------


def test_a_path_has_cosines():
    size = 7
    path = edges(nx.path_graph(size))
    found = laplacian_frequencies(path, size, num_frequencies=size - 1, normalized=False)
    k = torch.arange(1, size, dtype=torch.float64)
    torch.testing.assert_close(found.values, 2 - 2 * torch.cos(math.pi * k / size))
    wave = torch.cos(math.pi * k * (torch.arange(size)[:, None] + 0.5) / size)
    wave /= wave.norm(dim=0)
    # positive where largest; in a tie, at the first of those nodes
    size_at = wave.abs()
    lead = (size_at > size_at.max(0).values - 1e-9).int().argmax(0)
    wave *= wave.gather(0, lead[None]).sign()
    torch.testing.assert_close(found.vectors, wave, rtol=0, atol=1e-10)


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("constant", [True, False])
def test_they_are_eigenvectors_and_orthonormal(normalized, constant):
    graph = nx.disjoint_union(nx.gnp_random_graph(12, 0.3, seed=1), nx.cycle_graph(5))
    graph.add_node(99)
    graph = nx.convert_node_labels_to_integers(graph)
    edge_index, size = edges(graph), 18
    parts = nx.number_connected_components(graph)
    count = size if constant else size - parts
    options = {"normalized": normalized, "constant": constant}
    found = laplacian_frequencies(edge_index, size, num_frequencies=count, **options)
    of_values = laplacian_eigenpairs(edge_index, size, count=size, normalized=normalized).values
    expected = of_values if constant else of_values[parts:]
    torch.testing.assert_close(found.values, expected, rtol=0, atol=1e-10)
    matrix = torch.from_numpy(
        (nx.normalized_laplacian_matrix if normalized else nx.laplacian_matrix)(
            graph, nodelist=range(size)
        ).toarray()
    ).double()
    if normalized:  # networkx: 0 for an isolated node too
        assert matrix[17, 17] == 0
    product = matrix @ found.vectors
    torch.testing.assert_close(product, found.values * found.vectors, rtol=0, atol=1e-10)
    gram = found.vectors.T @ found.vectors
    torch.testing.assert_close(gram, torch.eye(count).double(), rtol=0, atol=1e-10)


def test_fewer_nodes_than_frequencies_leave_zeros():
    for size, found in ((1, 0), (2, 1), (3, 2)):
        path = edges(nx.path_graph(size)) if size > 1 else NONE
        vectors = laplacian_eigenvectors(path, size, num_frequencies=5)
        assert vectors.shape == (size, 5)
        assert (vectors.norm(dim=0) > 0).tolist() == [True] * found + [False] * (5 - found)
    alone = laplacian_eigenvectors(NONE, 1, num_frequencies=2, constant=True)
    assert alone.tolist() == [[1, 0]]
    assert laplacian_eigenvectors(NONE, 0, num_frequencies=2).shape == (0, 2)


def test_the_basis_of_a_multiple_eigenvalue_does_not_depend_on_the_machine():
    """Another order of the rows is another start for the decomposition: the waves stay the same."""
    graph = nx.random_regular_graph(3, 12, seed=2)
    for multiple in (nx.cycle_graph(8), nx.complete_graph(6), nx.petersen_graph(), graph):
        size = multiple.number_of_nodes()
        edge_index = edges(multiple)
        found = laplacian_eigenvectors(edge_index, size, num_frequencies=size - 1)
        whole = laplacian_frequencies(edge_index, size, num_frequencies=size - 1)
        generator = torch.Generator().manual_seed(0)
        start = 0
        while start < size - 1:
            same = (whole.values - whole.values[start]).abs() < 1e-9
            space = whole.vectors[:, same]
            mixed = torch.randn(space.size(1), space.size(1), generator=generator).double()
            turned = space @ torch.linalg.qr(mixed).Q
            basis = torch.tensor(list(zip(*_basis(turned.numpy()), strict=True))).double()
            torch.testing.assert_close(basis, found[:, same], rtol=0, atol=1e-9)
            start += space.size(1)


def test_equal_components_stand_in_the_order_of_their_nodes():
    two = nx.disjoint_union(nx.path_graph(4), nx.path_graph(4))
    vectors = laplacian_eigenvectors(edges(two), 8, num_frequencies=6)
    on_first = vectors[:4].norm(dim=0) > 0.5
    assert on_first.tolist() == [True, False] * 3


def test_a_directed_graph_is_refused():
    with pytest.raises(ValueError, match="to_undirected"):
        laplacian_eigenvectors(torch.tensor([[0], [1]]), 2)


def test_a_component_that_is_too_large_is_refused_and_many_small_ones_are_not():
    path = torch.arange(6_000)
    one_way = torch.stack([path, path + 1])
    message = r"component of 6,001 nodes would take about 1 minute and 1\.15 GB.*eigenpairs"
    with pytest.raises(TooLargeError, match=message):
        laplacian_eigenvectors(torch.cat([one_way, one_way.flip(0)], dim=1), 6_001)
    assert laplacian_eigenvectors(torch.tensor([[0, 1], [1, 0]]), 7_000).shape == (7_000, 8)


# ---- all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_renaming_the_nodes_renames_the_rows(name):
    graph = nx.gnp_random_graph(14, 0.3, seed=5)  # no symmetry, so that signs follow
    order = torch.randperm(14, generator=torch.Generator().manual_seed(1))
    place = torch.argsort(order)
    edge_index = edges(graph)
    found = ENCODINGS[name](edge_index, 14)
    renamed = ENCODINGS[name](place[edge_index], 14)
    if name in OF_EDGES:  # the columns are the same edges as before
        expected = found
    else:
        expected = found[order][:, order] if found.dim() == 3 else found[order]
    torch.testing.assert_close(renamed, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_a_repeated_edge_counts_once_and_nothing_is_a_graph_too(name):
    data = grid(3, 3)
    again = data.edge_index[:, (data.edge_index < 4).all(0)]  # some of them, both ways
    twice = torch.cat([again, data.edge_index], dim=1)
    encode = ENCODINGS[name]
    found, expected = encode(twice, 9), encode(data.edge_index, 9)
    if name in OF_EDGES:
        found = found[again.size(1) :]
    assert torch.equal(found, expected)
    for size in (0, 1, 3):
        found = encode(NONE, size)
        assert found.size(0) == (0 if name in OF_EDGES else size)
        assert torch.isfinite(found).all()
        assert found.size(-1) == expected.size(-1)


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_graphs_side_by_side_are_encoded_as_each_alone(name):
    one, two = grid(3, 3).edge_index, edges(nx.gnp_random_graph(8, 0.4, seed=2))
    encode = ENCODINGS[name]
    both = encode(torch.cat([one, two + 9], dim=1), 18)
    if name == "laplacian_eigenvectors":  # the lowest of all are chosen, by design
        assert torch.equal(both[17], torch.zeros(8).double())
        return
    first, second = encode(one, 9), encode(two, 8)
    if name in ("resistance_embedding", "commute_embedding"):
        both, first, second = (z.square().sum(1) for z in (both, first, second))
        assert bool((both[:9] <= first + 1e-9).all())
        assert both[17] == 0
        return
    if name in OF_EDGES:
        assert torch.equal(both, torch.cat([first, second]))
        return
    if name == "distance_encoding":  # who is in the other component is far
        first[:, -1] += 9
        second[:, -1] += 10
    block = (slice(9), slice(9)) if both.dim() == 3 else (slice(9),)
    torch.testing.assert_close(both[block], first, rtol=0, atol=1e-12)
    block = (slice(9, 17), slice(9, 17)) if both.dim() == 3 else (slice(9, 17),)
    torch.testing.assert_close(both[block], second, rtol=0, atol=1e-12)
    if both.dim() == 3:
        assert not bool(both[:9, 9:].any())


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("random_walk", "num_steps"),
        ("rrwp", "num_steps"),
        ("laplacian_eigenvectors", "num_frequencies"),
        ("resistance_embedding", "num_frequencies"),
        ("commute_embedding", "num_frequencies"),
        ("degree", "max_degree"),
        ("distance_encoding", "max_hops"),
        ("elene", "hops"),
        ("elene", "max_degree"),
        ("elene_edges", "hops"),
    ],
)
def test_a_wrong_number_is_named(name, option):
    with pytest.raises(ValueError, match=f"{option} must be at least 1, got 0"):
        ENCODINGS[name](NONE, 2, **{option: 0})


# ---- heat kernel ----------------------------------------------------------------------------


def test_heat_on_an_edge_a_ring_and_a_complete_graph():
    times = fractions(0, 0.3, 1, 2)
    pair = edges(nx.path_graph(2))
    expected = (1 + torch.exp(-2 * times)) / 2
    torch.testing.assert_close(heat_kernel(pair, 2, times=times.tolist())[1], expected)
    clique = edges(nx.complete_graph(5))
    expected = (1 + 4 * torch.exp(-5 * times)) / 5
    torch.testing.assert_close(heat_kernel(clique, 5, times=times.tolist())[3], expected)
    wave = 2 - 2 * torch.cos(2 * math.pi * torch.arange(7, dtype=torch.float64) / 7)
    expected = torch.exp(-wave[:, None] * times).mean(0)
    torch.testing.assert_close(
        heat_kernel(ring(7).edge_index, 7, times=times.tolist())[0], expected
    )


@pytest.mark.parametrize("normalized", [False, True])
def test_heat_is_the_matrix_exponential_and_ends_spread_out(normalized):
    graph = nx.barbell_graph(4, 2)
    n, ends = graph.number_of_nodes(), edges(graph)
    make = nx.normalized_laplacian_matrix if normalized else nx.laplacian_matrix
    laplacian = torch.from_numpy(make(graph).toarray()).double()
    found = heat_kernel(ends, n, times=[0.7, 1e4], normalized=normalized)
    torch.testing.assert_close(found[:, 0], torch.matrix_exp(-0.7 * laplacian).diagonal())
    degree = torch.tensor([d for _, d in graph.degree]).double()
    last = degree / degree.sum() if normalized else torch.full((n,), 1 / n).double()
    torch.testing.assert_close(found[:, 1], last)


def test_heat_of_lone_nodes_weights_and_wrong_times():
    assert heat_kernel(NONE, 3).tolist() == [[1.0] * 4] * 3
    assert heat_kernel(NONE, 0).shape == (0, 4)
    pair, weight = edges(nx.path_graph(2)), fractions(3, 3)
    faster = heat_kernel(pair, 2, times=[1.0], edge_weight=weight)
    torch.testing.assert_close(faster, heat_kernel(pair, 2, times=[3.0]))
    for wrong in ((), (-1.0,), (math.nan,)):
        with pytest.raises(ValueError, match="times must be one or more numbers"):
            heat_kernel(pair, 2, times=wrong)
    with pytest.raises(TooLargeError, match="use random_walk, which is sparse"):
        heat_kernel(NONE, 5_001)
