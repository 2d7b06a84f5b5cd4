"""What runs on a second device stays there, and says what it says on the CPU.

The device is that of ``second_device``: every machine has it. Where the library computes in
compiled loops of the CPU, it moves there and back on its own.
"""

from dataclasses import fields, replace

import pytest
import torch
from questions import GRAPHS, QUESTIONS, asked, case
from second_device import NAME, second_device
from torch_geometric.data import Data

from workbench.capture import call, capture
from workbench.diagnostics import DIAGNOSTICS
from workbench.models import MODELS
from workbench.tasks import ring_transfer
from workbench.training import fit

#: The stand-in for a device holds no compressed sparse tensors, which these make.
COMPRESSED = ("orbit_adjacency", "approximate_topological_concentration")


@pytest.fixture
def elsewhere():
    with second_device() as device:
        yield device


def moved(of, device):
    """Every tensor of a dataclass on the device."""
    held = {field.name: getattr(of, field.name) for field in fields(of)}
    return replace(of, **{k: v.to(device) for k, v in held.items() if torch.is_tensor(v)})


def test_it_is_a_device_that_mixes_with_no_other(elsewhere):
    x = torch.arange(6.0).view(2, 3)
    there = x.to(elsewhere)
    assert there.device.type == NAME
    torch.testing.assert_close((there @ there.T).cpu(), x @ x.T)
    with pytest.raises(RuntimeError, match=f"same device, but add got cpu and {NAME}"):
        there + x
    with pytest.raises(RuntimeError, match="numpy"):
        there.numpy()
    assert (there + torch.tensor(1.0)).device.type == NAME  # a number may come from anywhere
    weight = torch.nn.Linear(3, 1).to(elsewhere).weight
    (there @ weight.T).sum().backward()
    assert weight.grad.device.type == NAME


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name not in COMPRESSED])
def test_a_diagnostic_stays_where_its_input_is(elsewhere, name):
    of = case(GRAPHS["lollipop"]())
    there = moved(of, elsewhere)
    there.modeled[0].to(elsewhere)
    expected, found = asked(name, of), asked(name, there)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.device.type == NAME or a.dim() == 0
        close = torch.isclose(a.cpu().double(), b.double(), 1e-9, 1e-10, equal_nan=True)
        assert close.all()


BESIDE_WEAK_LINKS = [
    name
    for name, function in DIAGNOSTICS.items()
    if function.__module__.split(".")[2] in ("resistance", "spectrum")
]


@pytest.mark.parametrize("name", BESIDE_WEAK_LINKS)
def test_weak_links_are_done_on_the_cpu_and_come_back(elsewhere, name):
    """What keeps their digits computes there; weights of 1e-12 and a scale of 1e200."""
    of = case(GRAPHS["lollipop"]())
    weak = torch.where((of.edge_index == of.num_nodes - 2).any(0), 1e-12, 1.0).double()
    of = replace(of, edge_weight=1e200 * weak)
    for a, b in zip(asked(name, moved(of, elsewhere)), asked(name, of), strict=True):
        assert a.device.type == NAME or a.dim() == 0
        share = 1e-10 if name == "laplacian_eigenpairs" else 0.0  # entries of unit vectors
        torch.testing.assert_close(a.cpu().double(), b.double(), rtol=1e-9, atol=share)


def data_for(model) -> Data:
    data = case(GRAPHS["lollipop"]())
    found = Data(x=data.x.float(), edge_index=data.edge_index, num_nodes=data.num_nodes)
    for transform in getattr(model, "requires", ()):
        found = transform(found)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_a_model_runs_and_learns_where_it_is(elsewhere, name):
    torch.manual_seed(0)
    model = MODELS[name](4, 8, 3, num_layers=2).eval()
    data = data_for(model)
    expected = call(model, data)
    model.to(elsewhere)
    inner = next(name for name, _ in model.named_modules() if name.startswith("layers."))
    with capture(model, inner) as read:
        found = call(model, data.to(elsewhere))
    assert found.device.type == NAME
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-5, atol=1e-5)
    output = read[inner]
    assert (output[0] if isinstance(output, tuple) else output).device.type == NAME
    found.sum().backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.device.type == NAME for gradient in gradients)


def test_training_runs_there_and_learns_the_same(elsewhere):
    sizes = {"train": 16, "val": 8, "test": 8}
    task = ring_transfer(6, num_classes=2, **sizes, generator=torch.Generator().manual_seed(0))
    losses = []
    for device in ("cpu", elsewhere):
        torch.manual_seed(0)
        model = MODELS["GCN"](task.in_channels, 8, task.out_channels, num_layers=3)
        run = fit(model.double(), _double(task), epochs=3, batch_size=8, device=device)
        assert next(model.parameters()).device.type == torch.device(device).type
        losses.append(run.curve.train_loss)
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)


def _double(task):
    for part in (task.train, task.val, task.test):
        for data in part:
            data.x = data.x.double()
    return task
