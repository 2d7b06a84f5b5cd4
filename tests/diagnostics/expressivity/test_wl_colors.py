"""Color refinement against a plain one that keeps whole multisets, over random graphs."""

import itertools
import math

import hypothesis.strategies as st
import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch_geometric.data import Batch, Data

from workbench.diagnostics import (
    TooLargeError,
    distance_wl_colors,
    fwl_colors,
    klwl_colors,
    kwl_colors,
    subgraph_wl_colors,
    wl_colors,
)
from workbench.diagnostics.expressivity.weisfeiler_leman import (
    folklore,
    hashing,
    items,
    prepared,
    refine,
)
from workbench.graphs import erdos_renyi, path, petersen, ring, rook, shrikhande, star

CPU = torch.device("cpu")


@st.composite
def graphs(draw, largest=7):
    """(edge_index, num_nodes, node labels): any directed simple graph, self-loops too."""
    size = draw(st.integers(1, largest))
    arcs = list(itertools.product(range(size), repeat=2))
    chosen = draw(st.lists(st.sampled_from(arcs), max_size=2 * size, unique=True))
    labels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    return torch.tensor(chosen, dtype=torch.int64).reshape(-1, 2).T, size, torch.tensor(labels)


def refined(color, seen, max_rounds=None):
    """Plain refinement: items -> colors, with whole sorted multisets as names."""
    rounds = [color]
    while max_rounds is None or len(rounds) <= max_rounds:
        now = {item: (rounds[-1][item], tuple(sorted(seen(item, rounds[-1])))) for item in color}
        number = {name: i for i, name in enumerate(sorted(set(now.values())))}
        finer = {item: number[name] for item, name in now.items()}
        if len(number) == len(set(rounds[-1].values())):
            break
        rounds.append(finer)
    return rounds


def assert_same_partitions(found, rounds, of):
    assert found.num_rounds == len(rounds) - 1
    for colors, expected in zip(found.rounds, rounds, strict=True):
        names = [expected[of(nodes)] for nodes in found.nodes.tolist()]
        both = set(zip(colors.tolist(), names, strict=True))
        assert len(both) == len(set(names)) == len(set(colors.tolist()))


def in_neighbors(edge_index, size):
    into = {v: set() for v in range(size)}
    for u, v in edge_index.T.tolist():
        into[v].add(u)
    return into


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_wl(graph):
    edge_index, size, labels = graph
    into = in_neighbors(edge_index, size)
    rounds = refined(dict(enumerate(labels.tolist())), lambda v, c: [c[u] for u in into[v]])
    found = wl_colors(edge_index, size, node_labels=labels)
    assert found.stable
    assert_same_partitions(found, rounds, lambda nodes: nodes[0])


@given(graphs(5), st.sampled_from([2, 3]))
@settings(max_examples=40, deadline=None)
def test_folklore(graph, k):
    edge_index, size, labels = graph
    arcs = set(map(tuple, edge_index.T.tolist()))
    tuples = list(itertools.product(range(size), repeat=k))
    types = {t: tuple_type(t, arcs, labels) for t in tuples}

    def seen(item, color):
        return [tuple(color[(*item[:i], w, *item[i + 1 :])] for i in range(k)) for w in range(size)]

    found = fwl_colors(edge_index, size, k=k, node_labels=labels)
    assert_same_partitions(found, refined(types, seen), tuple)


@given(graphs(5), st.sampled_from([1, 2, 3]), st.sampled_from(["all", "neighbors", "told-apart"]))
@settings(max_examples=40, deadline=None)
def test_oblivious(graph, k, near):
    edge_index, size, labels = graph
    arcs = set(map(tuple, edge_index.T.tolist()))
    into = in_neighbors(edge_index, size)
    tuples = list(itertools.product(range(size), repeat=k))
    types = {t: tuple_type(t, arcs, labels) for t in tuples}

    def seen(item, color):
        return [
            (i, near == "told-apart" and w in into[item[i]], color[(*item[:i], w, *item[i + 1 :])])
            for i in range(k)
            for w in (into[item[i]] if near == "neighbors" else range(size))
        ]

    found = kwl_colors(edge_index, size, k=k, near=near, node_labels=labels)
    assert_same_partitions(found, refined(types, seen), tuple)


def tuple_type(nodes, arcs, labels):
    pairs = itertools.product(nodes, repeat=2)
    return tuple(int(labels[v]) for v in nodes), tuple((u == v, (u, v) in arcs) for u, v in pairs)


