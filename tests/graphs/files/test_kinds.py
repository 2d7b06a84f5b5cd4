"""Files as other programs write them, each with its right reading written by hand.

The files are in ``tests/files``: small, and of our own making in the notation of the program that
their names say.
"""

import warnings
from dataclasses import dataclass, field
from pathlib import Path

import igraph
import networkx as nx
import pytest

from workbench.graphs import GraphFileError, read_graph

FILES = Path(__file__).parents[2] / "files"


@dataclass
class Reading:
    """What a file holds.

    ``edges`` are ``(u, v)`` or ``(u, v, weight)`` by name, once each; ``nodes`` the names in order,
    by default those of the edges as they come. ``notes`` must each be in what is said; with none,
    nothing may be said.
    """

    edges: list[tuple]
    nodes: list[str] = field(default_factory=list)
    directed: bool = False
    notes: tuple[str, ...] = ()
    pos: list | None = None
    y: list | None = None
    classes: list | None = None
    own: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)


ANN = [("ann", "bob"), ("bob", "cyd")]
WEIGHTED = [("ann", "bob", 2.0), ("bob", "cyd", 0.5)]
PLAIN = [("0", "1"), ("1", "2")]
TRIANGLE = [("0", "1"), ("0", "2"), ("1", "2")]
# one graph in the notation of seven programs
FOUR = [("Ann", "Bob", 2.5), ("Ann", "Cyd", 1e-5), ("Bob", "Cyd", 1.0), ("Cyd", "Dan", 0.5)]
DRAWN = [[0.0, 0.0], [1.0, 0.0], [1.0, 2.0], [0.25, 1.5]]
ARCS = "so edges are arcs (directed=False"
NAMED = "edges from the columns {} and {} (source=..., target=... choose others)".format

