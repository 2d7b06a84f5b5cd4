"""Smoothing and rank by closed forms, laws, and dense second implementations."""

import itertools
import math
from inspect import unwrap

import numpy as np
import pytest
import torch
from torch_geometric.utils import to_dense_adj

from workbench.capture import capture
from workbench.diagnostics import TooLargeError, hop_distance
from workbench.diagnostics.smoothing.rank import (
    distance_to_mean,
    effective_rank,
    rank_one_distance,
    stable_rank,
)
from workbench.diagnostics.smoothing.smoothing import (
    VARIANTS,
    dirichlet_energy,
    mad_gap,
    mean_average_distance,
)
from workbench.diagnostics.smoothing.smoothing_by_layer import smoothing_by_layer
from workbench.graphs import complete, grid, karate, path, ring, star
from workbench.models import GCN

NAN = torch.nan


def states(num_nodes, channels=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_nodes, channels, dtype=torch.float64, generator=generator)


def adjacency(data):
    return to_dense_adj(data.edge_index, max_num_nodes=data.num_nodes)[0].double()


def laplacian(data, variant):
    """The matrix M of the energy tr(X^T M X)."""
    a = adjacency(data)
    n = data.num_nodes
    if variant == "unnormalized":
        return 2 / n * (torch.diag(a.sum(1)) - a)
    if variant == "augmented":
        a = a + torch.eye(n, dtype=torch.float64)
    scale = a.sum(1).clamp(min=1).rsqrt()
    kept = torch.diag((a.sum(1) > 0).double())
    return kept - scale[:, None] * a * scale


def graphs():
    return [ring(7), karate(), grid(4, 5), star(9), complete(5)]


# ------------------------------------------------------------------------------------- energies


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_energy_is_the_trace(variant):
    for data in graphs():
        x = states(data.num_nodes)
        expected = torch.trace(x.T @ laplacian(data, variant) @ x)
        found = dirichlet_energy(x, data.edge_index, data.num_nodes, variant=variant)
        torch.testing.assert_close(found, expected)
        quotient = dirichlet_energy(
            x, data.edge_index, data.num_nodes, variant=variant, quotient=True
        )
        torch.testing.assert_close(quotient, expected / x.square().sum())


def test_the_normalized_energy_is_the_square_less_the_products_along_edges():
    # as FoSR's code writes it: ||X||^2 - sum over directed edges of x_u . x_v / sqrt(d_u d_v)
    data = karate()
    x, (source, target) = states(34), data.edge_index
    degree = torch.bincount(source).double()
    along = (x[source] * x[target]).sum(1) / (degree[source] * degree[target]).sqrt()
    found = dirichlet_energy(x, data.edge_index, 34)
    torch.testing.assert_close(found, x.square().sum() - along.sum())


def test_closed_forms():
    # two nodes with 0 and 1: one edge
    x, edge = torch.tensor([[0.0], [1.0]]), path(2).edge_index
    assert float(dirichlet_energy(x, edge, 2)) == 1
    assert float(dirichlet_energy(x, edge, 2, variant="augmented")) == pytest.approx(1 / 2)
    assert float(dirichlet_energy(x, edge, 2, variant="unnormalized")) == 1  # (1 + 1) / 2
    # the alternating vector on an even ring has the largest quotient there is
    x = torch.tensor([[1.0], [-1.0]]).repeat(3, 1)
    assert float(dirichlet_energy(x, ring(6).edge_index, 6, quotient=True)) == pytest.approx(2)
    weight = torch.full((2,), 3.0)
    x = torch.tensor([[0.0], [1.0]])
    assert float(dirichlet_energy(x, edge, 2, weight, variant="unnormalized")) == 3


def test_what_is_smooth_depends_on_the_variant():
    data = karate()
    degree = torch.bincount(data.edge_index[0]).double()[:, None]
    smooth = {
        "normalized": degree.sqrt(),
        "augmented": (degree + 1).sqrt(),
        "unnormalized": torch.ones(34, 1),
    }
    for variant in VARIANTS:
        for name, x in smooth.items():
            energy = float(dirichlet_energy(x, data.edge_index, 34, variant=variant))
            assert (energy < 1e-12) == (name == variant)


