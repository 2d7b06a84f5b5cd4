"""Equal to the numbers in the oracle folder, on every graph that it holds."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import GCNConv

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import (
    balanced_forman,
    cheeger_bounds,
    cheeger_constant,
    commute_time,
    diameter,
    effective_resistance,
    fiedler_vector,
    hitting_time,
    kemeny_constant,
    laplacian_spectrum,
    resistance_of_edges,
    resistance_of_pairs,
    sensitivity,
    spectral_gap,
    total_resistance,
)
from workbench.diagnostics.resistance.elimination import Elimination, plan
from workbench.topology import simple_graph

pytestmark = pytest.mark.parity


def matrices(quantity):
    """(graph name, array) for every graph that has this quantity."""
    arrays, graphs = load_oracle("01_resistance_matrices.npz"), oracle_names(directed=None)
    return [
        (name, arrays[f"{name}/{quantity}"]) for name in graphs if f"{name}/{quantity}" in arrays
    ]


def scalars(quantity):
    """(graph name, value) for every graph that has this quantity."""
    data, graphs = load_oracle("01_resistance_scalars.json"), oracle_names(directed=None)
    return [(name, data[name][quantity]) for name in graphs if quantity in data.get(name, {})]


def assert_equal(found, expected, scale=1.0):
    """1e-8 relative, or 1e-5 where the file keeps float32."""
    tolerance = 1e-5 if expected.dtype == np.float32 else 1e-8
    expected = torch.from_numpy(expected).double()
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance * 1e-2 * scale)


@pytest.mark.parametrize(
    ("function", "quantity"),
    [
        (effective_resistance, "resistance"),
        (commute_time, "commute_time"),
        (hitting_time, "hitting_time"),
    ],
)
def test_pair_matrices(function, quantity):
    cases = matrices(quantity)
    assert cases
    for name, expected in cases:
        assert_equal(function(*oracle_graph(name)), expected)


def test_resistance_of_pairs():
    for name, expected in matrices("resistance"):
        edge_index, num_nodes, weight = oracle_graph(name)
        pairs = torch.cartesian_prod(*[torch.arange(num_nodes)] * 2).T
        found = resistance_of_pairs(edge_index, num_nodes, pairs, weight)
        assert_equal(found.view(num_nodes, num_nodes), expected)


def test_resistance_of_edges():
    for name, expected in matrices("resistance"):
        edge_index, num_nodes, weight = oracle_graph(name)
        found = resistance_of_edges(edge_index, num_nodes, weight)
        assert_equal(found, expected[edge_index[0], edge_index[1]])
    for name, expected in scalars("foster_sum_R_over_edges_w"):
        edge_index, num_nodes, weight = oracle_graph(name)
        found = resistance_of_edges(edge_index, num_nodes, weight)
        conductance = torch.ones(edge_index.size(1)).double() if weight is None else weight
        assert float(conductance @ found) / 2 == pytest.approx(expected, rel=1e-8), name


def test_resistances_by_elimination():
    """The way of large graphs, on every graph of the folder."""
    for name, expected in matrices("resistance"):
        edge_index, num_nodes, weight = oracle_graph(name)
        graph = simple_graph(edge_index, num_nodes, weight)
        elimination = Elimination(plan(graph.adjacency()))
        found, _ = elimination.of_edges()
        assert_equal(torch.from_numpy(found), expected[graph.source, graph.target])
        first, second = np.isfinite(expected).nonzero()
        pairs = torch.from_numpy(elimination.of_pairs(first, second))
        assert_equal(pairs, expected[first, second])


@pytest.mark.parametrize(
    ("normalized", "quantity"),
    [(True, "norm_laplacian_eigenvalues"), (False, "laplacian_eigenvalues")],
)
def test_spectrum(normalized, quantity):
    cases = matrices(quantity)
    assert cases
    for name, expected in cases:
        found = laplacian_spectrum(*oracle_graph(name), normalized=normalized)
        assert_equal(found, expected, scale=max(1.0, float(expected.max())))


def test_the_fiedler_vector_spans_the_eigenspace():
    for name, _ in scalars("normalized_spectral_gap_lambda2"):
        graph = edge_index, num_nodes, weight = oracle_graph(name)
        weight = torch.ones(edge_index.size(1)).double() if weight is None else weight
        adjacency = torch.zeros(num_nodes, num_nodes).double()
        adjacency[edge_index[0], edge_index[1]] = weight
        degree, y = adjacency.sum(1), fiedler_vector(*graph)
        image = degree * y - adjacency @ y
        torch.testing.assert_close(image, spectral_gap(*graph) * degree * y, rtol=0, atol=1e-6)
        torch.testing.assert_close((degree * y * y).sum(), torch.ones(()).double())


@pytest.mark.parametrize(
    ("function", "quantity"),
    [
        (total_resistance, "kirchhoff_index"),
        (kemeny_constant, "kemeny_from_hitting_sum_pi_j_H_ij"),
        (spectral_gap, "normalized_spectral_gap_lambda2"),
        (
            lambda *graph: total_resistance(*graph, within_components=True),
            "total_resistance_within_components",
        ),
        (lambda edge_index, num_nodes, _: diameter(edge_index, num_nodes), "diameter"),
    ],
)
def test_scalars(function, quantity):
    cases = scalars(quantity)
    assert cases
    for name, expected in cases:
        assert float(function(*oracle_graph(name))) == pytest.approx(expected, rel=1e-8), name


def test_disconnected_graphs():
    for name, count in scalars("components"):
        graph = oracle_graph(name)
        if count != 1:
            assert total_resistance(*graph).isinf()
            assert spectral_gap(*graph) == 0
            assert cheeger_bounds(*graph).upper == 0


def test_cheeger():
    cases = scalars("cheeger_bruteforce")
    assert cases
    for name, expected in cases:
        graph, expected = oracle_graph(name), expected["conductance"]
        assert float(cheeger_constant(*graph)) == pytest.approx(expected, rel=1e-8), name
        bounds = cheeger_bounds(*graph)
        assert bounds.lower <= expected * (1 + 1e-9)
        assert expected <= bounds.upper * (1 + 1e-9)


@pytest.mark.parametrize(
    ("variant", "quantity", "tolerance"),
    [("paper", "bfc_paper_formula_fosr_repo", 1e-9), ("official", "bfc_official_cuda", 1e-5)],
)
def test_balanced_forman(variant, quantity, tolerance):
    data, compared = load_oracle("02_curvatures.json"), 0
    for name, graph in load_oracle("graphs.json").items():
        if quantity not in data.get(name, {}) or not graph["edges"]:
            continue
        edge_index, num_nodes, _ = oracle_graph(name)
        found = balanced_forman(edge_index, num_nodes, variant=variant)
        matrix = torch.full((num_nodes, num_nodes), torch.nan).double()
        matrix[edge_index[0], edge_index[1]] = found
        source, target = torch.tensor(graph["edges"]).T
        expected = torch.tensor(data[name][quantity], dtype=torch.float64)
        torch.testing.assert_close(matrix[source, target], expected, rtol=0, atol=tolerance)
        compared += 1
    assert compared


class StackedGCN(torch.nn.Module):
    """GCNConv layers with the given weights, ReLU between them."""

    def __init__(self, weights):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        for weight, bias in weights:
            layer = GCNConv(weight.shape[1], weight.shape[0]).double()
            layer.lin.weight.data = torch.from_numpy(weight)
            layer.bias.data = torch.from_numpy(bias)
            self.layers.append(layer)

    def forward(self, x, edge_index):
        for place, layer in enumerate(self.layers):
            x = layer(x if place == 0 else x.relu(), edge_index)
        return x


@pytest.mark.parametrize(
    ("norm", "quantity"), [("l1", "jac_l1"), ("frobenius", "jac_fro"), ("spectral", "jac_spectral")]
)
def test_sensitivity(norm, quantity):
    arrays = load_oracle("04_jacobian.npz")
    layers = sum(key.endswith("/weight") for key in arrays)
    model = StackedGCN(
        [[arrays[f"weights/layer{i}/{part}"] for part in ("weight", "bias")] for i in range(layers)]
    )
    names = [key.split("/")[0] for key in arrays if key.endswith(f"/{quantity}")]
    assert names
    for name in names:
        x = torch.from_numpy(arrays[f"{name}/x"])
        found = sensitivity(model, x, oracle_graph(name)[0], norm=norm)
        expected = torch.from_numpy(arrays[f"{name}/{quantity}"])
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
