"""The report of a graph in a notebook and as a file; the verdict beside stored trainings."""

import json
import re
from html import escape
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.nn import GATConv

from workbench.diagnostics import hop_distance, total_resistance
from workbench.graphs import barbell, grid, karate, path, ring, ring_of_cliques
from workbench.models import DSSGNN, GCN, GPS, GRIT
from workbench.report import report
from workbench.report.model_part import argument_kind, model_part
from workbench.report.parts import classes, place_text, proposal

RESULTS = Path(__file__).parents[2] / "data" / "results" / "verdict.json"


@pytest.fixture(scope="module")
def page():
    torch.manual_seed(0)
    model = GCN(8, 8, 2, num_layers=6).eval()
    return report(barbell(8, 2), model, model_name="A network")


def test_a_notebook_shows_it_and_a_file_holds_it(page, tmp_path):
    body = page._repr_html_()
    assert body.startswith("<style>")
    assert "<html" not in body
    saved = page.save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert body in saved
    assert saved.startswith("<!DOCTYPE html>")
    outside = re.findall(r"(?:src|href|url|action)\s*[=(]\s*[\"']?(?!data:)[^\s\"'>)]+", saved)
    assert outside == []
    assert "<script" not in saved


def test_its_name_in_a_list_is_short(page):
    assert len(repr(page)) < 120
    assert "verdict: likely" in repr(page)


def test_every_part_is_on_the_page(page):
    body = page._repr_html_()
    assert "Will rewiring pay here?" in body
    assert "not a prediction with a known error" in body
    for row in page.summary.measures:
        assert row.text in body
        assert row.name.replace("'", "&#x27;") in body
    for piece in page.verdict.evidence:
        assert piece.name in body
    assert "A network on this graph" in body
    assert body.count("<svg") == 3  # the graph, influence by hop, smoothing
    assert body.count('class="mark') == len(page.summary.bottlenecks) == 1


def test_a_place_names_its_edges_and_what_it_holds(page):
    (place,) = page.summary.bottlenecks
    text = place_text(place, page.summary, [f"<{k}>" for k in range(18)])
    assert "<7>–<8>" in text
    assert f"{place.loss / page.summary['total resistance'].value:.1%}" in text


def test_a_place_says_which_other_measures_point_at_it():
    found = report(barbell(6, 0))
    assert "Here is the edge of highest resistance, of lowest balanced Forman" in found.places()[0]
    assert found.outside_places() == ""
    assert "In none of these places: the edge of" in report(karate()).outside_places()


def test_places_that_are_alike_are_all_marked():
    """Six links around six cliques: three ways to part them in halves, one number on the page."""
    page = report(ring_of_cliques(6, 5))
    body, place = page.body(), page.summary.bottlenecks[0]
    assert place.num_alike == 3
    assert "; one of 3 alike" in page.places()[0]
    path = re.search(r'class="mark place-1"[^>]* d="([^"]*)"', body)[1]
    assert len(set(path.replace(" M", "\nM").split("\n"))) == 6
    assert "Places that are alike are all marked" in page.caption()
    assert page.outside_places() == ""


def test_all_that_are_alike_are_told_and_drawn():
    found = report(ring(12))
    assert "Dotted: the 6 pairs of highest resistance." in found.caption()
    (path,) = re.findall(r'class="pair"[^>]* d="([^"]*)"', found.drawing())
    assert path.count("M") == 6
    assert "hear each other least: 0 and 6; one of 6 such pairs" in found.html()
    many = report(barbell(8, 2))
    assert re.search(r"Dotted: one of the 49 pairs of highest resistance, \d+ and ", many.caption())
    links = report(ring_of_cliques(4, 5)).places()[0]
    assert "Here are 2 of the 4 edges of highest resistance" in links


def test_the_proposal_reads_the_weights():
    """Of a ring with one weak link, the edge that lowers its own total resistance most."""
    data = ring(8)
    low, high = data.edge_index.sort(0).values
    data.edge_weight = torch.where((low == 0) & (high == 7), 0.01, 1.0).double()
    added, method = proposal(data, 0)
    (edge,) = map(tuple, added.T.tolist())
    weight = torch.cat([data.edge_weight, torch.ones(2).double()])
    totals = {}
    for u in range(8):
        for v in range(u + 2, min(u + 7, 8)):
            more = torch.tensor([[u, v], [v, u]])
            totals[u, v] = float(
                total_resistance(torch.cat([data.edge_index, more], dim=1), 8, weight)
            )
    assert totals[edge] == pytest.approx(min(totals.values()), rel=1e-12)
    assert (method, totals[edge] < 0.9 * max(totals.values())) == ("GTR", True)


