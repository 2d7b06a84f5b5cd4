"""The rewiring lab without a browser: set a control, read what the canvases are told."""

import base64
import html
import re
import threading
from datetime import UTC, datetime

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data, HeteroData
from torch_geometric.utils import subgraph

from workbench.diagnostics import (
    Stopped,
    cheeger_bounds,
    diameter,
    effective_resistance,
    hop_distance,
    resistance_of_pairs,
    spectral_gap,
    total_resistance,
)
from workbench.graphs import (
    barbell,
    erdos_renyi,
    grid,
    karate,
    lollipop,
    read_graph,
    ring,
    write_graph,
)
from workbench.rewiring import EDITS, Edit, apply_edits, gtr, rewiring
from workbench.topology import components
from workbench.widgets import RewiringLab, rewiring_lab
from workbench.widgets.lab import still_picture
from workbench.widgets.lab.opening import graph_of
from workbench.widgets.rewiring import views
from workbench.widgets.rewiring.source import OWN
from workbench.widgets.rewiring.views import hint


@pytest.fixture
def lab():
    lab = rewiring_lab("karate", num_edges=8)
    yield lab
    lab.close()


def card(lab, name):
    """The numbers that the card of this name was sent, one for each position."""
    (found,) = [c for c in lab.pictures["bar"].cards if c["name"] == name]
    return np.frombuffer(base64.b64decode(found["values"]), "<f8")


def pixels(canvas, values="values"):
    """Levels by node, read as the browser reads them: row i belongs to node ``order[i]``."""
    order = np.frombuffer(canvas.order, "<i4")
    by_node = np.empty((canvas.size, canvas.size), np.uint8)
    drawn = np.frombuffer(getattr(canvas, values), np.uint8).reshape(by_node.shape)
    by_node[np.ix_(order, order)] = drawn
    return by_node


def spans(lab):
    return np.frombuffer(lab.pictures["graph"].spans, "<i4").reshape(-1, 4)


def drawn_edges(lab, position):
    """The undirected edges that the canvas draws at a position."""
    rows = spans(lab)
    alive = (rows[:, 2] <= position) & (position < rows[:, 3])
    return set(map(tuple, rows[alive, :2].tolist()))


def undirected(edge_index):
    return {tuple(sorted(pair)) for pair in edge_index.T.tolist()}


def test_numbers_of_the_browser_equal_the_library_at_every_position(lab):
    for position in range(9):
        edge_index = lab.tape.edge_index(position)
        assert drawn_edges(lab, position) == undirected(edge_index)
        expected = {
            "total resistance": total_resistance(edge_index, 34),
            "spectral gap": spectral_gap(edge_index, 34),
            "Cheeger at least": cheeger_bounds(edge_index, 34).lower,
            "Cheeger at most": cheeger_bounds(edge_index, 34).upper,
            "diameter": diameter(edge_index, 34),
            "mean degree": edge_index.size(1) / 34,
            "edges": edge_index.size(1) / 2,
            "distance from original": 1 - 78 / (78 + position),
        }
        for name, value in expected.items():
            assert card(lab, name)[position] == pytest.approx(float(value), rel=1e-8), name


def test_the_slider_opens_at_the_end_of_the_tape_and_can_be_set(lab):
    assert lab.position == len(lab.tape.edits) == lab.pictures["bar"].length == 8
    lab.position = 3
    assert lab.pictures["bar"].position == lab.tape.position == 3
    assert lab.numbers()["num_edges"] == 81
    with pytest.raises(ValueError, match=r"from 0 to 8, got 9"):
        lab.position = 9


def test_what_is_no_number_of_edges_is_told(lab):
    with pytest.raises(TypeError, match=r"1\.5"):
        lab.position = 1.5
    with pytest.raises(ValueError, match="num_edges must be from 0 to 100000, got -1"):
        rewiring_lab("karate", num_edges=-1)
    with pytest.raises(TypeError, match=r"2\.5"):
        rewiring_lab("karate", num_edges=2.5)
    assert len(lab.tape[:2]) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("effective resistance", lambda e, n: effective_resistance(e, n)),
        ("commute time", lambda e, n: effective_resistance(e, n) * e.size(1)),
        ("hop distance", hop_distance),
    ],
)
def test_matrix_follows_the_slider_on_the_scale_of_the_original(lab, name, expected):
    lab.matrix = name
    for position in (0, 5, 2):
        lab.position = position
        matrix = expected(lab.tape.edge_index(), 34).numpy()
        low, high = lab.pictures["matrix"].value_range
        np.testing.assert_allclose(
            pixels(lab.pictures["matrix"]) / 254 * high, matrix, atol=high / 500
        )
        assert low == 0
        assert high >= expected(lab.tape.base, 34).max() * (1 - 1e-12)
        assert lab.pictures["matrix"].values_position == position


def test_gain_matrix_is_what_an_edge_would_change(lab):
    lab.matrix = "gain of an edge"
    lab.position = 0
    edge_index = lab.tape.edge_index()
    before = total_resistance(edge_index, 34)
    joined = torch.cat([edge_index, torch.tensor([[9, 16], [16, 9]])], dim=1)
    gain = float(before - total_resistance(joined, 34))
    high = lab.pictures["matrix"].value_range[1]
    assert pixels(lab.pictures["matrix"])[9, 16] / 254 * high == pytest.approx(gain, abs=high / 500)
    assert pixels(lab.pictures["matrix"])[0, 1] == 0


def test_rows_of_the_matrix_are_sorted_along_the_cut(lab):
    """In Fiedler order the two sides of the club are two blocks: neighbors in rows are near."""
    drawn = (
        np.frombuffer(lab.pictures["matrix"].values_before, np.uint8).reshape(34, 34).astype(float)
    )
    matrix = pixels(lab.pictures["matrix"], "values_before").astype(float)
    order = np.frombuffer(lab.pictures["matrix"].order, "<i4")
    np.testing.assert_array_equal(order, lab.state.start.order)
    assert (np.diff(order) != 1).any()
    for k in (3, 20):
        assert drawn[k, k + 1] == matrix[order[k], order[k + 1]]
    exact = effective_resistance(lab.tape.base, 34).numpy()
    high = lab.pictures["matrix"].value_range[1]
    np.testing.assert_allclose(matrix / 254 * high, exact, atol=high / 500)


