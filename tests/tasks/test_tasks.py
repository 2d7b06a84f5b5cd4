"""Tasks: what is asked, of whom, and what guessing would score."""

import copy
import inspect
import os
from pathlib import Path
from types import MappingProxyType

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.transforms import AddRandomWalkPE, BaseTransform
from torch_geometric.utils import from_networkx, to_undirected

from conftest import ORACLES, load_oracle
from workbench.tasks import (
    TASKS,
    Task,
    clique_path_transfer,
    crossed_ring_transfer,
    graph_labels,
    graph_values,
    held_out_links,
    node_labels,
    ring_transfer,
    transfer,
)
from workbench.tasks.labels import stratified_split
from workbench.tasks.transfer import farthest_pair

PARTS = ("train", "val", "test")


def data_of(graph: nx.Graph) -> Data:
    return Data(edge_index=from_networkx(graph).edge_index, num_nodes=graph.number_of_nodes())


def karate_with_labels() -> Data:
    graph = nx.karate_club_graph()
    data = Data(edge_index=to_undirected(torch.tensor(list(graph.edges)).T), num_nodes=34)
    data.y = torch.tensor([int(club != "Mr. Hi") for _, club in graph.nodes(data="club")])
    return data


def labeled_graphs(count=40) -> list[Data]:
    edge_index = torch.tensor([[0, 1], [1, 0]])
    return [
        Data(edge_index=edge_index.clone(), num_nodes=2, y=torch.tensor([i % 4 // 3]))
        for i in range(count)
    ]


def measured_graphs(count=40) -> list[Data]:
    """The same graphs, their labels as values."""
    graphs = labeled_graphs(count)
    for graph in graphs:
        graph.y = graph.y.float()
    return graphs


def clrs_file() -> str:
    """A file as CLRS-30's: two nodes, the second reached from the first."""
    pair = {"inputs/A": [[[0, 1], [1, 0]]], "inputs/pos": [[0, 0.5]], "outputs/pi": [[0, 0]]}
    arrays = {f"{part}/{key}": np.array(array) for part in PARTS for key, array in pair.items()}
    file = Path(os.environ["WORKBENCH_DATA"]) / "clrs.npz"
    np.savez(file, **arrays)
    return str(file)


#: Something to make any task from, by its name or by the name of its first argument.
MATERIAL = {
    "graph_values": measured_graphs,
    "graph_multilabels": measured_graphs,
    "num_nodes": lambda: 8,
    "num_trees": lambda: 5,
    "largest": lambda: 12,
    "depth": lambda: 3,
    "tree_neighbors_match": lambda: 2,
    "leaf_counting": lambda: 3,
    "size": lambda: 5,
    "num_leaves": lambda: 4,
    "num_keys": lambda: 4,
    "num_graphs": lambda: 30,
    "path": lambda: clrs_file(),
    "data": karate_with_labels,
    "dataset": labeled_graphs,
}


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_is_whole_and_comes_out_the_same_twice(name):
    make = TASKS[name]
    first = next(iter(inspect.signature(make).parameters))
    material = MATERIAL[name if name in MATERIAL else first]
    task, again = make(material()), make(material())
    assert isinstance(task, Task)
    assert task.name == again.name
    assert 0 < task.chance < 1
    for part in PARTS:
        for graph, same in zip(getattr(task, part), getattr(again, part), strict=True):
            assert torch.equal(graph.x, same.x)
            assert torch.equal(graph.edge_index, same.edge_index)
            assert torch.equal(graph.y, same.y)


# Transfer


@pytest.mark.parity
@pytest.mark.skipif(
    not (ORACLES / "08_synthetic_tasks.json").exists(),
    reason="this oracle folder has no synthetic tasks",
)
def test_ring_transfer_is_the_published_task():
    cases = load_oracle("08_synthetic_tasks.json")["RingTransfer"]
    cases = {name: case for name, case in cases.items() if isinstance(case, dict)}
    assert cases
    for case in cases.values():
        for example in case["examples"]:
            x = torch.tensor(example["x"])
            task = ring_transfer(x.size(0), num_classes=x.size(1))
            [label] = example["y"]
            graph = task.train[label]
            assert torch.equal(graph.x, x)
            assert sorted(graph.edge_index.T.tolist()) == sorted(
                map(list, zip(*example["edge_index"], strict=True))
            )
            assert graph.mask.tolist() == example["mask"]
            assert graph.y[graph.mask].tolist() == [label]
        labels = case["labels_of_5c_samples"]
        task = ring_transfer(x.size(0), num_classes=x.size(1), train=len(labels))
        assert [int(graph.y[graph.mask]) for graph in task.train] == labels


def test_sizes_must_balance_the_classes():
    with pytest.raises(ValueError, match=r"val must be a multiple of num_classes=5.*got 7"):
        ring_transfer(10, val=7)
    task = ring_transfer(10, train=1600, val=200, test=200)
    assert [len(getattr(task, part)) for part in PARTS] == [1600, 200, 200]
    # copies of a class are one graph, and cost nothing
    assert len({id(graph) for part in PARTS for graph in getattr(task, part)}) == 5


@pytest.mark.parametrize(
    ("task", "distance"),
    [
        (ring_transfer(12), 6),
        (crossed_ring_transfer(12), 6),
        (clique_path_transfer(12), 7),
        (clique_path_transfer(20), 11),
    ],
)
def test_the_class_is_as_far_away_as_published(task, distance):
    graph = task.train[3]
    target = next(v for v in range(graph.num_nodes) if graph.x[v].tolist() == [0, 0, 0, 1, 0])
    source = int(graph.mask.nonzero())
    assert source == 0
    assert graph.x[source].tolist() == [0] * 5
    hops = nx.shortest_path_length(nx.Graph(graph.edge_index.T.tolist()), source, target)
    assert hops == distance
    others = [v for v in range(graph.num_nodes) if v not in (source, target)]
    assert bool((graph.x[others] == 1).all())
    assert task.chance == 1 / 5


def test_the_default_pair_is_the_farthest_of_the_largest_component():
    graph = nx.disjoint_union(nx.path_graph(9), nx.cycle_graph(12))
    source, target = farthest_pair(data_of(graph).edge_index, 21)
    assert (source, target) == (9, 15)
    for seed in range(5):
        graph = nx.connected_watts_strogatz_graph(40, 4, 0.1, seed=seed)
        pair = farthest_pair(data_of(graph).edge_index, 40)
        assert nx.shortest_path_length(graph, *pair) == nx.diameter(graph)


def test_on_a_large_tree_the_double_sweep_is_exact():
    graph = nx.random_labeled_tree(1500, seed=0)
    pair = farthest_pair(data_of(graph).edge_index, 1500)
    assert nx.shortest_path_length(graph, *pair) == nx.diameter(graph)


def test_noise_makes_every_graph_another_one():
    generator = torch.Generator().manual_seed(3)
    data = data_of(nx.path_graph(5))
    task = transfer(data, fill="noise", train=10, test=10, generator=generator)
    features = {tuple(g.x.flatten().tolist()) for part in PARTS for g in getattr(task, part)}
    assert len(features) == 10 + 5 + 10
    assert all(g.x[0].eq(0).all() for g in task.test)
    again = transfer(
        data, fill="noise", train=10, test=10, generator=torch.Generator().manual_seed(3)
    )
    assert torch.equal(again.test[7].x, task.test[7].x)


def test_source_and_target_may_be_chosen_even_in_two_components():
    task = transfer(
        data_of(nx.disjoint_union(nx.path_graph(3), nx.path_graph(2))), source=4, target=0
    )
    assert task.train[2].mask.tolist() == [False, False, False, False, True]
    assert task.train[2].x[0].tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": 1}, "give both source and target or neither; got 1 and None"),
        ({"source": 1, "target": 1}, "two different nodes from 0 to 3; got 1 and 1"),
        ({"source": 1, "target": 4}, "two different nodes from 0 to 3; got 1 and 4"),
        ({"num_classes": 1}, "num_classes must be at least 2, got 1"),
        ({"fill": "zeros"}, "fill must be one of ones, noise; got 'zeros'"),
    ],
)
def test_a_wrong_option_says_what_came_in(options, message):
    with pytest.raises(ValueError, match=message):
        transfer(data_of(nx.path_graph(4)), **options)


def test_a_graph_that_cannot_carry_anything_is_refused():
    with pytest.raises(ValueError, match="this graph of 3 nodes has no edge"):
        transfer(data_of(nx.empty_graph(3)))
    with pytest.raises(ValueError, match="to_undirected"):
        transfer(Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3))


