"""CFI graphs, and what every famous pair says of itself."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from conftest import load_oracle
from workbench.diagnostics import TESTS, distinguishes, is_isomorphic
from workbench.graphs import FAMOUS_PAIRS, barbell, cfi, complete, path, ring, rook, shrikhande
from workbench.graphs.generators.famous_pairs import latin_square_graph, spider

CFI_PAIRS = {k: v for k, v in load_oracle("05b_wl_pairs.json").items() if k.startswith("cfi_")}
BASES = {
    "K3": complete(3),
    "C4": ring(4),
    "K4": complete(4),
    "K5": complete(5),
    "K33": Data(
        edge_index=torch.tensor([(u, v) for u in range(6) for v in range(6) if u // 3 != v // 3]).T,
        num_nodes=6,
    ),
}


def listed(edges, num_nodes: int) -> Data:
    one_way = torch.tensor(edges).T
    return Data(edge_index=torch.cat([one_way, one_way.flip(0)], 1), num_nodes=num_nodes)


def both(base: Data) -> tuple[Data, Data]:
    arguments = base.edge_index, base.num_nodes
    return cfi(*arguments), cfi(*arguments, twisted=True)


def shape(data: Data) -> tuple[int, int]:
    return data.num_nodes, data.num_edges // 2


# ---- the gadgets -------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("name", CFI_PAIRS)
def test_cfi_pairs_of_the_reference(name):
    case = CFI_PAIRS[name]
    first, second = (listed(case[f"edges_{i}"], case["n"][i - 1]) for i in (1, 2))
    base = BASES.get(name.removeprefix("cfi_"))
    if base is None:
        pytest.skip(f"the reference does not list the base graph of {name}")
    plain, twisted = both(base)
    assert is_isomorphic(plain, twisted) == bool(case["isomorphic"])
    assert {is_isomorphic(plain, first), is_isomorphic(twisted, first)} == {True, False}
    assert {is_isomorphic(plain, second), is_isomorphic(twisted, second)} == {True, False}
    found = {test: distinguishes(plain, twisted, test=test) for test in ("1-wl", "2-fwl")}
    assert found["1-wl"].round == case["wl1_round"]
    assert found["2-fwl"].round == case["fwl2_round"]


def test_a_node_of_degree_d_becomes_half_of_its_subsets():
    assert shape(cfi(complete(4).edge_index, 4)) == (16, 48)
    assert shape(cfi(complete(5).edge_index, 5)) == (40, 320)
    assert shape(cfi(ring(7).edge_index, 7)) == (14, 14)
    assert shape(cfi(path(1).edge_index, 1)) == (1, 0)


def test_over_the_complete_graph_of_four_it_is_rook_and_shrikhande():
    plain, twisted = both(complete(4))
    assert is_isomorphic(plain, rook())
    assert is_isomorphic(twisted, shrikhande())


def test_a_twist_in_a_ring_joins_its_two_copies():
    # the plain one is two rings, the twisted one a ring of twice the length
    plain, twisted = both(ring(5))
    assert is_isomorphic(twisted, ring(10))
    two = torch.cat([ring(5).edge_index, ring(5).edge_index + 5], dim=1)
    assert is_isomorphic(plain, Data(edge_index=two, num_nodes=10))


def test_it_does_not_matter_which_edge_is_twisted():
    base = barbell(3, 0)
    order = torch.randperm(base.num_nodes, generator=torch.Generator().manual_seed(0))
    one = cfi(base.edge_index, base.num_nodes, twisted=True)
    other = cfi(order[base.edge_index], base.num_nodes, twisted=True)
    assert is_isomorphic(one, other)
    assert not is_isomorphic(one, cfi(base.edge_index, base.num_nodes))


def test_loops_and_repeats_of_the_base_do_not_count():
    edge_index = torch.cat([ring(4).edge_index, ring(4).edge_index, torch.tensor([[1], [1]])], 1)
    assert torch.equal(cfi(edge_index, 4).edge_index, cfi(ring(4).edge_index, 4).edge_index)


def test_a_graph_without_edges_cannot_be_twisted():
    with pytest.raises(ValueError, match="no edge to twist"):
        cfi(torch.zeros(2, 0, dtype=torch.int64), 3, twisted=True)


def test_gadgets_stand_where_the_base_is_drawn():
    pos = torch.tensor([[0.0, 0.0], [4.0, 0.0], [8.0, 0.0]])
    placed = cfi(path(3).edge_index, 3, pos=pos).pos
    assert placed.shape == (4, 2)  # the middle node has two even subsets
    assert placed[0, 0] == -1
    assert placed[3, 0] == 1
    with pytest.raises(ValueError, match=r"pos is \[2, 2\], not \[3, 2\]"):
        cfi(path(3).edge_index, 3, pos=pos[:2])


def test_a_base_of_high_degree_is_refused_before_it_is_built():
    with pytest.raises(ValueError, match="more than the"):
        cfi(complete(30).edge_index, 30)


# ---- the library -------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMOUS_PAIRS)
def test_exactly_the_named_tests_tell_the_pair_apart(name):
    pair = FAMOUS_PAIRS[name]
    a, b = pair.build()
    assert pair.separating_tests <= set(TESTS)
    for test in TESTS:
        if test == "3-wl" and a.num_nodes > 30:
            # as strong as 2-FWL, which is run, and minutes slower for all pairs of this size
            assert (test in pair.separating_tests) == ("2-fwl" in pair.separating_tests)
            continue
        assert bool(distinguishes(a, b, test=test)) == (test in pair.separating_tests), test


@pytest.mark.parametrize("name", FAMOUS_PAIRS)
def test_the_graphs_differ_and_are_drawn(name):
    pair = FAMOUS_PAIRS[name]
    a, b = pair.build()
    assert a.num_nodes == b.num_nodes
    assert not is_isomorphic(a, b)
    assert pair.sentence.endswith(".")
    for data in (a, b):
        assert data.pos.shape == (data.num_nodes, 2)
        assert data.pos.isfinite().all()
        assert torch.pdist(data.pos).min() > 1e-3  # no node hides another


def test_trees_need_rounds():
    a, b = FAMOUS_PAIRS["two spiders"].build()
    assert shape(a) == shape(b) == (19, 18)
    assert distinguishes(a, b).round == 4


def test_a_late_difference_of_features():
    a, b = FAMOUS_PAIRS["two necklaces"].build()
    found = distinguishes(a, b)
    assert found.round == 6  # halfway between two beads 11 or 12 apart
    del a.x, b.x
    assert is_isomorphic(a, b)


def test_legs_of_a_spider():
    assert shape(spider(1, 2, 3)) == (7, 6)
    assert is_isomorphic(spider(2, 2), path(5))


def test_latin_squares():
    assert shape(latin_square_graph(np.array([[0, 1], [1, 0]]))) == (4, 6)
    with pytest.raises(ValueError, match="once"):
        latin_square_graph(np.array([[0, 1], [0, 1]]))
