"""Edge labels, repeated edges among them, mean the same in every graph of a batch."""

import itertools

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch_geometric.data import Data

from workbench.diagnostics import (
    TESTS,
    distinguishes,
    fwl_colors,
    graph_classes,
    is_isomorphic,
    klwl_colors,
    kwl_colors,
    subgraph_wl_colors,
    tell_apart,
    wl_colors,
)

ON_DISTANCES = {"spd-wl", "rd-wl", "spd-rd-wl", "rrwp-wl"}


@st.composite
def batches(draw, largest=3):
    """Two graphs (size, {(u, v): labels}) whose edges may repeat with the same or other labels."""
    found = []
    for _ in range(2):
        size = draw(st.integers(1, largest))
        node, label = st.integers(0, size - 1), st.integers(0, 2)
        edges = {}
        for u, v, name in draw(st.lists(st.tuples(node, node, label), max_size=6)):
            edges.setdefault((u, v), []).append(name)
        found.append((size, edges))
    return found


def colored(colors, batch, **options):
    """The library's stable colors of a batch: {(graph, *nodes): color}."""
    columns, labels, sizes = [], [], [size for size, _ in batch]
    for (_, edges), first in zip(batch, (0, sizes[0]), strict=True):
        for (u, v), names in edges.items():
            columns += [(u + first, v + first)] * len(names)
            labels += names
    found = colors(
        torch.tensor(columns, dtype=torch.int64).reshape(-1, 2).T,
        sum(sizes),
        edge_labels=torch.tensor(labels, dtype=torch.int64),
        batch=torch.repeat_interleave(torch.arange(2), torch.tensor(sizes)),
        **options,
    )
    graph = torch.repeat_interleave(torch.arange(2), found.start.diff())
    items = [(g, *nodes) for g, nodes in zip(graph.tolist(), found.nodes.tolist(), strict=True)]
    return dict(zip(items, found.colors.tolist(), strict=True))


def assert_same_partition(found, color, seen):
    """The library's colors are those of a refinement that keeps whole sorted multisets."""
    count = 0
    while count < (count := len(set(color.values()))):
        names = {item: (color[item], tuple(sorted(seen(item, color)))) for item in color}
        number = {name: i for i, name in enumerate(sorted(set(names.values())))}
        color = {item: number[name] for item, name in names.items()}
    assert found.keys() == color.keys()
    both = {(found[item], color[item]) for item in color}
    assert len(both) == len(set(found.values())) == len(set(color.values()))


def into(batch, graph, v):
    """(label, node) of the edges that come in, one for each label."""
    edges = batch[graph][1]
    return [(name, u) for (u, w), names in edges.items() if w == v for name in set(names)]


def labels_of(batch, graph, u, v):
    return tuple(sorted(set(batch[graph][1].get((u, v), []))))


def tuples(batch, width):
    for graph, (size, _) in enumerate(batch):
        for nodes in itertools.product(range(size), repeat=width):
            yield (graph, *nodes)


def tuple_types(batch, k):
    return {
        (graph, *nodes): tuple(
            (u == v, labels_of(batch, graph, u, v)) for u, v in itertools.product(nodes, repeat=2)
        )
        for graph, *nodes in tuples(batch, k)
    }


@given(batches())
@settings(max_examples=80, deadline=None)
def test_wl(batch):
    def seen(item, color):
        return [(name, color[item[0], u]) for name, u in into(batch, *item)]

    assert_same_partition(colored(wl_colors, batch), dict.fromkeys(tuples(batch, 1), 0), seen)


@given(batches(), st.sampled_from([2, 3]))
@settings(max_examples=60, deadline=None)
def test_folklore_takes_the_set_of_labels(batch, k):
    def seen(item, color):
        places = range(1, k + 1)
        return [
            tuple(color[(*item[:i], w, *item[i + 1 :])] for i in places)
            for w in range(batch[item[0]][0])
        ]

    assert_same_partition(colored(fwl_colors, batch, k=k), tuple_types(batch, k), seen)


@given(batches(), st.sampled_from([2, 3]), st.sampled_from(["all", "neighbors", "told-apart"]))
@settings(max_examples=80, deadline=None)
def test_oblivious_takes_the_set_of_labels(batch, k, near):
    def seen(item, color):
        for i in range(1, k + 1):
            for w in range(batch[item[0]][0]):
                labels = labels_of(batch, item[0], w, item[i])
                if labels or near != "neighbors":
                    kind = () if near == "all" else labels
                    yield i, kind, color[(*item[:i], w, *item[i + 1 :])]

    assert_same_partition(colored(kwl_colors, batch, k=k, near=near), tuple_types(batch, k), seen)


@given(batches(), st.sampled_from([1, 2]))
@settings(max_examples=60, deadline=None)
def test_marked_copies(batch, marks):
    color = {item: tuple(m == item[-1] for m in item[1:-1]) for item in tuples(batch, marks + 1)}
    color |= {(*copy, -1): () for copy in tuples(batch, marks)}

    def seen(item, c):
        *copy, v = item
        whole = [(-1, u) for u in range(batch[copy[0]][0])]
        return [(name, c[(*copy, u)]) for name, u in (into(batch, copy[0], v) if v >= 0 else whole)]

    assert_same_partition(colored(klwl_colors, batch, l=marks), color, seen)


