"""Weak links in graphs of more than 500 nodes: the sparse ways against those without subtraction.

What small graphs are held to in ``test_digits`` stands for the truth here: ``exact_resistance`` and
``exact_modes``, which are checked against a hundred digits there.
"""

import numpy as np
import pytest
import torch

from workbench import diagnostics as D
from workbench.diagnostics.resistance.dense_elimination import exact_resistance
from workbench.diagnostics.spectrum.exact_modes import exact_modes
from workbench.graphs import grid, random_regular
from workbench.topology import simple_graph

KINDS = {
    "grid": lambda: grid(18, 18),
    "random": lambda: random_regular(320, 4, generator=torch.Generator().manual_seed(0)),
}


def doubled(data, weak):
    """A graph twice, with random weights and one weak link between."""
    half = data.num_nodes
    link = torch.tensor([[3, half + 5], [half + 5, 3]])
    edges = torch.cat([data.edge_index, data.edge_index + half, link], dim=1)
    low, high = edges.sort(0).values
    draw = torch.rand(2 * half, 2 * half, generator=torch.Generator().manual_seed(0)).double()
    weight = draw[low, high] + 0.5
    weight[-2:] = weak
    return edges, 2 * half, weight


@pytest.mark.slow
@pytest.mark.parametrize("weak", [1e-9, 1e-16])
@pytest.mark.parametrize("kind", KINDS)
def test_a_weak_link(kind, weak):
    edges, size, weight = of = doubled(KINDS[kind](), weak)
    graph = simple_graph(*of)
    resistance, degree = exact_resistance(graph), graph.strength
    values, vectors = exact_modes(graph, normalized=True)
    plain, _ = exact_modes(graph, normalized=False)
    total, kemeny = resistance.sum() / 2, degree @ resistance @ degree / (2 * degree.sum())
    largest = np.abs(vectors[:, 0] / np.sqrt(degree)).max()
    pairs = torch.tensor([[0, 0, 5], [1, size - 1, size // 2]])
    found = {
        "total": (D.total_resistance(*of), total),
        "kemeny": (D.kemeny_constant(*of), kemeny),
        "approximate total": (D.approximate_total_resistance(*of).value, total),
        "approximate kemeny": (D.approximate_kemeny_constant(*of).value, kemeny),
        "pairs": (
            D.resistance_of_pairs(edges, size, pairs, weight),
            resistance[tuple(pairs.numpy())],
        ),
        "gap": (D.spectral_gap(*of), values[0]),
        "relaxation": (D.relaxation_time(*of), 2 / values[0]),
        "connectivity": (D.algebraic_connectivity(*of), plain[0]),
        "three": (D.partial_spectrum(*of, count=3)[1:], values[:2]),
        "spectrum": (D.laplacian_spectrum(*of)[1:], values),
        "fiedler": (D.fiedler_vector(*of).abs().max(), largest),
        "cheeger": (
            D.cheeger_bounds(*of).upper,
            weak / min(degree[: size // 2].sum(), degree[size // 2 :].sum()),
        ),
    }
    for name, (ours, truth) in found.items():
        expected = torch.as_tensor(truth, dtype=torch.float64)
        torch.testing.assert_close(
            ours, expected, rtol=1e-9, atol=0.0, msg=lambda m, n=name: f"{n}: {m}"
        )


ITERATED = {
    "resistance_of_pairs": lambda e, n, w: D.resistance_of_pairs(
        e, n, torch.tensor([[0], [n - 1]]), w
    ),
    "resistance_of_edges": D.resistance_of_edges,
    "approximate_total_resistance": D.approximate_total_resistance,
    "spectral_gap": D.spectral_gap,
    "fiedler_vector": D.fiedler_vector,
    "algebraic_connectivity": D.algebraic_connectivity,
}


@pytest.mark.parametrize("name", ITERATED)
def test_iterations_that_would_not_notice_the_link_refuse(name, monkeypatch):
    """They converge within one half long before they see the other, with a value far off."""
    where = "workbench.diagnostics"
    for module in ("eliminated_pairs", "laplacian_solver", "pair_sums", "resistance_sparse"):
        monkeypatch.setattr(f"{where}.resistance.{module}.plan", lambda *_, **__: None)
    for module in ("full_spectrum", "lanczos"):
        monkeypatch.setattr(f"{where}.spectrum.{module}.plan", lambda *_, **__: None)
    for module in ("full_spectrum", "eigenpairs"):
        monkeypatch.setattr(f"{where}.spectrum.{module}.MOST_NODES", 100)
    monkeypatch.setattr(f"{where}.resistance.pair_sums._SPARSE_NODES", 100)
    of = doubled(KINDS["random"](), 1e-12)
    with pytest.raises(ValueError, match="hang together by links"):
        ITERATED[name](*of)
    ITERATED[name](of[0], of[1], torch.where(of[2] < 0.1, 0.5, of[2]))  # a link like others
