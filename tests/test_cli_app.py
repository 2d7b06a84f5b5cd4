"""``workbench app``: every lab with its settings, and mistakes before anything is served."""

import argparse
import json
from importlib import import_module

import nbformat
import pytest
from test_cli import refused

from workbench.cli import app as app_command
from workbench.cli import main, served_lab, serving, source
from workbench.widgets.lab.state import LabState


def test_the_apps_notebook_is_valid_and_holds_what_was_asked(tmp_path):
    asked = "rewiring", ["it's mine.graphml"], [], {"num_edges": "3"}, {"weight": False}
    text = app_command.app_notebook("a title", tmp_path, *asked)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.title == "a title"
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"
    code = notebook.cells[0].source
    compile(code, "app", "exec")
    assert code.splitlines()[-1] == f"served_lab({', '.join(map(repr, asked))})"
    assert repr(str(tmp_path)) in code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rewiring", "absent.graphml"], "absent"),
        (["rewiring", "karate", "grid:3x3"], "takes 1 graph; got karate, grid:3x3"),
        (["rewiring", "--network", "GCN"], "the rewiring lab takes no networks; got GCN"),
        (["rewiring", "ring:6", "--directed"], "takes each edge both ways; leave out --directed"),
        (["rewiring", "ring:6", "--num-edges", "many"], "num_edges must be a whole number"),
        (["rewiring", "ring:6", "--method", "chess"], "method must be one of gtr, fosr"),
        (["rewiring", "ring:6", "--edges", "3"], "no setting 'edges'; its settings: source="),
        (["rewiring", "ring:6", "--method"], "--method needs a value after it"),
        (["sensitivity", "ring:6", "--network", "GCN:deep"], "such as GCN:6; got 'GCN:deep'"),
        (["sensitivity", "ring:6", "--network", "None"], "no model 'None'; there are"),
        (["attention", "ring:6", "--network", "GCN"], "no submodule of GCN is one of GATConv"),
        (["expressivity", "ring:6"], "give two graphs, or the name of a famous pair"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_the_app_says_a_mistake_before_it_serves(words, message, capsys):
    assert message in refused(capsys, "app", *words)


@pytest.fixture
def served(monkeypatch):
    """What Voila is asked to serve, run as its kernel would: the lab of each notebook."""
    from voila.app import Voila

    labs = []

    def launch(words):
        notebook = nbformat.read(words[0], as_version=4)
        *before, last = notebook.cells[0].source.splitlines()
        names: dict = {}
        exec("\n".join(before), names)
        labs.append((notebook.metadata.title, eval(last, names)))

    monkeypatch.setattr(Voila, "launch_instance", launch)
    monkeypatch.setattr(serving, "is_root", lambda: False)
    yield labs
    for _, lab in labs:
        lab.close()


@pytest.mark.parametrize(
    ("words", "title", "settings"),
    [
        (
            "rewiring ring:12 --method fosr --num-edges 3 --best true --port 9000",
            "Rewiring lab: ring:12",
            {"method": "fosr", "num_edges": 3, "best": True},
        ),
        (
            "sensitivity --network GCN:2 --network GIN ring:12 --norm L1 --node 5 --among pairs",
            "Sensitivity lab: ring:12",
            {"model": "GCN:2", "norm": "l1", "node": 5, "among": "pairs"},
        ),
        (
            "attention ring:12 --head=1 --node none",
            "Attention lab: ring:12",
            {"layer": 0, "head": 1, "node": None},
        ),
        (
            "expressivity ring:6 csl:10,2 --test 2-fwl --num-layers 3",
            "Expressivity lab: ring:6, csl:10,2",
            {"test": "2-fwl", "num_layers": 3, "pair": "your graphs"},
        ),
        (
            "expressivity --test spd-wl --seed 3",
            "Expressivity lab",
            {"pair": "hexagon and two triangles", "test": "spd-wl", "seed": 3},
        ),
    ],
)
def test_every_lab_is_served_with_its_settings(words, title, settings, served, capsys):
    code = main(["app", *words.split()])
    assert code == 0, capsys.readouterr().err
    ((found, lab),) = served
    assert found == title
    assert {name: getattr(lab, name) for name in settings} == settings


def test_no_option_of_the_app_takes_the_name_of_a_setting():
    """Each lab's settings reach it by their names, so a new one needs no line here."""
    command = app_command.add(argparse.ArgumentParser().add_subparsers())
    own = {action.dest for action in command._actions}
    for lab in app_command.LABS:
        state = import_module(f"workbench.widgets.{lab}.state")
        (kind,) = [
            one
            for one in vars(state).values()
            if isinstance(one, type) and issubclass(one, LabState) and one is not LabState
        ]
        assert own & set(kind.settings()) <= {"source"}  # the graph of the rewiring lab
        told = [name for name, _, _ in source.settings(state.__name__)]
        assert told == list(kind.settings())
    assert set(app_command.LABS) == set(served_lab.LABS)
