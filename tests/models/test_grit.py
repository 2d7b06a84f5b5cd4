import json
import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from conftest import ORACLES, load_oracle
from workbench.capture import capture, capture_attention, capture_values
from workbench.cost import TooLargeError
from workbench.encodings import Encode
from workbench.graphs import grid, path, ring, star
from workbench.models import GRIT, call, prepare
from workbench.models.grit import GRITLayer, all_pairs, signed_sqrt


def cases():
    return sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/grit_*.npz"))


#: Theirs -> ours.
NAMES = {
    "attention.Q": "query",
    "attention.K": "key",
    "attention.V": "value",
    "attention.E": "of_pair",
    "O_h": "out",
    "O_e": "pair_out",
    "batch_norm1_h": "norm1",
    "batch_norm1_e": "pair_norm",
    "batch_norm2_h": "norm2",
    "layer_norm1_h": "norm1",
    "layer_norm1_e": "pair_norm",
    "layer_norm2_h": "norm2",
    "FFN_h_layer1": "mlp.0",
    "FFN_h_layer2": "mlp.3",
}


def ours(state):
    found = {
        "score": state.pop("attention.Aw").squeeze(2).T,  # [width, heads, 1]
        "pair_value": state.pop("attention.VeRow").permute(1, 0, 2),
    }
    if "deg_coef" in state:
        found["degree_scale"] = state.pop("deg_coef")
    for key, value in state.items():
        module, _, leaf = key.rpartition(".")
        found[f"{NAMES[module]}.{leaf}"] = value
    return found


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_layer_gives_the_numbers_of_the_released_one(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        told = json.loads(str(file["meta"]))["parameters"]
    layer = GRITLayer(
        told["out_dim"],
        heads=told["num_heads"],
        degree_scaler=told["deg"],
        clamp=told["cfg"]["attn"]["clamp"],
        new_pairs=told["upd"],
        norm="batch" if told["bn"] else "layer",
        dropout=0.0,
        attention_dropout=0.0,
    )
    state = ours({k.removeprefix("state/"): v for k, v in arrays.items() if k[:6] == "state/"})
    kept = {k: v for k, v in state.items() if told["upd"] or not k.startswith("pair_")}
    kept["pair_value"] = state["pair_value"]
    layer.load_state_dict(kept)
    degree = torch.log1p(arrays["deg"].float())
    with capture(layer.eval(), "attention") as read:
        h, e = layer(arrays["x"], arrays["edge_attr"], arrays["edge_index"], degree)
    torch.testing.assert_close(h, arrays["output_x"], rtol=0, atol=2e-5)
    torch.testing.assert_close(e, arrays["output_edge_attr"], rtol=0, atol=2e-5)
    torch.testing.assert_close(read["attention"], arrays["attn"].squeeze(2), rtol=0, atol=2e-5)


def data(graph=None, seed=0, channels=3):
    graph = grid(3, 3) if graph is None else graph
    generator = torch.Generator().manual_seed(seed)
    graph.x = torch.randn(graph.num_nodes, channels, dtype=torch.float64, generator=generator)
    return graph


def build(**options):
    torch.manual_seed(0)
    return GRIT(3, 8, 4, **{"num_layers": 2, "num_steps": 6, **options}).double().eval()


def test_all_pairs_of_each_graph_by_reader():
    pairs, place_of = all_pairs(torch.tensor([0, 0, 1, 3, 3]))
    columns = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 2), (3, 3), (4, 3), (3, 4), (4, 4)]
    assert pairs.T.tolist() == [list(pair) for pair in columns]
    assert torch.equal(place_of(pairs), torch.arange(9))


def test_the_signed_root_has_no_infinite_slope_at_zero():
    z = torch.tensor([4.0, 0.0, -9.0], requires_grad=True)
    found = signed_sqrt(z)
    found.sum().backward()
    assert found.tolist() == [2, 0, -3]
    assert z.grad.tolist() == [0.25, 0, pytest.approx(1 / 6)]


def test_it_is_the_dense_formula():
    """One layer, one head after another, with matrices of all pairs."""
    graph = data()
    model = build(num_layers=1, norm=None)
    graph = prepare(model, graph)
    layer, size = model.layers[0], 9
    dense = torch.zeros(size, size, 6, dtype=torch.float64)  # [i, j]
    dense[graph.rrwp_index[1], graph.rrwp_index[0]] = graph.rrwp
    h = model.encoder(graph.x) + dense[range(size), range(size)] @ model.walk_encoder.weight.T
    e = dense @ model.pair_encoder.weight.T
    heads = []
    for head in range(4):
        at = slice(2 * head, 2 * head + 2)
        wide = layer.of_pair(e)[..., 4 * head : 4 * head + 4]
        both = layer.query(h)[:, None, at] + layer.key(h)[None, :, at]
        z = both * wide[..., :2]
        seen = torch.relu(z.sign() * z.abs().sqrt() + wide[..., 2:])
        alpha = torch.softmax((seen @ layer.score[head]).clamp(-5, 5), dim=1)
        heads.append(alpha @ layer.value(h)[:, at])
        heads[-1] = heads[-1] + torch.einsum("ij,ijc->ic", alpha, seen) @ layer.pair_value[head]
    update = torch.cat(heads, dim=1)
    degree = torch.tensor([2.0, 3, 2, 3, 4, 3, 2, 3, 2]).double()[:, None]
    scale = layer.degree_scale[0]
    update = scale[:, 0] * update + scale[:, 1] * update * torch.log(1 + degree)
    h = h + layer.out(update)
    h = h + layer.mlp(h)
    torch.testing.assert_close(call(model, graph), model.head(h), rtol=1e-9, atol=1e-9)