def test_hovering_a_pair_tells_the_exact_change(from_page, lab):
    lab.position = 0
    edge_index = lab.tape.edge_index()
    for u, v, sign in ((9, 16, "add"), (0, 1, "remove")):
        from_page(lab.pictures["graph"], {"type": "hover", "u": u, "v": v}, [])
        if sign == "add":
            changed = torch.cat([edge_index, torch.tensor([[u, v], [v, u]])], dim=1)
        else:
            keep = ~(
                ((edge_index[0] == u) & (edge_index[1] == v))
                | ((edge_index[0] == v) & (edge_index[1] == u))
            )
            changed = edge_index[:, keep]
        change = float(total_resistance(changed, 34) - total_resistance(edge_index, 34))
        assert f"{sign} this edge: total resistance {change:+.4g} ohm" in lab.pictures["graph"].hint
        assert lab.pictures["graph"].hint_pair == [u, v]


def test_clicks_edit_the_tape_and_undo_brings_the_old_tail_back(from_page, lab):
    lab.position = 3
    first = lab.tape.edits
    from_page(lab.pictures["graph"], {"type": "add", "u": 16, "v": 9}, [])
    lab.wait()
    assert lab.tape.edits == (*first[:3], Edit(1, 9, 16, "hand"))
    assert lab.position == lab.pictures["bar"].position == 4
    assert lab.pictures["bar"].edits[-1] == "hand adds 9–16"
    edge_index = lab.tape.edge_index()
    assert card(lab, "total resistance")[4] == pytest.approx(
        float(total_resistance(edge_index, 34))
    )
    assert card(lab, "distance from original")[4] == pytest.approx(1 - 78 / 82)
    from_page(lab.pictures["graph"], {"type": "remove", "u": 0, "v": 1}, [])
    lab.wait()
    assert lab.numbers()["num_edges"] == 81
    for _ in range(2):
        from_page(lab.pictures["bar"], {"type": "undo"}, [])
    lab.wait()
    assert lab.tape.edits == first
    assert lab.position == 3
    assert len(card(lab, "edges")) == 9
    from_page(lab.pictures["bar"], {"type": "redo"}, [])
    assert lab.tape.edits[-1].by == "hand"
    from_page(lab.pictures["bar"], {"type": "reset"}, [])
    lab.wait()
    assert lab.tape.edits == first
    assert lab.position == 8
    assert drawn_edges(lab, 0) == undirected(lab.tape.base)


@pytest.mark.parametrize("budget", [0, 8])
def test_reset_is_one_command_that_one_undo_takes_back(lab, budget):
    lab.num_edges = budget
    lab.wait()
    lab.position = budget // 2
    lab.edit(9, 16)
    lab.edit(0, 1)
    by_hand, position = lab.tape.edits, lab.position
    lab.do("reset")
    assert [edit.by for edit in lab.tape.edits] == ["gtr"] * budget
    assert lab.position == budget
    lab.do("undo")
    assert (lab.tape.edits, lab.position) == (by_hand, position)
    lab.do("redo")
    assert [edit.by for edit in lab.tape.edits] == ["gtr"] * budget


def test_numbers_are_read_at_one_moment(lab):
    """While the method changes, from another thread: never an error, never of another position."""
    start, ended, wrong = lab.state.start, threading.Event(), []
    lab.state.apply_method("random_edges", {"num_edges": 4})

    def ask():
        while not ended.is_set():
            now = lab.state.moment()
            if now.position > len(now.edits):
                wrong.append((now.position, len(now.edits)))
            try:
                edges = lab.numbers()["num_edges"]
            except Exception as error:
                wrong.append(repr(error))
            else:
                if edges not in (78, 79, 80, 81, 82):
                    wrong.append(edges)

    asking = threading.Thread(target=ask)
    asking.start()
    for budget in (4, 1, 3, 0, 2) * 40:
        lab.state.apply_method("random_edges", {"num_edges": budget})
    ended.set()
    asking.join()
    assert wrong == []
    assert lab.state.start is start


def test_cancel_asks_the_method_to_stop(lab):
    """What is at work hears it; the tape stays, and another method can be chosen."""
    begun, heard = threading.Event(), []

    @rewiring("edits")
    def endless(edge_index, num_nodes, *, num_edges: int = 1, should_stop=None):
        """Ask until the answer is yes."""
        begun.set()
        while not should_stop():
            pass
        heard.append(True)
        raise Stopped("endless was asked to stop")

    before = lab.tape.edits
    lab.state.methods["endless"] = endless
    lab.state.offer("method", list(lab.state.methods))
    lab.method = "endless"
    assert begun.wait(60)
    assert not lab.controls["stop"].disabled
    lab.controls["stop"].click()
    assert lab.wait()
    assert heard == [True]
    assert lab.tape.edits == before
    assert lab.shown()["status"].startswith("stopped; the tape is as it was")
    assert not lab.shown()["cards_stale"]
    assert lab.controls["stop"].disabled
    lab.method = "fosr"
    assert lab.wait()
    assert lab.tape.edits[0].by == "fosr"


def test_an_impossible_edit_is_told_and_changes_nothing(from_page, lab):
    before = lab.tape.edits
    from_page(lab.pictures["graph"], {"type": "add", "u": 0, "v": 1}, [])
    assert "already there" in lab.shown()["status"]
    assert lab.shown()["wrong"]
    assert lab.tape.edits == before


@pytest.mark.parametrize("method", EDITS)
def test_every_method_fills_the_tape_and_its_code_reproduces_it(lab, method):
    lab.method = method
    lab.wait()
    assert {e.by for e in lab.tape.edits} == {method}
    assert not lab.shown()["wrong"]
    for position in (len(lab.tape.edits), 2):
        lab.position = position
        made = {}
        exec(lab.code(), made)
        assert undirected(made["data"].edge_index) == undirected(lab.rewired.edge_index)


