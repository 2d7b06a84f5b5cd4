"""Bounds by walks and by resistance: never exceeded, the second above the first."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from workbench.diagnostics import TooLargeError, effective_resistance, sensitivity
from workbench.diagnostics.sensitivity.resistance_bound import resistance_bound
from workbench.diagnostics.sensitivity.walk_bound import message_operator
from workbench.graphs import complete, from_networkx, karate, path, ring


class Messages(nn.Module):
    """h_u' = tanh(P h_u + Q sum_v Ahat_uv tanh(R h_v)), with spectral norms alpha, alpha, beta."""

    def __init__(self, operator, layers, width, alpha, beta, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        made = torch.randn(layers, 3, width, width, generator=generator).double()
        made /= torch.linalg.matrix_norm(made, ord=2)[..., None, None]
        self.weight = made * torch.tensor([alpha, alpha, beta]).double()[:, None, None]
        self.operator = operator

    def forward(self, x, edge_index):
        for own, others, message in self.weight:
            x = (x @ own.T + (self.operator @ (x @ message.T).tanh()) @ others.T).tanh()
        return x


@given(
    st.integers(4, 9),
    st.integers(0, 1000),
    st.integers(1, 4),
    st.floats(0.3, 2),
    st.floats(0.3, 2),
    st.sampled_from(["resistance", "walks"]),
)
@settings(max_examples=60, deadline=None)
def test_never_exceeded(size, seed, layers, alpha, beta, method):
    graph = nx.gnp_random_graph(size, 0.5, seed=seed)
    edge_index = from_networkx(graph).edge_index
    if method == "resistance" and (not nx.is_connected(graph) or nx.is_bipartite(graph)):
        with pytest.raises(ValueError, match='use method="walks"'):
            resistance_bound(edge_index, size, num_layers=layers)
        return
    model = Messages(message_operator(edge_index, size), layers, 3, alpha, beta, seed)
    x = torch.randn(size, 3, generator=torch.Generator().manual_seed(seed)).double()
    found = sensitivity(model, x, edge_index, norm="spectral")
    options = {"num_layers": layers, "update_bound": alpha, "message_bound": beta}
    limit = resistance_bound(edge_index, size, **options, method=method)
    assert bool((found <= limit * (1 + 1e-9)).all())
    if method == "resistance":
        tighter = resistance_bound(edge_index, size, **options, method="walks")
        assert bool((tighter <= limit * (1 + 1e-9)).all())


def test_it_falls_with_resistance():
    data = karate()
    limit = resistance_bound(data.edge_index, 34, num_layers=3)
    resistance = effective_resistance(data.edge_index, 34)
    fall = (limit[0, 0] - limit) / resistance.fill_diagonal_(1.0)
    off = ~torch.eye(34, dtype=torch.bool)
    # d_max / 2 = 17 / 2 for each unit, times 2^3
    torch.testing.assert_close(fall[off], torch.full((34 * 33,), 8.5 * 8).double())


def test_a_message_that_sees_its_receiver_exceeds_it():
    """h_u' = h_u + sum_v Ahat_uv (h_u + h_v): linear, alpha = beta = 1, on a triangle."""
    walk = (torch.ones(3, 3) - torch.eye(3)).double() / 2
    layer = torch.eye(3).double() * 2 + walk
    jacobian = torch.linalg.matrix_power(layer, 5)
    limit = resistance_bound(complete(3).edge_index, 3, num_layers=5, method="walks")
    assert bool((jacobian > limit).all())


def test_components_and_tiny_graphs():
    two = torch.cat([ring(3).edge_index, ring(3).edge_index + 3], dim=1)
    found = resistance_bound(two, 7, num_layers=2, method="walks")
    assert bool((found[:3, 3:] == 0).all())
    assert found[6].tolist() == [0.0] * 6 + [4.0]
    for edge_index, size, kind in (
        (two, 7, "disconnected"),
        (path(4).edge_index, 4, "bipartite"),
        (torch.empty(2, 0, dtype=torch.int64), 1, "disconnected"),
    ):
        with pytest.raises(ValueError, match=kind):
            resistance_bound(edge_index, size, num_layers=2)
    with pytest.raises(ValueError, match="to_undirected"):
        resistance_bound(torch.tensor([[0], [1]]), 2, num_layers=2)
    with pytest.raises(ValueError, match="num_layers=0"):
        resistance_bound(ring(3).edge_index, 3, num_layers=0)
    with pytest.raises(TooLargeError, match="resistance_of_pairs"):
        resistance_bound(ring(50_000).edge_index, 50_000, num_layers=2)
    deep = resistance_bound(ring(3).edge_index, 3, num_layers=2000)
    assert bool(deep.isinf().all())
