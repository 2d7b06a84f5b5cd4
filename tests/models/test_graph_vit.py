"""Graph MLP-Mixer and Graph ViT: parity of patches, of mixing and of whole networks; patches."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from conftest import ORACLES, load_oracle, oracle_graph
from workbench.capture import capture
from workbench.cost import TooLargeError
from workbench.graphs import grid, path, ring
from workbench.models import GraphMLPMixer, GraphViT, Patches, call, prepare
from workbench.models.patch_mixing import ATTENTION, MixerBlock, PatchAttention
from workbench.models.patches import divide

IN_ATTENTION = {
    "self_attn.k_proj": "key",
    "self_attn.v_proj": "value",
    "self_attn.q_proj": "query",
    "self_attn.out_proj": "out",
    "linear1": "mlp.0",
    "linear2": "mlp.3",
}
IN_MIXER = {
    "token_mix.0": "token_norm",
    "token_mix.2.net": "tokens",
    "channel_mix.0": "channel_norm",
    "channel_mix.1.net": "channels",
}


def files(pattern):
    return sorted(f"07_models/{found.name}" for found in ORACLES.glob(f"07_models/{pattern}"))


def read(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        said = json.loads(str(file["meta"]))["parameters"]
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    return arrays, state, said


def below(state, prefix):
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def renamed(state, names):
    """Ours of theirs; a third norm of each layer that nothing uses is left out."""
    found = {}
    for key, value in state.items():
        if not key.startswith("norm3"):
            old = next((old for old in names if key.startswith(f"{old}.")), None)
            found[key if old is None else names[old] + key.removeprefix(old)] = value
    return found


def mixed(kind, state, x, shared, full, heads):
    """Tokens after all blocks of a file."""
    mixer = kind == "MLPMixer"
    prefix = "mixer_blocks." if mixer else "transformer_encoder."
    count = 1 + max(int(key.removeprefix(prefix).split(".")[0]) for key in state if prefix in key)
    for number in range(count):
        own = renamed(below(state, f"{prefix}{number}."), IN_MIXER if mixer else IN_ATTENTION)
        options = {"heads": heads, "num_steps": 8, "dropout": 0.0}
        # what the release calls Kernel is Graph, given another matrix
        name = {"Kernel": "graph"}.get(kind, kind.lower())
        width = x.size(2)
        block = (
            MixerBlock(width, x.size(1), 0.0) if mixer else PatchAttention(width, name, **options)
        )
        block = block.to(x.dtype)
        block.load_state_dict(own)
        x = block(x, shared, full)
    if mixer:
        weight = below(state, "layer_norm.")
        x = nn.functional.layer_norm(x, (width,), weight["weight"], weight["bias"])
    return x


@pytest.mark.parity
@pytest.mark.parametrize("name", files("graphmlpmixer_mixerblock*.npz"))
def test_a_mixer_block_is_the_released_one(name):
    arrays, state, _ = read(name)
    block = MixerBlock(arrays["x"].size(2), arrays["x"].size(1), 0.0)
    block.load_state_dict(renamed(state, IN_MIXER))
    torch.testing.assert_close(block(arrays["x"]), arrays["output"], rtol=0, atol=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("name", files("graphmlpmixer_gMHA_*.npz"))
def test_mixing_is_the_released_one(name):
    arrays, state, _ = read(name)
    kind = name.removesuffix(".npz").split("_")[-1]
    out = mixed(kind, state, arrays["x"], arrays["coarsen_adj"], arrays["mask"], heads=8)
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("name", files("graphmlpmixer_patches*.npz"))
def test_patches_are_the_released_ones(name):
    arrays, _, said = read(name)
    cases = {key.split("/")[0] for key in arrays}
    for case in sorted(cases):
        graph, count = case.rsplit("_p", 1)
        edge_index, size, _ = oracle_graph(graph)
        part = arrays[f"{case}/membership"]
        for hops in said["num_hops"]:
            there = below(arrays, f"{case}/hops{hops}/")
            given = part
            if bool((part < 0).any()):  # one node a patch, at a place that was drawn
                if hops:
                    continue
                given = there["node_mask"].int().argmax(0)
            data = Data(edge_index=edge_index, num_nodes=size)
            found = Patches(int(count), num_hops=hops).of_parts(data, given)
            for ours, theirs in (
                ("patch_index", "subgraphs_nodes_mapper"),
                ("patch_batch", "subgraphs_batch"),
                ("patch_edge_index", "combined_subgraphs"),
                ("patch_column", "subgraphs_edges_mapper"),
            ):
                assert torch.equal(found[ours], there[theirs]), (case, hops, ours)
            torch.testing.assert_close(found.patch_adjacency, there["coarsen_adj"][0])
            walk = there["patch_pe"].double()
            torch.testing.assert_close(found.patch_walk, walk, rtol=0, atol=1e-5)


class WithEncoding(nn.Module):
    """Their encoder of nodes: features, and a walk encoding beside them."""

    def __init__(self, state, channels):
        super().__init__()
        self.channels = channels
        self.features = linear(below(state, "input_encoder."))
        self.walks = block(below(state, "rw_encoder."))

    def forward(self, x):
        return self.features(x[:, : self.channels]) + self.walks(x[:, self.channels :])


def linear(state):
    made = nn.Linear(*state["weight"].shape[::-1], bias="bias" in state).double()
    made.load_state_dict(state)
    return made


def block(state, layers="layers.0.", norms="norms.0."):
    """Linear, batch normalization, ReLU."""
    norm = nn.BatchNorm1d(state[f"{norms}weight"].numel()).double()
    norm.load_state_dict(below(state, norms))
    return nn.Sequential(linear(below(state, layers)), norm, nn.ReLU())


@pytest.mark.parity
@pytest.mark.parametrize("name", files("graphmlpmixer_whole_*.npz"))
def test_a_network_is_the_released_one(name):
    arrays, state, said = read(name)
    kind, gine = said["gMHA_type"], said["gnn_type"] == "GINEConv"
    width, x = said["nhid"], arrays["x"]
    options = {
        "num_layers": said["nlayer_gnn"],
        "num_mixers": said["nlayer_mlpmixer"],
        "num_patches": said["n_patches"],
        "num_steps": said["patch_rw_dim"],
        "conv": "gine" if gine else "gcn",
        "edge_channels": arrays["edge_attr"].size(1) if gine else None,
        "level": "graph",
    }
    if kind == "MLPMixer":
        model = GraphMLPMixer(1, width, said["nout"], **options)
    else:  # their kernel is given the matrix of graph attention here
        attention = "graph" if kind == "Kernel" else kind.lower()
        heads = said["heads"]
        model = GraphViT(1, width, said["nout"], attention=attention, heads=heads, **options)
    model = model.double()
    model.encoder = WithEncoding(state, x.size(1))
    if gine:
        model.edge_encoder.linear = linear(below(state, "edge_encoder."))
    for number, layer in enumerate(model.layers):
        own = below(state, f"gnns.{number}.")
        if number:
            layer.of_patch = block(below(state, f"U.{number - 1}."))
        if gine:
            conv = below(own, "convs.0.layer.")
            first = block(conv, "nn.layers.0.", "nn.norms.0.")
            layer.conv.nn = nn.Sequential(*first, linear(below(conv, "nn.layers.1.")))
            layer.conv.eps.data.copy_(conv["eps"])
        else:
            layer.conv.load_state_dict(below(own, "convs.0.layer."))
        layer.norm.load_state_dict(below(own, "norms.0."))
        layer.out = linear(below(own, "output_encoder."))
    model.walk_encoder = block(below(state, "patch_rw_encoder."))
    mixers = below(state, "transformer_encoder.")
    names = IN_MIXER if kind == "MLPMixer" else IN_ATTENTION
    prefix = "mixer_blocks." if kind == "MLPMixer" else "transformer_encoder."
    for number, mixer in enumerate(model.mixers):
        mixer.load_state_dict(renamed(below(mixers, f"{prefix}{number}."), names))
    model.mixer_norm.load_state_dict(below(mixers, "layer_norm."))
    head = below(state, "output_decoder.")
    model.head = nn.Sequential(block(head), linear(below(head, "layers.1.")))
    out = model.eval()(
        torch.cat([x, arrays["rw_pos_enc"]], dim=1),
        arrays["edge_index"],
        arrays["batch"],
        patch_index=arrays["subgraphs_nodes_mapper"],
        patch_batch=arrays["subgraphs_batch"],
        patch_edge_index=arrays["combined_subgraphs"],
        patch_column=arrays["subgraphs_edges_mapper"],
        patch_adjacency=arrays["coarsen_adj"].flatten(0, 1),
        patch_walk=arrays["patch_pe"],
        **({"edge_attr": arrays["edge_attr"]} if gine else {}),
    )
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-8)


# ---- patches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [path(23), ring(30), grid(7, 9)], ids=["path", "ring", "grid"])
@pytest.mark.parametrize("count", [1, 4, 7])
def test_parts_are_of_equal_size(data, count):
    part = divide(data.edge_index, data.num_nodes, count)
    sizes = torch.bincount(part, minlength=count)
    assert int(sizes.max() - sizes.min()) <= 1


def test_parts_of_a_path_are_pieces_of_it():
    part = divide(path(24).edge_index, 24, 4)
    assert int((part[1:] != part[:-1]).sum()) == 3


def test_every_edge_is_in_a_patch_if_they_overlap():
    data = grid(6, 6)
    grown, apart = Patches(5)(data), Patches(5, num_hops=0)(data)
    count = data.edge_index.size(1)
    assert grown.patch_column.unique().numel() == count
    assert apart.patch_column.unique().numel() < count
    assert torch.equal(apart.patch_adjacency, torch.diag(apart.patch_adjacency.diagonal()))
    diagonal = grown.patch_adjacency.diagonal()
    assert torch.equal(diagonal, torch.bincount(grown.patch_batch).float())
    rows = torch.stack([grown.patch_index[end] for end in grown.patch_edge_index])
    assert torch.equal(rows, data.edge_index[:, grown.patch_column])


def test_small_graphs_have_a_patch_for_each_node_and_empty_ones_first():
    found = Patches(6, num_hops=0)(path(4))
    assert sorted(found.patch_batch.tolist()) == [2, 3, 4, 5]
    both = Batch.from_data_list([found, Patches(6, num_hops=0)(ring(5))])
    assert both.patch_batch.tolist()[4:] == [7, 8, 9, 10, 11]
    assert both.patch_adjacency.shape == (12, 6)


def test_metis_cuts_few_edges():
    pytest.importorskip("pymetis", reason="METIS is optional")
    data = grid(8, 8)
    part = divide(data.edge_index, 64, 4, "metis")
    assert torch.bincount(part).numel() == 4
    assert int((part[data.edge_index[0]] != part[data.edge_index[1]]).sum()) <= 2 * 24


def test_what_is_missing_for_metis_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymetis", None)
    with pytest.raises(ImportError, match="pip install pymetis"):
        Patches(2, partition="metis")(path(5))


# ---- what the models make of them --------------------------------------------------------------


@pytest.mark.parametrize("attention", ATTENTION)
@pytest.mark.parametrize("level", ["node", "graph"])
def test_empty_patches_do_not_count(attention, level):
    answers = []
    for count in (9, 20):
        torch.manual_seed(0)
        model = GraphViT(
            *(2, 8, 3), num_layers=2, num_patches=count, attention=attention, level=level
        )
        data = path(9)
        data.x = torch.randn(9, 2, generator=torch.Generator().manual_seed(1))
        answers.append(call(model.eval(), prepare(model, data)))
    torch.testing.assert_close(*answers)


def test_attention_of_patches_can_be_read():
    model = GraphViT(2, 8, 3, num_layers=1, num_patches=4, attention="standard").eval()
    data = grid(3, 4)
    data.x = torch.randn(12, 2)
    with capture(model, "mixers.0.attention") as inside:
        call(model, prepare(model, data))
    weight = inside["mixers.0.attention"]
    assert weight.shape == (1, 4, 4, 4)
    torch.testing.assert_close(weight.sum(3), torch.ones(1, 4, 4))


def test_a_far_node_is_heard_in_one_layer():
    model = GraphMLPMixer(1, 8, 1, num_layers=1, num_patches=5).double().eval()
    data = prepare(model, path(40))
    x = torch.randn(40, 1, dtype=torch.float64, requires_grad=True)
    call(model, data, x=x)[0].backward()
    assert bool((x.grad.abs() > 0).all())


def test_patches_of_another_transform_are_refused():
    model, data = GraphViT(2, 8, 3, num_layers=1, num_patches=4), Patches(5)(path(6))
    data.x = torch.randn(6, 2)
    with pytest.raises(ValueError, match=r"got 5 patches .* of 8 steps; .* reads .*Patches\(4"):
        call(model, data)


def test_a_wrong_option_says_what_came_in():
    for options, said in (
        ({"num_patches": 0}, "num_patches must be at least 1, got 0"),
        ({"num_hops": -1}, "num_hops must be at least 0, got -1"),
        ({"partition": "halves"}, "partition must be one of growth, metis; got 'halves'"),
        ({"conv": "gat"}, "conv must be one of gine, gcn; got 'gat'"),
        ({"conv": "gcn", "edge_channels": 2}, "edge_channels=2 has no place in conv='gcn'"),
        ({"attention": "linear"}, "attention must be one of hadamard"),
        ({"heads": 3}, "got heads=3, hidden_channels=8"),
    ):
        with pytest.raises(ValueError, match=said):
            GraphViT(2, 8, 3, num_layers=1, **options)


def test_more_patches_than_memory_holds_are_refused():
    with pytest.raises(TooLargeError, match="num_patches"):
        Patches(99_999_999)
