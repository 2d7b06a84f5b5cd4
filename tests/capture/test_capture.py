"""Reading any submodule by name, and attention through self-loops, batches and padding."""

import copy
import json
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data
from torch_geometric.nn import (
    GATConv,
    GATv2Conv,
    GCNConv,
    GINConv,
    GINEConv,
    GPSConv,
    TransformerConv,
)

from conftest import ORACLES, load_oracle
from workbench.capture import capture, capture_attention
from workbench.capture.attention import columns_of
from workbench.diagnostics import attention_rollout
from workbench.models import GAT, GCN, GPS

#: a loop at 1, the edge 0 -> 2 twice, 3 -> 0 one way, node 4 isolated
EDGES = torch.tensor([[0, 1, 1, 0, 0, 3], [1, 0, 1, 2, 2, 0]])
NODES = 5


def features(num_nodes=NODES, channels=3, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_nodes, channels, generator=generator).to(dtype)


def build(kind=GAT, *, seed=0, **options):
    torch.manual_seed(seed)
    return kind(3, 8, 4, **{"num_layers": 2, **options}).double().eval()


def state_of(model):
    """Everything that a hook could have left behind."""
    return [
        {k: len(v) for k, v in vars(module).items() if k.endswith("_hooks")}
        | {"keys": sorted(vars(module)), "training": module.training}
        for module in model.modules()
    ], torch.backends.mha.get_fastpath_enabled()


# ------------------------------------------------------------------------------------- outputs


def test_named_outputs_are_those_of_the_submodules():
    model, x = build(GCN), features()
    with torch.no_grad():
        h = model.encoder(x)
        with capture(model, "encoder", "layers.*", "layers.*.conv", "head") as read:
            out = model(x, EDGES)
    wanted = ["encoder", "layers.0", "layers.0.conv", "layers.1", "layers.1.conv", "head"]
    assert list(read) == wanted
    assert len(read) == 6
    torch.testing.assert_close(read["encoder"], h)
    torch.testing.assert_close(read["head"], out)
    torch.testing.assert_close(model.head(read["layers.1"]), out)
    assert not read["head"].requires_grad


def test_one_call_does_the_same():
    model, x = build(GCN), features()
    read = capture(model, "layers.1").run(x, edge_index=EDGES)
    torch.testing.assert_close(model.head(read["layers.1"]), model(x, EDGES))


def test_only_what_is_asked_for_is_kept():
    model = build(GCN)
    assert list(capture(model, "layers.?").run(features(), EDGES)) == ["layers.0", "layers.1"]
    assert list(capture(model, "").run(features(), EDGES)) == [""]
    everything = capture(model, "**").run(features(), EDGES)
    assert set(everything) <= {name for name, _ in model.named_modules()} - {""}
    assert "layers.0.conv.lin" in everything


def test_a_module_that_runs_several_times_gives_a_list():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.ReLU(), shared)  # one module, named where it comes first
    read = capture(model, "0", "1").run(torch.ones(1, 2))
    assert [len(read.calls(name)) for name in read] == [2, 1]
    assert isinstance(read["0"], list)
    torch.testing.assert_close(read["1"], read["0"][0].relu())
    with capture(model, "1") as read:
        for _ in range(3):
            model(torch.ones(1, 2))
    assert len(read["1"]) == 3


def test_a_module_that_does_not_run_is_not_there():
    model = nn.ModuleDict({"used": nn.Linear(2, 2), "idle": nn.Linear(2, 2)})
    with capture(model, "*") as read:
        model["used"](torch.ones(1, 2))
    assert list(read) == ["used"]
    assert read.calls("idle") == []
    with pytest.raises(KeyError, match="'idle' is watched but has not run"):
        read["idle"]
    with pytest.raises(KeyError, match="not watched; there is used, idle"):
        read["other"]


class Odd(nn.Module):
    """Returns a tuple with a dict in it, and changes its input in place."""

    def forward(self, x):
        gone = {"twice": 2 * x, "name": "odd"}
        return x, [gone, None]


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.odd = Odd()

    def forward(self, x):
        y, _ = self.odd(x)
        return y.add_(1)


