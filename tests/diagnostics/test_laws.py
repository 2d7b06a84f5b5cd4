"""What holds for every diagnostic of a graph: order of the nodes, noise in the list, odd sizes."""

import pytest
import torch
from questions import ESTIMATES, GRAPHS, OF_A_MODEL, QUESTIONS, asked, case, generator, turned
from torch_geometric.utils import coalesce

from workbench.diagnostics import DIAGNOSTICS, CheegerBounds, DiameterBounds
from workbench.graphs import erdos_renyi, karate, lollipop

SCALARS = [
    "total_resistance",
    "kemeny_constant",
    "spectral_gap",
    "algebraic_connectivity",
    "mixing_time",
    "relaxation_time",
    "diameter",
]
NODES = ["laplacian_spectrum", "partial_spectrum"]
PAIRS = ["effective_resistance", "commute_time", "hitting_time", "hop_distance"]
BOUNDS = ["cheeger_bounds", "diameter_bounds"]
EDGES = [
    "balanced_forman",
    "forman",
    "augmented_forman",
    "weighted_forman",
    "ollivier_ricci",
    "resistance_curvature",
]
OF_A_GRAPH = [
    *SCALARS,
    *NODES,
    *PAIRS,
    *BOUNDS,
    "cheeger_constant",
    "fiedler_vector",
    "node_resistance_curvature",
    *EDGES,
]


def arrays(found):
    if isinstance(found, CheegerBounds | DiameterBounds):
        return [found.lower, found.upper]
    return [found]


def lists():
    karate_club, small = karate(), lollipop(6, 5)
    yield karate_club.edge_index, 35  # node 34 is isolated
    yield karate_club.edge_index, 34
    yield small.edge_index, 11
    random = erdos_renyi(16, 0.1, generator=torch.Generator().manual_seed(4))
    yield random.edge_index, 16


def refused(name, num_nodes):
    return name == "cheeger_constant" and num_nodes > 20


def test_every_diagnostic_is_asked():
    assert set(QUESTIONS) == set(DIAGNOSTICS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_another_numbering_gives_the_same_answer(name):
    """Of symmetric graphs above all, where much is equal; an estimate within six errors."""
    of_nodes = QUESTIONS[name][0]
    for graph in ("ring", "lollipop") if name in OF_A_MODEL else GRAPHS:
        before = case(GRAPHS[graph]())
        order = torch.randperm(before.num_nodes, generator=generator(1))
        found = [turned(t, of_nodes, order) for t in asked(name, before.renumbered(order))]
        expected = asked(name, before)
        if name in ESTIMATES:
            (value, error), (other, another) = expected, found
            assert ((value - other).abs() <= 6 * error.hypot(another) + 1e-9).all(), graph
            continue
        for a, b in zip(found, expected, strict=True):
            close = torch.isclose(a.double(), b.double(), rtol=1e-9, atol=1e-9, equal_nan=True)
            assert close.all(), (graph, a, b)


@pytest.mark.parametrize("name", [*SCALARS, *NODES, *PAIRS, "cheeger_constant"])
def test_the_order_of_the_nodes_does_not_matter(name):
    for edge_index, num_nodes in lists():
        if refused(name, num_nodes):
            continue
        order = torch.randperm(num_nodes, generator=torch.Generator().manual_seed(1))
        before = DIAGNOSTICS[name](edge_index, num_nodes)
        after = DIAGNOSTICS[name](coalesce(order[edge_index]), num_nodes)
        if name in PAIRS:
            after = after[order[:, None], order]
        torch.testing.assert_close(after, before, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", EDGES)
def test_the_order_of_the_nodes_does_not_matter_to_edges(name):
    for edge_index, num_nodes in lists():
        order = torch.randperm(num_nodes, generator=torch.Generator().manual_seed(1))
        before = DIAGNOSTICS[name](edge_index, num_nodes)
        after = DIAGNOSTICS[name](order[edge_index], num_nodes)
        torch.testing.assert_close(after, before, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in OF_A_GRAPH if n not in EDGES])
def test_self_loops_repeats_and_column_order_change_nothing(name):
    for edge_index, num_nodes in lists():
        if refused(name, num_nodes):
            continue
        order = torch.randperm(edge_index.size(1), generator=torch.Generator().manual_seed(1))
        loops = torch.tensor([[2, 5], [2, 5]])
        noisy = torch.cat([edge_index[:, order], loops, edge_index], dim=1)
        clean = DIAGNOSTICS[name](edge_index, num_nodes)
        found = DIAGNOSTICS[name](noisy, num_nodes)
        for a, b in zip(arrays(found), arrays(clean), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", OF_A_GRAPH)
@pytest.mark.parametrize("num_nodes", [0, 1, 2])
def test_no_edges(name, num_nodes):
    for found in arrays(DIAGNOSTICS[name](torch.empty(2, 0, dtype=torch.int64), num_nodes)):
        assert found.dtype == torch.float64
        assert not found.isnan().any()


@pytest.mark.parametrize("name", OF_A_GRAPH)
def test_results_are_double_and_carry_no_gradient(name):
    data = lollipop(4, 3)
    for found in arrays(DIAGNOSTICS[name](data.edge_index, data.num_nodes)):
        assert found.dtype == torch.float64
        assert not found.requires_grad


@pytest.mark.parametrize("name", OF_A_GRAPH)
def test_bad_edge_lists_are_refused_with_what_came_in(name):
    with pytest.raises(ValueError, match="0 to 5"):
        DIAGNOSTICS[name](torch.tensor([[0, 5], [5, 0]]), 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", OF_A_GRAPH)
def test_results_stay_on_cuda_and_agree(name):
    data = lollipop(6, 5)
    for on_cuda, on_cpu in zip(
        arrays(DIAGNOSTICS[name](data.edge_index.cuda(), 11)),
        arrays(DIAGNOSTICS[name](data.edge_index, 11)),
        strict=True,
    ):
        assert on_cuda.is_cuda
        torch.testing.assert_close(on_cuda.cpu(), on_cpu, rtol=1e-9, atol=1e-9)
