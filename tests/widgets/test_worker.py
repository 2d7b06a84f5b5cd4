import gc
import subprocess
import sys
import threading
import time
import weakref
from types import SimpleNamespace

import pytest

from workbench.widgets.lab import worker as module
from workbench.widgets.lab.worker import Worker

#: Seconds of a hang: nothing here takes as long on a machine that is busy.
PATIENCE = 60


def test_runs_what_it_is_asked():
    seen = []
    worker = Worker(on_error=seen.append)
    worker.submit("a", lambda stop: seen.append("a"))
    worker.submit("b", lambda stop: seen.append("b"))
    assert worker.wait(PATIENCE)
    assert seen == ["a", "b"]
    assert not worker.busy


def test_newest_request_wins_and_the_running_one_is_asked_to_stop():
    started, seen = threading.Event(), []

    def slow(stop):
        started.set()
        while not stop():
            time.sleep(0.001)
        seen.append("stopped")

    worker = Worker(on_error=seen.append)
    worker.submit("key", slow)
    assert started.wait(PATIENCE)
    for value in range(5):
        worker.submit("key", lambda stop, value=value: seen.append(value))
    assert worker.wait(PATIENCE)
    assert seen == ["stopped", 4]


def test_an_error_is_told_and_the_next_request_still_runs():
    errors, seen = [], []
    worker = Worker(on_error=errors.append)
    worker.submit("a", lambda stop: 1 / 0)
    worker.submit("b", lambda stop: seen.append("b"))
    assert worker.wait(PATIENCE)
    assert [type(e) for e in errors] == [ZeroDivisionError]
    assert seen == ["b"]


def test_a_delay_lets_others_pass_and_starts_anew_with_a_newer_request(monkeypatch):
    clock, seen = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    worker = Worker(on_error=seen.append)

    def at(now):
        """What has run once the worker has looked at the clock."""
        clock.now, looked = now, threading.Event()
        worker.submit("look", lambda stop: looked.set())
        assert looked.wait(PATIENCE)
        return seen

    worker.submit("rest", lambda stop: seen.append("dropped"), delay=100)
    assert at(50) == []
    worker.submit("rest", lambda stop: seen.append("rest"), delay=100)
    worker.submit("now", lambda stop: seen.append("now"))
    assert at(149) == ["now"]
    assert at(150) == ["now", "rest"]
    worker.close()


def test_who_waits_ends_the_delays_and_a_stopped_one_never_runs():
    seen = []
    worker = Worker(on_error=seen.append)
    worker.submit("first", lambda stop: worker.submit("second", seen.append, delay=3600), delay=60)
    worker.submit("stopped", lambda stop: seen.append("stopped"), delay=60)
    worker.stop("stopped")
    assert worker.busy
    assert worker.wait(PATIENCE)
    assert len(seen) == 1
    assert not worker.busy


def test_stop_and_close():
    started, seen = threading.Event(), []

    def slow(stop):
        started.set()
        while not stop():
            time.sleep(0.001)
        seen.append("stopped")

    worker = Worker(on_error=seen.append)
    worker.submit("key", slow)
    started.wait(PATIENCE)
    worker.submit("later", lambda stop: seen.append("later"))
    worker.stop("later")
    worker.stop("key")
    assert worker.wait(PATIENCE)
    assert seen == ["stopped"]
    worker.close()
    worker.submit("key", lambda stop: seen.append("after close"))
    assert seen == ["stopped"]
    assert not worker.wait(0.05) or seen == ["stopped"]


# ---- the end of the process --------------------------------------------------------------

WORK = {
    "work that asks": "while not stop(): time.sleep(0.001)",
    "a step that does not ask": "sum(range(10_000_000))",
    "compiled code": "torch.linalg.eigh(torch.rand(900, 900))",
}


@pytest.mark.slow
@pytest.mark.parametrize("work", WORK)
def test_a_process_that_ends_while_work_runs_ends_cleanly(work):
    script = f"""
import runpy, threading, time, torch
Worker = runpy.run_path({module.__file__!r})["Worker"]
begun = threading.Event()
def work(stop):
    begun.set()
    {WORK[work]}
worker = Worker(print)
worker.submit("key", work)
worker.submit("never", lambda stop: print("begun"), delay=3600)
worker.submit("next", lambda stop: print("begun"))
begun.wait()
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_lab_that_still_works_does_not_abort_the_script():
    script = """
import networkx as nx
from workbench.widgets import rewiring_lab
lab = rewiring_lab(nx.gnm_random_graph(2000, 4000, seed=1))
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_a_closed_worker_goes():
    worker = Worker(on_error=print)
    worker.submit("key", lambda stop: None)
    assert worker.wait(PATIENCE)
    worker.close()
    worker.end(time.monotonic() + PATIENCE)
    here = weakref.ref(worker)
    del worker
    gc.collect()
    assert here() is None
