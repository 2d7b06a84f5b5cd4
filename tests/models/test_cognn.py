"""Co-GNN: parity of its convolutions and of whole networks, and what actions do."""

import json

import numpy as np
import pytest
import torch

from conftest import ORACLES, load_oracle
from workbench.capture import capture
from workbench.models import CoGNN
from workbench.models.cognn import KINDS, WeighedConv, _choice


def read(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        said = json.loads(str(file["meta"]))["parameters"]
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    return arrays, state, said


def files(pattern):
    return sorted(f"07_models/{found.name}" for found in ORACLES.glob(f"07_models/{pattern}"))


@pytest.mark.parity
@pytest.mark.parametrize("name", files("cognn_Weighted*.npz"))
def test_a_convolution_is_the_released_one(name):
    arrays, state, _ = read(name)
    kind = next(kind for kind in KINDS if kind in name.lower().replace("gnnconv", ""))
    conv = WeighedConv(kind, arrays["x"].size(1), arrays["output"].size(1))
    conv.load_state_dict(state)
    x, edges = arrays["x"], arrays["edge_index"]
    out = conv(x, edges, weight=arrays["edge_weight"])
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)
    torch.testing.assert_close(conv(x, edges), arrays["output_no_weight"], rtol=0, atol=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("name", [name for name in files("cognn_*.npz") if "Weighted" not in name])
def test_a_network_is_the_released_one(name):
    arrays, state, said = read(name)
    layers, width = said["env_layers"], said["env_dim"]
    model = CoGNN(
        arrays["x"].size(1),
        width,
        arrays["output"].size(1),
        num_layers=layers,
        conv=said["env"].split("_")[0].lower(),
        learn_temperature=said["learn_temp"],
        temperature=said["temp"],
        residual=said["skip"],
        norm="layer" if said["layer_norm"] else None,
    ).eval()
    own = {}
    for key, value in state.items():
        part, *rest = key.split(".")
        if part == "env_net":
            number = int(rest[0])
            place = {0: "encoder", layers + 1: "head"}.get(number, f"layers.{number - 1}.conv")
            own[".".join([place, *rest[1:]])] = value
        elif part == "temp_model":
            own["learned.weight"] = value
        elif part == "hidden_layer_norm":
            own[f"norm.{rest[0]}"] = value
        else:
            side = "listen" if part == "in_act_net" else "broadcast"
            own[f"{side}.convs.{'.'.join(rest[1:])}"] = value
    model.load_state_dict(own)
    names = [f"layers.{number}.actions" for number in range(layers)]
    with capture(model, "listen", "broadcast", *names) as inside:
        out = model(arrays["x"], arrays["edge_index"])
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)
    for number in range(layers):
        listens, broadcasts = inside[f"layers.{number}.actions"].unbind(1)
        torch.testing.assert_close(listens, arrays["in_onehot"][number, :, 0])
        torch.testing.assert_close(broadcasts, arrays["out_onehot"][number, :, 0])
        logits = inside["listen"][number], inside["broadcast"][number]
        for found, side in zip(logits, ("in", "out"), strict=True):
            expected = arrays[f"{side}_logits"][number]
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def forced(listens, broadcasts, **options):
    """A network all of whose nodes do what is said."""
    torch.manual_seed(0)
    model = CoGNN(2, 8, 1, **{"num_layers": 2, "norm": None, **options}).double().eval()
    for decide, wanted in ((model.listen, listens), (model.broadcast, broadcasts)):
        last = decide.convs[-1].lin
        torch.nn.init.zeros_(last.weight)
        last.bias.data = torch.tensor([1.0, -1.0] if wanted else [-1.0, 1.0]).double()
    return model


def jacobian(model, x):
    full = torch.autograd.functional.jacobian(lambda x: model(x, PATH), x)
    return full.abs().sum((1, 3)) > 0


def test_nodes_that_stay_alone_hear_nothing_and_others_hear_as_ever():
    x = torch.randn(3, 2, dtype=torch.float64)
    assert jacobian(forced(True, True), x).all()
    for listens, broadcasts in ((False, True), (True, False), (False, False)):
        assert torch.equal(jacobian(forced(listens, broadcasts), x), torch.eye(3, dtype=bool))


@pytest.mark.parametrize("conv", KINDS)
def test_one_edge_opens_where_one_broadcasts_and_the_other_listens(conv):
    torch.manual_seed(0)
    model = CoGNN(2, 8, 1, num_layers=1, conv=conv).eval()
    layer, h = model.layers[0], torch.randn(3, 8)
    actions = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])  # 0 speaks, 1 listens
    out = layer(h, actions, PATH, None)
    alone = torch.relu(layer.conv(h, PATH, weight=torch.zeros(4)))
    open_ = torch.relu(layer.conv(h, PATH, weight=torch.tensor([1.0, 0, 0, 0])))
    torch.testing.assert_close(out, open_)
    assert torch.equal(out[0], alone[0])
    assert not torch.equal(out[1], alone[1])


def test_actions_are_drawn_in_training_and_by_the_release_always():
    x = torch.randn(3, 2)
    torch.manual_seed(0)
    model, released = (CoGNN(2, 8, 1, num_layers=3, variant=v) for v in ("paper", "official"))

    def answers(model):
        return {tuple(model(x, PATH).flatten().tolist()) for _ in range(20)}

    assert len(answers(model.eval())) == 1
    assert len(answers(model.train())) > 1
    assert len(answers(released.eval())) > 1


def test_how_often_an_action_is_drawn_is_its_softmax():
    torch.manual_seed(0)
    logits = torch.tensor([[0.3, -0.4]]).repeat(20_000, 1)
    share = _choice(logits, 0.01, draws=True).mean()
    expected = torch.softmax(logits[0], 0)[0]
    assert abs(share - expected) < 4 * (0.25 / 20_000) ** 0.5  # four standard errors


def test_a_wrong_option_says_what_came_in():
    for options, said in (
        ({"conv": "gat"}, "conv must be one of mean, sum, gcn, gin; got 'gat'"),
        ({"action_conv": "gat"}, "action_conv must be one of mean, sum, gcn, gin; got 'gat'"),
        ({"variant": "mine"}, "got 'mine'"),
        ({"action_layers": 0}, "action_layers must be at least 1, got 0"),
        ({"temperature": 0.0}, "temperature must be above 0, got 0.0"),
    ):
        with pytest.raises(ValueError, match=said):
            CoGNN(2, 8, 1, num_layers=1, **options)