def test_a_method_that_is_no_longer_wanted_ends(lab, monkeypatch):
    """It leaves the tape and the words as they are; what came instead says its own."""
    lab.wait()
    before, said = lab.tape.edits, lab.shown()["status"]
    with pytest.raises(Stopped):
        lab.state.apply_method("gtr", {"num_edges": 3}, lambda: True)
    assert lab.tape.edits == before
    heard = []

    def stopped(_method, _options, should_stop):
        heard.append(should_stop())
        raise Stopped("it was asked to stop")

    monkeypatch.setattr(lab.state, "apply_method", stopped)
    lab.num_edges = 5
    lab.wait()
    assert heard == [False]
    assert not lab.shown()["wrong"]
    assert lab.shown()["status"].count("<span") == said.count("<span")


def test_what_a_method_reads_comes_from_the_graph(monkeypatch):
    """By name, also in the code; what is missing is said."""

    @rewiring("edits", reads=("x",))
    def by_x(edge_index, num_nodes, *, num_edges: int = 1, x, should_stop=None):
        """Join the first node with the one of largest x."""
        far = int(x[:, 0].argmax())
        return apply_edits(edge_index, num_nodes, torch.tensor([[1], [0], [far]]))

    monkeypatch.setitem(EDITS, "by_x", by_x)
    data = ring(8)
    data.x = torch.tensor([0.0, 0, 0, 1, 0, 0, 0, 0])[:, None]
    lab = rewiring_lab(data, method="by_x", num_edges=1)
    assert lab.wait(20)
    assert lab.tape.edits == (Edit(1, 0, 3, "by_x"),)
    lab.position = 1
    assert "= by_x(data.edge_index, data.num_nodes, x=data.x" in lab.code(), lab.code()
    lab.close()
    without = rewiring_lab(ring(8), method="by_x", num_edges=1)
    assert without.wait(20)
    assert "by_x reads x of a graph, and this one has no x" in without.shown()["status"]
    without.close()


def test_only_sequences_of_edits_are_in_the_menu(lab):
    assert list(lab.state.choices("method")) == list(EDITS)
    with pytest.raises(ValueError, match=r"method must be one of gtr, .*; got 'digl'"):
        rewiring_lab("karate", method="digl")


def test_code_of_a_hand_edited_tape_reproduces_it(lab):
    lab.position = 2
    lab.edit(9, 16)
    lab.edit(0, 1)
    made = {}
    exec(lab.code(), made)
    assert undirected(made["data"].edge_index) == undirected(lab.rewired.edge_index)


def test_options_of_the_method_become_controls(lab):
    lab.method = "sdrf"
    lab.wait()
    assert set(lab.options) >= {"variant", "tau"}
    assert lab.options["tau"].value == "inf"
    assert "generator" not in lab.options
    lab.options["tau"].value = "5"
    lab.wait()
    assert ", tau=5.0" in lab.code()
    lab.options["tau"].value = "much"
    assert "tau must be a number" in lab.shown()["status"]
    lab.num_edges = 3
    lab.options["tau"].value = "inf"
    lab.wait()
    assert sum(e.sign > 0 for e in lab.tape.edits) == 3


def test_best_next_edges_name_each_method(lab):
    lab.position = 0
    lab.best = True
    lab.wait()
    first = gtr(lab.tape.base, 34, num_edges=1).added[:, 0].tolist()
    rows = np.frombuffer(lab.pictures["graph"].candidates, "<i4").reshape(-1, 3)
    assert lab.pictures["graph"].methods[rows[0, 2]] == "gtr"
    assert sorted(rows[0, :2].tolist()) == sorted(first)
    assert "fosr" in lab.shown()["best_edges"]
    lab.best = False
    lab.wait()
    assert lab.pictures["graph"].candidates == b""
    assert lab.shown()["best_edges"] == ""


def test_view_and_colors_reach_the_canvases(lab):
    lab.view = "both"
    assert lab.pictures["graph"].mode == lab.pictures["matrix"].mode == "both"
    lab.color = "degree"
    values = np.frombuffer(lab.pictures["graph"].node_values, "<f4")
    np.testing.assert_array_equal(values, np.bincount(lab.rewired.edge_index[0], minlength=34))
    lab.color = "class"
    np.testing.assert_array_equal(
        np.frombuffer(lab.pictures["graph"].node_values, "<f4"), karate().y
    )


