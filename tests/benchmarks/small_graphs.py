"""What a call costs on graphs of 18, 40 and 100 nodes, beside plain loops that anybody writes.

python tests/benchmarks/small_graphs.py      milliseconds; of some the ratio to a plain loop

The field's data sets are thousands of such graphs, and there only fixed costs count: checking the
input, finding components, making sparse matrices. With the other cores busy the numbers must not
rise: a small matrix needs no threads.

What takes longer than ``WARN_MS`` is marked: by ``w`` where the algorithm itself needs that much at
18 nodes, and ``WORK`` says what for; by ``*`` where it is fixed cost, which is still to go.
"""

import argparse
import inspect
import time
import warnings

import networkx as nx
import numpy as np
import torch

from workbench.diagnostics import DIAGNOSTICS
from workbench.graphs import from_networkx
from workbench.rewiring import EDITS

SIZES = (18, 40, 100)
WARN_MS = 0.2  # of 18 nodes


def least(function, *, budget: float = 0.05) -> float:
    """Milliseconds of the fastest of some calls."""
    function()
    best, end = np.inf, time.perf_counter() + budget
    while time.perf_counter() < end:
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return 1e3 * best


def plain_resistance(edge_index, n):
    adjacency = torch.zeros(n, n, dtype=torch.float64)
    adjacency[edge_index[0], edge_index[1]] = 1
    inverse = torch.linalg.inv(torch.diag(adjacency.sum(1)) - adjacency + 1 / n) - 1 / n
    own = inverse.diagonal()
    return own[:, None] + own - 2 * inverse


def plain_gtr(edge_index, n, num_edges=10):
    a = np.zeros((n, n))
    a[tuple(edge_index.numpy())] = 1
    p = np.linalg.inv(np.diag(a.sum(1)) - a + 1 / n) - 1 / n
    for _ in range(num_edges):
        square, own = p @ p, np.diag(p)
        r = own[:, None] + own - 2 * p
        gain = (np.diag(square)[:, None] + np.diag(square) - 2 * square) / (1 + r)
        gain[(a > 0) | np.eye(n, dtype=bool)] = -1
        u, v = np.unravel_index(gain.argmax(), gain.shape)
        a[u, v] = a[v, u] = 1
        step = p[:, u] - p[:, v]
        p -= np.outer(step, step) / (1 + r[u, v])
    return a


def plain_fosr(edge_index, n, num_edges=10):
    a = np.zeros((n, n))
    a[tuple(edge_index.numpy())] = 1
    x = np.random.default_rng(0).standard_normal(n)
    for _ in range(num_edges):
        degree = a.sum(1)
        root = np.sqrt(degree)
        for _ in range(3):
            x -= root * (root @ x) / (root @ root)
            x = x + (a @ (x / root)) / root
            x /= np.linalg.norm(x)
        y = x / np.sqrt(degree + 1)
        product = np.outer(y, y)
        product[(a > 0) | np.eye(n, dtype=bool)] = np.inf
        u, v = np.unravel_index(product.argmin(), product.shape)
        a[u, v] = a[v, u] = 1
    return a


def plain_spectrum(edge_index, n):
    a = np.zeros((n, n))
    a[tuple(edge_index.numpy())] = 1
    root = np.sqrt(a.sum(1))
    return np.linalg.eigh(np.eye(n) - a / np.outer(root, root))


def plain_mixing_time(edge_index, n):
    a = np.zeros((n, n))
    a[tuple(edge_index.numpy())] = 1
    degree = a.sum(1)
    walk, steps = 0.5 * (np.eye(n) + a / degree[:, None]), 1
    power, stationary = walk, degree / degree.sum()
    while 0.5 * np.abs(power - stationary).sum(1).max() > 0.25:
        power, steps = power @ walk, steps + 1
    return steps


PLAIN = {
    "effective_resistance": plain_resistance,
    "partial_spectrum": plain_spectrum,
    "laplacian_eigenpairs": plain_spectrum,
    "fiedler_vector": plain_spectrum,
    "algebraic_connectivity": plain_spectrum,
    "cheeger_bounds": plain_spectrum,
    "mixing_time": plain_mixing_time,
    "gtr": plain_gtr,
    "fosr": plain_fosr,
}

#: What takes more at 18 nodes whatever is cut off around it, and what it does in that time.
WORK = {
    "cheeger_constant": "131,071 cuts, 8 ns each",
    "ollivier_ricci": "36 exact optimal transports, half of the time",
    "orbit_adjacency": "28 answers, each some passes over arrays and a sparse tensor (7 us)",
    "kwl_colors": "324 pairs see 11,664 others, which are laid out and hashed for three rounds",
}


def needs_only_a_graph(function) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is p.empty] == ["edge_index", "num_nodes"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="only these")
    names = parser.parse_args().names
    warnings.simplefilter("ignore")
    marked: set[str] = set()
    functions = {n: f for n, f in DIAGNOSTICS.items() if needs_only_a_graph(f)} | EDITS
    print(f"{'':40}" + "".join(f"{f'n = {n}':>12}" for n in SIZES))
    for name, function in functions.items():
        if names and name not in names:
            continue
        cells = []
        for n in SIZES:
            data = from_networkx(nx.connected_watts_strogatz_graph(n, 4, 0.3, seed=1))
            edges = data.edge_index
            try:
                took = least(lambda f=function, e=edges, n=n: f(e, n))
            except ValueError:
                cells.append("refused")
                continue
            text = f"{took:.3f}"
            if name in PLAIN:
                plain = PLAIN[name]
                text += f" ({took / least(lambda f=plain, e=edges, n=n: f(e, n)):.1f}x)"
            cells.append(text)
        slow = cells[0] != "refused" and float(cells[0].split()[0]) > WARN_MS
        mark = (" w" if name in WORK else " *") if slow else ""
        marked |= {name} if mark == " w" else set()
        print(f"{name:40}" + "".join(f"{cell:>14}" for cell in cells) + mark)
    print(f"* more than {WARN_MS} ms at {SIZES[0]} nodes; w: work and no fixed cost")
    for name in sorted(marked):
        print(f"  {name}: {WORK[name]}")


if __name__ == "__main__":
    main()
