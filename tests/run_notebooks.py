"""Run the notebooks in place and leave only what is worth a diff.

python tests/run_notebooks.py                       run and clean every notebook
python tests/run_notebooks.py notebooks/00_tour.ipynb
python tests/run_notebooks.py --clean FILES         clean without running, as the commit hook does
python tests/run_notebooks.py --check FILES         say what is unclean, change nothing

Outputs are committed, because the test suite compares them. What changes from run to run is not:
widget state, execution times, the versions of Python and of the kernel, random output ids.

A plotly figure is stored as its JSON, and beside it as a still picture for pages that run no
scripts, drawn by Chromium. Without Chromium there is no still, and the run says so.
"""

import argparse
import atexit
import functools
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
#: Cell metadata that a person put there.
KEPT = ("tags", "slideshow", "editable")
#: A view of a model that lives in one kernel. Stored, it would hide the still picture beside it
#: behind "model not found" until the cell is run again.
LIVE = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
#: Said by the first run on a machine alone (workbench.topology.compiled).
COMPILING = re.compile(r"^compiling, once: .*\n", re.MULTILINE)
#: Notebooks that need data sets which no test machine downloads.
NEED_DATA = ("02_cora_and_roads.ipynb", "05_tasks.ipynb", "09_brec.ipynb")


def kernel_settings() -> dict[str, str]:
    """Environment of a notebook's kernel: what the caller has set, else what makes runs alike.

    One thread, because sums in another order differ in their last digits; plotly figures as their
    JSON, without 4.5 MB of script; and the data sets for tests, where they are.
    """
    settings = {"OMP_NUM_THREADS": "1", "PLOTLY_RENDERER": "plotly_mimetype"}
    root = Path(os.environ.get("WORKBENCH_TEST_DATA", NOTEBOOKS.parents[1] / "shared" / "data"))
    if root.is_dir():
        settings["WORKBENCH_DATA"] = str(linked(root.resolve()))
    return settings | {
        name: os.environ[name] for name in (*settings, "WORKBENCH_DATA") if os.environ.get(name)
    }


@functools.cache
def linked(archive: Path) -> Path:
    """A temporary folder with links to the data sets of an archive.

    What PyG makes of raw files lands there, neither in the archive nor in the checkout.
    """
    folder = Path(tempfile.mkdtemp(prefix="workbench-data-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for raw in filter(Path.is_dir, sorted(archive.rglob("raw"))):
        parts = raw.parent.relative_to(archive).parts
        place = folder.joinpath(*parts[parts[:1] == ("pyg",) :])
        place.mkdir(parents=True, exist_ok=True)
        (place / "raw").symlink_to(raw)
    for entry in archive.iterdir():
        if entry.name == "pyg":
            continue
        place = folder / entry.name
        # a folder that is there holds a link to its raw files; the rest of it is linked beside
        for source in sorted(entry.iterdir()) if place.is_dir() else [entry]:
            target = place / source.name if place.is_dir() else place
            if not target.exists():
                target.symlink_to(source)
    return folder


def clean(notebook: NotebookNode) -> NotebookNode:
    """Drop, in place, what differs between two runs of the same code."""
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info=LANGUAGE)
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        )
        if cell.cell_type != "code":
            continue
        count += 1 if cell.source.strip() else 0
        cell.execution_count = count if cell.outputs or cell.execution_count else None
        merged = []
        for output in cell.outputs:
            output.pop("transient", None)
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
            for held in ("data", "metadata"):
                output.get(held, {}).pop(LIVE, None)
            stream = output.output_type == "stream"
            if stream:
                output.text = COMPILING.sub("", output.text)
                if not output.text:
                    continue
            if stream and merged and merged[-1].get("name") == output.name:
                merged[-1].text += output.text
                continue
            merged.append(output)
        cell.outputs = merged
    return notebook


def add_stills(notebook: NotebookNode) -> None:
    """Beside every plotly figure a PNG, for a page that runs no scripts (in place)."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = [output.data for output in outputs if PLOTLY in output.get("data", {})]
    names = (os.environ.get("WORKBENCH_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, filter(None, names))), None)
    if not figures:
        return
    if browser is None:
        print(f"no Chromium: {len(figures)} figures stay without a still picture")
        return
    from playwright.sync_api import sync_playwright
    from plotly.offline import get_plotlyjs

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        page.add_script_tag(content=get_plotlyjs())
        draw = """figure => Plotly.toImage(figure, {
            format: "png", width: 900, height: figure.layout.height ?? 400, scale: 1.25})"""
        for data in figures:
            data["image/png"] = page.evaluate(draw, data[PLOTLY]).split(",", 1)[1]
        chromium.close()


def run(notebook: NotebookNode, folder: Path, seconds: int = 600) -> NotebookNode:
    """Execute every cell in a fresh kernel whose working folder is ``folder``."""
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    client.execute(env=os.environ | kernel_settings())
    add_stills(notebook)
    return notebook


def text(notebook: NotebookNode) -> str:
    """The file's text, as this script writes it."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def main(argv: list[str] | None = None) -> int:
    """Run, clean or check."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--clean", action="store_true", help="clean without running")
    only.add_argument("--check", action="store_true", help="say what is unclean, change nothing")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args(argv)
    unclean = 0
    for path in arguments.files or sorted(NOTEBOOKS.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
        start = time.monotonic()
        if not (arguments.clean or arguments.check):
            notebook = run(notebook, path.parent)
        after = text(clean(notebook))
        if after == before:
            print(f"{path.name}: unchanged")
            continue
        unclean += 1
        if arguments.check:
            print(f"{path.name}: run `python tests/run_notebooks.py --clean {path}`")
        else:
            path.write_text(after, encoding="utf-8")
            print(f"{path.name}: written, {time.monotonic() - start:.0f} s")
    return 1 if unclean and (arguments.clean or arguments.check) else 0


if __name__ == "__main__":
    sys.exit(main())
