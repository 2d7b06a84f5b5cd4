"""The expressivity lab without a browser: set a widget, read what is shown."""

from datetime import UTC, datetime

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import TESTS, TooLargeError
from workbench.figures.coloring import CLASS_COLORS, class_table
from workbench.graphs import FAMOUS_PAIRS, csl, path, ring, rook, write_graph
from workbench.models import MODELS
from workbench.widgets import expressivity_lab
from workbench.widgets.canvas.matrix_canvas import MISSING
from workbench.widgets.expressivity.test_texts import RAISED, TEST_TEXTS, menu
from workbench.widgets.lab.opening import read_upload

HEXAGON = "hexagon and two triangles"


@pytest.fixture(scope="module")
def module_lab():
    lab = expressivity_lab()
    yield lab
    lab.close()


@pytest.fixture
def lab(module_lab):
    module_lab.pair, module_lab.test = HEXAGON, "1-wl"
    module_lab.choose("a")
    module_lab.choose("b")
    return module_lab


def rows(data: bytes, kind: str, lab) -> np.ndarray:
    return np.frombuffer(data, kind).reshape(lab.pictures["rounds"].length + 1, -1)


def upload(path) -> dict:
    content = path.read_bytes()
    return {
        "name": path.name,
        "type": "",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": datetime.now(UTC),
    }


# ---- code and mouse drive the same state -------------------------------------------------


def test_it_opens_on_a_pair_that_message_passing_cannot_tell_apart(lab):
    assert lab.verdict == "1-WL: equal, stable after 0 rounds"
    assert "cannot see the difference" in lab.shown()["says"]
    assert lab.a.num_nodes == lab.b.num_nodes == 6
    assert lab.round == 0
    assert not lab.distinction


def test_raising_k_breaks_the_tie(lab):
    lab.controls["raise_k"].click()
    lab.wait()
    assert lab.test == lab.controls["test"].value == "2-fwl"
    assert lab.verdict == "2-FWL: different from round 1"
    assert lab.round == 1  # where they part
    lab.controls["raise_k"].click()
    lab.wait()
    assert lab.test == "3-fwl"
    assert lab.controls["raise_k"].disabled
    assert set(RAISED.values()) <= set(TESTS)


def test_the_menus_and_the_code_agree(lab):
    lab.controls["pair"].value = "two spiders"
    lab.wait()
    assert lab.pair == "two spiders"
    assert lab.verdict == "1-WL: different from round 4"
    lab.test = "spd-wl"
    assert lab.controls["test"].value == "spd-wl"
    assert FAMOUS_PAIRS["two spiders"].sentence.split(":")[0] in lab.shown()["about_pair"]
    assert TEST_TEXTS["spd-wl"].sentence[:20] in lab.shown()["about_test"]


def test_the_round_moves_by_code_and_by_slider(lab):
    lab.pair = "two spiders"
    lab.round = 2
    assert lab.pictures["rounds"].position == 2
    lab.pictures["rounds"].position = 3
    assert lab.round == 3
    with pytest.raises(ValueError, match="from 0 to 12, got 13"):
        lab.round = 13


@pytest.mark.parametrize("test", TESTS)
def test_every_test_has_words_and_colors(lab, test):
    assert test in TEST_TEXTS
    assert test in menu().values()
    lab.test = test
    told = test in FAMOUS_PAIRS[HEXAGON].separating_tests
    assert bool(lab.distinction) == told
    assert ("different" in lab.verdict) == told
    bar = lab.pictures["rounds"]
    assert rows(bar.nodes_a, "<f4", lab).shape[1] == 6
    assert rows(bar.pairs_b, "u1", lab).shape[1] == 36
    counts = np.frombuffer(bar.counts, "<i4").reshape(bar.length + 1, 2, bar.num_colors)
    assert (counts.sum(axis=2) == counts[0].sum(axis=1)).all()  # items come and go nowhere
    first = lab.distinction.round
    equal = [bool((a == b).all()) for a, b in counts]
    assert equal == [first is None or r < first for r in range(len(counts))]


