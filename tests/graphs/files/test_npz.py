import pickle
import re
import zipfile

import numpy as np
import pytest
import torch

from workbench.graphs import GraphFileError, read_graph

EDGES = np.array([[0, 1], [1, 2]])


@pytest.fixture
def read(tmp_path):
    def read(*, options=None, **arrays):
        path = tmp_path / "graph.npz"
        np.savez(path, **arrays)
        return read_graph(path, **(options or {}))

    return read


def edges(data):
    return data.edge_index.T.tolist()


def test_edges_listed_once_are_stored_both_ways(read):
    data = read(edge_index=EDGES, num_nodes=4, directed=False)
    assert edges(data) == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert data.num_nodes == 4
    assert data.edge_index.dtype == torch.int64


def test_edges_stored_both_ways_stay(read):
    both = np.concatenate([EDGES, EDGES[::-1]], axis=1).astype(np.uint16)
    assert edges(read(edge_index=both)) == [[0, 1], [1, 0], [1, 2], [2, 1]]


def test_directed_files_keep_their_arcs(read):
    data = read(edge_index=EDGES, directed=True)
    assert edges(data) == [[0, 1], [1, 2]]
    assert data.is_directed()
    assert not read(edge_index=EDGES, directed=True, options={"directed": False}).is_directed()


def test_attributes(read):
    data = read(
        edge_index=EDGES,
        x=np.ones((3, 2), dtype=np.float32),
        y=np.array([1, 0, 1], dtype=np.uint8),
        pos=np.zeros((3, 2)),
        labels=np.array(["a", "b", "ç"]),
        weight=np.array([2.0, 0.5], dtype=np.float32),
        length=np.array([[7.0], [8.0]]),
        train_mask=np.array([True, False, True]),
        note=np.array("a road"),
    )
    assert data.x.dtype == torch.float32
    assert data.y.dtype == torch.int64
    assert data.pos.dtype == torch.float64
    assert data.labels == ["a", "b", "ç"]
    assert data.edge_weight.tolist() == [2.0, 2.0, 0.5, 0.5]
    # what belongs to an edge follows it, both ways
    assert data.length.tolist() == [[7.0], [7.0], [8.0], [8.0]]
    assert data.train_mask.tolist() == [True, False, True]
    assert data.note == "a road"
    assert data.num_nodes == 3


def test_num_nodes_may_be_left_out(read):
    assert read(edge_index=EDGES).num_nodes == 3
    assert read(edge_index=EDGES, pos=np.zeros((6, 2))).num_nodes == 6
    assert read(edge_index=np.zeros((2, 0))).num_nodes == 0


def test_the_heterophilous_publishers_form(read):
    masks = np.zeros((10, 3), dtype=bool)
    data = read(
        edges=EDGES.T,
        node_features=np.ones((3, 5)),
        node_labels=np.array([0, 1, 0]),
        train_masks=masks,
        val_masks=masks,
        test_masks=masks,
    )
    assert edges(data) == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert data.x.shape == (3, 5)
    assert data.y.tolist() == [0, 1, 0]
    assert data.train_mask.shape == (3, 10)


def test_repeats_and_loops(read):
    with pytest.warns(UserWarning, match=r"graph\.npz: 1 repeated edge dropped"):
        data = read(edge_index=np.array([[0, 0, 1], [1, 1, 1]]))
    assert edges(data) == [[0, 1], [1, 0], [1, 1]]


class Trap:
    """Runs code when it is loaded."""

    fired = False

    def __reduce__(self):
        return exec, ("import test_npz; test_npz.Trap.fired = True",)


@pytest.mark.parametrize("key", ["edge_index", "x", "labels"])
def test_a_pickle_inside_is_refused_by_its_key(tmp_path, key):
    path = tmp_path / "graph.npz"
    arrays = {"edge_index": EDGES, key: np.array([Trap(), Trap()], dtype=object)}
    np.savez(path, allow_pickle=True, **arrays)
    with pytest.raises(GraphFileError, match="holds a pickle") as caught:
        read_graph(path)
    assert caught.value.key == key
    assert f"key '{key}'" in str(caught.value)
    assert not Trap.fired


