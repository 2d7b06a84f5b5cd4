"""Which pairs which test tells apart, with the witness."""

import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import TESTS, distinguishes, graph_classes, tell_apart
from workbench.graphs import csl, path, read_graphs, ring, rook, shrikhande

TWO_TRIANGLES = Data(
    edge_index=torch.tensor(
        [[0, 1, 2, 3, 4, 5, 1, 2, 0, 4, 5, 3], [1, 2, 0, 4, 5, 3, 0, 1, 2, 3, 4, 5]]
    ),
    num_nodes=6,
)
BOUNDED_BY_1WL = {"1-wl", "2-wl"}
BEYOND_2FWL = {"3-fwl", "1,2-wl"}


@pytest.mark.parametrize("test", TESTS)
def test_a_hexagon_and_two_triangles(test):
    found = distinguishes(ring(6), TWO_TRIANGLES, test=test)
    assert bool(found) == (test not in BOUNDED_BY_1WL)
    assert (found.round is None) == (not found)


@pytest.mark.parametrize("test", TESTS)
def test_rook_and_shrikhande(test):
    # strongly regular with equal parameters: beyond every test that is bounded by 3-WL
    assert bool(distinguishes(rook(), shrikhande(), test=test)) == (test in BEYOND_2FWL)


@pytest.mark.parametrize("test", TESTS)
def test_no_test_tells_a_graph_from_itself_relabeled(test):
    data, order = csl(11, 3), torch.randperm(11, generator=torch.Generator().manual_seed(1))
    moved = Data(edge_index=order[data.edge_index], num_nodes=11)
    assert not distinguishes(data, moved, test=test)
    assert tell_apart([(data, moved)], test=test).tolist() == [False]
    assert graph_classes([data, moved], test=test).tolist() == [0, 0]


def test_the_witness_is_what_differs():
    # a path of four, and a star with three leaves: one degree 3 against two degrees 2
    star = Data(edge_index=torch.tensor([[0, 1, 0, 2, 0, 3], [1, 0, 2, 0, 3, 0]]), num_nodes=4)
    found = distinguishes(path(4), star)
    assert found.round == 1
    assert found.only_a.ravel().tolist() == [1, 2]
    assert found.only_b.ravel().tolist() == [0, 1, 2, 3]  # the center; three leaves against two
    assert "different from round 1" in repr(found)
    same = distinguishes(ring(6), TWO_TRIANGLES)
    assert "equal, stable after 0 rounds" in repr(same)
    assert same.only_a.numel() == same.only_b.numel() == 0


def test_features_are_first_colors():
    plain, marked = ring(6), ring(6)
    marked.x = torch.tensor([[1.0], [0], [0], [0], [0], [0]])
    plain.x = torch.zeros(6, 1)
    assert distinguishes(plain, marked).round == 0
    plain.x = None
    assert not distinguishes(plain, marked)  # read only where both have them
    plain.x = torch.zeros(6, 2)
    with pytest.raises(ValueError, match="x has 1 channels in one graph and 2 in another"):
        distinguishes(plain, marked)
    with pytest.raises(ValueError, match="test must be one of 1-wl"):
        distinguishes(ring(6), ring(6), test="4-fwl")


def test_skip_links(data_root):
    graphs = read_graphs(data_root / "expressiveness" / "csl" / "csl.g6")
    classes = {test: int(graph_classes(graphs, test=test).max()) + 1 for test in SKIP_LINKS}
    assert classes == SKIP_LINKS


#: Classes of the ten graphs C(41; 1, R), computed for the field's cards.
SKIP_LINKS = {"1-wl": 1, "spd-wl": 9, "rd-wl": 10, "rrwp-wl": 10, "1,1-wl": 10, "2-fwl": 10}


@pytest.mark.parametrize(
    "name", ["sr16622", "sr251256", "sr261034", "sr281264", "sr291467", "sr351899", "sr361446"]
)
def test_strongly_regular_families(name, data_root):
    graphs = read_graphs(data_root / "expressiveness" / "sr" / f"{name}.g6")
    for test in ("1-wl", "2-fwl", "1,1-wl", "dss-wl", "rd-wl"):
        assert int(graph_classes(graphs[:12], test=test).max()) == 0
    assert int(graph_classes(graphs, test="2-fwl").max()) == 0


def test_pair_marks_split_sr25(data_root):
    graphs = read_graphs(data_root / "expressiveness" / "sr" / "sr251256.g6")
    assert graph_classes(graphs, test="1,2-wl").unique().numel() == len(graphs) == 15


def test_many_pairs_are_told_apart_as_each_alone():
    marked = ring(6)
    marked.x = torch.tensor([[1.0], [0], [0], [0], [0], [0]])
    turned, wide, tied = ring(6), ring(6), ring(6)
    turned.x = marked.x.roll(2, dims=0)
    wide.x = torch.ones(6, 2)
    tied.edge_attr = torch.arange(12) % 2
    graphs = [ring(6), TWO_TRIANGLES, ring(5), path(6), marked, turned, tied, rook(), shrikhande()]
    pairs = [(a, b) for a in graphs for b in graphs]
    for test in ("1-wl", "2-fwl", "spd-wl", "1,1-wl"):
        alone = [bool(distinguishes(a, b, test=test)) for a, b in pairs]
        assert tell_apart(pairs, test=test).tolist() == alone
    assert tell_apart([]).tolist() == []
    with pytest.raises(ValueError, match="x has 1 channels in one graph and 2 in another"):
        tell_apart([(ring(6), ring(6)), (marked, wide)])
    with pytest.raises(ValueError, match="test must be one of"):
        tell_apart(pairs, test="4-fwl")