# ---- what is drawn -----------------------------------------------------------------------


def test_the_witness_is_ringed_from_its_round_on(lab):
    lab.pair, lab.test = "two spiders", "1-wl"
    assert lab.pictures["rounds"].witness_from == 4
    a, b = lab.pictures["rounds"].witness
    assert a == sorted(set(lab.distinction.only_a.ravel().tolist()))
    assert b == sorted(set(lab.distinction.only_b.ravel().tolist()))
    assert "Witness after round 4" in lab.shown()["says"]
    lab.pair = "rook and Shrikhande"
    assert lab.pictures["rounds"].witness_from == -1
    assert lab.pictures["rounds"].witness == [[], []]


def test_many_colors_get_numbers(lab):
    assert not lab.pictures["rounds"].numbered
    lab.pair = "two spiders"
    assert lab.pictures["rounds"].numbered


def test_colors_are_many_and_all_different():
    assert len(set(CLASS_COLORS)) == len(CLASS_COLORS) >= 20
    table = class_table()
    assert len(table) == 768
    assert table[:3] == table[3 * len(CLASS_COLORS) :][:3]


def test_the_matrix_shows_what_a_node_sees(lab):
    levels = rows(lab.pictures["rounds"].pairs_a, "u1", lab)[0].reshape(6, 6)
    assert (levels != MISSING).sum() == lab.a.num_edges
    assert not lab.pictures["rounds"].marks_pairs
    lab.test = "2-fwl"
    assert lab.pictures["rounds"].marks_pairs
    levels = rows(lab.pictures["rounds"].pairs_a, "u1", lab)[1].reshape(6, 6)
    # a hexagon: itself, neighbor, two hops, opposite
    assert len(np.unique(levels)) == 4


def test_isomorphic_graphs_are_called_so():
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    base = path(7)
    lab = expressivity_lab(base, Data(edge_index=order[base.edge_index], num_nodes=7), test="2-fwl")
    assert "equal" in lab.verdict
    assert "isomorphic, and every test says so" in lab.shown()["says"]
    lab.close()


def test_features_of_one_graph_only_are_left_out_and_the_lab_says_so():
    featured = ring(4)
    featured.x = torch.arange(4.0)[:, None]
    lab = expressivity_lab(featured, ring(4))
    assert "equal" in lab.verdict
    assert "x is left out, since only a has it" in lab.verdict
    assert "x is left out" in lab.shown()["says"]
    assert "Without x, the graphs are isomorphic" in lab.shown()["says"]
    lab.b = square([0, 1, 0, 1])
    assert "x is left out, since only a has it" in lab.verdict
    assert "edge_attr is left out, since only b has it" in lab.verdict
    lab.b = featured
    assert "left out" not in lab.verdict
    assert "The graphs are isomorphic" in lab.shown()["says"]
    lab.close()


# ---- why -----------------------------------------------------------------------------------


def test_why_a_node_has_its_color(lab):
    lab.pair, lab.test, lab.round = "two spiders", "1-wl", 1
    assert "starts" not in lab.why("a", 0)
    assert "3 x (0)" in lab.why("a", 0)  # the body sees three legs
    assert "1 x (0)" in lab.why("b", 6)  # a foot sees one neighbor
    assert "Click a node" not in lab.shown()["why"]
    assert "a: node 0" in lab.shown()["why"]
    assert "they saw different bags" in lab.shown()["why"]
    lab.round = 0
    assert "start with" in lab.shown()["why"]


def square(labels: list[float]) -> Data:
    """A ring of four edges with labels, in both directions."""
    one = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    edges, attr = torch.cat([one, one.flip(0)], dim=1), torch.tensor(labels + labels)
    return Data(edge_index=edges, edge_attr=attr, num_nodes=4)


