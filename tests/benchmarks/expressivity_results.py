"""Writes the stored results on families of graphs, and what 1-WL leaves possible on data sets.

    OMP_NUM_THREADS=1 python tests/benchmarks/expressivity_results.py families
    OMP_NUM_THREADS=1 python tests/benchmarks/expressivity_results.py upper-bound

The data sets are found as ``load_csl`` and ``load_dataset`` find them.
"""

import json
import sys
import time
from functools import partial
from pathlib import Path

import torch
from brec_results import return_probabilities
from torch_geometric.data import Data

from workbench.benchmarks import family_split
from workbench.diagnostics import TooLargeError, laplacian_spectrum, wl_upper_bound
from workbench.graphs import (
    STRONGLY_REGULAR,
    load_cexp,
    load_connected_graphs,
    load_csl,
    load_dataset,
    load_exp,
    load_strongly_regular,
)
from workbench.models import GIN
from workbench.training.run import versions

RESULTS = Path(__file__).parents[2] / "data" / "results"
EXACT = ("1-wl", "spd-wl", "rd-wl", "rrwp-wl", "1,1-wl", "dss-wl", "2-fwl")
FAMILIES = {
    "CSL": (load_csl, EXACT),
    "EXP": (load_exp, ("1-wl", "spd-wl", "rd-wl", "1,1-wl", "2-fwl")),
    "CEXP": (load_cexp, ("1-wl", "spd-wl", "rd-wl", "1,1-wl", "2-fwl")),
    **{
        name: (partial(load_strongly_regular, name), (*EXACT, "1,2-wl", "3-fwl"))
        for name in STRONGLY_REGULAR
    },
    "graph8c": (partial(load_connected_graphs, 8), EXACT),
}
DATASETS = ("MUTAG", "PTC_MR", "PROTEINS", "ENZYMES", "NCI1", "IMDB-BINARY")


def lowest_eigenvectors(edge_index, num_nodes, *, count=4):
    """The first eigenvectors of the Laplacian after the constant one, as a solver gives them."""
    laplacian = torch.zeros(num_nodes, num_nodes, dtype=torch.float64)
    laplacian[edge_index[0], edge_index[1]] = -1.0
    laplacian -= torch.diag(laplacian.sum(dim=1))
    return torch.linalg.eigh(laplacian).eigenvectors[:, 1 : count + 1]


def gin(channels=1):
    return partial(GIN, channels, 32, 10, num_layers=4, level="graph", norm=None)


def families():
    """What each method leaves equal in every family."""
    found = {}
    for name, (load, tests) in FAMILIES.items():
        graphs, rows = load(), []
        paired = name in ("EXP", "CEXP")
        runs = [(test, test, {}) for test in tests]
        runs.append(("rwse(20) + 1-wl", return_probabilities, {}))
        if len(graphs) < 4000:
            runs.append(("GIN, random weights", gin(), {}))
        if name == "sr251256":
            options = {"features": lowest_eigenvectors}
            runs.append(("GIN + 4 Laplacian eigenvectors, random weights", gin(4), options))
        for label, method, options in runs:
            if paired and callable(method) and method is return_probabilities:
                continue  # the types of the nodes would be lost
            try:
                split = family_split(graphs, method, name=label, **options)
            except TooLargeError as error:
                rows.append({"method": label, "left_out": str(error)})
                print(name, rows[-1], flush=True)
                continue
            row = split.row() | {"invariant": split.invariant}
            if paired:
                row["equal_pairs"] = int((split.classes[0::2] == split.classes[1::2]).sum())
            rows.append(row)
            print(name, row, flush=True)
        found[name] = {"graphs": len(graphs), "rows": rows}
    multiple = laplacian_spectrum(load_strongly_regular("sr251256")[0].edge_index, 25)
    values, counts = torch.unique(multiple.round(decimals=8), return_counts=True)
    note = {"sr251256_eigenvalues": [values.tolist(), counts.tolist()]}
    write("expressivity_families.json", "families", {"families": found, **note})


def upper_bound():
    """How far 1-WL and 2-FWL go on real data sets, with node labels and without."""
    rows = []
    for name in DATASETS:
        try:
            graphs = load_dataset(name)
        except FileNotFoundError:
            rows.append({"data": name, "left_out": "not on disk"})
            continue
        labels = torch.tensor([int(g.y) for g in graphs])
        for with_labels in (True, False) if graphs[0].x is not None else (False,):
            # beside the labels, some hold numbers measured on each node; those are no labels
            kinds = graphs.num_node_labels
            plain = [
                Data(
                    edge_index=g.edge_index,
                    num_nodes=g.num_nodes,
                    x=g.x[:, -kinds:] if with_labels else None,
                )
                for g in graphs
            ]
            start = time.perf_counter()
            found = wl_upper_bound(plain, labels)
            row = {
                "data": name,
                "graphs": len(graphs),
                "node_labels": with_labels,
                "test": "1-wl",
                "accuracy": [round(a, 6) for a in found.accuracy.tolist()],
                "unique": [round(a, 6) for a in found.unique.tolist()],
                "identified": [round(a, 6) for a in found.identified.tolist()],
                "classes": found.classes.tolist(),
                "accuracy_limit": found.accuracy_limit,
                "unique_limit": found.unique_limit,
                "classes_limit": found.classes_limit,
                "rounds_to_isomorphism": found.rounds_to_isomorphism,
                "majority": float(torch.bincount(labels).max() / labels.numel()),
                "seconds": round(time.perf_counter() - start, 3),
            }
            rows.append(row)
            print(row, flush=True)
    write("wl_upper_bound.json", "upper-bound", {"rows": rows})


def write(file, command, content):
    how = f"OMP_NUM_THREADS=1 python tests/benchmarks/expressivity_results.py {command}"
    record = {"repeat": how, "versions": versions(), **content}
    (RESULTS / file).write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    commands = {"families": families, "upper-bound": upper_bound}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]]()
