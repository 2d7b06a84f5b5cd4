"""Imports point one way (CONTRIBUTING.md has the same table in words)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workbench"
EVERYWHERE = {"typing", "ties", "cost", "choices"}
MAY_IMPORT = {
    "topology": set(),
    "capture": set(),
    "figures": set(),
    "graphs": {"topology", "data_sets"},
    "tasks": {"topology", "graphs"},
    "encodings": {"topology", "graphs"},
    "diagnostics": {"topology", "graphs", "capture"},
    "rewiring": {"topology", "graphs", "diagnostics"},
    "models": {"topology", "capture", "graphs", "encodings", "rewiring"},
    "training": {
        *("topology", "capture", "graphs", "tasks", "encodings", "diagnostics", "rewiring"),
        "models",
    },
    "benchmarks": {
        *("topology", "capture", "graphs", "tasks", "encodings", "diagnostics", "rewiring"),
        *("models", "training"),
    },
    "report": {
        *("topology", "capture", "graphs", "tasks", "encodings", "diagnostics", "rewiring"),
        *("models", "figures"),
    },
}


def imported_parts(path: Path):
    """Names of the workbench parts that a file imports, with line numbers."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                yield "a relative import", node.lineno
            elif node.module == "workbench":
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif node.module and node.module.startswith("workbench."):
                yield node.module.split(".")[1], node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("workbench."):
                    yield alias.name.split(".")[1], node.lineno


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_one_way(part):
    allowed = MAY_IMPORT[part] | EVERYWHERE | {part}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in sorted((PACKAGE / part).rglob("*.py"))
        for name, line in imported_parts(path)
        if name not in allowed
    ]
    assert wrong == []


def test_every_part_is_in_the_table():
    parts = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert parts == set(MAY_IMPORT) | {"widgets", "cli"}


def test_no_junk_drawers():
    names = {p.stem for p in PACKAGE.rglob("*.py")}
    assert names & {"utils", "helpers", "misc", "common"} == set()


def test_import_stays_light():
    heavy = "('torch', 'numpy', 'plotly')"
    code = f"import sys, workbench; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