def test_a_bag_shows_the_labels_of_edges():
    lab = expressivity_lab(square([0, 1, 0, 1]), square([0, 0, 1, 1]))
    lab.round = 1
    assert "1 x edge label 0 (0), 1 x edge label 1 (0)" in lab.why("a", 0)
    assert "2 x edge label 0 (0)" in lab.why("b", 1)
    shown = lab.shown()["why"]
    assert "they saw different bags" in shown
    assert "edge label 0" in shown
    assert "edge label 1" in shown
    lab.test, lab.round = "2-fwl", 0
    assert "its edge labels" in lab.why("a", 0)
    lab.close()


def test_labels_of_edges_that_differ_are_written_differently():
    lab = expressivity_lab(square([1.0, 1.00001, 1.0, 1.0]), square([1.0, 1.0, 1.0, 1.0]))
    lab.round = 1
    assert lab.why("a", 1).count("edge label 1.0") == 2
    lab.close()


def test_clicks_choose_nodes_and_pairs(lab, from_page):
    lab.pictures["a"].picked = [2]
    assert "a: node 2" in lab.shown()["why"]
    lab.pictures["a"].picked = []
    assert "Click a node" in lab.shown()["why"]
    lab.test = "2-fwl"
    message = {"type": "click", "u": 1, "v": 4}
    from_page(lab.pictures["matrix_b"], message)
    assert "b: pair (1, 4)" in lab.shown()["why"]
    assert lab.pictures["b"].picked == [1]


def test_hovered_pairs_get_a_hint(lab, from_page):
    lab.test = "spd-wl"
    from_page(lab.pictures["a"], {"type": "hover", "u": 0, "v": 3})
    assert lab.pictures["a"].hint == "3 hops"
    from_page(lab.pictures["b"], {"type": "hover", "u": 0, "v": 3})
    assert lab.pictures["b"].hint == "not connected"
    lab.test = "2-fwl"
    from_page(lab.pictures["matrix_a"], {"type": "hover", "u": 0, "v": 3})
    assert lab.pictures["matrix_a"].hint.startswith("pair color")


@pytest.mark.parametrize(
    ("graph", "nodes", "message"),
    [("c", (0,), "graph must be"), ("a", (6,), "from 0 to 5"), ("a", (0, 1, 2), "one or two")],
)
def test_choosing_what_is_not_there(lab, graph, nodes, message):
    with pytest.raises(ValueError, match=message):
        lab.choose(graph, *nodes)


def test_what_is_no_number_is_told(lab):
    with pytest.raises(ValueError, match=r"give one or two nodes: lab.why\(\"a\", 0\)"):
        lab.why("a")
    for node in (1.5, "1", True):
        with pytest.raises(TypeError, match=r"whole number|expected type|Type-check"):
            lab.why("a", node)
    with pytest.raises(TypeError, match=r"0\.5"):
        lab.round = 0.5
    with pytest.raises(TypeError, match=r"a graph must be a name .* got NoneType|value: None"):
        lab.a = None


# ---- your own graphs ---------------------------------------------------------------------


def test_your_own_graphs_by_code():
    lab = expressivity_lab(csl(11, 2), nx.circulant_graph(11, [1, 3]))
    assert lab.pair == "your graphs"
    assert lab.verdict == "1-WL: equal, stable after 0 rounds"
    lab.b = "ring:11"
    assert lab.verdict == "1-WL: different from round 1"
    assert lab.b.num_edges == 22
    lab.pair = HEXAGON
    assert lab.a.num_nodes == 6
    lab.close()


@pytest.mark.parametrize("suffix", [".g6", ".graphml"])
def test_files_from_the_browser(lab, tmp_path, suffix):
    file = tmp_path / f"rook{suffix}"
    if suffix == ".g6":
        nx.write_graph6(nx.line_graph(nx.complete_bipartite_graph(4, 4)), file)
    else:
        write_graph(rook(), file)
    lab.controls["open_a"].value = (upload(file),)
    lab.wait()
    assert lab.a.num_nodes == 16
    assert lab.pair == lab.controls["pair"].value == "your graphs"
    assert lab.verdict == "1-WL: different from round 0"


@pytest.fixture
def table(tmp_path):
    """A file whose reading has to guess."""
    file = tmp_path / "friends.csv"
    file.write_text("from,to,since\nann,bob,3\nbob,cat,5\n")
    return file


