import pytest
import torch

from workbench.graphs import generators, layout
from workbench.topology import both_directions


def spread(data, pos):
    """Mean length of an edge as a share of the mean distance between nodes."""
    source, target = data.edge_index
    edges = (pos[source] - pos[target]).norm(dim=1).mean()
    return float(edges / torch.pdist(pos).mean())


@pytest.mark.parametrize(
    "data",
    [generators.grid(12, 12), generators.ring(50), generators.tree(5), generators.path(60)],
    ids=lambda d: d.name,
)
def test_a_drawing_is_unfolded(data):
    pos = layout(data.edge_index, data.num_nodes)
    # in a random drawing this is 1
    assert spread(data, pos) < 0.35


def test_long_graphs_are_drawn_long():
    data = generators.path(200)
    pos = layout(data.edge_index, 200)
    assert float((pos[0] - pos[-1]).norm()) > 1.5


def test_the_same_seed_gives_the_same_drawing():
    data = generators.erdos_renyi(50, 0.1, generator=torch.Generator().manual_seed(0))
    first = layout(data.edge_index, 50, seed=1)
    assert torch.equal(first, layout(data.edge_index, 50, seed=1))
    assert not torch.equal(first, layout(data.edge_index, 50, seed=2))


def test_drawings_fill_the_square():
    for data in (generators.karate(), generators.grid(40, 30)):
        pos = layout(data.edge_index, data.num_nodes)
        assert pos.dtype == torch.float32
        assert float(pos.abs().max()) == pytest.approx(1.0, abs=1e-5)


def test_components_stand_apart():
    # 3 rings of 10, an edge, 5 nodes alone
    ring = generators.ring(10).edge_index
    pair = torch.tensor([[30, 31], [31, 30]])
    edge_index = torch.cat([ring, ring + 10, ring + 20, pair], dim=1)
    pos = layout(edge_index, 37)
    boxes = [pos[a:b] for a, b in ((0, 10), (10, 20), (20, 30), (30, 32))]
    boxes += [pos[v : v + 1] for v in range(32, 37)]
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            apart = (one.min(0).values > other.max(0).values) | (
                other.min(0).values > one.max(0).values
            )
            assert bool(apart.any())


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_graphs_without_edges(n):
    pos = layout(torch.zeros(2, 0, dtype=torch.int64), n)
    assert pos.shape == (n, 2)
    assert bool(pos.isfinite().all())
    assert len({tuple(p) for p in pos.tolist()}) == n


def test_loops_repeats_and_direction_make_no_difference():
    both = generators.grid(4, 4).edge_index
    arcs = both[:, both[0] < both[1]]
    loops = torch.arange(16).repeat(2, 1)
    assert torch.equal(layout(both, 16), layout(torch.cat([arcs, arcs, loops], dim=1), 16))


def test_a_complete_graph_does_not_collapse():
    data = generators.complete(30)
    assert float(torch.pdist(layout(data.edge_index, 30)).min()) > 1e-3


@pytest.mark.parametrize("kind", ["grid", "expander"])
def test_ten_thousand_nodes_have_places_of_their_own(kind):
    if kind == "grid":
        data = generators.grid(100, 100)
    else:
        generator = torch.Generator().manual_seed(0)
        data = generators.random_regular(10_000, 4, generator=generator)
    pos = layout(data.edge_index, 10_000)
    assert torch.isfinite(pos).all()
    assert len({tuple(p) for p in pos.tolist()}) == 10_000


def test_many_components():
    source = torch.arange(0, 4000, 2)
    pos = layout(both_directions(source, source + 1), 5000)
    assert len({tuple(p) for p in pos.tolist()}) == 5000


def test_nodes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="outside 0 to 1"):
        layout(torch.tensor([[0], [2]]), 2)
