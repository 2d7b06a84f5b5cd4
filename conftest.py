"""How notebooks are tested: kernel settings, data sets, and what counts as the same output.

At the root, because ``tests/conftest.py`` is not read when a notebook alone is asked for.
"""

import functools
import importlib.util
import os
from pathlib import Path

import pytest

# workers that run side by side (pytest -n logical) share the cores: one thread each
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def load(name):
    """A module of ``tests``, which is not on the path when a notebook alone is asked for."""
    spec = importlib.util.spec_from_file_location(
        name, Path(__file__).with_name("tests") / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


runner, outputs = load("run_notebooks"), load("notebook_outputs")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One worker more than there are cores: kernels, pages and other processes are waited for."""
    return os.cpu_count() + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Side by side, a file's tests go to one worker, and the browser's, which share a server."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return "tests/browser" if file.startswith("tests/browser/") else file

    return ByFile(config, log)


def pytest_itemcollected(item):
    """Compare what a notebook's cell computes as ``tests/notebook_outputs.py`` says."""
    if item.path.suffix == ".ipynb":
        item.compare_outputs = functools.partial(compare_outputs, item)


def compare_outputs(cell, computed, stored):
    """What nbval asks of a cell; it prints the traceback if the answer is no."""
    cell.comparison_traceback = outputs.differences(stored, computed, clean=cell.sanitize)
    return not cell.comparison_traceback


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Start a notebook's kernel with the runner's settings; skip where its data are missing."""
    if item.path.suffix != ".ipynb":
        return (yield)
    settings = runner.kernel_settings()
    if item.path.name in runner.NEED_DATA and "WORKBENCH_DATA" not in settings:
        how = f"{item.path.name} needs data sets: set WORKBENCH_DATA to a folder that holds them"
        pytest.fail(how, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(how)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        return (yield)
