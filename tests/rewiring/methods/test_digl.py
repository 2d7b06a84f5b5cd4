"""DIGL: parity with PyG's GDC, closed forms, ties, weights."""

import re

import numpy as np
import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import TooLargeError, hop_distance
from workbench.graphs import complete, ring, star
from workbench.rewiring import digl
from workbench.topology import both_directions

FLOAT32 = 1e-5


def dense(edge_index, weight, num_nodes):
    matrix = torch.zeros(num_nodes, num_nodes, dtype=torch.float64)
    matrix[edge_index[0], edge_index[1]] = weight.double()
    return matrix


def matrix_of(rewired):
    return dense(rewired.edge_index, rewired.edge_weight, rewired.num_nodes)


def options_of(case):
    """``ppr0.15_topk6`` in our words."""
    kind, number, rest = re.fullmatch(r"(ppr|heat)([\d.]+)_(\w+[\d.]*)", case).groups()
    options = {"alpha" if kind == "ppr" else "t": float(number), "top_k": None}
    if rest.startswith("topk"):
        options["top_k"] = int(rest[4:])
    elif rest.startswith("eps"):
        options["threshold"] = float(rest[3:])
    return options


def cases():
    """(graph, case, the released matrix) of everything in the file."""
    oracle = load_oracle("03e_digl_gdc.npz")
    for key, value in oracle.items():
        graph, case, *part = key.split("/")
        if case.endswith("dense"):
            yield graph, case, torch.from_numpy(value).double()
        elif part == ["edge_index"]:
            size = oracle_graph(graph)[1]
            index = torch.from_numpy(value).long()
            weight = torch.from_numpy(oracle[f"{graph}/{case}/edge_weight"])
            yield graph, case, dense(index, weight, size)


@pytest.mark.parity
def test_weights_are_the_released_ones():
    """Ties at the cut are broken otherwise, so top-k compares what each column holds; a column in
    which an entry is within float32 of the threshold is left out."""
    compared = 0
    for graph, case, expected in cases():
        edge_index, num_nodes, weight = oracle_graph(graph)
        options = options_of(case)
        found = matrix_of(digl(edge_index, num_nodes, edge_weight=weight, **options))
        if options["top_k"] is not None:
            found, expected = (m.sort(dim=0).values for m in (found, expected))
        elif "threshold" in options:
            low, high = (
                matrix_of(
                    digl(
                        *(edge_index, num_nodes),
                        edge_weight=weight,
                        **options | {"threshold": options["threshold"] * (1 + slack)},
                    )
                )
                for slack in (-1e-4, 1e-4)
            )
            clear = ((low > 0) == (high > 0)).all(dim=0)
            found, expected = found[:, clear], expected[:, clear]
        torch.testing.assert_close(found, expected, rtol=0, atol=FLOAT32, msg=f"{graph} {case}")
        compared += 1
    assert compared > 0


@pytest.mark.parametrize("options", [{"alpha": 0.1}, {"t": 3.0}])
def test_a_step_of_the_series(options):
    """S sqrt(D) 1 = sqrt(D) 1 with D the degrees and the loop, so that a column's sum is known."""
    for name in oracle_names(max_nodes=60):
        edge_index, num_nodes, weight = oracle_graph(name)
        found = digl(edge_index, num_nodes, edge_weight=weight, top_k=None, **options)
        matrix = matrix_of(found)
        torch.testing.assert_close(matrix.sum(dim=0), torch.ones(num_nodes, dtype=torch.float64))
        conductance = torch.ones(edge_index.size(1)) if weight is None else weight
        root = (dense(edge_index, conductance, num_nodes).sum(dim=0) + 1.0).sqrt()
        # W = S / (column sums) and S is symmetric: S = c_v W_uv = c_u W_vu, and S root = root
        scale = torch.linalg.solve(matrix, root)
        symmetric = matrix * (scale / root)
        torch.testing.assert_close(symmetric, symmetric.T, rtol=1e-7, atol=1e-10)


def test_closed_forms():
    """A ring of 3: T = J / 3, and T T = T: alpha on the diagonal and (1 - alpha) / 3 all over."""
    data = ring(3)
    found = matrix_of(digl(data.edge_index, 3, alpha=0.4))
    expected = 0.4 * torch.eye(3, dtype=torch.float64) + 0.6 / 3
    torch.testing.assert_close(found, expected)
    heat = matrix_of(digl(data.edge_index, 3, t=1.5))
    shrunk = np.exp(-1.5)
    expected = shrunk * torch.eye(3, dtype=torch.float64) + (1 - shrunk) / 3
    torch.testing.assert_close(heat, expected)


@pytest.mark.parametrize("options", [{"alpha": 1.0}, {"t": 0.0}])
def test_no_diffusion_leaves_the_loops(options):
    edge_index, num_nodes, _ = oracle_graph("karate")
    found = digl(edge_index, num_nodes, **options)
    assert found.edge_index.tolist() == [list(range(num_nodes))] * 2
    assert not bool(found.kept.any())
    assert bool((found.edge_weight == 1).all())


