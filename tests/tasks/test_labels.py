"""Which numbers are classes, and which nodes are in which part."""

import pytest
import torch
from torch_geometric.data import Data

from workbench.tasks import graph_labels, node_labels
from workbench.training import fit, model_for

MASKS = ("train_mask", "val_mask", "test_mask")


def cycle(labels: list[int] | torch.Tensor, **more: object) -> Data:
    y = torch.as_tensor(labels)
    one_way = torch.stack([torch.arange(len(y)), torch.arange(1, len(y) + 1) % len(y)])
    return Data(edge_index=torch.cat([one_way, one_way.flip(0)], dim=1), y=y, **more)


def masks_of(parts: str, kind: torch.dtype = torch.bool) -> dict[str, torch.Tensor]:
    """A letter for each node: t, v, e for train, val, test."""
    return {
        key: torch.tensor([part == one for part in parts]).to(kind)
        for key, one in zip(MASKS, "tve", strict=True)
    }


def singles(labels: list[int]) -> list[Data]:
    edges = torch.tensor([[0, 1], [1, 0]])
    return [Data(edge_index=edges, num_nodes=2, y=torch.tensor([label])) for label in labels]


def test_years_are_as_many_classes_as_there_are_years():
    years = [2014 + i % 3 for i in range(30)]
    task = node_labels(cycle(years))
    assert (task.out_channels, task.classes) == (3, (2014, 2015, 2016))
    assert task.train[0].y.tolist() == [year - 2014 for year in years]
    task = graph_labels(singles(years))
    assert (task.out_channels, task.classes) == (3, (2014, 2015, 2016))
    assert {int(graph.y) for graph in task.train} == {0, 1, 2}
    fit(model_for(task, "GCN", width=4), task, epochs=1)


def test_a_gap_among_classes_is_no_class():
    assert node_labels(cycle([0, 2, 5] * 5)).classes == (0, 2, 5)


@pytest.mark.parametrize("labels", [[-1, 1], [-2, -1], [-1, 0], [-2, -1, 0, 1, 2], [-3, 0, 1]])
def test_classes_that_are_negative_are_refused(labels):
    with pytest.raises(ValueError, match=rf"the labels {labels[0]}, .*number the classes from 0"):
        node_labels(cycle(labels * 8))
    with pytest.raises(ValueError, match=rf"the labels {labels[0]}, .*number the classes from 0"):
        graph_labels(singles(labels * 8))


def test_labels_that_are_not_known_are_counted_in_the_name():
    task = node_labels(cycle([-1, 0, 1, 1] * 5))
    assert "5 of 20 labels not known (-1)" in task.name
    assert task.out_channels == 2
    used = task.train[0].mask | task.val[0].mask | task.test[0].mask
    assert used.tolist() == [label >= 0 for label in task.train[0].y.tolist()]
    task = graph_labels(singles([-1, 0, 1, 1] * 10))
    assert "10 of 40 labels not known (-1)" in task.name
    assert all(int(graph.y) >= 0 for graph in (*task.train, *task.val, *task.test))


@pytest.mark.parametrize("missing", [*((key,) for key in MASKS), MASKS[:2], MASKS[1:]])
def test_masks_are_given_all_three_or_none(missing):
    given = {k: v for k, v in masks_of("ttvvee").items() if k not in missing}
    data = cycle([0, 1] * 3, **given)
    with pytest.raises(ValueError, match=rf"has {' and '.join(given)} but not .*{missing[0]}"):
        node_labels(data)
    whole = node_labels(data, fractions=(0.4, 0.3, 0.3))
    assert int((whole.train[0].mask | whole.val[0].mask | whole.test[0].mask).sum()) == 6


def test_fractions_that_are_given_are_used():
    data = cycle([0, 1] * 10, **masks_of("ttvvee" + "." * 14))
    assert int(node_labels(data).train[0].mask.sum()) == 2
    assert int(node_labels(data, fractions=(0.5, 0.2, 0.3)).train[0].mask.sum()) == 10


@pytest.mark.parametrize("kind", [torch.uint8, torch.int64, torch.float32])
def test_masks_of_zeros_and_ones_are_masks(kind):
    task = node_labels(cycle([0, 1] * 3, **masks_of("ttvvee", kind)))
    assert task.val[0].mask.tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("names", [MASKS, ("train_idx", "val_idx", "test_idx")])
def test_parts_as_lists_of_nodes_are_explained(names):
    lists = (torch.tensor([0, 1]), torch.tensor([2, 3]), torch.tensor([4, 5]))
    data = cycle([0, 1] * 3, **dict(zip(names, lists, strict=True)))
    with pytest.raises(ValueError, match="index_to_mask"):
        node_labels(data)


@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_one_test_mask_serves_all_splits(shape):
    first, second = masks_of("ttvv.."), masks_of("vvtt..")
    masks = {key: torch.stack([first[key], second[key]], dim=1) for key in MASKS[:2]}
    data = cycle([0, 1] * 3, **masks, test_mask=masks_of("....ee")["test_mask"].view(shape))
    for split in (0, 1):
        task = node_labels(data, split=split)
        assert torch.equal(task.train[0].mask, masks["train_mask"][:, split])
        assert task.test[0].mask.nonzero().flatten().tolist() == [4, 5]
    with pytest.raises(ValueError, match="splits 0 to 1, got split=2"):
        node_labels(data, split=2)


def test_masks_of_different_numbers_of_splits_are_refused():
    masks = {key: mask.view(-1, 1).expand(6, 2) for key, mask in masks_of("ttvvee").items()}
    masks["val_mask"] = masks["val_mask"][:, :1].expand(6, 3)
    with pytest.raises(ValueError, match="2 in train_mask, 3 in val_mask, 2 in test_mask"):
        node_labels(cycle([0, 1] * 3, **masks))


@pytest.mark.parametrize("parts", ["..vvee", "tt..ee", "ttvv.."])
def test_a_mask_that_marks_no_node_is_named(parts):
    with pytest.raises(ValueError, match=r"(train|val|test)_mask marks no node in split 0"):
        node_labels(cycle([0, 1] * 3, **masks_of(parts)))


def test_flat_features_are_explained():
    data = cycle([0, 1] * 6, x=torch.arange(12.0))
    with pytest.raises(ValueError, match=r"x of shape \[12\].*x\.view\(-1, 1\)"):
        node_labels(data)
    graphs = singles([0, 1] * 10)
    graphs[3].x = torch.ones(2)
    with pytest.raises(ValueError, match=r"graph 3 has x of shape \[2\].*x\.view\(-1, 1\)"):
        graph_labels(graphs)
