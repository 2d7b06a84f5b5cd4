"""What is loaded by what: the modules that a command or an import brings along."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

from workbench.cli import source
from workbench.cli.list import ZOOS

HEAVY = ("torch", "numpy", "scipy", "numba", "plotly", "torch_geometric", "jupyterlab", "voila")
BESIDE_TENSORS = ("torch_geometric", "pandas", "networkx", "igraph", "matplotlib", "scipy.stats")
WIDGETS = ("ipywidgets", "anywidget", "workbench.widgets")

OF_A_COMMAND = """
import sys
from workbench.cli import main
try: main({words!r})
except SystemExit: pass
"""

OF_ALL_ON_A_GRAPH = """
import inspect, sys, torch
from workbench import diagnostics
edge_index = torch.tensor([[0, 1, 1, 2, 2, 3, 3, 0, 0, 2], [1, 0, 2, 1, 3, 2, 0, 3, 2, 0]])
for function in diagnostics.DIAGNOSTICS.values():
    parameters = inspect.signature(function).parameters.values()
    if [p.name for p in parameters if p.default is p.empty] == ["edge_index", "num_nodes"]:
        function(edge_index, 4)
"""


def loaded(code: str, names: tuple[str, ...]) -> str:
    """Which of the modules are loaded after ``code`` has run in a process of its own."""
    code += f"\nprint([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [["--help"], ["list"], ["list", "diagnostics"], ["doctor"], ["train", "--help"]],
    ids=" ".join,
)
def test_a_command_that_only_tells_loads_nothing_heavy(words):
    assert loaded(OF_A_COMMAND.format(words=words), HEAVY) == "[]"


@pytest.mark.slow
def test_a_report_loads_no_widget(tmp_path):
    words = ["report", "ring:6", "--html", str(tmp_path / "page.html")]
    assert loaded(OF_A_COMMAND.format(words=words), WIDGETS) == "[]"


def test_diagnostics_load_nothing_beside_torch_scipy_and_numba():
    code = "import sys, workbench.diagnostics as d; d.effective_resistance"
    assert loaded(code, BESIDE_TENSORS) == "[]"


def test_a_diagnostic_of_tensors_loads_nothing_more():
    assert loaded(OF_ALL_ON_A_GRAPH, BESIDE_TENSORS) == "[]"


@pytest.mark.parametrize("kind", ZOOS)
def test_the_source_says_what_the_objects_say(kind):
    package, zoo = ZOOS[kind]
    objects = getattr(import_module(package), zoo)
    found = list(source.entries(package, zoo))
    assert [entry.name for entry in found] == list(objects)
    for entry in found:
        there = objects[entry.name]
        place = import_module(entry.place)
        assert there.__module__ == entry.place
        assert entry.summary == source.summary(inspect.getdoc(there))
        assert entry.summary
        declared = getattr(there, "declaration", None)
        assert entry.kind == (declared.kind if declared else "")
        parameters = inspect.signature(there).parameters
        defaults = {
            name: inspect.Parameter.empty if text is None else eval(text, vars(place))
            for name, text in entry.parameters.items()
            if name != "self"
        }
        assert defaults == {name: one.default for name, one in parameters.items()}


WRITTEN = '''
from workbench.written_base import Base
import math


class Inherits(Base):
    """Takes what its base takes. And no more."""


@other
@rewiring(kind="layers", directed="used")
def declared(edge_index, /, num_nodes, *, tau: float = math.inf, pair=(1, -2)):
    """Says its kind by name."""


ZOO: dict = {"class": Inherits, "function": declared}
'''

BASE = """
class Base:
    def __init__(self, width, *, depth=3):
        pass
"""


def test_what_an_entry_may_look_like(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "_PACKAGE", tmp_path / "workbench")
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench" / "written.py").write_text(WRITTEN)
    (tmp_path / "workbench" / "written_base.py").write_text(BASE)
    one, two = source.entries("workbench.written", "ZOO")
    assert (one.name, one.summary, one.kind) == ("class", "Takes what its base takes", "")
    assert one.parameters == {"self": None, "width": None, "depth": "3"}
    assert (two.name, two.summary, two.kind) == ("function", "Says its kind by name", "layers")
    assert two.parameters == {
        "edge_index": None,
        "num_nodes": None,
        "tau": "math.inf",
        "pair": "(1, -2)",
    }


def test_a_source_that_does_not_say_is_named():
    with pytest.raises(LookupError, match="does not define or import NOTHING"):
        list(source.entries("workbench.rewiring", "NOTHING"))
