"""An edge of weight 0 is no edge, to every rewiring."""

import pytest
import torch
from torch_geometric.data import Data

from workbench.graphs import grid
from workbench.report import report
from workbench.rewiring import REWIRINGS, Rewire


def weighted(there_too: bool) -> Data:
    """A grid without two of its edges: they are left out, or stand there with a weight of 0."""
    edges = grid(3, 4).edge_index
    low, high = edges.min(0).values, edges.max(0).values
    gone = ((low == 0) & (high == 1)) | ((low == 5) & (high == 6))
    weight = torch.where(gone, 0.0, 2.0)
    kept = torch.ones_like(gone) if there_too else ~gone
    number = torch.arange(edges.size(1)).view(-1, 1).float()
    x = torch.arange(36.0).view(12, 3).sin()
    return Data(
        edge_index=edges[:, kept],
        edge_weight=weight[kept],
        edge_attr=number[kept],
        x=x,
        pos=x[:, :2],
        num_nodes=12,
    )


@pytest.mark.parametrize(
    "name", [n for n, m in REWIRINGS.items() if m.declaration.weighted != "refused"]
)
def test_a_rewiring_sees_no_edge_of_weight_0(name):
    found, expected = Rewire(name)(weighted(True)), Rewire(name)(weighted(False))
    assert set(found.keys()) == set(expected.keys())
    for key, value in expected.to_dict().items():
        assert torch.equal(found[key], value) if isinstance(value, torch.Tensor) else True, key


def test_so_does_the_report():
    found, expected = report(weighted(True)).summary, report(weighted(False)).summary
    assert found["edges"].meaning == "each counted once; left out: 2 edges of weight 0"
    assert [(row.name, row.low, row.high) for row in found.measures] == [
        (row.name, row.low, row.high) for row in expected.measures
    ]
