"""The joined ES modules: one scope, one export."""

import re

import pytest

from workbench.widgets.canvas.browser_module import browser_module
from workbench.widgets.canvas.color_rounds import ColorRounds
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.head_maps import HeadMaps
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.tape_bar import TapeBar


@pytest.mark.parametrize("widget", [GraphCanvas, MatrixCanvas, TapeBar, ColorRounds, HeadMaps])
def test_a_module_exports_once_and_imports_nothing(widget):
    text = str(widget._esm)
    assert len(re.findall(r"^export ", text, re.M)) == 1
    assert not re.search(r"^import ", text, re.M)
    # the files share one scope, in which a name can stand only once
    names = re.findall(r"^(?:class|(?:async )?function|const) (\w+)", text, re.M)
    assert len(names) == len(set(names))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"nothing\.js"):
        browser_module("canvas_base", "nothing")
