import warnings

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Data

from workbench.graphs import (
    GraphFileError,
    GraphNote,
    from_networkx,
    generators,
    read_graph,
    to_networkx,
    write_graph,
)

ALL = [".graphml", ".gml", ".gexf", ".json", ".txt", ".tsv", ".edges", ".edgelist", ".csv", ".g6"]
ALL += [".s6", ".d6", ".mtx", ".net", ".adjlist", ".npz", ".pt"]
# a graph without edges, or one whose arcs are symmetric, says no direction in any of them
KEEPS_NODES = [".graphml", ".gml", ".gexf", ".json", ".txt", ".npz", ".pt"]
KEEPS_ATTRIBUTES = [".graphml", ".gml", ".gexf", ".json", ".npz", ".pt"]

# printable names that every format can hold; each test of one format adds its own limits
names = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="#%"), min_size=1)


@st.composite
def graphs(draw, *, labels=False, isolated=True):
    """Small graphs with all that a file can hold: loops, direction, weights, isolated nodes."""
    n = draw(st.integers(0 if isolated else 1, 7))
    graph = nx.DiGraph() if draw(st.booleans()) else nx.Graph()
    graph.add_nodes_from(range(n))
    node = st.integers(0, max(n - 1, 0))
    if n:
        graph.add_edges_from(draw(st.lists(st.tuples(node, node), max_size=12)))
    if not isolated:
        graph.add_edges_from((v, v) for v in list(graph) if graph.degree(v) == 0)
    if draw(st.booleans()):
        weight = st.floats(0, 1e300, allow_subnormal=False)
        for edge in graph.edges.values():
            edge["weight"] = draw(weight)
    data = from_networkx(graph)
    if labels and n:
        data.labels = draw(st.lists(names, min_size=n, max_size=n, unique=True))
    return data


def same(back, data, *, exact=True):
    assert torch.equal(back.edge_index, data.edge_index)
    assert back.num_nodes == data.num_nodes
    # a graph without edges has no weights to write
    if data.edge_index.numel():
        assert ("edge_weight" in back) == ("edge_weight" in data)
        if "edge_weight" in data:
            assert torch.equal(back.edge_weight, data.edge_weight)
    if exact and data.num_nodes:
        own = [str(i) for i in range(data.num_nodes)]
        assert back.get("labels", own) == data.get("labels", own)


@pytest.mark.parametrize("suffix", KEEPS_NODES)
@settings(max_examples=60, deadline=None)
@given(data=graphs(labels=True))
def test_round_trip(tmp_path_factory, suffix, data):
    path = tmp_path_factory.mktemp("round") / f"graph{suffix}"
    write_graph(data, path)
    same(read_graph(path), data)


def test_two_weights_of_a_pair_in_a_pyg_file_stay_two(tmp_path):
    edge_index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    for weight, directed in ([0.0, 1.0, 2.0, 2.0], True), ([1.0, 1.0, 2.0, 2.0], False):
        data = Data(edge_index=edge_index, edge_weight=torch.tensor(weight), num_nodes=3)
        torch.save(data, tmp_path / "graph.pt")
        if directed:
            with pytest.warns(GraphNote, match="the two weights of a pair differ, so edges are"):
                back = read_graph(tmp_path / "graph.pt")
        else:
            back = read_graph(tmp_path / "graph.pt")
        assert back.edge_weight.tolist() == weight


