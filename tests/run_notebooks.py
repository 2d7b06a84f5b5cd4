"""Run the notebooks in place and leave only what is worth a diff.

python tests/run_notebooks.py                       run and clean every notebook
python tests/run_notebooks.py notebooks/00_tour.ipynb
python tests/run_notebooks.py --clean FILES         clean without running, as the commit hook does
python tests/run_notebooks.py --check FILES         say what is unclean, change nothing

Outputs are committed, because the test suite compares them. What changes from run to run is not:
widget state, execution times, the versions of Python and of the kernel, random output ids.
"""

import argparse
import sys
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
            if stream and merged and merged[-1].get("name") == output.name:
                merged[-1].text += output.text
                continue
            merged.append(output)
        cell.outputs = merged
    return notebook


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
    return client.execute()


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
