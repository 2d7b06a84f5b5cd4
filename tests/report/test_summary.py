"""The summary of a graph: its worst places, and the numbers within their seconds."""

import networkx as nx
import pytest
import torch

from workbench.diagnostics import (
    approximate_total_resistance,
    kemeny_constant,
    spectral_gap,
    total_resistance,
)
from workbench.graphs import (
    barbell,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    lollipop,
    ring,
    ring_of_cliques,
    tree,
)
from workbench.models import GCN
from workbench.report import (
    bottlenecks,
    summarize,
    summarize_model,
)
from workbench.report.largest import largest_component
from workbench.report.measure import Budget, percent, round_digits
from workbench.report.model_summary import layer_names


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# ---------------------------------------------------------------- worst places


def test_a_path_between_cliques_is_one_corridor():
    """Four edges in a row, each parting 10 + k from 13 - k nodes at 1 ohm."""
    data = barbell(10, 3)
    (place,) = bottlenecks(data.edge_index, data.num_nodes)
    assert place.num_cuts == 4
    assert place.loss == 10 * 13 + 11 * 12 + 12 * 11 + 13 * 10
    assert place.sizes == (11, 12)
    assert int(place.side.sum()) == 11
    assert sorted(place.edges.T.tolist()) == [[9, 10], [10, 11], [11, 12], [12, 13]]
    assert place.sentence == (
        "a corridor of 4 edges, one after the other: the only way between 11 nodes and 12 nodes"
    )


def test_a_bridge_is_called_one():
    data = barbell(6, 0)
    place = bottlenecks(data.edge_index, data.num_nodes)[0]
    assert place.sentence == "a bridge: the only edge between 6 nodes and 6 nodes"
    assert place.edges.T.tolist() == [[5, 6]]
    assert place.loss == 36


def test_conductances_make_a_cut_wider():
    """Two parallel links of 1 and 3 siemens between two triangles: 9 pairs at 1/4 ohm."""
    pairs = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3), (1, 4)]
    weight = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 3.0]
    edge_index = torch.tensor(pairs + [(v, u) for u, v in pairs]).T
    place = bottlenecks(edge_index, 6, torch.tensor(weight * 2))[0]
    assert place.conductance == 4.0
    assert place.loss == 9 / 4
    assert place.num_edges == 2


@pytest.mark.parametrize("seed", range(8))
def test_a_place_never_loses_more_than_there_is(seed):
    """Nash-Williams: the sum over edge-disjoint cuts is a lower bound of the total resistance."""
    data = erdos_renyi(40, 0.08, generator=generator(seed))
    weight = torch.rand(data.edge_index.size(1), generator=generator(seed)) + 0.1
    low, high = data.edge_index.min(0).values, data.edge_index.max(0).values
    weight = (torch.rand(1600, generator=generator(seed)) + 0.1)[low * 40 + high]
    part = largest_component(data.edge_index, 40, weight)
    total = float(total_resistance(part.edge_index(), part.nodes.numel(), part.edge_weight()))
    places = bottlenecks(data.edge_index, 40, weight)
    assert places
    for place in places:
        assert 0 < place.loss <= total * (1 + 1e-9)
        inside = set(place.side.nonzero().flatten().tolist())
        crossing = [(u in inside) != (v in inside) for u, v in place.edges.T.tolist()]
        assert all(crossing[: place.num_edges])


@pytest.mark.parametrize("depth", [3, 5])
def test_bridges_part_a_tree_as_networkx_says(depth):
    data = tree(depth)
    place = bottlenecks(data.edge_index, data.num_nodes)[0]
    graph = nx.Graph(data.edge_index.T.tolist())
    losses = []
    for edge in list(graph.edges):
        graph.remove_edge(*edge)
        sizes = [len(part) for part in nx.connected_components(graph)]
        losses.append(sizes[0] * sizes[1])
        graph.add_edge(*edge)
    assert place.loss >= max(losses)
    assert max(place.sizes) * min(place.sizes) == max(losses)


def test_the_order_of_the_nodes_makes_no_difference():
    data = lollipop(7, 4)
    order = torch.randperm(data.num_nodes, generator=generator())
    before = bottlenecks(data.edge_index, data.num_nodes)
    after = bottlenecks(order[data.edge_index], data.num_nodes)
    assert [p.loss for p in before] == pytest.approx([p.loss for p in after])
    assert after[0].side[order].equal(before[0].side)


@pytest.mark.parametrize("pairs", [[], [(0, 0)]], ids=["no edge", "a loop"])
def test_nothing_is_narrow_where_there_are_no_edges(pairs):
    edge_index = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T
    assert bottlenecks(edge_index, 3) == ()
    assert bottlenecks(edge_index[:, :0], 0) == ()


