"""MOSR: by hand, by a second implementation, on the family that curvature cannot see."""

import itertools

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import (
    TooLargeError,
    balanced_forman,
    resistance_curvature,
    walk_bound,
)
from workbench.diagnostics.sensitivity.blind_spots import blind_pairs, blind_spots
from workbench.graphs import (
    barbell,
    from_networkx,
    grid,
    karate,
    lollipop,
    path,
    ring,
    ring_of_cliques,
)


def directed(pairs):
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T.contiguous()


def in_six_edges():
    """Arcs 0 -> 1, ..., 5 -> 6, their curvatures, and a sensitivity for each."""
    edges = directed([(i, i + 1) for i in range(6)])
    curvature = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 2.0], dtype=torch.float64)
    values = torch.tensor([0.2, 0.6, 0.1, 0.15, 0.9, 0.2], dtype=torch.float64)
    sensitivity = torch.ones(7, 7).double()
    sensitivity[edges[1], edges[0]] = values
    return edges, curvature, sensitivity


def test_by_hand():
    edges, curvature, sensitivity = in_six_edges()
    # the clearest third of the negative ones is the first edge, of sensitivity 0.2
    found = blind_spots(edges, curvature, sensitivity, quantile=0.3)
    assert found.squashed.tolist() == [True, False, True, True, False, True]
    assert found.missed.tolist() == [False, False, False, True, False, True]
    assert float(found.rate) == 0.5
    assert found.missed_pairs.tolist() == [[3, 5], [4, 6]]
    # all negative ones: up to 0.6
    found = blind_spots(edges, curvature, sensitivity, quantile=1.0)
    assert float(found.rate) == pytest.approx(2 / 5)
    # the lowest 40 % of the sensitivities
    found = blind_spots(edges, curvature, sensitivity, quantile=0.2, threshold="quantile")
    assert found.squashed.tolist() == [False, False, True, True, False, False]
    assert float(found.rate) == 0.5
    # the lowest 40 % of the curvatures are those of the first three edges
    options = {"threshold": "quantile", "detection": "quantile"}
    found = blind_spots(edges, curvature, sensitivity, quantile=0.4, **options)
    assert found.detected.tolist() == [True, True, True, False, False, False]


def test_row_is_the_output():
    edges, curvature, sensitivity = in_six_edges()
    found = blind_spots(edges, curvature, sensitivity)
    assert found.sensitivity.tolist() == [0.2, 0.6, 0.1, 0.15, 0.9, 0.2]
    assert not torch.equal(
        blind_spots(edges, curvature, sensitivity.T).sensitivity, found.sensitivity
    )


def second(graph, curvature, sensitivity, q):
    """The formula with Python's loops and numpy's percentiles."""
    negative = [c for c in curvature.values() if c < 0]
    if not negative:
        return float("nan")
    clear = [e for e, c in curvature.items() if c <= np.percentile(negative, 100 * q)]
    limit = max(sensitivity[v, u] for u, v in clear)
    squashed = [(u, v) for u, v in curvature if sensitivity[v, u] <= limit]
    return sum(curvature[e] >= 0 for e in squashed) / len(squashed)


