"""A rewiring of one's own in the lab: in the menu, on the slider, in the exported code."""

import re
import subprocess
import sys

import pytest
import torch

from workbench.graphs import karate, write_graph
from workbench.rewiring import apply_edits, fosr, gtr, rewiring
from workbench.widgets import rewiring_lab


def first_to_last(edge_index, num_nodes, *, num_edges: int = 2, step: int = 1):
    """Join the last nodes to the first."""
    from workbench.topology import simple_graph

    there = {tuple(pair) for pair in simple_graph(edge_index, num_nodes).edge_index().T.tolist()}
    pairs = [(u, num_nodes - 1 - u * step) for u in range(0, num_nodes // 2, step)]
    edits = [(1, u, v) for u, v in pairs if (u, v) not in there and u < v][:num_edges]
    import torch

    return apply_edits(edge_index, num_nodes, torch.tensor(edits).reshape(-1, 3).T)


def no_budget(edge_index, num_nodes):
    return fosr(edge_index, num_nodes, num_edges=1, initial=torch.arange(float(num_nodes)))


@rewiring("edits", weighted="used")
def declared(edge_index, num_nodes, *, num_edges: int = 2, edge_weight=None, should_stop=None):
    return gtr(edge_index, num_nodes, num_edges=num_edges, edge_weight=edge_weight)


def gives_edges(edge_index, num_nodes):
    return edge_index


@pytest.mark.parametrize("method", [first_to_last, no_budget, declared])
def test_it_fills_the_tape_and_stands_in_the_menu(method):
    lab = rewiring_lab("karate", method=method, num_edges=3)
    assert lab.wait(60)
    assert not lab.shown()["wrong"], lab.shown()["status"]
    name = method.__name__
    assert lab.method == name
    assert name in lab.state.choices("method")
    assert {edit.by for edit in lab.tape.edits} == {name}
    assert len(lab.tape) == (1 if method is no_budget else 3)
    lab.method = "gtr"
    assert lab.wait(60)
    assert lab.tape.edits[0].by == "gtr"
    lab.method = name
    assert lab.wait(60)
    assert lab.tape.edits[0].by == name
    lab.close()


def test_its_options_are_controls():
    lab = rewiring_lab("karate", method=first_to_last)
    assert lab.wait(60)
    assert list(lab.options) == ["step"]
    lab.options["step"].value = 2
    assert lab.wait(60)
    assert all(edit.u % 2 == 0 for edit in lab.tape.edits)
    assert ", step=2" in lab.code()
    lab.close()


@pytest.mark.parametrize("method", [first_to_last, declared, no_budget])
def test_its_code_runs_and_makes_the_same_graph(method, tmp_path, monkeypatch):
    """Of a module it is imported; of a notebook or a script its source is written down."""
    monkeypatch.setattr(method, "__module__", "__main__")
    lab = rewiring_lab(karate(), method=method, num_edges=3)
    assert lab.wait(60)
    code, expected = lab.code(), lab.rewired.edge_index
    write_graph(lab.graph, tmp_path / "graph.npz")
    lab.close()
    assert f"def {method.__name__}(" in code
    assert not re.search(rf"import .*\b{method.__name__}\b", code)
    imports = "import torch\nfrom workbench.rewiring import apply_edits, fosr, gtr\n"
    end = "\nprint(data.edge_index.tolist())\n"
    run = [sys.executable, "-c", imports + code + end]
    out = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert out.returncode == 0, out.stderr
    found = torch.tensor(eval(out.stdout.splitlines()[-1]))
    assert {tuple(e) for e in found.T.tolist()} == {tuple(e) for e in expected.T.tolist()}


def test_of_a_module_it_is_imported():
    lab = rewiring_lab("karate", method=first_to_last)
    assert lab.wait(60)
    assert f"from {__name__} import first_to_last" in lab.code()
    lab.close()


def test_a_name_that_is_taken_is_told_apart():
    def gtr(edge_index, num_nodes, *, num_edges=1):
        return first_to_last(edge_index, num_nodes, num_edges=num_edges)

    lab = rewiring_lab("karate", method=gtr, num_edges=1)
    assert lab.wait(60)
    assert lab.method == "gtr (yours)"
    assert "def gtr(" in lab.code()
    lab.close()


def test_what_gives_no_edits_is_refused_in_words():
    lab = rewiring_lab("karate", method=gives_edges)
    assert lab.wait(60)
    assert lab.shown()["wrong"]
    assert (
        "gives_edges gave Tensor, and a slider needs a Rewired with edits" in lab.shown()["status"]
    )
    lab.close()