def test_the_proposal_is_that_of_the_task_whatever_the_numbering():
    """Which of equal edges is proposed may matter to a task, so it goes with its nodes."""
    for data, pairs in ((ring(12), [[0], [6]]), (ring(12), [[0], [5]]), (grid(4, 4), [[0], [15]])):
        pairs = torch.tensor(pairs)
        expected, _ = proposal(data, 0, pairs=pairs)
        for seed in range(4):
            order = torch.randperm(data.num_nodes, generator=torch.Generator().manual_seed(seed))
            other = Data(edge_index=order[data.edge_index], num_nodes=data.num_nodes)
            found, _ = proposal(other, 0, pairs=order[pairs])
            hops = [
                hop_distance(graph.edge_index, graph.num_nodes)[ends][:, added].sort().values
                for graph, ends, added in (
                    (data, pairs.flatten(), expected.flatten()),
                    (other, order[pairs].flatten(), found.flatten()),
                )
            ]
            assert hops[0].equal(hops[1])


def test_two_reports_of_one_graph_are_one_page():
    assert report(karate()).html() == report(karate()).html()


def test_classes_are_labels_of_nodes_only():
    assert classes(karate()).shape == (34,)
    assert classes(Data(edge_index=torch.zeros(2, 0), num_nodes=3, y=torch.tensor([1]))) is None
    assert classes(barbell(4, 0)) is None


def test_features_are_noise_where_the_graph_has_none():
    data, model = grid(4, 4), GCN(5, 8, 2, num_layers=2).eval()
    assert report(data, model).model.reach.value.isfinite()
    assert (
        "The graph has no features x; the model was given normal noise."
        in report(data, model).html()
    )
    assert "set data.x" in report(data, torch.nn.Identity()).html()


@pytest.mark.parametrize("model", [GRIT, DSSGNN])
def test_what_a_model_requires_is_made_for_the_report(model):
    found = report(grid(4, 4), model(5, 8, 2, num_layers=2).eval()).model
    assert found.reach.value.isfinite()
    assert found.reach.value > 0


@pytest.fixture
def featured():
    data = barbell(10, 3)
    data.x = torch.randn(23, 5, generator=torch.Generator().manual_seed(0))
    return data


def test_a_model_with_attention_between_all_nodes_gets_its_page(featured):
    torch.manual_seed(0)
    found = report(featured, GPS(5, 8, 2, num_layers=3).eval())
    assert found.model.reach.value > 0
    (note,) = found.model_notes
    assert note.startswith("The model reaches farther than its 3 layers: ")
    assert note in found.html()


