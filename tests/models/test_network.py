"""The shell: names and order of what a model is made of, and layers with edges of their own."""

import pytest
import torch
from torch import nn
from torch_geometric.nn import GATConv, GCNConv, GINConv

from workbench.graphs import grid
from workbench.models import GAT, GCN, GIN, GPS
from workbench.models.network import readout

#: Stored weights go by these names, and a seed's first weights by this order.
CONVOLUTIONS = {
    GCN: lambda: GCNConv(8, 8),
    GAT: lambda: GATConv(8, 2, heads=4),
    GIN: lambda: GINConv(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))),
}


@pytest.mark.parametrize("kind", list(CONVOLUTIONS))
def test_weights_are_drawn_encoder_first_then_layers_then_head(kind):
    torch.manual_seed(5)
    model = kind(3, 8, 2, num_layers=2)
    torch.manual_seed(5)
    encoder, *convs = nn.Linear(3, 8), CONVOLUTIONS[kind](), CONVOLUTIONS[kind]()
    head = nn.Linear(8, 2)
    assert torch.equal(model.encoder.weight, encoder.weight)
    assert torch.equal(model.head.weight, head.weight)
    for layer, conv in zip(model.layers, convs, strict=True):
        for own, drawn in zip(layer.conv.parameters(), conv.parameters(), strict=True):
            assert torch.equal(own, drawn)
    parts = dict.fromkeys(name.split(".")[0] for name in model.state_dict())
    assert list(parts) == ["encoder", "layers", "head"]


def models(num_layers):
    torch.manual_seed(0)
    options = {"num_layers": num_layers}
    yield GCN(3, 8, 2, **options)
    yield GIN(3, 8, 2, **options)
    yield GAT(3, 8, 2, **options)
    yield GPS(3, 8, 2, **options)
    yield GPS(3, 8, 2, **options, local="gine", edge_channels=2)


def test_every_layer_has_the_edges_that_are_given_to_it():
    data = grid(3, 4)
    x = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
    count = data.edge_index.size(1)
    attr = torch.randn(count, 2, generator=torch.Generator().manual_seed(1))
    weight = 1 + torch.rand(count, generator=torch.Generator().manual_seed(2))
    first, second = torch.rand(2, count, generator=torch.Generator().manual_seed(3)) > 0.5
    for model in models(2):
        model.eval()
        extra = {"edge_attr": attr} if getattr(model, "edge_encoder", None) is not None else {}
        if isinstance(model, GCN):
            extra = {"edge_weight": weight}
        both = torch.stack([first, second], dim=1)
        found = model(x, data.edge_index, edge_layers=both, **extra)
        # layer by layer, each with its own graph
        h, batch = model.encoder(x), torch.zeros(12, dtype=torch.int64)
        for layer, kept in zip(model.layers, (first, second), strict=True):
            one = type(model).__new__(type(model))
            nn.Module.__init__(one)
            one.__dict__.update(model.__dict__)
            one._modules = dict(model._modules) | {
                "encoder": nn.Identity(),
                "layers": nn.ModuleList([layer]),
                "head": nn.Identity(),
            }
            part = {key: value[kept] for key, value in extra.items()}
            h = one(h, data.edge_index[:, kept], batch, **part)
        torch.testing.assert_close(found, model.head(h))
        every = torch.ones(count, 2, dtype=torch.bool)
        torch.testing.assert_close(
            model(x, data.edge_index, edge_layers=every, **extra),
            model(x, data.edge_index, **extra),
        )


def test_layers_of_edges_that_do_not_fit_are_refused():
    data, x = grid(2, 2), torch.ones(4, 3)
    for model in (GCN(3, 8, 2, num_layers=2), GPS(3, 8, 2, num_layers=2)):
        with pytest.raises(
            ValueError, match=r"\[8, 2\] for this G..; got \[8, 3\]: .*num_layers=3"
        ):
            model(x, data.edge_index, edge_layers=torch.ones(8, 3, dtype=torch.bool))


def test_only_graphs_have_a_read_out():
    assert readout("node") is None
    mean = readout("graph")(torch.tensor([[1.0], [3.0], [8.0]]), torch.tensor([0, 0, 1]))
    assert mean.tolist() == [[2], [8]]
