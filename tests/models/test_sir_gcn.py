"""SIR-GCN and SINC-GCN: parity of their layers, and how the one is the other."""

import json

import numpy as np
import pytest
import torch

from conftest import ORACLES, load_oracle
from workbench.models import SINCGCN, SIRGCN
from workbench.models.sir_gcn import AGGREGATIONS, SIRConv

NAMES = {
    "linear_query": "query",
    "linear_key": "key",
    "linear_neigh": "around",
    "linear_edge": "edge",
    "linear_relation": "relation",
}
CASES = [
    f"07_models/{path.name}"
    for pattern in ("sir_conv", "sir_edge_conv", "sinc_conv")
    for path in ORACLES.glob(f"07_models/{pattern}_*.npz")
]


@pytest.mark.parity
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_layer_is_the_published_one(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        said = json.loads(str(file["meta"]))["parameters"]
    conv = SIRConv(
        said["input_dim"],
        said["hidden_dim"],
        said["output_dim"],
        aggregation=said["agg_type"],
        context=said.get("neigh_agg_type"),
        edge_channels=said.get("edge_dim"),
    ).double()
    state = {}
    for key, value in arrays.items():
        if key.startswith("state/"):
            part, leaf = key.removeprefix("state/").split(".")
            state[f"{NAMES[part]}.{leaf}"] = value
    conv.load_state_dict(state)
    graphs = [key.removesuffix("/output") for key in arrays if key.endswith("/output")]
    assert graphs
    for graph in graphs:
        attr = arrays.get(f"{graph}/edge_attr")
        out = conv(arrays[f"{graph}/x"], arrays[f"{graph}/edge_index"], attr)
        torch.testing.assert_close(out, arrays[f"{graph}/output"], rtol=0, atol=1e-10)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_without_the_map_of_the_neighborhood_sinc_is_sir(aggregation):
    options = {"num_layers": 2, "edge_channels": 2, "aggregation": aggregation}
    torch.manual_seed(0)
    sinc = SINCGCN(3, 8, 2, context="mean", **options).double().eval()
    sir = SIRGCN(3, 8, 2, **options).double().eval()
    missing, _ = sir.load_state_dict(sinc.state_dict(), strict=False)
    assert not missing
    x, attr = torch.randn(4, 3).double(), torch.randn(6, 2).double()
    edges = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
    assert not torch.equal(sinc(x, edges, edge_attr=attr), sir(x, edges, edge_attr=attr))
    for layer in sinc.layers:
        torch.nn.init.zeros_(layer.conv.around.weight)
    torch.testing.assert_close(sinc(x, edges, edge_attr=attr), sir(x, edges, edge_attr=attr))


def test_a_wrong_aggregation_says_what_came_in():
    with pytest.raises(ValueError, match=r"aggregation must be one of sum, .*; got 'min'"):
        SIRGCN(3, 8, 2, num_layers=1, aggregation="min")
    with pytest.raises(ValueError, match=r"context must be one of sum, .*; got 'min'"):
        SINCGCN(3, 8, 2, num_layers=1, context="min")
