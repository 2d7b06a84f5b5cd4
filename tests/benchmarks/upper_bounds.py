"""Writes data/results/wl_upper_bound.json: how far 1-WL can go on data sets of graphs.

    OMP_NUM_THREADS=1 python tests/benchmarks/upper_bounds.py

The data sets are found as ``load_dataset`` finds them.
"""

import json
import sys
from pathlib import Path

from torch_geometric.data import Data

from workbench.diagnostics import wl_upper_bound
from workbench.graphs import load_dataset

RESULT = Path(__file__).parents[2] / "data" / "results" / "wl_upper_bound.json"
NAMES = ("MUTAG", "PTC_MR", "PROTEINS", "ENZYMES", "NCI1", "NCI109", "IMDB-BINARY", "IMDB-MULTI")


def row(name: str, graphs, *, labeled: bool) -> dict:
    """One line of the table."""
    bare = [Data(edge_index=g.edge_index, num_nodes=g.num_nodes) for g in graphs]
    if labeled:
        for data, graph in zip(bare, graphs, strict=True):
            data.x = graph.x
    found = wl_upper_bound(bare, graphs.y)
    last = found.rounds_to_isomorphism
    return {
        "data set": name,
        "node labels": "yes" if labeled else "no",
        "graphs": len(graphs),
        "isomorphism classes": found.classes_limit,
        **{
            f"bound, round {r}": round(float(found.accuracy[min(r, len(found.accuracy) - 1)]), 4)
            for r in range(4)
        },
        "bound, stable": round(float(found.accuracy[-1]), 4),
        "bound, isomorphism": round(found.accuracy_limit, 4),
        "identified": round(float(found.identified[-1]), 4),
        "rounds to isomorphism": last,
    }


def main() -> None:
    """Every data set that is on disk, with and without its node labels."""
    rows = []
    for name in sys.argv[1:] or NAMES:
        try:
            graphs = load_dataset(name)
        except Exception as error:
            print(f"{name}: left out, {error}")
            continue
        for labeled in (True, False):
            if labeled and (graphs[0].get("x") is None):
                continue
            rows.append(row(name, graphs, labeled=labeled))
            print(rows[-1])
    how = "OMP_NUM_THREADS=1 python tests/benchmarks/upper_bounds.py"
    RESULT.write_text(json.dumps({"repeat": how, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