def test_what_was_guessed_in_a_file_is_told(lab, drop, table):
    lab.controls["open_b"].value = (upload(table),)
    lab.wait()
    said = lab.shown()["status"]
    assert said.startswith("friends.csv is graph b now: ")
    notes = read_upload(upload(table)).notes
    assert notes
    assert all(note.split(" (")[0] in said for note in notes)
    assert "=" not in said  # no option of code
    assert not lab.shown()["wrong"]
    drop(lab, "a", {"name": table.name}, table.read_bytes())
    lab.wait()
    assert lab.shown()["status"].startswith("friends.csv is graph a now: ")
    lab.test = "2-fwl"
    assert not lab.shown()["status"]


def test_the_menus_are_heard_one_after_another(lab):
    lab.controls["pair"].value = "two spiders"
    lab.controls["test"].value = "spd-wl"  # while the pair is still on its way
    lab.wait()
    assert (lab.pair, lab.test) == ("two spiders", "spd-wl")
    assert (lab.shown()["pair"], lab.shown()["test"]) == ("two spiders", "spd-wl")


def test_a_round_that_another_test_had_is_the_last_of_this_one(lab):
    lab.pair = "two spiders"
    lab.test = "2-fwl"
    last = lab.pictures["rounds"].length
    lab.pictures["rounds"].position = 12  # what the page sent before it heard
    assert lab.round == lab.pictures["rounds"].position == last


def test_code_makes_the_same_lab(lab):
    lab.pair, lab.test = "two spiders", "spd-wl"
    lab.round = 0
    lab.num_layers = 3
    told = lab.code()
    held = {}
    exec(told, held)
    other = held["lab"]
    assert other.state.now() == lab.state.now()
    assert other.code() == told
    other.close()
    lab.num_layers = 6
    lab.test = "2-fwl"
    start = "from workbench.widgets import expressivity_lab\n\nlab = expressivity_lab()\n"
    assert lab.code() == f"{start}lab.pair = 'two spiders'\nlab.test = '2-fwl'\n"
    lab.b = ring(6)
    assert "lab = expressivity_lab(a, b)\nlab.test = '2-fwl'\n" in lab.code()


def test_what_can_be_done_by_name(lab):
    lab.do("pair", "two spiders")
    lab.do("choose", "a", 0)
    assert "a: node 0" in lab.shown()["why"]
    lab.do("raise_k")
    lab.wait()
    assert lab.test == "2-fwl"
    lab.do("run")
    lab.wait()
    assert lab.result.is_separated
    lab.test = "3-fwl"
    with pytest.raises(ValueError, match=r"k is raised from 1-wl.*; the test is 3-fwl"):
        lab.do("raise_k")


def test_a_bad_file_leaves_the_lab_as_it_was(lab, tmp_path):
    file = tmp_path / "bad.graphml"
    file.write_text("<graphml>")
    lab.controls["open_b"].value = (upload(file),)
    lab.wait()
    assert "bad.graphml was not opened" in lab.shown()["status"]
    assert lab.pair == HEXAGON
    lab.test = "2-fwl"
    assert "different" in lab.verdict


@pytest.fixture
def drop(from_page):
    """What the browser sends when a file is dropped on a graph."""

    def send(lab, which, content, *buffers):
        from_page(lab.pictures[which], {"type": "file", **content}, buffers)

    return send


def test_a_dropped_file_takes_the_place_of_the_graph_under_it(lab, drop):
    for which, graph in (("a", nx.star_graph(3)), ("b", nx.path_graph(4))):
        content = nx.to_graph6_bytes(graph, header=False)
        drop(lab, which, {"name": f"mine {which}.g6"}, memoryview(content))
    lab.wait()  # two files at once: none is lost
    assert lab.pair == lab.controls["pair"].value == "your graphs"
    assert "mine a and mine b" in lab.shown()["about_pair"]
    assert (lab.a.num_nodes, lab.b.num_nodes) == (4, 4)
    assert lab.verdict == "1-WL: different from round 1"
    assert all(lab.pictures[which].file_prompt for which in "ab")


