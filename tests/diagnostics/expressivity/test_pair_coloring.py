"""The colors of a test on two graphs, as an eye follows them, and what each item saw."""

from collections import defaultdict

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import TESTS
from workbench.diagnostics.expressivity.color_numbers import steady
from workbench.diagnostics.expressivity.graph_pair import GraphPair
from workbench.diagnostics.expressivity.pair_coloring import PairColoring, shown_items
from workbench.diagnostics.expressivity.seen import seen
from workbench.graphs import FAMOUS_PAIRS, csl, path


def test_a_class_that_splits_leaves_its_number_to_its_largest_part():
    rounds = [np.array([0, 0, 0, 0]), np.array([3, 1, 1, 1]), np.array([0, 2, 1, 1])]
    assert [part.tolist() for part in steady(rounds)] == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 2, 0, 0]]


@pytest.mark.parametrize("test", ["1-wl", "2-fwl", "1,1-wl", "rd-wl"])
def test_the_numbers_shown_are_the_colors_of_the_test(test):
    pair = GraphPair(*FAMOUS_PAIRS["decalin and bicyclopentyl"].build())
    colored = PairColoring(pair, test)
    for shown, found in zip(colored.items, colored.distinction.coloring.rounds, strict=True):
        both = set(zip(shown.tolist(), found.tolist(), strict=True))
        assert len(both) == len(set(shown.tolist())) == len(set(found.tolist()))


def labeled(data: Data, seed: int) -> Data:
    """With one of two labels on each edge, a few edges repeated with the other one, and a loop."""
    draw = torch.Generator().manual_seed(seed)
    low, high = data.edge_index.sort(dim=0).values
    labels = torch.randint(2, (data.num_nodes, data.num_nodes), generator=draw)[low, high]
    edges = torch.cat([data.edge_index, data.edge_index[:, :3], torch.tensor([[1], [1]])], dim=1)
    labels = torch.cat([labels, 1 - labels[:3], torch.tensor([1])])
    return Data(edge_index=edges, edge_attr=labels[:, None], num_nodes=data.num_nodes)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("name", ["decalin and bicyclopentyl", "CFI over a ladder", "edge labels"])
def test_what_a_node_saw_decides_its_color(name, test):
    """Equal colors exactly where color before and bags are equal, in both graphs, each round."""
    if name == "edge labels":
        pair = GraphPair(
            *(labeled(part, 0) for part in FAMOUS_PAIRS["hexagon and two triangles"].build())
        )
    else:
        pair = GraphPair(*FAMOUS_PAIRS[name].build())
    colored = PairColoring(pair, test)
    for round in range(1, colored.last + 1):
        sights = defaultdict(set)
        for which in (0, 1):
            chosen = [(v,) for v in range(pair.sizes[which])]
            if colored.pair_item is not None:
                chosen += [(0, v) for v in range(pair.sizes[which])]
            for nodes in chosen:
                sight = seen(colored, which, round, nodes)
                if sight.color < 0:  # outside the ego net
                    continue
                kind = "node" if len(nodes) == 1 or colored.pair_item[-1] != "v" else "pair"
                bags = tuple((t, frozenset(bag.items())) for t, bag in sight.bags.items())
                sights[kind, sight.color].add((sight.before, bags))
        assert all(len(same) == 1 for same in sights.values())
        for kind in ("node", "pair"):
            mine = [next(iter(s)) for (k, _), s in sights.items() if k == kind]
            assert len(set(mine)) == len(mine)


DISTANCE_TESTS = [test for test, (_, options) in TESTS.items() if "distance" in options]


@pytest.mark.parametrize("test", DISTANCE_TESTS)
def test_the_picture_shows_the_classes_of_distances_that_the_test_decides_by(test):
    """A node looks like another one after a round if and only if it saw the same classes."""
    pair = GraphPair(path(5), csl(9, 2))
    colored = PairColoring(pair, test)
    rows = {
        (tuple(sorted(row.tolist())), int(color))
        for classes, colors in zip(colored.distance_classes, colored.nodes, strict=True)
        for row, color in zip(classes, colors[1], strict=True)
    }
    assert len(rows) == len({row for row, _ in rows}) == len({color for _, color in rows})
    smallest = [classes.diagonal().max() for classes in colored.distance_classes]
    if test != "rrwp-wl":
        assert smallest == [0, 0]


def test_walks_of_the_picture_differ_where_the_test_says_so_and_by_less_than_eight_decimals():
    """Two lollipops: the ends of their tails are 20 steps away, with chances of 4e-9."""
    sizes, graphs = (30, 31), []
    for size in sizes:
        graph = nx.disjoint_union(nx.complete_graph(size), nx.path_graph(19))
        graph.add_edge(size - 1, size)
        both = torch.tensor(list(graph.to_directed().edges())).T
        graphs.append(Data(edge_index=both, num_nodes=size + 19))
    colored = PairColoring(GraphPair(*graphs), "rrwp-wl")
    ends = [classes[0, -1] for classes in colored.distance_classes]
    assert ends[0] != ends[1]


def test_classes_of_distances_count_from_small_ones():
    # 0 and 1 are two hops apart, over 2, so that the first distance to be seen is the largest
    edges = torch.tensor([[0, 2, 1, 2], [2, 0, 2, 1]])
    pair = GraphPair(*[Data(edge_index=edges, num_nodes=3)] * 2)
    colored = PairColoring(pair, "spd-wl")
    assert colored.distance_classes[0].tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]
    assert np.array_equal(colored.distance_classes[1], colored.distances[1])


def test_walks_of_a_directed_graph_follow_its_arrows():
    data = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3)
    distances = PairColoring(GraphPair(data, data), "rrwp-wl").distances[0]
    assert distances[0, 2, 2] == 1
    assert distances[2, 0].max() == 0


@pytest.mark.parametrize("test", TESTS)
def test_every_node_and_every_pair_has_an_item_that_stands_for_it(test):
    """But for pairs outside an ego net, and for tests that color nodes alone."""
    colored = PairColoring(GraphPair(path(5), csl(9, 2)), test)
    assert all((colors >= 0).all() for colors in colored.nodes)
    node, pair = shown_items(test)
    assert "v" in node
    assert pair is None or {"u", "v"} <= set(pair)
    if pair is not None and test != "ego-wl":
        assert all((colors >= 0).all() for colors in colored.pairs)


def test_the_witness_is_a_color_that_differs():
    colored = PairColoring(GraphPair(path(4), csl(5, 2)), "1-wl")
    color, differing = colored.witness_color()
    a, b = colored.counts[colored.distinction.round][:, color]
    assert a != b
    assert differing == (np.diff(colored.counts[colored.distinction.round], axis=0) != 0).sum()
    same = PairColoring(GraphPair(path(4), path(4)), "1-wl")
    with pytest.raises(ValueError, match="1-wl finds no difference"):
        same.witness_color()