@given(st.integers(2, 12), st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_second_implementation(size, seed, q):
    graph = nx.gnp_random_graph(size, 0.4, seed=seed)
    edge_index = from_networkx(graph).edge_index
    generator = torch.Generator().manual_seed(seed)
    curvature = balanced_forman(edge_index, size)
    sensitivity = torch.rand(size, size, generator=generator).double()
    found = blind_spots(edge_index, curvature, sensitivity, quantile=q)
    # fractions of small numbers, so that ten digits tell equal ones
    exact = [round(c, 10) for c in curvature.tolist()]
    known = dict(zip(map(tuple, edge_index.T.tolist()), exact, strict=True))
    expected = second(graph, known, sensitivity.numpy(), q)
    assert float(found.rate) == pytest.approx(expected, nan_ok=True)
    noise = torch.tensor([[0, 1], [0, 1]])
    again = torch.cat([edge_index, noise, edge_index[:, :3]], dim=1)
    more = torch.cat([curvature, torch.tensor([-9.0, -9.0]).double(), curvature[:3]])
    same = blind_spots(again, more, sensitivity, quantile=q)
    assert torch.equal(same.missed_pairs, found.missed_pairs)


def fan(n, m):
    """Nodes 0 and 1 joined, n common neighbors, each of which has m neighbors of its own."""
    graph = nx.Graph([(0, 1)])
    for i in range(n):
        u = 2 + i * (m + 1)
        graph.add_edges_from([(0, u), (1, u), *((u, u + 1 + j) for j in range(m))])
    return graph


def test_positive_curvature_and_ever_less_sensitivity():
    """The family of the paper: the edge (0, 1) is in all triangles it can be in."""
    found = []
    for m in (1, 10, 100):
        graph = fan(4, m)
        size = graph.number_of_nodes()
        edge_index = from_networkx(graph).edge_index
        at = (edge_index[0] == 0) & (edge_index[1] == 1)
        curvature = balanced_forman(edge_index, size)
        assert float(curvature[at]) == pytest.approx(6 / 5)  # (n + 2) / (n + 1)
        options = {"num_layers": 2, "self_weight": 0.0, "self_loops": True}
        found.append(float(walk_bound(edge_index, size, **options)[1, 0]))
        # 2 / (n + 2)^2 by the edge and n / ((n + 2)(m + 3)) by the neighbors
        assert found[-1] == pytest.approx(2 / 36 + 4 / (6 * (m + 3)))
    assert found[0] > found[1] > found[2] > 2 / 36


def test_curvature_sees_the_bridge_of_a_barbell():
    data = barbell(6, 0)
    size = data.num_nodes
    curvature = balanced_forman(data.edge_index, size)
    sensitivity = walk_bound(data.edge_index, size, num_layers=4, self_loops=True)
    found = blind_spots(data.edge_index, curvature, sensitivity)
    assert bool(found.detected.any())
    bridge = found.pairs[:, found.detected]
    assert sorted(map(tuple, bridge.T.tolist())) == [(5, 6), (6, 5)]


def test_no_negative_curvature_no_rate():
    data = ring(3)
    found = blind_spots(data.edge_index, torch.ones(6).double(), torch.ones(3, 3).double())
    assert found.rate.isnan()
    assert bool(found.threshold.isnan().all())
    assert found.missed_pairs.shape == (2, 0)
    none = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 3):
        empty = torch.empty(0).double()
        assert blind_spots(none, empty, torch.ones(size, size).double()).rate.isnan()
        assert blind_pairs(none, size, empty, torch.ones(size, size).double()).rate.isnan()


