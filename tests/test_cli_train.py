"""``workbench train``: every kind of target from the command line, and the same from Python."""

import argparse
import json
import re

import numpy as np
import pytest

from workbench.cli import main, parser
from workbench.graphs import load_dataset, open_graph, read_packed
from workbench.models import MODELS
from workbench.tasks import graph_multilabels, graph_values, held_out_links, ring_transfer
from workbench.training import Recipe, RunStore, fit, model_for
from workbench.training.randomness import OwnRandomness


@pytest.fixture
def train(tmp_path, capsys):
    """Run the command; its output and the run that it wrote."""
    store = RunStore(tmp_path / "store")

    def command(*words):
        code = main(["train", *map(str, words), "--store", str(store.directory)])
        out = capsys.readouterr()
        assert code == 0, out.err
        return out.out, store.load(re.search(r"written: .*/(\S+)$", out.out)[1])

    return command


@pytest.fixture
def refused(tmp_path, capsys):
    """The one line that says what was wrong."""

    def command(*words):
        assert main(["train", *map(str, words), "--store", str(tmp_path / "none")]) == 2
        err = capsys.readouterr().err
        assert err.startswith("workbench train: ")
        assert err.count("\n") == 1
        assert not (tmp_path / "none").exists()
        return err

    return command


def same_as_in_python(run, task, model, *, width, num_layers, **options):
    """The command's run is what ``fit`` gives for the same task and model."""
    with OwnRandomness(0):
        network = model_for(task, model, width=width, num_layers=num_layers)
    made = fit(network, task, **options)
    assert made.curve == run.curve
    assert made.result == run.result


# ---------------------------------------------------------------- one of each kind, on real data


@pytest.mark.slow
def test_solubility_of_molecules(data_root, train):
    path = data_root / "molecules" / "aqsol_val_test.npz"
    words = [path, "--target", "value", "--model", "GIN", "--epochs", 5]
    out, run = train(*words, "--width", 16, "--layers", 2, "--score", "rmse")
    assert "graph_values(aqsol_val_test): GIN" in out
    assert "by validation mae (lower is better)" in out
    assert run.result["test"] == run.result["test_scores"]["mae"] < run.result["chance"]
    assert set(run.result["test_scores"]) == {"mae", "rmse"}
    task = graph_values(read_packed(path))
    same = dict(run.result, test_scores={"mae": run.result["test"]})
    same["val_scores"] = {"mae": run.result["val"]}
    run = argparse.Namespace(curve=run.curve, result=same)
    same_as_in_python(run, task, "GIN", width=16, num_layers=2, epochs=5)


def test_functions_of_peptides(data_root, train):
    path = data_root / "molecules" / "peptides_func.npz"
    words = [path, "--target", "multilabel", "--num-graphs", 60, "--epochs", 2]
    out, run = train(*words, "--width", 16, "--layers", 2)
    assert "average_precision" in out
    assert run.arguments["num_graphs"] == [60, 60, 60]
    assert run.result["higher_is_better"]
    task = graph_multilabels(read_packed(path, num_graphs=60))
    same_as_in_python(run, task, "GCN", width=16, num_layers=2, epochs=2)


def test_links_of_cora(data_root, train):
    words = ["Cora", "--target", "link", "--root", data_root, "--layers", 2, "--epochs", 4]
    out, run = train(*words, "--width", 16, "--channels", 16)
    assert "held_out_links(Cora): GCN" in out
    assert run.result["test"] > 2 * run.result["chance"]  # 0.15 and more against 0.07
    cora = load_dataset("Cora", root=data_root)[0]
    cora.name = "Cora"
    task = held_out_links(cora, channels=16)
    same_as_in_python(run, task, "GCN", width=16, num_layers=2, epochs=4)


def test_mutag_and_cora_by_class(data_root, train):
    out, run = train("MUTAG", "--target", "class", "--root", data_root, "--epochs", 2)
    assert "graph_labels(MUTAG)" in out
    assert run.arguments["level"] == "graph"
    out, run = train("node_labels:Cora", "--root", data_root, "--epochs", 1, "--split", 0)
    assert "node_labels(Cora, split 0)" in out
    assert run.result["metric"] == "accuracy"


# ---------------------------------------------------------------- tasks, options, records


def test_a_task_with_options_of_its_own_and_of_the_model(train):
    words = ["ring_transfer:6", "--num-classes", 3, "--fill", "noise", "--train", 12]
    out, run = train(*words, "--model", "GPS", "--local", "gcn", "--heads", 2, "--epochs", 2)
    assert run.arguments["num_graphs"] == [12, 3, 3]
    assert "GCNConv" in run.arguments["architecture"]
    assert "accuracy" in out
    assert "ended after 2 of 2 epochs" in out


@pytest.mark.parametrize("model", list(MODELS))
def test_every_model_is_trained(model, train):
    words = ["ring_transfer:6", "--model", model, "--width", 8, "--layers", 2, "--epochs", 2]
    _, run = train(*words)
    assert run.arguments["model"] == model
    same_as_in_python(run, ring_transfer(6), model, width=8, num_layers=2, epochs=2)