def test_a_hub_of_nine_grows_by_the_logarithm_of_its_degree():
    graph = data(star(9))
    model = build(num_layers=1, norm=None)
    graph = prepare(model, graph)
    layer, seen = model.layers[0], []
    layer.out.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    with torch.no_grad():
        for by_degree in (0.0, 1.0):
            layer.degree_scale[..., 0], layer.degree_scale[..., 1] = 1.0, by_degree
            call(model, graph)
    degree = torch.bincount(graph.edge_index[1], minlength=graph.num_nodes).double()
    hub = int(degree.argmax())
    assert degree[hub] == graph.num_nodes - 1
    factor = 1 + math.log(1 + float(degree[hub]))
    torch.testing.assert_close(seen[1][hub], factor * seen[0][hub])


def test_edge_features_arrive_where_the_edges_are():
    graph = data(Data(edge_index=torch.tensor([[0], [1]]), num_nodes=3))
    graph.edge_attr = torch.ones(1, 2, dtype=torch.float64)
    model = build(num_layers=1, edge_channels=2)
    graph = prepare(model, graph)
    jacobian = torch.autograd.functional.jacobian(
        lambda attr: call(model, graph, edge_attr=attr), graph.edge_attr
    )
    assert (jacobian.abs().sum((1, 2, 3)) > 0).tolist() == [False, True, False]  # who reads
    with pytest.raises(ValueError, match="no edge_attr; edge_channels=2"):
        call(model, graph, edge_attr=None)


def test_layers_may_have_degrees_of_their_own():
    model = build(num_layers=2)
    graph = prepare(model, data())
    every = torch.ones(graph.edge_index.size(1), 2, dtype=torch.bool)
    plain = call(model, graph)
    torch.testing.assert_close(call(model, graph, edge_layers=every), plain)
    every[:, 1] = False
    assert not torch.allclose(call(model, graph, edge_layers=every), plain)


def test_another_number_of_steps_is_refused():
    model = build()
    graph = Encode("rrwp", num_steps=5)(data())
    with pytest.raises(ValueError, match=r"rrwp has 5 steps, and this GRIT reads 6; .*num_steps=6"):
        call(model, prepare(model, graph))


def test_it_counts_rings_that_attention_alone_cannot():
    model = build(level="graph")
    rings = [ring(5), ring(6)]
    for graph in rings:
        graph.x = torch.ones(graph.num_nodes, 3, dtype=torch.float64)
    small, large = (call(model, prepare(model, graph)) for graph in rings)
    assert (small - large).abs().max() > 1e-3


def test_an_encoding_joins_in_a_batch_with_edges_and_features():
    model = build(edge_channels=1)
    graphs = [data(grid(2, 3)), data(ring(4), seed=1)]
    for graph in graphs:
        graph.edge_attr = torch.rand(graph.edge_index.size(1), 1, dtype=torch.float64)
    graphs = [prepare(model, graph) for graph in graphs]
    together = call(model, Batch.from_data_list(graphs))
    alone = torch.cat([call(model, graph) for graph in graphs])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=1e-10)


def test_attention_is_read_head_by_head_and_graph_by_graph():
    model = build()
    graphs = [prepare(model, data(grid(2, 3))), prepare(model, data(ring(4), seed=1))]
    batch = Batch.from_data_list(graphs)
    with capture_attention(model) as read:
        call(model, batch)
    assert list(read) == ["layers.0.attention", "layers.1.attention"]
    for number, graph in enumerate(graphs):
        with capture_attention(model) as alone:
            call(model, graph)
        assert read.dense(number).shape == (2, 4, graph.num_nodes, graph.num_nodes)
        torch.testing.assert_close(read.dense(number), alone.dense())
        torch.testing.assert_close(alone.dense().sum(3), torch.ones(2, 4, graph.num_nodes).double())
    with pytest.raises(ValueError, match="names attention weights alone"), capture_values(model):
        pass


def test_pairs_that_would_fill_the_memory_are_refused():
    graph = path(30_000)
    nothing = {"rrwp": torch.zeros(0, 16), "rrwp_index": torch.zeros(2, 0, dtype=torch.int64)}
    message = (
        r"GRIT of 1 graphs with up to 30,000 nodes would take .* GB .* 2 layers of 64 channels"
    )
    with pytest.raises(TooLargeError, match=message):
        GRIT(1, 64, 2, num_layers=2)(torch.ones(30_000, 1), graph.edge_index, **nothing)