def test_tuples_dicts_and_in_place_operations():
    read = capture(InPlace(), "odd", dtype=torch.float16).run(torch.zeros(2, 2))
    x, [rest, nothing] = read["odd"]
    assert x.dtype == rest["twice"].dtype == torch.float16
    assert (rest["name"], nothing) == ("odd", None)
    read = capture(InPlace(), "odd").run(torch.zeros(2, 2))
    assert float(read["odd"][0].sum()) == 0  # not the ones that were added later


def test_the_graph_is_kept_where_it_is_asked_for():
    model, x = build(GCN), features().requires_grad_()
    with capture(model, "layers.0", keep_graph=True) as read:
        model(x, EDGES)
    (gradient,) = torch.autograd.grad(read["layers.0"].sum(), x)
    assert float(gradient.abs().sum()) > 0
    run = capture(model, "layers.0", keep_graph=True).run(x, EDGES)
    assert run["layers.0"].requires_grad


def test_the_model_is_left_as_it_was_also_after_an_error():
    for model in (build(GCN), build(GAT), build(GPS, local="gat")):
        before, weights = state_of(model), copy.deepcopy(model.state_dict())
        with (
            capture(model, "**"),
            capture_attention(model) if not isinstance(model, GCN) else capture(model, "head"),
        ):
            model(features(), EDGES)
        assert state_of(model) == before
        with pytest.raises(RuntimeError), capture(model, "**"):
            model(features(channels=7), EDGES)
        assert state_of(model) == before
        assert all(torch.equal(model.state_dict()[key], value) for key, value in weights.items())


def test_captures_nest_and_open_twice_in_turn_but_not_at_once():
    model, x = build(GCN), features()
    with capture(model, "head") as outer, capture(model, "head") as inner:
        model(x, EDGES)
    assert torch.equal(outer["head"], inner["head"])
    read = capture(model, "head")
    for _ in range(2):
        read.run(x, EDGES)
        assert len(read.calls("head")) == 1  # each block starts empty
    with read, pytest.raises(RuntimeError, match="already open"), read:
        pass
    assert all(not module._forward_hooks for module in model.modules())


def test_a_name_that_is_not_there_lists_those_that_are():
    with pytest.raises(ValueError, match=r"'layer\.\*'; there is encoder, layers, layers\.0"):
        capture(build(GCN), "layer.*")
    with pytest.raises(ValueError, match="none but the model itself"):
        capture(nn.Linear(1, 1), "*")
    with pytest.raises(ValueError, match="at least one submodule"):
        capture(build(GCN))
    with pytest.raises(TypeError, match=r"floating-point type, got torch\.int64"):
        capture(build(GCN), "head", dtype=torch.int64)


# --------------------------------------------------------------------- attention along edges


def conv_of(kind, heads=2, **options):
    torch.manual_seed(0)
    return kind(3, 4, heads=heads, **options).double().eval()


