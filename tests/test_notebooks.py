"""What every committed notebook owes its reader; ``pytest notebooks`` compares the outputs."""

import importlib.util
import os
import re
from pathlib import Path

import nbformat
import pytest

spec = importlib.util.spec_from_file_location(
    "run_notebooks", Path(__file__).with_name("run_notebooks.py")
)
run_notebooks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_notebooks)

NOTEBOOKS = sorted(run_notebooks.NOTEBOOKS.glob("*.ipynb"))
FIRST = ("00_tour.ipynb", "01_rewiring_lab.ipynb", "02_cora_and_roads.ipynb")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_the_first_three_are_there():
    assert {path.name for path in NOTEBOOKS} >= set(FIRST)


def test_it_is_as_the_runner_leaves_it(path):
    """No widget state, no times, no versions: two runs of the same code give the same file."""
    stored = path.read_text(encoding="utf-8")
    cleaned = run_notebooks.text(run_notebooks.clean(nbformat.reads(stored, as_version=4)))
    assert stored == cleaned, f"run python tests/run_notebooks.py --clean {path}"


def test_it_is_small(path):
    assert path.stat().st_size < 1_000_000


def test_it_was_run_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_no_output_is_an_error(notebook):
    errors = [
        output.ename
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert errors == []


def test_it_opens_with_one_title_and_a_sentence(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert len(first.source.splitlines()) > 1
    titles = [cell for cell in notebook.cells if re.search(r"^# ", cell.source, re.M)]
    assert sum(cell.cell_type == "markdown" for cell in titles) == 1


def test_imports_are_in_one_cell(notebook):
    cells = [
        number
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and re.search(r"^(import|from) ", cell.source, re.M)
    ]
    assert len(cells) == 1


def test_a_cell_whose_output_is_not_compared_says_why(notebook):
    for cell in notebook.cells:
        marks = re.findall("nbval", f"{cell.source} {cell.metadata}", re.IGNORECASE)
        if marks:
            mark, reason, *_ = cell.source.splitlines()
            assert mark == "# NBVAL_IGNORE_OUTPUT"
            assert re.match(r"# not compared: \w", reason), f"{reason!r} stands below the mark"
            assert len(marks) == 1


def test_the_lab_shows_a_picture_before_it_is_run():
    notebook = nbformat.read(run_notebooks.NOTEBOOKS / "01_rewiring_lab.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    assert any({"image/png", "image/svg+xml"} & set(out.get("data", {})) for out in outputs)


def test_it_names_no_place_of_one_machine(path):
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"(?:/home/|/root/|/Users/|/work/|/tmp/|C:\\\\)\S*", text)
    assert found == []


def test_cleaning_drops_what_changes_and_keeps_what_is_read():
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                "1 + 1",
                execution_count=7,
                metadata={"tags": ["keep"], "execution": {"iopub.status.busy": "now"}},
                outputs=[
                    nbformat.v4.new_output("stream", name="stdout", text="a\n"),
                    nbformat.v4.new_output("stream", name="stdout", text="b\n"),
                    nbformat.v4.new_output(
                        "execute_result",
                        data={"text/plain": "2", run_notebooks.LIVE: {"model_id": "a1"}},
                        execution_count=7,
                    ),
                ],
            )
        ],
        metadata={"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3"}},
    )
    run_notebooks.clean(notebook)
    (cell,) = notebook.cells
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.language_info == {"name": "python"}
    assert cell.metadata == {"tags": ["keep"]}
    assert [output.get("text") for output in cell.outputs] == ["a\nb\n", None]
    assert set(cell.outputs[1].data) == {"text/plain"}
    assert cell.execution_count == cell.outputs[1].execution_count == 1
    once = run_notebooks.text(notebook)
    assert run_notebooks.text(run_notebooks.clean(nbformat.reads(once, as_version=4))) == once


def test_check_changes_nothing_and_says_what_to_do(tmp_path, capsys):
    path = tmp_path / "x.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(metadata={"widgets": {}})))
    before = path.read_bytes()
    assert run_notebooks.main(["--check", os.fspath(path)]) == 1
    assert path.read_bytes() == before
    assert "--clean" in capsys.readouterr().out
    assert run_notebooks.main(["--clean", os.fspath(path)]) == 1
    assert run_notebooks.main(["--check", os.fspath(path)]) == 0