@given(st.integers(2, 9), st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_curvature_of_pairs_by_all_shortest_paths(size, seed, directed_graph):
    graph = nx.gnp_random_graph(size, 0.35, seed=seed, directed=directed_graph)
    arcs = list(graph.edges) if directed_graph else list(graph.to_directed().edges)
    edge_index = directed(arcs)
    generator = torch.Generator().manual_seed(seed)
    curvature = torch.randn(len(arcs), generator=generator).double()
    sensitivity = torch.rand(size, size, generator=generator).double()
    found = blind_pairs(edge_index, size, curvature, sensitivity, quantile=0.3)
    known = dict(zip(map(tuple, arcs), curvature.tolist(), strict=True))
    joined = [p for p in itertools.permutations(range(size), 2) if nx.has_path(graph, *p)]
    assert sorted(map(tuple, found.pairs.T.tolist())) == joined
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    limits = {
        hop: np.quantile([float(sensitivity[v, u]) for u, v in joined if hops[u][v] == hop], 0.3)
        for hop in {hops[u][v] for u, v in joined}
    }
    for at, (u, v) in enumerate(found.pairs.T.tolist()):
        ways = [
            min(known[step] for step in itertools.pairwise(way))
            for way in nx.all_shortest_paths(graph, u, v)
        ]
        assert float(found.curvature[at]) == max(ways)
        assert float(found.threshold[at]) == pytest.approx(limits[hops[u][v]])
        assert bool(found.squashed[at]) == (found.sensitivity[at] <= found.threshold[at])
        assert bool(found.detected[at]) == (max(ways) < 0)
    near = blind_pairs(edge_index, size, curvature, sensitivity, max_hops=1)
    assert near.pairs.size(1) == len(arcs)


def test_beyond_reach_is_not_squashed():
    data = path(6)
    sensitivity = walk_bound(data.edge_index, 6, num_layers=2)
    curvature = balanced_forman(data.edge_index, 6)
    found = blind_pairs(data.edge_index, 6, curvature, sensitivity)
    assert int((found.pairs[0] - found.pairs[1]).abs().max()) == 2
    assert bool((found.sensitivity > 0).all())


def test_lowest_share_of_curvature_at_each_distance():
    data = karate()
    sensitivity = walk_bound(data.edge_index, 34, num_layers=5)
    curvature = balanced_forman(data.edge_index, 34)
    found = blind_pairs(
        data.edge_index, 34, curvature, sensitivity, quantile=0.25, detection="quantile"
    )
    assert 0.25 <= float(found.detected.double().mean()) < 0.6  # ties count in
    assert 0 < float(found.rate) < 1


def test_refusals():
    edges, curvature, sensitivity = in_six_edges()
    with pytest.raises((ValueError, TypeError)):
        blind_spots(edges, curvature[:5], sensitivity)
    with pytest.raises(ValueError, match="quantile"):
        blind_spots(edges, curvature, sensitivity, quantile=10)
    with pytest.raises(ValueError, match="0 to 3"):
        blind_spots(edges, curvature, sensitivity[:4, :4])
    with pytest.raises((ValueError, TypeError)):
        blind_spots(edges, curvature, sensitivity, detection="rank")
    with pytest.raises(TooLargeError, match="blind_spots"):
        blind_pairs(edges, 100_000, curvature, sensitivity)
    with pytest.raises(ValueError, match="num_nodes=8"):
        blind_pairs(edges, 8, curvature, sensitivity)


def alike(graph, curvature, dtype, noise, seed):
    """(curvature, sensitivity of ``dtype``) with the noise of another order of sums."""
    size, generator = graph.num_nodes, torch.Generator().manual_seed(seed)
    bends, heard = (
        curvature(graph.edge_index, size),
        walk_bound(graph.edge_index, size, num_layers=3),
    )
    bends = bends + 1e-14 * torch.rand(bends.shape, generator=generator).sub(0.5).double()
    shaken = 1 + noise * torch.rand(heard.shape, generator=generator).sub(0.5).double()
    return bends, (heard * shaken).to(dtype)


@pytest.mark.parametrize(
    ("dtype", "noise"), [(torch.float64, 1e-14), (torch.float32, 4e-7)], ids=["double", "single"]
)
@pytest.mark.parametrize("curvature", [balanced_forman, resistance_curvature])
@pytest.mark.parametrize(
    "name", ["ring", "cube", "ring of cliques", "grid", "rook", "lollipop", "karate"]
)
def test_neither_rounding_nor_numbering_moves_a_threshold(name, curvature, dtype, noise):
    """Equal edges are equally squashed and detected, whatever their last digits."""
    graph = {
        "ring": ring(8),
        "cube": from_networkx(nx.convert_node_labels_to_integers(nx.hypercube_graph(3))),
        "ring of cliques": ring_of_cliques(4, 4),
        "grid": grid(4, 4),
        "rook": from_networkx(
            nx.convert_node_labels_to_integers(nx.line_graph(nx.complete_bipartite_graph(3, 3)))
        ),
        "lollipop": lollipop(5, 3),
        "karate": karate(),
    }[name]
    size = graph.num_nodes
    options = list(
        itertools.product((0.1, 0.5), ("detected", "quantile"), ("negative", "quantile"))
    )

    def judged(edge_index, bends, heard):
        found = [
            blind_spots(edge_index, bends, heard, quantile=q, threshold=t, detection=d)
            for q, t, d in options
        ]
        found += [
            blind_pairs(edge_index, size, bends, heard, quantile=q, detection=d)
            for q, _, d in options[:2]
        ]
        return [
            {
                (*pair, squashed, detected)
                for *pair, squashed, detected in zip(
                    *f.pairs.tolist(), f.squashed.tolist(), f.detected.tolist(), strict=True
                )
            }
            for f in found
        ]

    expected = judged(graph.edge_index, *alike(graph, curvature, torch.float64, 0.0, 0))
    for seed in range(3):
        order = torch.randperm(size, generator=torch.Generator().manual_seed(seed))
        back = order.argsort()
        bends, heard = alike(graph, curvature, dtype, noise, seed)
        found = judged(order[graph.edge_index], bends, heard[back][:, back])
        named = [{(int(back[u]), int(back[v]), *rest) for u, v, *rest in one} for one in found]
        assert named == expected


def test_missed_pairs_that_are_equally_squashed_go_by_curvature():
    edges = directed([(0, 1), (1, 2), (2, 3)])
    curvature = torch.tensor([2.0, 0.5, 1.0], dtype=torch.float64)
    sensitivity = torch.ones(4, 4).double()
    sensitivity[edges[1], edges[0]] = torch.tensor([0.3, 0.3 + 1e-17, 0.2]).double()
    found = blind_spots(edges, curvature, sensitivity, quantile=1.0, threshold="quantile")
    assert found.missed_pairs.tolist() == [[2, 1, 0], [3, 2, 1]]