def test_of_two_components_the_larger_is_looked_at():
    first, second = barbell(4, 0), ring(5)
    edge_index = torch.cat([second.edge_index, first.edge_index + 5], dim=1)
    place = bottlenecks(edge_index, 13)[0]
    assert place.edges.T.tolist() == [[8, 9]]
    assert not place.side[:5].any()


def test_what_places_refuse():
    with pytest.raises(ValueError, match="directed"):
        bottlenecks(torch.tensor([[0, 1], [1, 2]]), 3)
    with pytest.raises(ValueError, match="-1"):
        bottlenecks(ring(4).edge_index, 4, count=-1)


# ---------------------------------------------------------------- the numbers


def test_numbers_are_those_of_the_functions():
    data = karate()
    found = summarize(data.edge_index, 34, labels=data.y)
    assert found["total resistance"].value == pytest.approx(
        float(total_resistance(data.edge_index, 34))
    )
    assert found["spectral gap"].value == pytest.approx(float(spectral_gap(data.edge_index, 34)))
    kemeny = float(kemeny_constant(data.edge_index, 34))
    assert found["Kemeny's constant"].value == pytest.approx(kemeny)
    mean = float(total_resistance(data.edge_index, 34)) / (34 * 33 / 2)
    assert found["mean resistance of a pair"].value == pytest.approx(mean)
    assert found["mean commute time"].value == pytest.approx(2 * 78 * mean)
    graph = nx.karate_club_graph()
    assert found["clustering"].value == pytest.approx(nx.transitivity(graph))
    assert found["mean distance"].value == pytest.approx(nx.average_shortest_path_length(graph))
    assert found["homophily (edge)"].value > 0.5
    assert list(found.groups()) == [
        "size",
        "distances",
        "resistance",
        "spectrum",
        "curvature",
        "structure",
        "expressivity",
    ]
    with pytest.raises(KeyError, match="no measure"):
        found["nothing"]


def test_what_does_not_fit_is_left_out_and_named():
    data = grid(20, 20)
    found = summarize(data.edge_index, 400, max_seconds=0.0)
    assert {row.group for row in found.measures} <= {"size", "distances", "structure"}
    said = " ".join(found.left_out)
    for name in ("resistances", "spectrum", "balanced Forman", "1-WL", "worst places"):
        assert name in said
    assert "of 0 s in all" in said


def test_a_disconnected_graph_says_so():
    """A path of 3, an edge, an isolated node, a self-loop, a repeated edge."""
    pairs = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 1), (1, 0), (3, 4), (4, 3), (0, 0)]
    found = summarize(torch.tensor(pairs).T, 6)
    assert found["components"].value == 3
    assert found["largest component"].value == 3
    assert "1 self-loops, 1 repeated edges" in found["edges"].meaning
    assert found["total resistance"].text == "∞ ohm"
    assert found["total resistance within"].value == 5
    assert found["diameter"].value == 2
    assert found["mean resistance of a pair"].value == pytest.approx(4 / 3)


def test_all_that_are_highest_or_lowest_are_named():
    """Around a ring: each node and the one opposite, and every edge."""
    data = ring(12)
    found = summarize(data.edge_index, 12)
    assert found.pairs.T.tolist() == [[v, v + 6] for v in range(6)]
    assert found["highest resistance"].meaning.endswith("; one of 6 such pairs")
    assert found.edges.size(1) == 12
    assert found["highest edge resistance"].meaning.endswith("; the same for all")
    data = ring_of_cliques(4, 5)
    source, target = data.edge_index
    links = data.edge_index[:, (source < target) & (data.y[source] != data.y[target])]
    assert summarize(data.edge_index, data.num_nodes).edges.equal(links)


def test_of_components_of_one_size_the_structure_chooses():
    """A ring of six and two triangles with a bridge, one after the other and the other way."""
    first, second = ring(6).edge_index, barbell(3, 0).edge_index
    chosen = [
        largest_component(torch.cat([one, other + 6], dim=1), 12).graph.num_edges
        for one, other in ((first, second), (second, first))
    ]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("nodes", [0, 1, 4])
def test_without_edges_there_are_counts_only(nodes):
    found = summarize(torch.zeros(2, 0, dtype=torch.int64), nodes)
    assert {row.group for row in found.measures} == {"size"}
    assert found.bottlenecks == ()


def test_weights_are_conductances():
    data = ring(6)
    weight = torch.full((12,), 2.0)
    one, two = summarize(data.edge_index, 6), summarize(data.edge_index, 6, weight)
    assert two["total resistance"].value == pytest.approx(one["total resistance"].value / 2)
    assert two["mean commute time"].value == pytest.approx(one["mean commute time"].value)


