"""Encodings stay on the device of their input, and say there what they say on the CPU."""

import pytest
import torch
from second_device import NAME, second_device

from workbench.encodings import ENCODINGS, RFP, SPE, BasisNet, ELENELayer, Encode, SignNet
from workbench.graphs import grid


@pytest.fixture
def elsewhere():
    with second_device() as device:
        yield device


def moved(data, device):
    """Every tensor of the data on the device."""
    data = data.clone()
    for key, value in data.to_dict().items():
        if torch.is_tensor(value):
            data[key] = value.to(device)
    return data


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_encoding_stays_where_its_input_is(elsewhere, name):
    edge_index = grid(3, 4).edge_index
    found = ENCODINGS[name](edge_index.to(elsewhere), 12)
    assert found.device.type == NAME
    torch.testing.assert_close(found.cpu(), ENCODINGS[name](edge_index, 12))


def test_walks_from_a_set_and_a_stored_file_stay_there_too(elsewhere, tmp_path):
    data = grid(3, 4)
    encode = Encode("distance_encoding", cache=tmp_path, kind="walks", targets=(1, 2))
    expected = encode(data).distance_encoding
    found = encode(moved(data, elsewhere)).distance_encoding
    assert found.device.type == NAME
    torch.testing.assert_close(found.cpu(), expected)


MODULES = {
    "SignNet": (
        lambda: SignNet(3, num_frequencies=4, pooling="sum"),
        lambda net, d: net(d.laplacian_eigenvectors, d.edge_index),
    ),
    "BasisNet": (
        lambda: BasisNet(3, num_frequencies=4),
        lambda net, d: net(d.laplacian_eigenvectors, d.laplacian_eigenvalues),
    ),
    "SPE": (
        lambda: SPE(3, num_psi=2, hidden_channels=4, num_layers=2),
        lambda net, d: net(d.laplacian_eigenvectors, d.laplacian_eigenvalues, d.edge_index),
    ),
    "ELENELayer": (
        lambda: ELENELayer(4, edge_channels=1),
        lambda net, d: net(d.laplacian_eigenvectors, d.edge_index, d.weights[:, None])[0],
    ),
    "RFP": (lambda: RFP(3, num_steps=2), lambda net, d: net(d.edge_index, 12)),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_runs_where_it_is(elsewhere, name):
    torch.manual_seed(0)
    make, call = MODULES[name]
    data = Encode("laplacian_eigenvectors", num_frequencies=4)(grid(3, 4))
    data.weights = torch.rand(data.num_edges)
    net = make().eval()
    expected = call(net, data)
    found = call(net.to(elsewhere), moved(data, elsewhere))
    assert found.device.type == NAME
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-5)
