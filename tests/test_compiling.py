"""Kernels that numba compiles: the warm-up knows all, and whoever waits for one is told once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba import njit

from workbench.topology import hear_compiling
from workbench.topology.compiled import MESSAGE
from workbench.widgets.lab.lab import Lab
from workbench.widgets.lab.state import LabState

#: What is asked after the warm-up: every diagnostic, every rewiring, a report, a lab.
WARMED_UP = """
import importlib, inspect, json, pkgutil, sys
from numba.core.dispatcher import Dispatcher
import workbench
from workbench.cli.warm_up import steps

modules = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(workbench.__path__, "workbench.")
    if not module.name.endswith("__main__")
]
kernels = {
    f"{value.py_func.__module__}.{value.py_func.__name__}": value
    for module in modules
    for value in vars(module).values()
    if isinstance(value, Dispatcher) and value.py_func.__module__.startswith("workbench.")
}
for call in steps().values():
    call()
before = {name: set(kernel.signatures) for name, kernel in kernels.items()}

# one that only others call is compiled as a part of those
todo, known = [kernel for kernel in kernels.values() if kernel.signatures], set()
while todo:
    kernel = todo.pop()
    if kernel not in known:
        known.add(kernel)
        around = kernel.py_func.__globals__
        called = (around.get(name) for name in kernel.py_func.__code__.co_names)
        todo += [other for other in called if isinstance(other, Dispatcher)]

import torch
import questions
from workbench.rewiring import REWIRINGS, Rewire
from workbench.widgets import rewiring_lab

for name in ("weighted karate", "random", "ring"):
    graph = questions.GRAPHS[name]()
    graph.x = graph.pos = torch.rand(graph.num_nodes, 2)
    of = questions.case(graph)
    for diagnostic in questions.QUESTIONS:
        questions.asked(diagnostic, of)
    questions.reported(of)
    for method, function in REWIRINGS.items():
        budget = {"num_edges": 3} if function.declaration.kind == "edits" else {}
        if function.declaration.weighted != "refused" or "edge_weight" not in graph:
            Rewire(method, **budget)(graph)
lab = rewiring_lab("karate")
lab.position = 3
lab.wait()
lab.close()
new = {name: sorted(map(str, set(k.signatures) - before[name])) for name, k in kernels.items()}
print(json.dumps({
    "kernels": len(kernels),
    "unknown": [name for name, kernel in kernels.items() if kernel not in known],
    "new": {name: signatures for name, signatures in new.items() if signatures},
}))
"""

KERNELS = """
from numba import njit

@njit(cache=True)
def inner(x):
    return x + 1

@njit(cache=True)
def outer(x):
    return inner(x) * 2
"""

#: A module of the package that stands in another folder.
CALLED = """
import workbench.topology
workbench.__path__.append({folder!r})
import workbench.kernels as kernels
print(kernels.outer(1), kernels.inner(1.5))
"""


def answered(code: str, *places: Path, **environment: str) -> subprocess.CompletedProcess:
    """What a process of its own prints, with more places to import from."""
    path = os.pathsep.join([*map(str, places), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_after_the_warm_up_nothing_is_left_to_compile():
    found = json.loads(answered(WARMED_UP, Path(__file__).parent).stdout.splitlines()[-1])
    assert found["kernels"] > 50
    assert found["unknown"] == []
    assert found["new"] == {}


@pytest.mark.slow
def test_compiling_is_said_once_and_only_where_it_is_needed(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNELS)
    code, cache = CALLED.format(folder=str(tmp_path)), str(tmp_path / "cache")
    first, second = (answered(code, NUMBA_CACHE_DIR=cache) for _ in range(2))
    assert first.stdout == second.stdout == "4 2.5\n"
    assert first.stderr == f"{MESSAGE}\n"
    assert second.stderr == ""


def kernel(module: str):
    """A kernel that two others of the module call, to be compiled."""

    def inner(x):
        return x + 1

    def outer(x):
        return inner(x) + inner(1.5)

    inner.__module__ = outer.__module__ = module
    inner = njit(inner)
    return njit(outer)


def test_who_hears_of_it_hears_where_it_begins_and_where_it_ends(caplog):
    heard = []
    ours = kernel("workbench.kernels")
    with hear_compiling(heard.append):
        ours(1)
        assert heard == [True, False]
        ours(2)
    assert heard == [True, False]
    assert caplog.text == ""


def test_a_lab_says_it_in_the_line_that_tells(caplog):
    told, lab, ours = [], Lab(LabState()), kernel("workbench.kernels")

    def tell(begins):
        told.append(lab.shown()["working"])

    def work(should_stop):
        with lab.tell_work("counting."), hear_compiling(tell):
            ours(1)

    lab.worker.submit("count", work)
    assert lab.wait()
    assert told == ["counting. compiling, once: some seconds", "counting."]
    assert caplog.text == ""
    lab.close()


def test_a_kernel_of_somebody_else_is_not_ours_to_tell(caplog):
    heard = []
    with hear_compiling(heard.append):
        kernel("numbers_of_mine")(1)
    assert heard == []
    kernel("numbers_of_mine")(1)
    assert caplog.text == ""


def test_it_is_over_where_compiling_fails():
    heard = []

    def wrong(x):
        return x.nothing_like_that

    wrong.__module__ = "workbench.kernels"
    with hear_compiling(heard.append), pytest.raises(Exception, match="nothing_like_that"):
        njit(wrong)(1)
    assert heard == [True, False]
