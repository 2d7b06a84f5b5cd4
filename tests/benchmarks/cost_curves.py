"""Time and peak memory of every diagnostic of a graph, against its nodes and its edges.

    OMP_NUM_THREADS=1 python tests/benchmarks/cost_curves.py --budget 600

Grids, binary trees and random graphs of average degree 6 (largest component) double in size until
a call takes more than ``--longest`` seconds or is refused. On the largest random graph that took
no more than a tenth of that, the degree doubles from 3 to 48. Every point runs in a forked process
of its own, with kernels compiled before: the best of three calls where they are short. Memory is
what the resident size grew by at most. An exponent is the slope of a line through the logarithms
of the last four points that took more than 5 ms.

Writes cost_curves.json, .md and .png to data/results. Diagnostics that need more than a graph are
measured where ``ARGUMENTS`` has what they need; the others (models, features, attention) are not.
"""

import argparse
import inspect
import json
import math
import multiprocessing
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch

from workbench.diagnostics import DIAGNOSTICS
from workbench.graphs import erdos_renyi, grid, tree
from workbench.topology import components

RESULTS = Path(__file__).parents[2] / "data" / "results"
SIZES = [2**k for k in range(7, 18)]
SIZES_OF = {"cheeger_constant": [10, 12, 14, 16, 18, 20]}
DEGREES = [3, 6, 12, 24, 48]

#: What else the diagnostics take, by the name of the argument.
ARGUMENTS = {
    "labels": lambda size: torch.arange(size) % 5,
    "pairs": lambda size: torch.randint(
        0, size, (2, 10), generator=torch.Generator().manual_seed(0)
    ),
}


def random_graph(size, degree=6):
    generator = torch.Generator().manual_seed(1)
    edges = erdos_renyi(size, degree / max(size - 1, 1), generator=generator).edge_index
    labels = components(edges, size)
    kept = labels == labels.bincount().argmax()
    number = kept.cumsum(0) - 1
    return number[edges[:, kept[edges[0]]]], int(kept.sum())


def of(data):
    return data.edge_index, data.num_nodes


FAMILIES = {
    "random": random_graph,
    "grid": lambda size: of(grid(max(int(size**0.5), 1), math.ceil(size / int(size**0.5)))),
    "tree": lambda size: of(tree(max(int(math.log2(size)), 1))),
}


def arguments(name, size):
    parameters = inspect.signature(DIAGNOSTICS[name]).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty]
    if needed[:2] == ["edge_index", "num_nodes"] and all(key in ARGUMENTS for key in needed[2:]):
        return [ARGUMENTS[key](size) for key in needed[2:]]
    return None


def status_bytes(field):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def child(pipe, name, edge_index, size, rest):
    try:
        before, spent = status_bytes("VmRSS"), []
        while not spent or (len(spent) < 3 and sum(spent) < 0.5):
            began = time.perf_counter()
            DIAGNOSTICS[name](edge_index, size, *rest)
            spent.append(time.perf_counter() - began)
        pipe.send((min(spent), max(status_bytes("VmHWM") - before, 0)))
    except (ValueError, RuntimeError) as error:
        pipe.send(type(error).__name__)


def measure(name, edge_index, size, longest):
    """(seconds, bytes), or a word that says why there are none."""
    here, there = multiprocessing.Pipe(duplex=False)
    rest = arguments(name, size)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=child, args=(there, name, edge_index, size, rest))
    process.start()
    there.close()
    found = "too long"
    if here.poll(10 * longest):
        try:
            found = here.recv()
        except EOFError:
            found = "out of memory"
    else:
        process.kill()
    process.join()
    return found


