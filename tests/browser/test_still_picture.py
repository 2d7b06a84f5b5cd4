"""What is left of the lab where no widget lives: GitHub, a printed page, before the first run."""

import base64
import shutil

import nbformat
import pytest

from browser.conftest import REPOSITORY

NOTEBOOK = REPOSITORY / "notebooks" / "01_rewiring_lab.ipynb"


def test_every_lab_of_the_notebook_has_a_picture_before_it():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    outputs = [cell.outputs for cell in cells if cell.cell_type == "code"]
    data = [[output.get("data", {}) for output in row] for row in outputs]
    labs = [
        (row, k)
        for row in data
        for k, shown in enumerate(row)
        if shown.get("text/plain", "").startswith("RewiringLab")
    ]
    assert labs
    for row, k in labs:
        assert k > 0
        assert base64.b64decode(row[k - 1]["image/png"]).startswith(b"\x89PNG")


@pytest.mark.browser
def test_the_picture_shows_before_the_notebook_is_run(shared):
    shutil.copy(NOTEBOOK, shared.server.root)
    shared.turn_to(NOTEBOOK.name)
    picture = shared.page.locator(".jp-RenderedImage img").first
    picture.wait_for(state="visible")
    shared.eventually(
        lambda: picture.evaluate("(image) => image.complete && image.naturalWidth > 200")
    )
    box = picture.bounding_box()
    assert min(box["width"], box["height"]) > 200
    assert shared.page.locator(".wb").count() == 0
    assert shared.errors == []