@pytest.mark.parametrize("suffix", [".graphml", ".npz", ".svg", ".png", ".html", ".py", ".json"])
def test_every_export_writes_a_file(lab, suffix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab.do("export", suffix)
    (path,) = tmp_path.iterdir()
    assert path.suffix == suffix
    assert path.stat().st_size > 0
    if suffix in (".graphml", ".npz"):
        assert undirected(read_graph(path).edge_index) == undirected(lab.rewired.edge_index)
    if suffix == ".html":
        assert "https://cdn" not in path.read_text()[:10_000]


def test_graphs_can_be_changed_and_opened(lab, tmp_path):
    lab.source = "barbell:10,3"
    lab.wait()
    assert lab.graph.num_nodes == 23
    assert lab.pictures["graph"].num_nodes == lab.pictures["matrix"].size == 23
    write_graph(ring(12), tmp_path / "mine.graphml")
    content = (tmp_path / "mine.graphml").read_bytes()
    lab.controls["upload"].value = (
        {
            "name": "mine.graphml",
            "content": memoryview(content),
            "size": len(content),
            "type": "",
            "last_modified": datetime.now(UTC),
        },
    )
    lab.wait()
    assert lab.graph.num_nodes == 12
    assert lab.controls["source"].label == "mine (12)"
    lab.source = "ring:24"
    lab.wait()
    assert lab.graph.num_nodes == 24
    lab.source = OWN
    lab.wait()
    assert lab.graph.num_nodes == 12
    assert lab.controls["upload"].value == ()


def test_a_malformed_upload_loses_nothing(lab):
    before = lab.tape.edits
    content = b"<graphml><graph><node id='a'/><edge source='a'"
    lab.controls["upload"].value = (
        {
            "name": "torn.graphml",
            "content": memoryview(content),
            "size": len(content),
            "type": "",
            "last_modified": datetime.now(UTC),
        },
    )
    assert "torn.graphml was not opened" in lab.shown()["status"]
    assert lab.graph.num_nodes == 34
    assert lab.tape.edits == before


def put(lab, name, content):
    """Hand a file to the upload button."""
    content = content.encode() if isinstance(content, str) else content
    file = {"name": name, "content": memoryview(content), "size": len(content), "type": ""}
    lab.controls["upload"].value = (file | {"last_modified": datetime.now(UTC)},)


def said(line):
    """The text of a line of the lab, without the color of it."""
    return re.sub(r"</?span[^>]*>", "", html.unescape(line.value))


def edges_of(lab):
    names = lab.graph.get("labels", list(map(str, range(lab.graph.num_nodes))))
    return {tuple(sorted((names[u], names[v]))) for u, v in lab.graph.edge_index.T.tolist()}


def test_the_line_says_how_a_file_was_taken_and_boxes_correct_it(lab):
    boxes = lab.controls["file"]
    assert boxes.layout.display == "none"
    put(lab, "mine.csv", "person,friend,age,km\nann,bob,3,2.5\nbob,cyd,4,0.5\n")
    lab.wait()
    assert edges_of(lab) == {("ann", "bob"), ("bob", "cyd")}
    assert "<b>mine.csv</b>: edges from the columns person and friend" in boxes.line.value
    assert boxes.boxes.children == (boxes.source, boxes.target, boxes.header, boxes.weight)
    assert (boxes.source.value, boxes.target.value) == ("person", "friend")
    assert boxes.weight.options == ("none", "age", "km")
    boxes.weight.value = "age"
    lab.wait()
    assert lab.graph.edge_weight.tolist() == [3.0, 3.0, 4.0, 4.0]
    boxes.target.value = "km"
    lab.wait()
    assert edges_of(lab) == {("2.5", "ann"), ("0.5", "bob")}
    assert boxes.weight.value == "age"
    put(lab, "mine.csv", "person,friend\nann,bob\nbob,cyd\n")
    assert "(person,friend) was taken for the names of the columns" in said(boxes.line)
    boxes.header.value = False
    lab.wait()
    assert edges_of(lab) == {("friend", "person"), ("ann", "bob"), ("bob", "cyd")}
    assert boxes.source.options == ("column 1", "column 2")
    assert said(boxes.line) == "<b>mine.csv</b>"
    # a graph of the menu has no file; the file comes back with its own name
    lab.source = "ring:24"
    lab.wait()
    assert boxes.layout.display == "none"
    lab.source = OWN
    lab.wait()
    assert boxes.layout.display == ""
    assert lab.controls["source"].label == "mine (5)"


def test_a_correction_that_cannot_be_read_changes_nothing(lab):
    put(lab, "mine.csv", "from,to,kind\na,b,red\nb,c,blue\n")
    lab.wait()
    lab.controls["file"].weight.value = "kind"
    lab.wait()
    assert "has weight (kind) 'red'" in lab.shown()["status"]
    assert lab.controls["file"].weight.value == "none"
    assert edges_of(lab) == {("a", "b"), ("b", "c")}


def test_a_directed_file_asks_and_a_button_answers(lab):
    put(lab, "arcs.edges", "# Directed graph\n0 1 2\n1 0 4\n1 2 5\n")
    boxes = lab.controls["file"]
    assert lab.graph.num_nodes == 34
    assert "a directed graph; resistance needs each edge both ways" in boxes.line.value
    assert boxes.boxes.children[0] is boxes.both_ways
    assert "is each edge to be taken both ways?" in lab.shown()["status"]
    boxes.both_ways.click()
    lab.wait()
    assert lab.graph.edge_weight.tolist() == [3.0, 3.0, 5.0, 5.0]
    assert "1 pair has two weights, one each way: the mean is taken" in boxes.line.value
    assert boxes.both_ways not in boxes.boxes.children


def test_a_file_with_several_graphs_has_a_box_for_the_number(lab):
    put(lab, "three.g6", "A_\nDQc\nBw\n")
    lab.wait()
    assert lab.graph.num_nodes == 2
    assert "graph 0 of 3, counted from 0" in lab.controls["file"].line.value
    lab.controls["file"].index.value = 1
    lab.wait()
    assert lab.graph.num_nodes == 5


@pytest.mark.parametrize(
    "made", [lambda graphs: graphs, tuple, Batch.from_data_list], ids=["list", "tuple", "batch"]
)
def test_one_of_several_graphs_is_shown_and_a_box_asks_which(made):
    sizes = (5, 8, 12)
    lab = rewiring_lab(made([ring(n) for n in sizes]), num_edges=1, index=1)
    boxes = lab.controls["file"]
    assert lab.graph.num_nodes == 8
    assert lab.shown()["file"] == "graph 1 of 3, counted from 0"
    assert boxes.layout.display == ""
    assert boxes.boxes.children == (boxes.index,)
    boxes.index.value = 2
    lab.wait()
    assert lab.graph.num_nodes == lab.pictures["graph"].num_nodes == 12
    assert card(lab, "edges")[0] == 12
    lab.source = "karate"
    lab.wait()
    assert boxes.layout.display == "none"
    lab.source = OWN
    lab.wait()
    assert lab.graph.num_nodes == 12
    assert boxes.index.value == 2
    lab.do("open_graph", made([ring(4), ring(6)]), 1)
    lab.wait()
    assert lab.graph.num_nodes == 6
    assert boxes.index.max == 1
    lab.close()


def test_which_of_several_graphs_is_refused_in_words():
    with pytest.raises(ValueError, match="index must be from 0 to 1, got 2"):
        rewiring_lab([ring(3), ring(4)], index=2)
    with pytest.raises(ValueError, match="a list without graphs"):
        rewiring_lab([])
    with pytest.raises(ValueError, match="index=1 chooses one of several graphs; 'karate' is one"):
        rewiring_lab("karate", index=1)
    with pytest.raises(TypeError, match="does not say where its graphs begin"):
        rewiring_lab(Batch(edge_index=ring(3).edge_index, num_nodes=3))
    arcs = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3)
    lab = rewiring_lab([ring(5), arcs], num_edges=1)
    lab.controls["file"].index.value = 1
    assert "directed" in lab.shown()["status"]
    assert lab.controls["file"].index.value == 0
    assert lab.graph.num_nodes == 5
    lab.close()
    lab = rewiring_lab([ring(5), arcs], index=1, undirected=True, num_edges=1)
    assert lab.graph.num_edges == 4
    lab.close()


