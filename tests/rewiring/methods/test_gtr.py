"""GTR: parity with the authors' code, the greedy property, closed forms."""

import numpy as np
import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.cost import TooLargeError
from workbench.diagnostics import total_resistance
from workbench.rewiring import apply_edits, gtr
from workbench.topology import both_directions, components, simple_graph


def cases():
    return load_oracle("03a_gtr.json").items()


def complete(num_nodes):
    rows, columns = torch.triu_indices(num_nodes, num_nodes, 1)
    return both_directions(rows, columns)


def brute_force(edge_index, num_nodes, edge_weight=None):
    """Decrease of the total resistance within components, for each free pair; from a fresh pinv."""
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    adjacency = graph.adjacency().toarray()
    inverse = np.linalg.pinv(np.diag(adjacency.sum(0)) - adjacency, hermitian=True, rcond=1e-11)
    labels = graph.labels.numpy()
    gains = {}
    for s in range(num_nodes):
        for t in range(s + 1, num_nodes):
            if not adjacency[s, t] and labels[s] == labels[t]:
                k = inverse[s] - inverse[t]
                gains[s, t] = (labels == labels[s]).sum() * (k @ k) / (1 + k[s] - k[t])
    return gains


def is_greedy(step):
    """Whether the official choice has the largest decrease, as it has in a connected graph."""
    return step["decrease_of_choice"] == pytest.approx(step["max_decrease"], rel=1e-8, abs=1e-10)


@pytest.mark.parity
def test_total_resistance_falls_as_in_the_official_run():
    """Until the first tie the runs are one; the tied step itself still falls by the same."""
    for name, case in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        rewired = gtr(edge_index, num_nodes, num_edges=len(case["steps"]), variant="official")
        totals = case["total_resistance_before_and_after_each"]
        total = totals[0]
        for step, expected, fall in zip(case["steps"], totals[1:], rewired.score, strict=True):
            if not is_greedy(step):
                break
            total -= float(fall)
            assert total == pytest.approx(expected, rel=1e-8), name
            if step["tied_pairs"] > 1:
                break


@pytest.mark.parity
def test_next_edge_along_the_official_run():
    """From every graph of the official run: the same edge where it is unique, the same fall always.

    The official code leaves out the size of the component, so in a disconnected graph it may miss
    the largest decrease; ours does not.
    """
    for name, case in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        for step, pair in zip(case["steps"], case["edges_added_in_order"], strict=True):
            pair = sorted(pair)
            ours = gtr(edge_index, num_nodes, num_edges=1)
            largest = pytest.approx(step["max_decrease"], rel=1e-8, abs=1e-10)
            assert float(ours.score[0]) == largest, (name, pair)
            if is_greedy(step) and step["tied_pairs"] == 1:
                official = gtr(edge_index, num_nodes, num_edges=1, variant="official")
                assert ours.added[:, 0].tolist() == pair, name
                assert official.added[:, 0].tolist() == pair, name
            edit = torch.tensor([[1], [pair[0]], [pair[1]]])
            edge_index = apply_edits(edge_index, num_nodes, edit).edge_index


@pytest.mark.parity
def test_every_choice_is_greedy_and_says_what_ties():
    """Our own run, each step checked against a fresh pseudo-inverse."""
    for name, _ in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        if num_nodes > 60:
            continue
        rewired = gtr(edge_index, num_nodes, num_edges=10)
        for at, (s, t) in enumerate(rewired.added.T.tolist()):
            gains = brute_force(edge_index, num_nodes)
            best = max(gains.values())
            tied = [pair for pair, gain in gains.items() if gain > best * (1 - 1e-9)]
            assert (s, t) in tied, name
            assert int(rewired.num_tied[at]) == len(tied), name
            assert float(rewired.score[at]) == pytest.approx(best, rel=1e-9), name
            edit = torch.tensor([[1], [s], [t]])
            edge_index = apply_edits(edge_index, num_nodes, edit).edge_index


@pytest.mark.parity
def test_ranking_is_the_brute_force_one():
    for name, _ in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        if num_nodes > 60:
            continue
        ranking = gtr.declaration.greedy(edge_index, num_nodes).propose(15)
        gains = sorted(brute_force(edge_index, num_nodes).values(), reverse=True)[:15]
        np.testing.assert_allclose(ranking.score.numpy(), gains, rtol=1e-9, err_msg=name)
        first = gtr(edge_index, num_nodes, num_edges=1)
        assert ranking.pairs[:, 0].tolist() == first.added[:, 0].tolist()


def test_first_edge_of_the_barbell():
    """Card 1.1: n B^2 / (1 + R) = 18.071428571 between the cliques of barbell(5, 0)."""
    left, right = complete(5), complete(5) + 5
    bridge = torch.tensor([[4, 5], [5, 4]])
    rewired = gtr(torch.cat([left, right, bridge], dim=1), 10, num_edges=3)
    assert float(rewired.score[0]) == pytest.approx(18.0714285714, rel=1e-10)
    u, v = rewired.added[:, 0].tolist()
    assert u < 4 < 5 < v, "any two that the bridge does not touch"
    assert int(rewired.num_tied[0]) == 16
    assert bool((rewired.score.diff() < 0).all())


