"""Trees whose leaves have to reach the root: the released examples, and what the labels mean."""

import pytest
import torch

from conftest import load_oracle
from workbench.cost import TooLargeError
from workbench.tasks import leaf_counting, tree_neighbors_match, tree_transfer
from workbench.tasks.task import PARTS
from workbench.tasks.tree_neighbors_match import preorder_tree

CASES = {
    name: case
    for name, case in load_oracle("08_synthetic_tasks.json")["TreeNeighboursMatch"].items()
    if isinstance(case, dict)
}


def graphs(task):
    return [graph for part in PARTS for graph in getattr(task, part)]


def numbers(x):
    """Key and value of each node from the one-hot vectors."""
    key, value = x.chunk(2, dim=-1)
    assert bool((key.sum(-1) == 1).all() and (value.sum(-1) == 1).all())
    return torch.stack([key.argmax(-1), value.argmax(-1)], dim=-1)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("name", CASES)
def test_tree_neighbors_match_has_the_released_trees_sizes_and_rule(name):
    case, depth = CASES[name], int(name.removeprefix("depth"))
    edges, leaves = preorder_tree(depth)
    assert sorted(edges.T.tolist()) == sorted(case["edges_child_to_parent"])
    assert leaves.tolist() == case["leaf_indices"]
    task = tree_neighbors_match(depth, variant="official")
    assert len(task.train) == case["num_train"]
    assert len(task.val) + len(task.test) == case["num_test"]
    labels = torch.bincount(torch.stack([graph.y[0] for graph in graphs(task)]))
    assert {str(k): int(n) for k, n in enumerate(labels) if n} == case["labels_histogram"]
    told = numbers(torch.stack([graph.x for graph in graphs(task)]))
    labels = torch.stack([graph.y[0] for graph in graphs(task)])
    holder = told[:, leaves, 0] == told[:, :1, 0]
    assert torch.equal(told[:, leaves, 1][holder], labels)
    ours = {tuple(row): y for row, y in zip(told.flatten(1).tolist(), labels.tolist(), strict=True)}
    assert len(ours) == labels.numel()  # no example comes twice
    for example in case["examples"]:
        key = tuple(torch.tensor(example["x"]).flatten().tolist())
        if depth == 2:  # all permutations are there
            assert ours[key] == example["y"]
        graph = task.train[0]
        assert graph.mask.tolist() == example["root_mask"]
        assert sorted(graph.edge_index.T.tolist()) == sorted(
            map(list, zip(*example["edge_index"], strict=True))
        )


def test_labels_are_classes_from_0_in_the_paper_s_variant():
    task = tree_neighbors_match(2)
    assert task.out_channels == 4
    assert {int(graph.y[0]) for graph in task.train} == set(range(4))


def test_both_ways_and_loops_are_options():
    graph = tree_neighbors_match(2, directed=False, self_loops=False, num_graphs=40).train[0]
    edges = set(map(tuple, graph.edge_index.T.tolist()))
    assert len(edges) == 12
    assert edges == {(v, u) for u, v in edges}
    with pytest.raises(ValueError, match="there are 96 examples of depth 2; got num_graphs=97"):
        tree_neighbors_match(2, num_graphs=97)
    with pytest.raises(ValueError, match="depth must be at least 2, got 1"):
        tree_neighbors_match(1)


def test_examples_that_would_fill_the_memory_are_refused_with_a_number_that_fits():
    with pytest.raises(TooLargeError, match=r"32,000 examples of .* ask for num_graphs=") as error:
        tree_neighbors_match(8)
    fits = int(str(error.value).split("num_graphs=")[1].split(" ")[0].replace(",", ""))
    assert 8 * 511 * 257 * fits <= 4 << 30 < 8 * 511 * 257 * (fits + 1)
    with pytest.raises(TooLargeError, match="leaf_counting"):
        leaf_counting(8)


def test_leaves_are_counted_in_equal_classes_with_no_example_twice():
    task = leaf_counting(3, num_graphs=256)
    leaves = preorder_tree(3)[1]
    seen, counts = set(), {}
    for graph in graphs(task):
        number, mark = graph.x[:, :-1], graph.x[:, -1]
        assert torch.equal(number, torch.eye(15))
        assert int(mark.sum()) == int(mark[leaves].sum()) == task.classes[int(graph.y[0])]
        seen.add(tuple(mark.tolist()))
        counts[int(graph.y[0])] = counts.get(int(graph.y[0]), 0) + 1
    # of 8 leaves all 256 marks: binomials 1 8 28 56 70 56 28 8 1, whose mean is 28.4
    assert task.classes == (3, 4, 5)
    assert counts == {0: 28, 1: 28, 2: 28}
    assert len(seen) == 84
    assert [len(getattr(task, part)) for part in PARTS] == [67, 9, 8]
    with pytest.raises(ValueError, match="comes often enough"):
        leaf_counting(2, num_graphs=1)


def test_of_a_deep_tree_marks_are_drawn():
    task = leaf_counting(5, num_graphs=600)
    assert task.in_channels == 64
    assert {15, 16, 17} <= set(task.classes) <= set(range(10, 23))


def test_a_tree_carries_the_class_of_its_last_leaf_to_the_root():
    task = tree_transfer(3, branching=3, num_classes=4)
    graph = task.train[2]
    assert graph.num_nodes == 40
    assert graph.x[39].tolist() == [0, 0, 1, 0]
    assert graph.mask.nonzero().tolist() == [[0]]
    assert int(graph.y[0]) == 2
