"""Attention by closed forms (even, one-hot, identity), by laws, against other implementations."""

import math
from inspect import unwrap

import pytest
import torch
from scipy.stats import spearmanr

from workbench.diagnostics import effective_resistance, hop_distance
from workbench.diagnostics.attention.attention import attention_distance, attention_entropy
from workbench.diagnostics.attention.attention_by_hop import attention_by_hop
from workbench.diagnostics.attention.attention_resistance import attention_resistance_correlation
from workbench.diagnostics.attention.attention_rollout import attention_rollout, neighbor_average
from workbench.diagnostics.attention.rank_correlation import rank_correlation
from workbench.graphs import complete, grid, karate, path, ring, tree

NAN = torch.nan


def even(n, dtype=torch.float64):
    return torch.full((n, n), 1 / n, dtype=dtype)


def random_attention(*shape, seed=0, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    scores = scale * torch.randn(*shape, dtype=torch.float64, generator=generator)
    return torch.softmax(scores, dim=-1)


def double(*rows):
    return torch.tensor(rows, dtype=torch.float64)


# ------------------------------------------------------------------------------------- entropy


@pytest.mark.parametrize("n", [2, 3, 34])
def test_even_attention_has_entropy_one_and_hard_attention_zero(n):
    torch.testing.assert_close(attention_entropy(even(n)), torch.tensor(1.0).double())
    nats = attention_entropy(even(n), normalized=False)
    assert float(nats) == pytest.approx(math.log(n))
    hard = torch.eye(n, dtype=torch.float64).roll(1, 0)
    assert float(attention_entropy(hard)) == 0
    assert float(attention_entropy(hard, normalized=False)) == 0


def test_entropy_of_a_known_row():
    # half on one, a quarter each on two: 1.5 bits of the 2 that four keys allow
    rows = double([0.5, 0.25, 0.25, 0.0]).expand(4, 4)
    assert float(attention_entropy(rows)) == pytest.approx(1.5 / 2)


def test_only_the_keys_that_the_mask_allows_count():
    attention = double([0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0])
    mask = attention > 0
    assert float(attention_entropy(attention, mask=mask)) == 1  # the third has no choice
    each = attention_entropy(attention, mask=mask, reduction="none")
    torch.testing.assert_close(each, double(1, 1, NAN), equal_nan=True)
    each = attention_entropy(attention, mask=mask, normalized=False, reduction="none")
    torch.testing.assert_close(each, double(math.log(2), math.log(2), 0))


def test_queries_without_keys_are_left_out():
    attention = double([0.5, 0.5, 0.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.0])
    assert float(attention_entropy(attention)) == pytest.approx(math.log(2) / math.log(3))
    assert attention_entropy(torch.zeros(3, 3)).isnan()
    assert attention_entropy(torch.zeros(0, 0)).isnan()


def test_leading_axes_stay():
    attention = random_attention(2, 4, 7, 7)
    assert attention_entropy(attention).shape == (2, 4)
    assert attention_entropy(attention, reduction="none").shape == (2, 4, 7)
    expected = attention_entropy(attention[1, 2])
    torch.testing.assert_close(attention_entropy(attention)[1, 2], expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_small_floats_give_double_results(dtype):
    found = attention_entropy(even(34, dtype))
    assert found.dtype == torch.float64
    assert float(found) == pytest.approx(1.0)


def test_what_is_no_attention_is_refused():
    wrong = random_attention(2, 3, 3)
    wrong[1, 2] *= 0.5
    with pytest.raises(ValueError, match=r"row 2 of matrix 1 sums to 0\.5 .* model\.eval\(\)"):
        attention_entropy(wrong)
    with pytest.raises(ValueError, match="row 0 sums to 1 with a smallest entry of -1"):
        attention_entropy(double([2.0, -1.0], [1.0, 0.0]))
    with pytest.raises(ValueError, match="row 0 sums to nan"):
        attention_entropy(double([NAN, 1.0], [1.0, 0.0]))
    with pytest.raises(ValueError, match="row 1 has weight where mask is False"):
        attention_entropy(even(2), mask=torch.tensor([[True, True], [True, False]]))
    with pytest.raises(ValueError, match=r"got \[2, 3\]; an Attention gives it with dense"):
        unwrap(attention_entropy)(torch.ones(2, 3))
    with pytest.raises(ValueError, match="got 'sum'"):
        unwrap(attention_entropy)(even(2), reduction="sum")


# ------------------------------------------------------------------------------------ distance


@pytest.mark.parametrize("n", [4, 10, 12])
def test_even_attention_on_an_even_ring_looks_a_quarter_around(n):
    distance = hop_distance(ring(n).edge_index, n)
    assert float(attention_distance(even(n), distance)) == pytest.approx(n / 4)


def test_attention_to_itself_looks_nowhere_and_to_a_neighbor_one_hop():
    distance = hop_distance(ring(9).edge_index, 9)
    eye = torch.eye(9, dtype=torch.float64)
    assert float(attention_distance(eye, distance)) == 0
    assert float(attention_distance(eye.roll(1, 0), distance)) == 1
    looks = attention_distance(torch.stack([eye, eye.roll(3, 0)]), distance, reduction="none")
    torch.testing.assert_close(looks, double([0.0] * 9, [3.0] * 9))


def test_what_is_out_of_reach_is_left_out_and_told_apart():
    edges = torch.tensor([[0, 1], [1, 0]])  # nodes 2 and 3 alone
    distance = hop_distance(edges, 4)
    each = attention_distance(even(4), distance, reduction="none")
    torch.testing.assert_close(each, double(0.5, 0.5, 0, 0))
    unreachable = attention_by_hop(even(4), distance).unreachable
    assert float(unreachable) == pytest.approx((2 / 4 + 2 / 4 + 3 / 4 + 3 / 4) / 4)
    away = double([0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0])
    assert attention_distance(away, distance).isnan()


def test_distance_runs_from_key_to_query():
    one_way = torch.tensor([[0], [1]])
    attention = double([0.0, 1.0], [1.0, 0.0])
    each = attention_distance(attention, hop_distance(one_way, 2), reduction="none")
    torch.testing.assert_close(each, double(NAN, 1.0), equal_nan=True)


# ------------------------------------------------------------------------------------- by hop


def test_even_attention_has_no_lift():
    for data in (ring(10), grid(4, 5), karate()):
        n = data.num_nodes
        found = attention_by_hop(even(n), hop_distance(data.edge_index, n))
        torch.testing.assert_close(found.lift, torch.ones_like(found.lift))
        assert float(found.mass.sum()) == pytest.approx(1)


def test_mass_on_a_ring():
    # one itself, two at each distance, one opposite
    found = attention_by_hop(even(6), hop_distance(ring(6).edge_index, 6))
    torch.testing.assert_close(found.low, double(0, 1, 2, 3))
    assert torch.equal(found.low, found.high)
    torch.testing.assert_close(found.uniform, double(1, 2, 2, 1) / 6)
    near = torch.eye(6, dtype=torch.float64).roll(1, 0)
    found = attention_by_hop(torch.stack([even(6), near]), hop_distance(ring(6).edge_index, 6))
    torch.testing.assert_close(found.mass[1], double(0, 1, 0, 0))
    torch.testing.assert_close(found.lift[1], double(0, 3, 0, 0))


def test_masses_and_what_is_out_of_reach_sum_to_one():
    edges = ring(5).edge_index
    attention = random_attention(2, 3, 8, 8)
    for bins in (None, 1, 3, 50):
        found = attention_by_hop(attention, hop_distance(edges, 8), bins=bins)
        total = found.mass.sum(-1) + found.unreachable
        torch.testing.assert_close(total, torch.ones_like(total))


def test_a_mask_moves_the_even_spread():
    data = path(3)
    mask = torch.tensor([[True, True, False], [True, True, True], [False, True, True]])
    attention = mask.double() / mask.sum(1, keepdim=True)
    found = attention_by_hop(attention, hop_distance(data.edge_index, 3), mask=mask)
    torch.testing.assert_close(found.low, double(0, 1))  # nobody may look two hops
    torch.testing.assert_close(
        found.uniform, double(1 / 2 + 1 / 3 + 1 / 2, 1 / 2 + 2 / 3 + 1 / 2) / 3
    )
    torch.testing.assert_close(found.lift, double(1, 1))


def test_ranges_of_resistance_hold_as_many_pairs_each():
    data = grid(5, 6)
    resistance = effective_resistance(data.edge_index, 30)
    found = attention_by_hop(even(30), resistance, bins=4)
    assert found.low.numel() == 5
    assert float(found.high[0]) == 0
    assert (found.low[1:] > found.high[:-1]).all()
    share = found.uniform[1:] * 30 / 29
    assert ((share - 1 / 4).abs() < 0.04).all()
    torch.testing.assert_close(found.lift, torch.ones(5, dtype=torch.float64))


def test_equal_distances_share_a_range():
    data = complete(6)
    found = attention_by_hop(even(6), effective_resistance(data.edge_index, 6), bins=4)
    torch.testing.assert_close(found.high, double(0, 2 / 6))
    with pytest.raises(ValueError, match="bins must be 1 or more, got 0"):
        attention_by_hop(even(6), hop_distance(data.edge_index, 6), bins=0)


def test_one_node_and_none():
    for n, bins in ((1, None), (1, 3), (0, None), (0, 3)):
        found = attention_by_hop(even(n) if n else torch.zeros(0, 0), torch.zeros(n, n), bins=bins)
        assert found.mass.shape == (n,)


# ------------------------------------------------------------------------------------ rollout


def test_rollout_rows_sum_to_one_and_closed_forms():
    layers, n = 3, 6
    identity = torch.eye(n, dtype=torch.float64)
    torch.testing.assert_close(attention_rollout(identity.expand(layers, 2, n, n)), identity)
    # ((J + I) / 2)^L = (1 - 2^-L) J + 2^-L I with J = even attention
    found = attention_rollout(even(n).expand(layers, 2, n, n))
    torch.testing.assert_close(found, (1 - 2**-layers) * even(n) + 2**-layers * identity)
    found = attention_rollout(random_attention(layers, 2, n, n))
    torch.testing.assert_close(found.sum(1), torch.ones(n, dtype=torch.float64))


def test_rollout_is_the_product_last_layer_first():
    attention = random_attention(2, 3, 5, 5)
    steps = [(matrix.mean(0) + torch.eye(5)) / 2 for matrix in attention]
    torch.testing.assert_close(attention_rollout(attention), steps[1] @ steps[0])
    plain = attention_rollout(attention, residual=0.0)
    torch.testing.assert_close(plain, attention[1].mean(0) @ attention[0].mean(0))
    torch.testing.assert_close(
        attention_rollout(attention, residual=1.0), torch.eye(5, dtype=torch.float64)
    )


def test_message_passing_runs_beside_attention():
    data = karate()
    branch = neighbor_average(data.edge_index, 34)
    torch.testing.assert_close(branch.sum(1), torch.ones(34, dtype=torch.float64))
    attention = random_attention(2, 2, 34, 34)
    alone = attention_rollout(attention, branch=branch, branch_weight=1.0, residual=0.0)
    torch.testing.assert_close(alone, branch @ branch)
    without = attention_rollout(attention, branch=branch, branch_weight=0.0)
    torch.testing.assert_close(without, attention_rollout(attention))


def test_neighbor_average_goes_from_source_to_target():
    found = neighbor_average(torch.tensor([[0, 0, 1], [1, 1, 1]]), 3)
    torch.testing.assert_close(found, double([1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]))


def test_a_query_without_keys_keeps_itself():
    attention = torch.zeros(1, 1, 2, 2, dtype=torch.float64)
    attention[0, 0, 0, 1] = 1
    torch.testing.assert_close(attention_rollout(attention), double([0.5, 0.5], [0, 1]))


def test_wrong_shares_and_shapes_are_refused():
    attention = random_attention(1, 1, 3, 3)
    with pytest.raises(ValueError, match=r"residual is a share and must be 0 to 1, got 1\.5"):
        attention_rollout(attention, residual=1.5)
    with pytest.raises(ValueError, match=r"branch is \[4, 4\]"):
        unwrap(attention_rollout)(attention, branch=even(4))


# ------------------------------------------------------------------- correlation with resistance


def test_attention_to_what_resists_least_correlates_fully():
    data = grid(4, 5)
    resistance = effective_resistance(data.edge_index, 20)
    distance = hop_distance(data.edge_index, 20)
    # one rate for all rows, so that the ranking over all pairs is that of the resistance
    scores = torch.exp(-resistance).fill_diagonal_(0)
    attention = scores / scores.sum(1).max()
    attention += torch.diag((1 - attention.sum(1)).clamp(min=0))  # one sum rounds to 1 + 2e-16
    found = attention_resistance_correlation(attention, resistance, distance)
    assert float(found.resistance) == pytest.approx(1)
    assert float(found.partial) == pytest.approx(1)
    assert 0.5 < float(found.distance) < 1
    assert found.pairs == 20 * 19
    assert found.p_resistance.isnan()


def test_correlations_are_those_of_scipy():
    data = karate()
    resistance = effective_resistance(data.edge_index, 34)
    distance = hop_distance(data.edge_index, 34)
    attention = random_attention(2, 34, 34)
    off = ~torch.eye(34, dtype=torch.bool)
    found = attention_resistance_correlation(attention, resistance, distance)
    for head in range(2):
        r = spearmanr(attention[head][off], -resistance[off].round(decimals=9)).statistic
        d = spearmanr(attention[head][off], -distance[off]).statistic
        between = spearmanr(resistance[off].round(decimals=9), distance[off]).statistic
        assert float(found.resistance[head]) == pytest.approx(r, abs=1e-9)
        assert float(found.distance[head]) == pytest.approx(d, abs=1e-9)
        partial = (r - d * between) / math.sqrt((1 - d**2) * (1 - between**2))
        assert float(found.partial[head]) == pytest.approx(partial, abs=1e-9)


def test_on_a_tree_resistance_is_distance_and_nothing_is_left():
    data = tree(3)
    n = data.num_nodes
    resistance = effective_resistance(data.edge_index, n)
    distance = hop_distance(data.edge_index, n)
    found = attention_resistance_correlation(random_attention(n, n), resistance, distance)
    assert float(found.resistance) == pytest.approx(float(found.distance))
    assert found.partial.isnan()


def test_even_attention_and_complete_graphs_have_no_correlation():
    data = complete(6)
    resistance = effective_resistance(data.edge_index, 6)
    found = attention_resistance_correlation(
        random_attention(6, 6), resistance, hop_distance(data.edge_index, 6), permutations=5
    )
    assert found.resistance.isnan()
    assert found.p_resistance.isnan()
    data = karate()
    pair = effective_resistance(data.edge_index, 34), hop_distance(data.edge_index, 34)
    noise = 1e-15 * torch.randn(34, 34, generator=torch.Generator().manual_seed(0)).double()
    assert attention_resistance_correlation(even(34) + noise, *pair).resistance.isnan()


def closeness_of(data):
    n = data.num_nodes
    return effective_resistance(data.edge_index, n), hop_distance(data.edge_index, n)


def test_the_null_of_relabeled_nodes_finds_what_is_there_and_not_more():
    data = karate()
    resistance, distance = closeness_of(data)
    close = torch.softmax(-resistance, dim=1)
    found = attention_resistance_correlation(
        close, resistance, distance, permutations=99, generator=torch.Generator().manual_seed(0)
    )
    assert float(found.p_resistance) == 1 / 100
    # of attention that knows nothing of the graph, p <= 0.1 in about a tenth of the trials
    generator = torch.Generator().manual_seed(1)
    small = 0
    for seed in range(100):
        blind = random_attention(34, 34, seed=seed)
        found = attention_resistance_correlation(
            blind, resistance, distance, permutations=39, generator=generator
        )
        small += float(found.p_resistance) <= 0.1
    assert 2 <= small <= 20


def test_the_null_is_the_same_with_the_same_generator():
    resistance, distance = closeness_of(karate())
    found = [
        attention_resistance_correlation(
            random_attention(34, 34),
            resistance,
            distance,
            permutations=20,
            generator=torch.Generator().manual_seed(7),
        ).p_partial
        for _ in range(2)
    ]
    assert torch.equal(*found)


def test_pairs_of_other_components_do_not_count():
    edges = torch.cat([ring(6).edge_index, ring(5).edge_index + 6], dim=1)
    resistance, distance = effective_resistance(edges, 11), hop_distance(edges, 11)
    attention = random_attention(11, 11)
    found = attention_resistance_correlation(
        attention, resistance, distance, permutations=9, generator=torch.Generator().manual_seed(0)
    )
    assert found.pairs == 6 * 5 + 5 * 4
    finite = resistance.isfinite() & ~torch.eye(11, dtype=torch.bool)
    expected = spearmanr(attention[finite], -resistance[finite].round(decimals=9)).statistic
    assert float(found.resistance) == pytest.approx(expected)
    assert 0.1 <= float(found.p_resistance) <= 1


def test_a_mask_restricts_the_pairs_and_forbids_the_null():
    data = karate()
    resistance, distance = closeness_of(data)
    mask = torch.zeros(34, 34, dtype=torch.bool)
    mask[data.edge_index[1], data.edge_index[0]] = True
    attention = random_attention(34, 34) * mask
    attention /= attention.sum(1, keepdim=True)
    found = attention_resistance_correlation(attention, resistance, distance, mask=mask)
    assert found.pairs == data.edge_index.size(1)
    assert found.distance.isnan()  # all edges have length 1
    assert abs(float(found.resistance)) < 1
    with pytest.raises(ValueError, match="permutations=9 with a mask"):
        attention_resistance_correlation(attention, resistance, distance, mask=mask, permutations=9)


# ------------------------------------------------------------------------------ rank correlation


def test_rank_correlation_is_scipys_with_ties():
    generator = torch.Generator().manual_seed(0)
    a = torch.randint(0, 5, (3, 9, 9), generator=generator).double()
    b = torch.randint(0, 4, (9, 9), generator=generator).double()
    off = ~torch.eye(9, dtype=torch.bool)
    expected = [spearmanr(matrix[off], b[off]).statistic for matrix in a]
    torch.testing.assert_close(rank_correlation(a, b), double(*expected))
    b[0, 1] = torch.inf
    off[0, 1] = False
    expected = [spearmanr(matrix[off], b[off]).statistic for matrix in a]
    torch.testing.assert_close(rank_correlation(a, b), double(*expected))


def test_rank_correlation_of_too_little_is_no_number():
    assert rank_correlation(torch.rand(1, 1), torch.rand(1, 1)).isnan()
    assert rank_correlation(torch.rand(0, 0), torch.rand(0, 0)).isnan()
    nothing = torch.zeros(3, 3, dtype=torch.bool)
    assert rank_correlation(torch.rand(3, 3), torch.rand(3, 3), mask=nothing).isnan()
    with pytest.raises(ValueError, match=r"got \[3, 3\] and \[4, 4\]"):
        unwrap(rank_correlation)(torch.rand(3, 3), torch.rand(4, 4))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_results_stay_on_cuda_and_agree():
    resistance, distance = closeness_of(karate())
    attention = random_attention(2, 34, 34)
    for measure in (
        attention_entropy,
        lambda a: attention_distance(a, distance.to(a)),
        lambda a: attention_by_hop(a, resistance.to(a), bins=4).mass,
        lambda a: attention_rollout(a[None]),
        lambda a: attention_resistance_correlation(a, resistance.to(a), distance.to(a)).partial,
    ):
        found = measure(attention.cuda())
        assert found.is_cuda
        torch.testing.assert_close(found.cpu(), measure(attention))