# Map


class AddEdge(BaseTransform):
    """A stand-in for a random rewiring: another edge at each call."""

    def __init__(self):
        self.calls = 0

    def forward(self, data):
        self.calls += 1
        new = torch.tensor([[0, self.calls + 1], [self.calls + 1, 0]])
        data.edge_index = torch.cat([data.edge_index, new], dim=1)
        return data


def test_map_gives_the_graphs_of_a_transfer_task_one_new_structure():
    task, rewire = ring_transfer(10, train=20), AddEdge()
    before = copy.deepcopy(task.train[0].edge_index)
    mapped = task.map(rewire)
    assert rewire.calls == 1
    assert torch.equal(task.train[0].edge_index, before)
    shared = mapped.train[0].edge_index
    for part in PARTS:
        for old, new in zip(getattr(task, part), getattr(mapped, part), strict=True):
            assert new.edge_index is shared
            assert new.x is old.x
            assert new.y is old.y
    assert mapped.name == "transfer(ring(10), 0 from 5), AddEdge()"


def test_map_transforms_each_graph_of_a_data_set_once():
    task, rewire = graph_labels(labeled_graphs()), AddEdge()
    mapped = task.map(rewire)
    assert rewire.calls == 40
    assert len(mapped.train) == len(task.train)


def test_map_keeps_new_features():
    task = node_labels(karate_with_labels())
    mapped = task.map(AddRandomWalkPE(4, attr_name=None))
    assert mapped.in_channels == 34 + 4
    assert torch.equal(mapped.val[0].mask, task.val[0].mask)
    task = ring_transfer(8).map(AddRandomWalkPE(4, attr_name=None))
    assert {tuple(graph.x[4, :5].tolist()) for graph in task.train} == {
        tuple(row) for row in torch.eye(5).tolist()
    }


