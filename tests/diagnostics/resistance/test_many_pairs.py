"""Many pairs at once: the way that each takes, that all ways agree, and what they cost."""

import numpy as np
import pytest
import torch

from workbench.diagnostics import (
    effective_resistance,
    estimate,
    resistance_of_edges,
    resistance_of_pairs,
)
from workbench.diagnostics.resistance import eliminated_pairs as ways
from workbench.diagnostics.resistance.elimination import plan
from workbench.graphs import grid, random_regular
from workbench.topology import simple_graph

SIDE = 24  # so that the graph is too large for the dense inverse
NODES = SIDE * SIDE + 3


def weighted_grid(orders=0.0):
    """A grid with a path of two and a single node beside it."""
    edges = grid(SIDE, SIDE).edge_index
    beside = torch.tensor([[0, 1], [1, 0]]) + SIDE * SIDE
    edges = torch.cat([edges, beside], dim=1)
    low, high = edges.sort(0).values
    draw = torch.rand(NODES, NODES, generator=torch.Generator().manual_seed(0)).double()
    return edges, 10.0 ** (orders * (draw[low, high] - 1.0)) * (0.5 + draw[low, high])


def asked():
    """All edges, all pairs of two nodes, some others, the same once more, turned, and loops."""
    edges, _ = weighted_grid()
    every = torch.arange(NODES)
    stars = [torch.stack([torch.full((NODES,), hub), every]) for hub in (5, SIDE * SIDE)]
    others = torch.randint(NODES, (2, 50), generator=torch.Generator().manual_seed(1))
    return torch.cat([edges, stars[0], stars[1].flip(0), others, others.flip(0)], dim=1)


@pytest.mark.parametrize(
    ("pair", "once", "kinds"),
    [(1.0, 0.0, "edges hubs"), (0.0, 1.0, "single"), (None, None, None)],
)
@pytest.mark.parametrize("orders", [0, 30])
def test_every_way_gives_the_resistance_of_all_pairs(monkeypatch, pair, once, kinds, orders):
    if pair is not None:
        monkeypatch.setattr(ways, "_PAIR", pair)
        monkeypatch.setattr(ways, "_PASS", once)
        monkeypatch.setattr(ways, "_PLANNED", once)
        monkeypatch.setattr(ways, "LONGEST_SECONDS", np.inf)
    (edges, weight), pairs = weighted_grid(orders), asked()
    graph = simple_graph(edges, NODES, weight)
    apart = pairs[:, (pairs[0] != pairs[1])].sort(0).values.unique(dim=1).numpy()
    plan_of_pairs = ways.pair_plan(graph, plan(graph.adjacency()), *apart)
    used = {
        "edges": plan_of_pairs.edges.size,
        "hubs": len(plan_of_pairs.hubs),
        "single": plan_of_pairs.single.size,
    }
    if pair is not None:
        assert " ".join(name for name, count in used.items() if count) == kinds
    places = [plan_of_pairs.edges, plan_of_pairs.single, *(at for _, at in plan_of_pairs.hubs)]
    assert np.array_equal(np.sort(np.concatenate(places)), np.arange(apart.shape[1]))
    expected = effective_resistance(edges, NODES, weight)[pairs[0], pairs[1]]
    found = resistance_of_pairs(edges, NODES, pairs, weight)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0.0)


def test_all_edges_are_as_the_edges():
    edges, weight = weighted_grid(12)
    found = resistance_of_pairs(edges, NODES, edges, weight)
    torch.testing.assert_close(
        found, resistance_of_edges(edges, NODES, weight), rtol=1e-10, atol=0.0
    )


@pytest.mark.parametrize("kind", ["eliminated", "iterated", "sizes"])
def test_the_estimate_counts_the_pairs(kind):
    if kind == "iterated":
        data = random_regular(20_000, 4, generator=torch.Generator().manual_seed(0))
    else:
        data = grid(100, 100)
    size = data.num_nodes
    graph = {"num_nodes": size} | ({} if kind == "sizes" else {"edge_index": data.edge_index})

    def seconds(pairs):
        return estimate("resistance_of_pairs", **graph, pairs=pairs).seconds

    one, few, many = seconds(None), seconds(100), seconds(100_000)
    assert one == seconds(1)
    assert one < few < many
    assert many - one == pytest.approx(99_999 / 99 * (few - one))
    # of pairs with a common end an elimination does all
    star = torch.stack([torch.zeros(size - 1, dtype=torch.int64), torch.arange(1, size)])
    assert (seconds(star) < 0.5 * seconds(size - 1)) == (kind == "eliminated")


def test_pairs_are_refused_where_there_are_none():
    with pytest.raises(ValueError, match="total_resistance takes no pairs"):
        estimate("total_resistance", num_nodes=10, pairs=3)
    with pytest.raises(ValueError, match="got -1"):
        estimate("resistance_of_pairs", num_nodes=10, pairs=-1)