@pytest.mark.parametrize("suffix", [".mtx", ".net", ".s6", ".d6", ".adjlist"])
@settings(max_examples=60, deadline=None)
@given(data=graphs())
def test_round_trip_or_a_refusal(tmp_path_factory, suffix, data):
    path = tmp_path_factory.mktemp("round") / f"graph{suffix}"
    graph = to_networkx(data)
    weighted = any("weight" in edge for edge in graph.edges.values())
    bare = suffix in (".s6", ".d6", ".adjlist")
    if bare and (weighted or (graph.is_directed() and suffix != ".d6")):
        with pytest.raises(ValueError, match="has no place for"):
            write_graph(data, path)
        assert not path.exists()
    elif suffix == ".adjlist" and data.num_nodes == 0:
        write_graph(data, path)
        with pytest.raises(GraphFileError, match="empty"):
            read_graph(path)
    else:
        write_graph(data, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pajek leaves out weights that are all 1
            back = read_graph(path)
        if suffix == ".net" and set(data.get("edge_weight", torch.ones(0)).tolist()) == {1.0}:
            back.edge_weight = torch.ones_like(data.edge_weight)
        same(back, data)


@pytest.mark.parametrize("suffix", KEEPS_ATTRIBUTES)
def test_everything_a_graph_has_comes_back(tmp_path, suffix):
    """Names, ids, places in all their digits, classes as words, attributes of nodes and edges."""
    edge_index = torch.tensor([[0, 0, 1, 1, 2, 2, 3], [1, 2, 0, 2, 0, 1, 3]])
    data = Data(
        edge_index=edge_index,
        num_nodes=5,
        edge_weight=torch.tensor([1e-5, 2, 1e-5, 1e20, 2, 1e20, 0.1], dtype=torch.float64),
        edge_length=torch.tensor([1.5, 2.5, 1.5, 3.5, 2.5, 3.5, 4.5], dtype=torch.float64),
        edge_type=torch.tensor([0, 1, 0, 2, 1, 2, 3]),
        labels=["Ann & Co", 'Bob "B"', "Zoë", "Ann", "ж <x>"],
        ids=["7", "12", "3", "100", "5"],
        pos=torch.tensor([[4400123.45, 0.1], [1e-7, 2], [3, 4], [5, -6], [7, 8.25]]).double(),
        y=torch.tensor([1, 0, 1, 0, 1]),
        class_names=["blue", "red"],
        year=torch.tensor([1999, 2001, -5, 2**40, 0]),
        share=torch.tensor([0.25, float("nan"), 1e-300, -2.0, 3.0], dtype=torch.float64),
        town=["Oslo", "", "Bergen", "Åre", "x"],
        name="mine",
    )
    path = tmp_path / f"graph{suffix}"
    write_graph(data, path)
    back = read_graph(path)
    same(back, data)
    assert set(back.keys()) == set(data.keys())
    for key in ("ids", "class_names", "town", "name"):
        assert back[key] == data[key], key
    for key in ("edge_length", "edge_type", "pos", "y", "year", "share"):
        assert torch.equal(torch.nan_to_num(back[key]), torch.nan_to_num(data[key])), key
        assert back[key].dtype == data[key].dtype, key


def test_csv_holds_what_belongs_to_edges(tmp_path):
    data = generators.ring(4)
    data.edge_weight = torch.full((8,), 0.5, dtype=torch.float64)
    data.edge_length = torch.full((8,), 2.5, dtype=torch.float64)
    write_graph(data, tmp_path / "graph.csv")
    with pytest.warns(UserWarning, match="further columns: 'length'"):
        back = read_graph(tmp_path / "graph.csv")
    same(back, data)
    assert torch.equal(back.edge_length, data.edge_length)


def test_names_are_ids_where_each_is_there_once(tmp_path):
    data = generators.ring(3)
    data.labels = ["Ann", "Bob", "Cyd"]
    write_graph(data, tmp_path / "graph.graphml")
    assert list(nx.read_graphml(tmp_path / "graph.graphml")) == ["Ann", "Bob", "Cyd"]
    data.labels = ["Ann", "Ann", "Cyd"]
    for suffix in (".graphml", ".gml", ".gexf", ".json"):
        write_graph(data, tmp_path / f"graph{suffix}")
        assert read_graph(tmp_path / f"graph{suffix}").labels == data.labels
        assert "ids" not in read_graph(tmp_path / f"graph{suffix}")


def test_a_large_class_survives_gml(tmp_path):
    data = generators.ring(3)
    data.y = torch.tensor([0, 2**31, 2**62])
    write_graph(data, tmp_path / "graph.gml")
    assert read_graph(tmp_path / "graph.gml").y.tolist() == data.y.tolist()


@settings(max_examples=60, deadline=None)
@given(data=graphs(isolated=False))
def test_round_trip_of_csv(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("round") / "graph.csv"
    write_graph(data, path)
    same(read_graph(path), data)


@settings(max_examples=60, deadline=None)
@given(data=graphs(labels=True, isolated=False))
def test_round_trip_of_csv_with_names(tmp_path_factory, data):
    """Rows name the nodes, so their numbers may change; the named graph is the same."""
    path = tmp_path_factory.mktemp("round") / "graph.csv"
    write_graph(data, path)
    back = read_graph(path)

    def named(data):
        own = [str(i) for i in range(data.num_nodes)]
        graph = to_networkx(data)
        return nx.relabel_nodes(graph, dict(enumerate(data.get("labels", own))))

    assert nx.utils.edges_equal(named(back).edges(data="weight"), named(data).edges(data="weight"))


@settings(max_examples=60, deadline=None)
@given(data=graphs())
def test_round_trip_of_graph6_or_a_refusal(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("round") / "graph.g6"
    graph = to_networkx(data)
    weighted = any("weight" in edge for edge in graph.edges.values())
    if graph.is_directed() or weighted or nx.number_of_selfloops(graph):
        with pytest.raises(ValueError, match="graph6 has no place for"):
            write_graph(data, path)
        assert not path.exists()
    else:
        write_graph(data, path)
        same(read_graph(path), data, exact=False)


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".npz"])
def test_positions_labels_classes_and_names(tmp_path, suffix):
    data = generators.les_miserables()
    data.y = torch.arange(77) % 5
    write_graph(data, tmp_path / f"graph{suffix}")
    back = read_graph(tmp_path / f"graph{suffix}")
    same(back, data)
    assert torch.equal(back.pos.double(), data.pos.double())
    assert torch.equal(back.y, data.y)
    assert back.name == "les_miserables"


def test_npz_holds_everything(tmp_path):
    edge_index = torch.tensor([[0, 1, 1, 2, 2], [1, 0, 2, 1, 2]])
    data = Data(
        edge_index=edge_index,
        num_nodes=4,
        x=torch.randn(4, 3, generator=torch.Generator().manual_seed(0)),
        y=torch.tensor([0.5, 1.5]),
        edge_attr=torch.arange(10).reshape(5, 2),
        edge_weight=torch.tensor([1.0, 1.0, 2.0, 2.0, 5.0], dtype=torch.float64),
        mask=torch.tensor([True, False, True, False]),
        labels=["a", "", "ü", "a b"],
        seed=7,
        share=0.25,
        name="mine",
    )
    write_graph(data, tmp_path / "graph.npz")
    back = read_graph(tmp_path / "graph.npz")
    assert set(back.keys()) == set(data.keys())
    for key, value in data.to_dict().items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(back[key], value), key
            assert back[key].dtype == value.dtype, key
        else:
            assert back[key] == value, key


def test_npz_follows_the_single_graph_form(tmp_path):
    write_graph(generators.ring(5), tmp_path / "graph.npz")
    with np.load(tmp_path / "graph.npz", allow_pickle=False) as file:
        assert {"edge_index", "num_nodes", "directed"} <= set(file.files)
        assert int(file["num_nodes"]) == 5
        assert not bool(file["directed"])


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".txt", ".csv", ".g6"])
def test_what_does_not_fit_is_named_in_a_warning(tmp_path, suffix):
    data = generators.ring(5)
    data.x = torch.ones(5, 2)
    data.y = torch.rand(5)
    path = tmp_path / f"graph{suffix}"
    with pytest.warns(UserWarning, match=r"no place for x, y; \.npz does"):
        write_graph(data, path)
    same(read_graph(path), data)