@pytest.mark.parametrize(
    ("content", "buffers", "message"),
    [
        ({"name": "torn.g6"}, [b"E"], "torn.g6 was not opened: line 1"),
        ({"name": "a.docx"}, [b"PK"], "a.docx was not opened: unknown suffix"),
        ({"name": "none"}, [b""], "none was not opened"),
        ({"name": "none.g6"}, [nx.to_graph6_bytes(nx.Graph())], "without nodes"),
        ({"refused": "Drop one file; there were 3."}, [], "Drop one file; there were 3."),
    ],
)
def test_a_dropped_file_that_is_no_graph_is_said_and_loses_nothing(
    lab, drop, content, buffers, message
):
    a, colors = lab.a, lab.pictures["rounds"].nodes_a
    drop(lab, "a", content, *buffers)
    lab.wait()
    assert message in lab.shown()["status"]
    assert lab.shown()["wrong"]
    assert "/" not in lab.shown()["status"]  # no path of a copy
    assert (lab.pair, lab.a, lab.pictures["rounds"].nodes_a) == (HEXAGON, a, colors)


def test_a_test_that_does_not_fit_is_said_and_the_menu_goes_back():
    lab = expressivity_lab(csl(201, 2), csl(201, 3))
    lab.controls["test"].value = "3-fwl"
    lab.wait()
    assert "fwl_colors" in lab.shown()["status"]
    assert lab.test == lab.controls["test"].value == "1-wl"
    with pytest.raises(TooLargeError):
        lab.test = "3-fwl"
    lab.close()


def test_large_graphs_have_no_matrix_and_very_large_ones_are_refused():
    lab = expressivity_lab(ring(400), ring(400))
    assert lab.pictures["matrix_a"].size == 0
    assert "up to 300 nodes" in lab.pictures["matrix_a"].title
    lab.close()
    with pytest.raises(TooLargeError, match="draws up to 1,000"):
        expressivity_lab(ring(1001), ring(1001))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"a": ring(6)}, "give two graphs"),
        ({"b": ring(6)}, "a is missing"),
        ({"a": "karate"}, "name of a famous pair"),
        ({"test": "17-wl"}, "test must be one of"),
        ({"a": Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=0), "b": ring(3)},
         "no nodes"),
    ],
)  # fmt: skip
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        expressivity_lab(**arguments)


def test_graphs_of_different_size_self_loops_and_isolated_nodes():
    loops = Data(edge_index=torch.tensor([[0, 0, 1], [0, 1, 0]]), num_nodes=3)
    lab = expressivity_lab(loops, path(2))
    for test in TESTS:
        lab.test = test
        assert lab.distinction
        assert lab.why("a", 2)
    lab.close()


# ---- a model on the pair -------------------------------------------------------------------


#: Models that see no more than their neighbors' states, so that 1-WL bounds them; and PR-MPNN,
#: to which all pairs are as likely where all nodes look alike.
PLAIN = [
    name for name in MODELS if name == "PRMPNN" or not MODELS[name](1, 4, 2, num_layers=1).requires
]


@pytest.mark.parametrize("name", [name for name in MODELS if name not in PLAIN])
def test_what_a_model_requires_is_made_for_it(lab, name):
    found = lab.run_model(name, num_layers=3, seed=1)
    assert found.is_separated
    assert "it tells them apart" in lab.shown()["ran"]


@pytest.mark.parametrize("name", PLAIN)
def test_message_passing_does_not_tell_a_regular_pair_apart(lab, name):
    found = lab.run_model(name, num_layers=3, seed=1)
    assert not found.is_separated
    assert found is lab.result
    assert "it does not tell them apart" in lab.shown()["ran"]


