"""Wang et al., ICLR 2024, arXiv 2310.04612: claims on topological concentration."""

from itertools import pairwise

import pytest
import torch
from scipy.stats import spearmanr

from workbench.diagnostics import (
    approximate_topological_concentration,
    topological_concentration,
)
from workbench.graphs import barbell, karate, les_miserables, ring_of_cliques, sbm


def communities(within=0.2, between=0.005, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return sbm([60] * 5, within, between, generator=generator)


def of(function, data, *pairs, **options):
    return function(data.edge_index, data.num_nodes, *pairs, **options)


@pytest.mark.parametrize(
    "data",
    [karate(), les_miserables(), communities()],
    ids=["karate", "les miserables", "communities"],
)
@pytest.mark.parametrize("depth", [2, 3])
def test_random_features_rank_nodes_much_like_the_exact_measure(data, depth):
    """By cosine; on no graph here perfectly, and the inner product does worse on the first two."""
    exact = of(topological_concentration, data, depth=depth)
    found = of(approximate_topological_concentration, data, depth=depth, num_features=2048)
    at = exact > 0
    assert spearmanr(exact[at], found.value[at])[0] > 0.55


def test_concentration_falls_with_the_links_between_communities():
    """The more links leave a community, the less their ends share: at depth 1, 2 and 3."""
    for depth in (1, 2, 3):
        means = [
            float(of(topological_concentration, communities(between=between), depth=depth).mean())
            for between in (0.0, 0.01, 0.03)
        ]
        assert all(more > less for more, less in pairwise(means))


def test_links_inside_a_community_concentrate_more_than_links_across():
    data = communities()
    generator = torch.Generator().manual_seed(1)
    inside = torch.randint(0, 60, (2, 200), generator=generator)
    across = inside + torch.tensor([[0], [60]])
    inside = inside[:, inside[0] != inside[1]]
    for depth in (1, 2):
        near = of(topological_concentration, data, inside, depth=depth)
        far = of(topological_concentration, data, across, depth=depth)
        assert float(near[near > 0].mean()) > 3 * float(far[:60].mean())


def test_it_is_not_a_matter_of_degree_alone():
    """On a ring of cliques, the nodes with the largest degree have the smaller concentration."""
    data = ring_of_cliques(6, 6)
    degree = torch.bincount(data.edge_index[0])
    found = of(topological_concentration, data, depth=1)
    assert float(found[degree == 6].max()) < float(found[degree == 5].min())
    assert spearmanr(degree, found)[0] < -0.9


def test_ends_of_a_bridge_share_nothing():
    data = barbell(5, 0)
    bridge = torch.tensor([[4], [5]])
    found = of(topological_concentration, data, bridge, depth=1)
    assert found.tolist() == [0] * 10
    assert float(of(topological_concentration, data, bridge, depth=2)[4]) > 0
