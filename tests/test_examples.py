"""The example in the docstring of each public function runs, and shows what it says."""

import doctest
import importlib
import inspect

import pytest

PACKAGES = (
    "benchmarks",
    "capture",
    "diagnostics",
    "encodings",
    "figures",
    "graphs",
    "models",
    "report",
    "rewiring",
    "tasks",
    "topology",
    "training",
)
FUNCTIONS = {
    f"{package}.{name}": function
    for package in PACKAGES
    for module in (importlib.import_module(f"workbench.{package}"),)
    for name in module.__all__
    if inspect.isfunction(function := getattr(module, name))
}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", FUNCTIONS)
def test_example_of_a_public_function_runs(name):
    docstring = inspect.getdoc(FUNCTIONS[name]) or ""
    example = doctest.DocTestParser().get_doctest(docstring, {}, name, None, 0)
    assert example.examples, f"{name} has no example in its docstring"
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(example, out=report.append)
    assert not report, "".join(report)