@pytest.mark.parametrize("weighted", [True, False])
def test_edges_of_weight_0_are_none_and_the_lab_says_so(weighted, tmp_path):
    """In the picture, on the cards, for the method, by hand, and in the code."""
    data = grid(3, 4)
    low, high = data.edge_index.min(0).values, data.edge_index.max(0).values
    gone = ((low == 0) & (high == 1)) | ((low == 5) & (high == 6))
    data.edge_weight = torch.where(gone, 0.0, 2.0)
    without = Data(edge_index=data.edge_index[:, ~gone], num_nodes=12)
    without.edge_weight = data.edge_weight[~gone]
    lab, expected = (rewiring_lab(one, num_edges=3, weighted=weighted) for one in (data, without))
    assert "Left out: 2 edges of weight 0." in lab.shown()["status"]
    assert "Left out" not in expected.shown()["status"]
    assert lab.tape.edits == expected.tape.edits
    assert lab.pictures["graph"].spans == expected.pictures["graph"].spans
    for name in ("total resistance", "edges", "spectral gap"):
        np.testing.assert_array_equal(card(lab, name), card(expected, name))
    assert torch.equal(lab.rewired.edge_index, expected.rewired.edge_index)
    assert torch.equal(lab.rewired.edge_weight, expected.rewired.edge_weight)
    lab.position = 0
    lab.edit(0, 1)  # it is not there, so it can be added
    assert lab.tape.edits[-1] == Edit(1, 0, 1, "hand")
    path = tmp_path / "graph.npz"
    write_graph(data, path)
    opened = rewiring_lab(str(path), num_edges=2, weighted=weighted)
    opened.position = 2
    made = {}
    exec(opened.code(), made)
    assert undirected(made["data"].edge_index) == undirected(opened.rewired.edge_index)
    for one in (lab, expected, opened):
        one.close()


def test_what_belongs_to_kept_edges_is_saved_and_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text(
        "one,other,load,length\na,b,2,1.5\nb,c,3,2.5\nc,d,4,3.5\nd,d,9,9.5\n"
    )
    lab = rewiring_lab("mine.csv", weight="load", num_edges=1)
    assert "further columns: 'load', 'length'" in said(lab.controls["file"].line)
    lab.save("out.graphml")
    made = {}
    exec(lab.code(), made)
    u, v = sorted(lab.tape.rows()[1:, 0].tolist())
    # the self-loop stays as well
    expected = {(0, 1): (2.0, 1.5), (1, 2): (3.0, 2.5), (2, 3): (4.0, 3.5), (3, 3): (9.0, 9.5)}
    expected[u, v] = (1.0, 0.0)
    for data in (read_graph("out.graphml"), made["data"]):
        pairs = [tuple(sorted(pair)) for pair in data.edge_index.T.tolist()]
        values = zip(data.edge_weight.tolist(), data.edge_length.tolist(), strict=True)
        assert dict(zip(pairs, values, strict=True)) == expected
        assert data.labels == ["a", "b", "c", "d"]
    lab.close()


@pytest.fixture
def drop(from_page):
    """What the browser sends when a file is dropped on the graph."""

    def send(lab, content, *buffers):
        from_page(lab.pictures["graph"], {"type": "file", **content}, buffers)

    return send


def test_a_dropped_file_is_the_graph(drop, lab, tmp_path):
    write_graph(ring(12), tmp_path / "mine.graphml")
    drop(lab, {"name": "mine.graphml"}, memoryview((tmp_path / "mine.graphml").read_bytes()))
    lab.wait()
    assert lab.graph.num_nodes == lab.pictures["graph"].num_nodes == 12
    assert lab.controls["source"].label == "mine (12)"
    assert len(lab.tape.edits) == 8
    total = total_resistance(ring(12).edge_index, 12)
    assert card(lab, "total resistance")[0] == pytest.approx(float(total))
    assert lab.pictures["graph"].file_prompt


@pytest.mark.parametrize(
    ("content", "buffers", "message"),
    [
        ({"name": "torn.graphml"}, [b"<graphml><graph>"], "torn.graphml was not opened"),
        ({"name": "empty.npz"}, [b""], "empty.npz was not opened"),
        ({"refused": "x is a folder; drop a file."}, [], "x is a folder; drop a file."),
    ],
)
def test_a_dropped_file_that_is_no_graph_loses_nothing(drop, lab, content, buffers, message):
    lab.position = 3
    before = lab.tape.edits, lab.pictures["graph"].spans
    drop(lab, content, *buffers)
    assert message in lab.shown()["status"]
    assert lab.shown()["wrong"]
    assert lab.graph.num_nodes == 34
    assert (lab.tape.edits, lab.pictures["graph"].spans) == before
    assert lab.position == 3


def graph(edges, num_nodes):
    pairs = torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T
    return Data(edge_index=torch.cat([pairs, pairs.flip(0)], dim=1), num_nodes=num_nodes)


ODD = {
    "two components": graph([(0, 1), (1, 2), (3, 4), (4, 5)], 6),
    "isolated node": graph([(0, 1), (1, 2), (0, 2)], 4),
    "one node": graph([], 1),
    "no edges": graph([], 5),
    "two nodes": graph([(0, 1)], 2),
    "complete": graph([(u, v) for u in range(5) for v in range(u)], 5),
    "self-loops": graph([(0, 0), (0, 1), (1, 2), (2, 3)], 4),
    "repeated edges": graph([(0, 1), (0, 1), (1, 2), (2, 3)], 4),
}


def every_third_at_once(first, second):
    """All pairs of two lists, two of three of them slow: each is there with some of the other."""
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            yield pytest.param(one, other, marks=[pytest.mark.slow] * bool((i + j) % 3))


@pytest.mark.parametrize(("name", "method"), every_third_at_once(ODD, EDITS))
def test_odd_graphs_open_and_say_what_happened(name, method):
    lab = rewiring_lab(ODD[name], method=method, num_edges=3)
    assert lab.wait(20)
    assert not lab.shown()["wrong"], lab.shown()["status"]
    assert not lab.pictures["bar"].stale
    for matrix in lab.state.choices("matrix"):
        lab.matrix = matrix
    for color in lab.state.choices("color"):
        lab.color = color
    numbers = lab.numbers()
    edge_index, n = lab.rewired.edge_index, lab.graph.num_nodes
    assert numbers["total_resistance"] == pytest.approx(float(total_resistance(edge_index, n)))
    assert lab.picture()[:4] == b"\x89PNG"
    assert lab.figure() is not None
    for u in range(n):
        assert isinstance(hint(lab.state.moment(), 0, u), str)
    lab.close()


