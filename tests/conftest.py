"""Fixtures that every test folder shares: the graph suite, the oracle folder, the data sets."""

import json
import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import second_device  # noqa: F401  a device must be there before the first backward pass
import torch

# the same examples in every run; HYPOTHESIS_PROFILE=search draws others
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("search")
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

TESTS = Path(__file__).parent
ORACLES = Path(os.environ.get("WORKBENCH_ORACLES", TESTS / "oracles"))


def printed_by(script: str) -> str:
    """What a script prints that runs beside the tests in a process of its own, unchecked."""
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=TESTS
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def load_oracle(name: str):
    """Data of one oracle file: the dict of a JSON file, the arrays of an npz file."""
    path = ORACLES / name
    if path.suffix == ".json":
        return json.loads(path.read_text())["data"]
    with np.load(path, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files if key != "meta"}


def oracle_graph(name: str):
    """(edge_index, num_nodes, edge_weight or None) of one graph of the oracle suite.

    Both directions of every undirected edge, sorted by (source, target); directed graphs keep
    their arcs in the order of the file.
    """
    graph = load_oracle("graphs.json")[name]
    edges = torch.tensor(graph["edges"], dtype=torch.int64).reshape(-1, 2).T
    weight = graph.get("weights")
    weight = None if weight is None else torch.tensor(weight, dtype=torch.float64)
    if graph["directed"]:
        return edges, graph["n"], weight
    both = torch.cat([edges, edges.flip(0)], dim=1)
    order = torch.argsort(both[0] * graph["n"] + both[1])
    if weight is not None:
        weight = torch.cat([weight, weight])[order]
    return both[:, order], graph["n"], weight


def oracle_names(*, directed: bool | None = False, max_nodes: int | None = None) -> list[str]:
    """Names of the suite's graphs, whatever the oracle folder holds."""
    return [
        name
        for name, graph in load_oracle("graphs.json").items()
        if (directed is None or graph["directed"] == directed)
        and (max_nodes is None or graph["n"] <= max_nodes)
    ]


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder with real data sets that load offline; always there in CI."""
    root = Path(os.environ.get("WORKBENCH_TEST_DATA", TESTS.parents[1] / "shared" / "data"))
    if root.is_dir():
        return root
    if os.environ.get("CI") == "true":
        pytest.fail(f"the data sets for tests are not at {root}; set WORKBENCH_TEST_DATA")
    pytest.skip(f"no data sets at {root}; set WORKBENCH_TEST_DATA to a folder that holds them")


@pytest.fixture(autouse=True)
def data_store(tmp_path_factory, monkeypatch):
    """What a test loads is processed in a temporary folder, never in the checkout's ``data/``."""
    store = tmp_path_factory.getbasetemp() / "data"
    store.mkdir(exist_ok=True)
    monkeypatch.setenv("WORKBENCH_DATA", str(store))


@pytest.fixture
def a_run():
    """Make the record of a run that nobody had to train; changes take the place of its fields."""
    from workbench.training import Curve, Run  # few tests need them

    def make(seed=0, started="2025-01-02T03:04:05+00:00", **changes):
        values = {
            "arguments": {"model": "GCN", "task": "ring/../evil name", "epochs": 2},
            "seed": seed,
            "versions": {"torch": "2"},
            "device": "cpu",
            "curve": Curve((1.0, 0.5), (1.1, float("inf")), (0.2, 0.4)),
            "result": {
                "metric": "accuracy",
                "test": 0.4,
                "val": 0.4,
                "best_epoch": 2,
                "chance": 0.2,
            },
            "stopped": False,
            "started": started,
            "seconds": 1.5,
        }
        return Run(**{**values, **changes})

    return make


@pytest.fixture
def from_page():
    """Have a widget hear a message, as if the browser had sent it."""

    def send(widget, content, buffers=()):
        widget._handle_custom_msg(content, buffers)  # of ipywidgets, which has no public way

    return send
