"""GraphML, GML and graph6, and what holds for every format. Tables and npz have their own files."""

import contextlib
import re
import warnings

import networkx as nx
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.graphs import SUFFIXES, GraphFileError, generators, read_graph, write_graph

HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'


@pytest.fixture
def read(tmp_path):
    def read(text, suffix="graphml", **options):
        path = tmp_path / f"graph.{suffix}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_graph(path, **options)

    return read


def edges(data):
    return data.edge_index.T.tolist()


GRAPHML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    + HEAD
    + """<key id="w" for="edge" attr.name="weight" attr.type="double"/>
<key id="x" for="node" attr.name="x" attr.type="double"/>
<key id="y" for="node" attr.name="y" attr.type="double"/>
<key id="l" for="node" attr.name="label" attr.type="string"/>
<graph edgedefault="undirected">
<node id="n0"><data key="x">.5</data><data key="y">-1</data><data key="l">A &amp; Co</data></node>
<node id="n1"><data key="x">1.5</data><data key="y">2</data><data key="l">Bob</data></node>
<node id="n2"><data key="x">0</data><data key="y">0</data><data key="l">Eve</data></node>
<edge source="n0" target="n1"><data key="w">2.5</data></edge>
<edge source="n1" target="n1"><data key="w">1</data></edge>
</graph>
</graphml>
"""
)


def test_graphml(read):
    data = read(GRAPHML)
    assert edges(data) == [[0, 1], [1, 0], [1, 1]]
    assert data.edge_weight.tolist() == [2.5, 2.5, 1.0]
    assert data.labels == ["A & Co", "Bob", "Eve"]
    assert data.pos.tolist() == [[0.5, -1.0], [1.5, 2.0], [0.0, 0.0]]
    assert data.pos.dtype == torch.float64
    assert data.num_nodes == 3
    assert not data.is_directed()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_graphml_in_other_encodings(read, encoding):
    assert read(GRAPHML.replace("Bob", "Zoë").encode(encoding)).labels[1] == "Zoë"


def test_graphml_direction(read):
    text = GRAPHML.replace('edgedefault="undirected"', 'edgedefault="directed"')
    assert edges(read(text)) == [[0, 1], [1, 1]]
    assert edges(read(text, directed=False)) == [[0, 1], [1, 0], [1, 1]]
    assert edges(read(GRAPHML, directed=True)) == [[0, 1], [1, 1]]


def test_graphml_ids_without_labels(read):
    text = (
        HEAD + '<graph><node id="7"/><node id="b"/><edge source="b" target="7"/></graph></graphml>'
    )
    assert read(text).labels == ["7", "b"]
    text = (
        HEAD + '<graph><node id="0"/><node id="1"/><edge source="0" target="1"/></graph></graphml>'
    )
    assert "labels" not in read(text)


def test_graphml_without_a_namespace(read):
    data = read('<graphml><graph><node id="a"/></graph></graphml>')
    assert data.num_nodes == 1


def test_graphml_without_nodes(read):
    data = read(HEAD + '<graph edgedefault="undirected"/></graphml>')
    assert data.num_nodes == 0
    assert data.edge_index.shape == (2, 0)


def test_graphml_repeats_are_counted(read):
    edge = '<edge source="n0" target="n1"><data key="w">2.5</data></edge>\n'
    with pytest.warns(UserWarning, match="1 repeated edge merged, their conductances added"):
        data = read(GRAPHML.replace(edge, edge + edge))
    assert data.edge_weight.tolist() == [5.0, 5.0, 1.0]


BOMB = '<!DOCTYPE graphml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n' + HEAD
OUTSIDE = '<!DOCTYPE graphml [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n' + HEAD


@pytest.mark.parametrize("head", [BOMB, OUTSIDE], ids=["bomb", "external"])
def test_graphml_entities_are_refused(read, head, monkeypatch):
    def reached(*_):
        raise AssertionError("networkx saw the text")

    monkeypatch.setattr(nx, "parse_graphml", reached)
    with pytest.raises(GraphFileError, match="an XML entity"):
        read(head + '<graph><node id="&a;"/></graph></graphml>')