def test_a_step_of_gcn_shrinks_the_augmented_energy_by_the_second_eigenvalue():
    # Cai and Wang 2020: E(A~ X) <= (1 - lambda)^2 E(X), E(X W) <= s^2 E(X), E(ReLU X) <= E(X)
    for data in graphs():
        n, edges = data.num_nodes, data.edge_index
        operator = torch.eye(n, dtype=torch.float64) - laplacian(data, "augmented")
        values = torch.linalg.eigvalsh(operator).abs().sort(descending=True).values
        for seed in range(5):
            x, w = states(n, seed=seed), states(5, 4, seed=seed + 100)

            def energy(x, edges=edges, n=n):
                return float(dirichlet_energy(x, edges, n, variant="augmented"))

            before = energy(x)
            assert energy(operator @ x) <= float(values[1] ** 2) * before * (1 + 1e-9) + 1e-25
            assert energy(x @ w) <= float(torch.linalg.matrix_norm(w, 2) ** 2) * before * (1 + 1e-9)
            assert energy(x.relu()) <= before
        # equal for the eigenvector of that eigenvalue
        eigenvalue, vector = torch.linalg.eigh(operator)
        second = vector[:, [int(eigenvalue.abs().argsort(descending=True)[1])]]
        assert energy(operator @ second) == pytest.approx(
            float(values[1] ** 2) * energy(second), abs=1e-12
        )


def test_isolated_nodes_self_loops_and_repeats():
    data = karate()
    noisy = torch.cat([data.edge_index, torch.tensor([[3, 5], [3, 5]]), data.edge_index], dim=1)
    x = states(36)
    for variant in VARIANTS:
        clean = dirichlet_energy(x[:34], data.edge_index, 34, variant=variant)
        torch.testing.assert_close(dirichlet_energy(x[:34], noisy, 34, variant=variant), clean)
        more = dirichlet_energy(x, data.edge_index, 36, variant=variant)
        torch.testing.assert_close(more * (36 / 34 if variant == "unnormalized" else 1), clean)


def test_energies_of_odd_sizes_and_bad_input():
    none = torch.empty(2, 0, dtype=torch.int64)
    for n in (0, 1, 3):
        for variant in VARIANTS:
            assert float(dirichlet_energy(torch.ones(n, 2), none, n, variant=variant)) == 0
    assert dirichlet_energy(torch.zeros(3, 2), ring(3).edge_index, 3, quotient=True).isnan()
    with pytest.raises(ValueError, match=r"x must be \[4, channels\].* got \[3, 2\]"):
        dirichlet_energy(torch.ones(3, 2), none, 4)
    with pytest.raises(ValueError, match="to_undirected"):
        dirichlet_energy(torch.ones(3, 2), torch.tensor([[0], [1]]), 3)
    with pytest.raises(ValueError, match="augmented, unnormalized; got 'rusch'"):
        unwrap(dirichlet_energy)(torch.ones(3, 2), none, 3, variant="rusch")


def test_half_precision_states_and_gradients():
    data = karate()
    x = states(34).half().requires_grad_()
    found = dirichlet_energy(x, data.edge_index, 34)
    assert found.dtype == torch.float64
    assert not found.requires_grad
    torch.testing.assert_close(found, dirichlet_energy(x.double(), data.edge_index, 34))


# ------------------------------------------------------------------------------------------ MAD


def published_mad(x, mask):
    """The authors' arithmetic, in numpy."""
    x = x.numpy()
    length = np.linalg.norm(x, axis=1, keepdims=True)
    unit = np.divide(x, length, out=np.zeros_like(x), where=length > 0)
    distance = (1 - unit @ unit.T) * mask.numpy()
    np.fill_diagonal(distance, 0)
    distance[distance < 1e-12] = 0
    count = (distance != 0).sum(1)
    rows = np.divide(distance.sum(1), count, out=np.zeros(len(x)), where=count > 0)
    return rows.sum() / max((rows != 0).sum(), 1)


def test_mad_is_that_of_the_definition():
    data, x = karate(), states(34)
    x[4] = x[7]
    x[9] = 0
    everyone = torch.ones(34, 34)
    found = mean_average_distance(x)
    assert float(found) == pytest.approx(published_mad(x, everyone))
    pairs = torch.cartesian_prod(torch.arange(34), torch.arange(34)).T
    pairs = pairs[:, pairs[0] != pairs[1]]
    torch.testing.assert_close(mean_average_distance(x, pairs), found)
    neighbors = float(mean_average_distance(x, data.edge_index))
    assert neighbors == pytest.approx(published_mad(x, adjacency(data)))


def test_mad_closed_forms():
    opposite = torch.tensor([[1.0, 0.0], [-2.0, 0.0]])
    assert float(mean_average_distance(opposite)) == 2
    orthogonal = torch.eye(4)
    assert float(mean_average_distance(orthogonal)) == 1
    assert float(mean_average_distance(torch.ones(5, 3) * torch.arange(1, 6)[:, None])) == 0
    # two pairs of copies, orthogonal: the copies are left out of the means
    assert float(mean_average_distance(orthogonal[[0, 0, 1, 1]])) == 1
    assert float(mean_average_distance(torch.tensor([[0.0], [1.0]]))) == 1  # zero: cosine 0
    for n in (0, 1):
        assert float(mean_average_distance(torch.ones(n, 2))) == 0