@given(graphs(6))
@settings(max_examples=40, deadline=None)
def test_shortest_path_distance(graph):
    edge_index, size, labels = graph
    network = nx.DiGraph()
    network.add_nodes_from(range(size))
    network.add_edges_from(edge_index.T.tolist())
    distance = {v: {} for v in range(size)}
    for u, lengths in nx.all_pairs_shortest_path_length(network):
        for v, length in lengths.items():
            distance[v][u] = length
    rounds = refined(
        dict(enumerate(labels.tolist())),
        lambda v, c: [(distance[v].get(u, math.inf), c[u]) for u in range(size)],
    )
    found = distance_wl_colors(edge_index, size, node_labels=labels)
    assert_same_partitions(found, rounds, lambda nodes: nodes[0])


@given(graphs(5), st.sampled_from([0, 1, 2]))
@settings(max_examples=30, deadline=None)
def test_marked_copies(graph, marks):
    edge_index, size, labels = graph
    into = in_neighbors(edge_index, size)
    color = {}
    for copy in itertools.product(range(size), repeat=marks):
        color |= {(*copy, v): (int(labels[v]), tuple(m == v for m in copy)) for v in range(size)}
        color[(*copy, -1)] = (-1, ())

    def seen(item, c):
        *copy, v = item
        return [c[(*copy, u)] for u in (into[v] if v >= 0 else range(size))]

    found = klwl_colors(edge_index, size, l=marks, node_labels=labels)
    assert_same_partitions(found, refined(color, seen), tuple)


@given(graphs(4), st.sampled_from([0, 1, 2]))
@settings(max_examples=30, deadline=None)
def test_tuples_in_marked_copies(graph, marks):
    edge_index, size, labels = graph
    arcs, color = set(map(tuple, edge_index.T.tolist())), {}
    for copy in itertools.product(range(size), repeat=marks):
        for pair in itertools.product(range(size), repeat=2):
            marked = tuple(tuple(m == v for m in copy) for v in pair)
            color[(*copy, *pair)] = (tuple_type(pair, arcs, labels), marked)
        color[(*copy, -1, -1)] = (((), ()), ())

    def seen(item, c):
        *copy, u, v = item
        if u < 0:
            pairs = itertools.product(range(size), repeat=2)
            return [(0, c[(*copy, *pair)]) for pair in pairs]
        first = [(0, c[(*copy, w, v)]) for w in range(size)]
        return first + [(1, c[(*copy, u, w)]) for w in range(size)]

    found = klwl_colors(edge_index, size, k=2, l=marks, node_labels=labels)
    assert_same_partitions(found, refined(color, seen), tuple)


@given(graphs(5))
@settings(max_examples=30, deadline=None)
def test_copies_that_see_each_other(graph):
    edge_index, size, labels = graph
    into = in_neighbors(edge_index, size)
    color = {(r, v): (0, int(labels[v]), r == v) for r in range(size) for v in range(size)}
    color |= {(r, -1): (1, 0, False) for r in range(size)}
    color |= {(-1, v): (2, int(labels[v]), False) for v in range(size)}

    def seen(item, c):
        root, v = item
        if v < 0:
            return [(0, c[root, u]) for u in range(size)]
        if root < 0:
            return [(0, c[r, v]) for r in range(size)]
        inside = [(0, c[root, u]) for u in into[v]]
        return [*inside, (1, c[-1, v]), *[(2, c[-1, u]) for u in into[v]]]

    found = subgraph_wl_colors(edge_index, size, policy="dss", node_labels=labels)
    assert_same_partitions(found, refined(color, seen), tuple)


@pytest.mark.parametrize("radius", [1, 2])
def test_ego_nets_keep_the_ball(radius):
    data = petersen()
    found = subgraph_wl_colors(data.edge_index, 10, policy="ego", radius=radius)
    root, node = found.nodes.T
    inside = node >= 0
    balls = torch.bincount(root[inside])
    assert balls.tolist() == [4 if radius == 1 else 10] * 10  # 3 neighbors, 6 at two hops
    assert found.of_graph(0)[~inside].unique().numel() == 1  # vertex-transitive