# Labels


def test_masks_of_the_data_are_used_and_split_chooses_among_them():
    data = karate_with_labels()
    one, two = torch.arange(34) < 10, torch.arange(34) < 20
    data.train_mask, data.val_mask, data.test_mask = one, one, two
    assert torch.equal(node_labels(data).train[0].mask, one)
    with pytest.raises(ValueError, match="splits 0 to 0, got split=1"):
        node_labels(data, split=1)
    for part in PARTS:
        data[f"{part}_mask"] = torch.stack([one, two], dim=1)
    assert torch.equal(node_labels(data, split=1).train[0].mask, two)


def test_a_random_split_parts_the_nodes():
    task = node_labels(karate_with_labels(), split=3)
    masks = torch.stack([getattr(task, part)[0].mask for part in PARTS])
    assert bool((masks.sum(dim=0) == 1).all())
    assert masks.sum(dim=1).tolist() == [10, 7, 17]
    other = node_labels(karate_with_labels(), split=4)
    assert not torch.equal(other.train[0].mask, task.train[0].mask)


def test_guessing_answers_the_most_frequent_class():
    data = Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=100)
    data.y = (torch.arange(100) < 20).long()
    assert node_labels(data).chance == pytest.approx(0.8)


def test_nodes_without_a_label_are_in_no_part():
    data = karate_with_labels()
    data.y[:4] = -1
    task = node_labels(data)
    assert not any(bool(getattr(task, part)[0].mask[:4].any()) for part in PARTS)


def test_graph_labels_parts_the_data_set_class_by_class():
    task = graph_labels(labeled_graphs(80), generator=torch.Generator().manual_seed(1))
    sizes = [len(getattr(task, part)) for part in PARTS]
    assert sizes == [64, 8, 8]
    assert [sum(int(g.y) for g in getattr(task, part)) for part in PARTS] == [16, 2, 2]
    assert len({id(g) for part in PARTS for g in getattr(task, part)}) == 80
    assert task.in_channels == 1


@pytest.mark.parametrize("seed", range(5))
def test_a_split_has_every_class_in_its_train_part(seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 12, (60,), generator=generator)
    train, val, test = stratified_split(labels, (0.1, 0.4, 0.5), generator)
    assert set(labels[train].tolist()) == set(labels.tolist())
    assert not bool((train & val).any() or (train & test).any() or (val & test).any())


