"""SignNet, BasisNet, SPE and RFP: what they do not see, and that batches change nothing."""

import pytest
import torch
from torch_geometric.data import Batch

from workbench.encodings import RFP, SPE, BasisNet, Encode, SignNet, random_features
from workbench.graphs import complete, grid, karate, ring

WAVES = Encode("laplacian_eigenvectors", num_frequencies=9, constant=True)
GRAPHS = {
    "ring": lambda: ring(8),
    "complete": lambda: complete(6),
    "grid": lambda: grid(3, 4),
    "pair": lambda: complete(2),
    "lone": lambda: ring(8).subgraph(torch.tensor([0])),
}


def made(name):
    data = GRAPHS[name]()
    data.x = torch.ones(data.num_nodes, 1, dtype=torch.float64)
    return WAVES(data)


def sign_net(data, net):
    return net(data.laplacian_eigenvectors, data.edge_index, data.get("batch"))


def basis_net(data, net):
    return net(data.laplacian_eigenvectors, data.laplacian_eigenvalues, data.get("batch"))


def spe(data, net):
    waves, values = data.laplacian_eigenvectors, data.laplacian_eigenvalues
    return net(waves, values, data.edge_index, data.get("batch"))


NETS = {
    "SignNet": (lambda: SignNet(5, num_frequencies=9, hidden_channels=8), sign_net),
    "SignNet, sum": (lambda: SignNet(5, num_frequencies=9, pooling="sum"), sign_net),
    "BasisNet": (lambda: BasisNet(5, num_frequencies=9, hidden_channels=8), basis_net),
    "SPE": (lambda: SPE(5, num_psi=3, hidden_channels=8, num_layers=2), spe),
    "SPE, sets": (
        lambda: SPE(5, num_psi=3, psi="deepsets", phi="gin_deepsets", num_layers=2, norm="layer"),
        spe,
    ),
    "SPE, MLP": (lambda: SPE(5, num_psi=3, phi="mlp", num_layers=2, norm=None), spe),
}


@pytest.fixture(params=NETS)
def net_and_call(request):
    torch.manual_seed(0)
    make, call = NETS[request.param]
    net = make().double()
    call(WAVES(made("grid")), net)  # so that normalizations have seen something
    return net.eval(), call


def test_a_batch_is_its_graphs_one_by_one(net_and_call):
    net, call = net_and_call
    graphs = [made(name) for name in GRAPHS]
    whole = call(Batch.from_data_list(graphs), net)
    alone = torch.cat([call(graph, net) for graph in graphs])
    torch.testing.assert_close(whole, alone, rtol=0, atol=1e-10)