@given(graphs(), st.randoms())
@settings(max_examples=30, deadline=None)
def test_relabeling_relabels(graph, random):
    edge_index, size, labels = graph
    order = torch.tensor(random.sample(range(size), size))
    both = torch.cat([edge_index, order[edge_index] + size], dim=1)
    moved = torch.empty_like(labels)
    moved[order] = labels
    batch = torch.repeat_interleave(torch.tensor([0, 1]), size)
    options = {"node_labels": torch.cat([labels, moved]), "batch": batch}
    nodes = wl_colors(both, 2 * size, **options)
    assert torch.equal(nodes.of_graph(0), nodes.of_graph(1)[order])
    for test in (fwl_colors, klwl_colors, distance_wl_colors, subgraph_wl_colors, kwl_colors):
        found = test(both, 2 * size, **options)
        assert torch.equal(found.histogram(0), found.histogram(1))
        assert found.graph_classes().tolist() == [0, 0]


def test_a_batch_gives_each_graph_what_it_gets_alone():
    alone = [path(7), ring(5), star(6), rook(), shrikhande(), path(1)]
    batch = Batch.from_data_list(
        [Data(edge_index=g.edge_index, num_nodes=g.num_nodes) for g in alone]
    )
    found = fwl_colors(batch.edge_index, batch.num_nodes, batch=batch.batch)
    assert found.num_graphs == len(alone)
    for number, graph in enumerate(alone):
        own = fwl_colors(graph.edge_index, graph.num_nodes)
        pairs = set(zip(found.of_graph(number).tolist(), own.colors.tolist(), strict=True))
        assert len(pairs) == own.num_colors[-1]


def test_strength_grows_along_the_hierarchy():
    # on one graph, each test refines the pairs at least as much as the one before
    data = erdos_renyi(12, 0.3, generator=torch.Generator().manual_seed(3))
    nodes = wl_colors(data.edge_index, 12).colors
    pairs = fwl_colors(data.edge_index, 12, k=2).colors.view(12, 12)
    triples = fwl_colors(data.edge_index, 12, k=3).colors.view(12, 12, 12)
    diagonal = torch.arange(12)
    assert refines(pairs[diagonal, diagonal], nodes)
    assert refines(triples[diagonal, diagonal, diagonal], pairs[diagonal, diagonal])
    assert refines(distance_wl_colors(data.edge_index, 12).colors, nodes)


def refines(finer, coarser):
    both = set(zip(finer.tolist(), coarser.tolist(), strict=True))
    return len(both) == finer.unique().numel()


def test_edge_labels_tell_edges_apart():
    data = ring(6)
    one = (data.edge_index[0] + data.edge_index[1] == 1).long()  # the edge 0 - 1
    assert wl_colors(data.edge_index, 6).num_colors[-1] == 1
    assert wl_colors(data.edge_index, 6, edge_labels=one).num_colors[-1] == 3  # by distance to it


def test_the_hash_keeps_labels_with_their_colors():
    # two nodes see colors 1 and 2, one of them with swapped labels, and one with labels added up
    indptr, neighbor = np.array([0, 2, 4, 6, 6, 6]), np.array([3, 4, 3, 4, 3, 4])
    label, colors = np.array([0, 2, 2, 0, 1, 1]), np.array([0, 0, 0, 1, 2])
    relation = items.relations.Relation(colors[:, None], indptr, neighbor, label, colors[:, None])
    hash_of, check = refine.relation_loop(relation.number_rows(), CPU)
    assert len(set(hash_of(colors, 1)[:3].tolist())) == 3
    assert not check(colors, 3)


def test_rounds_of_a_path_are_half_its_length():
    found = wl_colors(path(11).edge_index, 11)
    assert found.num_colors == (1, 2, 3, 4, 5, 6)
    stopped = wl_colors(path(11).edge_index, 11, max_rounds=2)
    assert not stopped.stable
    assert stopped.num_colors == (1, 2, 3)


def test_a_collision_is_noticed_and_mended(monkeypatch):
    data = path(9)
    honest = wl_colors(data.edge_index, 9)
    first_hash, calls = hashing.hash_seen, []

    def colliding(*arguments):
        calls.append(int(arguments[4]))
        if arguments[4] == 1:
            arguments[-1][:] = 7  # every multiset has the same hash under the first seed
        else:
            first_hash(*arguments)

    monkeypatch.setattr(hashing, "hash_seen", colliding)
    found = wl_colors(data.edge_index, 9)
    assert set(calls) == {1, 2}
    assert found.stable
    assert torch.equal(found.colors, honest.colors)


