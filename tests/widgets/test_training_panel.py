"""The training panel without a browser: runs that stay, more seeds, what is told of them."""

import re

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import hop_distance
from workbench.models import MODELS
from workbench.widgets import rewiring_lab
from workbench.widgets.canvas.loss_curves import MOST_POINTS, LossCurves
from workbench.widgets.training.named_run import free_name, graph_key
from workbench.widgets.training.views import CHANGED


@pytest.fixture
def lab():
    lab = rewiring_lab("barbell:6,2", num_edges=4)
    panel = lab.training
    panel.epochs, panel.seeds, panel.layers, panel.width = 3, 2, 3, 8
    yield lab
    lab.close()


def train(lab):
    """Train as the panel is set, and rest; the name of the run."""
    lab.training.start()
    assert lab.training.wait(120)
    return lab.training.run


def drawn(curves):
    """Groups, epochs and losses as the browser reads them."""
    epochs = np.frombuffer(curves.epochs, "<i4")
    return (
        curves.groups,
        epochs.tolist(),
        np.frombuffer(curves.losses, "<f4").reshape(-1, len(epochs)),
    )


def rows(panel):
    """The lines of the table of runs: name, cells, and whether it is grey."""
    line = (
        '<tr( class="workbench-old")?(?: aria-current="true")?><th scope="row">(.*?)'
        f"( <small>\\({CHANGED}\\)</small>)?</th>(.*?)</tr>"
    )
    found = re.findall(line, panel.shown()["result"])
    assert all(bool(old) == bool(said) for old, _, said, _ in found)
    return {name: (re.findall("<td>(.*?)</td>", cells), bool(old)) for old, name, _, cells in found}


def test_a_training_stays_as_a_named_run_with_curves_table_and_sensitivity(lab):
    panel = lab.training
    assert panel.shown()["runs"] == []
    assert panel.controls["run"].options == (("", ""),)
    assert list(panel.state.choices("task")) == ["reach the far side"]
    lab.position = 3
    name = train(lab)
    assert name == "barbell:6,2, gtr 3, GCN"
    assert panel.shown()["runs"] == [name]
    assert panel.shown()["progress"] == "done"
    assert len(lab.runs.before) == len(lab.runs.after) == 2
    assert not lab.runs.stopped
    comparison = lab.runs.comparison()
    assert comparison.sentence in panel.shown()["result"]
    cells, is_grey = rows(panel)[name]
    ends = f"{comparison.low:+.3f} to {comparison.high:+.3f}"
    spread = comparison.low < comparison.high
    assert cells[2:] == [f"{comparison.mean:+.3f}", ends if spread else "no spread", "2"]
    assert not is_grey
    assert panel.pictures["sensitivity"].size == 14
    low, high = panel.pictures["sensitivity"].value_range
    assert low < high
    assert len(panel.figure().data) == 6
    assert len(panel.figure().data[0].y) == 3
    groups, epochs, losses = drawn(panel.pictures["curves"])
    assert groups == ["before", "before", "after", "after"]
    assert epochs == [1, 2, 3]
    assert losses[0] == pytest.approx(lab.runs.before[0].curve.train_loss)
    assert losses[3] == pytest.approx(lab.runs.after[1].curve.train_loss)
    # three layers hear nothing from beyond three hops
    far = hop_distance(lab.tape.base, 14) > 3
    assert float(panel.sensitivities[0][far].max()) == 0
    assert not panel.controls["start"].disabled
    assert panel.controls["stop"].disabled


def test_runs_of_another_graph_stay_and_are_grey(lab):
    panel = lab.training
    first = train(lab)
    lab.position = 2
    lab.wait()
    assert rows(panel)[first][1]
    assert CHANGED in panel.shown()["result"]
    lab.position = 4
    lab.wait()
    assert not rows(panel)[first][1]
    lab.source = "ring:24"
    lab.wait()
    assert panel.shown()["runs"] == [first]
    assert rows(panel)[first][1]
    curves = drawn(panel.pictures["curves"])[0]
    assert curves == ["before", "before", "after", "after"]  # of the run that is shown
    panel.layers = 2
    second = train(lab)
    assert second == "ring:24, gtr 4, GCN"
    assert list(rows(panel)) == [first, second]
    assert panel.pictures["sensitivity"].size == 24
    panel.run = first
    assert panel.pictures["sensitivity"].size == 14
    assert lab.runs is panel.kept[first].runs


def test_more_seeds_go_to_the_run_and_its_own_graphs(lab):
    panel = lab.training
    name = train(lab)
    before = lab.runs
    lab.source = "ring:24"
    lab.wait()
    panel.model, panel.epochs, panel.seeds = "GIN", 7, 1
    panel.more_seeds()
    assert panel.wait(120)
    assert (panel.run, panel.shown()["runs"]) == (name, [name])
    assert lab.runs.seeds == (0, 1, 2)
    assert lab.runs.before[:2] == before.before
    assert [run.arguments["model"] for run in lab.runs.after] == ["GCN"] * 3
    assert [len(run.curve.train_loss) for run in lab.runs.after] == [3] * 3
    assert lab.runs.comparison().num_seeds == 3
    assert rows(panel)[name][0][-1] == "3"