def test_signs_are_not_seen(net_and_call):
    net, call = net_and_call
    data = made("grid")
    expected = call(data, net)
    flip = torch.tensor([1, -1, 1, 1, -1, -1, 1, -1, -1])
    data.laplacian_eigenvectors = data.laplacian_eigenvectors * flip
    torch.testing.assert_close(call(data, net), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", ["ring", "complete"])
def test_bases_are_not_seen_but_by_sign_net(net_and_call, name):
    net, call = net_and_call
    data = made(name)
    expected = call(data, net)
    values, waves = data.laplacian_eigenvalues[0], data.laplacian_eigenvectors
    turned = waves.clone()
    generator = torch.Generator().manual_seed(1)
    for value in values.unique():
        space = ((values - value).abs() < 1e-9) & (waves.norm(dim=0) > 0)
        size = int(space.sum())
        if size:
            mixed = torch.randn(size, size, generator=generator, dtype=torch.float64)
            turned[:, space] = waves[:, space] @ torch.linalg.qr(mixed).Q
    data.laplacian_eigenvectors = turned
    found = call(data, net)
    if isinstance(net, SignNet):  # on a complete graph a node and its neighbors sum to 0
        assert name == "complete" or float((found - expected).detach().abs().max()) > 1e-3
    else:
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


def test_another_numbering_gives_the_rows_in_another_order(net_and_call):
    net, call = net_and_call
    data = karate()
    data.x = torch.ones(34, 1, dtype=torch.float64)
    data = WAVES(data)
    expected = call(data, net)
    order = torch.randperm(34, generator=torch.Generator().manual_seed(2))
    data.laplacian_eigenvectors = data.laplacian_eigenvectors[order]
    data.edge_index = torch.argsort(order)[data.edge_index]
    torch.testing.assert_close(call(data, net), expected[order], rtol=0, atol=1e-9)


def test_the_gradient_reaches_every_parameter_that_a_graph_can_ask(net_and_call):
    net, call = net_and_call
    net.train()
    call(Batch.from_data_list([made(name) for name in ("ring", "complete", "grid")]), net)
    total = call(Batch.from_data_list([made(n) for n in ("ring", "complete", "grid")]), net)
    (total * torch.randn(total.shape, dtype=torch.float64)).sum().backward()
    without = [key for key, value in net.named_parameters() if value.grad is None]
    # no graph of these has an eigenvalue of multiplicity 3
    assert [key for key in without if not key.startswith("phi.2.")] == []


def test_a_small_change_of_the_graph_is_a_small_change_of_spe_and_not_of_eigenvectors():
    """The card's check, on C_8, whose eigenvalues are double: a perturbation splits them."""
    torch.manual_seed(3)
    net = SPE(4, num_psi=4, psi_activation="tanh", phi="mlp", num_layers=1, norm=None)
    net = net.double().eval()
    around = torch.zeros(8, 8, dtype=torch.float64)
    edge_index = ring(8).edge_index
    around[edge_index[0], edge_index[1]] = 0.5
    laplacian = torch.eye(8).double() - around
    noise = torch.randn(8, 8, dtype=torch.float64)
    noise = (noise + noise.T) / 2
    changes = {}
    first = torch.linalg.eigh(laplacian)
    for size in (1e-2, 1e-4, 1e-6):
        second = torch.linalg.eigh(laplacian + size * noise)
        one, two = (net(pair[1], pair[0][None], edge_index) for pair in (first, second))
        raw = (first[1].abs() - second[1].abs()).abs().max()
        changes[size] = float((one - two).detach().abs().max()), float(raw)
    assert all(spe < 10 * size for size, (spe, _) in changes.items())
    assert all(raw > 0.05 for _, raw in changes.values())


def test_wrong_widths_are_named():
    data = made("ring")
    for make in (SignNet, BasisNet):
        net = make(4, num_frequencies=5).double()
        with pytest.raises(
            ValueError, match=r"expected 5 eigenvectors, got 9; make them by Encode"
        ):
            (sign_net if make is SignNet else basis_net)(data, net)
        with pytest.raises(ValueError, match="at least 1"):
            make(0)
    with pytest.raises(ValueError, match="at least 1"):
        SPE(4, num_layers=0)


# ---- random features -----------------------------------------------------------------------------


def test_late_steps_span_the_leading_eigenvectors_of_the_operator():
    """The angle to them falls as the ratio of eigenvalues to the number of steps."""
    data, size, count = grid(4, 5), 20, 3
    S = torch.eye(size, dtype=torch.float64)
    S[data.edge_index[0], data.edge_index[1]] = 1
    S = S / (S.sum(1)[:, None] * S.sum(0)).sqrt()
    values, vectors = torch.linalg.eigh(S)
    order = values.abs().argsort(descending=True)
    ratio = float(values[order[count]].abs() / values[order[count - 1]].abs())
    leading = vectors[:, order[:count]]
    found = random_features(
        data.edge_index, size, num_features=count, num_steps=120, normalize="qr"
    ).view(size, 121, count)
    sines = []
    for step in (30, 60, 120):
        q = found[:, step]
        torch.testing.assert_close(q.T @ q, torch.eye(count).double())
        sines.append(float(torch.linalg.matrix_norm(q - leading @ (leading.T @ q), 2)))
    assert sines[0] > sines[1] > sines[2]
    assert sines[2] < 10 * ratio**60 * sines[1] + 1e-12


def test_random_features_of_a_batch_are_normalized_graph_by_graph():
    graphs = [ring(5), complete(2), grid(3, 3)]
    batch = Batch.from_data_list(graphs)
    for how in ("columns", "qr"):
        found = random_features(
            batch.edge_index, 16, num_features=3, num_steps=4, normalize=how, batch=batch.batch
        )
        for number in range(3):
            last = found[batch.batch == number][:, -3:]
            there = last.norm(dim=0) > 0
            assert int(there.sum()) == (2 if how == "qr" and number == 1 else 3)
            torch.testing.assert_close(
                last.norm(dim=0)[there], torch.ones(int(there.sum())).double()
            )


def test_random_features_are_drawn_by_the_generator():
    edge_index = ring(6).edge_index
    draw = lambda seed: random_features(  # noqa: E731
        edge_index, 6, num_steps=2, generator=torch.Generator().manual_seed(seed)
    )
    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    net = RFP(4, num_features=2, num_steps=2)
    assert not torch.equal(net(edge_index, 6), net(edge_index, 6))
    assert torch.equal(net.eval()(edge_index, 6), net(edge_index, 6))
    assert random_features(edge_index[:, :0], 0).shape == (0, 16 * 17)
    assert torch.isfinite(random_features(edge_index[:, :0], 3, operator="laplacian")).all()
    with pytest.raises(ValueError, match="num_steps must be at least 1, got 0"):
        random_features(edge_index, 6, num_steps=0)
