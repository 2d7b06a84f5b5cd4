"""What every model of the zoo owes: laws, whatever its layers are and whatever it reads."""

import inspect
import warnings

import networkx as nx
import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.utils import from_networkx

from workbench.capture import capture, model_inputs
from workbench.diagnostics import sensitivity
from workbench.models import MODELS, call, prepare
from workbench.models.residual import NORMS

EDGE_CHANNELS = 2


def random_graph(num_nodes, seed, channels=3):
    graph = nx.connected_watts_strogatz_graph(num_nodes, 2 + 2 * (seed % 2), 0.3, seed=seed)
    return featured(graph, seed, channels)


def featured(graph, seed=0, channels=3):
    """A graph of networkx with random features of nodes and edges, and weights."""
    edge_index = from_networkx(graph).edge_index if graph.number_of_edges() else NONE
    generator = torch.Generator().manual_seed(seed)
    count, size = edge_index.size(1), graph.number_of_nodes()
    return Data(
        x=torch.randn(size, channels, generator=generator, dtype=torch.float64),
        edge_index=edge_index,
        edge_weight=0.5 + torch.rand(count, generator=generator, dtype=torch.float64),
        edge_attr=torch.randn(count, EDGE_CHANNELS, generator=generator, dtype=torch.float64),
    )


NONE = torch.zeros(2, 0, dtype=torch.int64)

#: Models in which states decide who hears whom: what a node may see, it need not.
DECIDING = ("CoGNN",)


def renamed(data, order):
    """The graph whose node i is node order[i] of this one."""
    moved = data.clone()
    moved.x, moved.edge_index = data.x[order], torch.argsort(order)[data.edge_index]
    return moved


def build(name, num_layers=3, *, trained=False, **options):
    torch.manual_seed(0)
    model = MODELS[name](3, 16, 4, num_layers=num_layers, **options).double()
    if trained:  # moves the running statistics away from 0 and 1
        graph = prepare(model, random_graph(30, 5))
        for _ in range(3):
            call(model.train(), graph)
    return model.eval()


def answer(model, data, **overrides):
    with torch.no_grad():
        return call(model, prepare(model, data), **overrides)