def graph(body):
    return HEAD + '<key id="w" for="edge" attr.name="weight" attr.type="double"/>\n' + body


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("<graphml><graph></graphml>\n", 1, "no well-formed XML: mismatched tag"),
        ("<graphml>\n<graph>\n<node id=a/>\n</graph></graphml>", 3, "no well-formed XML"),
        ("<html>\n</html>", 1, "the first element is <html>; expected <graphml>"),
        ("0 1\n1 2\n", 1, "no well-formed XML"),
        (graph("</graphml>"), None, "no <graph>"),
        (graph('<graph>\n<node id="a"/>\n<node id="a"/>\n</graph></graphml>'), 5, "declared twice"),
        (
            graph('<graph>\n<node id="a"/>\n<edge source="a" target="b"/>\n</graph></graphml>'),
            5,
            "ends at node 'b', which no <node> declares",
        ),
        (
            graph('<graph>\n<node id="a"/>\n<edge source="a"/>\n</graph></graphml>'),
            5,
            "an <edge> has no target",
        ),
        (graph("<graph>\n<node/>\n</graph></graphml>"), 4, "a <node> has no id"),
        (graph("<graph>\n<hyperedge/>\n</graph></graphml>"), 4, "hyperedges"),
        (graph("<graph/>\n<graph/></graphml>"), 4, "a second graph"),
        (graph('<graph>\n<node id="a"><graph/></node></graph></graphml>'), 4, "flat graph"),
        (
            graph(
                '<graph>\n<node id="a"/>\n<edge source="a" target="a">\n<data key="w">many</data>'
                "</edge></graph></graphml>"
            ),
            6,
            "'many' is no double",
        ),
        (
            graph(
                '<graph>\n<node id="a"/>\n<edge source="a" target="a">\n<data key="v">1</data>'
                "</edge></graph></graphml>"
            ),
            6,
            "data for the key 'v', which no <key> declares",
        ),
        ('<graphml>\n<key attr.name="a"/></graphml>', 2, "a <key> has no id"),
    ],
)
def test_the_line_of_a_graphml_fault_is_named(read, text, line, message):
    with pytest.raises(GraphFileError, match=re.escape(message)) as caught:
        read(text)
    assert caught.value.line == line


def test_a_graphml_weight_that_is_no_conductance_is_named(read):
    with pytest.raises(GraphFileError, match=r"edge \('n0', 'n1'\) has weight -2\.5"):
        read(GRAPHML.replace(">2.5<", ">-2.5<"))


def test_yed_positions_and_labels(read):
    text = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
 xmlns:y="http://www.yworks.com/xml/graphml">
