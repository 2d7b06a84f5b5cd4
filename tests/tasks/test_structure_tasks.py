"""Tasks whose labels are numbers of the graph: each against another computation."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.utils import to_networkx

from conftest import ORACLES, load_oracle, oracle_graph
from workbench.cost import TooLargeError
from workbench.graphs import grid, load_dataset, path, ring
from workbench.tasks import graph_properties, range_task, road_eccentricity, substructure_counts
from workbench.tasks.range_task import range_labels, range_weights
from workbench.tasks.road_eccentricity import local_eccentricity
from workbench.tasks.task import PARTS


def graphs(task):
    return [graph for part in PARTS for graph in getattr(task, part)]


def networkx_of(data):
    return to_networkx(
        Data(edge_index=data.edge_index, num_nodes=data.num_nodes), to_undirected=True
    )


# ---- properties and counts -----------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["diameter", "sssp", "eccentricity"])
def test_distances_are_those_of_networkx(answer):
    task = graph_properties(44, answer=answer, least=8, most=12, normalize=False)
    assert [len(getattr(task, part)) for part in PARTS] == [32, 4, 8]
    for data in graphs(task):
        graph = networkx_of(data)
        assert nx.is_connected(graph)
        [source] = data.x[:, 1].nonzero().flatten().tolist()
        far = nx.eccentricity(graph)
        expected = {
            "diameter": [nx.diameter(graph)],
            "sssp": [nx.shortest_path_length(graph, source, v) for v in graph],
            "eccentricity": [far[v] for v in graph],
        }[answer]
        assert data.y.tolist() == expected


def test_all_families_are_there_and_answers_are_shares_of_the_largest():
    task = graph_properties(110)
    assert max(float(graph.y) for graph in task.train) == 1
    found = [networkx_of(graph) for graph in graphs(task)]
    trees = sum(nx.is_tree(graph) for graph in found)
    assert 50 <= trees <= 60  # tree, line, star, caterpillar, lobster, and a few by chance
    assert all(20 <= len(graph) <= 35 for graph in found)
    with pytest.raises(ValueError, match="num_graphs of at least 11"):
        graph_properties(10)


SHAPES = {
    "triangle": (3, [(0, 1), (1, 2), (0, 2)], 6),
    "tailed_triangle": (4, [(0, 1), (1, 2), (0, 2), (2, 3)], 2),
    "star": (4, [(0, 1), (0, 2), (0, 3)], 6),
    "chordal_cycle": (4, [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)], 4),
    "four_cycle": (4, [(0, 1), (1, 2), (2, 3), (3, 0)], 8),
    "five_cycle": (5, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)], 10),
}


@pytest.mark.parametrize("family", ["erdos_renyi", "regular"])
@pytest.mark.parametrize("pattern", SHAPES)
def test_counts_are_those_of_looking_everywhere(pattern, family):
    from itertools import permutations

    task = substructure_counts(12, pattern=pattern, family=family)
    size, edges, symmetries = SHAPES[pattern]
    counts = []
    some = [graph for graph in graphs(task) if graph.num_nodes == 10][:3]
    for data in some:
        graph = networkx_of(data)
        hits = sum(
            all(graph.has_edge(order[a], order[b]) for a, b in edges)
            for nodes in combinations(graph, size)
            for order in permutations(nodes)
        )
        counts.append(hits / symmetries)
    found = torch.cat([data.y for data in some]).double().numpy()
    counts = np.array(counts)
    if counts.any():  # labels are counts over one scale
        scale = counts.sum() / found.sum()
        np.testing.assert_allclose(found * scale, counts, rtol=1e-5)


def test_the_scale_is_the_deviation_of_the_train_part():
    task = substructure_counts(100)
    assert torch.cat([graph.y for graph in task.train]).double().std(correction=0) == pytest.approx(
        1
    )
    assert [len(getattr(task, part)) for part in PARTS] == [30, 20, 50]
    degrees = {
        (graph.num_nodes, graph.num_edges // graph.num_nodes)
        for graph in graphs(substructure_counts(20, family="regular"))
    }
    assert degrees == {(10, 6), (15, 6), (20, 5), (30, 5)}
    with pytest.raises(ValueError, match="num_graphs must be at least 10, got 9"):
        substructure_counts(9)


# ---- tasks of known range ------------------------------------------------------------------------

#: Their names -> ours.
WEIGHTS = {
    "adjacency_power_sym": "symmetric",
    "adjacency_power_rw": "walk",
    "adjacency_self_loop_power_sym": "symmetric_loops",
    "inv_adjacency_power_sym": "inverse",
    "inv_exp_sp": "decay",
    "resistance": "resistance",
    "spd": "hops",
}
INTERACTIONS = {"L2_norm": "difference", "opp_lin": "copy", "cosine_similarity": "cosine"}


def ours_of(name):
    """(weights, reach) of one of their names, such as adjacency_power_sym_3."""
    if name.endswith("_sqrt"):
        return "root", int(name.removesuffix("_sqrt").rsplit("_", 1)[1])
    if name in WEIGHTS:
        return WEIGHTS[name], 1
    start, reach = name.rsplit("_", 1)
    return WEIGHTS[start], int(reach)


def stored():
    if not (ORACLES / "04c_range_measure.npz").exists():
        return []
    arrays = load_oracle("04c_range_measure.npz")
    return [key.split("/")[1:] for key in arrays if key.startswith("task/") and key.endswith("/y")]


@pytest.mark.parity
@pytest.mark.parametrize(("graph", "matrix", "interaction", "_"), stored())
def test_labels_of_known_range_are_the_released_ones(graph, matrix, interaction, _):
    arrays = load_oracle("04c_range_measure.npz")
    edge_index, num_nodes, _ = oracle_graph(graph)
    data = Data(edge_index=edge_index, num_nodes=num_nodes)
    found = range_weights(data, *ours_of(matrix), variant="official")
    expected = torch.from_numpy(arrays[f"task/{graph}/matrix/{matrix}"]).double()
    torch.testing.assert_close(found.T, expected, rtol=1e-5, atol=1e-6)
    key = f"task/{graph}/x_scalar"
    if INTERACTIONS[interaction] == "cosine":
        key = key.replace("scalar", "vector")
    x = torch.from_numpy(arrays[key]).double()
    y = torch.from_numpy(arrays[f"task/{graph}/{matrix}/{interaction}/y"]).double()
    labels = range_labels(expected.T, x, INTERACTIONS[interaction])
    torch.testing.assert_close(labels, y.view(-1), rtol=1e-5, atol=1e-5)


def test_the_paper_divides_by_the_row_of_the_node_that_is_labeled():
    data = path(5)
    hop = range_weights(data, "hop", 2)
    assert hop[2].tolist() == [0.5, 0, 0, 0, 0.5]
    assert hop[0].tolist() == [0, 0, 1, 0, 0]
    assert range_weights(data, "hop", 2, variant="official")[0].tolist() == [0, 0, 0.5, 0, 0]
    ball = range_weights(data, "ball", 1)
    assert ball[0].tolist() == [0.5, 0.5, 0, 0, 0]
    two = Data(edge_index=torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), num_nodes=5)
    for weights in ("hop", "ball", "hops", "decay", "resistance", "walk"):
        matrix = range_weights(two, weights, 1)
        assert not bool(matrix[:2, 2:].any())
        assert torch.isfinite(matrix).all()
    assert range_weights(two, "ball", 1, variant="official")[2, 0] > 0


@pytest.mark.parametrize("reach", [1, 3, 5])
def test_the_range_of_a_hop_task_is_the_hop(reach):
    """The mean distance of what an answer depends on, read by derivatives."""
    data = ring(12)
    matrix = range_weights(data, "hop", reach)
    x = torch.randn(12, 1, dtype=torch.float64, requires_grad=True)
    jacobian = torch.autograd.functional.jacobian(lambda x: range_labels(matrix, x, "copy"), x)
    influence = jacobian[:, :, 0].abs()
    hops = torch.tensor([[min((i - j) % 12, (j - i) % 12) for j in range(12)] for i in range(12)])
    assert float((influence * hops).sum() / influence.sum()) == pytest.approx(reach)


def test_range_tasks_share_a_graph_and_refuse_what_says_nothing():
    task = range_task(grid(3, 4), weights="ball", reach=2, interaction="cosine", channels=3)
    assert len({id(graph.edge_index) for graph in graphs(task)}) == 1
    assert torch.cat([graph.y for graph in task.train]).std() == pytest.approx(1)
    with pytest.raises(ValueError, match="no pair of nodes has a weight: weights='hop', reach=9"):
        range_task(path(4), reach=9)
    with pytest.raises(ValueError, match="take channels=1, got 2"):
        range_task(path(4), interaction="copy", channels=2)
    with pytest.raises(TooLargeError, match=r"3,001 nodes.*take a part of the graph"):
        range_task(path(3001))


# ---- roads ---------------------------------------------------------------------------------------


def test_eccentricity_of_the_roads_within_some_hops_is_that_of_networkx():
    graph = nx.gnm_random_graph(40, 55, seed=4)
    edge_index = torch.tensor([*graph.edges, *((v, u) for u, v in graph.edges)]).T
    low, high = edge_index.min(0).values, edge_index.max(0).values
    length = 0.5 + (3 * low + 7 * high) % 11
    for (u, v), value in zip(edge_index.T.tolist(), length.tolist(), strict=True):
        graph[u][v]["length"] = value
    found = local_eccentricity(Data(edge_index=edge_index, num_nodes=40, edge_length=length), 3)
    for node in graph:
        around = nx.ego_graph(graph, node, 3)  # hops, not lengths
        expected = max(
            nx.single_source_dijkstra_path_length(around, node, weight="length").values()
        )
        assert float(found[node]) == pytest.approx(expected)
    longer = torch.cat([edge_index, edge_index], dim=1), torch.cat([length, length + 5])
    again = Data(edge_index=longer[0], num_nodes=40, edge_length=longer[1])
    assert torch.equal(local_eccentricity(again, 3), found)  # of two roads the shorter


def test_classes_are_chunks_of_sorted_nodes():
    data = grid(6, 7)
    task = road_eccentricity(data, hops=3, num_classes=5)
    far, y = local_eccentricity(data, 3), task.train[0].y
    assert torch.bincount(y).tolist() == [9, 9, 9, 9, 6]
    for one in range(4):
        assert float(far[y == one].max()) <= float(far[y == one + 1].min())
    assert [int(getattr(task, part)[0].mask.sum()) for part in PARTS] == [4, 4, 34]
    data.edge_length = torch.ones(3)
    with pytest.raises(ValueError, match="one number for each of 142 edges, not negative; got 3"):
        road_eccentricity(data)
    del data.edge_length, data.pos
    assert torch.equal(local_eccentricity(data, 3), torch.full((42,), 3.0, dtype=torch.float64))
    lone = Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=12)
    assert road_eccentricity(lone, hops=2, num_classes=3).in_channels == 1
    with pytest.raises(ValueError, match="hops=0, num_classes=10 and 12 nodes"):
        road_eccentricity(lone, hops=0)


def test_a_road_network_is_a_task(data_root):
    task = road_eccentricity(load_dataset("minnesota", root=data_root), hops=4)
    assert task.out_channels == 10
    assert int(torch.bincount(task.train[0].y)[0]) == 2642 // 10 + 1
