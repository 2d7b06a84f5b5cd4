"""Cycles: the pairs of the released code, and that 1-WL sees no difference."""

import pytest
import torch
from torch_geometric.utils import to_networkx

from conftest import load_oracle
from workbench.diagnostics import distinguishes
from workbench.tasks import cycles
from workbench.tasks.task import PARTS


@pytest.mark.parity
def test_pairs_are_the_released_ones():
    """With the parts of the released code."""
    task = cycles(13, variant="official")
    ours = [graph for part in PARTS for graph in getattr(task, part)]
    theirs = load_oracle("08_synthetic_tasks.json")["Cycles"]["graphs"]
    assert len(ours) == len(theirs)
    for graph, other in zip(ours, theirs, strict=True):
        assert graph.num_nodes == other["n"]
        assert graph.y.tolist() == [other["y"]]
        edges = {frozenset(edge) for edge in zip(*other["edge_index"], strict=True)}
        sizes = sorted(len(part) for part in _components(edges))
        found = {frozenset(edge) for edge in graph.edge_index.T.tolist()}
        assert sizes == sorted(len(part) for part in _components(found))
        assert len(found) == len(edges)
    stored = [other["split"] for other in theirs]
    assert [part for part in PARTS for _ in getattr(task, part)] == stored


def _components(edges):
    import networkx as nx

    return list(nx.connected_components(nx.Graph(map(tuple, edges))))


def test_parts_of_the_paper_and_what_tells_a_pair_apart():
    task = cycles()
    assert [[g.num_nodes for g in getattr(task, part)] for part in PARTS] == [
        [6, 6, 7, 7],
        [8, 8, 9, 9],
        [10, 10, 11, 11, 12, 12],
    ]
    for part in PARTS:
        graphs = getattr(task, part)
        for one, two in zip(graphs[::2], graphs[1::2], strict=True):
            assert not distinguishes(one, two, test="1-wl")
            assert distinguishes(one, two, test="2-fwl")
            assert to_networkx(two, to_undirected=True).degree(0) == 2


def test_no_pair_to_test_on():
    with pytest.raises(ValueError, match="largest must be at least 10"):
        cycles(9)
    assert torch.equal(cycles(10).test[0].y, torch.tensor([0]))