@given(batches())
@settings(max_examples=60, deadline=None)
def test_ego_nets_of_whole_graphs(batch):
    # a radius of 3 hops is the component; the summary of a copy says how far the copy goes
    color = {(g, r, v): int(r == v) for g, r, v in tuples(batch, 2) if joined(batch, g, r, v)}
    color |= {(*copy, -1): 2 for copy in tuples(batch, 1)}

    def seen(item, c):
        g, r, v = item
        around = [(-1, u) for u in range(batch[g][0]) if (g, r, u) in c]
        return [(name, c[g, r, u]) for name, u in (into(batch, g, v) if v >= 0 else around)]

    found = colored(subgraph_wl_colors, batch, policy="ego", radius=3)
    assert_same_partition(found, color, seen)


def joined(batch, graph, u, v):
    reached = {u}
    for _ in range(batch[graph][0]):
        reached |= {w for edge in batch[graph][1] if reached & set(edge) for w in edge}
    return v in reached


@given(batches())
@settings(max_examples=60, deadline=None)
def test_copies_that_see_each_other(batch):
    color = {item: int(item[1] == item[2]) for item in tuples(batch, 2)}
    color |= {(*copy, -1): 2 for copy in tuples(batch, 1)}
    color |= {(g, -1, v): 3 for g, v in tuples(batch, 1)}

    def seen(item, c):
        g, root, v = item
        nodes = range(batch[g][0])
        if v < 0:
            return [(0, 0, c[g, root, u]) for u in nodes]
        if root < 0:
            return [(0, 0, c[g, r, v]) for r in nodes]
        inside = [(0, name, c[g, root, u]) for name, u in into(batch, g, v)]
        around = [(1, name, c[g, -1, u]) for name, u in into(batch, g, v)]
        return [*inside, *around, (2, 0, c[g, -1, v])]

    assert_same_partition(colored(subgraph_wl_colors, batch, policy="dss"), color, seen)


def graph(edges, labels, num_nodes=None):
    edges = torch.tensor(edges).reshape(-1, 2).T
    num_nodes = num_nodes or int(edges.max()) + 1
    return Data(edge_index=edges, edge_attr=torch.tensor(labels), num_nodes=num_nodes)


@pytest.mark.parametrize("test", [test for test in TESTS if test not in ON_DISTANCES])
def test_an_edge_with_two_labels_is_not_one_with_the_last_of_them(test):
    both = graph([(0, 1), (0, 1), (1, 0), (1, 0)], [0, 1, 0, 1])
    turned = graph([(1, 0), (0, 1), (0, 1), (1, 0)], [1, 1, 0, 0])
    last = graph([(0, 1), (1, 0)], [1, 1])
    assert distinguishes(both, last, test=test)
    assert not distinguishes(both, turned, test=test)
    assert tell_apart([(both, last), (both, turned)], test=test).tolist() == [True, False]
    classes = graph_classes([both, last, turned], test=test)
    assert classes[0] == classes[2] != classes[1]


@pytest.mark.parametrize("test", sorted(ON_DISTANCES))
def test_labels_do_not_make_an_edge_count_twice_in_a_distance(test):
    one = [(0, 1), (1, 0), (1, 2), (2, 1)]
    twice = graph([*one, (0, 1), (1, 0)], [0, 0, 0, 0, 1, 1])
    assert not distinguishes(graph(one, [0, 0, 0, 0]), twice, test=test)


def test_isomorphism_reads_the_set_of_labels():
    # two pairs of nodes, each with both labels; and a square whose sides take turns
    arcs = [(0, 1), (0, 1), (1, 0), (1, 0), (2, 3), (2, 3), (3, 2), (3, 2)]
    pairs = graph(arcs, [0, 1] * 4)
    square = graph(
        [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (3, 0), (0, 3)], [0, 0, 1, 1] * 2
    )
    assert not distinguishes(pairs, square)  # two messages are two messages
    assert distinguishes(pairs, square, test="2-fwl")
    assert not is_isomorphic(pairs, square)
    order = torch.tensor([7, 2, 5, 0, 3, 6, 1, 4])
    moved = Data(pairs.x, pairs.edge_index[:, order], pairs.edge_attr[order], num_nodes=4)
    assert is_isomorphic(pairs, moved)


@pytest.mark.parametrize("test", ["ego-wl", "1,1-wl", "dss-wl"])
def test_a_copy_as_a_whole_is_seen_alike_whatever_the_labels_of_its_graph(test):
    # node 0 is isolated; of its copy nothing is left in the ego net but the node
    low, high = (graph([(1, 2), (2, 1)], [label, label], 3) for label in (0, 2))
    found = distinguishes(low, high, test=test).coloring
    if test == "ego-wl":
        at = found.nodes[: found.start[1]].tolist().index([0, -1])
        assert found.of_graph(0)[at] == found.of_graph(1)[at]
    twice = distinguishes(low, low, test=test).coloring
    assert found.num_colors[0] == twice.num_colors[0]