def test_labels_that_are_no_classes_are_refused():
    data = karate_with_labels()
    data.y = data.y + 0.5
    with pytest.raises(ValueError, match="no classes"):
        node_labels(data)
    del data.y
    with pytest.raises(ValueError, match="needs one label y for each of 34; got none"):
        node_labels(data)
    with pytest.raises(ValueError, match="graph 0 needs one label y; got shape"):
        graph_labels([karate_with_labels()])
    with pytest.raises(ValueError, match="test part comes out empty"):
        graph_labels(labeled_graphs(4))
    with pytest.raises(ValueError, match="add up to at most 1"):
        node_labels(karate_with_labels(), fractions=(0.6, 0.6, 0.1))


def test_a_large_graph_without_features_is_refused_before_it_fills_the_memory():
    data = Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=6000)
    data.y = torch.arange(6000) % 2
    with pytest.raises(ValueError, match="6000 nodes and no features"):
        node_labels(data)


# Task


def test_a_task_checks_its_graphs():
    good = ring_transfer(6)
    options = {"name": "t", "level": "node", "in_channels": 5, "out_channels": 5}
    parts = {part: getattr(good, part) for part in PARTS}
    with pytest.raises(ValueError, match="no val graphs"):
        Task(**{**options, **parts, "val": []})
    with pytest.raises(ValueError, match=r"in_channels=4"):
        Task(**{**options, **parts, "in_channels": 4})
    with pytest.raises(ValueError, match=r"train\[4\] of task 't' has labels 4 to 4"):
        Task(**{**options, **parts, "out_channels": 4})
    with pytest.raises(
        ValueError, match="level must be one of node, edge, pair, graph; got 'city'"
    ):
        Task(**{**options, **parts, "level": "city"})
    unmasked = good.train[0].clone()
    unmasked.mask[:] = False
    with pytest.raises(ValueError, match="scores no node"):
        Task(**{**options, **parts, "train": [unmasked]})
    del unmasked.mask
    with pytest.raises(ValueError, match="has no mask; a node-level task needs it"):
        Task(**{**options, **parts, "train": [unmasked]})


def test_labels_are_never_converted():
    """0.3 is no class, a class is no value, and 2 is no label."""
    one = Data(x=torch.ones(2, 1), edge_index=torch.zeros(2, 0, dtype=torch.int64))

    def task_of(y, **options):
        graph = one.clone()
        graph.y = y
        return Task("t", "graph", [graph], [graph], [graph], 1, **{"out_channels": 2, **options})

    with pytest.raises(TypeError, match=r"y of float32, such as 0\.3; classes are int64"):
        task_of(torch.tensor([0.3]))
    with pytest.raises(TypeError, match="y of int32, such as 1; classes are int64"):
        task_of(torch.tensor([1], dtype=torch.int32))
    with pytest.raises(TypeError, match=r"y of int64; values are floating.*target='class'"):
        task_of(torch.tensor([[0, 1]]), target="value")
    with pytest.raises(TypeError, match=r"y of bool; several labels are floating"):
        task_of(torch.tensor([[True, False]]), target="multilabel")
    with pytest.raises(ValueError, match=r"the label 0\.3; each of several is 0, 1 or NaN"):
        task_of(torch.tensor([[0.3, 1.0]]), target="multilabel")
    with pytest.raises(ValueError, match="infinite value"):
        task_of(torch.tensor([[torch.inf, 1.0]]), target="value")
    with pytest.raises(ValueError, match=r"y of shape \[1\].*needs \[1, 2\]"):
        task_of(torch.tensor([0.5]), target="value")
    with pytest.raises(ValueError, match=r"labels 2 to 2; expected 0 to 1 \(a pointer\)"):
        task_of(torch.tensor([2]), target="pointer", out_channels=1)
    with pytest.raises(TypeError, match="the int64 number of a node"):
        task_of(torch.tensor([1.0]), target="pointer", out_channels=1)
    assert task_of(torch.tensor([[torch.nan, 1.0]]), target="multilabel").metric.startswith("av")
    with pytest.raises(ValueError, match=r"labels that are no classes: torch.float32 such as 0\b"):
        graph_labels(measured_graphs())


def test_weights_and_other_attributes_stay_with_the_graph():
    data = karate_with_labels()
    data.edge_weight = torch.rand(data.num_edges)
    data.walks = torch.rand(34, 3)
    task = node_labels(data)
    for part in PARTS:
        [graph] = getattr(task, part)
        assert graph.edge_weight is data.edge_weight
        assert graph.walks is data.walks
    data.edge_weight = torch.rand(5)
    with pytest.raises(ValueError, match=r"edge_weight of shape \[5\] and 156 edges"):
        node_labels(data)


