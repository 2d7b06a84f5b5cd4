"""The settings that kernels of notebooks run with, and the still pictures beside their figures."""

import base64
from pathlib import Path

import nbformat
import plotly.graph_objects as go
import pytest
from test_notebooks import run_notebooks

from workbench.topology.compiled import MESSAGE


@pytest.fixture
def notebook():
    figure = go.Figure(go.Scatter(y=[1, 3, 2])).update_layout(height=200)
    data = nbformat.from_dict({run_notebooks.PLOTLY: nbformat.from_dict(figure.to_dict())})
    cell = nbformat.v4.new_code_cell("figure", outputs=[nbformat.v4.new_output("display_data")])
    cell.outputs[0].data = data
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("a figure"), cell])


def test_what_the_caller_has_set_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("WORKBENCH_DATA", "mine")
    monkeypatch.setenv("WORKBENCH_TEST_DATA", str(tmp_path))
    assert run_notebooks.kernel_settings() == {
        "OMP_NUM_THREADS": "2",
        "PLOTLY_RENDERER": "plotly_mimetype",
        "WORKBENCH_DATA": "mine",
    }


def test_data_sets_are_found_or_not_named(monkeypatch, tmp_path):
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.setenv("WORKBENCH_TEST_DATA", str(tmp_path))
    (tmp_path / "pyg" / "tu" / "MUTAG" / "raw").mkdir(parents=True)
    (tmp_path / "road").mkdir()
    (tmp_path / "road" / "minnesota.npz").touch()
    folder = Path(run_notebooks.kernel_settings()["WORKBENCH_DATA"])
    assert (folder / "road" / "minnesota.npz").is_file()
    assert (folder / "tu" / "MUTAG" / "raw").is_dir()
    # what PyG writes beside the raw files does not land in the archive
    (folder / "tu" / "MUTAG" / "processed").mkdir()
    assert not list(tmp_path.rglob("processed"))
    monkeypatch.setenv("WORKBENCH_TEST_DATA", str(tmp_path / "nowhere"))
    assert "WORKBENCH_DATA" not in run_notebooks.kernel_settings()


def test_what_is_said_of_compiling_is_not_kept():
    texts = [("stdout", "one\n"), ("stderr", f"{MESSAGE}\n"), ("stdout", "two\n")]
    outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in texts]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs)
    cleaned = run_notebooks.clean(nbformat.v4.new_notebook(cells=[cell]))
    assert [output.text for output in cleaned.cells[0].outputs] == ["one\ntwo\n"]


def test_without_chromium_the_run_goes_on_and_says_so(notebook, monkeypatch, capsys):
    monkeypatch.delenv("WORKBENCH_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    run_notebooks.add_stills(notebook)
    assert "no Chromium" in capsys.readouterr().out
    assert set(notebook.cells[1].outputs[0].data) == {run_notebooks.PLOTLY}


@pytest.mark.browser
def test_a_figure_gets_a_still_picture(notebook):
    from browser.conftest import chromium_path

    chromium_path()
    run_notebooks.add_stills(notebook)
    picture = base64.b64decode(notebook.cells[1].outputs[0].data["image/png"])
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (1125, 250)
    assert len(picture) < 80_000