KINDS: dict[str, Reading] = {
    # ---- headers
    "geom_gcn.txt": Reading(
        [("1", "2"), ("1", "3")], ["1", "2", "3"], notes=(NAMED("node_id", "node_id"),)
    ),
    "words_header.csv": Reading(
        ANN,
        notes=(
            "the first line (person,friend) was taken for the names of the columns (header=False",
            NAMED("person", "friend"),
        ),
    ),
    "uv_header.csv": Reading(ANN),
    "no_header.csv": Reading(ANN),
    "gephi.csv": Reading(
        [("0", "1", 2.5), ("1", "2", 1.0)],
        notes=("further columns: 'Id', 'Label', 'timeset'", "left out: Label, timeset"),
        own={"edge_Id": [0, 0, 1, 1]},
    ),
    "gephi_mixed.csv": Reading(
        [("ann", "bob", 2.0), ("bob", "cyd", 3.0), ("cyd", "bob", 3.0)],
        directed=True,
        notes=("1 of 2 edges are undirected and became an arc each way",),
    ),
    "pandas_index.csv": Reading(ANN),
    "r_write_csv.csv": Reading(WEIGHTED),
    "r_write_table.txt": Reading(WEIGHTED),
    "r_melted.csv": Reading(WEIGHTED, notes=("edge weights from 'value' (weight=False",)),
    "string_db.txt": Reading(
        [("9606.A", "9606.B"), ("9606.B", "9606.C")],
        notes=("weight='combined_score' takes it for the conductance",),
        own={"edge_combined_score": [490, 490, 900, 900]},
    ),
    "neuprint.csv": Reading([("1001", "1002", 7.0), ("1002", "1003", 2.0)]),
    "further_columns.csv": Reading(
        [("AMS", "CDG"), ("CDG", "FRA")],
        notes=("further columns: 'year', 'capacity', 'carrier'", "weight='capacity' takes it"),
        own={"edge_year": [1999, 1999, 2001, 2001]},
    ),
    # ---- notations
    "semicolons_decimal_comma.csv": Reading(
        [("1", "2", 0.5), ("2", "3", 1.5)], notes=("read with a decimal comma (0,5)",)
    ),
    "bom_windows.csv": Reading(ANN),
    "latin1.csv": Reading(
        [("José", "Ann"), ("Ann", "Zoë")], notes=("latin-1, since byte 0xe9 on line 2",)
    ),
    "packed.csv.gz": Reading(WEIGHTED),
    "out.konect": Reading(
        [("1", "2", 5.0), ("2", "3", 7.0)],
        directed=True,
        notes=("the head says 'asym weighted'", ARCS),
        own={"edge_time": [1082040961, 1082155839]},
    ),
    "snap_directed.txt": Reading(PLAIN, directed=True, notes=("'Directed graph", ARCS)),
    "cora.cites": Reading([("35", "1033"), ("35", "103482")]),
    "networkx.edgelist": Reading([("0", "1", 2.0), ("1", "2", 0.5)], notes=("left out: color",)),
    "our_names.edgelist": Reading([("A", "B"), ("B", "1")], ["A", "B", "1", "alone"]),
    # ---- rows that say something else
    "unix_times.txt": Reading(
        [("1", "2"), ("2", "3")],
        notes=("column 3 looks like Unix times and is no weight (weight='time'",),
    ),
    "repeated_rows.txt": Reading(
        [("1", "2"), ("2", "3")],
        notes=("2 repeated edges dropped (4 rows are 2 edges; weight='count'",),
    ),
    "two_weights.txt": Reading(
        [("0", "1", 3.0), ("1", "2", 1.0)],
        notes=("1 pair has two weights, one each way: the mean is taken (directed=True",),
    ),
    # ---- other layouts
    "matrix.csv": Reading(TRIANGLE, notes=("read as an adjacency matrix",)),
    "matrix_named.csv": Reading(WEIGHTED, notes=("read as an adjacency matrix",)),
    "matrix_of_arcs.txt": Reading(
        [("0", "1"), ("1", "2"), ("2", "3"), ("3", "0")],
        directed=True,
        notes=("read as an adjacency matrix; it is not symmetric, " + ARCS,),
    ),
    "lists.txt": Reading(
        [("1", "2"), ("1", "3"), ("2", "3")], notes=("read as an adjacency list",)
    ),
    "networkx.adjlist": Reading([("ann", "bob"), ("ann", "cyd"), ("cyd", "dan")]),
    "symmetric.mtx": Reading([("0", "1", 0.5), ("1", "2", 7.0)]),
    "banner_in_txt.txt": Reading(PLAIN),
    "no_banner.mtx": Reading(PLAIN, notes=("no Matrix Market banner",)),
    "wrong_banner.mtx": Reading(
        [("0", "1", 0.5), ("1", "2", 7.0)], notes=("the banner does not fit the entries",)
    ),
    # ---- GraphML
    "labels_missing.graphml": Reading(
        [("Oslo", "1"), ("1", "Trondheim")],
        notes=("1 of 3 nodes have no label, only an id", "places from Longitude and Latitude"),
        pos=[[10.75, 59.91], [5.32, 60.39], [10.39, 63.43]],
    ),
    "defaults_and_late_keys.graphml": Reading([("a", "b", 2.5), ("b", "c", 0.5)]),
    "all_arcs.graphml": Reading([("b", "a")], ["a", "b"], directed=True, own={"edge_open": [True]}),
    "lengths.graphml": Reading(
        [("a", "b"), ("b", "c")],
        notes=("weight='capacity' takes it", "'length' looks like a length, which is none"),
        y=[1, 0, 1],
        classes=["blue", "red"],
        own={"edge_length": [1.5, 1.5, 2.5, 2.5], "edge_capacity": [10, 10, 30, 30]},
    ),
    # ---- one graph of seven programs
    "export_gephi.graphml": Reading(FOUR, pos=DRAWN, notes=("left out: Edge Id, size",)),
    "export_gephi.gexf": Reading(FOUR, pos=DRAWN),
    "export_gephi.gml": Reading(
        FOUR, pos=DRAWN, notes=("edge weights from 'value'", "left out: fill")
    ),
    "export_yed.graphml": Reading(FOUR, pos=DRAWN),
    "export_yed_live.graphml": Reading(FOUR, pos=DRAWN),
    "export_yed.gml": Reading(FOUR, pos=DRAWN),
    "export_cytoscape.cyjs": Reading(FOUR, pos=DRAWN, notes=("left out: shared_name",)),
    "export_graph_tool.graphml": Reading(FOUR, pos=DRAWN),
    "export_igraph.graphml": Reading(FOUR, pos=DRAWN),
    # ---- GML
    "whole_exponents.gml": Reading(
        [("ann", "bob", 1e-05), ("bob", "cyd", 1e20)], pos=[[1e20, -2e-05], [0, 1], [2, 3]]
    ),
    "values.gml": Reading(
        [("ann", "bob", 4.0)],
        notes=("edge weights from 'value'",),
        own={"value": [0, 1], "ids": ["3", "7"]},
    ),
    # ---- JSON
    "d3_by_place.json": Reading(
        [("Ann", "Bob", 3.0), ("Bob", "Cyd", 8.0)],
        notes=("links count nodes by their place", "from 'value'", "classes from 'group'"),
        y=[1, 2, 1],
    ),
    "d3_by_id.json": Reading(
        [("Ann", "Bob", 3.0), ("Bob", "Cyd", 8.0)],
        notes=("edge weights from 'value'", "classes from 'group'"),
        y=[1, 0, 1],
        classes=["blue", "red"],
    ),
    "node_link.json": Reading([("10", "20", 2.0), ("20", "30", 0.5)], directed=True),
    "pairs.json": Reading(ANN),
    "graphology.json": Reading([("a", "b", 2.0)], pos=[[1.0, 2.0], [3.0, 5.0]]),
    # ---- Pajek, graph6 and its kin
    "mixed.net": Reading(
        [("Ann", "Bob", 2.5), ("Bob", "Cyd", 1.0), ("Cyd", "Bob", 1.0)],
        ["Ann", "Bob", "Cyd", "Dan"],
        directed=True,
        notes=("1 of 2 edges are undirected and became an arc each way",),
        pos=[[0.1, -0.2], [0.3, -0.4], [0.5, -0.1], [0.9, -0.9]],
    ),
    "vertices_in_txt.txt": Reading(ANN),
    "lists.net": Reading([("0", "1"), ("0", "2"), ("2", "3")]),
    "one.g6": Reading([("0", "2"), ("0", "4"), ("1", "3"), ("3", "4")], list("01234")),
    "three.g6": Reading([("0", "1"), ("0", "2"), ("1", "2")], options={"index": 2}),
    # the two examples of the formats' own descriptions
    "one.s6": Reading([("0", "1"), ("0", "2"), ("1", "2"), ("5", "6")], list("0123456")),
    "one.d6": Reading([("1", "0")], ["0", "1"], directed=True),
    # ---- arrays
    "scipy_csr.npz": Reading([("0", "1", 2.0), ("1", "2", 0.5)]),
    "gnn_benchmark.npz": Reading(
        PLAIN,
        notes=("left out: node_names (holds a pickle)",),
        y=[0, 1, 0],
        own={"x": [[1, 0], [0, 1], [1, 1]]},
    ),
    "data.pt": Reading(PLAIN, y=[0, 1, 0], own={"x": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}),
}

