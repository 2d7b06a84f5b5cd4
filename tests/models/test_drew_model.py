"""DRew: parity of the released layers, how far each delay sees, hops, and its kinds by hand."""

import json

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from conftest import ORACLES, load_oracle
from workbench.graphs import path, ring
from workbench.models import DRew, Hops, call, prepare
from workbench.models.drew import LAYERS, DRewGatedLayer


def files(pattern):
    return sorted(f"07_models/{found.name}" for found in ORACLES.glob(f"07_models/{pattern}"))


def read(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        said = json.loads(str(file["meta"]))["parameters"]
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    return arrays, state, said, said["nu"] if said["nu"] > 0 else None


@pytest.mark.parity
@pytest.mark.parametrize("name", files("drew_gcn_*.npz"))
def test_the_layers_are_the_released_ones(name):
    arrays, state, said, nu = read(name)
    shared = any(key.startswith("W_t.") for key in state)
    width = said["dim"]
    model = DRew(
        *(width, width, 1),
        num_layers=said["layers"],
        nu=nu,
        shared=shared,
        convex=said["convex_combo"],
        l2norm=said["l2norm"],
        norm="batch" if said["batchnorm"] else None,
        variant="official",
    )
    for key, value in state.items():
        place, leaf = key.split(".layer.model.")
        number = int(place.split("t=")[1])
        hop = 1 if shared else int(place.split("k=")[1].split(",")[0])
        conv = model.layers[number].terms[hop - 1]["conv"]
        conv.get_parameter(leaf).data.copy_(value)
    model.encoder = model.head = torch.nn.Identity()
    out = model(arrays["x"], NONE, hop_index=arrays["edge_index"], hop=arrays["hop"])
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)


NONE = torch.zeros(2, 0, dtype=torch.int64)


@pytest.mark.parity
@pytest.mark.parametrize("name", files("drew_gatedgcn_*.npz"))
def test_the_gated_layer_is_the_released_one(name):
    arrays, state, said, nu = read(name)
    states = [arrays[key] for key in sorted(key for key in arrays if key.startswith("x_"))]
    options = {"shared": False, "convex": False, "official": False, "norm": "batch", "dropout": 0.0}
    layer = DRewGatedLayer(states[0].size(1), said["t"] + 1, nu=nu, **options).eval()
    own = {}
    for key, value in state.items():
        part, *rest = key.split(".")
        if part in "BE":
            own[f"terms.{int(rest[0]) - 1}.{part}.{rest[1]}"] = value
        elif part != "bn_edge_e":  # stands in the file and is used by nothing
            own[f"{'norm' if part == 'bn_node_x' else part}.{rest[0]}"] = value
    layer.load_state_dict(own)
    shells = [arrays["edge_index"][:, arrays["hop"] == k] for k in range(1, said["t"] + 2)]
    torch.testing.assert_close(layer(states, shells), arrays["output"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("conv", LAYERS)
@pytest.mark.parametrize(
    ("nu", "max_hops", "hops"),
    [
        (1, None, [1, 2, 3, 4]),
        (None, None, [1, 3, 6, 10]),
        (2, None, [1, 3, 5, 7]),
        (None, 2, [1, 3, 5, 7]),
        (None, 1, [1, 2, 3, 4]),
    ],
)
def test_it_sees_as_far_as_its_delay_lets_it(conv, nu, max_hops, hops):
    for num_layers, reach in enumerate(hops, start=1):
        torch.manual_seed(0)
        model = DRew(2, 8, 1, num_layers=num_layers, conv=conv, nu=nu, max_hops=max_hops)
        model = model.double().eval()
        assert model.reach == reach
        data = path(24)
        data.x = torch.randn(24, 2, dtype=torch.float64, requires_grad=True)
        call(model, prepare(model, data))[0].backward()
        assert int(data.x.grad.abs().sum(1).nonzero().max()) == reach


def test_what_is_far_is_read_as_it_was():
    torch.manual_seed(0)
    model = DRew(1, 4, 1, num_layers=2, nu=1, norm=None).double()
    data = prepare(model, path(3))
    h0 = model.encoder(torch.tensor([[1.0], [2], [4]]).double())
    one, two = model.layers
    near, root = one.terms[0].lin, 2**0.5  # degrees 1, 2, 1
    h1 = h0 + torch.relu(
        torch.stack([near(h0[1]) / root, near(h0[0] + h0[2]) / root, near(h0[1]) / root])
    )
    heard = two.terms[0].lin(h1[1]) / root + two.terms[1].lin(h0[2])
    expected = model.head(h1[0] + torch.relu(heard))
    data.x = torch.tensor([[1.0], [2], [4]]).double()
    torch.testing.assert_close(call(model, data)[0], expected)


def test_a_first_layer_does_not_depend_on_the_delay():
    x = torch.randn(5, 2)
    outputs = []
    for nu in (None, 1, 2):
        torch.manual_seed(1)
        model = DRew(2, 8, 1, num_layers=1, nu=nu)
        data = prepare(model, ring(5))
        outputs.append(call(model, data, x=x))
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0], outputs[2])


def test_hops_are_distances_and_join_in_batches():
    data = Hops(3)(path(4))
    found = dict(zip(map(tuple, data.hop_index.T.tolist()), data.hop.tolist(), strict=True))
    assert found == {(u, v): abs(u - v) for u in range(4) for v in range(4) if u != v}
    both = Batch.from_data_list([data, Hops(3)(ring(5))])
    assert both.hop_index[:, 12:].min() == 4
    assert both.hop.tolist()[:12] == data.hop.tolist()
    assert repr(Hops(3)) == "Hops(3)"


@pytest.mark.parametrize("conv", LAYERS)
@pytest.mark.parametrize("options", [{"shared": True}, {"convex": True}, {"l2norm": True}])
def test_options_change_the_answer(conv, options):
    data = path(6)
    data.x = torch.randn(6, 2)
    answers = []
    for chosen in ({}, options):
        torch.manual_seed(0)
        model = DRew(2, 8, 1, num_layers=3, conv=conv, **chosen).eval()
        answers.append(call(model, prepare(model, data)))
    assert not torch.allclose(*answers)


def test_variants_differ_where_the_release_does():
    data = path(6)
    data.x = torch.randn(6, 2)
    for conv, same in (("gcn", False), ("gin", False), ("gatedgcn", True)):
        answers = []
        for variant in ("paper", "official"):
            torch.manual_seed(0)
            model = DRew(2, 8, 1, num_layers=2, conv=conv, variant=variant, norm=None).eval()
            answers.append(call(model, prepare(model, data)))
        assert torch.equal(*answers) == same


def test_a_wrong_option_says_what_came_in():
    for options, said in (
        ({"conv": "gat"}, "conv must be one of gcn, gin, gatedgcn; got 'gat'"),
        ({"nu": 0}, "nu must be at least 1 or None, got 0"),
        ({"max_hops": 0}, "max_hops must be at least 1 or None, got 0"),
        ({"variant": "mine"}, "variant must be .*, got 'mine'"),
    ):
        with pytest.raises(ValueError, match=said):
            DRew(2, 8, 1, num_layers=2, **options)
    with pytest.raises(ValueError, match="max_hops must be at least 1, got 0"):
        Hops(0)