def test_labels_that_do_not_fit_are_refused(tmp_path):
    data = generators.ring(3)

    def refuses(suffix, labels, message):
        data.labels = labels
        with pytest.raises(ValueError, match=message):
            write_graph(data, tmp_path / f"graph{suffix}")
        assert list(tmp_path.iterdir()) == []

    for suffix in (".txt", ".csv"):
        refuses(suffix, ["a", "b", "a"], "'a' is there twice")
    for label in ("", " a", "#a", "a#b", "%a", "a\tb", "a\nb", "a\u2028b"):
        refuses(".txt", [label, "b", "c"], "cannot be written")
    for label in ("", " a", "a\nb"):
        refuses(".csv", [label, "b", "c"], "cannot be written")
    for label in ("a\0", "a\rb", "a\ud800", " "):
        for suffix in (".graphml", ".gml", ".gexf"):
            refuses(suffix, [label, "b", "c"], "cannot be written .* not read it again")
    data.labels, data.town = ["a", "b", "c"], ["x", "y\x07", "z"]
    with pytest.raises(
        ValueError, match=r"the text \(town\) 'y\\x07' cannot be written in GraphML"
    ):
        write_graph(data, tmp_path / "graph.graphml")


def test_csv_refuses_isolated_nodes(tmp_path):
    data = Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=4)
    with pytest.raises(ValueError, match=r"2 nodes have none \(the first is 2\)"):
        write_graph(data, tmp_path / "graph.csv")


