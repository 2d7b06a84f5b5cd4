"""Delaunay graphs: empty circles, and places that span no plane."""

import itertools

import numpy as np
import pytest
import torch

from workbench.rewiring import delaunay

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def pairs(places, **options):
    places = torch.tensor(places) if isinstance(places, list) else places
    found = delaunay(NOTHING, places.size(0), pos=places, **options)
    ends = set(map(tuple, found.edge_index.T.tolist()))
    assert ends == {(v, u) for u, v in ends}
    return {(u, v) for u, v in ends if u < v}


def test_a_triangle_of_it_holds_no_other_node():
    """By the definition: the circles through three nodes that are empty."""
    places = torch.rand(15, 2, generator=torch.Generator().manual_seed(3)).double()
    expected = set()
    for corners in itertools.combinations(range(15), 3):
        a, b, c = places[list(corners)].numpy()
        center = np.linalg.solve(2 * np.stack([b - a, c - a]), [b @ b - a @ a, c @ c - a @ a])
        radius = np.linalg.norm(center - a)
        others = np.delete(places.numpy(), corners, axis=0)
        if (np.linalg.norm(others - center, axis=1) > radius).all():
            expected |= set(itertools.combinations(corners, 2))
    assert pairs(places) == expected


def test_on_a_line_in_one_place_and_in_three_dimensions():
    assert pairs([[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]]) == {(0, 2), (1, 2)}
    assert pairs([[1.0, 1.0]] * 3) == {(0, 1), (1, 2)}
    assert pairs([[3.0], [1.0], [2.0]]) == {(0, 2), (1, 2)}
    assert pairs([[0.0, 0.0]]) == set()
    assert pairs(torch.zeros(0, 2)) == set()
    assert len(pairs([[0.0, 0, 0], [1.0, 0, 0], [0.0, 1, 0], [0.0, 0, 1]])) == 6
    flat = torch.rand(9, 2, generator=torch.Generator().manual_seed(0)).double()
    lifted = torch.cat([flat, flat.sum(1, keepdim=True)], dim=1)  # a plane in space, tilted
    stretch = torch.linalg.cholesky(torch.eye(2).double() + 1)  # distances within that plane
    assert pairs(lifted) == pairs(flat @ stretch)


def test_the_graph_goes_or_stays():
    places = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [5.0, 5.5], [9.0, 2.0]])
    edges = torch.tensor([[0, 4], [4, 0]])
    edges = torch.cat([edges, torch.tensor([[0, 3], [3, 0]])], dim=1)
    gone, kept = (delaunay(edges, 5, pos=places, keep=keep) for keep in (False, True))
    assert kept.kept.tolist() == [True] * 4
    assert kept.edge_index.size(1) == gone.edge_index.size(1) + int((~gone.kept).sum())
    assert int(gone.kept.sum()) < 4


def test_what_it_refuses():
    with pytest.raises(ValueError, match=r"pos must be \[3, dimensions\], got \[2, 2\]"):
        delaunay(NOTHING, 3, pos=torch.zeros(2, 2))
    with pytest.raises(ValueError, match="pos must be finite"):
        delaunay(NOTHING, 1, pos=torch.full((1, 2), torch.inf))