def test_a_path_becomes_a_ring_or_better():
    """Joining the ends of a path of 4 takes R_tot from 10 to 5; no edge does more."""
    path = both_directions(torch.tensor([0, 1, 2]), torch.tensor([1, 2, 3]))
    rewired = gtr(path, 4, num_edges=1)
    assert rewired.added.T.tolist() == [[0, 3]]
    assert float(rewired.score[0]) == pytest.approx(5.0, rel=1e-12)


def test_components_of_different_size():
    """Two paths: with the real decrease the long one comes first, without its size too, but the
    scores of both variants are real decreases."""
    left = both_directions(torch.arange(7), torch.arange(1, 8))
    right = both_directions(torch.arange(8, 10), torch.arange(9, 11))
    edge_index = torch.cat([left, right], dim=1)
    for variant in ("paper", "official"):
        rewired = gtr(edge_index, 12, num_edges=100, variant=variant)
        labels = components(edge_index, 12)
        assert bool((labels[rewired.added[0]] == labels[rewired.added[1]]).all())
        assert rewired.added.size(1) == 28 - 7 + 3 - 2
        after = rewired.edge_index
        fall = (8**3 - 8) / 6 + (3**3 - 3) / 6 - 7 - 2
        assert float(rewired.score.sum()) == pytest.approx(fall, rel=1e-10)
        assert after.size(1) == 2 * (28 + 3)


def test_the_official_choice_leaves_out_the_size_but_the_score_does_not():
    """A path of 4 and a star of 12. Its ends joined, the path falls from 10 to 5; joining two
    leaves of the star takes 12 B^2 / (1 + R) = 12 * 2 / 3 = 8, which is more, but less for each
    node: 2 / 3 beside 5 / 4. Either score is the fall itself."""
    path = both_directions(torch.arange(3), torch.arange(1, 4))
    star = both_directions(torch.full((11,), 4), torch.arange(5, 16))
    edge_index = torch.cat([path, star], dim=1)
    for variant, falls, pair in (("paper", [8.0, 5.0], None), ("official", [5.0, 8.0], [0, 3])):
        rewired = gtr(edge_index, 16, num_edges=1, variant=variant)
        assert rewired.score.tolist() == pytest.approx(falls[:1], rel=1e-10)
        ranking = gtr.declaration.greedy(edge_index, 16, variant=variant).propose(66)
        assert torch.equal(ranking.pairs[:, 0], rewired.added[:, 0])
        gains = brute_force(edge_index, 16)
        for s, t, score in zip(*ranking.pairs.tolist(), ranking.score.tolist(), strict=True):
            assert score == pytest.approx(gains[s, t], rel=1e-9)
        assert sorted(set(ranking.score.round(decimals=6).tolist()))[-2:] == sorted(falls)
        if pair:
            assert rewired.added.T.tolist() == [pair]
        else:
            assert rewired.added.min() > 4


def test_many_edges_do_not_drift():
    generator = torch.Generator().manual_seed(3)
    pairs = torch.rand(40, 40, generator=generator).triu(1) > 0.93
    ring = both_directions(torch.arange(40), (torch.arange(40) + 1) % 40)
    edge_index = torch.cat([ring, both_directions(*pairs.nonzero().T)], dim=1)
    rewired = gtr(edge_index, 40, num_edges=200)
    before = apply_edits(edge_index, 40, rewired.edits[:, :199]).edge_index
    gains = brute_force(before, 40)
    assert float(rewired.score[199]) == pytest.approx(max(gains.values()), rel=1e-10)


