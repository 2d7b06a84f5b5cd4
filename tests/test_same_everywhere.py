"""What is said about a graph changes neither with its numbering nor with the order of sums."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from questions import GRAPHS, case, generator, reported, said

#: Variables that add numbers up in another order, as another processor does, or on one thread.
ORDERS = {
    "another processor": {
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Prescott",
        "ATEN_CPU_CAPABILITY": "default",
    },
    "one thread": {"OMP_NUM_THREADS": "1"},
}


@pytest.mark.parametrize(
    ("name", "task"),
    [
        *((name, None) for name in GRAPHS),
        *((name, task) for name in ("ring", "grid", "random") for task in ("labels", "pairs")),
    ],
)
def test_another_numbering_gives_the_same_report(name, task):
    before = case(GRAPHS[name]())
    expected = reported(before, task=task)
    order = torch.randperm(before.num_nodes, generator=generator(2))
    found = reported(before.renumbered(order), task=task)
    for part, words in expected.items():
        assert found[part] == words


@pytest.fixture(scope="module")
def elsewhere():
    """What processes say that add in another order."""
    script = Path(__file__).with_name("questions.py")
    started = {
        name: subprocess.Popen(
            [sys.executable, "-W", "ignore", str(script)],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, variables in ORDERS.items()
    }
    found = {name: process.communicate(timeout=600)[0] for name, process in started.items()}
    return {name: json.loads(text.splitlines()[-1]) for name, text in found.items()}


@pytest.fixture(scope="module")
def here():
    """What this process says, read as theirs."""
    return json.loads(json.dumps(said()))


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_another_order_of_sums_gives_the_same_report(elsewhere, here, order):
    """Every word and every printed digit."""
    for name, expected in here["words"].items():
        for part, words in expected.items():
            assert elsewhere[order]["words"][name][part] == words, name


@pytest.mark.parametrize("order", ORDERS)
def test_another_order_of_sums_gives_the_same_numbers(elsewhere, here, order):
    """Of every diagnostic, up to rounding; what is counted or decided, exactly."""
    assert elsewhere[order]["numbers"].keys() == here["numbers"].keys()
    for name, expected in here["numbers"].items():
        for found, number in zip(elsewhere[order]["numbers"][name], expected, strict=True):
            np.testing.assert_allclose(found, number, rtol=1e-9, atol=1e-9, err_msg=name)
