"""Edge lists and csv: the same content in both must give the same graph, or the same error."""

import re
import time

import numpy as np
import pytest
import torch

from workbench.graphs import GraphFileError, GraphNote, read_graph


@pytest.fixture(params=["txt", "tsv", "csv", "semicolons"])
def read(request, tmp_path):
    """Reader of a text written with spaces, in each of the notations."""
    separator = {"txt": " ", "tsv": "\t", "csv": ",", "semicolons": ";"}[request.param]
    path = tmp_path / f"graph.{'csv' if request.param == 'semicolons' else request.param}"

    def read(text, **options):
        path.write_bytes(text.replace(" ", separator).encode())
        return read_graph(path, **options)

    return read


def edges(data):
    return data.edge_index.T.tolist()


def test_integers_from_zero_keep_their_values(read):
    data = read("0 2\n2 1\n")
    assert edges(data) == [[0, 2], [1, 2], [2, 0], [2, 1]]
    assert data.num_nodes == 3
    assert "labels" not in data
    assert "edge_weight" not in data
    assert data.name == "graph"


def test_other_integers_are_numbered_by_value(read):
    data = read("9 5\n5 -7\n")
    assert data.labels == ["-7", "5", "9"]
    assert edges(data) == [[0, 1], [1, 0], [1, 2], [2, 1]]


def test_names_are_numbered_as_they_come(read):
    data = read("b a\na é\n")
    assert data.labels == ["b", "a", "é"]
    assert edges(data) == [[0, 1], [1, 0], [1, 2], [2, 1]]


@pytest.mark.parametrize(
    "names",
    [
        ["NA", "null"],
        ["True", "False"],
        ["nan", "inf"],
        ["1e5", "2"],
        ["007", "7"],
        ["1.0", "1"],
        ["99999999999999999999999", "1"],
    ],
)
def test_names_that_look_like_something_else_stay_names(read, names):
    data = read(f"{names[0]} {names[1]}\n")
    assert data.labels == names
    assert data.num_nodes == 2


def test_weights_are_conductances_both_ways(read):
    data = read("0 1 2.5\n1 2 .5\n2 3 1e-3")
    assert data.edge_weight.dtype == torch.float64
    assert data.edge_weight.tolist() == [2.5, 2.5, 0.5, 0.5, 1e-3, 1e-3]


def test_a_weight_is_read_to_the_last_digit(read):
    numbers = np.random.default_rng(0).random(200).tolist()
    data = read("".join(f"{i} {i + 1} {w!r}\n" for i, w in enumerate(numbers)))
    assert data.edge_weight[data.edge_index[0] < data.edge_index[1]].tolist() == numbers


def test_a_header_names_the_columns(read):
    data = read("weight target source\n2 b a\n3 c b\n")
    assert data.labels == ["a", "b", "c"]
    assert data.edge_weight.tolist() == [2.0, 2.0, 3.0, 3.0]
    assert read("Source Target Weight\n0 1 2\n").edge_weight.tolist() == [2.0, 2.0]
    assert read("source target\n").num_nodes == 0


def test_a_column_type_says_the_direction(read):
    data = read("Source Target Type\n0 1 Directed\n1 2 Directed\n")
    assert edges(data) == [[0, 1], [1, 2]]
    assert data.is_directed()
    assert not read("source target type\n0 1 undirected\n").is_directed()
    assert not read("source target type\n0 1 directed\n", directed=False).is_directed()


def test_direction_is_by_choice(read):
    data = read("0 1\n2 1\n1 2\n", directed=True)
    assert edges(data) == [[0, 1], [1, 2], [2, 1]]
    assert data.is_directed()
    assert not read("0 1\n2 1\n1 2\n").is_directed()


def test_an_edge_listed_from_both_ends_is_one_edge(read, recwarn):
    data = read("0 1 2\n1 0 2\n")
    assert edges(data) == [[0, 1], [1, 0]]
    assert data.edge_weight.tolist() == [2.0, 2.0]
    assert not recwarn


