"""Weights are symmetric up to the precision that they came in, and no further."""

import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from workbench.diagnostics import effective_resistance
from workbench.graphs import karate, to_networkx
from workbench.report import report
from workbench.topology import simple_graph


def normalized(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Edges and weights as a GCN computes them, rounded as its precision does it."""
    edges = karate().edge_index
    ones = torch.ones(edges.size(1), dtype=dtype)
    return gcn_norm(edges, ones, 34, add_self_loops=False, dtype=dtype)


def spoiled(weight: torch.Tensor, share: float) -> torch.Tensor:
    changed = weight.clone()
    changed[::2] *= 1 + share * torch.linspace(-1, 1, changed[::2].numel(), dtype=weight.dtype)
    return changed


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_the_rounding_of_a_precision_makes_no_direction(dtype):
    edges, weight = normalized(dtype)
    weight = spoiled(weight, 2 * torch.finfo(dtype).eps)
    expected = effective_resistance(*[edges, 34], normalized(torch.float64)[1])
    found = effective_resistance(edges, 34, weight)
    torch.testing.assert_close(found, expected, rtol=40 * torch.finfo(dtype).eps, atol=1e-12)
    data = Data(edge_index=edges, edge_weight=weight, num_nodes=34)
    assert not to_networkx(data).is_directed()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_more_than_rounding_is_a_direction(dtype):
    edges, weight = normalized(dtype)
    weight = spoiled(weight, 1e-4)
    with pytest.raises(ValueError, match="directed"):
        simple_graph(edges, 34, weight)
    data = Data(edge_index=edges, edge_weight=weight, num_nodes=34)
    assert to_networkx(data).is_directed()


def test_single_precision_reaches_the_report():
    edges, weight = normalized(torch.float32)
    weight = spoiled(weight, 3e-7)
    page = report(Data(edge_index=edges, edge_weight=weight, num_nodes=34))
    assert page.verdict is not None
