"""What every model of the zoo owes: laws, whatever its layers are."""

import networkx as nx
import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.utils import from_networkx

from workbench.models import MODELS
from workbench.models.residual import NORMS


def random_graph(num_nodes, seed, channels=3):
    graph = nx.connected_watts_strogatz_graph(num_nodes, 2 + 2 * (seed % 2), 0.3, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(num_nodes, channels, generator=generator, dtype=torch.float64)
    return Data(x=x, edge_index=from_networkx(graph).edge_index)


def build(name, num_layers=3, *, trained=False, **options):
    torch.manual_seed(0)
    model = MODELS[name](3, 16, 4, num_layers=num_layers, **options).double()
    if trained:  # moves the running statistics away from 0 and 1
        graph = random_graph(30, 5)
        for _ in range(3):
            model.train()(graph.x, graph.edge_index)
    return model.eval()


#: models whose attention joins all nodes of a graph, whatever the edges
GLOBAL = {"GPS"}


@pytest.fixture(params=list(MODELS))
def name(request):
    return request.param


@pytest.fixture(params=[name for name in MODELS if name not in GLOBAL])
def local_name(request):
    return request.param


@pytest.mark.parametrize("norm", list(NORMS))
def test_renaming_the_nodes_renames_the_output(name, norm):
    model = build(name, norm=norm, trained=True)
    graph = random_graph(12, 1)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(3))
    place = torch.argsort(order)
    with torch.no_grad():
        out = model(graph.x, graph.edge_index)
        renamed = model(graph.x[order], place[graph.edge_index])
    torch.testing.assert_close(renamed, out[order], rtol=1e-10, atol=1e-10)


def test_renaming_the_nodes_leaves_a_graph_output_alone(name):
    model = build(name, level="graph", trained=True)
    graph = random_graph(12, 1)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        out = model(graph.x, graph.edge_index)
        renamed = model(graph.x[order], torch.argsort(order)[graph.edge_index])
    assert out.shape == (1, 4)
    torch.testing.assert_close(renamed, out, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("level", ["node", "graph"])
def test_a_graph_in_a_batch_answers_as_alone(name, level):
    model = build(name, level=level, trained=True)
    graphs = [random_graph(n, seed) for seed, n in enumerate([7, 12, 5])]
    batch = Batch.from_data_list(graphs)
    with torch.no_grad():
        together = model(batch.x, batch.edge_index, batch.batch)
        alone = torch.cat([model(graph.x, graph.edge_index) for graph in graphs])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("num_layers", [0, 1, 3])
@pytest.mark.parametrize("norm", list(NORMS))
def test_a_node_sees_as_many_hops_as_there_are_layers(local_name, num_layers, norm):
    model = build(local_name, num_layers, norm=norm, trained=True)
    graph = nx.path_graph(9)
    nx.add_cycle(graph, [3, 9, 10, 11])
    edge_index = from_networkx(graph).edge_index
    x = torch.randn(12, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    jacobian = torch.autograd.functional.jacobian(lambda x: model(x, edge_index), x)
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    near = torch.tensor([[hops[v][u] <= num_layers for u in range(12)] for v in range(12)])
    assert torch.equal(jacobian.abs().sum(dim=(1, 3)) > 0, near)


def test_a_message_follows_the_direction_of_its_edge(local_name):
    model = build(local_name, 1)
    x = torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    edge_index = torch.tensor([[0], [1]])
    jacobian = torch.autograd.functional.jacobian(lambda x: model(x, edge_index), x)
    assert torch.equal(
        jacobian.abs().sum(dim=(1, 3)) > 0, torch.tensor([[True, False], [True, True]])
    )


def test_no_edges_one_node_and_isolated_nodes_work(name):
    none = torch.zeros(2, 0, dtype=torch.int64)
    for num_nodes in (1, 4):
        x = torch.ones(num_nodes, 3, dtype=torch.float64)
        assert build(name)(x, none).shape == (num_nodes, 4)
        assert build(name, level="graph")(x, none).shape == (1, 4)


def test_without_residual_the_input_does_not_pass_by(local_name):
    name = local_name  # the ways around are part of what GPS is
    graph = random_graph(12, 1)
    with_way, without = build(name), build(name, residual=False)
    assert with_way.state_dict().keys() == without.state_dict().keys()
    assert not torch.equal(with_way(graph.x, graph.edge_index), without(graph.x, graph.edge_index))


def test_dropout_acts_in_training_only(name):
    model, graph = build(name, dropout=0.5), random_graph(12, 1)
    once, again = (model(graph.x, graph.edge_index) for _ in range(2))
    assert torch.equal(once, again)
    model.train()
    once, again = (model(graph.x, graph.edge_index) for _ in range(2))
    assert not torch.equal(once, again)


def test_what_is_worth_reading_is_a_named_submodule(name):
    names = dict(build(name, 3, level="graph").named_modules())
    wanted = {"encoder", "layers.0", "layers.1", "layers.2", "layers.0.conv", "readout", "head"}
    assert wanted <= names.keys()


def test_a_wrong_option_says_what_came_in(name):
    with pytest.raises(ValueError, match="num_layers must not be negative, got -1"):
        MODELS[name](3, 4, 2, num_layers=-1)
    with pytest.raises(ValueError, match="level must be one of node, graph; got 'edge'"):
        MODELS[name](3, 4, 2, num_layers=1, level="edge")
    with pytest.raises(ValueError, match="norm must be 'batch', 'layer' or None, got 'group'"):
        MODELS[name](3, 4, 2, num_layers=1, norm="group")
