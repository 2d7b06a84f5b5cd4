"""The wheel holds what an installed copy needs, and the pinned versions fit what is declared."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


#: Parts of Jupyter that jupyterlab and ipykernel cannot do without.
COME_WITH_JUPYTERLAB = {"jupyter-core", "nbclient", "nbformat", "packaging", "traitlets", "ipython"}
LOCAL = {"brec_results", "workbench", "tests", *(path.stem for path in (ROOT / "tests").iterdir())}


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.split(".")[0])
    return names


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def declared() -> list[Requirement]:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [Requirement(line) for group in groups for line in group]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_all_that_the_package_reads(wheel):
    names = set(wheel.namelist())
    kinds = {".py", ".js", ".css", ".j2", ".json"}
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "workbench").rglob("*")
        if path.suffix in kinds and "__pycache__" not in path.parts
    }
    shared = {path for path in source if "/share/jupyter/" in path}
    assert (source - names) == set()
    below = {path.split("/share/jupyter/")[1] for path in shared}
    assert below <= {path.split("/share/jupyter/")[1] for path in names if ".data/data/" in path}


def test_the_wheel_holds_the_notebooks(wheel):
    names = set(wheel.namelist())
    notebooks = {
        f"workbench/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert notebooks <= names


def test_the_wheel_holds_no_tests_and_no_data(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.startswith("graph_workbench-")} == {"workbench"}


def test_every_declared_package_is_pinned_within_what_is_allowed():
    pinned = pins()
    for needed in declared():
        if needed.name == PROJECT["name"]:
            continue
        assert canonicalize_name(needed.name) in pinned, needed.name
        assert needed.specifier.contains(pinned[canonicalize_name(needed.name)]), str(needed)


@pytest.mark.parametrize(("folder", "extras"), [("workbench", ("metis",)), ("tests", ("test",))])
def test_every_import_is_a_declared_package(folder, extras):
    """Not one that happens to come with another."""
    lines = [*PROJECT["dependencies"]]
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    allowed = {canonicalize_name(Requirement(line).name) for line in lines}
    allowed |= {canonicalize_name(PROJECT["name"]), *COME_WITH_JUPYTERLAB}
    owners = packages_distributions()
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imported(path)
        if not {canonicalize_name(owner) for owner in owners.get(name, [])} & allowed
        and name not in LOCAL | sys.stdlib_module_names
    ]
    assert wrong == []


def test_torch_is_pinned_as_a_plain_version():
    assert pins()["torch"] == "2.13.0"


def test_pins_are_versions_and_nothing_else():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.!]+", line), line


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "constraints.txt", "environment.yml", "README.md", ".ci/run"]
)
def test_no_file_that_installs_names_a_registry(name):
    text = (ROOT / name).read_text()
    found = re.findall(r"index-url|find-links|pypi\.org|download\.pytorch|anaconda\.org", text)
    assert found == []


def test_conda_names_cover_what_pip_installs():
    text = (ROOT / "environment.yml").read_text()
    renamed = {
        "torch": "pytorch",
        "torch-geometric": "pytorch_geometric",
        "igraph": "python-igraph",
        "matplotlib": "matplotlib-base",
    }
    for line in PROJECT["dependencies"]:
        name = Requirement(line).name
        assert re.search(rf"^  - {re.escape(renamed.get(name, name))} ", text, re.M), name


def test_ci_runs_the_command_of_the_readme():
    command = 'pip install -c constraints.txt -e ".[test]" && pytest -n logical'
    assert command in (ROOT / "README.md").read_text()
    assert command in (ROOT / ".ci" / "run").read_text()


def test_jupyterlab_is_told_to_ask_nobody():
    folder = ROOT / "workbench/cli/share/jupyter/lab/settings/overrides.d"
    settings = json.loads((folder / "graph-workbench.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"] == {
        "checkForUpdates": False,
        "fetchNews": "false",
    }


def test_the_voila_template_names_no_other_machine():
    folder = ROOT / "workbench/cli/share/jupyter/voila"
    for path in folder.rglob("*.j2"):
        assert "//" not in re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S), path
