"""What a model is called with: its own words, the graph's attributes, and nothing in secret."""

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from workbench.capture import call, call_arguments, model_inputs, prepare
from workbench.models import GAT, GCN, GPS


def graph(**more) -> Data:
    edge_index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    x = torch.arange(6.0).view(3, 2)
    return Data(x=x, edge_index=edge_index, y=torch.tensor([0, 1, 1]), num_nodes=3, **more)


def told(source: str) -> nn.Module:
    """A module with these arguments, which returns what it was called with."""
    space = {"Data": Data}
    exec(f"def forward(self, {source}):\n    return dict(locals())", space)
    return type("Told", (nn.Module,), {"forward": space["forward"]})()


WEIGHT = torch.tensor([1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("forward", "names"),
    [
        ("x, edge_index", []),
        ("features, adj", []),
        ("x, edge_index, batch=None", []),
        ("x, edge_index, edge_weight=None", ["edge_weight"]),
        ("x, edge_index, *, rwse", ["rwse"]),
        ("x, edge_index, num_nodes, edge_weight=None", ["num_nodes", "edge_weight"]),
        ("x, edge_index, **more", []),
        ("x, edge_index, y=None, mask=None, train_mask=None", []),
        ("x, edge_index, val_mask=None, test_mask=None", []),
    ],
)
def test_a_keyword_is_filled_by_its_name(forward, names):
    masks = ("mask", "train_mask", "val_mask", "test_mask")
    masks = {name: torch.ones(3, dtype=torch.bool) for name in masks}
    data = graph(edge_weight=WEIGHT, rwse=torch.ones(3, 4), **masks)
    (x, edge_index), named = call_arguments(told(forward), data)
    assert x is data.x
    assert edge_index is data.edge_index
    assert sorted(named) == sorted(names)
    call(told(forward), data)


@pytest.mark.parametrize(
    "forward",
    ["data", "graph", "batch", "batched_data", "one: Data", "one: 'Data'", "one: 'Batch'"],
)
def test_a_model_may_take_the_graph(forward):
    data = graph()
    seen = call(told(forward), data)
    assert data in [value for value in seen.values() if isinstance(value, Data)]
    changed = call(told(forward), data, x=torch.zeros(3, 2))
    assert not any(one.x.any() for one in changed.values() if isinstance(one, Data))
    assert data.x.any()


def test_what_is_said_comes_before_what_the_graph_holds():
    data = graph(edge_weight=WEIGHT)
    seen = call(told("x, edge_index, edge_weight=None"), data, edge_weight=2 * WEIGHT)
    assert torch.equal(seen["edge_weight"], 2 * WEIGHT)
    assert (
        call(told("x, edge_index, edge_weight=None"), data, edge_weight=None)["edge_weight"] is None
    )
    seen = call(told("x, edge_index, y=None"), data, y=data.y, x=data.x + 1)
    assert torch.equal(seen["y"], data.y)
    assert torch.equal(seen["x"], data.x + 1)
    turned = data.edge_index.flip(1)
    seen = call(told("features, adj"), data, edge_index=turned)
    assert torch.equal(seen["adj"], turned)
    assert torch.equal(seen["features"], data.x)


def test_what_is_missing_or_strange_is_named():
    with pytest.raises(TypeError, match=r"needs 'rwse', which the graph .*edge_index"):
        call(told("x, edge_index, rwse"), graph())
    with pytest.raises(TypeError, match="needs 'y', which is never taken"):
        call(told("x, edge_index, y"), graph())
    with pytest.raises(TypeError, match="has no argument 'wieght'; it has x, edge_index"):
        call(told("x, edge_index"), graph(), wieght=WEIGHT)
    with pytest.raises(TypeError, match="needs 'x'"):
        call(told("x, edge_index"), Data(edge_index=graph().edge_index, num_nodes=3))
    with pytest.raises(TypeError, match="must take node features and edges"):
        call(told("x"), graph())
    with pytest.raises(TypeError, match="takes a whole graph"):
        model_inputs(told("data"), graph())


def test_features_need_not_be_there_where_they_come_apart():
    data = Data(edge_index=graph().edge_index, edge_weight=WEIGHT, num_nodes=3)
    assert list(model_inputs(told("x, edge_index, edge_weight=None"), data)) == ["edge_weight"]


def test_a_batch_is_told_apart_by_its_vector():
    data = graph()
    model = GCN(2, 8, 3, num_layers=2, level="graph").eval()
    together = call(model, Batch.from_data_list([data, data]))
    torch.testing.assert_close(together[0], call(model, data)[0])
    assert together.shape == (2, 3)


def test_a_model_may_ask_how_many_graphs_there_are():
    both = Batch.from_data_list([graph(), graph()])
    seen = call(told("x, edge_index, batch, num_graphs, batch_size, num_nodes"), both)
    assert (seen["num_graphs"], seen["batch_size"], seen["num_nodes"]) == (2, 2, 6)
    assert seen["batch"].tolist() == [0, 0, 0, 1, 1, 1]


def test_weights_reach_a_model_that_has_a_place_for_them():
    data = graph()
    torch.manual_seed(0)
    model = GCN(2, 8, 3, num_layers=2).eval()
    weighted = graph(edge_weight=WEIGHT)
    assert not torch.allclose(call(model, data), call(model, weighted))
    torch.testing.assert_close(
        call(model, weighted), model(data.x, data.edge_index, edge_weight=WEIGHT)
    )


def test_a_model_reads_no_more_than_it_says():
    data = graph(edge_attr=torch.ones(4, 5))
    plain = GPS(2, 8, 3, num_layers=1, heads=2)
    with_edges = GPS(2, 8, 3, num_layers=1, heads=2, local="gine", edge_channels=5)
    assert call(plain, data).shape == call(with_edges, data).shape == (3, 3)
    assert "edge_attr" not in call_arguments(plain, data)[1]
    assert "edge_attr" in call_arguments(with_edges, data)[1]
    assert call(GAT(2, 8, 3, num_layers=1), data).shape == (3, 3)


def test_what_a_model_requires_is_made_where_it_is_missing():
    model = told("x, edge_index, *, rwse, walks=None")
    made = []

    def transform(data):
        made.append(data)
        changed = data.clone()
        changed.rwse = torch.ones(data.num_nodes, 2)
        return changed

    model.requires = (transform,)
    data = graph()
    with pytest.raises(TypeError, match=r"prepare\(model, data\) applies"):
        call(model, data)
    ready = prepare(model, data)
    assert call(model, ready)["rwse"].shape == (3, 2)
    assert "rwse" not in data
    assert prepare(model, ready) is ready  # what is there is used
    assert len(made) == 1
    assert model_inputs(model, data)["rwse"].shape == (3, 2)
    plain = told("x, edge_index, walks=None")
    assert prepare(plain, data) is data


def giving(**made):
    """A transform that adds these attributes."""

    def transform(data):
        changed = data.clone()
        for name, value in made.items():
            changed[name] = value
        return changed

    return transform


@pytest.mark.parametrize("forward", ["x, edge_index, rwse, walks", "data, rwse, walks"])
def test_transforms_run_where_one_of_several_is_missing(forward):
    """Beside features and edges, and beside the graph itself."""
    model = told(forward)
    model.requires = (giving(rwse=1), giving(walks=2))
    assert prepare(model, graph()).walks == 2
    assert prepare(model, graph(walks=3)).rwse == 1
    assert prepare(model, graph(rwse=3)).walks == 2
    data = graph(rwse=3, walks=4)
    assert prepare(model, data) is data