def test_mad_gap_is_the_difference_of_two_mads():
    data = grid(5, 6)
    x, hops = states(30), hop_distance(data.edge_index, 30)
    expected = published_mad(x, (hops >= 8).double()) - published_mad(
        x, ((hops >= 1) & (hops <= 3)).double()
    )
    assert float(mad_gap(x, data.edge_index, 30)) == pytest.approx(expected)
    smooth = torch.ones(30, 2) * torch.arange(1.0, 31)[:, None]
    assert float(mad_gap(smooth, data.edge_index, 30)) == 0
    assert mad_gap(states(34), karate().edge_index, 34).isnan()  # nothing is 8 hops apart
    # two components: far is not out of reach
    both = torch.cat([data.edge_index, data.edge_index + 30], dim=1)
    doubled = mad_gap(torch.cat([x, x]), both, 60)
    assert float(doubled) == pytest.approx(expected)
    with pytest.raises(ValueError, match="got 3 and 3"):
        mad_gap(x, data.edge_index, 30, near=3, remote=3)


def test_mad_of_many_nodes_takes_pairs():
    x = states(30_000, 2)
    with pytest.raises(TooLargeError, match="pairs"):
        mean_average_distance(x)
    edges = ring(30_000).edge_index
    assert 0 < float(mean_average_distance(x, edges)) < 2


def test_chunks_do_not_change_mad(monkeypatch):
    from workbench.diagnostics.smoothing import smoothing

    data, x = grid(5, 6), states(30)
    wanted = [
        mean_average_distance(x),
        mean_average_distance(x, data.edge_index),
        mad_gap(x, data.edge_index, 30),
    ]
    monkeypatch.setattr(smoothing, "_PAIRS_AT_ONCE", 70)
    found = [
        mean_average_distance(x),
        mean_average_distance(x, data.edge_index),
        mad_gap(x, data.edge_index, 30),
    ]
    torch.testing.assert_close(found, wanted)


# ----------------------------------------------------------------------------------------- rank


def test_all_are_least_on_rank_one():
    x = torch.outer(states(9, 1)[:, 0], states(4, 1, seed=1)[:, 0])
    assert float(effective_rank(x)) == pytest.approx(1)
    assert float(stable_rank(x)) == pytest.approx(1)
    assert float(rank_one_distance(x)) == pytest.approx(0, abs=1e-12)
    assert float(rank_one_distance(-x)) == pytest.approx(0, abs=1e-12)
    assert float(distance_to_mean(torch.ones(5, 3))) == 0


@pytest.mark.parametrize("k", [2, 3, 6])
def test_k_equal_directions(k):
    x = torch.eye(k)
    assert float(effective_rank(x)) == pytest.approx(k)
    assert float(stable_rank(x)) == pytest.approx(k)
    # I/k less one of its cells: (k - 1)/k left, and 1 - 1/k on the cell
    assert float(rank_one_distance(x)) == pytest.approx(2 * (k - 1) / k)
    assert float(distance_to_mean(x)) == pytest.approx(math.sqrt(k - 1))
    assert float(distance_to_mean(x, relative=True)) == pytest.approx(math.sqrt((k - 1) / k))


def test_two_singular_values():
    x = torch.diag(torch.tensor([3.0, 1.0]))
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert float(effective_rank(x)) == pytest.approx(math.exp(entropy))
    assert float(stable_rank(x)) == pytest.approx(10 / 9)
    assert float(rank_one_distance(x)) == pytest.approx((1 - 0.75) + 0.25)


def test_neither_rotation_nor_size_changes_the_ranks():
    x = states(20, 6)
    rotation, _ = torch.linalg.qr(states(6, 6, seed=1))
    for measure in (effective_rank, stable_rank):
        torch.testing.assert_close(measure(1e-9 * x @ rotation), measure(x))
        assert 1 <= float(measure(x)) <= 6
    torch.testing.assert_close(rank_one_distance(1e-200 * x), rank_one_distance(x))