KINDS = (GATConv, GATv2Conv, TransformerConv)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_that_the_layer_itself_gives(kind):
    conv, x = conv_of(kind), features()
    out, (pairs, weight) = conv(x, EDGES, return_attention_weights=True)
    with capture_attention(conv) as read:
        again = conv(x, EDGES)
    entry = read[""]
    assert torch.equal(again, out)
    assert torch.equal(entry.weight, weight.detach().t())
    assert torch.equal(entry.pairs, pairs)
    assert (entry.num_nodes, entry.num_heads, entry.num_columns) == (NODES, 2, 6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_weight_belongs_to_its_edge(kind):
    read = capture_attention(conv_of(kind)).run(features(), EDGES)[""]
    given = read.column >= 0
    assert torch.equal(read.pairs[:, given], EDGES[:, read.column[given]])
    on_edges, on_self = read.on_edges(), read.on_self()
    assert torch.equal(on_edges[:, read.column[given]], read.weight[:, given])
    loop = EDGES[0] == EDGES[1]
    if kind is TransformerConv:  # keeps the loop it was given, adds none
        assert not on_edges.isnan().any()
        torch.testing.assert_close(on_self[:, [1]], on_edges[:, loop])
        assert float(on_self[:, [0, 2, 3, 4]].abs().max()) == 0
    else:
        assert on_edges[:, loop].isnan().all()
        assert (on_self > 0).all()
    # what a node gets over its in-edges and from itself is one, or nothing at all
    total = on_self.index_add(1, EDGES[1][~loop], on_edges[:, ~loop])
    silent = [3, 4] if kind is TransformerConv else []
    expected = torch.ones_like(total)
    expected[:, silent] = 0
    torch.testing.assert_close(total, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_matrix_has_queries_as_rows_and_adds_repeats(kind):
    read = capture_attention(conv_of(kind)).run(features(), EDGES)[""]
    dense, on_edges = read.dense(), read.on_edges()
    assert dense.shape == (2, NODES, NODES)
    torch.testing.assert_close(dense[:, 2, 0], on_edges[:, 3] + on_edges[:, 4])
    torch.testing.assert_close(dense[:, 0, 3], on_edges[:, 5])
    assert float(dense[:, 3, 0].abs().max()) == 0  # the edge 3 -> 0 is looked along by 0 alone
    assert torch.equal(read.allowed_pairs(), (dense > 0).all(0))


def test_messages_that_flow_backward_are_seen_from_their_query():
    conv = conv_of(GATConv, flow="target_to_source")
    read = capture_attention(conv).run(features(), EDGES)[""]
    assert float(read.dense()[0, 3, 0]) > 0
    torch.testing.assert_close(read.dense().sum(-1), torch.ones(2, NODES, dtype=torch.float64))


def test_without_added_loops_every_entry_is_an_edge():
    read = capture_attention(conv_of(GATConv, add_self_loops=False)).run(features(), EDGES)[""]
    assert torch.equal(read.column, torch.arange(6))
    torch.testing.assert_close(read.on_edges(), read.weight)


def test_columns_that_cannot_be_aligned_are_refused():
    with pytest.raises(ValueError, match="given 6 edges and used 5"):
        columns_of(EDGES, EDGES[:, :5], adds_loops=False)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_small_floats_stay_or_are_cast(dtype):
    for model in (build(GAT).to(dtype), build(GPS).to(dtype)):
        x = features(dtype=dtype)
        read = capture_attention(model).run(x, EDGES)
        entry = next(iter(read.values()))
        assert entry.weight.dtype == entry.dense().dtype == dtype
        entry = next(iter(capture_attention(model, dtype=torch.float64).run(x, EDGES).values()))
        assert entry.weight.dtype == torch.float64
        total = entry.dense().sum(-1)
        torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=0.02)


def test_bipartite_and_sparse_input_is_refused():
    conv = conv_of(GATConv, add_self_loops=False)
    with pytest.raises(ValueError, match="from 5 to 4 nodes"), capture_attention(conv):
        conv((features(), features(4)), EDGES[:, :3])
    sparse = torch.sparse_coo_tensor(EDGES[:, :3], torch.ones(3).double(), (5, 5)).to_sparse_csr()
    with pytest.raises(ValueError, match="sparse adjacency"), capture_attention(conv):
        conv(features(), sparse)


@pytest.mark.parametrize("kind", KINDS)
def test_no_edges(kind):
    read = capture_attention(conv_of(kind)).run(features(), EDGES[:, :0])[""]
    assert read.dense().shape == (2, NODES, NODES)
    assert read.on_edges().shape == (2, 0)


# ------------------------------------------------------------------- attention between all nodes


def graphs():
    """Three graphs of 5, 3 and 1 nodes."""
    edges = [EDGES, torch.tensor([[0, 1], [1, 2]]), EDGES[:, :0]]
    sizes = [5, 3, 1]
    return [
        Data(x=features(n, seed=i), edge_index=e)
        for i, (n, e) in enumerate(zip(sizes, edges, strict=True))
    ]


@pytest.mark.parametrize("kind", [GAT, GPS])
def test_a_graph_of_a_batch_has_the_weights_that_it_has_alone(kind):
    model, batch = build(kind), Batch.from_data_list(graphs())
    together = capture_attention(model).run(batch.x, batch.edge_index, batch.batch)
    entry = together[next(iter(together))]
    assert entry.num_graphs == 3
    assert torch.equal(entry.batch, batch.batch)
    assert torch.equal(entry.batch[entry.pairs[0]], entry.batch[entry.pairs[1]])
    for i, graph in enumerate(graphs()):
        alone = capture_attention(model).run(graph.x, graph.edge_index)
        torch.testing.assert_close(together.dense(i), alone.dense(), rtol=1e-10, atol=1e-12)
        assert torch.equal(entry.nodes(i), (batch.batch == i).nonzero().flatten())
    with pytest.raises(ValueError, match="graph must be 0 to 2, got 3"):
        entry.dense(3)


def test_padding_has_no_entry():
    batch = Batch.from_data_list(graphs())
    read = capture_attention(build(GPS)).run(batch.x, batch.edge_index, batch.batch)
    entry = read["layers.0.attn"]
    assert entry.weight.size(1) == 5**2 + 3**2 + 1**2
    assert (entry.weight > 0).all()
    assert entry.num_columns == 0
    assert (entry.column == -1).all()
    torch.testing.assert_close(entry.dense(2), torch.ones(4, 1, 1, dtype=torch.float64))


def test_weights_are_the_softmax_of_the_projections():
    model, x = build(GPS, num_layers=1, heads=2), features()
    with torch.no_grad():
        attention, h = model.layers[0].attn, model.encoder(x)
        projected = nn.functional.linear(h, attention.in_proj_weight, attention.in_proj_bias)
        query, key, _ = (part.view(NODES, 2, 4).transpose(0, 1) for part in projected.split(8, 1))
        expected = torch.softmax(query @ key.transpose(1, 2) / 2, dim=-1)
    found = capture_attention(model).run(x, EDGES)["layers.0.attn"].dense()
    torch.testing.assert_close(found, expected)


def test_the_caller_gets_what_it_asked_for():
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 2, batch_first=True).double().eval()
    x = features(10, 8).view(2, 5, 8)
    asked = [{}, {"need_weights": False}, {"average_attn_weights": False}]
    for options in asked:
        plain_out, plain = module(x, x, x, **options)
        reading = capture_attention(module), capture(module, ""), capture_attention(module)
        with reading[0] as outer, reading[1] as output, reading[2] as inner:
            out, weight = module(x, x, x, **options)
        torch.testing.assert_close(out, plain_out)
        if plain is None:
            assert weight is None
            assert output[""][1] is None
        else:
            torch.testing.assert_close(weight, plain)
        assert torch.equal(outer[""].weight, inner[""].weight)
        assert outer[""].num_graphs == 2
    positional = module(x, x, x, None, False)
    with capture_attention(module) as read:
        out, weight = module(x, x, x, None, False)
    assert weight is None
    torch.testing.assert_close(out, positional[0])
    assert read[""].num_heads == 2


