"""The candidates among which the worst places are looked for: by hand, and all of a small graph."""

import itertools

import networkx as nx
import numpy as np
import pytest
import torch

from workbench.graphs import complete, from_networkx, grid, path
from workbench.report.cuts import CANDIDATES, around_pieces, bridge_cuts, cut_of, narrow_cuts
from workbench.topology import simple_graph


def side(count, *nodes):
    there = np.zeros(count, dtype=bool)
    there[list(nodes)] = True
    return there


def test_a_cut_knows_what_crosses_it():
    data = path(6)
    low = data.edge_index.min(0).values
    graph = simple_graph(data.edge_index, 6, torch.where(low == 1, 0.25, 2.0).double())
    cut = cut_of(graph, side(6, 0, 1))
    assert cut.sizes == (2, 4)
    assert cut_of(graph, ~cut.side).sizes == (2, 4)
    assert cut.edges.tolist() == [1]
    assert cut.conductance == 0.25
    assert cut.loss == 2 * 4 / 0.25


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([0, 1, 2, 8, 9], [(0, 1, 2), (8, 9)]),  # two pieces, the smaller one the second largest
        ([0, 1, 2, 5, 8, 9], [(0, 1, 2), (8, 9)]),  # a third, smaller one is left out
        ([0, 1, 8, 9, 5], [(0, 1), (8, 9)]),  # and one in the middle would leave two ends
        ([4, 5], []),
        ([0, 1, 2, 3, 5, 6], [(0, 1, 2, 3)]),
        (range(10), []),
    ],
)
def test_around_the_pieces_of_a_side(nodes, expected):
    graph = simple_graph(path(10).edge_index, 10)
    found = [tuple(np.flatnonzero(cut.side)) for cut in around_pieces(graph, side(10, *nodes))]
    assert found == expected


def tree_of_cliques(seed):
    """Blocks of one to four nodes, joined by bridges of all conductances: (graph, its bridges)."""
    random = np.random.default_rng(seed)
    tree = nx.random_labeled_tree(30, seed=seed)
    made, first, count = nx.Graph(), [], 0
    for _ in range(30):
        nodes = range(count, count + int(random.integers(1, 5)))
        made.add_nodes_from(nodes)
        made.add_edges_from(itertools.combinations(nodes, 2), weight=1.0)
        first.append(nodes[0])
        count += len(nodes)
    for a, b in tree.edges:
        made.add_edge(first[a], first[b], weight=float(random.uniform(0.5, 2.0)))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_the_bridges_that_part_most_are_among_them(seed):
    made = tree_of_cliques(seed)
    data = from_networkx(made)
    graph = simple_graph(data.edge_index, data.num_nodes, data.edge_weight)
    found = {tuple(cut.edges): cut for cut in narrow_cuts(graph)}
    number = {
        pair: at for at, pair in enumerate(zip(*(e.tolist() for e in graph.ends), strict=True))
    }
    losses = {}
    for a, b in nx.bridges(made):
        rest = made.copy()
        rest.remove_edge(a, b)
        below = len(nx.node_connected_component(rest, a))
        loss = below * (len(made) - below) / made[a][b]["weight"]
        losses[number[min(a, b), max(a, b)],] = loss
    best = sorted(losses, key=losses.get)[-CANDIDATES:]
    for edges in best:
        assert found[edges].loss == pytest.approx(losses[edges], rel=1e-12)
    # the slow modes show most of them, too: here are the bridges alone
    alone = {tuple(cut.edges): cut.loss for cut in bridge_cuts(graph)}
    assert alone == pytest.approx({edges: losses[edges] for edges in best}, rel=1e-12)


def ladder(rungs, weak=()):
    """Two paths side by side; across the places ``weak`` both conduct half as well."""
    data = grid(2, rungs)
    column = data.edge_index % rungs
    there = [int(min(pair)) in weak and pair[0] != pair[1] for pair in column.T.tolist()]
    weight = torch.where(torch.tensor(there), 0.5, 1.0).double()
    return simple_graph(data.edge_index, 2 * rungs, weight)


def places(cuts, rungs):
    """After how many rungs each straight cut of a ladder comes."""
    sides = [cut.side.reshape(2, rungs) for cut in cuts]
    straight = [s[0] ^ s[0, -1] for s in sides if (s[0] == s[1]).all()]
    return sorted(int(s.sum()) for s in straight if not (np.diff(s.astype(int)) > 0).any())


def test_the_worst_levels_of_a_mode_are_taken_with_all_that_lose_as_much():
    """15 levels around the middle and, for the last of 16, two that are alike."""
    assert set(range(12, 29)) <= set(places(narrow_cuts(ladder(40)), 40))


@pytest.mark.parametrize("place", [20, 180])
def test_a_cut_that_is_worse_than_those_beside_it_is_taken(place):
    """It loses less than more than 16 levels around the middle."""
    found = places(narrow_cuts(ladder(200, weak={place - 1})), 200)
    assert place in found
    assert 100 in found


def test_where_more_modes_are_alike_than_are_looked_at_first_more_are():
    cuts = narrow_cuts(simple_graph(complete(30).edge_index, 30))
    assert cuts
    assert cuts[0].loss == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_modes_that_are_about_as_slow_are_one_space(seed):
    """The two first modes of a square grid with nearly equal weights mix as the weights have it;
    the narrowest cut is still one of the straight ones."""
    data = grid(12, 12)
    low, high = data.edge_index.min(0).values, data.edge_index.max(0).values
    noise = torch.rand(144, 144, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    weight = 1 + 1e-3 * noise[low, high]
    cuts = narrow_cuts(simple_graph(data.edge_index, 144, weight))
    assert cuts[0].edges.size == 12
    straight = [cut for cut in cuts if cut.edges.size == 12 and cut.sizes == (72, 72)]
    ways = {tuple(cut.side.reshape(12, 12).any(axis=0)) for cut in straight}
    assert len(ways) == 2, "one along the rows and one along the columns"


@pytest.mark.parametrize("seed", range(5))
def test_of_a_small_graph_the_worst_cut_is_among_them(seed):
    """Against all cuts of ten nodes."""
    made = nx.connected_watts_strogatz_graph(10, 4, 0.3, seed=seed)
    graph = simple_graph(from_networkx(made).edge_index, 10)
    cuts = [
        cut_of(graph, side(10, 0, *others))
        for size in range(9)
        for others in itertools.combinations(range(1, 10), size)
    ]
    best = max(cut.loss for cut in cuts)
    found = narrow_cuts(graph)
    assert found[0].loss == pytest.approx(best, rel=1e-12)
    assert all(
        nx.is_connected(made.subgraph(np.flatnonzero(part).tolist()))
        for cut in found
        for part in (cut.side, ~cut.side)
    )
    assert [cut.loss for cut in found] == sorted((cut.loss for cut in found), reverse=True)
