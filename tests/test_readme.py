"""The README says what the code does: its limits are the code's, its names exist, its code runs."""

import importlib
import re
from pathlib import Path

import pytest

from workbench.diagnostics import DIAGNOSTICS
from workbench.encodings import ENCODINGS
from workbench.models import MODELS
from workbench.rewiring import REWIRINGS
from workbench.tasks import TASKS

README = (Path(__file__).parent.parent / "README.md").read_text()

#: What a row of the table of limits is about -> where its number stands, unless it is declared.
CONSTANTS = {
    "the rewiring lab: exact numbers": "rewiring.tape.profile.DENSE_NODES",
    "the rewiring lab: a matrix among 200": "rewiring.tape.node_pairs.LANDMARK_NODES",
    "the sensitivity lab": "widgets.sensitivity.sensitivities.LARGEST_NODES",
    "the attention lens": "widgets.attention.heads.LARGEST_NODES",
    "the expressivity lab": "widgets.expressivity.drawn_pair.LARGEST_NODES",
    "`gtr`": "rewiring.engine.pseudo_inverse.MAX_NODES",
    "`digl`": "rewiring.methods.digl.MAX_NODES",
    "`laser`": "rewiring.methods.laser.MAX_NODES",
    "`fully_adjacent`": "rewiring.methods.fully_adjacent.MAX_NODES",
    "`knn_features`": "rewiring.methods.knn_features.MAX_NODES",
    "`laplacian_eigenvectors`": "encodings.laplacian_eigenvectors.LARGEST",
    "`heat_kernel`": "encodings.heat_kernel.MAX_NODES",
}


def _rows(header: str) -> list[list[str]]:
    """The cells of the table under ``header``, row by row."""
    table = README.split(f"{header}\n", 1)[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[1:]]


LIMITS = {what: (limit, instead) for what, limit, instead in _rows("| what | limit | instead |")}


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit_is_that_of_the_code(what):
    limit, instead = LIMITS[what]
    if what.strip("`") in DIAGNOSTICS:
        declared = DIAGNOSTICS[what.strip("`")].declared
        expected = declared.limit
        assert instead == f"`{declared.instead}`"
    else:
        (place,) = (place for start, place in CONSTANTS.items() if what.startswith(start))
        module, _, constant = f"workbench.{place}".rpartition(".")
        expected = getattr(importlib.import_module(module), constant)
    assert limit == f"{expected:,} nodes"


def test_no_limit_has_lost_its_row():
    assert [
        start for start in CONSTANTS if not any(what.startswith(start) for what in LIMITS)
    ] == []


def test_every_name_in_the_table_of_what_there_is_exists():
    zoo = {"rewirings": REWIRINGS, "encodings": ENCODINGS, "models": MODELS, "tasks": TASKS}
    for kind, names in _rows("| kind | names |"):
        named = set(re.findall(r"`(\w+)`", names))
        assert named
        assert named <= set(zoo[kind.split()[0]]), kind


def test_the_example_as_a_library_runs(capsys):
    code = README.split("## As a library", 1)[1].split("```python\n", 1)[1].split("```")[0]
    exec(code, {})
    assert "tensor(" in capsys.readouterr().out