@pytest.mark.parametrize("batch_first", [True, False])
def test_masks_leave_entries_out(batch_first):
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 2, batch_first=batch_first).double().eval()
    x = features(8, 8).view(2, 4, 8)
    x = x if batch_first else x.transpose(0, 1)
    padding = torch.tensor([[False, False, False, True], [False, True, True, True]])
    causal = torch.ones(4, 4, dtype=torch.bool).triu(1)
    number = torch.zeros(4, 4, dtype=torch.float64).masked_fill(causal, -torch.inf)
    per_head = causal.expand(4, 4, 4).clone()
    per_head[0] = False  # one head of the first graph looks everywhere
    for mask, entries in ((causal, 6 + 1), (number, 6 + 1), (per_head, 9 + 1), (None, 9 + 1)):
        padded = padding if mask is None or mask.dtype == torch.bool else None
        entries = entries if padded is not None else 2 * 10
        with capture_attention(module) as read:
            module(x, x, x, key_padding_mask=padded, attn_mask=mask)
        entry = read[""]
        assert entry.weight.size(1) == entries
        total = torch.zeros(2, entry.num_nodes, dtype=torch.float64)
        total.index_add_(1, entry.pairs[1], entry.weight)
        torch.testing.assert_close(total, torch.ones_like(total))