REFUSED = {
    "picture.csv": "its content is a PNG picture",
    "page.csv": "its content is an HTML page",
    "archive.csv": "its content is a compressed zip archive; unpack it first",
    "graph.gpickle": "pickle.load(open('graph.gpickle', 'rb')); networkx.write_graphml",
    "prefix_never_declared.graphml": "line 4: the prefix 'y' of <y:node> is never declared",
    "three.g6": "the file holds 3 graphs; choose one",
}


def read_with_notes(path, **options):
    """The graph, and what was said of it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data = read_graph(path, **options)
    return data, [str(warning.message) for warning in said]


def named_edges(data):
    """The edges by name, with their weights; of an undirected graph each from both ends."""
    names = data.get("labels", list(map(str, range(data.num_nodes))))
    pairs = [(names[u], names[v]) for u, v in data.edge_index.T.tolist()]
    if "edge_weight" not in data:
        return sorted(pairs)
    return sorted((*p, w) for p, w in zip(pairs, data.edge_weight.tolist(), strict=True))


def expected_edges(reading):
    back = [] if reading.directed else [(v, u, *rest) for u, v, *rest in reading.edges if u != v]
    return sorted([*reading.edges, *back])


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_read_as_a_person_reads_it(name):
    reading = KINDS[name]
    data, said = read_with_notes(FILES / name, **reading.options)
    assert named_edges(data) == expected_edges(reading)
    names = reading.nodes or list(dict.fromkeys(n for u, v, *_ in reading.edges for n in (u, v)))
    assert data.get("labels", list(map(str, range(data.num_nodes)))) == names
    assert (data.pos.tolist() if "pos" in data else None) == reading.pos
    assert (data.y.tolist() if "y" in data else None) == reading.y
    assert data.get("class_names") == reading.classes
    for key, value in reading.own.items():
        assert (data[key] if isinstance(data[key], list) else data[key].tolist()) == value
    assert len(said) == bool(reading.notes)
    for note in reading.notes:
        assert note in said[0]
    assert not said or said[0].startswith(f"{name}: ")
    assert data.name in ("mine", Path(name.removesuffix(".gz")).stem)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_graph_is_refused_in_one_sentence(name):
    with pytest.raises(GraphFileError) as caught:
        read_graph(FILES / name)
    assert REFUSED[name] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_file_has_its_reading():
    assert {path.name for path in FILES.iterdir()} == set(KINDS) | set(REFUSED)


PAIRS = """
    u,v i,j id1,id2 id_1,id_2 node_1,node_2 head,tail src_id,dst_id Var1,Var2 V1,V2 from,to
    protein1,protein2 bodyId_pre,bodyId_post Source,Target FromNodeId,ToNodeId
