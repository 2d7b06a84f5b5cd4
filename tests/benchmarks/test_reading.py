"""A million edges of csv: how long they take to read and how much memory, beside pandas alone.

The ratio is of one run, so that machines compare; the seconds and bytes are printed.
"""

import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pytest

from workbench.graphs import read_graph

EDGES = 1_000_000


@pytest.fixture(scope="module", params=["numbers", "names"])
def table(request, tmp_path_factory):
    ends = np.random.default_rng(0).integers(0, 100_000, (EDGES, 2)).tolist()
    name = "{}" if request.param == "numbers" else "node {}"
    path = tmp_path_factory.mktemp("million") / f"{request.param}.csv"
    rows = "\n".join(f"{name.format(u)},{name.format(v)},0.5" for u, v in ends)
    path.write_text(f"source,target,weight\n{rows}\n")
    return path


def test_a_million_edges_of_csv(benchmark, table):
    def read():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read_graph(table)

    start = time.process_time()
    pd.read_csv(table)
    alone = time.process_time() - start
    data = benchmark.pedantic(read, rounds=3)
    assert data.num_nodes == 100_000
    seconds = benchmark.stats.stats.min
    print(f"\n{table.stem}: {seconds:.1f} s, pandas alone {alone:.1f} s of processor time")


def test_memory_of_a_million_edges(table):
    code = (
        "import resource, sys, warnings; warnings.simplefilter('ignore')\n"
        "from workbench.graphs import read_graph\n"
        "read_graph(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(table)], capture_output=True, text=True, check=True
    )
    print(f"\n{table.stem}: {float(done.stdout):.2f} GB at most, with the imports of torch and PyG")