def felt(model, data):
    """``[nodes, nodes]``: how strongly each output depends on each input, by the diagnostic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a model without layers and edges may see nothing
        return sensitivity(model, data.x, data.edge_index, inputs=model_inputs(model, data))


def assert_seen(name, seen, near):
    """Nothing beyond what is near is seen, and all of that unless the model decides."""
    if name in DECIDING:
        seen = seen | near
    assert torch.equal(seen, near)


@pytest.fixture(params=list(MODELS))
def name(request):
    return request.param


def local(name):
    return build(name).reach is not None


@pytest.fixture(params=[name for name in MODELS if local(name)])
def local_name(request):
    return request.param


# ---- as one function of a graph --------------------------------------------------------------


def test_it_is_built_and_called_with_its_defaults(name):
    model = MODELS[name](3, 16, 4, num_layers=2)
    data = random_graph(9, 1)
    data.x, data.edge_weight = data.x.float(), data.edge_weight.float()
    assert call(model, prepare(model, data)).shape == (9, 4)
    for transform in model.requires:
        data = transform(data)
        assert "object at" not in repr(transform)
    assert call(model, data).shape == (9, 4)
    assert model.reach is None or model.reach >= 2


@pytest.mark.parametrize("norm", list(NORMS))
def test_renaming_the_nodes_renames_the_output(name, norm):
    model, graph = build(name, norm=norm, trained=True), random_graph(12, 1)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(3))
    expected = answer(model, graph)[order]
    found = answer(model, renamed(graph, order))
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)


def test_renaming_the_nodes_leaves_a_graph_output_alone(name):
    model, graph = build(name, level="graph", trained=True), random_graph(12, 1)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(3))
    out = answer(model, graph)
    assert out.shape == (1, 4)
    torch.testing.assert_close(answer(model, renamed(graph, order)), out, rtol=1e-8, atol=1e-8)


def test_the_order_of_the_edges_says_nothing(name):
    model, graph = build(name, trained=True), random_graph(12, 1)
    order = torch.randperm(graph.edge_index.size(1), generator=torch.Generator().manual_seed(2))
    mixed = graph.clone()
    for key in ("edge_index", "edge_weight", "edge_attr"):
        mixed[key] = graph[key][..., order] if key == "edge_index" else graph[key][order]
    torch.testing.assert_close(answer(model, mixed), answer(model, graph), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("level", ["node", "graph"])
def test_a_graph_in_a_batch_answers_as_alone(name, level):
    model = build(name, level=level, trained=True)
    alone = nx.empty_graph(2)  # no edges
    graphs = [random_graph(n, seed) for seed, n in enumerate([7, 12, 5])]
    graphs = [*graphs, featured(alone), featured(nx.empty_graph(1))]
    graphs = [prepare(model, graph) for graph in graphs]
    together = answer(model, Batch.from_data_list(graphs))
    apart = torch.cat([answer(model, graph) for graph in graphs])
    torch.testing.assert_close(together, apart, rtol=1e-8, atol=1e-8)


def test_one_node_no_edges_and_two_components_work(name):
    two = nx.disjoint_union(nx.path_graph(4), nx.cycle_graph(3))
    for graph in (nx.empty_graph(1), nx.empty_graph(4), two):
        data, size = featured(graph), graph.number_of_nodes()
        for level, rows in (("node", size), ("graph", 1)):
            out = answer(build(name, level=level), data)
            assert out.shape == (rows, 4)
            assert torch.isfinite(out).all()


def test_a_directed_graph_with_loops_and_repeats_works(name):
    edges = torch.tensor([[0, 0, 1, 2, 2], [1, 1, 2, 2, 3]])
    data = Data(x=torch.ones(4, 3, dtype=torch.float64), edge_index=edges)
    assert torch.isfinite(answer(build(name), data)).all()


# ---- how far it sees -------------------------------------------------------------------------


@pytest.mark.parametrize("num_layers", [0, 1, 3])
@pytest.mark.parametrize("norm", list(NORMS))
def test_a_node_sees_as_many_hops_as_the_model_says(name, num_layers, norm):
    model = build(name, num_layers, norm=norm, trained=num_layers > 0)
    graph = nx.path_graph(9)
    nx.add_cycle(graph, [3, 9, 10, 11])
    seen = felt(model, featured(graph)) > 0
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    reach = 99 if model.reach is None else model.reach
    near = torch.tensor([[hops[v][u] <= reach for u in range(12)] for v in range(12)])
    assert_seen(name, seen, near)
    if num_layers == 0:
        assert model.reach == 0


@pytest.mark.parametrize("num_layers", [1, 3])
def test_a_message_follows_the_direction_of_its_edge(local_name, num_layers):
    data = Data(x=random_graph(6, 1).x[:2], edge_index=torch.tensor([[0], [1]]))
    model = build(local_name, num_layers)
    assert (felt(model, data) > 0).tolist() == [[True, False], [True, True]]


def test_a_layer_passes_messages_along_its_own_edges(name):
    model = build(name, 2, trained=True)
    data = prepare(model, featured(nx.path_graph(5)))
    every = torch.ones(data.edge_index.size(1), 2, dtype=torch.bool)
    plain = answer(model, data)
    torch.testing.assert_close(answer(model, data, edge_layers=every), plain)
    data.edge_layers = every & torch.tensor([True, False])
    assert not torch.allclose(answer(model, data), plain)
    if model.reach is not None:
        places = torch.arange(5)
        near = (places[:, None] - places).abs() <= build(name, 1).reach
        assert_seen(name, felt(model, data) > 0, near)
    joined = answer(model, Batch.from_data_list([data, data]))
    torch.testing.assert_close(joined, answer(model, data).repeat(2, 1), rtol=1e-8, atol=1e-8)
    with pytest.raises(ValueError, match=r"edge_layers must be \[edges, layers\], \[8, 2\]"):
        answer(model, data, edge_layers=every[:, :1])


# ---- as something to train, to differentiate and to look into ---------------------------------


@pytest.mark.parametrize("level", ["node", "graph"])
def test_a_step_down_the_gradient_of_every_parameter(name, level):
    model = build(name, 2, level=level).train()
    graphs = [random_graph(n, seed) for seed, n in enumerate([7, 12, 5, 9, 8, 6])]
    batch = Batch.from_data_list([prepare(model, graph) for graph in graphs])

    def loss():
        torch.manual_seed(1)  # what is drawn in training is drawn alike
        out = call(model, batch)
        return torch.nn.functional.cross_entropy(out, torch.arange(out.size(0)) % 4)

    optimizer, first = torch.optim.SGD(model.parameters(), lr=1e-3), loss()
    first.backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key
        # a bias in front of a normalization has none but rounding
        assert parameter.dim() < 2 or parameter.grad.abs().max() > 1e-9, key
    optimizer.step()
    assert loss() < first


def test_sensitivity_is_the_jacobian(name):
    model, data = build(name, 2, trained=True), random_graph(8, 2)
    ready = prepare(model, data)
    jacobian = torch.autograd.functional.jacobian(lambda x: call(model, ready, x=x), data.x)
    expected = jacobian.pow(2).sum((1, 3)).sqrt()
    torch.testing.assert_close(felt(model, data), expected, rtol=1e-8, atol=1e-12)


def test_capture_reads_what_the_docstring_names(name):
    model, data = build(name, 2, level="graph"), random_graph(8, 2)
    said = inspect.getdoc(MODELS[name])
    assert "Submodules to read from outside: ``encoder``" in said
    wanted = ["encoder", "layers.0", "layers.1", "readout", "head"]
    there = dict(model.named_modules())
    parts = said.split("Submodules to read from outside:")[1].split("\n\n")[0]
    named = [word for word in parts.split("``")[1::2] if " " not in word and "(" not in word]
    for word in named:
        assert word in there or f"layers.0{word}" in there, word
        wanted.append(word if word in there else f"layers.0{word}")
    ready = prepare(model, data)
    with capture(model, *wanted) as read, torch.no_grad():
        out = call(model, ready)
    assert set(wanted) <= {*read}
    assert torch.equal(read["head"], out)
    assert not [key for key, module in there.items() if module._forward_hooks]


def test_stored_weights_give_the_same_answer(name, tmp_path):
    model, data = build(name, trained=True), random_graph(8, 2)
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    torch.manual_seed(9)
    other = MODELS[name](3, 16, 4, num_layers=3).double().eval()
    assert not torch.equal(answer(other, data), answer(model, data))
    other.load_state_dict(torch.load(tmp_path / "weights.pt"))
    assert torch.equal(answer(other, data), answer(model, data))
    assert {key.split(".")[0] for key in model.state_dict()} >= {"layers", "head"}


def test_the_same_seed_makes_the_same_weights(name):
    first, again = (build(name).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


# ---- options ---------------------------------------------------------------------------------


def test_without_residual_the_input_does_not_pass_by(name):
    if "residual" not in inspect.signature(MODELS[name]).parameters:
        return  # the ways around, or that there are none, are part of what it is
    graph = random_graph(12, 1)
    with_way, without = build(name), build(name, residual=False)
    assert with_way.state_dict().keys() == without.state_dict().keys()
    assert not torch.equal(answer(with_way, graph), answer(without, graph))


def test_dropout_acts_in_training_only(name):
    model, graph = build(name, dropout=0.5), random_graph(12, 1)
    assert torch.equal(answer(model, graph), answer(model, graph))
    model.train()
    assert not torch.equal(answer(model, graph), answer(model, graph))


def test_every_option_is_documented(name):
    said = inspect.getdoc(MODELS[name])
    for option in inspect.signature(MODELS[name]).parameters:
        assert option in said.split("Args:")[1], option
    assert "Differs from the paper:" in said
    assert "arXiv" in said


def test_a_wrong_option_says_what_came_in(name):
    with pytest.raises(ValueError, match="num_layers must not be negative, got -1"):
        MODELS[name](3, 4, 2, num_layers=-1)
    with pytest.raises(ValueError, match="level must be one of node, graph; got 'edge'"):
        MODELS[name](3, 4, 2, num_layers=1, level="edge")
    with pytest.raises(ValueError, match="norm must be 'batch', 'layer' or None, got 'group'"):
        MODELS[name](3, 4, 2, num_layers=1, norm="group")