def test_components_stay_apart_and_an_isolated_node_hears_itself():
    edges = both_directions(torch.tensor([0, 1, 3]), torch.tensor([1, 2, 4]))
    for options in ({}, {"t": 5.0}):
        found = digl(edges, 6, **options)
        labels = torch.tensor([0, 0, 0, 1, 1, 2])
        assert torch.equal(labels[found.edge_index[0]], labels[found.edge_index[1]])
        assert matrix_of(found)[5].tolist() == [0, 0, 0, 0, 0, 1]


def test_both_cuts_hold():
    edge_index, num_nodes, _ = oracle_graph("karate")
    whole = matrix_of(digl(edge_index, num_nodes, top_k=None))
    few = matrix_of(digl(edge_index, num_nodes, top_k=5))
    assert bool(((few > 0).sum(dim=0) == 5).all())
    for v in range(num_nodes):
        least = whole[few[:, v] > 0, v].min()
        assert bool((whole[few[:, v] == 0, v] <= least * (1 + 1e-9)).all())
    both = matrix_of(digl(edge_index, num_nodes, top_k=5, threshold=0.05))
    assert bool(((both > 0) <= (few > 0)).all())
    assert int((both > 0).sum()) < int((few > 0).sum())
    assert digl(edge_index, num_nodes, threshold=2.0).edge_index.size(1) == 0


def test_kept_columns_come_first_with_new_weights():
    edge_index = torch.tensor([[0, 1, 1, 0, 1, 1], [1, 0, 2, 0, 2, 1]])  # a repeat and two loops
    found = digl(edge_index, 3)
    assert found.kept.tolist() == [True, True, True, True, False, True]
    assert torch.equal(found.edge_index[:, :5], edge_index[:, found.kept])
    assert len(set(map(tuple, found.edge_index.T.tolist()))) == found.edge_index.size(1)


def test_messages_go_along_the_arcs():
    arc = torch.tensor([[0], [1]])
    assert matrix_of(digl(arc, 2))[1, 0] == 0.0
    assert matrix_of(digl(arc, 2))[0, 1] > 0.0


@pytest.mark.parametrize("options", [{}, {"t": 5.0}])
def test_rounding_makes_no_edge_where_no_path_leads(options):
    """An inverse of a directed graph leaves 1e-18 there, which would pass as a weak edge."""
    for seed in range(5):
        ends = torch.randint(60, (2, 90), generator=torch.Generator().manual_seed(seed))
        found = digl(ends, 60, top_k=None, **options)
        hops = hop_distance(ends, 60)[tuple(found.edge_index)]
        assert bool(hops.isfinite().all())
        assert found.edge_index.size(1) == int(hop_distance(ends, 60).isfinite().sum())


def test_weights_decide_and_repeats_with_weights_add():
    data = star(4)
    weight = torch.where((data.edge_index == 1).any(dim=0), 9.0, 1.0)
    found = matrix_of(digl(data.edge_index, 5, edge_weight=weight))
    plain = matrix_of(digl(data.edge_index, 5))
    assert float(found[1, 0]) > 1.5 * float(plain[1, 0])
    twice = torch.cat([data.edge_index, data.edge_index], dim=1)
    halves = matrix_of(digl(twice, 5, edge_weight=torch.cat([weight, weight]) / 2))
    torch.testing.assert_close(halves, found)
    torch.testing.assert_close(matrix_of(digl(twice, 5)), plain)


@pytest.mark.parametrize("options", [{"top_k": 3}, {"top_k": 4, "t": 2.0}, {"threshold": 0.1}])
def test_another_numbering_the_same_graph(options):
    """The order of the nodes breaks ties by structure: what each node hears stays alike."""
    graphs = [oracle_graph(name)[:2] for name in oracle_names(max_nodes=45)]
    graphs += [(d.edge_index, d.num_nodes) for d in (ring(9), star(6), complete(5))]
    for edge_index, num_nodes in graphs:
        first = matrix_of(digl(edge_index, num_nodes, **options))
        order = torch.randperm(num_nodes, generator=torch.Generator().manual_seed(3))
        other = matrix_of(digl(order[edge_index], num_nodes, **options))
        # singular values and the sums of rows know nothing of numbers
        torch.testing.assert_close(
            torch.linalg.svdvals(other), torch.linalg.svdvals(first), rtol=1e-7, atol=1e-7
        )
        torch.testing.assert_close(other.sum(dim=1).sort().values, first.sum(dim=1).sort().values)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alpha": 0.1, "t": 2.0}, r"alpha=0.1 asks for PageRank and t=2.0 for the heat kernel"),
        ({"alpha": 0.0}, "above 0 and at most 1, got 0.0"),
        ({"t": -1.0}, "at least 0, got -1.0"),
        ({"top_k": 0}, "at least 1, or None for all entries; got 0"),
        ({"threshold": -0.1}, "got -0.1"),
        ({"self_loop_weight": -1.0}, "got -1.0"),
    ],
)
def test_options_out_of_range(options, said):
    with pytest.raises(ValueError, match=said):
        digl(ring(5).edge_index, 5, **options)


def test_size_limit_names_the_way_out():
    with pytest.raises(TooLargeError, match="fosr"):
        digl(torch.zeros(2, 0, dtype=torch.int64), 9_000)
