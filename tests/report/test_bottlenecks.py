"""The worst places: straight cuts of grids and boxes, and the same for every numbering."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.utils import to_undirected

from workbench.graphs import (
    barbell,
    complete,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    lollipop,
    path,
    petersen,
    ring,
    ring_of_cliques,
    star,
    tree,
)
from workbench.report import bottlenecks
from workbench.report.cuts import narrow_cuts
from workbench.report.largest import largest_component


def box(*sides: int, wrap: bool = False):
    """A grid of any dimension, open or closed to a torus."""
    number = torch.arange(int(np.prod(sides))).reshape(sides)
    ends = []
    for axis, side in enumerate(sides):
        ends.append(
            [number.narrow(axis, 0, side - 1).flatten(), number.narrow(axis, 1, side - 1).flatten()]
        )
        if wrap:
            last, first = number.narrow(axis, side - 1, 1), number.narrow(axis, 0, 1)
            ends.append([last.flatten(), first.flatten()])
    return to_undirected(torch.cat([torch.stack(pair) for pair in ends], dim=1)), number.numel()


@pytest.mark.parametrize("side", [6, 8, 12, 13, 20, 31])
def test_a_square_grid_is_narrowest_along_its_middle_lines(side):
    """Half the rows from the others: |S| |V - S| / side ohm, a |S| |V - S| / (side + 1) aslant."""
    data = grid(side, side)
    place = bottlenecks(data.edge_index, data.num_nodes)[0]
    half = side // 2 * side
    assert place.num_edges == side
    assert place.sizes == (half, side * side - half)
    assert place.loss >= half * (side * side - half) / side
    sides = place.side.reshape(side, side)
    assert bool((sides == sides[:1]).all()) or bool((sides == sides[:, :1]).all())
    # each way one middle line, or two on both sides of the middle row, which are one place
    assert place.num_alike == 2
    assert place.alike.size(1) == (2 if side % 2 == 0 else 4) * side


def test_parallel_cuts_of_a_grid_add_up():
    """Nash-Williams over the middle line and those one and two beside it: 432 + 2 420 ohm."""
    data = grid(12, 12)
    place = bottlenecks(data.edge_index, data.num_nodes, count=1)[0]
    assert place.num_cuts == 3
    assert place.loss == 72 * 72 / 12 + 2 * 60 * 84 / 12


@pytest.mark.parametrize(
    ("sides", "wrap", "edges"),
    [
        ((6, 6, 6), False, 36),
        ((4, 4, 4, 4), False, 64),
        ((12, 12), True, 24),
        ((40, 41), False, 40),
    ],
    ids=["a cube", "four dimensions", "a torus", "almost square"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_boxes_are_cut_across(sides, wrap, edges, seed):
    """All modes of a cube's first eigenvalue are mixed by a solver; in any order of the nodes."""
    edge_index, count = box(*sides, wrap=wrap)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    place = narrow_cuts(largest_component(order[edge_index], count).graph)[0]
    across = max(sides) // 2 * count // max(sides)
    assert place.loss == pytest.approx(across * (count - across) / edges)
    assert place.edges.size == edges


@pytest.mark.parametrize("cliques", [3, 4])
def test_cliques_around_a_center_are_parted_one_by_one(cliques):
    """One clique from the rest, over one edge; level sets of one mode may cut two at a time."""
    ends = [(0, 1 + 5 * k) for k in range(cliques)]
    for k in range(cliques):
        ends += [(1 + 5 * k + i, 1 + 5 * k + j) for i in range(5) for j in range(i)]
    edge_index = to_undirected(torch.tensor(ends).T)
    count = 1 + 5 * cliques
    place = bottlenecks(edge_index, count)[0]
    assert place.sizes == (5, count - 5)
    assert place.num_alike == cliques
    assert place.alike.T.tolist() == [[0, 1 + 5 * k] for k in range(cliques)]
    assert place.sentence.endswith(f"; one of {cliques} alike")


def test_a_grid_of_90_000_nodes():
    """Its worst place is the straight cut of 300 edges, one of the two."""
    data = grid(300, 300)
    place = bottlenecks(data.edge_index, data.num_nodes, count=1)[0]
    assert (place.num_edges, place.sizes) == (300, (45_000, 45_000))
    assert place.num_alike == 2


# ---------------------------------------------------------------- a function of the graph

SYMMETRIC = {
    "ring(12)": ring(12),
    "ring(13)": ring(13),
    "ring(60)": ring(60),
    "path(9)": path(9),
    "star(7)": star(7),
    "tree(4)": tree(4),
    "complete(9)": complete(9),
    "petersen": petersen(),
    "grid(4, 4)": grid(4, 4),
    "grid(5, 5)": grid(5, 5),
    "grid(5, 8)": grid(5, 8),
    "cube(3)": from_networkx(nx.hypercube_graph(3)),
    "cube(4)": from_networkx(nx.hypercube_graph(4)),
    "torus(6, 6)": from_networkx(nx.grid_2d_graph(6, 6, periodic=True)),
    "rook(4)": from_networkx(nx.line_graph(nx.complete_bipartite_graph(4, 4))),
    "K(5, 5)": from_networkx(nx.complete_bipartite_graph(5, 5)),
    "ring_of_cliques(6, 5)": ring_of_cliques(6, 5),
    "ring_of_cliques(8, 3)": ring_of_cliques(8, 3),
    "lollipop(6, 5)": lollipop(6, 5),
    "barbell(5, 4)": barbell(5, 4),
    "karate": karate(),
    "a random one": erdos_renyi(40, 0.1, generator=torch.Generator().manual_seed(1)),
}