def curve(name, graphs, longest, deadline, **what):
    rows = []
    for edge_index, size in graphs:
        if time.monotonic() > deadline:
            break
        found = measure(name, edge_index, size, longest)
        row = {"name": name, **what, "nodes": size, "edges": edge_index.size(1) // 2}
        if isinstance(found, str):
            rows.append(row | {"ended": found})
            break
        rows.append(row | {"seconds": float(f"{found[0]:.3g}"), "bytes": found[1]})
        if found[0] > longest:
            break
    return rows


def slope(rows, x, y, *, floor):
    points = [(r[x], r[y]) for r in rows if r.get("seconds", 0) > 0.005 and r.get(y, 0) > floor][
        -4:
    ]
    if len({p[0] for p in points}) < 3:
        return None
    return float(np.polyfit(*np.log(np.array(points)).T, 1)[0])


def select(rows, **what):
    return [r for r in rows if all(r.get(k) == v for k, v in what.items())]


def number(value):
    return "" if value is None else f"{value:.1f}"


def size_of_edges(rows, longest):
    """Nodes of the random graph on which the degree varies."""
    quick = [r["nodes"] for r in rows if r.get("seconds", longest) <= longest / 10]
    return max([1000, *quick])


def table(rows, meta):
    lines = [
        "# Cost curves",
        "",
        "Made by `tests/benchmarks/cost_curves.py`, which says how; the points are in",
        "`cost_curves.json`. One core of a shared machine: read the exponents.",
        f"{meta['machine']}, torch {meta['torch']}, {meta['date']}.",
        "",
        "Largest: the largest graph within the time allowed for a call and for the diagnostic (no",
        "limit of what it can do), its time, and the memory on top of the graph. n: exponent of",
        "the time against nodes (edges grow with them). bytes: the same for memory.",
        "m: exponent of the time against edges, at that many nodes. Blank: too few points above",
        "5 ms, or above 60 MB (a process that does next to nothing shows 20 to 30).",
        "",
        "| diagnostic | graph | largest | time | memory | n | bytes | m |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(r["name"] for r in rows):
        for family in FAMILIES:
            here = select(rows, name=name, family=family, varies="nodes")
            done = [r for r in here if "seconds" in r]
            if not done:
                continue
            last, dense = done[-1], select(rows, name=name, family=family, varies="edges")
            exponents = [
                number(slope(here, "nodes", "seconds", floor=0)),
                number(slope(here, "nodes", "bytes", floor=6e7)),
                number(slope(dense, "edges", "seconds", floor=0)),
            ]
            exponents[2] += f" at {dense[-1]['nodes']:,}" if exponents[2] else ""
            lines.append(
                f"| {name} | {family} | {last['nodes']:,} | {last['seconds']:.3g} s "
                f"| {last['bytes'] / 1e6:.0f} MB | {' | '.join(exponents)} |"
            )
    lines += ["", f"Not measured, for want of a model or features: {', '.join(meta['left_out'])}."]
    return "\n".join(lines) + "\n"


def picture(rows, path):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"font.size": 6})
    names = list(dict.fromkeys(r["name"] for r in rows))
    wide = 6
    tall = math.ceil(len(names) / wide)
    figure, axes = pyplot.subplots(
        tall,
        wide,
        figsize=(11, 1.45 * tall),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for name, axis in zip(names, axes.flat, strict=False):
        for family, color in zip(FAMILIES, ("#0072b2", "#d55e00", "#009e73"), strict=True):
            done = [
                r for r in select(rows, name=name, family=family, varies="nodes") if "seconds" in r
            ]
            axis.loglog(
                [r["nodes"] for r in done], [r["seconds"] for r in done], ".-", lw=0.8, ms=2,
                color=color, label=family,
            )  # fmt: skip
        axis.set_title(name, fontsize=5.5, pad=2)
        axis.minorticks_off()
        axis.grid(alpha=0.3, lw=0.3)
    axes[0, 0].legend(fontsize=5, frameon=False)
    figure.supxlabel("nodes")
    figure.supylabel("seconds")
    figure.savefig(path, dpi=110)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--budget", type=float, default=600, help="seconds for everything")
    options.add_argument("--longest", type=float, default=2.0, help="seconds for one call")
    options.add_argument("--to", type=Path, default=RESULTS, help="folder of the results")
    options = options.parse_args()
    torch.set_num_threads(1)
    small = random_graph(100)
    names = [name for name in sorted(DIAGNOSTICS) if arguments(name, 10) is not None]
    for name in names:  # compile, so that no child does
        if name != "cheeger_constant":
            DIAGNOSTICS[name](*small, *arguments(name, small[1]))
    DIAGNOSTICS["cheeger_constant"](*random_graph(10))
    deadline = time.monotonic() + options.budget
    made = {}

    def graph(family, size, degree=None):
        key = family, size, degree
        if key not in made:
            made[key] = FAMILIES[family](size) if degree is None else random_graph(size, degree)
        return made[key]

    rows = []
    for left, name in zip(range(len(names), 0, -1), names, strict=True):
        share = time.monotonic() + (deadline - time.monotonic()) / left
        for family in FAMILIES:
            graphs = (graph(family, size) for size in SIZES_OF.get(name, SIZES))
            what = {"family": family, "varies": "nodes"}
            rows += curve(name, graphs, options.longest, share, **what)
        if name not in SIZES_OF:
            share += 0.5 * options.longest * len(DEGREES)
            seen = select(rows, name=name, family="random", varies="nodes")
            size = size_of_edges(seen, options.longest)
            graphs = (graph("random", size, degree) for degree in DEGREES)
            what = {"family": "random", "varies": "edges"}
            rows += curve(name, graphs, options.longest, share, **what)
        print(f"{name}: {deadline - time.monotonic():.0f} s left", flush=True)
    meta = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "longest": options.longest,
        "left_out": sorted(set(DIAGNOSTICS) - set(names)),
    }
    lines = ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"meta": {json.dumps(meta)}, "data": [\n{lines}\n]}}\n'
    (options.to / "cost_curves.json").write_text(text)
    (options.to / "cost_curves.md").write_text(table(rows, meta))
    picture(rows, options.to / "cost_curves.png")


if __name__ == "__main__":
    main()
