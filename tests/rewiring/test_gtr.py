"""GTR: parity with the authors' code, the greedy property, closed forms."""

import numpy as np
import pytest
import torch

from conftest import load_oracle, oracle_graph
from workbench.diagnostics.cost import TooLargeError
from workbench.graphs.edges import both_directions, components, undirected_edges
from workbench.rewiring import apply_edits, gtr, gtr_ranking


def cases():
    return load_oracle("03a_gtr.json").items()


def complete(num_nodes):
    rows, columns = torch.triu_indices(num_nodes, num_nodes, 1)
    return both_directions(rows, columns)


def brute_force(edge_index, num_nodes):
    """Decrease of the total resistance within components, for each free pair; from a fresh pinv."""
    graph = undirected_edges(edge_index, num_nodes)
    adjacency = graph.adjacency().toarray()
    inverse = np.linalg.pinv(np.diag(adjacency.sum(0)) - adjacency, hermitian=True, rcond=1e-11)
    labels = components(edge_index, num_nodes).numpy()
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
def test_every_choice_is_greedy_and_first():
    """Our own run, each step checked against a fresh pseudo-inverse and the tie rule."""
    for name, _ in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        if num_nodes > 60:
            continue
        rewired = gtr(edge_index, num_nodes, num_edges=10)
        for at, (s, t) in enumerate(rewired.added.T.tolist()):
            gains = brute_force(edge_index, num_nodes)
            best = max(gains.values())
            first = next(pair for pair, gain in gains.items() if gain > best * (1 - 1e-9))
            assert (s, t) == first, name
            assert float(rewired.score[at]) == pytest.approx(best, rel=1e-9), name
            edit = torch.tensor([[1], [s], [t]])
            edge_index = apply_edits(edge_index, num_nodes, edit).edge_index


@pytest.mark.parity
def test_ranking_is_the_brute_force_one():
    for name, _ in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        if num_nodes > 60:
            continue
        ranking = gtr_ranking(edge_index, num_nodes, num_edges=15)
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
    assert rewired.added[:, 0].tolist() == [0, 6]
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


def test_many_edges_do_not_drift():
    generator = torch.Generator().manual_seed(3)
    pairs = torch.rand(40, 40, generator=generator).triu(1) > 0.93
    ring = both_directions(torch.arange(40), (torch.arange(40) + 1) % 40)
    edge_index = torch.cat([ring, both_directions(*pairs.nonzero().T)], dim=1)
    rewired = gtr(edge_index, 40, num_edges=200)
    before = apply_edits(edge_index, 40, rewired.edits[:, :199]).edge_index
    gains = brute_force(before, 40)
    assert float(rewired.score[199]) == pytest.approx(max(gains.values()), rel=1e-10)


def test_size_limit_names_the_way_out():
    with pytest.raises(TooLargeError, match="fosr"):
        gtr(torch.zeros(2, 0, dtype=torch.int64), 9_000)