def weighted_graphs():
    """Random weights from 0.01 to 100 on graphs of one and of several components."""
    generator = torch.Generator().manual_seed(0)
    for name in oracle_names(max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(name)
        draw = torch.rand(num_nodes, num_nodes, generator=generator, dtype=torch.float64)
        weight = 100 ** (draw + draw.T - 1)
        yield name, edge_index, num_nodes, weight[edge_index[0], edge_index[1]]


def test_weighted_choices_are_greedy_and_exact():
    """Each edge lowers the weighted total as much as any could, and by its score."""
    for name, edge_index, num_nodes, weight in weighted_graphs():
        rewired = gtr(edge_index, num_nodes, num_edges=6, edge_weight=weight)
        ranking = gtr.declaration.greedy(edge_index, num_nodes, edge_weight=weight).propose(15)
        gains = sorted(brute_force(edge_index, num_nodes, weight).values(), reverse=True)[:15]
        np.testing.assert_allclose(ranking.score.numpy(), gains, rtol=1e-8, err_msg=name)
        assert torch.equal(ranking.pairs[:, :1], rewired.added[:, :1]), name
        for pair, score in zip(rewired.added.T, rewired.score.tolist(), strict=True):
            largest = max(brute_force(edge_index, num_nodes, weight).values())
            before = total_resistance(edge_index, num_nodes, weight, within_components=True)
            edge_index = torch.cat([edge_index, pair[:, None], pair.flip(0)[:, None]], dim=1)
            weight = torch.cat([weight, torch.ones(2, dtype=torch.float64)])
            after = total_resistance(edge_index, num_nodes, weight, within_components=True)
            assert score == pytest.approx(float(before - after), rel=1e-8), name
            assert score == pytest.approx(largest, rel=1e-8), name


def test_weights_decide():
    """A path of 6 whose last edge is thin: the ends are joined as without weights where it is 1,
    and the thin edge gets a way around it where it is a thousandth."""
    path = torch.stack([torch.arange(5), torch.arange(1, 6)])
    edge_index = both_directions(*path)
    for thin, pair in ((1.0, [0, 5]), (1e-3, [2, 5])):
        weight = torch.where((edge_index == 5).any(dim=0), thin, 1.0)
        found = gtr(edge_index, 6, num_edges=1, edge_weight=weight).added
        assert found.T.tolist() == [pair]


def test_what_a_tiny_conductance_leaves_is_exact():
    """The first edge goes around it and takes all but a billionth of the total resistance; the
    next ones are as good as those of a fresh start."""
    ring = both_directions(torch.arange(9), (torch.arange(9) + 1) % 9)
    edge_index = torch.cat([ring, ring + 9, torch.tensor([[0, 12], [12, 0]])], dim=1)
    weight = torch.ones(38, dtype=torch.float64)
    weight[-2:] = 1e-9
    rewired = gtr(edge_index, 18, num_edges=6, edge_weight=weight)
    for pair, score in zip(rewired.added.T, rewired.score.tolist(), strict=True):
        largest = float(gtr(edge_index, 18, num_edges=1, edge_weight=weight).score[0])
        assert score == pytest.approx(largest, rel=1e-9)
        edge_index = torch.cat([edge_index, pair[:, None], pair.flip(0)[:, None]], dim=1)
        weight = torch.cat([weight, torch.ones(2, dtype=torch.float64)])


def test_weights_of_one_are_none():
    for name in oracle_names(max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(name)
        ones = torch.ones(edge_index.size(1))
        plain, weighted = (
            gtr(edge_index, num_nodes, num_edges=8, edge_weight=weight) for weight in (None, ones)
        )
        assert torch.equal(plain.edits, weighted.edits), name
        assert torch.equal(plain.edge_index, weighted.edge_index), name
        assert torch.equal(plain.score, weighted.score), name
        assert torch.equal(plain.kept, weighted.kept), name


def test_a_column_of_weight_zero_is_no_edge():
    """It splits the graph, may be added, and is not kept."""
    path = both_directions(torch.arange(7), torch.arange(1, 8))
    ring = torch.cat([path, torch.tensor([[0, 7], [7, 0]])], dim=1)
    weight = torch.cat([torch.full((14,), 2.0), torch.zeros(2)])
    with_zero = gtr(ring, 8, num_edges=3, edge_weight=weight)
    without = gtr(path, 8, num_edges=3, edge_weight=weight[:14])
    assert torch.equal(with_zero.edits, without.edits)
    assert with_zero.added[:, 0].tolist() == [0, 7]
    assert torch.equal(with_zero.edge_index, without.edge_index)
    assert with_zero.kept.tolist() == [True] * 14 + [False] * 2
    weight = torch.where((ring == 3).any(dim=0) & (ring == 4).any(dim=0), 0.0, 1.0)
    weight[-2:] = 0.0
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    added = gtr(ring, 8, edge_weight=weight).added
    assert added.size(1) == 6  # both halves are complete
    assert torch.equal(labels[added[0]], labels[added[1]])


def test_repeats_with_weights_are_parallel():
    edge_index, num_nodes, _ = oracle_graph("karate")
    twice = torch.cat([edge_index, edge_index], dim=1)
    halves = gtr(twice, num_nodes, edge_weight=torch.full((twice.size(1),), 0.5))
    plain = gtr(edge_index, num_nodes)
    assert torch.equal(halves.edits, plain.edits)
    torch.testing.assert_close(halves.score, plain.score, rtol=1e-9, atol=0)


def test_weights_that_are_none():
    edge_index, num_nodes, _ = oracle_graph("karate")
    weight = torch.ones(edge_index.size(1))
    weight[3] = -1.0
    with pytest.raises(ValueError, match=r"not negative; got -1\.0"):
        gtr(edge_index, num_nodes, edge_weight=weight)
    weight[3] = 2.0
    with pytest.raises(ValueError, match="to_undirected"):
        gtr.declaration.greedy(edge_index, num_nodes, edge_weight=weight)


def test_size_limit_names_the_way_out():
    with pytest.raises(TooLargeError, match="fosr"):
        gtr(torch.zeros(2, 0, dtype=torch.int64), 9_000)
