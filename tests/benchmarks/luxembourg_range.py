"""The effective range of a 16-layer GCN over all nodes of the Luxembourg road network.

    python tests/benchmarks/luxembourg_range.py --root FOLDER_WITH_DATA

writes ``data/results/luxembourg_range.json``: the mean range with its standard error, influence by
hop, time, memory, arguments and versions. The model is untrained, with the sizes of City-Networks
(37 features, 10 classes, 16 layers) and random features.
"""

import argparse
import json
import platform
import resource
import subprocess
import time
from pathlib import Path

import torch
import torch_geometric

from workbench.diagnostics.sensitivity.influence import effective_range
from workbench.graphs import load_dataset
from workbench.models import GCN

RESULT = Path(__file__).parents[2] / "data" / "results" / "luxembourg_range.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=None, help="folder that holds road/luxembourg_osm.npz")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--features", type=int, default=37)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=None, help="so many nodes instead of all")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--note", default="", help="a sentence that is stored with the result")
    parser.add_argument("--output", type=Path, default=RESULT)
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    data = load_dataset("luxembourg_osm", root=given.root)
    model = GCN(given.features, given.width, given.classes, num_layers=given.layers)
    model = model.eval().to(given.device)
    x = torch.randn(data.num_nodes, given.features).to(given.device)
    nodes = None
    if given.sample is not None:
        generator = torch.Generator().manual_seed(given.seed)
        nodes = torch.randperm(data.num_nodes, generator=generator)[: given.sample]
    began, processor = time.perf_counter(), time.process_time()
    found = effective_range(
        model,
        x,
        data.edge_index.to(given.device),
        num_layers=given.layers,
        nodes=nodes,
        generator=torch.Generator().manual_seed(given.seed),
        max_seconds=24 * 3600.0,
    )
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    on_gpu = given.device.startswith("cuda")
    arguments = {k: v for k, v in vars(given).items() if k not in ("root", "output", "note")}
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    result = {
        "what": "effective range R of an untrained GCN (evaluation mode, float32), L1 norms",
        "command": "python tests/benchmarks/luxembourg_range.py --root FOLDER_WITH_DATA",
        "arguments": arguments,
        "graph": {"nodes": data.num_nodes, "edges": data.edge_index.size(1) // 2},
        "rows": found.influence.nodes.numel(),
        "range": float(found.value),
        "standard_error": float(found.standard_error),
        "node_error": float(found.node_error),
        "probe_error": float(found.probe_error),
        "normalized_influence_by_hop": found.influence.normalized.tolist(),
        "seconds": seconds,
        "processor_seconds": processor,
        "peak_bytes_of_the_process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "device": torch.cuda.get_device_name() if on_gpu else f"CPU, {given.threads} threads",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torch_geometric": torch_geometric.__version__,
        },
        "commit": commit.stdout.strip(),
        "note": given.note,
    }
    given.output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"R = {result['range']:.4f} +- {result['standard_error']:.4f} in {seconds:.0f} s")


if __name__ == "__main__":
    main()
