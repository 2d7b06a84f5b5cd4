"""Refinement against independent exact implementations, over whatever the oracle folder holds."""

import csv

import pytest
import torch
from torch_geometric.data import Data

from conftest import load_oracle, oracle_graph
from workbench.diagnostics import distinguishes, fwl_colors, graph_classes, tell_apart, wl_colors
from workbench.graphs import read_graphs

pytestmark = pytest.mark.parity

PARTITIONS = load_oracle("05a_wl_partitions.json")
PAIRS = load_oracle("05b_wl_pairs.json")


@pytest.mark.parametrize("name", PARTITIONS)
def test_partitions(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    expected = PARTITIONS[name]
    found = wl_colors(edge_index, num_nodes)
    assert found.stable
    assert found.num_rounds == expected["rounds_to_stable"]
    assert list(found.num_colors) == expected["classes_per_round"][: found.num_rounds + 1]
    classes = [(found.colors == c).nonzero().ravel().tolist() for c in range(found.num_colors[-1])]
    assert sorted(classes) == sorted(map(sorted, expected["stable_classes"]))
    if "fwl2_classes_per_round" in expected:
        pairs, counts = fwl_colors(edge_index, num_nodes, k=2), expected["fwl2_classes_per_round"]
        assert pairs.num_colors[-1] == counts[-1]
        if not load_oracle("graphs.json")[name]["directed"]:
            # in a directed graph our first color of (u, v) knows v -> u too, and theirs does not
            assert pairs.num_rounds == expected["fwl2_rounds_to_stable"]
            assert list(pairs.num_colors) == counts[: pairs.num_rounds + 1]


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name):
    expected = PAIRS[name]
    first, second = (
        Data(edge_index=both_ways(expected[f"edges_{i}"]), num_nodes=n)
        for i, n in zip((1, 2), expected["n"], strict=True)
    )
    for test, key in (("1-wl", "wl1"), ("2-fwl", "fwl2")):
        found = distinguishes(first, second, test=test)
        assert bool(found) == expected[key]
        assert found.round == expected[f"{key}_round"]


def both_ways(edges):
    edges = torch.tensor(edges).reshape(-1, 2).T
    return torch.cat([edges, edges.flip(0)], dim=1)


@pytest.fixture(scope="module")
def brec(data_root):
    """The 400 pairs in the order of their file, and the row of the index that tells each."""
    graphs = read_graphs(data_root / "brec" / "brec_pairs.g6")
    with open(data_root / "brec" / "brec_index.csv") as lines:
        rows = list(csv.DictReader(lines))
    return [(graphs[int(r["line_a"])], graphs[int(r["line_b"])]) for r in rows], rows


def test_brec_outcomes(brec):
    pairs, _ = brec
    expected = load_oracle("05c_brec_outcomes.json")
    assert len(pairs) >= len(expected)
    asked = [pairs[case["index"]] for case in expected]
    assert tell_apart(asked, test="1-wl").tolist() == [case["wl1"] for case in expected]
    assert tell_apart(asked, test="2-fwl").tolist() == [case["fwl2"] for case in expected]


@pytest.mark.slow
def test_graph8c(data_root):
    expected = load_oracle("05d_graph8c_1wl.json")
    graphs = read_graphs(data_root / "expressiveness" / "connected" / "graph8c.g6")
    assert len(graphs) == expected["num_graphs"]
    for test, key in (("1-wl", "1wl"), ("2-fwl", "2fwl")):
        alike = torch.bincount(graph_classes(graphs, test=test))
        pairs = int((alike * (alike - 1) // 2).sum())
        assert pairs == expected[f"num_pairs_not_distinguished_by_{key}"]
    classes = graph_classes(graphs)
    for group in expected["groups"]:
        assert classes[[number for number, _ in group]].unique().numel() == 1