def test_repeats_are_counted_in_a_warning(read):
    with pytest.warns(UserWarning, match=r"graph\.\w+: 2 repeated edges dropped"):
        data = read("0 1\n0 1\n0 1\n1 2\n")
    assert edges(data) == [[0, 1], [1, 0], [1, 2], [2, 1]]


def test_repeats_with_weights_add_as_parallel_conductors(read):
    with pytest.warns(UserWarning, match="1 repeated edge merged, their conductances added"):
        data = read("0 1 2\n0 1 3\n")
    assert data.edge_weight.tolist() == [2.0 + 3.0] * 2


def test_loops_are_kept_once(read):
    data = read("0 0 5\n0 1 2\n")
    assert edges(data) == [[0, 0], [0, 1], [1, 0]]
    assert data.edge_weight.tolist() == [5.0, 2.0, 2.0]


def test_byte_order_mark_windows_line_ends_and_blank_lines(read):
    for text in ("\ufeff0 1\r\n1 2\r\n", "0 1\r1 2\r", "\n\n0 1\n\n1 2\n\n", "0 1\n1 2"):
        assert edges(read(text)) == [[0, 1], [1, 0], [1, 2], [2, 1]]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("0 1\n1 2 3\n", 2, r"3 columns ('1', '2', '3'); expected 2"),
        ("0 1 2\n1 2\n", 2, r"2 columns ('1', '2'); expected 3"),
        ("0\n1\n", 1, "1 column ('0'); expected 2 or 3"),
        ("0 1 1\n1 2 x\n", 2, "weight 'x'; expected a conductance, a finite number >= 0"),
        ("0 1 1\n\n1 2 nan\n", 3, "weight 'nan'"),
        ("0 1 inf\n", 1, "weight 'inf'"),
        ("0 1 1e999\n", 1, "weight '1e999'"),
        ("0 1 1\n1 2 -0.5\n", 2, "weight -0.5"),
        ("source target source\n0 1 2\n", 1, "once each"),
        ("0 1\n0 \0\n", 2, "no text file"),
    ],
)
def test_the_line_at_fault_is_named(read, text, line, message):
    with pytest.raises(GraphFileError, match=re.escape(message)) as caught:
        read(text)
    assert caught.value.line == line
    assert f"line {line}:" in str(caught.value)
    assert str(caught.value.path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n \n", "# only a comment\n"])
def test_a_file_without_edges_is_refused(read, text):
    with pytest.raises(GraphFileError, match=r"empty|no edge"):
        read(text)


@pytest.mark.parametrize("times", [10, 100_000])
def test_a_fault_far_down_is_found(read, times):
    text = "0 1 2\n" * times
    with pytest.raises(GraphFileError) as caught:
        read(text + "1 2 3 4\n")
    assert caught.value.line == times + 1


def test_text_that_is_not_utf8_is_read_as_latin1_and_said_by_line(tmp_path):
    path = tmp_path / "graph.txt"
    path.write_bytes(b"0 1\n1 2\n\xe9 1\n")
    with pytest.warns(GraphNote, match="latin-1, since byte 0xe9 on line 3 is not UTF-8"):
        assert read_graph(path).labels == ["0", "1", "2", "é"]


def test_utf16_is_read(tmp_path):
    path = tmp_path / "graph.txt"
    path.write_text("0 1\n1 2\n", encoding="utf-16")
    assert read_graph(path).num_nodes == 3


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00abc", b"PK\x03\x04abc"])
def test_a_compressed_file_is_refused(tmp_path, content):
    path = tmp_path / "graph.csv"
    path.write_bytes(content)
    with pytest.raises(GraphFileError, match="compressed"):
        read_graph(path)


def test_csv_quotes(tmp_path):
    path = tmp_path / "graph.csv"
    path.write_text('"New York, NY",Boston\nBoston,"the ""Hub"""\n')
    assert read_graph(path).labels == ["New York, NY", "Boston", 'the "Hub"']


def test_csv_spaces_around_names_do_not_count(tmp_path):
    path = tmp_path / "graph.csv"
    path.write_text("source, target, weight\nann , bob, 1\nbob, ann, 1\n")
    assert read_graph(path).labels == ["ann", "bob"]


@pytest.mark.parametrize("text", ["a,\n", ",b\n", "a,b\nb,\n"])
def test_an_empty_name_is_refused(tmp_path, text):
    path = tmp_path / "graph.csv"
    path.write_text(text)
    with pytest.raises(GraphFileError, match="is empty") as caught:
        read_graph(path)
    assert caught.value.line == text.count("\n")


def test_comments_of_edge_lists(tmp_path):
    path = tmp_path / "graph.edges"
    path.write_text("# head\n% of konect\n0 1\n  # more\n1 2 # and here\n")
    assert edges(read_graph(path)) == [[0, 1], [1, 0], [1, 2], [2, 1]]
    path.write_text("# head\n0 1\n# more\n1 2 3\n")
    with pytest.raises(GraphFileError) as caught:
        read_graph(path)
    assert caught.value.line == 4


def test_attributes_as_networkx_writes_them(tmp_path):
    path = tmp_path / "graph.edgelist"
    path.write_text("2 0 {'weight': 3.0, 'color': 'red'}\n0 1 {'weight': 0.5}\n")
    data = read_graph(path)
    assert edges(data) == [[0, 1], [0, 2], [1, 0], [2, 0]]
    assert data.edge_weight.tolist() == [0.5, 3.0, 0.5, 3.0]
    assert read_graph(path, directed=True).is_directed()


def test_attributes_run_no_code(tmp_path):
    path, mark = tmp_path / "graph.edgelist", tmp_path / "mark"
    path.write_text(f"0 1 {{}}\n1 2 {{'weight': open({str(mark)!r}, 'w')}}\n")
    with pytest.raises(GraphFileError) as caught:
        read_graph(path)
    assert caught.value.line == 2
    assert not mark.exists()


def test_declared_nodes_must_hold_the_edges(tmp_path):
    path = tmp_path / "graph.txt"
    path.write_text("# graph-workbench: undirected, 5 nodes\n0 1\n")
    assert read_graph(path).num_nodes == 5
    path.write_text("# graph-workbench: undirected, 5 nodes\n0 1\n1 5\n")
    with pytest.raises(GraphFileError, match=r"node 5 is outside .* nodes 0 to 4") as caught:
        read_graph(path)
    assert caught.value.line == 3
    path.write_text("# graph-workbench: undirected, 2 nodes\n# node: a\n# node: b\na\tc\n")
    with pytest.raises(GraphFileError, match="'c' is not among the 2 declared") as caught:
        read_graph(path)
    assert caught.value.line == 4
    path.write_text("# graph-workbench: undirected, 3 nodes\n# node: a\n# node: b\na\tb\n")
    with pytest.raises(GraphFileError, match="says 3 nodes; 2 different names"):
        read_graph(path)


def test_a_million_edges(tmp_path):
    ends = np.sort(np.random.default_rng(0).integers(0, 100_000, (1_000_000, 2)))
    path = tmp_path / "graph.csv"
    path.write_text("\n".join(f"{u},{v},0.5" for u, v in ends.tolist()))
    start = time.process_time()
    with pytest.warns(UserWarning, match="repeated"):
        data = read_graph(path)
    print(f"{time.process_time() - start:.1f} s of processor time")
    assert data.num_nodes == len(np.unique(ends))
    distinct = np.unique(ends[:, 0] * 100_000 + ends[:, 1])
    loops = int((distinct // 100_000 == distinct % 100_000).sum())
    assert data.edge_index.size(1) == 2 * len(distinct) - loops
    # every line is half a unit of conductance, both ways unless it is a loop
    lines = 2 * len(ends) - int((ends[:, 0] == ends[:, 1]).sum())
    assert float(data.edge_weight.sum()) == pytest.approx(0.5 * lines)


def test_an_adjacency_list_has_no_header(tmp_path):
    path = tmp_path / "graph.adjlist"
    path.write_text("$ :7\n3 4 8\n4 9\n8\n9\n")  # a first line that looks like names of columns
    data = read_graph(path)
    assert data.labels == ["$", "3", "4", "8", "9", ":7"]
    assert data.edge_index.size(1) == 8
    with pytest.raises(GraphFileError, match="has no line of column names"):
        read_graph(path, header=True)