def test_one_sequence_without_a_batch_and_cross_attention():
    module = nn.MultiheadAttention(8, 2).double().eval()
    x = features(5, 8)
    assert capture_attention(module).run(x, x, x)[""].dense().shape == (2, 5, 5)
    with pytest.raises(ValueError, match="from 5 queries to 3 keys"), capture_attention(module):
        module(x, x[:3], x[:3])


def test_torch_encoder_layers_do_not_run_past_the_hooks():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2).double().eval()
    x, padding = features(10, 8).view(2, 5, 8), torch.zeros(2, 5, dtype=torch.bool)
    padding[1, 3:] = True
    with torch.no_grad():
        plain = model(x, src_key_padding_mask=padding)
        with capture_attention(model) as read, capture(model, "layers.*.self_attn") as outputs:
            out = model(x, src_key_padding_mask=padding)
    torch.testing.assert_close(out[~padding], plain[~padding])
    assert list(read) == list(outputs) == ["layers.0.self_attn", "layers.1.self_attn"]
    assert read["layers.0.self_attn"].num_nodes == 8
    assert torch.backends.mha.get_fastpath_enabled()


# ------------------------------------------------------------------------- models and patterns


class OfData(nn.Module):
    """Takes a Data object, returns a tuple, runs one layer twice."""

    def __init__(self):
        super().__init__()
        self.conv = GATConv(3, 3)

    def forward(self, data):
        h = self.conv(data.x, data.edge_index)
        return self.conv(h, data.edge_index), h


def test_the_batch_of_a_data_object_is_found_and_two_calls_are_a_list():
    torch.manual_seed(0)
    model, batch = OfData().double().eval(), Batch.from_data_list(graphs())
    read = capture_attention(model).run(batch)
    assert isinstance(read["conv"], list)
    assert [call.num_graphs for call in read["conv"]] == [3, 3]
    assert read.dense(1).shape == (2, 1, 3, 3)


def test_a_batch_can_be_given():
    conv, batch = conv_of(GATConv), Batch.from_data_list(graphs())
    assert capture_attention(conv).run(batch.x, batch.edge_index)[""].num_graphs == 1
    read = capture_attention(conv, batch=batch.batch).run(batch.x, batch.edge_index)
    assert read[""].num_graphs == 3


def test_patterns_name_a_module_or_what_it_is_in():
    model = build(GPS, local="gat", num_layers=3)
    all_six = [f"layers.{i}.{part}" for i in range(3) for part in ("conv", "attn")]
    assert list(capture_attention(model).run(features(), EDGES)) == all_six
    for patterns, wanted in [
        (("layers.*.attn",), all_six[1::2]),
        (("layers.1",), all_six[2:4]),
        (("layers.2.conv", "layers.0"), [*all_six[:2], all_six[4]]),
    ]:
        assert list(capture_attention(model, *patterns).run(features(), EDGES)) == wanted
    with pytest.raises(ValueError, match=r"no attention in 'head'; this model's is in layers\.0"):
        capture_attention(model, "head")
    with pytest.raises(ValueError, match=r"'nothing'; there is encoder"):
        capture_attention(model, "nothing")
    with pytest.raises(ValueError, match="no submodule of GCN is one of GATConv"):
        capture_attention(build(GCN))


def test_layers_stack_where_they_have_as_many_heads():
    model = nn.ModuleList([GATConv(3, 2, heads=2), GATConv(4, 2, heads=3)]).double().eval()
    with capture_attention(model) as read:
        model[1](model[0](features(), EDGES), EDGES)
    dense = read.dense()  # else each has its mean head
    assert dense.shape == (2, 1, NODES, NODES)
    for mean, call in zip(dense, read.values(), strict=True):
        torch.testing.assert_close(mean, call.dense().mean(dim=0, keepdim=True))
    every = [call.dense() for call in read.values()]
    torch.testing.assert_close(attention_rollout(every), attention_rollout(dense))