def test_npz_refuses_objects(tmp_path):
    data = generators.ring(3)
    data.thing = {"a": 1}
    with pytest.raises(ValueError, match=r"data\.thing is a dict"):
        write_graph(data, tmp_path / "graph.npz")


def test_repeats_are_merged_with_a_warning(tmp_path):
    data = Data(edge_index=torch.tensor([[0, 1, 0, 1], [1, 0, 1, 0]]), num_nodes=2)
    with pytest.warns(UserWarning, match="2 repeated columns"):
        write_graph(data, tmp_path / "graph.txt")
    assert read_graph(tmp_path / "graph.txt").edge_index.tolist() == [[0, 1], [1, 0]]


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(GraphFileError, match=r"'\.pkl'"):
        write_graph(generators.ring(3), tmp_path / "graph.pkl")


@pytest.mark.parametrize("suffix", ALL)
def test_a_failed_writing_leaves_the_old_file(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"graph{suffix}"
    write_graph(generators.ring(3), path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("workbench.graphs.files.disk.os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_graph(generators.ring(30), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_graph(generators.ring(3), tmp_path / "nowhere" / "graph.npz")


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".txt", ".csv", ".npz"])
def test_others_can_read_what_is_written(tmp_path, suffix):
    """networkx, numpy and pandas read the files without this package."""
    data = generators.barbell(4, 2)
    path = tmp_path / f"graph{suffix}"
    write_graph(data, path)
    if suffix == ".graphml":
        graph = nx.read_graphml(path, node_type=int)
    elif suffix == ".gml":
        graph = nx.read_gml(path, destringizer=int)
    elif suffix == ".txt":
        graph = nx.read_edgelist(path, nodetype=int)
    elif suffix == ".csv":
        rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=int)
        graph = nx.Graph(rows.tolist())
    else:
        with np.load(path) as file:
            graph = nx.Graph(file["edge_index"].T.tolist())
    assert nx.utils.edges_equal(graph.edges, to_networkx(data).edges)


@pytest.mark.parametrize("suffix", [".txt", ".npz", ".csv"])
def test_a_hundred_thousand_nodes(tmp_path, suffix):
    data = generators.ring(100_000)
    write_graph(data, tmp_path / f"graph{suffix}")
    same(read_graph(tmp_path / f"graph{suffix}"), data)


@pytest.mark.parametrize("suffix", [".graphml", ".npz", ".g6"])
def test_the_message_names_the_path_that_was_given(tmp_path, suffix):
    path = tmp_path / "none" / f"o{suffix}"
    with pytest.raises(FileNotFoundError, match=r"none does not exist; make it first") as caught:
        write_graph(generators.ring(4), path)
    assert str(caught.value).startswith(f"{path}: the folder")
    (tmp_path / "none").write_text("a file")
    with pytest.raises(NotADirectoryError, match="is a file, not a folder"):
        write_graph(generators.ring(4), path)
