"""Decay rates, ranges, concentration, orbits and graph metrics as the authors' code gives them."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import GCNConv
from torch_geometric.utils import to_undirected

from conftest import load_oracle, oracle_graph
from workbench.diagnostics import (
    decay_rate,
    decay_statistics,
    degree_assortativity,
    degree_distribution_distance,
    edge_jaccard_distance,
    effective_resistance,
    forman,
    hessian_range,
    hop_distance,
    hop_distribution_distance,
    jacobian_range,
    laplacian_spectrum,
    mixed_influence,
    orbit_adjacency,
    spectral_gap,
    topological_concentration,
)

pytestmark = pytest.mark.parity


def close(found, expected, tolerance=1e-9):
    expected = torch.as_tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


@pytest.mark.parametrize("loops", [True, False])
def test_decay_rates(loops):
    """At the depths of the released code; with one depth it has no answer."""
    arrays, compared = load_oracle("04b_decay_rate.npz"), 0
    for name, cases in load_oracle("04b_decay_rate.json").items():
        kind = "loops_f64" if loops else "noloops_f64"
        stored = cases.get(kind, {})
        if stored.get("diameter", 0) < 2 or f"{name}/slope_{kind}" not in arrays:
            continue
        edges, size, _ = oracle_graph(name)
        options = {"depths": (stored["diameter"], 2 * stored["diameter"] - 1), "self_loops": loops}
        found = decay_rate(edges, size, variant="official", **options)
        expected = torch.from_numpy(arrays[f"{name}/slope_{kind}"])
        close(found, expected)
        compared += 1
        # of slopes that are 0 but for rounding, half count there
        if "stats" in stored and not ((expected != 0) & (expected.abs() < 1e-12)).any():
            statistics = decay_statistics(found, variant="official")
            for quantity, value in stored["stats"].items():
                if quantity == "variability" and (found > 0).sum() < 2:
                    continue
                close(getattr(statistics, quantity), value)
    assert compared


class Tanh(torch.nn.Module):
    """GCNConv layers of given weights with tanh between."""

    def __init__(self, arrays):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        while (key := f"hessian_weights/layer{len(self.layers)}") + "/weight" in arrays:
            weight, bias = (
                torch.from_numpy(arrays[f"{key}/{part}"]) for part in ("weight", "bias")
            )
            layer = GCNConv(*weight.shape[::-1]).double()
            layer.lin.weight.data, layer.bias.data = weight, bias
            self.layers.append(layer)

    def forward(self, x, edge_index):
        for place, layer in enumerate(self.layers):
            x = layer(x.tanh() if place else x, edge_index)
        return x


def range_cases():
    for name in load_oracle("04c_range_measure.json")["models"]:
        edges, size, _ = oracle_graph(name)
        distances = {
            "spd": hop_distance(edges, size),
            # which directions a resistance does not have
            "res": effective_resistance(to_undirected(edges), size),
        }
        yield name, edges, distances


def test_ranges_of_first_derivatives():
    arrays, jacobians = load_oracle("04c_range_measure.npz"), load_oracle("04_jacobian.npz")
    compared = 0
    for name, edges, distances in range_cases():
        influence = torch.from_numpy(jacobians[f"{name}/jac_l1"])
        directed = not torch.equal(to_undirected(edges).unique(dim=1), edges.unique(dim=1))
        for kind, distance in distances.items():
            for normalized, ending in ((True, "_norm"), (False, "")):
                expected = arrays[f"{name}/range_{kind}{ending}"]
                options = {"normalized": normalized}
                close(jacobian_range(influence, distance, variant="official", **options), expected)
                if bool((influence.sum(1) > 0).all()) and not (directed and kind == "spd"):
                    close(jacobian_range(influence, distance, **options), expected)
                compared += 1
    assert compared


def test_ranges_of_second_derivatives():
    arrays = load_oracle("04c_range_measure.npz")
    model, compared = Tanh(arrays), 0
    for name, edges, distances in range_cases():
        if f"{name}/hessian_x" not in arrays:
            continue
        x = torch.from_numpy(arrays[f"{name}/hessian_x"])
        mean = lambda output: output.mean(0)  # noqa: E731
        mixed = mixed_influence(model, x, edges, readout=mean)
        close(mixed, arrays[f"{name}/hessian_l1"])
        for kind, distance in distances.items():
            expected = arrays[f"{name}/hessian_range_{kind}_norm"]
            close(jacobian_range(mixed, distance, variant="official"), expected)
            expected = arrays[f"{name}/hessian_range_{kind}"]
            options = {"normalized": False, "variant": "official"}
            close(jacobian_range(mixed, distance, **options), expected)
            compared += 1
        # the last distance once more, by the function of its own
        close(hessian_range(model, x, edges, distance, readout=mean, **options), expected)
    assert compared


def test_topological_concentration():
    compared = 0
    for name, stored in load_oracle("04d_topological_concentration.json").items():
        edges, size, _ = oracle_graph(name)
        if isinstance(stored["beta"], str):  # without a training edge there is no mean degree
            continue
        parts = {
            part: torch.tensor(stored[part], dtype=torch.int64).reshape(-1, 2).T
            for part in ("train", "valid", "test")
        }
        both = torch.cat([parts["train"], parts["train"].flip(0)], 1)
        links = {"train_train": None, "train_val": parts["valid"], "train_test": parts["test"]}
        for depth in (1, 2, 3):
            if f"whole_graph_K{depth}" in stored:
                found = topological_concentration(edges, size, depth=depth)
                close(found, stored[f"whole_graph_K{depth}"], 1e-12)
            for kind, expected in stored.get(f"K{depth}", {}).items():
                found = topological_concentration(both, size, links[kind], depth=depth)
                close(found, expected, 1e-12)
                compared += 1
    assert compared


def test_orbit_adjacencies():
    arrays = load_oracle("04e_orbit_adjacency.npz")
    for name in dict.fromkeys(key.split("/")[0] for key in arrays):
        edges, size, _ = oracle_graph(name)
        found = orbit_adjacency(edges, size)
        degrees = arrays[f"{name}/gdv"]
        assert found[1, 0, 0].to_dense().sum(1).tolist() == degrees[:, 0].tolist()
        assert found[2, 12, 12].to_dense().sum(1).tolist() == degrees[:, 12].tolist()
        for key in arrays:
            graph, quantity = key.split("/")
            if graph == name and quantity != "gdv":
                orbits = tuple(int(part) for part in quantity.split("_"))
                rows, columns, counts = arrays[key].astype(np.int64)
                expected = torch.zeros(size, size).double()
                expected[rows, columns] = torch.from_numpy(counts).double()
                assert torch.equal(found[orbits].to_dense(), expected), key
                back = (orbits[0], *orbits[:0:-1])
                assert torch.equal(found[back].to_dense(), expected.T), key


def test_graph_metrics():
    for name, stored in load_oracle("04f_graph_metrics.json").items():
        edges, size, _ = oracle_graph(name)
        metrics = stored["metrics"]
        measured = {
            "eff_res_of_first_two_nodes": effective_resistance(edges, size)[0, 1],
            # the average of the released code is that of one edge
            "forman_average_as_released": forman(edges, size)[0],
            "degree_assortativity": degree_assortativity(edges, size),
            "spectral_gap_normalised": spectral_gap(edges, size),
        }
        for quantity, found in measured.items():
            if isinstance(metrics.get(quantity), float):
                close(found, metrics[quantity])


def test_distances_to_a_rewired_graph():
    compared = 0
    for name, stored in load_oracle("04f_graph_metrics.json").items():
        expected = stored.get("distance_to_gtr5")
        if not expected or "added" not in expected:
            continue
        edges, size, _ = oracle_graph(name)
        added = torch.tensor(expected["added"], dtype=torch.int64).reshape(-1, 2).T
        two = edges, torch.cat([edges, added, added.flip(0)], 1), size
        off = laplacian_spectrum(two[0], size, normalized=False)
        off = off - laplacian_spectrum(two[1], size, normalized=False)
        measured = {
            "jaccard_similarity": 1 - edge_jaccard_distance(*two),
            "degree_distribution_wasserstein": degree_distribution_distance(*two),
            "laplacian_spectrum_distance_p1": off.abs().sum(),
            "laplacian_spectrum_distance_p2": off.square().sum().sqrt(),
        }
        if bool(hop_distance(edges, size).isfinite().all()):
            # there the zeros of each node to itself count too
            hops = hop_distribution_distance(*two) * (size - 1) / size
            measured["shortest_path_distribution_wasserstein"] = hops
        for quantity, found in measured.items():
            if isinstance(expected.get(quantity), float):
                close(found, expected[quantity])
                compared += 1
    assert compared