def test_weights_and_networkx_graphs_are_taken():
    weighted = nx.path_graph(6)
    nx.set_edge_attributes(weighted, 2.5, "weight")
    lab = rewiring_lab(weighted, num_edges=2)
    assert lab.graph.num_nodes == 6
    lab.close()


def test_a_weighted_graph_is_read_with_its_weights_and_says_so(from_page):
    """Cards, matrix, hints, what comes next and the exported code; a setting leaves them out."""
    lab = rewiring_lab("les_miserables", num_edges=2)
    lab.wait()
    assert "Edges conduct by their weights" in lab.shown()["status"]
    assert lab.controls["weighted"].layout.display is None
    data, n = lab.graph, lab.graph.num_nodes
    exact = float(total_resistance(data.edge_index, n, data.edge_weight))
    first = gtr(data.edge_index, n, num_edges=1, edge_weight=data.edge_weight)
    assert lab.tape.edits[0] == Edit(1, *first.added[:, 0].tolist(), "gtr")
    assert card(lab, "total resistance")[0] == pytest.approx(exact)
    after = lab.rewired
    at_end = float(total_resistance(after.edge_index, n, after.edge_weight))
    assert lab.numbers()["total_resistance"] == pytest.approx(at_end)
    lab.position = 0
    high = lab.pictures["matrix"].value_range[1]
    matrix = effective_resistance(data.edge_index, n, data.edge_weight).numpy()
    drawn = pixels(lab.pictures["matrix"]) / 254 * high
    np.testing.assert_allclose(drawn, matrix, atol=high / 500)
    u, v = first.added[:, 0].tolist()
    from_page(lab.pictures["graph"], {"type": "hover", "u": u, "v": v}, [])
    change = f"{card(lab, 'total resistance')[1] - exact:+.4g} ohm"
    assert f"add this edge: total resistance {change}" in lab.pictures["graph"].hint
    lab.position = 2
    made = {}
    exec(lab.code(), made)
    assert made["data"].edge_weight.tolist() == lab.rewired.edge_weight.tolist()
    lab.do("weighted", False)
    lab.wait()
    plain = float(total_resistance(data.edge_index, n))
    assert card(lab, "total resistance")[0] == pytest.approx(plain)
    assert "conduct" not in lab.shown()["status"]
    lab.source = "karate"
    lab.wait()
    assert lab.controls["weighted"].layout.display == "none"
    lab.close()


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2), ValueError, "to_undirected"),
        (
            Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=0),
            ValueError,
            "no nodes",
        ),
        ("karat", ValueError, "karate"),
        (Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2), ValueError, "undirected=True"),
        (ring(3).update({"pos": torch.ones(3)}), ValueError, r"pos has shape \[3\].*\[3, 2\]"),
        (ring(3).update({"labels": ["a"]}), ValueError, "1 names for 3 nodes"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_a_way_out(data, error, words):
    with pytest.raises(error, match=words):
        rewiring_lab(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (HeteroData(), "several kinds; take data.to_homogeneous"),
        (
            Batch.from_data_list([ring(3), ring(4)]),
            r"of 2 graphs; take one: batch.get_example\(0\)",
        ),
        ([ring(3), ring(4)], r"a list of 2 graphs; take one: dataset\[0\]"),
        (3.5, r"a name \('karate'\), a file, a PyG Data, .* got float"),
    ],
)
def test_what_is_no_single_graph_is_refused_in_one_sentence(data, words):
    with pytest.raises(TypeError, match=words) as caught:
        getattr(graph_of, "__wrapped__", graph_of)(data)
    assert len(str(caught.value)) < 150


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="gtr"):
        rewiring_lab("karate", method="magic")


@pytest.mark.slow
def test_a_large_graph_says_what_is_computed_and_what_is_not_drawn(monkeypatch):
    n, told = 10_000, []
    working = RewiringLab.tell_work
    heard = lambda lab, text: told.append(text) or working(lab, text)  # noqa: E731
    monkeypatch.setattr(RewiringLab, "tell_work", heard)
    large = erdos_renyi(n, 12 / n, generator=torch.Generator().manual_seed(0))
    lab = rewiring_lab(large, method="fosr", num_edges=2)
    assert lab.wait(120)
    assert any("computing total resistance" in text and "meanwhile" in text for text in told)
    assert "computing" not in lab.shown()["status"]
    assert "fosr added 2." in lab.shown()["status"]
    assert lab.pictures["matrix"].title == "resistance among 200 landmark nodes of 10,000"
    order = torch.from_numpy(np.frombuffer(lab.pictures["matrix"].order, "<i4").astype(np.int64))
    drawn = np.frombuffer(lab.pictures["matrix"].values, np.uint8).reshape(200, 200)
    exact = resistance_of_pairs(lab.rewired.edge_index, n, order[torch.tensor([[0, 7], [199, 50]])])
    low, high = lab.pictures["matrix"].value_range
    ours = low + drawn[[0, 7], [199, 50]] / 254 * (high - low)
    np.testing.assert_allclose(ours, exact.numpy().clip(low, high), atol=high / 200)
    assert lab.pictures["matrix"].values_position == 2
    label = lab.pictures["graph"].color_label
    assert label.startswith("mean resistance is not shown: the elimination of 10,000 nodes and")
    assert lab.pictures["graph"].node_values == b""
    lab.matrix = "hop distance"
    assert "0.8 GB" in lab.pictures["matrix"].title
    assert lab.pictures["matrix"].values == b""
    assert len(card(lab, "edges")) == 3
    assert "8,000" in hint(lab.state.moment(), 0, 1)
    lab.method = "gtr"
    lab.wait(60)
    assert lab.shown()["wrong"]
    lab.close()


