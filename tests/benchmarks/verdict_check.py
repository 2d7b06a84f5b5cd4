"""The verdict card beside training: what it says before, and what five seeds then show.

python tests/benchmarks/verdict_check.py            all cases; some minutes on one core
python tests/benchmarks/verdict_check.py barbell    one of them

Writes data/results/verdict.json: for each case the answer of the card with its evidence, and the
change of test accuracy by the very edges that the card is about, over five paired seeds.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path

import torch

from workbench.graphs import (
    barbell,
    erdos_renyi,
    grid,
    karate,
    load_dataset,
    lollipop,
    random_regular,
    ring,
    ring_of_cliques,
    sbm,
)
from workbench.models import GCN
from workbench.report.graph_report import report
from workbench.rewiring import Rewire
from workbench.rewiring.result import apply_edits
from workbench.tasks import node_labels, transfer
from workbench.training import compare_training

RESULTS = Path(__file__).parents[2] / "data" / "results" / "verdict.json"
SEEDS = 5


def generator() -> torch.Generator:
    """Seed 0, for each graph anew."""
    return torch.Generator().manual_seed(0)


#: Name -> graph, (source, target) or None for the labels of the graph, layers, epochs.
CASES = {
    "barbell": (lambda: barbell(10, 3), (5, 18), 8, 150),
    "lollipop": (lambda: lollipop(8, 5), (1, 12), 8, 150),
    "ring of cliques": (lambda: ring_of_cliques(6, 5), (3, 18), 8, 150),
    "ring": (lambda: ring(16), (0, 8), 8, 150),
    "grid": (lambda: grid(5, 5), (0, 24), 8, 150),
    "random regular": (lambda: random_regular(24, 4, generator=generator()), (0, None), 8, 150),
    "Erdős–Rényi": (lambda: erdos_renyi(24, 0.25, generator=generator()), (0, None), 8, 150),
    "karate, labels": (karate, None, 2, 60),
    "stochastic blocks, labels": (
        lambda: sbm([30, 30], 0.3, 0.01, generator=generator()),
        None,
        2,
        60,
    ),
    "Cora, labels": (lambda: load_dataset("Cora")[0], None, 2, 60),
}


def farthest(data, source: int) -> int:
    """The first of the nodes most hops away."""
    from workbench.diagnostics import hop_distance

    hops = hop_distance(data.edge_index, data.num_nodes)[source]
    return int(torch.where(hops.isfinite(), hops, -1.0).argmax())


def check(name: str) -> dict:
    """One case: the card, then the training."""
    build, ends, num_layers, epochs = CASES[name]
    data = build()
    if ends is None:
        pairs, task = None, node_labels(data)
    else:
        source, target = ends[0], farthest(data, ends[0]) if ends[1] is None else ends[1]
        pairs = torch.tensor([[target], [source]])
        task = transfer(data, source=source, target=target)
    page = report(data, name=name, pairs=pairs, num_layers=num_layers)
    found = page.verdict

    def proposed(edge_index, num_nodes):
        edits = torch.cat([torch.ones_like(page.added[:1]), page.added])
        return apply_edits(edge_index, num_nodes, edits)

    width = 16 if data.num_nodes < 100 else 32
    runs = compare_training(
        lambda: GCN(task.in_channels, width, task.out_channels, num_layers=num_layers),
        task,
        task.map(Rewire(proposed)),
        seeds=SEEDS,
        epochs=epochs,
    )
    comparison = runs.comparison()
    return {
        "nodes": data.num_nodes,
        "task": "labels" if ends is None else f"transfer, {int(pairs[0, 0])} to {source}",
        "num_layers": num_layers,
        "epochs": epochs,
        "seeds": SEEDS,
        "added": page.added.T.tolist(),
        "answer": found.answer,
        "sentence": found.sentence,
        "evidence": [{"says": e.says, "name": e.name, "value": e.value} for e in found.evidence],
        "before": [run.result["test"] for run in runs.before],
        "after": [run.result["test"] for run in runs.after],
        "change": comparison.mean,
        "low": comparison.low,
        "high": comparison.high,
        "within_noise": bool(comparison.within_noise),
    }


def main(names: list[str]) -> None:
    """Run the cases, and keep those that were stored before."""
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"cases": {}}
    for name in names or CASES:
        stored["cases"][name] = case = check(name)
        interval = f"{case['low']:+.3f} to {case['high']:+.3f}"
        print(f"{name}: {case['answer']}; {case['change']:+.3f} ({interval})", flush=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    stored["commit"] = commit.stdout.strip()
    stored["versions"] = {"python": platform.python_version(), "torch": torch.__version__}
    RESULTS.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
