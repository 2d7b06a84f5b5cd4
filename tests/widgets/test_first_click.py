"""Where a widget's message goes is the page's choice again, whatever the ipykernel."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from workbench import widgets
from workbench.widgets.lab.first_click import hear_first_clicks
from workbench.widgets.lab.still_picture import StillPicture


def test_the_rule_is_taken_back_where_there_is_one(monkeypatch):
    class BaseComm:
        def _reply_subshell_for(self, data, default):
            return "the shell that last wrote"

    module = SimpleNamespace(BaseComm=BaseComm)
    monkeypatch.setitem(sys.modules, "ipykernel.comm.comm", module)
    assert hear_first_clicks()
    assert BaseComm()._reply_subshell_for({}, "the shell of the page") == "the shell of the page"


def test_an_ipykernel_without_the_rule_stays_as_it_is(monkeypatch):
    class BaseComm:
        pass

    module = SimpleNamespace(BaseComm=BaseComm)
    monkeypatch.setitem(sys.modules, "ipykernel.comm.comm", module)
    assert not hear_first_clicks()
    assert not hasattr(BaseComm, "_reply_subshell_for")


def test_outside_a_kernel_nothing_is_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel.comm.comm", raising=False)
    assert not hear_first_clicks()
    assert "ipykernel.comm.comm" not in sys.modules


IMPORTED = """
import sys
from ipykernel.comm.comm import BaseComm
before = dict(vars(BaseComm))
import workbench.widgets
print(dict(vars(BaseComm)) == before)
"""


@pytest.mark.slow
def test_importing_the_labs_changes_nothing_of_ipykernel():
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


def test_every_lab_changes_it_where_it_is_shown(monkeypatch):
    class Picture(StillPicture):
        def picture(self) -> bytes:
            return b"\x89PNG"

        def shown(self) -> dict:
            return {"status": "ready"}

        def _repr_mimebundle_(self):
            return {"text/plain": "lab"}

    class BaseComm:
        def _reply_subshell_for(self, data, default):
            return "the shell that last wrote"

    module = SimpleNamespace(BaseComm=BaseComm)
    monkeypatch.setitem(sys.modules, "ipykernel.comm.comm", module)
    lab = Picture()
    assert BaseComm()._reply_subshell_for({}, "the page") == "the shell that last wrote"
    lab._ipython_display_()
    assert BaseComm()._reply_subshell_for({}, "the page") == "the page"


@pytest.mark.parametrize("name", [n for n in widgets.__all__ if n.endswith(("Lab", "Lens"))])
def test_every_lab_is_shown_that_way(name):
    assert issubclass(getattr(widgets, name), StillPicture)
