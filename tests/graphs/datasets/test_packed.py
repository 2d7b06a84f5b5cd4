"""Many graphs in one file come out one by one, kinds as columns, parts as the file names them."""

import numpy as np
import pytest
import torch

from workbench.graphs import GraphFileError, read_packed


@pytest.fixture
def arrays():
    """An edge, a lone node and a path of three."""
    return {
        "num_nodes": np.array([2, 1, 3], dtype=np.int32),
        "num_edges": np.array([2, 0, 4], dtype=np.int32),
        "edge_index": np.array([[0, 1, 0, 1, 1, 2], [1, 0, 1, 0, 2, 1]], dtype=np.uint8),
        "x": np.array([[6, 0], [8, 0], [6, 1], [7, 0], [6, 0], [8, 0]], dtype=np.uint8),
        "edge_attr": np.array([1, 1, 2, 2, 1, 1], dtype=np.uint8),
        "y": np.array([0.5, 1.5, -1.0], dtype=np.float32),
        "split": np.array([1, 0, 1], dtype=np.uint8),
        "split_names": np.array(["train", "val"]),
    }


def written(tmp_path, arrays):
    path = tmp_path / "three.npz"
    np.savez(path, **arrays)
    return path


def test_the_graphs_come_out_one_by_one(tmp_path, arrays):
    found = read_packed(written(tmp_path, arrays))
    assert (found.name, len(found)) == ("three", 3)
    assert found.parts == {"train": [1], "val": [0, 2]}
    assert [graph.num_nodes for graph in found] == [2, 1, 3]
    assert found[1].edge_index.shape == (2, 0)
    assert found[2].edge_index.tolist() == [[0, 1, 1, 2], [1, 0, 2, 1]]
    # 6, 7, 8 and then 0, 1
    assert found[2].x.tolist() == [[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [0, 0, 1, 1, 0]]
    assert found[1].x.tolist() == [[1, 0, 0, 0, 1]]
    assert found[2].edge_attr.tolist() == [[0, 1], [0, 1], [1, 0], [1, 0]]
    assert [graph.y.tolist() for graph in found] == [[0.5], [1.5], [-1.0]]


def test_fewer_graphs_have_the_same_columns(tmp_path, arrays):
    found = read_packed(written(tmp_path, arrays), num_graphs=1)
    assert [graph.num_nodes for graph in found] == [2, 1]
    assert found.parts == {"train": [1], "val": [0]}
    assert found[0].x.tolist() == [[1, 0, 0, 1, 0], [0, 0, 1, 1, 0]]
    in_order = {**arrays, "split": np.array([0, 0, 1])}
    found = read_packed(written(tmp_path, in_order), num_graphs=1)
    assert [graph.num_nodes for graph in found] == [2, 3]
    assert found.parts == {"train": [0], "val": [1]}
    with pytest.raises(ValueError, match="num_graphs must be at least 1, got 0"):
        read_packed(tmp_path / "three.npz", num_graphs=0)


def test_numbers_themselves_if_asked_for(tmp_path, arrays):
    found = read_packed(written(tmp_path, arrays), one_hot=False)
    assert found[2].x.tolist() == [[7, 0], [6, 0], [8, 0]]
    assert found[2].x.dtype == torch.float32


@pytest.mark.parametrize(
    ("y", "dtype", "first"),
    [
        (np.array([3, 1, 2], dtype=np.uint8), torch.int64, [3]),
        (np.array([[0, 1], [1, 1], [0, 0]], dtype=np.uint8), torch.float32, [[0, 1]]),
        (np.array([[0, 2], [1, 1], [0, 0]], dtype=np.uint8), torch.int64, [[0, 2]]),
        (np.array([[0.5, 2], [1, 1], [0, 0]]), torch.float32, [[0.5, 2]]),
    ],
)
def test_labels_keep_their_kind(tmp_path, arrays, y, dtype, first):
    [one, *_] = read_packed(written(tmp_path, {**arrays, "y": y}))
    assert one.y.dtype == dtype
    assert one.y.tolist() == first


def test_a_file_that_does_not_fit_together_is_refused(tmp_path, arrays):
    with pytest.raises(GraphFileError, match=r"expected an array.*"):
        read_packed(written(tmp_path, {k: v for k, v in arrays.items() if k != "num_edges"}))
    for key in ("x", "y", "split", "edge_attr", "edge_index"):
        shorter = arrays[key][..., :-1] if key == "edge_index" else arrays[key][:-1]
        with pytest.raises(GraphFileError, match="do not fit 6 nodes, 6 edges"):
            read_packed(written(tmp_path, {**arrays, key: shorter}))
    many = {**arrays, "num_nodes": np.array([2, 1, 297]), "x": np.arange(300)}
    with pytest.raises(GraphFileError, match="300 different numbers; read it with one_hot=False"):
        read_packed(written(tmp_path, many))
    with pytest.raises(GraphFileError, match="expected numbers"):
        read_packed(written(tmp_path, {**arrays, "x": np.array(list("abcdef"))}))


def test_real_molecules(data_root):
    zinc = read_packed(data_root / "molecules" / "zinc12k_val_test.npz")
    assert {part: len(members) for part, members in zinc.parts.items()} == {
        "val": 1000,
        "test": 1000,
    }
    assert sum(graph.num_nodes for graph in zinc) == 46200
    assert zinc[0].y.tolist() == pytest.approx([0.6299158])
    assert bool((zinc[0].x.sum(dim=1) == 1).all())
