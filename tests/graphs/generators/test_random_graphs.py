import networkx as nx
import pytest
import torch

from workbench.graphs import generators
from workbench.graphs.networkx_graphs import to_networkx

RANDOM = {
    "grid_with_holes": lambda g: generators.grid_with_holes(15, 20, generator=g),
    "random_regular": lambda g: generators.random_regular(30, 3, generator=g),
    "random_regular_dense": lambda g: generators.random_regular(12, 9, generator=g),
    "erdos_renyi": lambda g: generators.erdos_renyi(60, 0.1, generator=g),
    "sbm": lambda g: generators.sbm([20, 30], 0.3, 0.05, generator=g),
}


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_the_same_generator_state_gives_the_same_graph(make):
    first, second, other = make(seeded(1)), make(seeded(1)), make(seeded(2))
    assert torch.equal(first.edge_index, second.edge_index)
    assert not torch.equal(first.edge_index, other.edge_index)


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_the_generator_moves_on(make):
    generator = seeded(1)
    assert not torch.equal(make(generator).edge_index, make(generator).edge_index)


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_no_global_random_state_is_touched(make):
    before = torch.random.get_rng_state()
    make(None)
    make(seeded(0))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_random_graphs_are_simple_and_symmetric(make):
    data = make(seeded(3))
    graph = to_networkx(data)
    assert not graph.is_directed()
    assert nx.number_of_selfloops(graph) == 0
    assert 2 * graph.number_of_edges() == data.edge_index.size(1)


@pytest.mark.parametrize("seed", range(5))
def test_grid_with_holes_loses_its_share_and_stays_connected(seed):
    data = generators.grid_with_holes(15, 20, share=0.18, generator=seeded(seed))
    full = generators.grid(15, 20)
    m = 15 * 19 + 20 * 14
    assert data.edge_index.size(1) == 2 * (m - int(0.18 * m))
    graph = to_networkx(data)
    assert nx.is_connected(graph)
    assert set(graph.edges) <= set(to_networkx(full).edges)
    assert torch.equal(data.pos, full.pos)


def test_grid_with_holes_at_its_limits():
    assert torch.equal(
        generators.grid_with_holes(4, 5, share=0.0).edge_index, generators.grid(4, 5).edge_index
    )
    # 31 edges of 20 nodes: 12 can go, and a spanning tree is left
    tree = generators.grid_with_holes(4, 5, share=12.5 / 31)
    assert nx.is_tree(to_networkx(tree))
    with pytest.raises(ValueError, match=r"removes 13 of the 31 .* only 12 can go"):
        generators.grid_with_holes(4, 5, share=13.5 / 31)
    with pytest.raises(ValueError, match=r"from 0 to 1; got 1\.5"):
        generators.grid_with_holes(4, 5, share=1.5)


@pytest.mark.parametrize(("n", "degree"), [(30, 3), (12, 9), (8, 7), (5, 0), (6, 4), (7, 6)])
def test_random_regular_is_regular(n, degree):
    graph = to_networkx(generators.random_regular(n, degree, generator=seeded(0)))
    assert [d for _, d in graph.degree] == [degree] * n


@pytest.mark.parametrize(("n", "degree", "fix"), [(5, 3, 6), (3, 3, 4), (2, 4, 5)])
def test_random_regular_names_the_nearest_size(n, degree, fix):
    with pytest.raises(ValueError, match=f"num_nodes={fix}"):
        generators.random_regular(n, degree)
    assert generators.random_regular(fix, degree).num_nodes == fix


def test_erdos_renyi_at_its_limits():
    assert generators.erdos_renyi(20, 0.0).edge_index.size(1) == 0
    assert torch.equal(
        generators.erdos_renyi(20, 1.0).edge_index, generators.complete(20).edge_index
    )
    assert generators.erdos_renyi(0, 0.5).num_nodes == 0
    assert generators.erdos_renyi(1, 0.5).num_nodes == 1
    with pytest.raises(ValueError, match="probability is a probability, from 0 to 1; got 2"):
        generators.erdos_renyi(5, 2.0)
    with pytest.raises(ValueError, match="smaller graph"):
        generators.erdos_renyi(100_000, 0.5)


def test_erdos_renyi_draws_every_pair_alike():
    generator = seeded(0)
    counts = torch.zeros(6, 6)
    for _ in range(2000):
        source, target = generators.erdos_renyi(6, 0.3, generator=generator).edge_index
        counts[source, target] += 1
    share = counts[torch.triu(torch.ones(6, 6), 1) > 0] / 2000
    # five standard deviations of a share of 2000 draws
    assert float((share - 0.3).abs().max()) < 5 * (0.3 * 0.7 / 2000) ** 0.5


@pytest.mark.parametrize("n", [100_000])
def test_erdos_renyi_of_many_nodes(n):
    data = generators.erdos_renyi(n, 2e-5, generator=seeded(0))
    expected = 2e-5 * n * (n - 1) / 2
    assert data.edge_index.size(1) / 2 == pytest.approx(expected, abs=5 * expected**0.5)
    assert int(data.edge_index.max()) > 0.99 * n


def test_sbm_blocks():
    generator = seeded(0)
    data = generators.sbm([30, 50, 20], 1.0, 0.0, generator=generator)
    assert data.y.bincount().tolist() == [30, 50, 20]
    source, target = data.edge_index
    assert bool((data.y[source] == data.y[target]).all())
    assert data.edge_index.size(1) == 30 * 29 + 50 * 49 + 20 * 19
    data = generators.sbm([30, 50, 20], 0.0, 1.0, generator=generator)
    source, target = data.edge_index
    assert bool((data.y[source] != data.y[target]).all())
    assert data.edge_index.size(1) == 2 * (30 * 50 + 30 * 20 + 50 * 20)


def test_sbm_densities():
    data = generators.sbm([200, 300], 0.2, 0.05, generator=seeded(0))
    source, target = data.edge_index
    across = float((data.y[source] != data.y[target]).sum()) / 2
    assert across == pytest.approx(0.05 * 60_000, abs=5 * (60_000 * 0.05 * 0.95) ** 0.5)
    with pytest.raises(ValueError, match="between is a probability"):
        generators.sbm([2, 2], 0.5, -0.1)
    with pytest.raises(ValueError, match="at least one block"):
        generators.sbm([], 0.5, 0.1)