class Attends(nn.Module):
    """A layer that reads edge features, wider inside than the graph's own."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = GATConv(5, 8, edge_dim=2), nn.Linear(8, 3)

    def forward(self, x, edge_index, edge_attr):
        return self.head(self.conv(x, edge_index, edge_attr))


def test_what_the_forward_names_is_taken_from_the_data(featured):
    torch.manual_seed(0)
    edge_attr, model = torch.rand(featured.edge_index.size(1), 2), Attends().eval()
    with_inputs = report(featured, model, inputs={"edge_attr": edge_attr})
    featured.edge_attr = edge_attr
    found = report(featured, model)
    assert found.model_notes == ()
    assert found.model.reach.value.equal(with_inputs.model.reach.value)
    assert found.model.share_beyond(1) == 0


def test_a_readout_picks_what_is_measured(featured):
    class Pair(GCN):
        def forward(self, x, edge_index, batch=None):
            return super().forward(x, edge_index, batch), None

    torch.manual_seed(0)
    model = Pair(5, 8, 2, num_layers=2).eval()
    assert report(featured, model, readout=lambda output: output[0]).model.reach.value > 0
    page = report(featured, model)
    assert page.model is None
    assert "returned a tuple, not a tensor" in page.html()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: Attends(), "needs edge_attr besides x and edge_index; give inputs="),
        (lambda: GCN(5, 8, 2, num_layers=2).half(), "use model.float()"),
        (lambda: GCN(5, 8, 2, num_layers=2, level="graph"), "not one row for each of 23 nodes"),
        (lambda: GCN(4, 8, 2, num_layers=2), "cannot be multiplied"),
        (lambda: nn.Identity(), "The model was not measured"),
    ],
    ids=["an argument is missing", "half precision", "graph level", "too narrow", "no graph model"],
)
def test_a_model_that_cannot_be_measured_leaves_the_graph_its_page(model, said, featured):
    found = report(featured, model().eval())
    assert found.model is None
    (note,) = found.model_notes
    assert said in note
    body = found._repr_html_()
    assert escape(note) in body
    assert "Will rewiring pay here?" in body


def test_attention_that_would_not_fit_is_refused_before_it_runs():
    data = Data(edge_index=ring(4).edge_index, num_nodes=40_000)
    part = model_part(
        GPS(5, 8, 2, num_layers=3).eval(), data, num_layers=3, inputs=None, readout=None, seed=0
    )
    assert part.found is None
    assert "nodes needs about" in part.notes[0]


def test_a_class_is_no_model(featured):
    """The sentence itself is in place of the type check's where shapes are not checked."""
    with pytest.raises(TypeError, match="GCN"):
        report(featured, GCN)
    assert argument_kind(GCN) == "the class GCN; make one of it, as GCN(...)"
    assert argument_kind("GCN") == "a str"


def test_the_smallest_graph_has_nothing_to_rewire():
    found = report(path(1))
    assert found.verdict is None
    assert "Nothing to rewire" in found._repr_html_()


@pytest.mark.parametrize("weights", [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)])
def test_where_weights_of_0_leave_less_than_three_nodes_there_is_nothing_to_rewire(weights):
    data = path(4)
    data.edge_weight = torch.tensor(weights)[data.edge_index.min(0).values]
    found = report(data)
    assert found.verdict is None
    assert "Nothing to rewire" in found._repr_html_()


def test_odd_graphs_make_a_page():
    """Components, a self-loop, a repeated edge, weights, an isolated node."""
    pairs = torch.tensor([(0, 1), (1, 2), (2, 0), (2, 3), (2, 3), (4, 5)])
    edge_index = torch.cat([pairs, pairs.flip(1), torch.tensor([(0, 0)])]).T
    weight = torch.ones(edge_index.size(1))
    data = Data(edge_index=edge_index, num_nodes=7, edge_weight=weight)
    body = report(data)._repr_html_()
    assert "∞ ohm" in body
    assert "nan" not in body
    directed = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3)
    with pytest.raises(ValueError, match="directed"):
        report(directed)


def stored() -> dict:
    return json.loads(RESULTS.read_text(encoding="utf-8"))["cases"]


def test_the_stored_trainings_are_what_the_notebook_says_of_them():
    """Likely gained, unlikely did not beyond noise, and one of two doubtful ones gained."""
    cases = stored()
    low = {answer: [] for answer in ("likely", "doubtful", "unlikely")}
    for case in cases.values():
        difference = np.subtract(case["after"], case["before"])
        assert difference.mean() == pytest.approx(case["change"], abs=1e-6)
        low[case["answer"]].append(case["low"])
    assert {answer: len(values) for answer, values in low.items()} == {
        "likely": 3,
        "doubtful": 2,
        "unlikely": 5,
    }
    assert min(low["likely"]) > 0
    assert cases["grid"]["low"] > 0 == cases["ring"]["change"]
    assert max(low["unlikely"]) <= 0


@pytest.mark.parametrize("name", ["barbell", "ring", "grid", "karate, labels"])
def test_the_card_still_says_what_was_stored(name):
    import importlib.util

    place = Path(__file__).parents[1] / "benchmarks" / "verdict_check.py"
    spec = importlib.util.spec_from_file_location("verdict_check", place)
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    build, ends, num_layers, _ = check.CASES[name]
    pairs = None if ends is None else torch.tensor([[ends[1]], [ends[0]]])
    found = report(build(), pairs=pairs, num_layers=num_layers).verdict
    case = stored()[name]
    assert found.answer == case["answer"]
    assert [(e.says, e.name) for e in found.evidence] == [
        (e["says"], e["name"]) for e in case["evidence"]
    ]