def test_the_button_runs_the_chosen_model(lab):
    lab.pair = "two spiders"
    assert lab.result is None
    lab.controls["model"].value, lab.controls["num_layers"].value = "GIN", 6
    lab.controls["run"].click()
    lab.wait()
    assert lab.result.is_separated
    assert "GIN, 6 layers, random weights of seed" in lab.shown()["ran"]
    lab.controls["num_layers"].value = 2  # as many rounds of 1-WL: too few
    lab.controls["run"].click()
    lab.wait()
    assert not lab.result.is_separated


def test_the_same_seed_gives_the_same_answer(lab):
    lab.pair = "two spiders"
    first, state = lab.run_model("GCN", seed=3), torch.get_rng_state()
    assert lab.run_model("GCN", seed=3) == first
    assert torch.equal(torch.get_rng_state(), state)


def test_an_unknown_model(lab):
    with pytest.raises(ValueError, match="model must be one of"):
        lab.run_model("AlexNet")


@pytest.mark.parametrize(
    "options", [{"num_layers": 0}, {"num_layers": 33}, {"num_layers": 1000}, {"seed": -1}]
)
def test_numbers_out_of_range_are_refused_and_change_nothing(lab, options):
    (name,) = options
    before = lab.controls["num_layers"].value, lab.controls["seed"].value
    with pytest.raises(ValueError, match=f"{name} must be from"):
        lab.run_model("GIN", **options)
    assert (lab.controls["num_layers"].value, lab.controls["seed"].value) == before


class Triangles(torch.nn.Module):
    """Counts triangles, which 1-WL cannot; times a weight."""

    def __init__(self, in_channels=1):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.rand(in_channels, 1))

    def forward(self, x, edge_index):
        adjacency = torch.zeros(x.size(0), x.size(0), dtype=x.dtype)
        adjacency[edge_index[0], edge_index[1]] = 1.0
        return (adjacency @ adjacency @ adjacency).trace() * self.weight.sum()[None, None]


@pytest.mark.parametrize("model", [Triangles(), Triangles, lambda channels: Triangles(channels)])
def test_a_model_of_your_own(lab, model):
    found = lab.run_model(model, seed=2)
    assert found is lab.result
    assert found.is_separated
    assert "Triangles" in lab.shown()["ran"]
    assert "it tells them apart" in lab.shown()["ran"]
    assert lab.controls["model"].value == "Triangles (yours)"
    assert lab.controls["num_layers"].disabled
    lab.controls["run"].click()
    lab.wait()
    assert lab.result == found
    assert not lab.run_model("GIN").is_separated
    assert not lab.controls["num_layers"].disabled


def own(answer):
    """A model with this answer."""
    model = torch.nn.Module()
    model.forward = lambda x, edge_index, batch: answer(x)
    return model


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        (own(lambda x: x), {}, ValueError, "returned 6 rows"),
        (own(lambda x: (x, x)), {}, ValueError, "returned a tuple"),
        (own(lambda x: x[:1] / 0 * 0), {}, ValueError, "not finite"),
        (torch.nn.Linear(1, 1), {}, ValueError, r"Linear.* is called as model\(x, edge_index"),
        (torch.nn.Linear, {}, ValueError, r"Linear\(1\) builds no model"),
        (lambda channels: 3, {}, TypeError, "returned int"),
        (3, {}, TypeError, "got int|Type-check"),
        (Triangles(), {"num_layers": 3}, ValueError, "num_layers is for the models of the menu"),
    ],
)
def test_models_that_do_not_fit_are_told(lab, model, options, error, message):
    with pytest.raises(error, match=message):
        lab.run_model(model, **options)
    assert lab.controls["model"].value in MODELS


# ---- pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_still_picture(lab, tmp_path, suffix):
    lab.pair = "two spiders"
    file = lab.save(tmp_path / f"pair{suffix}")
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert file.read_bytes().startswith(start)
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.pdf; got \'pair\.gif\'"):
        lab.save(tmp_path / "pair.gif")


def test_a_still_picture_of_more_colors_than_it_draws(lab):
    lab.pair, lab.test = "two spiders", "2-fwl"
    lab.round = lab.pictures["rounds"].length
    assert lab.pictures["rounds"].num_colors > 300
    assert lab.picture() == lab.picture()
