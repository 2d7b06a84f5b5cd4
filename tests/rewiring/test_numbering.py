"""What a rewiring does to a graph changes neither with the numbers of the nodes nor with the order
in which sums are added up, over EDITS and on graphs of many symmetries above all.
"""

import functools
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import torch

from conftest import TESTS, oracle_graph, oracle_names
from workbench.diagnostics import balanced_forman, spectral_gap, total_resistance
from workbench.graphs import (
    barbell,
    csl,
    erdos_renyi,
    from_networkx,
    grid,
    lollipop,
    path,
    petersen,
    random_regular,
    ring,
    ring_of_cliques,
    rook,
    shrikhande,
    star,
    tree,
)
from workbench.rewiring import EDITS, fosr, gtr, sdrf

#: Another processor and other threads, imitated: other kernels, which add up in another order.
OTHER_SUMS = {
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Prescott",
    "ATEN_CPU_CAPABILITY": "default",
    "OMP_NUM_THREADS": "1",
}

#: Those that maximize something; others draw among the numbers of the nodes.
SCORED = [name for name, method in EDITS.items() if method.declaration.scored]
METHODS = pytest.mark.parametrize("name", SCORED)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@functools.cache
def graphs():
    """{name: (edge_index, num_nodes)}: symmetric ones, the oracle suite's, random ones."""
    made = {
        "ring 12": ring(12),
        "ring 7": ring(7),
        "path": path(9),
        "star": star(8),
        "tree": tree(3),
        "grid": grid(4, 4),
        "torus": from_networkx(nx.grid_2d_graph(4, 5, periodic=True)),
        "cube": from_networkx(nx.hypercube_graph(3)),
        "4-cube": from_networkx(nx.hypercube_graph(4)),
        "rook": rook(4),
        "shrikhande": shrikhande(),
        "petersen": petersen(),
        "circulant": csl(11, 3),
        "ring of cliques": ring_of_cliques(4, 5),
        "lollipop": lollipop(6, 5),
        "barbell": barbell(5, 2),
        "complete bipartite": from_networkx(nx.complete_bipartite_graph(3, 5)),
        "two rings and a node": from_networkx(
            nx.disjoint_union_all([nx.cycle_graph(6), nx.cycle_graph(6), nx.empty_graph(1)])
        ),
    }
    made |= {
        f"random {n}": erdos_renyi(n, 2.5 / n, generator=generator(n)) for n in range(8, 32, 3)
    }
    made |= {f"regular {n}": random_regular(n, 3, generator=generator(n)) for n in range(8, 24, 4)}
    found = {name: (data.edge_index, data.num_nodes) for name, data in made.items()}
    return found | {name: oracle_graph(name)[:2] for name in oracle_names(max_nodes=60)}


def start(num_nodes):
    return torch.rand(num_nodes, generator=generator(num_nodes), dtype=torch.float64) - 0.5


def run(function, edge_index, num_nodes, order=None, **options):
    """A method on a graph, or on the graph where node v is called ``order[v]``.

    A start that a method would draw for each node goes with the node.
    """
    if "initial" in inspect.signature(function).parameters:
        options = {"initial": start(num_nodes)} | options
    if order is not None:
        edge_index = order[edge_index]
        if "initial" in options:
            options["initial"] = options["initial"][order.argsort()]
    return function(edge_index, num_nodes, **options)


def objective(edge_index, num_nodes):
    """What rewirings are after, as a list of numbers: resistance, gap, all curvatures."""
    one_way = edge_index[:, edge_index[0] < edge_index[1]]
    curvature = balanced_forman(edge_index, num_nodes)[edge_index[0] < edge_index[1]]
    total = total_resistance(edge_index, num_nodes, within_components=True)
    gap = spectral_gap(edge_index, num_nodes)
    return np.array([one_way.size(1), float(total), float(gap), *curvature.sort().values.tolist()])


def orders(num_nodes):
    return [torch.randperm(num_nodes, generator=generator(seed)) for seed in range(2)]


def same_choices(function, edge_index, num_nodes, **options):
    """The graphs that a method leads to under several numberings, its scores being the same."""
    first = run(function, edge_index, num_nodes, **options)
    reached = [first.edge_index]
    for order in orders(num_nodes):
        other = run(function, edge_index, num_nodes, order, **options)
        torch.testing.assert_close(other.score, first.score, rtol=1e-9, atol=1e-9)
        assert torch.equal(other.edits[0], first.edits[0])
        assert torch.equal(other.num_tied, first.num_tied)
        reached.append(other.edge_index)
    return reached


@METHODS
@pytest.mark.parametrize("graph", graphs())
def test_another_numbering_the_same_objective(name, graph):
    edge_index, num_nodes = graphs()[graph]
    first, *others = same_choices(EDITS[name], edge_index, num_nodes, num_edges=6)
    expected = objective(first, num_nodes)
    for other in others:
        found = objective(other, num_nodes)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in SCORED if EDITS[n].declaration.greedy])
