"""Influence by hop and the effective range: sums of Jacobian norms, however they are computed."""

import math

import pytest
import torch
from torch import nn
from torch_geometric.nn import GCNConv

from conftest import load_oracle, oracle_graph
from workbench.diagnostics import hop_distance, sensitivity
from workbench.diagnostics.sensitivity import influence_passes
from workbench.diagnostics.sensitivity.compression import owners, shared_passes
from workbench.diagnostics.sensitivity.influence import effective_range, influence_by_hop
from workbench.graphs import complete, erdos_renyi, grid, karate, path, ring, tree
from workbench.models import GCN, GIN
from workbench.topology.search import both_ways

WAYS = {
    "a pass for each node": {},
    "shared passes": {"num_layers": 3, "cut": False},
    "balls": {"num_layers": 3, "cut": True},
    "as it chooses": {"num_layers": 3},
}


class Propagation(nn.Module):
    """``Atilde^K x`` for GCN's operator; no weights."""

    def __init__(self, steps):
        super().__init__()
        self.step = GCNConv(2, 2, bias=False).double()
        self.step.lin.weight.data = torch.eye(2).double()
        self.steps = steps

    def forward(self, x, edge_index, edge_weight=None):
        for _ in range(self.steps):
            x = self.step(x, edge_index, edge_weight)
        return x


class Calls(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, edge_index):
        return self.function(x, edge_index)


def features(num_nodes, width=2):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(num_nodes, width, dtype=torch.float64, generator=generator)


def model(layer=GCN, **options):
    torch.manual_seed(0)
    return layer(4, 8, 5, num_layers=3, **options).double().eval()


