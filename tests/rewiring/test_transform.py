"""Rewire: alignment, repr, options."""

import pytest
import torch
from torch_geometric.data import Data, HeteroData
from torch_geometric.datasets import FakeDataset

from workbench.rewiring import EDITS, Rewire, fosr, gtr, sdrf
from workbench.topology import both_directions


@pytest.fixture
def data():
    rows, columns = torch.triu_indices(5, 5, 1)
    left = both_directions(rows, columns)
    edge_index = torch.cat([left, left + 5, torch.tensor([[4, 5], [5, 4]])], dim=1)
    count = edge_index.size(1)
    return Data(
        x=torch.randn(12, 3, generator=torch.Generator().manual_seed(0)),
        edge_index=edge_index,
        edge_attr=torch.arange(2.0 * count).reshape(count, 2),
        edge_weight=torch.full((count,), 2.5),
        y=torch.arange(12),
        pos=torch.zeros(12, 2),
        name="barbell",
    )


@pytest.mark.parametrize("name", EDITS)
def test_attributes_stay_aligned(name, data):
    before = data.clone()
    out = Rewire(name, num_edges=4)(data)
    assert torch.equal(data.edge_index, before.edge_index)
    assert "is_added" not in data
    assert out.num_nodes == 12
    for key in ("x", "y", "pos"):
        assert torch.equal(out[key], before[key])
    rows = {
        pair: (attr, weight)
        for pair, attr, weight in zip(
            map(tuple, before.edge_index.T.tolist()),
            before.edge_attr.tolist(),
            before.edge_weight.tolist(),
            strict=True,
        )
    }
    assert out.edge_attr.size(0) == out.edge_weight.size(0) == out.edge_index.size(1)
    for at, pair in enumerate(map(tuple, out.edge_index.T.tolist())):
        expected = ([0.0, 0.0], 1.0) if bool(out.is_added[at]) else rows[pair]
        assert (out.edge_attr[at].tolist(), float(out.edge_weight[at])) == expected
        assert bool(out.is_added[at]) == (pair not in rows)
    assert out.is_added.dtype == torch.bool
    out.validate()


def test_by_name_or_function():
    assert repr(Rewire("gtr")) == repr(Rewire(gtr))
    edge_index = both_directions(torch.arange(4), torch.arange(1, 5))
    one = Rewire("gtr", num_edges=2)(Data(edge_index=edge_index, num_nodes=6))
    assert torch.equal(one.edge_index, gtr(edge_index, 6, num_edges=2).edge_index)
    assert one.num_nodes == 6


def test_repr_is_complete():
    """Everything that changes the result changes the repr: PyG's cache on disk goes by it."""
    assert repr(Rewire("gtr", num_edges=20)) == "Rewire(gtr, num_edges=20, variant='paper')"
    start = torch.zeros(3000)
    other = start.clone()
    other[1500] = 1.0
    transforms = [
        Rewire(fosr),
        Rewire(fosr, num_edges=20),
        Rewire(fosr, power_iterations=50),
        Rewire(fosr, seed=1),
        Rewire(fosr, initial=start),
        Rewire(fosr, initial=other),
        Rewire(sdrf),
        Rewire(sdrf, variant="official"),
        Rewire(sdrf, tau=1.0),
        Rewire("random_edges"),
    ]
    assert len({repr(transform) for transform in transforms}) == len(transforms)
    assert repr(Rewire(fosr, num_edges=10)) == repr(Rewire(fosr))


def test_the_seed_makes_it_reproducible(data):
    runs = [Rewire("random_edges", num_edges=5, seed=s)(data).edge_index for s in (3, 3, 4)]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_options_that_do_not_exist():
    with pytest.raises(TypeError, match="no option 'nun_edges'; its options are num_edges, var"):
        Rewire("gtr", nun_edges=3)
    with pytest.raises(TypeError, match="gtr has no option 'seed'"):
        Rewire("gtr", seed=3)
    with pytest.raises(TypeError, match=r"'generator'; its options are .*seed"):
        Rewire("fosr", generator=torch.Generator())
    with pytest.raises(ValueError, match="no rewiring is called 'GTR'; choose one of gtr, fosr"):
        Rewire("GTR")


def test_weights_are_those_of_each_graph(data):
    """No option: a pipeline has other weights for every graph, and the repr names none."""
    data.edge_weight = torch.where((data.edge_index == 1).any(dim=0), 1e-3, 1.0)
    found = gtr(data.edge_index, 12, num_edges=1, edge_weight=data.edge_weight)
    assert torch.equal(Rewire("gtr", num_edges=1)(data).edge_index, found.edge_index)
    data.edge_weight = data.edge_weight[:, None]
    assert torch.equal(Rewire("gtr", num_edges=1)(data).edge_index, found.edge_index)
    assert "edge_weight" not in repr(Rewire("gtr"))
    with pytest.raises(TypeError, match="gtr has no option 'edge_weight'"):
        Rewire("gtr", edge_weight=data.edge_weight)
    with pytest.raises(TypeError, match="gtr has no option 'should_stop'"):
        Rewire("gtr", should_stop=lambda: False)


def test_other_data_is_refused():
    with pytest.raises(TypeError, match="a torch_geometric Data with an edge_index, got Data"):
        Rewire("gtr")(Data(num_nodes=3))
    with pytest.raises(TypeError):
        Rewire("gtr")(HeteroData())
    directed = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2)
    with pytest.raises(ValueError, match="to_undirected"):
        Rewire("gtr")(directed)


def test_own_functions_come_with_their_module():
    def mine(edge_index, num_nodes, *, num_edges):
        return gtr(edge_index, num_nodes, num_edges=num_edges)

    assert "mine, num_edges=2" in repr(Rewire(mine, num_edges=2))
    assert __name__ in repr(Rewire(mine, num_edges=2))
    with pytest.raises(TypeError, match="needs the option 'num_edges'"):
        Rewire(mine)


def test_in_a_pipeline():
    transform = Rewire("fosr", num_edges=3)
    dataset = FakeDataset(num_graphs=3, avg_num_nodes=20, is_undirected=True, transform=transform)
    assert all(int(graph.is_added.sum()) == 6 for graph in dataset)