def test_another_numbering_the_same_ranking(name):
    for edge_index, num_nodes in graphs().values():
        greedy = EDITS[name].declaration.greedy
        first = run(greedy, edge_index, num_nodes).propose(7)
        for order in orders(num_nodes):
            other = run(greedy, edge_index, num_nodes, order).propose(7)
            torch.testing.assert_close(other.score, first.score, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", [gtr, fosr])
def test_a_ranking_cuts_a_tie_by_structure(method):
    """Of the pairs that tie with the last one, the same are named: alike in their degrees."""
    for edge_index, num_nodes in graphs().values():
        degree = torch.bincount(edge_index[0], minlength=num_nodes)
        options = {"initial": degree.double()} if method is fosr else {}
        greedy = method.declaration.greedy
        first = run(greedy, edge_index, num_nodes, **options).propose(3)
        for order in orders(num_nodes):
            other = run(greedy, edge_index, num_nodes, order, **options).propose(3)
            seen = degree[order.argsort()][other.pairs].sort(dim=0).values
            assert torch.equal(seen, degree[first.pairs].sort(dim=0).values)


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (gtr, {"variant": "official"}),
        (sdrf, {"variant": "official"}),
        (sdrf, {"candidates": "neighbors", "removal_bound": float("inf")}),
        (fosr, {"power_iterations": 200}),
    ],
)
def test_options_change_nothing_of_it(function, options):
    for edge_index, num_nodes in graphs().values():
        same_choices(function, edge_index, num_nodes, num_edges=6, **options)


def test_a_draw_of_sdrf_goes_by_structure():
    """The same generator draws a pair that is alike, whatever its number."""
    for edge_index, num_nodes in graphs().values():
        first = sdrf(edge_index, num_nodes, num_edges=4, tau=2.0, generator=generator())
        for order in orders(num_nodes):
            other = sdrf(order[edge_index], num_nodes, num_edges=4, tau=2.0, generator=generator())
            torch.testing.assert_close(other.score, first.score, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("value", ["one", "degree"])
def test_a_start_that_tells_no_node_from_its_like(value):
    """Its products tie, all of them where it lies along sqrt(d) and x is 0."""
    for edge_index, num_nodes in graphs().values():
        degree = torch.bincount(edge_index[0], minlength=num_nodes).double()
        initial = degree if value == "degree" else torch.ones_like(degree)
        same_choices(fosr, edge_index, num_nodes, num_edges=6, initial=initial)


def test_weights_are_structure():
    """Rings whose weights have the symmetries of a ring of half the size, or of a path."""
    ends = torch.arange(12)
    for weight in (1.0 + ends % 2, torch.where(ends == 0, 0.1, 1.0), 1.0 + ends):
        matrix = torch.zeros(12, 12)
        matrix[ends, (ends + 1) % 12] = weight
        matrix = matrix + matrix.T
        edge_index = matrix.nonzero().T
        found = gtr(edge_index, 12, edge_weight=matrix[edge_index[0], edge_index[1]])
        for order in orders(12):
            here, edge_weight = order[edge_index], matrix[edge_index[0], edge_index[1]]
            other = gtr(here, 12, edge_weight=edge_weight)
            torch.testing.assert_close(other.score, found.score, rtol=1e-9, atol=1e-9)
            assert torch.equal(other.num_tied, found.num_tied)


def test_what_ties_is_said():
    """A ring of 12 has 6 longest chords, and SDRF turns the 12 edges alike into sides of a square.
    On a star all pairs of leaves are alike."""
    assert gtr(*graphs()["ring 12"], num_edges=1).num_tied.tolist() == [6]
    assert gtr(*graphs()["star"], num_edges=1).num_tied.tolist() == [21]
    assert gtr(*graphs()["two rings and a node"], num_edges=2).num_tied.tolist() == [6, 3]
    endless = {"removal_bound": float("inf")}
    assert sdrf(*graphs()["ring 12"], num_edges=1, **endless).num_tied.tolist() == [12]
    assert fosr(*graphs()["ring 12"], num_edges=1, initial=torch.ones(12)).num_tied.tolist() == [54]
    assert fosr(*graphs()["ring 12"], num_edges=1, initial=start(12)).num_tied.tolist() == [1]


def all_edits():
    """What every method does to every graph, as JSON."""
    return {
        f"{name} {graph}": run(EDITS[name], *found, num_edges=6).edits.tolist()
        for name in EDITS
        for graph, found in graphs().items()
    }


@pytest.mark.slow
def test_another_order_of_sums_the_same_edits():
    here = Path(__file__)
    paths = [str(here.parent), str(TESTS.parent)]
    code = f"import json, {here.stem} as this; print(json.dumps(this.all_edits()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | OTHER_SUMS | {"PYTHONPATH": os.pathsep.join(paths)},
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout.splitlines()[-1])
    differ = [name for name, edits in all_edits().items() if edits != there[name]]
    assert not differ
