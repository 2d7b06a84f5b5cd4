"""Writes the stored results of BREC: every exact test, controls bounded by 1-WL, trained models.

    OMP_NUM_THREADS=1 python tests/benchmarks/brec_results.py exact [TEST ...]
    OMP_NUM_THREADS=1 python tests/benchmarks/brec_results.py models
    OMP_NUM_THREADS=1 python tests/benchmarks/brec_results.py trained [MODEL ...]

The data sets are found as ``load_brec`` finds them. A run that was ended goes on where it was, from
``runs/brec``. What is named replaces its rows in the file, and the others stay.
"""

import json
import sys
from functools import partial
from pathlib import Path

import torch

from workbench.benchmarks import brec, brec_table
from workbench.diagnostics import TESTS, tell_apart
from workbench.graphs import load_brec
from workbench.models import GCN, GIN, GPS

CHECKOUT = Path(__file__).parents[2]
RESULTS, RUNS = CHECKOUT / "data" / "results", CHECKOUT / "runs" / "brec"

#: Tests whose memory does not allow every pair: the most nodes.
MOST_NODES = {"3-wl": 42, "1,2-wl": 100}


def return_probabilities(edge_index, num_nodes, *, steps=20):
    """RWSE: probability that a random walk is back after 1, 2, ..., ``steps`` steps."""
    walk = torch.zeros(num_nodes, num_nodes, dtype=torch.float64)
    walk[edge_index[0], edge_index[1]] = 1.0
    walk /= walk.sum(dim=1, keepdim=True).clamp(min=1)
    power, columns = torch.eye(num_nodes, dtype=torch.float64), []
    for _ in range(steps):
        power = power @ walk
        columns.append(power.diagonal())
    return torch.stack(columns, dim=1)


ENCODINGS = {"rwse(20) + 1-wl": return_probabilities}
MODELS = {
    "GIN": partial(GIN, 1, 16, 16, num_layers=4, level="graph", norm="layer"),
    "GCN": partial(GCN, 1, 16, 16, num_layers=4, level="graph", norm="layer"),
    "GPS": partial(GPS, 1, 16, 16, num_layers=4, level="graph", norm="layer"),
}


def exact(names):
    """Every exact test, or those named, on all pairs that fit."""
    pairs, rows = load_brec(), stored("brec_exact.json")
    for test in ("1-wl", "2-fwl"):  # compiled loops are loaded, those of equal pairs too
        tell_apart([(p.first, p.second) for p in (pairs[0], pairs[110])], test=test)
    for name in names or [*TESTS, *ENCODINGS]:
        found = brec(
            test=ENCODINGS.get(name, name),
            name=name,
            pairs=pairs,
            max_nodes=MOST_NODES.get(name),
            directory=RUNS / name.replace(" ", ""),
        )
        print(found.sentence, f"{found.seconds:.2f} s", flush=True)
        rows[name] = found.row()
    order = {name: place for place, name in enumerate([*TESTS, *ENCODINGS])}
    write("brec_exact.json", "exact", sorted(rows.values(), key=lambda r: order[r["method"]]))


def models():
    """Controls: models bounded by 1-WL on Basic, in both modes."""
    pairs, rows = load_brec(), []
    for name, make_model in MODELS.items():
        # GPS takes five times as long as the others
        many, few = {"GIN": (10, 3), "GCN": (3, 3), "GPS": (3, 1)}[name]
        for mode, seeds in (("code", many), ("paper", few)):
            found = brec(
                make_model,
                name=name,
                mode=mode,
                seeds=seeds,
                subsets=["Basic"],
                pairs=pairs,
                directory=RUNS / f"{name}-{mode}",
            )
            print(found.sentence, f"{found.seconds:.1f} s", flush=True)
            rows.append(found.row())
    write("brec_models.json", "models", rows)


#: Name -> (what makes the model, its features): trained on all 400 pairs, under one seed.
TRAINED = {
    "GIN": (MODELS["GIN"], None),
    "GIN + rwse(20)": (
        partial(GIN, 20, 16, 16, num_layers=4, level="graph", norm="layer"),
        return_probabilities,
    ),
}


def trained(names):
    """One seed on all pairs: what training finds of what the exact row allows."""
    for name in names or TRAINED:
        make_model, features = TRAINED[name]
        found = brec(
            make_model,
            name=name,
            features=features,
            seeds=1,
            directory=RUNS / f"{name.replace(' ', '')}-trained",
        )
        print(found.sentence, f"{found.seconds:.1f} s", flush=True)
        rows = stored("brec_trained.json") | {name: found.row()}
        write("brec_trained.json", "trained", [rows[key] for key in TRAINED if key in rows])


def stored(file):
    path = RESULTS / file
    rows = json.loads(path.read_text())["rows"] if path.is_file() else []
    return {row["method"]: row for row in rows}


def write(file, command, rows):
    how = f"OMP_NUM_THREADS=1 python tests/benchmarks/brec_results.py {command}"
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    text = f'{{\n "repeat": "{how}",\n "rows": [\n{lines}\n ]\n}}\n'
    (RESULTS / file).write_text(text)
    path = RESULTS / file.replace(".json", ".md")
    table = brec_table(rows)
    head = "| " + " | ".join(table.columns) + " |\n|" + " --- |" * len(table.columns) + "\n"
    body = "".join(f"| {' | '.join(map(str, row))} |\n" for row in table.values.tolist())
    path.write_text(
        f"# {file}\n\nRepeat with `{how}`.\nOne thread of a shared machine; seconds for all\npairs "
        "that were run. Pairs that are left out count as failures.\n\n" + head + body
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["exact"]:
        exact(sys.argv[2:])
    elif sys.argv[1:] == ["models"]:
        models()
    elif sys.argv[1:2] == ["trained"]:
        trained(sys.argv[2:])
    else:
        sys.exit(__doc__)