def test_gradients_flow_through_weights_that_keep_their_graph():
    for model in (build(GAT), build(GPS)):
        x = features().requires_grad_()
        with capture_attention(model, keep_graph=True) as read:
            model(x, EDGES)
        entry = next(iter(read.values()))
        (gradient,) = torch.autograd.grad(entry.dense().square().sum(), x)
        assert float(gradient.abs().sum()) > 0
        assert not next(iter(capture_attention(model).run(x, EDGES).values())).weight.requires_grad


def oracle_files():
    kinds = ("pyg_GATConv", "pyg_GATv2Conv", "pyg_TransformerConv", "gpsconv")
    return sorted(path.name for kind in kinds for path in ORACLES.glob(f"07_models/{kind}*.npz"))


@pytest.mark.parity
@pytest.mark.parametrize("name", oracle_files())
def test_outputs_stay_those_of_the_oracle_while_attention_is_read(name):
    arrays = {k: torch.from_numpy(v) for k, v in load_oracle(f"07_models/{name}").items()}
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    conv, extra = oracle_layer(name, arrays, state), {}
    conv.load_state_dict(state)
    if "edge_attr" in arrays:
        extra["edge_attr"] = arrays["edge_attr"]
    if "batch" in arrays:
        extra["batch"] = arrays["batch"]
    with torch.no_grad(), capture_attention(conv.eval()) as read:
        out = conv(arrays["x"], arrays["edge_index"], **extra)
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)
    (entry,) = read.values()
    total = torch.zeros(entry.num_heads, entry.num_nodes)
    total.index_add_(1, entry.pairs[1], entry.weight)
    torch.testing.assert_close(total, (total > 0).float())  # 0 without in-edges


def oracle_layer(name, arrays, state):
    """The layer whose weights a file holds, with the options that the file's arrays tell."""
    width = arrays["x"].size(1)
    with np.load(ORACLES / "07_models" / name) as file:  # heads are in no shape
        heads = int(
            re.search(r"heads=(\d+)", json.loads(str(file["meta"]))["parameters"]["repr"])[1]
        )
    if name.startswith("gpsconv"):
        local = None
        if "conv.lin.weight" in state:
            local = GCNConv(width, width)
        elif "conv.nn.0.weight" in state:
            perceptron = [nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)]
            kind = GINEConv if "edge_attr" in arrays else GINConv
            local = kind(nn.Sequential(*perceptron))
        norm = "batch_norm" if any("running_mean" in key for key in state) else "layer_norm"
        return GPSConv(width, local, heads=heads, norm=norm)
    edge_dim = arrays["edge_attr"].size(1) if "edge_attr" in arrays else None
    if "GATv2" in name:
        channels = state["att"].size(2)
        return GATv2Conv(width, channels, heads=heads, edge_dim=edge_dim)
    if "GAT" in name:
        channels = state["att_src"].size(2)
        return GATConv(width, channels, heads=heads, edge_dim=edge_dim)
    channels = state["lin_key.weight"].size(0) // heads
    beta = "lin_beta.weight" in state
    return TransformerConv(width, channels, heads=heads, edge_dim=edge_dim, beta=beta)


def test_one_head_of_gat_ranks_alike_for_every_query_and_gatv2_does_not():
    # Brody et al. 2022, static against dynamic attention
    sources, targets = torch.arange(6), torch.arange(6) + 6
    edge_index = torch.cartesian_prod(sources, targets).T.contiguous()
    x = features(12, 4, seed=3)
    for kind, alike in ((GATConv, True), (GATv2Conv, False)):
        torch.manual_seed(1)
        conv = kind(4, 8, heads=1, add_self_loops=False).double().eval()
        matrix = capture_attention(conv).run(x, edge_index)[""].dense()[0, 6:, :6]
        ranking = matrix.argsort(dim=1)
        assert bool((ranking == ranking[0]).all()) == alike


def test_weights_in_training_carry_the_dropout_of_the_model():
    torch.manual_seed(0)
    conv = conv_of(GATConv, dropout=0.5).train()
    dropped = capture_attention(conv).run(features(), EDGES)[""].weight
    assert (dropped == 0).any()
