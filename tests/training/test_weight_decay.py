"""What Adam's penalty is put on: matrices, and nothing that the loss may not depend on."""

import pytest
import torch
from torch import nn

from workbench.models import GAT, GCN, GIN, GPS
from workbench.tasks import ring_transfer
from workbench.training import fit
from workbench.training.randomness import OwnRandomness


@pytest.fixture
def task():
    """In double precision, so that what is rounding is small."""
    return ring_transfer(6).map(lambda graph: graph.apply(torch.Tensor.double, "x"))


def test_the_penalty_shrinks_matrices_and_leaves_biases_alone(task):
    class Blind(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(5, 5, dtype=torch.float64)

        def forward(self, x, edge_index, batch):
            return self.linear(0 * x)  # the loss depends on the bias alone

    ends = {}
    for weight_decay in (0.0, 1.0):
        with OwnRandomness(0):
            model = Blind()
        began = model.linear.weight.detach().clone()
        fit(model, task, epochs=5, weight_decay=weight_decay)
        ends[weight_decay] = (model.linear.weight.detach(), model.linear.bias.detach())
    assert torch.equal(ends[0.0][0], began)
    assert ends[1.0][0].norm() < 0.9 * began.norm()
    assert torch.equal(ends[0.0][1], ends[1.0][1])


@pytest.mark.parametrize("model", [GCN, GIN, GAT, GPS])
def test_a_bias_that_batch_norm_takes_out_of_the_loss_stays_where_it_began(task, model):
    """Its gradient is rounding; a penalty would drive it by whole steps of the learning rate."""
    with OwnRandomness(0):
        network = model(5, 16, 5, num_layers=3).double()
    convolutions = [layer.conv for layer in network.layers]
    inert = [conv.nn[2].bias if hasattr(conv, "nn") else conv.bias for conv in convolutions]
    began = [bias.detach().clone() for bias in inert]
    fit(network, task, epochs=20, learning_rate=1e-2, weight_decay=5e-4)
    moved = max(float((a - b).detach().abs().max()) for a, b in zip(inert, began, strict=True))
    assert moved < 1e-6  # a step is 1e-2