def scattered(large):
    """A big component, five middling ones and three nodes alone; dense, or beyond."""
    parts, first = [], 0
    for part in [grid(51, 50) if large else grid(6, 7), *[ring(9)] * 4, barbell(4, 2)]:
        parts.append(part.edge_index + first)
        first += part.num_nodes
    return Data(edge_index=torch.cat(parts, dim=1), num_nodes=first + 3)


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_a_disconnected_graph_shows_what_is_within_its_components(large):
    data = scattered(large)
    n, big = data.num_nodes, 2550 if large else 42
    lab = rewiring_lab(data, num_edges=3)
    assert lab.wait(60)
    lab.edit(0, n - 1)  # takes in a node alone
    lab.edit(1, big)  # joins a ring
    lab.wait()
    rel = 1e-6 if large else 1e-9
    for at in (0, 3, 4, 5):
        edges = lab.tape.edge_index(at)
        total = float(total_resistance(edges, n, within_components=True))
        assert card(lab, "total resistance")[at] == pytest.approx(total, rel=rel)
        size = big + (0, 1, 10)[max(at - 3, 0)]
        nodes = (
            torch.arange(big) if at < 4 else torch.cat([torch.arange(big), torch.tensor([n - 1])])
        )
        nodes = torch.cat([torch.arange(big + 9), nodes[-1:]]) if at == 5 else nodes
        part = subgraph(nodes, edges, relabel_nodes=True, num_nodes=n)[0]
        assert len(nodes) == size
        assert card(lab, "spectral gap")[at] == pytest.approx(float(spectral_gap(part, size)), 1e-5)
        if not large:
            assert card(lab, "diameter")[at] == float(diameter(part, size))
            upper = float(cheeger_bounds(part, size).upper)
            assert card(lab, "Cheeger at most")[at] == pytest.approx(upper, rel=1e-6)
        assert lab.numbers()["total_resistance"] == np.inf
    assert bool((np.diff(card(lab, "total resistance")[:4]) < 0).all())  # what gtr does is seen
    notes = {c["name"]: c["note"] for c in lab.pictures["bar"].cards}
    assert notes["total resistance"] == "within components"
    assert {notes[k] for k in ("spectral gap", "Cheeger at least", "diameter")} == {
        "largest component"
    }
    assert notes["edges"] == notes["mean degree"] == ""
    first, taken, joined = lab.pictures["bar"].notes
    assert [note["from"] for note in (first, taken, joined)] == [0, 4, 5]
    assert first["text"].startswith("9 components: ")
    assert f"the largest, {big:,} of {n:,} nodes." in first["text"]
    assert "fewer" not in first["text"]
    assert f"the largest, {big + 10:,} of" in joined["text"]
    assert "2 fewer than at first: the pairs that were joined count, too." in joined["text"]
    assert lab.shown()["left_out"] == joined["text"]
    lab.position = 3
    assert lab.shown()["left_out"] == first["text"]
    lab.position = 5
    assert lab.numbers(within_components=True)["total_resistance"] == pytest.approx(
        card(lab, "total resistance")[5]
    )
    values = np.frombuffer(lab.pictures["graph"].node_values, "<f4")
    assert np.flatnonzero(np.isnan(values)).tolist() == [n - 3, n - 2]
    assert lab.pictures["graph"].color_label == (
        "mean resistance (ohm), within components; gray: no edge"
    )
    lab.close()


def test_rows_and_colors_follow_the_components():
    data = scattered(False)
    lab = rewiring_lab(data, num_edges=2)
    matrix = lab.pictures["matrix"]
    order = np.frombuffer(matrix.order, "<i4")
    label = components(data.edge_index, data.num_nodes).numpy()[order]
    sizes = np.diff(np.flatnonzero(np.r_[True, np.diff(label) != 0, True]))
    assert sizes.tolist() == [42, 10, 9, 9, 9, 9, 1, 1, 1]  # each is a block, the largest first
    drawn = np.frombuffer(matrix.values_before, np.uint8).reshape(91, 91)
    np.testing.assert_array_equal(drawn == 255, label[:, None] != label)
    assert matrix.missing == "no path"
    lab.color = "Fiedler vector"
    values = np.frombuffer(lab.pictures["graph"].node_values, "<f4")
    for first in range(42, 78, 9):  # each ring has its own cut
        ring_values = values[first : first + 9]
        assert ring_values.min() < -0.5 < 0.5 < ring_values.max()
    lab.close()


def test_landmarks_stand_component_by_component():
    lab = rewiring_lab(scattered(True), num_edges=1)
    assert lab.wait(60)
    order = torch.from_numpy(np.frombuffer(lab.pictures["matrix"].order, "<i4").astype(np.int64))
    label = components(lab.graph.edge_index, lab.graph.num_nodes)[order]
    changes = int((label.diff() != 0).sum())
    assert changes == label.unique().numel() - 1 > 0
    assert int(label[0]) == 0
    lab.close()


def test_landmarks_of_a_weighted_graph_conduct_by_its_weights():
    data = grid(51, 50)
    low, high = data.edge_index.min(0).values, data.edge_index.max(0).values
    data.edge_weight = 0.5 + ((3 * low + high) % 7).double()
    lab = rewiring_lab(data, num_edges=1)
    assert lab.wait(60)
    lab.position = 0
    lab.wait()
    matrix, n = lab.pictures["matrix"], 2550
    order = torch.from_numpy(np.frombuffer(matrix.order, "<i4").astype(np.int64))
    drawn = np.frombuffer(matrix.values, np.uint8).reshape(200, 200)
    pairs = torch.tensor([[0, 7, 100], [199, 50, 3]])
    exact = resistance_of_pairs(data.edge_index, n, order[pairs], data.edge_weight).numpy()
    low, high = matrix.value_range
    ours = low + drawn[tuple(pairs)] / 254 * (high - low)
    np.testing.assert_allclose(ours, exact.clip(low, high), atol=high / 200)
    plain = resistance_of_pairs(data.edge_index, n, order[pairs]).numpy()
    assert abs(exact - plain).min() > high / 50
    lab.close()