def by_hand(net, x, edge_index, hops, norm):
    """[nodes, hops + 1] and what is beyond, from the whole matrix."""
    influence = sensitivity(net, x, edge_index, norm=norm)
    there = hop_distance(edge_index, x.size(0)).T
    columns = [(influence * (there == hop)).sum(1) for hop in range(hops + 1)]
    return torch.stack(columns, 1), (influence * (there > hops)).sum(1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("norm", ["l1", "frobenius"])
@pytest.mark.parametrize("hops", [2, 3, 5])
def test_equal_to_the_sums_over_the_whole_matrix(way, norm, hops):
    for data in (karate(), grid(6, 7), path(30)):
        x = features(data.num_nodes, 4)
        options = {"max_hops": hops, "norm": norm, **WAYS[way]}
        found = influence_by_hop(model(), x, data.edge_index, **options)
        total, beyond = by_hand(model(), x, data.edge_index, hops, norm)
        torch.testing.assert_close(found.total, total, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(found.beyond, beyond, rtol=1e-9, atol=1e-12)
        mean = (total * torch.arange(hops + 1)).sum(1) / total.sum(1)
        torch.testing.assert_close(found.range, mean)
        torch.testing.assert_close(found.normalized, total.mean(0) / total.mean(0)[0])


@pytest.mark.parametrize("way", WAYS)
def test_directed_loops_repeats_and_isolated_nodes(way):
    edge_index = torch.tensor([[0, 1, 1, 3, 3, 4, 2], [1, 0, 1, 4, 4, 3, 3]])
    x = features(7, 4)
    if way == "balls":
        with pytest.raises(ValueError, match="directed"):
            influence_by_hop(model(), x, edge_index, **WAYS[way])
        edge_index = edge_index[:, :-1]
    found = influence_by_hop(model(), x, edge_index, max_hops=3, **WAYS[way])
    total, _ = by_hand(model(), x, edge_index, 3, "l1")
    torch.testing.assert_close(found.total, total, rtol=1e-9, atol=1e-12)
    assert found.total[5, 1:].tolist() == [0, 0, 0]
    assert found.range[5] == 0


@pytest.mark.parametrize(
    ("data", "steps", "expected"),
    [
        (ring(20), 1, 0.7101),
        (ring(20), 2, 0.9417),
        (ring(20), 4, 1.2989),
        (complete(10), 1, 0.9),
        (complete(10), 3, 0.9),
        (path(3), 1, 0.57),
        (path(3), 2, 0.6878),
        (path(3), 4, 0.828),
    ],
)
def test_official_range_of_linear_propagation(data, steps, expected):
    x, net = features(data.num_nodes), Propagation(steps)
    found = effective_range(net, x, data.edge_index, max_hops=steps, variant="official")
    assert float(found.value) == pytest.approx(expected, abs=1e-4 if expected != 0.57 else 5e-3)


def test_hops_enough_make_the_official_range_true():
    data, net = ring(20), Propagation(2)
    for variant in ("official", "full"):
        found = effective_range(net, features(20), data.edge_index, max_hops=8, variant=variant)
        # a third for each of three, twice: (3 * 0 + 2 * 2 * 1 + 2 * 1 * 2) / 9
        assert float(found.value) == pytest.approx(8 / 9)
        assert float(found.node_error) == pytest.approx(0, abs=1e-9)


def test_linear_propagation_is_the_power_of_the_operator():
    data, net = ring(25), Propagation(4)
    found = influence_by_hop(net, features(25), data.edge_index, num_layers=4)
    # walks of 4 steps, each -1, 0 or +1, by where they end; two channels
    ends = torch.tensor([19, 2 * 16, 2 * 10, 2 * 4, 2 * 1]) / 81 * 2
    torch.testing.assert_close(found.total, ends.double().expand(25, 5))
    assert found.beyond.tolist() == [0] * 25


@pytest.mark.parity
def test_published_numbers():
    arrays, data = load_oracle("04_jacobian.npz"), load_oracle("04_influence.json")
    layers = sum(key.endswith("/weight") for key in arrays)
    convolutions = nn.ModuleList()
    for i in range(layers):
        weight, bias = (
            torch.from_numpy(arrays[f"weights/layer{i}/{p}"]) for p in ("weight", "bias")
        )
        layer = GCNConv(weight.size(1), weight.size(0)).double()
        layer.lin.weight.data, layer.bias.data = weight, bias
        convolutions.append(layer)

    def forward(x, edge_index):
        for place, layer in enumerate(convolutions):
            x = layer(x if place == 0 else x.relu(), edge_index)
        return x

    net, compared = Calls(forward), 0
    net.layers = convolutions
    for name, cases in data.items():
        x, edge_index = torch.from_numpy(arrays[f"{name}/x"]), oracle_graph(name)[0]
        for case, expected in cases.items():
            if not case.startswith("max_hops="):
                continue
            hops = int(case.split("=")[1])
            ways = {
                ("official", "per_node_per_hop_pyg", "R_from_rows"): {"variant": "official"},
                ("full", "per_hop_from_full_graph_jacobian", "R_from_full_graph_jacobian"): {},
                ("shared", "per_hop_from_full_graph_jacobian", "R_from_full_graph_jacobian"): {
                    "num_layers": layers,
                    "cut": False,
                },
            }
            for (_, rows, mean), options in ways.items():
                found = influence_by_hop(net, x, edge_index, max_hops=hops, **options)
                if rows in expected:
                    wanted = torch.tensor(expected[rows], dtype=torch.float64)
                    torch.testing.assert_close(found.total, wanted, rtol=1e-9, atol=1e-9)
                    compared += 1
                if mean in expected:
                    value = float(expected[mean])
                    if math.isnan(value):
                        assert bool(found.range.isnan().any())
                    else:
                        assert float(found.range.mean()) == pytest.approx(value, rel=1e-9)
    assert compared


@pytest.mark.parametrize("cut", [False, True, None])
@pytest.mark.parametrize("stated", [0, 1, 2])
def test_a_number_of_layers_that_is_not_true(stated, cut):
    data = grid(9, 9)
    with pytest.raises(ValueError, match=f"num_layers={stated} is not true"):
        influence_by_hop(model(), features(81, 4), data.edge_index, num_layers=stated, cut=cut)


@pytest.mark.parametrize("cut", [False, True, None])
def test_a_model_that_looks_at_the_whole_graph(cut):
    net = Calls(lambda x, e: x + x.mean(0))
    data = grid(8, 8)
    with pytest.raises(ValueError, match=r"num_layers=2 is not true|cannot be cut"):
        influence_by_hop(net, features(64), data.edge_index, num_layers=2, cut=cut)
    found = influence_by_hop(net, features(64), data.edge_index, max_hops=2)
    torch.testing.assert_close(found.total[0], 2 * torch.tensor([65.0, 2, 3]).double() / 64)
    torch.testing.assert_close(found.beyond[0], torch.tensor(2 * 58 / 64).double())


def test_a_model_that_counts_the_nodes_is_not_cut():
    net, local = Propagation(2), Propagation(2)
    data, x = grid(20, 20), features(400)
    counting = Calls(lambda x, e: net(x, e) * x.size(0))
    with pytest.raises(ValueError, match="whole graph"):
        influence_by_hop(counting, x, data.edge_index, num_layers=2, cut=True)
    found = influence_by_hop(counting, x, data.edge_index, num_layers=2)
    expected = influence_by_hop(local, x, data.edge_index, num_layers=2)
    torch.testing.assert_close(found.total, 400 * expected.total)


@pytest.mark.parametrize("cut", [False, True])
def test_edge_weights_go_with_the_pieces(cut):
    data, net = grid(5, 6), Propagation(3)
    source, target = data.edge_index
    inputs = {"edge_weight": 1.0 + (source + target).double() % 3}
    options = {"max_hops": 3, "inputs": inputs}
    found = influence_by_hop(net, features(30), data.edge_index, num_layers=3, cut=cut, **options)
    expected = influence_by_hop(net, features(30), data.edge_index, **options)
    torch.testing.assert_close(found.total, expected.total)
    wrong = {"max_hops": 3, "inputs": {"edge_weight": torch.ones(())}}
    with pytest.raises(ValueError, match="not one entry"):
        influence_by_hop(net, features(30), data.edge_index, num_layers=3, cut=True, **wrong)


def test_pieces_of_any_size_and_chosen_nodes(monkeypatch):
    from workbench.diagnostics.sensitivity import influence_balls

    data, x = grid(7, 8), features(56, 4)
    nodes = torch.tensor([55, 3, 3, 20])
    expected = influence_by_hop(model(), x, data.edge_index, max_hops=3).total
    for size in (1, 100, 10_000):
        monkeypatch.setattr(influence_balls, "_PIECE_NODES", {"cpu": size})
        found = influence_by_hop(model(), x, data.edge_index, num_layers=3, nodes=nodes, cut=True)
        assert found.nodes.tolist() == nodes.tolist()
        torch.testing.assert_close(found.total, expected[nodes])


@pytest.mark.parametrize("layer", [GCN, GIN])
def test_single_precision_and_other_layers(layer):
    data, x = tree(5), features(63, 4)
    net = model(layer)
    expected = by_hand(net, x, data.edge_index, 3, "l1")[0]
    for cut in (False, True):
        options = {"num_layers": 3, "cut": cut}
        found = influence_by_hop(net.float(), x.float(), data.edge_index, **options)
        torch.testing.assert_close(found.total, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_sampled_channels_are_unbiased_and_their_error_holds():
    data, x = grid(6, 7), features(42, 4)
    torch.manual_seed(0)
    net = GCN(4, 8, 12, num_layers=3).double().eval()
    exact = effective_range(net, x, data.edge_index, num_layers=3)
    assert float(exact.probe_error) == 0
    for cut, seeds in ((False, 40), (True, 20)):
        inside, sums = 0, []
        for seed in range(seeds):
            found = effective_range(
                net,
                x,
                data.edge_index,
                num_layers=3,
                num_probes=6,
                cut=cut,
                generator=torch.Generator().manual_seed(seed),
            )
            inside += abs(float(found.value - exact.value)) < 3 * float(found.probe_error)
            sums.append(found.influence.total.sum())
        assert inside >= 0.95 * seeds
        sums = torch.stack(sums)
        error = float(sums.std()) / 60**0.5
        assert float(sums.mean()) == pytest.approx(
            float(exact.influence.total.sum()), abs=4 * error
        )


@pytest.mark.slow
@pytest.mark.parametrize("probes", [2, 3, 4])
@pytest.mark.parametrize("cut", [False, True])
def test_the_error_of_few_probes_holds(probes, cut):
    """Two errors hold less often than a normal law says, if they come from two or three numbers."""
    data, x = grid(8, 8), features(64, 4)
    torch.manual_seed(1)
    net = GCN(4, 16, 12, num_layers=3).double().eval()
    exact = effective_range(net, x, data.edge_index, num_layers=3)
    means, nodes = [], []
    for seed in range(40):
        found = effective_range(
            net,
            x,
            data.edge_index,
            num_layers=3,
            num_probes=probes,
            cut=cut,
            generator=torch.Generator().manual_seed(seed),
        )
        means.append((found.value - exact.value).abs() / found.probe_error)
        off = (found.influence.range - exact.influence.range).abs()
        nodes.append(off / found.influence.range_error)
    means, nodes = torch.stack(means), torch.stack(nodes)
    assert float((means <= 3).double().mean()) >= 0.95
    assert float((means <= 2).double().mean()) >= 0.9
    assert float((nodes <= 3).double().mean()) >= 0.95
    assert float((nodes <= 2).double().mean()) >= 0.92


@pytest.mark.parametrize("way", WAYS)
def test_read_outs_of_models_that_return_something_else(way):
    data, x, net = grid(5, 6), features(30, 4), model()
    expected = influence_by_hop(net, x, data.edge_index, max_hops=3, **WAYS[way])
    several = Calls(lambda x, e: (net(x, e), None))
    first = {"readout": lambda output: output[0], "max_hops": 3, **WAYS[way]}
    found = influence_by_hop(several, x, data.edge_index, **first)
    torch.testing.assert_close(found.total, expected.total)
    reach = effective_range(several, x, data.edge_index, **first)
    torch.testing.assert_close(reach.influence.range, expected.range)
    flat = Calls(lambda x, e: net(x, e).sum(1))
    with pytest.raises(ValueError, match=r"readout=lambda output: output\.unsqueeze\(-1\)"):
        influence_by_hop(flat, x, data.edge_index, max_hops=3, **WAYS[way])
    column = {"readout": lambda output: output.unsqueeze(-1), "max_hops": 3, **WAYS[way]}
    found = influence_by_hop(flat, x, data.edge_index, **column)
    summed = {"readout": lambda output: output.sum(1, keepdim=True), "max_hops": 3, **WAYS[way]}
    torch.testing.assert_close(
        found.total, influence_by_hop(net, x, data.edge_index, **summed).total
    )
    pooled = {"readout": lambda output: output.mean(0, keepdim=True), "max_hops": 3, **WAYS[way]}
    with pytest.raises(ValueError, match=r"readout returned shape \[1, 5\], not \[nodes"):
        influence_by_hop(net, x, data.edge_index, **pooled)


def test_the_published_variant_takes_read_outs_too():
    data, x, net = ring(20), features(20), Propagation(2)
    several = Calls(lambda x, e: (net(x, e), None))
    options = {"max_hops": 2, "variant": "official"}
    expected = influence_by_hop(net, x, data.edge_index, **options)
    found = influence_by_hop(
        several, x, data.edge_index, readout=lambda output: output[0], **options
    )
    assert torch.equal(found.total, expected.total)


def test_what_holds_a_number_for_each_node_is_not_cut():
    data, x, net = grid(20, 20), features(400), Propagation(2)
    scale = torch.linspace(1, 2, 400).double()[:, None]
    options = {"num_layers": 2, "readout": lambda output: output * scale}
    found = influence_by_hop(net, x, data.edge_index, **options)
    plain = influence_by_hop(net, x, data.edge_index, num_layers=2)
    torch.testing.assert_close(found.total, plain.total * scale)
    with pytest.raises(RuntimeError, match="size"):
        influence_by_hop(net, x, data.edge_index, cut=True, **options)


def test_the_same_generator_gives_the_same_result():
    data, x = grid(6, 7), features(42, 4)
    runs = [
        influence_by_hop(
            model(),
            x,
            data.edge_index,
            num_layers=3,
            num_probes=2,
            generator=torch.Generator().manual_seed(5),
        )
        for _ in range(2)
    ]
    assert torch.equal(runs[0].total, runs[1].total)


def test_nothing_influences_some_nodes():
    dead = torch.tensor([[0.0], [1.0], [1.0], [1.0]]).double()
    net = Calls(lambda x, e: x * dead)
    found = effective_range(net, features(4), ring(4).edge_index, max_hops=2)
    assert bool(found.influence.range[0].isnan())
    assert float(found.value) == 0
    net = Calls(lambda x, e: torch.ones(4, 2).double())
    with pytest.warns(UserWarning, match="no gradient reaches x"):
        found = effective_range(net, features(4), ring(4).edge_index, max_hops=2)
    assert bool(found.value.isnan())
    assert found.influence.total.sum() == 0


def test_shared_passes_are_more_than_twice_the_reach_apart():
    graph = erdos_renyi(120, 0.015, generator=torch.Generator().manual_seed(0))
    distance = hop_distance(graph.edge_index, 120)
    for reach in (0, 1, 3):
        classes = shared_passes(both_ways(*graph.edge_index.numpy(), 120), torch.arange(120), reach)
        assert sorted(torch.cat(classes).tolist()) == list(range(120))
        for members in classes:
            apart = distance[members][:, members] + torch.diag(
                torch.full((len(members),), torch.inf)
            )
            assert bool((apart > 2 * reach).all())


def test_shared_passes_give_up_on_graphs_whose_balls_are_everything(monkeypatch):
    from workbench.diagnostics.sensitivity import compression

    monkeypatch.setattr(compression, "_LARGEST_WORK", 10)
    classes = shared_passes(both_ways(*complete(9).edge_index.numpy(), 9), torch.arange(9), 1)
    assert [members.tolist() for members in classes] == [[v] for v in range(9)]


def test_owners_are_the_nearest_sources():
    owner, hop = owners(both_ways(*path(7).edge_index.numpy(), 7), torch.tensor([6, 0]), 2)
    assert owner.tolist() == [1, 1, 1, -1, 0, 0, 0]
    assert hop.tolist() == [0, 1, 2, -1, 2, 1, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give num_layers"),
        ({"max_hops": -1}, "not negative"),
        ({"max_hops": 2, "num_probes": 1}, "at least 2"),
        ({"max_hops": 2, "num_probes": 3, "norm": "frobenius"}, "l1"),
        ({"max_hops": 2, "cut": True}, "num_layers is not given"),
        ({"max_hops": 2, "variant": "official", "num_probes": 2}, "official"),
        ({"max_hops": 2, "nodes": torch.tensor([20])}, "20 to 20"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        influence_by_hop(Propagation(1), features(20), ring(20).edge_index, **options)


def test_one_node_and_no_edges():
    found = influence_by_hop(
        Propagation(2), features(1), torch.zeros(2, 0, dtype=torch.int64), num_layers=2
    )
    assert found.total.tolist() == [[2.0, 0, 0]]
    nothing = influence_by_hop(
        Propagation(2), features(5), ring(5).edge_index, num_layers=2, nodes=torch.tensor([]).long()
    )
    assert nothing.total.shape == (0, 3)


def test_a_road_network_of_a_few_thousand_nodes(data_root):
    from workbench.graphs import load_dataset

    data = load_dataset("minnesota", root=data_root)
    torch.manual_seed(0)
    net, x = GCN(4, 8, 3, num_layers=4).eval(), torch.randn(data.num_nodes, 4)
    assert influence_passes.ASKED > 0
    found = effective_range(net, x, data.edge_index, num_layers=4)
    nodes = torch.arange(0, data.num_nodes, 400)
    alone = influence_by_hop(net, x, data.edge_index, max_hops=4, nodes=nodes)
    torch.testing.assert_close(found.influence.total[nodes], alone.total, rtol=1e-4, atol=1e-5)
    assert 0 < float(found.value) < 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("cut", [False, True])
def test_on_cuda(cut):
    data, x = grid(9, 9), features(81, 4)
    expected = influence_by_hop(model(), x, data.edge_index, num_layers=3, cut=cut)
    found = influence_by_hop(
        model().cuda(), x.cuda(), data.edge_index.cuda(), num_layers=3, cut=cut
    )
    assert found.total.is_cuda
    torch.testing.assert_close(found.total.cpu(), expected.total)
