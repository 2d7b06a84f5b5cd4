"""Ricci flow: closed forms, and one step by its formula."""

import numpy as np
import pytest
import torch

from workbench.diagnostics import ollivier_ricci
from workbench.graphs import complete, karate, path, ring
from workbench.rewiring import curvature_flow


def test_flow_of_a_regular_graph_changes_nothing():
    """All edges of a complete graph have one curvature: their mean stays 1."""
    for data in (complete(6), ring(7)):
        weight = curvature_flow(data.edge_index, data.num_nodes).edge_weight
        np.testing.assert_allclose(weight, 1.0, rtol=1e-9)


def test_one_step_is_the_formula():
    edge_index = karate().edge_index
    curvature = ollivier_ricci(edge_index, 34, alpha=0.5)
    length = 1 - 0.3 * curvature
    weight = curvature_flow(edge_index, 34, num_steps=1, step=0.3).edge_weight
    np.testing.assert_allclose(weight, length.mean() / length, rtol=1e-12)
    assert torch.equal(curvature_flow(edge_index, 34, num_steps=0).edge_weight, torch.ones(156))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"step": 1.0}, "step=1.0"), ({"num_steps": -1}, "num_steps=-1"), ({"alpha": 1.0}, "alpha")],
)
def test_a_flow_that_is_none(options, message):
    with pytest.raises(ValueError, match=message):
        curvature_flow(karate().edge_index, 34, **options)


def test_two_nodes_and_no_edges():
    pair = path(2).edge_index
    np.testing.assert_allclose(curvature_flow(pair, 2).edge_weight, 1.0)
    assert curvature_flow(pair[:, :0], 3).edge_weight.numel() == 0
