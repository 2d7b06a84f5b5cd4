"""Blocked conjugate gradients keep their tolerance, whether or not they know the spectral gap."""

import numpy as np
import pytest
import torch

from workbench.diagnostics import effective_resistance, spectral_gap
from workbench.diagnostics.resistance import conjugate_gradients
from workbench.diagnostics.resistance.conjugate_gradients import ConjugateGradients
from workbench.graphs import (
    barbell,
    clique_path,
    complete,
    random_regular,
    ring,
    ring_of_cliques,
    sbm,
    star,
)
from workbench.topology import simple_graph


def seeded(seed):
    return torch.Generator().manual_seed(seed)


GRAPHS = {
    "regular": random_regular(900, 4, generator=seeded(1)),
    "dense": random_regular(400, 20, generator=seeded(2)),
    "blocks": sbm([200, 200, 200], 0.08, 0.001, generator=seeded(3)),
    "cliques": ring_of_cliques(30, 8),
    "barbell": barbell(40, 6),
    "bottleneck": clique_path(24),
    "ring": ring(60),
    "star": star(300),
    "complete": complete(30),
}


def solved(data, tolerance, weight=None):
    """Resistance of 40 edges and 40 random pairs, and what it should be."""
    size, random = data.num_nodes, np.random.default_rng(5)
    edges = data.edge_index.numpy()[:, random.integers(0, data.num_edges, 40)]
    first = random.integers(0, size, 40)
    second = (first + random.integers(1, size, 40)) % size
    pairs = np.concatenate([edges, [first, second]], axis=1)
    right, columns = np.zeros((size, 80)), np.arange(80)
    right[pairs[0], columns], right[pairs[1], columns] = 1.0, -1.0
    adjacency = simple_graph(data.edge_index, size, weight).adjacency()
    iteration = ConjugateGradients(adjacency, tolerance=tolerance)
    found = (right * iteration.solve(right)).sum(axis=0)
    expected = effective_resistance(data.edge_index, size, weight).numpy()[pairs[0], pairs[1]]
    return iteration, found, expected


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_tolerance_is_kept(name, tolerance):
    _, found, expected = solved(GRAPHS[name], tolerance)
    np.testing.assert_allclose(found, expected, rtol=tolerance)


@pytest.mark.parametrize("decades", [2, 4])
def test_the_tolerance_is_kept_with_weights_far_apart(decades):
    data = GRAPHS["regular"]
    low, high = data.edge_index.min(dim=0).values, data.edge_index.max(dim=0).values
    table = torch.rand(900, 900, generator=seeded(4), dtype=torch.float64)
    weight = 10 ** (decades * (table[low, high] - 0.5))
    _, found, expected = solved(data, 1e-4, weight)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_gap_is_right_or_unknown(name):
    data = GRAPHS[name]
    iteration, *_ = solved(data, 1e-3)
    gap = float(spectral_gap(data.edge_index, data.num_nodes))
    assert iteration._gap == 0.0 or gap * (1 - 1e-9) <= iteration._gap <= 1.5 * gap
    if name in ("regular", "dense", "blocks", "complete"):
        assert iteration._gap > 0.0


def test_a_known_gap_saves_steps(monkeypatch):
    steps, advance = [], conjugate_gradients._advance
    monkeypatch.setattr(
        conjugate_gradients, "_advance", lambda *all_: (steps.append(1), advance(*all_))
    )
    solved(GRAPHS["regular"], 1e-6)
    with_gap = len(steps)
    monkeypatch.setattr(ConjugateGradients, "_lanczos_gap", lambda self: 0.0)
    solved(GRAPHS["regular"], 1e-6)
    assert with_gap < 0.6 * (len(steps) - with_gap)


def test_one_column_and_many_are_the_same():
    data, random = GRAPHS["regular"], np.random.default_rng(0)
    right = random.standard_normal((900, 30))
    iteration = ConjugateGradients(simple_graph(data.edge_index, 900).adjacency(), tolerance=1e-12)
    together = iteration.solve(right)
    alone = np.concatenate([iteration.solve(right[:, [c]]) for c in range(30)], axis=1)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.abs(together.mean(axis=0)).max() < 1e-12
    assert iteration.solve(right[:, :0]).shape == (900, 0)


def test_it_says_where_it_gives_up(monkeypatch):
    monkeypatch.setattr(conjugate_gradients, "_MOST_STEPS", 5)
    with pytest.raises(RuntimeError, match="1e-08 in 5 steps"):
        solved(ring(60), 1e-8)