@pytest.mark.parametrize("size", [1e-200, 1e-160, 1e160, 1e200, 1e307])
def test_measures_without_unit_do_not_depend_on_the_size_of_the_states(size):
    graph, x = grid(4, 5), states(20, 6)
    network = graph.edge_index, 20
    for measure in (
        mean_average_distance,
        lambda x: mean_average_distance(x, graph.edge_index),
        lambda x: mad_gap(x, *network, near=2, remote=3),
        lambda x: distance_to_mean(x, relative=True),
        effective_rank,
        stable_rank,
        rank_one_distance,
        *(
            lambda x, variant=variant: dirichlet_energy(x, *network, variant=variant, quotient=True)
            for variant in ("normalized", "augmented", "unnormalized")
        ),
    ):
        torch.testing.assert_close(measure(size * x), measure(x))


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_lengths_have_the_unit_of_the_states(size):
    graph, x = grid(4, 5), states(20, 6)
    torch.testing.assert_close(distance_to_mean(size * x) / size, distance_to_mean(x))
    found = smoothing_by_layer([size * x], graph.edge_index, 20)
    torch.testing.assert_close(found.size / size, x.norm().view(1))
    energy = dirichlet_energy(1e-100 * x, graph.edge_index, 20) / 1e-200
    torch.testing.assert_close(energy, dirichlet_energy(x, graph.edge_index, 20))


def test_rows_of_very_different_size_have_their_own_direction():
    x = states(6, 3)
    sizes = torch.tensor([[1e-200], [1.0], [1e200], [1e-100], [1e3], [1e-5]], dtype=torch.float64)
    torch.testing.assert_close(mean_average_distance(sizes * x), mean_average_distance(x))


def test_of_equally_long_rows_the_entries_choose():
    """Whatever their places: rows and columns of length 5, which make two different surrogates."""
    x = torch.tensor([[3.0, 4.0, 0.0], [5.0, 0.0, 0.0], [0.0, 3.0, 4.0], [0.0, 0.0, 3.0]]).double()
    found = {
        round(float(rank_one_distance(x[order] * (1 + noise))), 9)
        for order in map(torch.tensor, itertools.permutations(range(4)))
        for noise in (0.0, 1e-14 * torch.randn(4, 3, generator=torch.Generator().manual_seed(0)))
    }
    assert len(found) == 1
    assert float(stable_rank(x)) <= float(effective_rank(x)) ** 2


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3, 3)])
def test_nothing_has_rank_zero(shape):
    for measure in (effective_rank, stable_rank, rank_one_distance, distance_to_mean):
        assert float(measure(torch.zeros(shape))) == 0


# ------------------------------------------------------------------------------------- by layer


def test_layer_by_layer():
    data = karate()
    torch.manual_seed(0)
    model = GCN(3, 8, 2, num_layers=4, residual=False, norm=None).double().eval()
    x = states(34, 3)
    read = capture(model, "encoder", "layers.*").run(x, data.edge_index)
    found = smoothing_by_layer(list(read.values()), data.edge_index, 34)
    assert all(value.shape == (5,) for value in vars(found).values())
    last = read["layers.3"]
    torch.testing.assert_close(found.normalized[4], dirichlet_energy(last, data.edge_index, 34))
    torch.testing.assert_close(found.effective_rank[4], effective_rank(last))
    share = found.augmented / found.size.square()
    assert float(share[4]) < float(share[0]) / 5  # a deep plain GCN smooths
    empty = smoothing_by_layer([], data.edge_index, 34)
    assert empty.size.shape == (0,)
    with pytest.raises(ValueError, match=r"got \[3, 2\]"):
        smoothing_by_layer([torch.ones(3, 2)], data.edge_index, 34)


def test_attention_without_a_way_around_collapses_faster_and_faster():
    # Dong et al. 2021: the distance to rank one of pure attention falls doubly exponentially
    x = states(12, 8)
    weights = [[states(8, 8, seed=3 * i + j) / 8 for j in range(3)] for i in range(6)]
    shares = [float(distance_to_mean(x, relative=True))]
    for query, key, value in weights:
        attention = torch.softmax((x @ query) @ (x @ key).T / math.sqrt(8), dim=1)
        x = attention @ x @ value
        x = x / x.norm() * math.sqrt(96)  # size left aside: the collapse is relative
        shares.append(float(distance_to_mean(x, relative=True)))
    assert shares[-1] < 1e-2 * shares[0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_results_stay_on_cuda_and_agree():
    data, x = karate(), states(34)
    edges = data.edge_index
    measures = [effective_rank, stable_rank, rank_one_distance, distance_to_mean]
    measures += [
        lambda x: dirichlet_energy(x, edges.to(x.device), 34),
        mean_average_distance,
        lambda x: mean_average_distance(x, edges.to(x.device)),
        lambda x: mad_gap(x, edges.to(x.device), 34, near=1, remote=3),
        lambda x: smoothing_by_layer([x, x], edges.to(x.device), 34).stable_rank,
    ]
    for measure in measures:
        found = measure(x.cuda())
        assert found.is_cuda
        torch.testing.assert_close(found.cpu(), measure(x))
