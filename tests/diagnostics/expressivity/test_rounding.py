"""Rounded distances: where every machine agrees, and where the last digits decide."""

import networkx as nx
import numpy as np
import pytest
import torch

from workbench.diagnostics import (
    TooLargeError,
    distance_wl_colors,
    distinguishes,
    effective_resistance,
    rounded_distinction,
)
from workbench.diagnostics.expressivity.weisfeiler_leman import pair_classes
from workbench.graphs import barbell, from_networkx, grid, path, ring


def renumbered(data, seed=0):
    order = torch.randperm(data.num_nodes, generator=torch.Generator().manual_seed(seed))
    return type(data)(edge_index=order[data.edge_index], num_nodes=data.num_nodes)


@pytest.mark.parametrize(
    ("decimals", "answer", "on_edge"),
    [(0, "open", [1.5]), (1, "equal", []), (2, "open", [0.875, 1.875]), (3, "equal", [])],
)
def test_a_ring_of_eight(decimals, answer, on_edge):
    # k hops: k (8 - k) / 8 = 0.875, 1.5, 1.875, 2
    found = rounded_distinction(ring(8), renumbered(ring(8)), decimals=decimals)
    assert found.answer == answer
    np.testing.assert_allclose(found.on_edge, on_edge, rtol=1e-13)


def test_what_differs_by_more_than_its_edges_is_told_apart_everywhere():
    # a path has whole numbers, up to 7; a ring of eight nothing above 2
    found = rounded_distinction(ring(8), path(8), decimals=0)
    assert found.answer == "told apart"
    assert found.on_edge.tolist() == pytest.approx([1.5])
    # coarse enough, nothing is left of the difference, and nothing lies on an edge: 5, 15, ...
    assert rounded_distinction(ring(8), path(5), decimals=-1).answer == "told apart"  # other sizes
    assert rounded_distinction(ring(4), path(4), decimals=-1).answer == "equal"


def pairs_of_graphs():
    """Random graphs, and each beside itself turned around; rings of 4 and 8 have edges to find."""
    random = [nx.gnm_random_graph(5 + i // 2, 6 + i // 2, seed=i) for i in range(8)]
    yield from zip(random[0::2], random[1::2], strict=True)
    for graph in (*random[:2], nx.cycle_graph(4), nx.cycle_graph(8)):
        yield graph, nx.relabel_nodes(graph, {v: len(graph) - 1 - v for v in graph})


def told_apart(graphs, distances):
    size = graphs[0].num_nodes
    edges = torch.cat([graphs[0].edge_index, graphs[1].edge_index + size], dim=1)
    batch = torch.arange(2).repeat_interleave(size)
    whole = torch.block_diag(*map(torch.from_numpy, distances))
    found = distance_wl_colors(edges, 2 * size, distance=whole, batch=batch)
    return found.graph_classes().unique().numel() == 2


@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_every_machine_is_one_way_to_round_what_is_on_an_edge(decimals):
    """Second computation: each value on an edge is sent up or down, by graph or by a coin.

    What is told apart or equal is so wherever they go; of two graphs whose comparison is open
    some way tells apart even a graph from itself, and all up or all down does not.
    """
    seen, generator = set(), np.random.default_rng(0)
    for pair in pairs_of_graphs():
        graphs = [from_networkx(graph) for graph in pair]
        found = rounded_distinction(*graphs, decimals=decimals)
        values = [effective_resistance(g.edge_index, g.num_nodes).numpy() for g in graphs]
        edges = [np.isclose(v[..., None], found.on_edge, rtol=1e-9).any(-1) for v in values]
        answers = {}
        for way, ups in {
            "all up": (True, True),
            "all down": (False, False),
            "apart": (True, False),
            "coins": [generator.random(v.shape) < 0.5 for v in values],
        }.items():
            sent = [np.where(up, 1 + 1e-9, 1 - 1e-9) for up in ups]
            rounded = [
                np.where(edge, value * side, value).round(decimals)
                for value, edge, side in zip(values, edges, sent, strict=True)
            ]
            answers[way] = told_apart(graphs, rounded)
        if found.answer == "open":
            assert answers["apart"]
            same = not distinguishes(*graphs, test="rd-wl")
            assert not (same and (answers["all up"] or answers["all down"]))
        else:
            assert set(answers.values()) == {found.answer == "told apart"}
        seen.add(found.answer)
    assert seen == {"told apart", "equal", "open"}


def test_the_last_digits_change_no_answer(monkeypatch):
    """Another order of sums, imitated: every resistance is moved by a few of its last digits."""
    graphs = [ring(8), grid(3, 4), barbell(4, 2), from_networkx(nx.petersen_graph())]
    options = [(g, renumbered(g), {"decimals": d}) for g in graphs for d in (0, 1, 2, 4, 6)]
    before = [rounded_distinction(a, b, **option) for a, b, option in options]
    generator = torch.Generator().manual_seed(0)

    def moved(edge_index, num_nodes):
        value = effective_resistance(edge_index, num_nodes)
        noise = torch.rand(value.shape, dtype=value.dtype, generator=generator) - 0.5
        return value * (1 + 4e-15 * noise)

    monkeypatch.setattr(pair_classes, "effective_resistance", moved)
    after = [rounded_distinction(a, b, **option) for a, b, option in options]
    assert [found.answer for found in after] == [found.answer for found in before]
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one.on_edge, other.on_edge, rtol=1e-13, atol=0)


def test_infinite_resistance_is_on_no_edge():
    apart = from_networkx(nx.disjoint_union(nx.path_graph(3), nx.path_graph(3)))
    found = rounded_distinction(apart, renumbered(apart), decimals=2)
    assert (found.answer, found.on_edge.tolist()) == ("equal", [])


def test_a_larger_error_finds_more_edges():
    data = ring(7)  # 6/7 = 0.857142...
    assert rounded_distinction(data, data, decimals=3).answer == "equal"
    found = rounded_distinction(data, data, decimals=3, error=1e-3)
    assert (found.answer, found.on_edge[0]) == ("open", pytest.approx(6 / 7))


def test_what_is_refused():
    with pytest.raises(ValueError, match="error must be between 0 and 1, such as 1e-13; got 0"):
        rounded_distinction(ring(5), ring(5), decimals=6, error=0)
    missing = type(ring(5))(num_nodes=5)
    with pytest.raises(TypeError, match="data_b has no edge_index"):
        rounded_distinction(ring(5), missing, decimals=6)
    with pytest.raises(TooLargeError, match="distance_wl_colors"):
        rounded_distinction(ring(20_001), ring(20_001), decimals=6)