def test_links_of_a_generated_graph(train):
    out, run = train("held_out_links:grid:5x5", "--negatives", 4, "--epochs", 2)
    assert run.arguments["target"] == "link"
    assert run.arguments["task"].startswith("held_out_links(")
    assert "mrr" in out
    same_as_in_python(
        run,
        held_out_links(open_graph("grid:5x5"), negatives=4),
        "GCN",
        width=64,
        num_layers=4,
        epochs=2,
    )


def test_the_recipe_is_that_of_the_flags(train):
    flags = {
        "epochs": 3,
        "learning_rate": 0.02,
        "weight_decay": 0.1,
        "batch_size": 2,
        "optimizer": "adamw",
        "schedule": "cosine",
        "warm_up": 1,
        "clip_norm": 0.5,
        "patience": 2,
        "accumulate": 2,
    }
    assert set(flags) == set(Recipe.__dataclass_fields__)
    words = [word for name, v in flags.items() for word in (f"--{name.replace('_', '-')}", v)]
    _, run = train("ring_transfer:6", *words, "--layers", 3, "--width", 8)
    assert {name: run.arguments[name] for name in flags} == flags
    task = ring_transfer(6)
    same_as_in_python(run, task, "GCN", width=8, num_layers=3, recipe=Recipe(**flags))
    _, plain = train("ring_transfer:6", "--epochs", 1)
    assert Recipe(**{name: plain.arguments[name] for name in flags}) == Recipe(epochs=1)


def test_equal_seeds_are_equal_runs(train):
    words = ["ring_transfer:6", "--fill", "noise", "--dropout", 0.2, "--epochs", 2]
    runs = [train(*words, "--seed", seed)[1] for seed in (1, 1, 2)]
    assert runs[0].curve == runs[1].curve != runs[2].curve


def test_a_checkpoint_is_gone_on_with(train, tmp_path):
    words = ["ring_transfer:6", "--layers", 3, "--checkpoint", tmp_path / "state"]
    train(*words, "--epochs", 2)
    _, longer = train(*words, "--epochs", 4)
    _, whole = train("ring_transfer:6", "--layers", 3, "--epochs", 4)
    assert longer.curve == whole.curve


def test_each_run_is_a_row_of_the_store(train, tmp_path):
    train("ring_transfer:6", "--epochs", 1)
    train("ring_transfer:6", "--epochs", 1, "--model", "GIN")
    table = RunStore(tmp_path / "store").table()
    assert sorted(table["model"]) == ["GCN", "GIN"]  # begun within one second, they have no order
    [path, _] = (tmp_path / "store").glob("*.json")
    assert json.loads(path.read_text())["arguments"]["schedule"] == "constant"


def test_the_command_says_its_own_name():
    words = parser().parse_args(["train", "ring_transfer:6"])
    assert (words.command, words.task) == ("train", "ring_transfer:6")


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ring:6"], "no task 'ring'; tasks are transfer, .* --target class | value"),
        (["ring_transfer"], "made of its num_nodes; give ring_transfer:NUM_NODES"),
        (["ring_transfer:six"], "needs a number of nodes, as ring_transfer:10; got 'six'"),
        (["root_neighbors:many"], "needs a number of trees, as root_neighbors:10; got 'many'"),
        (["tree_transfer:3.5"], "needs a number, its depth, as tree_transfer:10; got '3.5'"),
        (["clrs_pointers:absent.npz"], "No such file or directory: 'absent.npz'"),
        (["ring_transfer:6", "--target", "class"], "--target is for data sets"),
        (["ring_transfer:6", "--model", "MLP"], "no model 'MLP'; there are GCN"),
        (["ring_transfer:6", "--epochs", "0"], "epochs must be at least 1; got epochs=0"),
        (["ring_transfer:6", "--hop", "3"], "no option '--hop'; its own options: .*num_classes=5"),
        (["ring_transfer:6", "--score", "mae"], "a metric of a class must be one of accuracy"),
        (["karate", "--target", "value"], "holds one graph; --target value is for many graphs"),
        (["karate", "--target", "link", "--num-graphs", "3"], "--num-graphs is for a packed npz"),
        (["node_labels:ring:6"], "needs one label y for each of 6; got none"),
        (["absent.npz", "--target", "value"], "no file 'absent.npz'"),
    ],
)
def test_what_cannot_be_trained_is_refused(words, said, refused):
    assert re.search(said, refused(*words))


def test_values_are_no_classes_and_classes_no_values(tmp_path, refused):
    arrays = {"num_nodes": np.full(30, 2), "num_edges": np.full(30, 2)}
    arrays["edge_index"] = np.tile([[0, 1], [1, 0]], 30)
    np.savez(tmp_path / "values.npz", **arrays, y=np.linspace(0.3, 9, 30))
    said = refused(tmp_path / "values.npz", "--target", "class")
    assert "labels that are no classes: torch.float32 such as 0.3" in said
    np.savez(tmp_path / "classes.npz", **arrays, y=np.arange(30) % 2)
    said = refused(tmp_path / "classes.npz", "--target", "value")
    assert "y of int64; values are floating-point (for classes: target='class')" in said
    said = refused(tmp_path / "values.npz", "--target", "link")
    assert "holds many graphs; --target link is for one graph" in said
    said = refused(f"node_labels:{tmp_path / 'values.npz'}")
    assert "node_labels is made of one graph; this data set holds many" in said
