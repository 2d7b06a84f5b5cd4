"""The seconds that ``estimate`` says, against those that a call takes: within a factor of ten."""

import time

import pytest
import torch
from diagnostics.test_cost import hubs_on

from workbench import diagnostics
from workbench.diagnostics import estimate
from workbench.graphs import grid, ring


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def seconds(function, *graph):
    function(*graph)  # compiles
    began = time.perf_counter()
    function(*graph)
    return time.perf_counter() - began


@pytest.mark.parametrize("size", [300, 900])
def test_the_dense_inverse(size):
    spent = seconds(diagnostics.effective_resistance, ring(size).edge_index, size)
    expected = estimate("effective_resistance", num_nodes=size, num_edges=size).seconds
    assert expected < 10 * spent + 0.1


def test_an_elimination():
    edges, size = grid(250, 250).edge_index, 62_500
    expected = estimate("total_resistance", num_nodes=size, edge_index=edges)
    spent = seconds(diagnostics.total_resistance, edges, size)
    assert spent / 10 < expected.seconds < 10 * spent


def test_hubs():
    edges, size = hubs_on(1500), 1500
    expected = estimate("ollivier_ricci", num_nodes=size, edge_index=edges)
    spent = seconds(diagnostics.ollivier_ricci, edges, size)
    assert spent / 10 < expected.seconds < 10 * spent
