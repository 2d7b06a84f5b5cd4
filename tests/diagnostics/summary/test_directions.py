"""Equally slow modes: the straight cuts of grids and boxes, whatever basis a solver returns."""

import time

import numpy as np
import pytest
import torch
from torch_geometric.utils import to_undirected

from workbench.diagnostics.summary import bottlenecks
from workbench.diagnostics.summary.cuts import narrow_cuts
from workbench.diagnostics.summary.directions import mixed_modes
from workbench.diagnostics.summary.largest import largest_component
from workbench.graphs import grid


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
def test_a_square_grid_is_narrowest_along_its_two_middle_lines(side):
    """Half the rows from the others: |S| |V - S| / side ohm, a |S| |V - S| / (side + 1) aslant."""
    data = grid(side, side)
    first, second = bottlenecks(data.edge_index, data.num_nodes)[:2]
    half = side // 2 * side
    for place in (first, second):
        assert place.num_edges == side
        assert place.sizes == (half, side * side - half)
        assert place.loss >= half * (side * side - half) / side
    one, other = (place.side.reshape(side, side) for place in (first, second))
    straight = {tuple(bool((s == line).all()) for line in (s[:1], s[:, :1])) for s in (one, other)}
    assert straight == {(True, False), (False, True)}


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
    places = bottlenecks(edge_index, count, count=5)[:cliques]
    assert [place.sizes for place in places] == [(5, count - 5)] * cliques
    assert all(place.edges.T.tolist()[0][0] == 0 for place in places)


@pytest.mark.parametrize("angle", [0.0, 0.2, 0.7, 1.3])
def test_turning_finds_the_axes_of_a_product(angle):
    """Of cos x and cos y, turned by any angle, the axes come back, each up to its sign."""
    wave = np.cos(np.pi * (np.arange(9) + 0.5) / 9)
    axes = np.stack([np.repeat(wave, 9), np.tile(wave, 9)], axis=1)
    sine, cosine = np.sin(angle), np.cos(angle)
    mixed = axes @ np.array([[cosine, -sine], [sine, cosine]])
    found = mixed_modes(np.array([1.0, 1.0]), mixed, lambda mode: 0.0)[-2:]
    match = np.abs(np.stack(found) @ axes) / (axes[:, 0] @ axes[:, 0])
    assert np.sort(match, axis=1) == pytest.approx(np.array([[0, 1], [0, 1]]), abs=1e-7)


def test_modes_of_their_own_stay_as_they_are():
    values, vectors = np.array([1.0, 2.0, 4.0]), np.eye(3)
    found = mixed_modes(values, vectors, lambda mode: 0.0)
    assert np.array_equal(np.stack(found), vectors)
    assert mixed_modes(values[:0], vectors[:, :0], lambda mode: 0.0) == []


def test_a_grid_of_90_000_nodes_takes_seconds():
    """And its worst place is the straight cut of 300 edges."""
    data = grid(300, 300)
    began = time.process_time()
    place = bottlenecks(data.edge_index, data.num_nodes, count=1)[0]
    assert (place.num_edges, place.sizes) == (300, (45_000, 45_000))
    assert time.process_time() - began < 60
