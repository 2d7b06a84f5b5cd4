"""An edge of weight 0 is no edge, to every rewiring."""

import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import effective_resistance
from workbench.graphs import grid, undirected
from workbench.models import GATv2
from workbench.report import report
from workbench.rewiring import REWIRINGS, Rewire
from workbench.widgets import attention_lens, sensitivity_lab
from workbench.widgets.attention.heads import AttentionHeads
from workbench.widgets.sensitivity.sensitivities import Sensitivities


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


def model() -> GATv2:
    """It reads no weights: it would pass messages along an edge of weight 0."""
    torch.manual_seed(0)
    return GATv2(3, 8, 2, num_layers=2, edge_channels=1).eval()


@pytest.mark.parametrize("shown", [sensitivity_lab, attention_lens])
def test_so_do_the_labs_of_a_model_which_say_so(shown):
    found, expected = shown(model(), weighted(True)), shown(model(), weighted(False))
    try:
        assert found.wait()
        assert expected.wait()
        one, other = found.pictures, expected.pictures
        assert one["graph"].spans == other["graph"].spans
        assert one["matrix"].values == other["matrix"].values
        assert "Left out: 2 edges of weight 0." in found.shown()["status"]
        assert "Left out" not in expected.shown()["status"]
    finally:
        found.close()
        expected.close()


def test_resistances_beside_a_model_are_those_of_the_weights():
    data = weighted(False)
    data.edge_weight = torch.arange(1.0, data.num_edges + 1)
    data = undirected(data)
    expected = effective_resistance(data.edge_index, 12, data.edge_weight.double())
    net = model()
    for known in (
        Sensitivities({"net": net}, data),
        AttentionHeads(net, data, inputs=None, graph=0),
    ):
        assert torch.equal(known.resistance, expected)