def test_a_pickle_beside_the_arrays_is_refused(tmp_path):
    path = tmp_path / "graph.npz"
    np.savez(path, edge_index=EDGES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x.pkl", pickle.dumps(Trap()))
        archive.writestr("x.npy", pickle.dumps(Trap()))
    with pytest.raises(GraphFileError):
        read_graph(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(GraphFileError, match="pickles can run code"):
        read_graph(path)
    path.write_bytes(b"no zip")
    with pytest.raises(GraphFileError, match="no npz file"):
        read_graph(path)
    assert not Trap.fired


@pytest.mark.parametrize(
    ("arrays", "key", "message"),
    [
        ({"x": np.ones(3)}, "edge_index", "no such key; the file's keys are x"),
        ({"edge_index": np.zeros((3, 2), int)}, "edge_index", "shape [3, 2]; expected [2, edges]"),
        ({"edges": np.zeros((2, 3), int)}, "edges", "expected [edges, 2]"),
        ({"edge_index": np.zeros(4, int)}, "edge_index", "shape [4]"),
        ({"edge_index": EDGES * 1.0}, "edge_index", "type float64; expected integers"),
        ({"edge_index": -EDGES}, "edge_index", "node -2"),
        ({"edge_index": EDGES * 10**12}, "edge_index", "node 2000000000000"),
        ({"edge_index": EDGES, "num_nodes": 2}, "edge_index", "node 2 is outside the 2 nodes"),
        ({"edge_index": EDGES, "num_nodes": [3, 4]}, "num_nodes", "many graphs"),
        ({"edge_index": EDGES, "num_nodes": 2.5}, "num_nodes", "2.5; expected an integer"),
        ({"edge_index": EDGES, "num_nodes": -1}, "num_nodes", "-1"),
        ({"edge_index": EDGES, "num_nodes": 3, "x": np.ones((4, 2))}, "x", "each of 3 nodes"),
        ({"edge_index": EDGES, "pos": np.array(["a", "b", "c"])}, "pos", "expected numbers"),
        ({"edge_index": EDGES, "edge_weight": [1.0]}, "edge_weight", "expected 2 numbers"),
        ({"edge_index": EDGES, "weight": [1.0, -2.0]}, "edge_weight", "entry 1 is -2.0"),
        ({"edge_index": EDGES, "weight": [np.nan, 1.0]}, "edge_weight", "entry 0 is nan"),
        ({"edge_index": EDGES, "directed": [True, False]}, "directed", "True or False"),
    ],
)
def test_the_key_at_fault_is_named(read, arrays, key, message):
    with pytest.raises(GraphFileError, match=re.escape(message)) as caught:
        read(**arrays)
    assert caught.value.key == key


def test_a_damaged_array_is_named(tmp_path):
    path = tmp_path / "graph.npz"
    np.savez(path, edge_index=EDGES, num_nodes=3)
    content = bytearray(path.read_bytes())
    at = content.index(b"\x93NUMPY") + 130
    content[at] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(GraphFileError) as caught:
        read_graph(path)
    assert caught.value.key == "edge_index"


def test_a_header_that_promises_too_much_is_refused(tmp_path):
    path = tmp_path / "graph.npz"
    np.savez(path, edge_index=np.zeros((2, 10), dtype=np.int64))
    content = path.read_bytes().replace(b"(2, 10)", b"(2,10**")
    path.write_bytes(content)
    with pytest.raises(GraphFileError):
        read_graph(path)


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.graphs.files.npz.MOST_BYTES", 10_000)
    path = tmp_path / "graph.npz"
    np.savez_compressed(path, edge_index=EDGES, x=np.zeros((3, 1000)))
    with pytest.raises(GraphFileError, match="unpacks to"):
        read_graph(path)


def test_published_files(data_root):
    data = read_graph(data_root / "road" / "minnesota.npz")
    assert (data.num_nodes, data.edge_index.size(1)) == (2642, 2 * 3303)
    assert data.pos.shape == (2642, 2)
    data = read_graph(data_root / "graphs" / "celegansneural.npz")
    assert (data.num_nodes, data.edge_index.size(1)) == (297, 2345)
    assert data.is_directed()
    assert data.edge_weight.shape == (2345,)
    with pytest.raises(GraphFileError, match="many graphs"):
        read_graph(data_root / "expressiveness" / "exp.npz")
