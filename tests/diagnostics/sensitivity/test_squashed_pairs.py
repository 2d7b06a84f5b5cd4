"""Squashed pairs: the three kinds by hand, and of a model whose reach is known."""

import pytest
import torch

from workbench.diagnostics import hop_distance, sensitivity, squashed_pairs
from workbench.graphs import barbell, path
from workbench.models import GCN
from workbench.topology import both_directions

HOPS = hop_distance(path(5).edge_index, 5)


def test_the_three_kinds():
    heard = torch.where(HOPS <= 3, 0.1**HOPS, 0.0)
    heard[0, 1] = 0.0  # node 0 does not hear its neighbor 1
    found = squashed_pairs(heard, HOPS, count=3)
    assert found.reach == 3
    assert found.out_of_reach.tolist() == [[0, 4], [4, 0]]
    assert found.silent.tolist() == [[1], [0]]
    assert found.heard == 20 - 2 - 1
    assert found.weakest.tolist() == [[0, 1, 3], [3, 4, 0]]
    assert found.hops.tolist() == [3.0, 3.0, 3.0]
    torch.testing.assert_close(found.sensitivity, torch.full((3,), 1e-3, dtype=torch.float64))


def test_dust_is_silence():
    heard = torch.where(HOPS <= 2, 1.0, 1e-18).double()
    assert squashed_pairs(heard, HOPS).out_of_reach.size(1) == 6


def test_pairs_without_a_path_are_in_no_kind():
    apart = both_directions(torch.tensor([0, 2]), torch.tensor([1, 3]))
    found = squashed_pairs(torch.ones(4, 4), hop_distance(apart, 4))
    assert found.heard == 4
    assert not found.out_of_reach.numel()
    assert not found.silent.numel()


def test_a_model_reaches_as_far_as_it_has_layers():
    torch.manual_seed(0)
    data, model = barbell(4, 2), GCN(3, 8, 3, num_layers=2, norm=None).eval()
    x = torch.rand(data.num_nodes, 3)
    hops = hop_distance(data.edge_index, data.num_nodes)
    found = squashed_pairs(sensitivity(model, x, data.edge_index), hops)
    assert found.reach == 2
    assert found.out_of_reach.size(1) == int((hops > 2).sum())
    names = [f"n{v}" for v in range(data.num_nodes)]
    table = found.frame(names)
    assert len(table) == found.silent.size(1) + found.out_of_reach.size(1) + 10
    weakest = table[table.state == "weakest"]
    assert weakest.sensitivity.is_monotonic_increasing
    assert set(weakest.source) <= set(names)
    assert "more than 2 hops" in str(found)


def test_nothing_arrives_and_nothing_is_there():
    silent = squashed_pairs(torch.zeros(5, 5), HOPS)
    assert (silent.reach, silent.heard) == (0, 0)
    assert silent.out_of_reach.size(1) == 20
    assert "weakest" not in str(silent)
    assert squashed_pairs(torch.zeros(0, 0), torch.zeros(0, 0)).heard == 0


@pytest.mark.parametrize(
    ("heard", "hops", "options", "message"),
    [
        (torch.ones(5, 4), HOPS, {}, r"got \[5, 4\] and \[5, 5\]"),
        (torch.ones(4, 4), HOPS, {}, r"got \[4, 4\] and \[5, 5\]"),
        (torch.full((5, 5), torch.nan), HOPS, {}, "sensitivity"),
        (torch.ones(5, 5), HOPS * torch.nan, {}, "hops holds nan"),
        (torch.ones(5, 5), HOPS, {"count": -1}, "got -1"),
    ],
)
def test_what_it_refuses(heard, hops, options, message):
    with pytest.raises(ValueError, match=message):
        squashed_pairs(heard, hops, **options)
