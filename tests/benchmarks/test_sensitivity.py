"""Jacobian norms of all pairs of nodes, and influence by hop, beside their peers.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_sensitivity.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

The model is PyG's GCN with six layers of width 32 on random graphs of average degree 6, on one
thread. Values are asserted equal; times are for reading. ``python
tests/benchmarks/test_sensitivity.py`` measures time against nodes and edges and writes
``data/results/cost_sensitivity.json``.
"""

import json
import multiprocessing
import os
import resource
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.nn import GCN
from torch_geometric.utils.influence import jacobian_l1_agg_per_hop

from workbench.diagnostics import influence_by_hop, sensitivity
from workbench.graphs import erdos_renyi, grid

RESULT = Path(__file__).parents[2] / "data" / "results" / "cost_sensitivity.json"


def case(num_nodes, degree=6, layers=6, width=32):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    data = erdos_renyi(num_nodes, degree / num_nodes, generator=generator)
    return GCN(width, width, layers, width).eval(), torch.randn(num_nodes, width), data.edge_index


def norms(blocks):
    return blocks.double().square().sum((1, 3)).sqrt()


def timed(benchmark, function, rounds):
    warm = int(rounds > 1)
    return benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=warm)


@pytest.mark.parametrize("num_nodes", [100, 300])
@pytest.mark.parametrize("who", ["workbench", "torch.autograd.functional.jacobian", "jacrev"])
def test_all_pairs(benchmark, num_nodes, who):
    benchmark.group = f"sensitivity of all pairs, n={num_nodes}"
    model, x, edge_index = case(num_nodes)
    jobs = {
        "workbench": lambda: sensitivity(model, x, edge_index),
        "torch.autograd.functional.jacobian": lambda: norms(
            torch.autograd.functional.jacobian(lambda x: model(x, edge_index), x)
        ),
        "jacrev": lambda: norms(
            torch.func.jacrev(lambda x: model(x, edge_index), chunk_size=256)(x)
        ),
    }
    found = timed(benchmark, jobs[who], 1 if num_nodes > 100 and who != "workbench" else 3)
    expected = sensitivity(model.double(), x.double(), edge_index)
    error = (found - expected).abs() / expected.max()
    assert float(error.max().detach()) < 1e-6


def test_a_thousand_nodes(benchmark):
    benchmark.group = "sensitivity of all pairs, n=1000"
    model, x, edge_index = case(1000)
    rows = torch.arange(0, 1000, 100)
    found = benchmark.pedantic(lambda: sensitivity(model, x, edge_index), rounds=1)
    torch.testing.assert_close(found[rows], sensitivity(model, x, edge_index, nodes=rows))


@pytest.mark.parametrize("who", ["workbench", "PyG"])
def test_influence_by_hop(benchmark, who):
    benchmark.group = "influence by hop of 60 nodes, grid of 306, 6 layers"
    model, x, _ = case(306)
    edge_index, nodes = grid(17, 18).edge_index, torch.arange(0, 300, 5)

    data = Data(x=x, edge_index=edge_index)

    def peer():
        rows = [
            jacobian_l1_agg_per_hop(model, data, 12, int(v), "cpu", vectorize=False) for v in nodes
        ]
        return torch.stack(rows).double()

    def here():
        options = {"num_layers": 6, "max_hops": 12, "nodes": nodes}
        return influence_by_hop(model, x, edge_index, **options).total

    found = timed(benchmark, {"workbench": here, "PyG": peer}[who], 1)
    torch.testing.assert_close(found, here(), rtol=1e-3, atol=1e-4)


def measured(function):
    """Fastest of three runs after a first, and growth of the peak memory, in a forked process."""

    def child(end):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        function()
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - began)
        memory = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        end.send((min(seconds), memory))

    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(there,))
    process.start()
    answer = here.recv()
    process.join()
    return answer


def exponent(sizes, seconds):
    """Slope of the last three points on logarithmic axes."""
    return float(np.polyfit(np.log(sizes[-3:]), np.log(seconds[-3:]), 1)[0])


def curve(name, axis, sizes, run, other):
    seconds, size = zip(*[measured(lambda size=size: run(size)) for size in sizes], strict=True)
    result = {"what": name, "axis": axis, "sizes": sizes, "seconds": seconds, "bytes": size}
    result |= other
    result["exponent"] = exponent(sizes, seconds)
    print(json.dumps(result))
    return result


def main():
    def rows(count):
        nodes = torch.arange(count)
        return lambda model, x, edge_index: sensitivity(model, x, edge_index, nodes=nodes)

    def road(side):
        torch.set_num_threads(1)
        torch.manual_seed(0)
        model, x = GCN(16, 16, 4, 8).eval(), torch.randn(side * side, 16)
        influence_by_hop(model, x, grid(side, side).edge_index, num_layers=4)

    load = os.getloadavg()
    curves = [
        curve(
            "sensitivity, all pairs",
            "nodes at average degree 6",
            [50, 100, 200, 400],
            lambda n: sensitivity(*case(n)),
            {"model": "GCN, 6 layers of width 32"},
        ),
        curve(
            "sensitivity, 20 rows of 400 nodes",
            "edges",
            [1200, 2400, 4800, 9600],
            lambda m: rows(20)(*case(400, degree=m / 200)),
            {"model": "GCN, 6 layers of width 32"},
        ),
        curve(
            "influence_by_hop, num_layers=4, all nodes of a square grid",
            "nodes",
            [400, 900, 1600, 3600],
            lambda n: road(int(n**0.5)),
            {"model": "GCN, 4 layers of width 16, 8 outputs"},
        ),
    ]
    note = (
        "One thread of a machine that others shared (load average "
        f"{load[0]:.1f} before, {os.getloadavg()[0]:.1f} after, of {os.cpu_count()} cores): "
        "the fastest of three runs after a first, and growth of the peak memory."
    )
    RESULT.write_text(json.dumps({"note": note, "curves": curves}, indent=2) + "\n")


if __name__ == "__main__":
    main()
