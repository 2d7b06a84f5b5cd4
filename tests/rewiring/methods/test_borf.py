"""BORF: its curvatures, batches and transports against the released code and a linear program."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import hop_distance, ollivier_ricci
from workbench.graphs import barbell, erdos_renyi, karate, path, ring
from workbench.rewiring import borf
from workbench.rewiring.engine.edge_set import of_undirected
from workbench.rewiring.methods.borf import most_work
from workbench.topology import both_directions, simple_graph


def cases():
    oracle = load_oracle("03h_borf.json")
    return [name for name in oracle_names() if name in oracle]


def undirected(arcs):
    return {tuple(sorted(arc)) for arc in arcs}


def batches(name):
    """The batches of the release whose graph is undirected: (its graph, what was recorded)."""
    _, num_nodes, _ = oracle_graph(name)
    for batch in load_oracle("03h_borf.json")[name]["batches"]:
        arcs = {tuple(arc) for arc in batch["arcs_in_graph_order"]}
        if arcs and arcs == {(v, u) for u, v in arcs}:
            u, v = torch.tensor(sorted(undirected(arcs))).T
            yield both_directions(u, v), num_nodes, batch


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_curvatures_and_batches_are_the_released_ones(name):
    for edge_index, num_nodes, batch in batches(name):
        graph = simple_graph(edge_index, num_nodes)
        ours = dict(
            zip(zip(*graph.ends, strict=True), of_undirected(graph, ollivier_ricci), strict=True)
        )
        arcs = batch["arcs_in_graph_order"]
        for (u, v), theirs in zip(arcs, batch["curvature"], strict=True):
            assert ours[min(u, v), max(u, v)] == pytest.approx(theirs, abs=1e-5)
        rewired = borf(edge_index, num_nodes, num_edges=2, batch_add=2, batch_remove=1)
        if not rewired.edits.size(1):
            continue
        if not batch["ties_at_remove_cut"]:
            assert {tuple(pair) for pair in rewired.removed.T.tolist()} == undirected(
                batch["removed"]
            )
        if not batch["ties_at_add_cut"]:  # the released four directions are two edges
            lowest = [ours[pair] for pair in undirected(batch["most_negative"])]
            added = -rewired.score[rewired.edits[0] > 0].numpy()
            assert len(lowest) == 2
            assert all(np.isclose(lowest, value).any() for value in added)


def program(cost, supply, demand):
    """The least cost of transport, by a linear program."""
    rows, columns = cost.shape
    sums = np.concatenate(
        [np.kron(np.eye(rows), np.ones(columns)), np.kron(np.ones(rows), np.eye(columns))]
    )
    return linprog(cost.ravel(), A_eq=sums, b_eq=np.concatenate([supply, demand])).fun


@pytest.mark.parametrize("seed", range(6))
def test_the_joined_pair_is_of_an_optimal_plan(seed):
    """Moving a little less between the two ends costs as much less as their distance."""
    edge_index = erdos_renyi(14, 0.3, generator=torch.Generator().manual_seed(seed)).edge_index
    graph, hops = simple_graph(edge_index, 14), hop_distance(edge_index, 14).numpy()
    start, node, _, _ = graph.neighbors
    for u, v in zip(*(end.tolist() for end in graph.ends), strict=True):
        around = [node[start[end] : start[end + 1]] for end in (u, v)]
        p, q, count = most_work(start, node, np.arange(14), u, v)
        if p < 0:
            continue
        assert count >= 1
        assert p in around[0]
        assert q in around[1]
        assert hops[p, q] > 1
        cost = hops[np.ix_(*around)]
        supply, demand = (np.full(each.size, 1 / each.size) for each in around)
        least, little = program(cost, supply, demand), 1e-3
        supply[np.flatnonzero(around[0] == p)] -= little
        demand[np.flatnonzero(around[1] == q)] -= little
        assert program(cost, supply, demand) == pytest.approx(least - little * hops[p, q], abs=1e-9)


def test_a_bridge_between_cliques_is_bridged():
    data = barbell(6)
    rewired = borf(data.edge_index, 12, num_edges=4, batch_remove=0)
    assert rewired.added.size(1) >= 1
    assert rewired.removed.size(1) == 0
    first = rewired.added[:, 0]
    assert int((first < 6).sum()) == 1
    before = of_undirected(simple_graph(data.edge_index, 12), ollivier_ricci).min()
    after = of_undirected(simple_graph(rewired.edge_index, 12), ollivier_ricci).min()
    assert after > before


def test_budgets_of_batches():
    data = karate()
    none = borf(data.edge_index, 34, num_edges=0)
    assert none.edits.size(1) == 0
    some = borf(data.edge_index, 34, num_edges=10, batch_add=4, batch_remove=3)
    assert some.added.size(1) <= 10
    assert some.removed.size(1) <= 3 + 3 + 2  # the last batch adds for two edges only
    with pytest.raises(ValueError, match="batch_add=0"):
        borf(data.edge_index, 34, batch_add=0)
    with pytest.raises(ValueError, match="batch_remove=-1"):
        borf(data.edge_index, 34, batch_remove=-1)


@pytest.mark.parametrize("data", [path(8), ring(3)])
def test_where_nothing_can_be_added_nothing_is_removed(data):
    """The transport on a path goes between neighbors; the released code takes edges away."""
    rewired = borf(data.edge_index, data.num_nodes)
    assert torch.equal(rewired.edge_index, data.edge_index)