def test_hints_of_a_disconnected_graph_stay_within_its_components():
    data = scattered(False)
    lab = rewiring_lab(data, num_edges=0)
    now, n = lab.state.moment(), data.num_nodes

    def change(edges):
        return float(
            total_resistance(edges, n, within_components=True)
            - total_resistance(data.edge_index, n, within_components=True)
        )

    inside, across = ((0, 40), (0, 60))
    for (u, v), what in ((inside, ""), (across, "joins two components; ")):
        pair = torch.tensor([[u, v], [v, u]])
        text = hint(now, u, v)
        expected = f"{change(torch.cat([data.edge_index, pair], 1)):+.4g} ohm"
        assert f"add this edge: {what}total resistance within components {expected}" in text
        assert "gap" not in text
    assert hint(now, *across).startswith("no path joins them")
    bridge = (data.edge_index == torch.tensor([[82], [83]])).all(0)
    u, v = data.edge_index[:, 78 + 0 :][:, 0].tolist() if not bridge.any() else (82, 83)
    gone = ((data.edge_index[0] == u) & (data.edge_index[1] == v)) | (
        (data.edge_index[0] == v) & (data.edge_index[1] == u)
    )
    text, expected = hint(now, u, v), f"{change(data.edge_index[:, ~gone]):+.4g} ohm"
    assert (
        f"remove this edge: parts a component; total resistance within components {expected}"
        in (text)
    )
    lab.close()


@pytest.mark.parametrize("name", ["complete", "no edges", "one node", "two nodes"])
@pytest.mark.parametrize("scale", ["linear", pytest.param("log", marks=pytest.mark.slow)])
def test_what_is_constant_gets_no_invented_range(name, scale):
    lab = rewiring_lab(ODD[name], num_edges=0)
    lab.scale = scale
    for matrix in lab.state.choices("matrix"):
        lab.matrix = matrix
        shown = np.frombuffer(lab.pictures["matrix"].values, np.uint8)
        low, high = lab.pictures["matrix"].value_range
        if len(set(shown.tolist()) - {255}) <= 1:
            exact = lab.state.start.pairs.matrix(matrix)
            assert low == high == exact[np.isfinite(exact)].max(), matrix
        assert lab.picture()[:4] == b"\x89PNG"
    lab.close()


def test_a_matrix_that_is_refused_says_why():
    """Gains of all pairs lose their digits beside a weak link; the other matrices do not."""
    data = barbell(4, 2)
    weak = (data.edge_index.min(0).values == 4) & (data.edge_index.max(0).values == 5)
    assert int(weak.sum()) == 2
    data.edge_weight = torch.where(weak, 1e-15, 1.0).double()
    lab = rewiring_lab(data, num_edges=0)
    lab.do("matrix", "gain of an edge")
    matrix = lab.pictures["matrix"]
    assert matrix.values == b""
    assert matrix.title.startswith("gain of an edge is not shown: ")
    assert not lab.shown()["wrong"]
    assert lab.picture()[:4] == b"\x89PNG"
    lab.matrix = "effective resistance"
    assert matrix.size == data.num_nodes
    lab.close()


def test_a_thousand_nodes_are_no_one_gray():
    """Most cells differ, the ends say that there is more, and a logarithm can be chosen."""
    data = grid(31, 33)
    pendant = torch.tensor([[0, 1023], [1023, 0]])
    data = Data(edge_index=torch.cat([data.edge_index, pendant], 1), num_nodes=1024)
    data.edge_weight = torch.ones(data.num_edges)
    data.edge_weight[-2:] = 0.005  # 200 ohm from all others
    lab = rewiring_lab(data, num_edges=1)
    assert lab.wait(60)
    matrix = lab.pictures["matrix"]
    for scale in ("linear", "log"):
        lab.scale = scale
        assert matrix.log_scale == (scale == "log")
        assert matrix.clipped == [True, True]
        assert 0 < matrix.value_range[0] < matrix.value_range[1] < 10
        shown = np.frombuffer(matrix.values, np.uint8)
        assert np.unique(shown).size > 200
        assert np.bincount(shown).max() < 0.1 * shown.size
    assert "lab.scale" not in lab.code()
    lab.close()


def test_the_stored_picture_of_a_larger_graph_shows_its_edits(monkeypatch):
    """More than 400 nodes: the lab opens at once, but its still picture waits for the method."""
    shown = []

    class Handle:
        def update(self, _image):
            shown.append(lab.shown()["caption"])

    def display(*objects, display_id=False, **_):
        shown.append(lab.shown()["caption"])
        return Handle() if display_id else None

    monkeypatch.setattr(still_picture, "display", display)
    lab = rewiring_lab(grid(21, 20), num_edges=3)
    lab._ipython_display_()
    assert shown[-1].endswith("gtr, edit 3 of 3")
    lab.close()


def test_what_a_method_did_and_why_it_stopped():
    """In a ring each new edge is soon the most curved one, and the paper's SDRF would remove it."""
    lab = rewiring_lab("ring:24", method="sdrf", num_edges=5)
    assert "sdrf added 1 and removed 1; 5 were asked for" in lab.shown()["status"]
    assert "with removal bound inf it removes none" in lab.shown()["status"]
    lab.options["removal_bound"].value = "inf"
    lab.wait()
    assert "sdrf added 5." in lab.shown()["status"]
    assert "inf removes none" in lab.options["removal_bound"].tooltip
    lab.close()


def test_hundreds_of_moves_leave_memory_flat():
    import tracemalloc

    lab = rewiring_lab(barbell(10, 3), num_edges=10)
    moves = [*range(11), *range(10, -1, -1)]
    tracemalloc.start()
    for k in moves:
        lab.position = k
    lab.wait()
    first = tracemalloc.get_traced_memory()[0]
    for _ in range(10):
        for k in moves:
            lab.position = k
    lab.wait()
    grown = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    assert grown < 60_000
    lab.close()


def test_the_still_picture_has_the_range_of_the_page_and_words(monkeypatch):
    """Of many nodes a few far values do not stretch its colors either."""
    seen = {}
    drawn = views.picture
    monkeypatch.setattr(views, "picture", lambda **given: seen.update(given) or drawn(**given))
    lab = rewiring_lab(lollipop(20, 150), num_edges=0)
    assert lab.wait(60)
    lab.color = "mean resistance"
    assert lab.wait(60)
    image = lab._image()
    assert seen["node_range"] == pytest.approx(lab.pictures["graph"].color_range)
    assert seen["node_range"][1] < seen["node_values"].max()
    assert image.alt == f"RewiringLab: {lab.shown()['status']}"
    lab.close()
