import json

import numpy as np
import pytest
import torch

from conftest import ORACLES, load_oracle
from workbench.models import GPS
from workbench.models.gps import LOCAL, NORM_NAMES

RING = torch.tensor([[0, 0, 1, 1, 2, 2, 3, 3, 4, 4], [1, 4, 0, 2, 1, 3, 2, 4, 0, 3]])


def cases():
    return sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/gpsconv*.npz"))


def block_for(name, state, arrays):
    """The block of our model with the options that the file tells."""
    local = None
    if "conv.lin.weight" in state:
        local = "gcn"
    elif "conv.nn.0.weight" in state:
        local = "gine" if "edge_attr" in arrays else "gin"
    norm = "batch" if any("running_mean" in key for key in state) else "layer"
    width = arrays["x"].size(1)
    with np.load(ORACLES / name) as file:  # heads are in no shape
        heads = json.loads(str(file["meta"]))["parameters"]["heads"]
    edges = width if local == "gine" else None
    model = GPS(3, width, 1, num_layers=1, local=local, heads=heads, norm=norm, edge_channels=edges)
    return model.layers[0]


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_block_gives_the_numbers_of_the_oracle(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    block = block_for(name, state, arrays)
    block.load_state_dict(state)
    extra = {"edge_attr": arrays["edge_attr"]} if "edge_attr" in arrays else {}
    out = block.eval()(arrays["x"], arrays["edge_index"], arrays["batch"], **extra)
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)


def data(num_nodes=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_nodes, 3, dtype=torch.float64, generator=generator)


def build(**options):
    torch.manual_seed(0)
    return GPS(3, 8, 4, **{"num_layers": 2, "heads": 2, **options}).double().eval()


def test_one_layer_reaches_every_node_of_the_graph_and_no_other():
    batch = torch.tensor([0, 0, 0, 0, 0, 1, 1])
    no_edges = torch.zeros(2, 0, dtype=torch.int64)
    model = build(num_layers=1)
    jacobian = torch.autograd.functional.jacobian(lambda x: model(x, no_edges, batch), data(7))
    assert torch.equal(jacobian.abs().sum((1, 3)) > 0, batch[:, None] == batch)


def test_without_a_local_branch_the_edges_say_nothing():
    model, x = build(local=None), data()
    assert torch.equal(model(x, RING), model(x, torch.zeros(2, 0, dtype=torch.int64)))


@pytest.mark.parametrize("norm", list(NORM_NAMES))
@pytest.mark.parametrize("local", LOCAL)
def test_a_graph_answers_alone_as_in_a_batch_with_every_local_branch(local, norm):
    edges = 2 if local == "gine" else None
    model = build(local=local, norm=norm, edge_channels=edges)
    x, batch = data(9), torch.tensor([0] * 5 + [1] * 3 + [2])
    edge_index = torch.cat([RING, torch.tensor([[5, 6], [6, 7]])], dim=1)  # one way; node 8 alone
    attr = torch.rand(12, 2, dtype=torch.float64) if edges else None
    together = model(x, edge_index, batch, edge_attr=attr)
    alone = [
        model(x[:5], RING, edge_attr=attr if attr is None else attr[:10]),
        model(x[5:8], edge_index[:, 10:] - 5, edge_attr=attr if attr is None else attr[10:]),
        model(x[8:], RING[:, :0], edge_attr=attr if attr is None else attr[:0]),
    ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-10, atol=1e-10)


def test_attention_over_equal_states_is_constant():
    # a ring: every node looks the same, so GPS without an encoding cannot tell its length
    x, other = torch.ones(5, 3, dtype=torch.float64), torch.ones(6, 3, dtype=torch.float64)
    one_way = torch.stack([torch.arange(6), (torch.arange(6) + 1) % 6])
    longer = torch.cat([one_way, one_way.flip(0)], dim=1)
    model = build(level="graph")
    torch.testing.assert_close(model(x, RING), model(other, longer), rtol=1e-12, atol=1e-12)


def test_edge_features_arrive():
    for local in ("gine", "gat"):
        model = build(local=local, edge_channels=2)
        attr = torch.zeros(10, 2, dtype=torch.float64)
        assert not torch.equal(
            model(data(), RING, edge_attr=attr), model(data(), RING, edge_attr=attr + 1)
        )


def test_a_wrong_option_says_what_came_in():
    with pytest.raises(ValueError, match="got 'gatedgcn'"):
        build(local="gatedgcn")
    with pytest.raises(ValueError, match="needs edge_channels"):
        build(local="gine")
    with pytest.raises(ValueError, match="edge_channels=2 has no place in local='gcn'"):
        build(local="gcn", edge_channels=2)
    with pytest.raises(ValueError, match="got heads=3, hidden_channels=8"):
        build(heads=3)
    with pytest.raises(ValueError, match="no edge_attr; edge_channels=2"):
        build(local="gine", edge_channels=2)(data(), RING)
    with pytest.raises(ValueError, match=r"edge_attr \[10, 2\]; edge_channels=None"):
        build()(data(), RING, edge_attr=torch.zeros(10, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="ascending"):
        build()(data(), RING, torch.tensor([0, 1, 0, 1, 0]))