def test_estimates_carry_their_error():
    data = erdos_renyi(800, 0.01, generator=generator())
    found = summarize(data.edge_index, 800)["mean resistance of a pair"]
    assert found.sure == "exact" or found.sure.startswith("± ")
    value = approximate_total_resistance(data.edge_index, 800, within_components=True)
    assert float(value.value) > 0


def test_directed_graphs_are_refused():
    with pytest.raises(ValueError, match="directed"):
        summarize(torch.tensor([[0, 1], [1, 2]]), 3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (1234567.0, "1,234,570"),
        (1.5e12, "1.5e+12"),
        (float("inf"), "∞"),
        (0.0, "0"),
        (2.48271e-05, "2.48271e-05"),
    ],
)
def test_numbers_are_rounded_for_reading(value, text):
    assert round_digits(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0.0%"), (0.5, "50.0%"), (0.0123, "1.2%"), (0.00031, "0.031%")]
)
def test_small_shares_keep_two_digits(share, text):
    assert percent(share) == text


def test_the_budget_refuses_what_is_too_large_whatever_the_seconds():
    budget = Budget(1e9, 1_000_000, 2_000_000)
    assert not budget.allows("hop_distance")
    assert "20,000 nodes" in budget.left_out[0]
    assert budget.allows("balanced_forman")


# ---------------------------------------------------------------- a model


def test_a_model_hears_as_far_as_its_layers():
    data = ring(20)
    torch.manual_seed(0)
    model = GCN(4, 8, 3, num_layers=3).eval()
    x = torch.randn(20, 4, generator=generator())
    found = summarize_model(model, x, data.edge_index, num_layers=3)
    share, _ = found.share_by_hop
    assert share.numel() == 4
    assert float(share.sum()) == pytest.approx(1.0)
    assert 0 < float(found.reach.value) < 3
    assert found.layers == ("encoder", "layers.0", "layers.1", "layers.2")
    assert not found.sampled
    assert found.smoothing.size.numel() == 4


def test_large_graphs_are_sampled():
    data = grid(20, 20)
    torch.manual_seed(0)
    model = GCN(4, 8, 2, num_layers=2).eval()
    x = torch.randn(400, 4, generator=generator())
    found = summarize_model(model, x, data.edge_index, num_layers=2)
    assert found.sampled
    assert float(found.reach.node_error) > 0


def test_every_submodule_keeps_its_mode():
    """A frozen batch norm in a model that trains is still frozen, also after an error."""
    data = ring(8)
    model = GCN(4, 8, 2, num_layers=2, norm="batch").train()
    frozen = next(m for m in model.modules() if isinstance(m, torch.nn.BatchNorm1d)).eval()
    x = torch.randn(8, 4, generator=generator())
    with pytest.warns(UserWarning, match="training mode"):
        summarize_model(model, x, data.edge_index, num_layers=2)
    assert (model.training, frozen.training) == (True, False)
    with pytest.warns(UserWarning, match="mode"), pytest.raises(RuntimeError, match="shapes"):
        summarize_model(model, x[:, :3], data.edge_index, num_layers=2)
    assert (model.training, frozen.training) == (True, False)


class Weighted(torch.nn.Module):
    """One mean over weighted edges; a pair with it first."""

    def forward(self, x, edge_index, edge_weight):
        heard = torch.zeros_like(x).index_add_(
            0, edge_index[1], edge_weight[:, None] * x[edge_index[0]]
        )
        return heard, None


@pytest.mark.parametrize("num_layers", [1, None])
def test_inputs_and_readout_are_those_of_sensitivity(num_layers):
    """All that comes, comes from one hop away; weights of 0 leave one neighbor of two."""
    data = ring(6)
    x = torch.randn(6, 2, generator=generator())
    weight = ((data.edge_index[0] + 1) % 6 == data.edge_index[1]).float()
    found = summarize_model(
        Weighted().eval(),
        x,
        data.edge_index,
        num_layers=num_layers,
        inputs={"edge_weight": weight},
        readout=lambda output: output[0],
    )
    assert float(found.reach.value) == pytest.approx(1.0)
    assert found.reach.influence.mean[1] == pytest.approx(2.0)
    assert found.share_beyond(0) == pytest.approx(1.0)
    assert found.share_beyond(1) == 0.0


def test_one_row_for_each_node_is_needed():
    with pytest.raises(ValueError, match=r"readout returned shape \[1, 2\], not one row for each"):
        summarize_model(
            GCN(2, 4, 2, num_layers=1).eval(),
            torch.randn(5, 2, generator=generator()),
            ring(5).edge_index,
            readout=lambda output: output.mean(0, keepdim=True),
        )


def test_a_model_without_lists_is_read_at_its_children():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    assert layer_names(model) == ["0", "1"]


def test_graphs_of_networkx_are_measured():
    data = from_networkx(nx.petersen_graph())
    assert summarize(data.edge_index, 10)["total resistance"].value == pytest.approx(33)
