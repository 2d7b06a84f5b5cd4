"""AFR: curvatures and thresholds of the released code, and what its defects do not do here."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import augmented_forman
from workbench.graphs import barbell, complete, karate, ring
from workbench.rewiring import afr
from workbench.rewiring.engine.edge_set import of_undirected
from workbench.rewiring.methods.afr import mixture_thresholds
from workbench.topology import simple_graph


def augmented(graph, max_cycle):
    return of_undirected(graph, partial(augmented_forman, max_cycle=max_cycle))


def cases():
    oracle = load_oracle("03k_afr.json")
    return [name for name in oracle_names() if name in oracle]


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_curvatures_are_the_released_ones(name):
    recorded = load_oracle("03k_afr.json")[name]
    edge_index, num_nodes, _ = oracle_graph(name)
    graph, theirs = simple_graph(edge_index, num_nodes), recorded["curvature_undirected_graph"]
    np.testing.assert_array_equal(augmented(graph, 3), theirs["af3"])
    squares = np.array(recorded["four_cycles_through_edge"])
    np.testing.assert_array_equal(augmented(graph, 4), theirs["af3"] + 2.0 * squares)


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
@pytest.mark.parametrize("max_cycle", [3, 4])
def test_thresholds_are_the_released_ones(name, max_cycle):
    """Of the released curvatures, with which its AF4 counts chords, too."""
    recorded = load_oracle("03k_afr.json")[name]
    iterations = recorded.get(f"afr{max_cycle}_heuristic_repaired_undirected", {}).get("iterations")
    if not iterations or "thresholds" not in iterations[0]:
        return  # of the largest graphs nothing is recorded
    first = iterations[0]
    curvature = np.array(recorded["curvature_undirected_graph"][f"af{max_cycle}"])
    if np.unique(curvature).size == 1 or not one_fit(curvature):
        return  # the release splits what is all the same; and its order decides between two fits
    low, high = mixture_thresholds(curvature)
    edges = list(zip(*(end.tolist() for end in graph_of(name).ends), strict=True))
    assert low == pytest.approx(first["thresholds"]["lower"], rel=1e-6)
    assert high == pytest.approx(first["thresholds"]["upper"], rel=1e-6)
    gone = {edges[at] for at in np.flatnonzero(curvature > high)}
    assert gone == {tuple(sorted(pair)) for pair in first["removed"]}
    assert int((curvature < low).sum()) == len(first["choices"])  # its sets are never empty


def one_fit(curvature):
    """Whether the mixture is the same for every order of the curvatures that is tried."""
    generator = np.random.default_rng(0)
    orders = [generator.permutation(curvature)[:, None] for _ in range(6)]
    means = [
        np.sort(GaussianMixture(n_components=2, random_state=0).fit(order).means_.ravel())
        for order in orders
    ]
    return np.allclose(means, means[0], rtol=1e-9)


def graph_of(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    return simple_graph(edge_index, num_nodes)


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_release_changes_nothing_and_this_does(name):
    recorded = load_oracle("03k_afr.json")[name].get("afr3_heuristic_as_released", {})
    assert recorded.get("unchanged", True)
    if name == "karate":
        assert afr(*oracle_graph(name)[:2], num_edges=4).added.size(1) == 4


@pytest.mark.parametrize("thresholds", ["fixed", "mixture"])
@pytest.mark.parametrize("max_cycle", [3, 4])
def test_edges_of_high_curvature_go_and_those_of_low_are_bridged(thresholds, max_cycle):
    data = karate()
    graph = simple_graph(data.edge_index, 34)
    curvature = augmented(graph, max_cycle)
    options = {"thresholds": thresholds, "max_cycle": max_cycle, "iterations": 1}
    rewired = afr(data.edge_index, 34, num_edges=4, **options)
    assert 1 <= rewired.added.size(1) <= 4
    ends = list(zip(*(end.tolist() for end in graph.ends), strict=True))
    removed = [curvature[ends.index(tuple(pair))] for pair in rewired.removed.T.tolist()]
    assert min(removed) >= np.sort(curvature)[-len(removed)]
    # each new edge closes a triangle over a neighbor: w - u - v
    reach = torch.zeros(34, 34)
    reach[data.edge_index[0], data.edge_index[1]] = 1
    u, v = rewired.added
    assert bool(((reach @ reach)[u, v] > 0).all())


def test_what_goes_does_not_come_back_at_once():
    data = complete(7)
    assert torch.equal(afr(data.edge_index, 7).edge_index, data.edge_index)
    flat = afr(ring(8).edge_index, 8, thresholds="mixture")  # one curvature, so no two parts
    assert flat.edits.size(1) == 0


def test_another_generator_other_edges():
    data = barbell(8)

    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        return afr(data.edge_index, 16, num_edges=8, generator=generator).edits.tolist()

    assert drawn(1) == drawn(1)
    assert len({str(drawn(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_add": 0}, "batch_add=0"),
        ({"iterations": -1}, "iterations=-1"),
    ],
)
def test_options_that_are_none(options, message):
    with pytest.raises(ValueError, match=message):
        afr(karate().edge_index, 34, **options)
