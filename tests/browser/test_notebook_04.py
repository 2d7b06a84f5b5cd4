"""The sensitivity notebook in a real JupyterLab, from top to bottom."""

import shutil

import pytest

from browser.conftest import REPOSITORY, look

pytestmark = pytest.mark.browser


def test_its_lab_answers_the_keys(notebook, shared):
    source = REPOSITORY / "notebooks" / "04_sensitivity.ipynb"
    shutil.copy(source, shared.server.root)
    lab = notebook(source.name, height=1300, seconds=300)
    lab.page.locator(".workbench-panels svg").first.wait_for()
    lab.page.locator(".workbench-lab").first.scroll_into_view_if_needed()
    lab.page.locator(".wb-graph canvas.wb-layer").first.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.wait_until("lab.pictures['graph'].color_label[:20]", "log10 sensitivity of")
    look(lab, "notebook-04")
