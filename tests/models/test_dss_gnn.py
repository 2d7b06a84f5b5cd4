import json

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from conftest import ORACLES, load_oracle
from workbench.graphs import FAMOUS_PAIRS, path, ring
from workbench.models import DSSGNN, call, prepare
from workbench.models.subgraphs import POLICIES


def cases():
    return sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/esan_dss_*.npz"))


#: Theirs -> ours, of layer l.
LAYER = {
    "gnn_list": "conv",
    "bn_list": "norm",
    "gnn_sum_list": "shared_conv",
    "bn_sum_list": "shared_norm",
}


def ours(state):
    found = {}
    for key, value in state.items():
        part, number, *rest = key.split(".")
        if part == "final_layers":
            found[".".join(["head", number, *rest])] = value
            continue
        rest = rest[1:] if rest[0] == "layer" else rest  # a wrapper around the convolution
        if rest == ["eps"]:
            assert float(value) == 0
        found[".".join(["layers", number, LAYER[part], *rest])] = value
    return found


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_whole_model_gives_the_numbers_of_the_released_one(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        meta = json.loads(str(file["meta"]))
    told = meta["parameters"]
    policy, out = told["policy"], told["num_tasks"]
    marked = 2 if policy == "ego_nets_plus" else 0
    model = DSSGNN(
        told["in_dim"] - marked,
        told["emb_dim"],
        out,
        num_layers=told["num_layers"],
        policy=policy,
        num_hops=told["num_hops"],
        variant="official",
        conv="graph" if "GraphConv" in meta["function"] else "gin",
        level="graph",
    ).double()
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k[:6] == "state/"}
    model.load_state_dict(ours(state))
    graphs = [
        prepare(model, Data(x=arrays[f"{g}/x"], edge_index=arrays[f"{g}/edge_index"]))
        for g in told["graphs"]
    ]
    batch = Batch.from_data_list(graphs)
    assert batch.subgraph_index.numel() == arrays["bag/subgraph_node_idx"].numel()
    assert batch.subgraph_edge_index.size(1) == arrays["bag/edge_index"].size(1)
    found = call(model.eval(), batch)
    torch.testing.assert_close(found, arrays["output"], rtol=0, atol=1e-9)


def build(**options):
    torch.manual_seed(0)
    model = DSSGNN(3, 8, 4, **{"num_layers": 2, **options}).double()
    graph = data()
    for _ in range(3):  # moves the running statistics away from 0 and 1
        call(model.train(), prepare(model, graph))
    return model.eval()


def data(graph=None, seed=0):
    graph = path(5) if graph is None else graph
    generator = torch.Generator().manual_seed(seed)
    graph.x = torch.randn(graph.num_nodes, 3, dtype=torch.float64, generator=generator)
    return graph


@pytest.mark.parametrize("policy", ["node_deleted", "ego_nets"])
@pytest.mark.parametrize("level", ["node", "graph"])
def test_it_is_the_formula_copy_by_copy(level, policy):
    radius = {"num_hops": 1} if policy == "ego_nets" else {}
    model = build(level=level, policy=policy, **radius)
    graph = data(seed=3)
    size = graph.num_nodes
    adjacency = torch.zeros(size, size, dtype=torch.float64)
    adjacency[graph.edge_index[1], graph.edge_index[0]] = 1
    inside = ~torch.eye(size, dtype=torch.bool)  # [copies, nodes]
    if radius:  # copies of two and of three nodes
        inside = ~inside | (adjacency > 0)
    h = graph.x.expand(size, -1, -1)
    for layer in model.layers:
        mean = torch.stack([h[inside[:, v], v].mean(0) for v in range(size)])
        shared = layer.shared_norm(layer.shared_conv.nn(mean + adjacency @ mean))
        copies = []
        for kept, rows in zip(inside, h, strict=True):
            gathered = rows + (adjacency * kept) @ rows
            own = layer.norm(layer.conv.nn(gathered))
            copies.append(torch.relu(own + shared))
        h = torch.stack(copies)
    if level == "node":
        pooled = torch.stack([h[inside[:, v], v].mean(0) for v in range(size)])
    else:
        of_copies = [rows[kept].mean(0) for kept, rows in zip(inside, h, strict=True)]
        pooled = torch.stack(of_copies).mean(0, keepdim=True)
    found = call(model, prepare(model, graph))
    torch.testing.assert_close(found, model.head(pooled), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("policy", POLICIES)
def test_it_tells_a_pair_apart_that_message_passing_does_not(policy):
    first, second = FAMOUS_PAIRS["hexagon and two triangles"].build()
    model = build(policy=policy, level="graph", num_layers=4)
    for graph in (first, second):
        graph.x = torch.ones(6, 3, dtype=torch.float64)
    one, other = (call(model, prepare(model, graph)) for graph in (first, second))
    assert (one - other).abs().max() > 1e-6


def test_without_marks_ego_nets_as_large_as_the_graph_say_nothing_more():
    graph = data(ring(5))
    plain = build(policy="ego_nets", num_hops=1)
    whole = build(policy="ego_nets", num_hops=2)
    assert not torch.allclose(
        call(plain, prepare(plain, graph)), call(whole, prepare(whole, graph))
    )
    # all copies are the graph, so that their mean is each of them
    graph = prepare(whole, graph)
    layer, h = whole.layers[0], whole.encoder(graph.x)
    own = layer.norm(layer.conv(h, graph.edge_index))
    shared = layer.shared_norm(layer.shared_conv(h, graph.edge_index))
    found = layer(
        graph.x[graph.subgraph_index],
        graph.subgraph_index,
        5,
        edge_index=graph.subgraph_edge_index,
        shared_edge_index=graph.edge_index,
    )
    torch.testing.assert_close(found, torch.relu(own + shared).repeat(5, 1))


def test_layers_may_have_edges_of_their_own():
    model = build(policy="ego_nets", num_hops=4)
    graph = prepare(model, data())
    every = torch.ones(graph.edge_index.size(1), 2, dtype=torch.bool)
    torch.testing.assert_close(call(model, graph, edge_layers=every), call(model, graph))
    gone = every & torch.tensor([True, False])
    jacobian = torch.autograd.functional.jacobian(
        lambda x: call(model, graph, x=x, edge_layers=gone), graph.x
    )
    near = jacobian.abs().sum((1, 3)) > 0  # one layer with edges: one hop
    places = torch.arange(5)
    assert torch.equal(near, (places[:, None] - places).abs() <= 1)


def test_copies_of_another_policy_are_refused():
    marked, plain = build(), build(policy="ego_nets")
    said = r"have marks of roots; make them by Subgraphs\('ego_nets'"
    with pytest.raises(ValueError, match=said):
        call(plain, prepare(marked, data()))
    with pytest.raises(ValueError, match="have no marks of roots"):
        call(marked, prepare(plain, data()))
    with pytest.raises(ValueError, match="conv must be one of gin, graph; got 'gcn'"):
        DSSGNN(3, 8, 4, num_layers=1, conv="gcn")