def test_folklore_verification_sees_a_wrong_merge():
    data = path(6)
    graph = prepared.split(*prepared.prepare(data.edge_index, 6, None, None, None))
    for k in (2, 3):
        built = items.folklore_items(graph, CPU, k=k)
        right = built.refine().rounds[-1]
        assert built.check(right, int(right.max()) + 1)
        merged = np.where(right == right.max(), 0, right)
        assert not built.check(merged, int(merged.max()) + 1)


@pytest.mark.parametrize("k", [2, 3])
def test_torch_hashes_like_the_compiled_loops(k):
    data = erdos_renyi(9, 0.4, generator=torch.Generator().manual_seed(0))
    graph = prepared.split(*prepared.prepare(data.edge_index, 9, None, None, None))
    built = items.folklore_items(graph, CPU, k=k)
    by_torch = folklore.torch_hash(torch.from_numpy(built.color).view((9,) * k), 5)
    assert np.array_equal(by_torch.numpy().ravel().view(np.uint64), built.hash_of(built.color, 5))
    labels = torch.randint(
        0, 4, (data.edge_index.size(1),), generator=torch.Generator().manual_seed(1)
    )
    whole, _ = prepared.prepare(data.edge_index, 9, torch.arange(9) % 3, labels, None)
    relation = items.relations.nodes_see_neighbors(whole).number_rows()
    seen = refine.relation_loop(relation, CPU)[0](relation.color, 3)
    assert np.array_equal(refine.TorchHash(relation, CPU)(relation.color, 3), seen)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("colors", [wl_colors, fwl_colors, klwl_colors, distance_wl_colors])
def test_cuda(colors):
    data = erdos_renyi(20, 0.2, generator=torch.Generator().manual_seed(0))
    found = colors(data.edge_index.cuda(), 20)
    assert found.colors.is_cuda
    assert torch.equal(found.colors.cpu(), colors(data.edge_index, 20).colors)


@pytest.mark.parametrize(
    "colors",
    [wl_colors, fwl_colors, kwl_colors, klwl_colors, distance_wl_colors, subgraph_wl_colors],
)
def test_odd_graphs(colors):
    nothing = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 3):
        found = colors(nothing, size)
        assert found.stable
        assert found.num_graphs == 1
    loops = torch.tensor([[0, 0, 1, 1, 0], [0, 1, 0, 0, 1]])  # a loop, an edge and a repeat
    assert colors(loops, 2).nodes.size(0) >= 2


def test_errors_say_what_came():
    data = ring(4)
    with pytest.raises(ValueError, match="node_labels has 3 rows for 4 nodes"):
        wl_colors(data.edge_index, 4, node_labels=torch.zeros(3))
    with pytest.raises(ValueError, match="holds nan"):
        wl_colors(data.edge_index, 4, node_labels=torch.tensor([0.0, math.nan, 0.0, 0.0]))
    with pytest.raises(ValueError, match="must be sorted"):
        wl_colors(data.edge_index, 4, batch=torch.tensor([0, 1, 0, 1]))
    with pytest.raises(ValueError, match=r"joins graph 0 and graph 1"):
        wl_colors(data.edge_index, 4, batch=torch.tensor([0, 0, 1, 1]))
    with pytest.raises(ValueError, match="k must be 1, 2 or 3, got 4"):
        fwl_colors(data.edge_index, 4, k=4)
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        klwl_colors(data.edge_index, 4, k=0)
    with pytest.raises(ValueError, match="distance must be one of"):
        distance_wl_colors(data.edge_index, 4, distance="hops")
    with pytest.raises(ValueError, match=r"distance is \[3, 3\], not \[4, 4\]"):
        distance_wl_colors(data.edge_index, 4, distance=torch.zeros(3, 3))
    with pytest.raises(TooLargeError, match="use "):
        fwl_colors(ring(300).edge_index, 300, k=3)


def test_a_graph_of_endless_rounds_does_not_fill_the_memory(monkeypatch):
    """A path of n nodes is stable after n/2 rounds, each of n colors."""
    monkeypatch.setattr(refine, "available_bytes", lambda: 2 * 8 * 3000 * 100)
    with pytest.raises(TooLargeError, match=r"after 100 rounds fill half.*give max_rounds"):
        wl_colors(path(3000).edge_index, 3000)
    assert len(wl_colors(path(3000).edge_index, 3000, max_rounds=50).rounds) == 51
