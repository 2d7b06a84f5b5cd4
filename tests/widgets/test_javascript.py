"""The scripts of the live pictures, tested by node; the installed package does not need it."""

import ast
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "javascript"
PACKAGE = Path(__file__).parents[2] / "workbench"

#: What a script has and no sentence does.
SCRIPT = re.compile(r"=> ?[{(]|\bfunction \w*\(|\b(?:const|let|var) \w+ =|\baddEventListener\b")


def node() -> str:
    """Path of node; without one the test skips, or fails in CI."""
    found = shutil.which("node")
    if found:
        return found
    how = "no node found: install it (Debian: apt-get install nodejs)"
    if os.environ.get("CI") == "true":
        pytest.fail(how, pytrace=False)
    pytest.skip(how)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.test.js")), ids=lambda path: path.stem)
def test_scripts_do_what_their_own_tests_say(path):
    done = subprocess.run(
        [node(), "--test", path], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_no_script_stands_in_a_text_of_python_where_no_linter_reads_it():
    found = [
        f"{path.relative_to(PACKAGE)}:{one.lineno}"
        for path in PACKAGE.rglob("*.py")
        for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(one, ast.Constant)
        and isinstance(one.value, str)
        and SCRIPT.search(one.value)
        and path.name != "browser_module.py"  # which makes one of the scripts
    ]
    assert found == []


def test_there_are_tests_and_pinned_packages_without_addresses():
    assert len(list(FOLDER.glob("*.test.js"))) >= 3
    locked = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in locked
    assert '"resolved"' not in locked  # whatever registry is asked