<key for="node" id="d0" yfiles.type="nodegraphics"/>
<graph edgedefault="directed">
<node id="n0"><data key="d0"><y:ShapeNode><y:Geometry height="30" width="30" x="1" y="2"/>
<y:NodeLabel>Ann</y:NodeLabel></y:ShapeNode></data></node>
<node id="n1"><data key="d0"><y:ShapeNode><y:Geometry height="30" width="30" x="3" y="4"/>
<y:NodeLabel>Bob</y:NodeLabel></y:ShapeNode></data></node>
<edge source="n0" target="n1"/></graph></graphml>"""
    data = read(text)
    assert data.labels == ["Ann", "Bob"]
    assert data.pos.tolist() == [[1.0, -2.0], [3.0, -4.0]]


GML = """graph [
  node [ id 5 label "ann" ]
  node [ id 3 label "b&#233;a" ]
  node [ id 9 label "ann" ]
  edge [ source 5 target 3 weight 2.5 ]
]
"""


def test_gml(read):
    data = read(GML, "gml")
    assert data.labels == ["ann", "béa", "ann"]
    assert edges(data) == [[0, 1], [1, 0]]
    assert data.edge_weight.tolist() == [2.5, 2.5]
    directed = read(GML.replace("graph [", "graph [ directed 1"), "gml")
    assert edges(directed) == [[0, 1]]


def test_gml_repeats_are_counted(read):
    edge = "  edge [ source 5 target 3 weight 2.5 ]\n"
    with pytest.warns(UserWarning, match="1 repeated edge merged"):
        data = read(GML.replace(edge, edge + edge), "gml")
    assert data.edge_weight.tolist() == [5.0, 5.0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("graph [\n  node [ size ]\n]\n", 2, "expected"),
        ("graph [\n  node [ id 0 ]\n  edge [ source 0 ?? ]\n]\n", 3, "cannot tokenize"),
        ("graph [\n  node [ id 0 ]\n", 2, "expected"),
        ("node [ id 0 ]\n", None, "no graph"),
        ("graph [\n  node [ id 0 ]\n  edge [ source 0 target 7 ]\n]\n", 3, "edge #0"),
        ("graph [ node [ id 0 ] node [ id 0 ] ]", 1, "duplicated"),
        ("graph " + "[ a " * 5000, 1, "too deep"),
        ("graph [ node [ id 0 ] edge [ source 0 target 0 weight -1 ] ]", 1, "weight -1"),
        ('graph [ node [ id 0 ] edge [ source 0 target 0 weight "a" ] ]', 1, "weight 'a'"),
    ],
)
def test_a_gml_fault_is_named(read, text, line, message):
    with pytest.raises(GraphFileError, match=re.escape(message)) as caught:
        read(text, "gml")
    assert caught.value.line == line


def test_graph6(read):
    data = read("DQc\n", "g6")
    assert edges(data) == [[0, 2], [0, 4], [1, 3], [2, 0], [3, 1], [3, 4], [4, 0], [4, 3]]
    assert data.num_nodes == 5
    assert read(">>graph6<<DQc\n", "graph6").num_nodes == 5


def test_graph6_with_several_graphs_asks_for_an_index(read):
    with pytest.raises(GraphFileError, match=r"holds 3 graphs; .* index=0\), \.\.\., index=2"):
        read("A_\nDQc\n\nBw\n", "g6")
    assert [read("A_\nDQc\n\nBw\n", "g6", index=i).num_nodes for i in range(3)] == [2, 5, 3]
    with pytest.raises(GraphFileError, match="no graph 3; the file holds 0 to 2"):
        read("A_\nDQc\n\nBw\n", "g6", index=3)


def test_real_graph6_files(data_root):
    data = read_graph(data_root / "expressiveness" / "sr" / "sr251256.g6", index=14)
    assert data.num_nodes == 25
    # srg(25, 12, 5, 6)
    assert torch.bincount(data.edge_index[0]).tolist() == [12] * 25


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("DQ c", 1, "character ' '"),
        ("A_\nDQcc\n", 2, "no graph6"),
        ("~~~", 1, "no graph6: the line ends before its number of nodes"),
        (";An", 1, "incremental sparse6; convert it"),
        ("\n\nD\n", 3, "no graph6"),
    ],
)
def test_a_graph6_fault_is_named(read, text, line, message):
    index = 1 if text.startswith("A_") else 0
    with pytest.raises(GraphFileError, match=re.escape(message)) as caught:
        read(text, "g6", index=index)
    assert caught.value.line == line


def test_options_that_do_not_fit_are_refused(read):
    with pytest.raises(ValueError, match=r"index=0 chooses .* graph\.csv is csv"):
        read("0,1\n", "csv", index=0)
    with pytest.raises(ValueError, match="always undirected"):
        read("A_\n", "g6", directed=True)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff\xfe", b"\x80\x04\x95junk", b"[[[[{{{"])
def test_junk_is_refused_in_every_format(read, suffix, content):
    with pytest.raises(GraphFileError):
        read(content, suffix[1:])


def test_what_is_no_graph_file(tmp_path):
    (tmp_path / "graph.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(GraphFileError, match=r"unknown suffix '\.zip'.* zip archive; unpack it"):
        read_graph(tmp_path / "graph.zip")
    with pytest.raises(FileNotFoundError):
        read_graph(tmp_path / "graph.gml")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(GraphFileError, match="a folder"):
        read_graph(tmp_path / "folder.csv")


PLAIN = (".g6", ".graph6", ".s6", ".sparse6", ".d6", ".digraph6", ".adjlist")


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """One valid file of each format, as bytes."""
    folder = tmp_path_factory.mktemp("valid")
    data = generators.les_miserables()
    plain = generators.petersen()
    files = {}
    for suffix in sorted(SUFFIXES):
        write_graph(plain if suffix in PLAIN else data, folder / f"graph{suffix}")
        files[suffix] = (folder / f"graph{suffix}").read_bytes()
    return files


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(valid, tmp_path_factory, suffix, data):
    """Whatever bytes are changed, cut or put in: a graph or a GraphFileError, nothing else."""
    content = bytearray(valid[suffix])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        length = data.draw(st.integers(0, 20))
        content[at : at + length] = data.draw(st.binary(max_size=8))
    path = tmp_path_factory.mktemp("damaged") / f"graph{suffix}"
    path.write_bytes(content)
    with warnings.catch_warnings(), contextlib.suppress(GraphFileError):
        warnings.simplefilter("ignore")
        assert read_graph(path).num_nodes >= 0