def test_a_run_is_deleted_and_the_one_before_is_shown(lab):
    panel = lab.training
    with pytest.raises(ValueError, match="there is no run yet; train first"):
        panel.delete()
    with pytest.raises(ValueError, match="there is no run yet; train first"):
        panel.more_seeds()
    first, second = train(lab), train(lab)
    assert second == f"{first} (2)"
    panel.controls["delete"].click()
    assert panel.run == first
    assert panel.shown()["runs"] == [first]
    panel.do("delete")
    assert panel.shown()["runs"] == []
    assert panel.shown()["result"] == ""
    assert lab.runs is panel.sensitivities is None
    assert not panel._pictures.children
    assert train(lab) == first  # the name is free again


def test_seeds_that_agree_are_told_so_and_more_can_be_had(lab):
    panel = lab.training
    train(lab)
    runs = panel.kept[panel.run].runs
    scores = [[run.result["test"] for run in side] for side in (runs.before, runs.after)]
    agree = scores[1][0] - scores[0][0] == pytest.approx(scores[1][1] - scores[0][1])
    told = "2 seeds that agree cannot show a spread" in panel.shown()["result"]
    assert told == agree
    assert not panel.controls["more_seeds"].disabled


def test_stop_is_heard_long_before_the_last_epoch(lab):
    panel = lab.training
    panel.epochs = 10_000
    panel.start()
    while not any(panel.losses["before"].values()):  # an epoch has ended
        assert not panel.wait(0.02), "the training ended"
    assert panel.controls["delete"].disabled
    lab.source = "ring:24"  # what trains goes on, with the graphs that it began with
    assert panel.controls["start"].disabled
    panel.stop()
    assert panel.wait(60)
    assert lab.runs.stopped
    assert "Stopped" in panel.shown()["result"]
    assert panel.pictures["sensitivity"].size == 0
    assert 0 < len(lab.runs.before[0].curve.train_loss) < 9_000
    panel.epochs, panel.seeds = 3, 1
    assert panel.kept[panel.run].epochs == 10_000


def test_labels_task_where_there_are_labels():
    lab = rewiring_lab("karate", num_edges=2)
    panel = lab.training
    assert list(panel.state.choices("task")) == ["reach the far side", "node labels"]
    panel.task = "node labels"
    before, after = panel.tasks()
    assert before.out_channels == 2
    pairs = ({tuple(pair) for pair in edges.T.tolist()} for edges in (after.test[0].edge_index,))
    assert next(pairs) == {tuple(pair) for pair in lab.rewired.edge_index.T.tolist()}
    lab.close()


@pytest.mark.parametrize("model", list(MODELS))
def test_every_model_of_the_menu_is_trained_and_read(lab, model):
    panel = lab.training
    panel.model = model
    panel.epochs, panel.seeds, panel.layers, panel.width = 2, 1, 2, 8
    assert train(lab).endswith(f", {model}")
    assert lab.runs.after[0].arguments["model"] == model
    assert [matrix.shape for matrix in panel.sensitivities] == [(14, 14), (14, 14)]


def test_training_on_a_weighted_graph_compares_the_edges_alone():
    lab = rewiring_lab("les_miserables", method="random_edges", num_edges=3)
    lab.wait()
    before, after = lab.training.tasks()
    assert before.train[0].get("edge_weight") is after.train[0].get("edge_weight") is None
    assert after.train[0].num_edges == before.train[0].num_edges + 6
    panel = lab.training
    panel.epochs, panel.seeds, panel.layers, panel.width = 1, 1, 1, 4
    train(lab)
    assert len(lab.runs.after) == 1
    lab.close()


def test_training_on_a_graph_without_edges_says_why():
    empty = Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=5)
    lab = rewiring_lab(empty, method="random_edges", num_edges=2)
    train(lab)
    assert "training: " in lab.training.shown()["status"]
    assert not lab.training.controls["start"].disabled
    assert lab.training.shown()["runs"] == []
    lab.close()


def test_the_name_says_what_was_trained(lab):
    assert lab.state.moment().title == "barbell:6,2, gtr 4"
    lab.position = 1
    lab.edit(0, 13)
    assert lab.state.moment().title == "barbell:6,2, gtr 1 and 1 by hand"
    lab.position = 0
    assert lab.state.moment().title == "barbell:6,2, no edits"
    assert free_name("a", {"a": 1, "a (2)": 1}) == "a (3)"


def test_a_graph_is_known_by_its_edges_in_any_order():
    edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    assert graph_key(3, edges, edges) == graph_key(3, edges.flip(1), edges)
    assert graph_key(3, edges, edges[:, :2]) != graph_key(3, edges, edges)


def test_long_runs_are_drawn_by_a_few_hundred_epochs_the_last_among_them():
    curves = LossCurves()
    long = [1 / epoch for epoch in range(1, 10_001)]
    curves.show({"before": [long, long[:700]], "after": []})
    groups, epochs, losses = drawn(curves)
    assert groups == ["before", "before"]
    assert epochs[0] == 1
    assert epochs[-1] == 10_000
    assert len(epochs) == MOST_POINTS
    assert losses[0] == pytest.approx([1 / epoch for epoch in epochs])
    there = np.array(epochs) <= 700
    assert np.isfinite(losses[1]).tolist() == there.tolist()
    curves.show({"before": [], "after": []})
    assert (curves.groups, curves.epochs, curves.losses) == ([], b"", b"")
    curves.close()
