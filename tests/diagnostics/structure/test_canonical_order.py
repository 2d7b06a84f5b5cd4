"""The canonical order: isomorphic graphs become one graph, others do not."""

from itertools import combinations, product

import networkx as nx
import pytest
import torch

from workbench.diagnostics.structure import canonical_order as module
from workbench.diagnostics.structure.canonical_order import canonical_order, renumber
from workbench.graphs import (
    complete,
    csl,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    random_regular,
    ring,
    ring_of_cliques,
    star,
    tree,
)
from workbench.topology import simple_graph


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def form(edge_index, num_nodes, weight=None, labels=None):
    """The graph with each node's place as its number: (ends, weights, labels)."""
    graph = simple_graph(edge_index, num_nodes, weight)
    place = canonical_order(graph, labels)
    assert place.sort().values.equal(torch.arange(num_nodes))
    found = renumber(graph, place)
    assert (found.source < found.target).all()
    labels = () if labels is None else tuple(labels[place.argsort()].tolist())
    return (*(tuple(t.tolist()) for t in (found.source, found.target, found.weight)), labels)


GRAPHS = {
    "nothing": ring(3).edge_index.new_empty(2, 0),
    "ring": ring(12),
    "grid": grid(4, 6),
    "cube": nx.hypercube_graph(4),
    "rook": nx.line_graph(nx.complete_bipartite_graph(4, 4)),
    "Petersen, three times": nx.disjoint_union_all([nx.petersen_graph()] * 3),
    "ring of cliques": ring_of_cliques(6, 5),
    "star": star(9),
    "complete": complete(9),
    "complete multipartite": nx.complete_multipartite_graph(2, 3, 3),
    "twins of twins": nx.complement(nx.disjoint_union(nx.star_graph(3), nx.path_graph(3))),
    "tree": tree(4),
    "random tree": nx.random_labeled_tree(40, seed=1),
    "karate": karate(),
    "random": erdos_renyi(60, 0.03, generator=generator()),
    "random regular": random_regular(24, 4, generator=generator()),
    "circulant": csl(11, 3),
}


def edges_of(name):
    found = GRAPHS[name]
    if isinstance(found, torch.Tensor):
        return found, 5
    if isinstance(found, nx.Graph):
        found = from_networkx(nx.convert_node_labels_to_integers(found))
    return found.edge_index, found.num_nodes


@pytest.mark.parametrize("kind", ["plain", "two weights", "any weights", "labels"])
@pytest.mark.parametrize("name", GRAPHS)
def test_another_numbering_gives_the_same_graph(name, kind):
    edge_index, count = edges_of(name)
    low, high = edge_index.sort(0).values
    weight = labels = None
    if kind == "two weights":
        weight = torch.randint(1, 3, (count**2,), generator=generator()).double()
    if kind == "any weights":
        weight = torch.rand(count**2, generator=generator(), dtype=torch.float64)
    weight = None if weight is None else weight[low * count + high]
    if kind == "labels":
        labels = torch.randint(2, (count,), generator=generator())
    expected = form(edge_index, count, weight, labels)
    for seed in range(3):
        order = torch.randperm(count, generator=generator(seed))
        renamed = None if labels is None else labels[order.argsort()]
        assert form(order[edge_index], count, weight, renamed) == expected
    assert expected[3] == tuple(sorted(expected[3]))


@pytest.mark.parametrize(
    ("count", "weights", "graphs"),
    [(3, 1, 4), (4, 1, 11), (5, 1, 34), (3, 2, 10), (4, 2, 66)],
)
def test_there_are_as_many_forms_as_graphs(count, weights, graphs):
    """Graphs up to isomorphism, with edges of one kind and of two (OEIS A000088 and A004102)."""
    pairs = torch.tensor(list(combinations(range(count), 2))).T
    found = set()
    for chosen in product(range(weights + 1), repeat=pairs.size(1)):
        kind = torch.tensor(chosen)
        ends = pairs[:, kind > 0]
        weight = kind[kind > 0].double().repeat(2)
        found.add(form(torch.cat([ends, ends.flip(0)], dim=1), count, weight))
    assert len(found) == graphs


def test_weights_that_differ_by_rounding_are_alike():
    edge_index, count = edges_of("cube")
    low, high = edge_index.sort(0).values
    noise = 1 + 1e-12 * torch.rand(count**2, generator=generator(), dtype=torch.float64)
    assert form(edge_index, count, noise[low * count + high])[:2] == form(edge_index, count)[:2]


def test_a_graph_beyond_the_limits_is_ordered_by_color(monkeypatch):
    """Numbers decide within a color, and only there."""
    edge_index, count = edges_of("ring of cliques")
    exact = canonical_order(simple_graph(edge_index, count))
    monkeypatch.setattr(module, "_MOST_SEARCH", 0)
    monkeypatch.setattr(module, "_MOST_REFINING", 3 * (count + edge_index.size(1)))
    rough = canonical_order(simple_graph(edge_index, count))
    assert rough.sort().values.equal(torch.arange(count))
    degree = torch.bincount(edge_index[0])
    assert degree[rough.argsort()].equal(degree[exact.argsort()])