def test_map_tells_weights_apart_and_leaves_labels_of_pairs():
    """Two graphs on the same edges with other weights are two structures."""
    edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    graphs = [
        Data(
            x=torch.ones(3, 1),
            edge_index=edges,
            edge_weight=torch.full((4,), float(number)),
            edge_label_index=edges,
            y=torch.tensor([0, 1, 1, 0]),
        )
        for number in (1, 2)
    ]
    task = Task("t", "edge", graphs, graphs, graphs, in_channels=1, out_channels=2)

    def half(data):
        data = copy.copy(data)
        data.edge_index, data.y = data.edge_index[:, :2], data.y[:2]
        data.edge_weight = data.edge_weight[:2]
        return data

    mapped = task.map(half)
    assert [float(graph.edge_weight[0]) for graph in mapped.train] == [1, 2]
    assert mapped.train[1].edge_index.tolist() == [[0, 1], [1, 0]]
    assert mapped.train[1].y.tolist() == [0, 1, 1, 0]
    assert mapped.train[1].edge_label_index is edges


def test_graphs_come_in_the_parts_of_their_data_set_or_in_random_ones():
    class Parted(list):
        name = "mine"
        parts = MappingProxyType({"train": [3, 4], "val": [0], "test": [1]})

    graphs = Parted(measured_graphs(10))
    task = graph_values(graphs)
    assert task.name == "graph_values(mine)"
    assert [graph.y for graph in task.train] == [graphs[3].y, graphs[4].y]
    assert [len(getattr(task, part)) for part in PARTS] == [2, 1, 1]
    task = graph_values(graphs, fractions=(0.5, 0.2, 0.3))
    assert [len(getattr(task, part)) for part in PARTS] == [5, 2, 3]
    with pytest.raises(ValueError, match="the val part comes out empty: 10 graphs"):
        graph_values(graphs, fractions=(0.9, 0.0, 0.1))
    with pytest.raises(ValueError, match="add up to at most 1"):
        graph_values(graphs, fractions=(0.9, 0.3, 0.1))


def test_guessing_values_answers_with_the_median_of_the_train_part():
    graphs = measured_graphs(6)
    for graph, value in zip(graphs, (0.0, 1.0, 8.0, 5.0, 5.0, 3.0), strict=True):
        graph.y = torch.tensor([value])
    graphs = type("Parted", (list,), {"parts": {"train": [0, 1, 2], "val": [3], "test": [4, 5]}})(
        graphs
    )
    assert graph_values(graphs).chance == 3.0  # 5 - 1 and 3 - 1
    assert graph_values(graphs, metric="rmse").chance == pytest.approx(2**0.5)  # mean 3


def test_held_out_links_are_told_from_the_other_edges():
    data = karate_with_labels()
    task = held_out_links(data, negatives=5)
    whole = {tuple(pair) for pair in data.edge_index.T.tolist()}
    [train], [val], [test] = task.train, task.val, task.test
    assert train.edge_index is val.edge_index is test.edge_index
    seen = {tuple(pair) for pair in train.edge_index.T.tolist()}
    gone = set()
    for part in (val, test):
        pairs = [tuple(pair) for pair in part.edge_label_index.T.tolist()]
        true = {pair for pair, y in zip(pairs, part.y.tolist(), strict=True) if y}
        false = {pair for pair, y in zip(pairs, part.y.tolist(), strict=True) if not y}
        assert len(pairs) == 6 * len(true)
        assert true <= whole - seen - gone
        assert not false & whole
        assert all(u != v for u, v in false)
        assert {u for u, _ in false} == {u for u, _ in true}
        gone |= true
    assert seen | gone == whole
    # all alike: the middle among the negatives of the source, 5 for each of its links
    links = test.edge_label_index[0, test.y == 1]
    middle = 1 + 5 * links.bincount()[links].double() / 2
    assert task.chance == pytest.approx(float((1 / middle).mean()))
    with pytest.raises(ValueError, match="to_undirected"):
        held_out_links(Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3))
    with pytest.raises(ValueError, match="must be at least 1; got 0 and 32"):
        held_out_links(data, negatives=0)
