"""What anywidget is sent: one ES module that holds those of the scripts, each in its own scope."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from widgets.test_javascript import node

from workbench.widgets.canvas import browser_module as module
from workbench.widgets.canvas.browser_module import browser_module
from workbench.widgets.canvas.color_rounds import ColorRounds
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.head_maps import HeadMaps
from workbench.widgets.canvas.loss_curves import LossCurves
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.picture_border import PictureBorder
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.lab.status_line import StatusLine

SCRIPTS = sorted(Path(module.__file__).parent.glob("*.js"))
WIDGETS = [
    GraphCanvas,
    MatrixCanvas,
    PictureBorder,
    TapeBar,
    ColorRounds,
    HeadMaps,
    LossCurves,
    StatusLine,
]


def run(tmp_path: Path, text: str, ask: str):
    """What node answers to a question about the default export of a module."""
    (tmp_path / "module.mjs").write_text(text, encoding="utf-8")
    code = f'import one from "./module.mjs";\nconsole.log(JSON.stringify({ask}));'
    (tmp_path / "ask.mjs").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [node(), tmp_path / "ask.mjs"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_module_exports_once_imports_nothing_and_runs(widget, tmp_path):
    text = str(widget._esm)
    assert re.findall(r"^export .{7}", text, re.M) == ["export default"]
    assert not re.search(r"^import ", text, re.M)
    render = "typeof (typeof one === 'function' ? one() : one).render"
    assert run(tmp_path, text, render) == "function"


def test_every_script_is_used_once_in_a_module():
    held = [re.findall(r"^const \$(\w+) = \(\(\) =>", str(widget._esm), re.M) for widget in WIDGETS]
    for names in held:
        assert len(names) == len(set(names))
    entries = {"graph_canvas", "matrix_canvas", "picture_border", "tape_bar"}
    entries |= {"color_rounds", "head_maps", "loss_curves", "status_line"}
    assert entries.union(*held) == {path.stem for path in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_import_and_export_in_the_forms_that_are_followed(path):
    text = path.read_text(encoding="utf-8")
    imports = module._IMPORT.findall(text)
    assert len(imports) == len(re.findall(r"^\s*import\b", text, re.M))
    assert all(re.fullmatch(r"\{[\w,\s]*\}", names) for names, _ in imports)
    assert not any(" as " in names for names, _ in imports)
    assert "import(" not in text
    exports = len(module._EXPORT.findall(text)) + len(re.findall(r"^export default ", text, re.M))
    assert exports == len(re.findall(r"^\s*export\b", text, re.M)) > 0


def test_nothing_but_what_is_exported_is_seen_by_another_script(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_HERE", tmp_path)
    (tmp_path / "low.js").write_text("let calls = 0;\nexport const count = () => ++calls;")
    (tmp_path / "left.js").write_text(
        'import { count } from "./low.js";\nconst calls = "mine";\n'
        "export async function left() {}\nexport class Left {\n  get = () => [calls, count()];\n}"
    )
    (tmp_path / "entry.js").write_text(
        'import {\n  Left,\n  left,\n} from "./left.js";\nimport { count } from "./low.js";\n'
        "const kinds = [typeof calls, typeof left];\n"
        "export default { all: [...kinds, new Left().get(), count()] };"
    )
    seen = run(tmp_path, browser_module("entry"), "one.all")
    assert seen == ["undefined", "function", ["mine", 1], 2]  # low is there once


def test_a_script_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"nothing\.js"):
        browser_module("nothing")


def test_a_circle_is_refused_with_its_way(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_HERE", tmp_path)
    (tmp_path / "round_a.js").write_text('import { b } from "./round_b.js";')
    (tmp_path / "round_b.js").write_text('import { a } from "./round_a.js";')
    with pytest.raises(ValueError, match="round_a > round_b > round_a"):
        browser_module("round_a")