""".split()  # noqa: SIM905


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("rows", ["ann,bob\nbob,cyd\n", "1,2\n2,3\n"])
def test_names_of_the_two_ends(tmp_path, pair, rows):
    path = tmp_path / "graph.csv"
    path.write_text(f"kind,{pair}\n" + "".join(f"x,{row}\n" for row in rows.split()))
    data, _ = read_with_notes(path)
    assert data.labels in (["ann", "bob", "cyd"], ["1", "2", "3"])
    assert data.num_edges == 4


def test_edges_with_further_columns_are_no_adjacency_list(tmp_path):
    """A ring whose rows are as long as it has nodes: every name starts exactly one row."""
    path = tmp_path / "graph.csv"
    for rows in ("1,2,1,1\n2,3,1,1\n3,4,1,1\n4,1,1,1\n", "1,2,3\n2,3,4\n3,4,1\n4,1,2\n"):
        path.write_text(rows)
        data, _ = read_with_notes(path)
        assert data.num_edges == 2 * rows.count("\n")
        assert "edge_weight" in data


def test_every_guess_can_be_said_otherwise():
    def read(name, **options):
        return read_with_notes(FILES / name, **options)

    data, said = read("words_header.csv", header=False)
    assert data.labels == ["person", "friend", "ann", "bob", "cyd"]
    assert not said
    data, said = read("words_header.csv", header=True)
    assert data.labels == ["ann", "bob", "cyd"]
    data, _ = read("further_columns.csv", source="destination", target="carrier", weight="year")
    assert named_edges(data)[0] == ("AF", "FRA", 2001.0)
    assert read("further_columns.csv", weight="capacity")[0].edge_weight.tolist() == [
        30,
        30,
        10,
        10,
    ]
    assert "edge_weight" not in read("r_melted.csv", weight=False)[0]
    assert read("unix_times.txt", weight="time")[0].edge_weight[0] == 1082040961
    assert read("repeated_rows.txt", weight="count")[0].edge_weight.tolist() == [3, 3, 1, 1]
    assert read("two_weights.txt", directed=True)[0].edge_weight.tolist() == [2.0, 4.0, 1.0]
    data, said = read("snap_directed.txt", directed=False)
    assert data.num_edges == 4
    assert not said
    assert read("lengths.graphml", weight="length")[0].edge_weight.tolist() == [1.5, 1.5, 2.5, 2.5]
    assert named_edges(read("no_header.csv", source="2", target="1")[0]) == expected_edges(
        Reading(ANN)
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "nobody"}, "no column 'nobody'; the columns are year, origin"),
        ({"weight": "mass"}, "no edge attribute 'mass' for the weight; there are: year, capacity"),
        ({"weight": "carrier"}, "line 2: edge ('AMS', 'CDG') has weight (carrier) 'KL'"),
        ({"index": 0}, "index=0 chooses a graph"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_with_those_that_do(options, message):
    with pytest.raises(ValueError, match=r".") as caught:
        read_graph(FILES / "further_columns.csv", **options)
    assert message in str(caught.value)


def four() -> nx.Graph:
    graph = nx.Graph()
    for name, place in zip(("Ann", "Bob", "Cyd", "Dan"), DRAWN, strict=True):
        graph.add_node(name, x=place[0], y=place[1])
    graph.add_weighted_edges_from(FOUR)
    return graph


@pytest.mark.parametrize("suffix", ["graphml", "gml", "gexf", "json", "net", "edgelist"])
def test_what_networkx_writes_is_the_same_graph(tmp_path, suffix):
    path, graph = tmp_path / f"graph.{suffix}", four()
    if suffix == "json":
        import json

        path.write_text(json.dumps(nx.node_link_data(graph, edges="links")))
    elif suffix == "net":
        nx.write_pajek(graph, path)
    elif suffix == "edgelist":
        nx.write_edgelist(graph, path)
    else:
        getattr(nx, f"write_{suffix}")(graph, path)
    data, _ = read_with_notes(path)
    assert named_edges(data) == expected_edges(Reading(FOUR))
    if suffix not in ("net", "edgelist"):
        assert data.pos.tolist() == DRAWN


@pytest.mark.parametrize("suffix", ["graphml", "gml", "net"])
def test_what_igraph_writes_is_the_same_graph(tmp_path, suffix):
    path = tmp_path / f"graph.{suffix}"
    graph = igraph.Graph.TupleList(FOUR, weights=True)
    graph.vs["x"], graph.vs["y"] = zip(*DRAWN, strict=True)
    graph.vs["id"] = graph.vs["name"]  # where Pajek's writer takes the names from
    getattr(graph, f"write_{'pajek' if suffix == 'net' else suffix}")(str(path))
    data, _ = read_with_notes(path)
    assert named_edges(data) == expected_edges(Reading(FOUR))
    if suffix != "net":
        assert data.pos.tolist() == DRAWN
