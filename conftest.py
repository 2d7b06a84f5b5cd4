"""What notebooks need of the machine they are tested on: kernel settings and data sets.

At the root, because ``tests/conftest.py`` is not read when a notebook alone is asked for.
"""

import importlib.util
import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "tests"
spec = importlib.util.spec_from_file_location("notebook_runner", TESTS / "run_notebooks.py")
runner = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runner)


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
