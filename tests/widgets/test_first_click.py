"""Where a widget's message goes is the page's choice again, whatever the ipykernel."""

import sys
from types import SimpleNamespace

from workbench.widgets.lab.first_click import hear_first_clicks


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