def said(edge_index, num_nodes, weight=None):
    """What the places say, without the numbers of nodes."""
    return [
        (
            f"{place.loss:.9g}",
            f"{place.conductance:.9g}",
            place.sizes,
            place.num_edges,
            place.num_cuts,
            place.num_alike,
            place.alike.size(1),
            place.edges.size(1),
            place.sentence,
        )
        for place in bottlenecks(edge_index, num_nodes, weight)
    ]


@pytest.mark.parametrize("data", SYMMETRIC.values(), ids=SYMMETRIC)
def test_another_numbering_has_the_same_places(data):
    expected = said(data.edge_index, data.num_nodes)
    for seed in range(4):
        order = torch.randperm(data.num_nodes, generator=torch.Generator().manual_seed(seed))
        columns = torch.randperm(data.num_edges, generator=torch.Generator().manual_seed(seed))
        assert said(order[data.edge_index[:, columns]], data.num_nodes) == expected


@pytest.mark.parametrize("data", [ring(12), grid(4, 4), karate()], ids=["ring", "grid", "karate"])
@pytest.mark.parametrize("factor", [1e-12, 3.0, 1e9])
def test_a_factor_of_all_weights_divides_the_losses(data, factor):
    ones = torch.ones(data.num_edges, dtype=torch.float64)
    before, after = (
        bottlenecks(data.edge_index, data.num_nodes, ones * scale) for scale in (1.0, factor)
    )
    assert [p.loss / factor for p in before] == pytest.approx([p.loss for p in after])
    assert [p.sentence for p in before] == [p.sentence for p in after]


@pytest.mark.parametrize("seed", range(6))
def test_another_numbering_of_a_weighted_graph(seed):
    """Weights from {1, 2}, so that losses tie by chance and by structure."""
    data = [karate(), grid(5, 5), ring_of_cliques(5, 4)][seed % 3]
    size, generator = data.num_nodes, torch.Generator().manual_seed(seed)
    table = torch.randint(1, 3, (size, size), generator=generator).double()
    table = torch.minimum(table, table.T)
    weight = table[data.edge_index[0], data.edge_index[1]]
    order = torch.randperm(size, generator=generator)
    assert said(order[data.edge_index], size, weight) == said(data.edge_index, size, weight)


def test_the_places_that_are_alike_of_a_ring_are_all_of_it():
    """Opposite edges, six pairs of them; the two pairs beside one are in its row, so two places."""
    place = bottlenecks(ring(12).edge_index, 12)[0]
    assert (place.sizes, place.num_edges, place.num_cuts) == ((6, 6), 2, 3)
    assert place.loss == 3 * 36 / 2
    assert place.num_alike == 2
    assert place.alike.size(1) == 12
    assert place.sentence == (
        "2 edges are all that joins 6 nodes to the other 6 nodes, the narrowest of 3 such cuts "
        "in a row; one of 2 alike"
    )


def cliques_in_a_row(sizes, conductances):
    """Cliques, each joined to the next one by an edge with that conductance, at different nodes."""
    columns, weight, first = [], [], 0
    for at, size in enumerate(sizes):
        ends = complete(size).edge_index
        columns.append(ends + first)
        weight += [1.0] * ends.size(1)
        first += size
        if at + 1 < len(sizes):
            columns.append(torch.tensor([[first - 1, first], [first, first - 1]]))
            weight += [conductances[at]] * 2
    return torch.cat(columns, dim=1), first, torch.tensor(weight, dtype=torch.float64)


@pytest.mark.parametrize(("middle", "num_cuts", "num_alike"), [(6, 2, 1), (7, 1, 2)])
def test_two_bridges_are_one_place_where_little_lies_between(middle, num_cuts, num_alike):
    """Of 14, 6 and 14 nodes either cut has 14 on a side, of the 20 that both together have: seven
    tenths. With 7 between it is 14 of 21, and they are two places."""
    place = bottlenecks(*cliques_in_a_row([14, middle, 14], [1.0, 1.0]))[0]
    assert (place.num_cuts, place.num_alike) == (num_cuts, num_alike)
    assert place.loss == num_cuts * 14 * (14 + middle)
    assert place.side.sum() == place.sizes[0] == 14


@pytest.mark.parametrize(("conductance", "num_cuts"), [(2.0, 2), (2.1, 1)])
def test_a_cut_of_twice_the_conductance_is_a_resistor_in_the_row(conductance, num_cuts):
    place = bottlenecks(*cliques_in_a_row([14, 6, 14], [1.0, conductance]))[0]
    assert place.num_cuts == num_cuts
    assert place.loss == pytest.approx(14 * 20 * (1 + (num_cuts - 1) / conductance))


@pytest.mark.parametrize(("conductance", "told"), [(6.0, True), (6.2, False)])
def test_a_place_that_loses_next_to_nothing_beside_the_first_is_not_told(conductance, told):
    """20 * 22 ohm at the first bridge, 2 * 40 / c at the second: 3 % of it where c is 6.06."""
    places = bottlenecks(*cliques_in_a_row([20, 20, 2], [1.0, conductance]))
    assert (places[0].sizes, places[0].loss) == ((20, 22), 440.0)
    assert any(place.sizes == (2, 40) for place in places) == told


def test_two_nodes_are_a_side_and_one_is_none():
    data = lollipop(10, 2)
    place = bottlenecks(data.edge_index, 12)[0]
    assert (place.sizes, place.loss) == ((2, 10), 20.0)
    assert place.side.tolist() == [False] * 10 + [True] * 2
