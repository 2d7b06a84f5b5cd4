"""Embedding distances against the noise of relabelings."""

import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.nn import global_add_pool

from workbench.benchmarks import embedding_distance
from workbench.graphs import FAMOUS_PAIRS, path, ring
from workbench.models import GIN, MODELS


class Degrees(nn.Module):
    """Sum of squared degrees: equal on regular graphs, and no function of the order."""

    def forward(self, x, edge_index, batch):
        degree = torch.zeros(x.size(0), 1, dtype=x.dtype)
        degree.index_add_(0, edge_index[1], torch.ones(edge_index.size(1), 1, dtype=x.dtype))
        return global_add_pool(degree**2, batch)


class FirstNode(nn.Module):
    """The degree of node 0: depends on the numbering."""

    def forward(self, x, edge_index, batch):
        return (edge_index[1] == 0).sum().to(x.dtype).reshape(1, 1)


def generator():
    return torch.Generator().manual_seed(0)


def test_a_function_of_the_graph_has_no_noise():
    found = embedding_distance(Degrees(), path(5), ring(5), generator=generator())
    # a path of five: 1 + 4 + 4 + 4 + 1, a ring: 5 x 4
    assert (found.distance, found.noise_max, found.size) == (6.0, 0.0, 14.0)
    assert found.is_separated
    assert found.sentence.endswith("it tells them apart.")
    assert not embedding_distance(Degrees(), ring(5), ring(5), generator=generator()).is_separated


def test_a_function_of_the_numbering_is_called_noise():
    found = embedding_distance(FirstNode(), path(5), ring(5), generator=generator())
    assert found.distance == found.noise_max == 1.0
    assert not found.is_separated
    assert "depends on the numbering" in found.sentence


def test_gin_and_a_regular_pair():
    torch.manual_seed(0)
    model = GIN(1, 16, 8, num_layers=4, level="graph")
    model.train()
    a, b = FAMOUS_PAIRS["hexagon and two triangles"].build()
    found = embedding_distance(model, a, b, generator=generator())
    assert found.distance < 1e-12 < found.size
    assert not found.is_separated
    assert model.training  # left as it was
    assert next(model.parameters()).dtype == torch.float32


#: Models that see no more than their neighbors' states, so that 1-WL bounds them.
PLAIN = [name for name in MODELS if not MODELS[name](1, 4, 2, num_layers=1).requires]


@pytest.mark.parametrize("name", PLAIN)
def test_rounding_that_no_relabeling_shows_is_no_difference(name):
    """All nodes of a ring look alike, so relabeling it moves nothing, not even the last digit."""
    for seed, sizes in enumerate(((6, 7), (12, 20), (5, 9))):
        torch.manual_seed(seed)
        model = MODELS[name](1, 16, 8, num_layers=4, level="graph")
        rings = map(ring, sizes)
        found = embedding_distance(model, *rings, relabelings=2, generator=generator())
        assert not found.is_separated
        assert found.sentence.endswith("rounding; with these weights it does not tell them apart.")


def test_features_are_read_where_both_graphs_have_them():
    torch.manual_seed(0)
    a, b = FAMOUS_PAIRS["two necklaces"].build()  # 1-WL needs six rounds
    model = GIN(1, 32, 16, num_layers=12, level="graph")
    assert embedding_distance(model, a, b, generator=generator()).is_separated
    shallow = GIN(1, 32, 16, num_layers=5, level="graph")
    assert not embedding_distance(shallow, a, b, generator=generator()).is_separated
    plain = Data(edge_index=b.edge_index, num_nodes=24)
    assert not embedding_distance(model, a, plain, generator=generator()).is_separated


def test_the_same_generator_gives_the_same_numbers():
    a, b = path(6), ring(6)
    model = GIN(1, 16, 8, num_layers=2, level="graph")
    first = embedding_distance(model, a, b, generator=generator())
    assert embedding_distance(model, a, b, generator=generator()) == first


def test_bad_arguments():
    node_level = GIN(1, 4, 2, num_layers=1)
    with pytest.raises(ValueError, match="5 rows for one graph"):
        embedding_distance(node_level, path(5), ring(5))
    with pytest.raises(ValueError, match="at least 1, got 0"):
        embedding_distance(Degrees(), path(5), ring(5), relabelings=0)
    empty = Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=0)
    with pytest.raises(ValueError, match="at least one node"):
        embedding_distance(Degrees(), empty, ring(5))


#: To PR-MPNN all pairs of nodes that look alike are as likely, in the mean of its draws.
TELLING = [name for name in MODELS if name not in (*PLAIN, "PRMPNN")]


@pytest.mark.parametrize("name", TELLING)
def test_what_a_model_requires_is_made_of_every_copy(name):
    a, b = FAMOUS_PAIRS["hexagon and two triangles"].build()
    torch.manual_seed(0)
    model = MODELS[name](1, 16, 8, num_layers=2, level="graph")
    found = embedding_distance(model, a, b, relabelings=3, generator=generator())
    assert found.is_separated
    assert found.noise_max < 1e-12
    assert not embedding_distance(model, a, a, relabelings=3, generator=generator()).is_separated
