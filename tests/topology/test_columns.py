import numpy as np
import torch

from workbench.topology import as_arcs, as_columns, simple_graph
from workbench.topology.search import lists

#: A path 0 - 1 - 2 whose first edge comes twice, a self-loop, and a column of weight 0.
EDGES = torch.tensor([[1, 0, 0, 1, 2, 1, 2, 2, 0], [0, 1, 1, 0, 1, 2, 2, 0, 2]])
WEIGHT = torch.tensor([1.0, 1, 1, 1, 1, 1, 1, 0, 0])


def test_a_column_has_the_value_of_its_edge_in_either_direction():
    graph = simple_graph(EDGES, 4, WEIGHT)
    for value in (np.array([5.0, 7.0]), torch.tensor([5.0, 7.0], dtype=torch.float64)):
        found = as_columns(graph, value, EDGES)
        assert found.tolist() == [5, 5, 5, 5, 7, 7, 0, 0, 0]
    missing = as_columns(graph, value, EDGES, missing=torch.nan).isnan()
    assert missing.tolist() == [False] * 6 + [True] * 3
    assert as_columns(graph, value, EDGES[:, :0]).shape == (0,)


def test_an_arc_has_its_own_value_and_its_reverse_another():
    arcs = torch.tensor([[0, 2, 0], [2, 0, 1]])
    start, neighbor = lists(*arcs.numpy(), 3)
    value = np.array([1.0, 2.0, 3.0])  # of 0 -> 1, 0 -> 2, 2 -> 0
    asked = torch.tensor([[0, 2, 0, 1, 1], [2, 0, 1, 0, 1]])
    assert as_arcs(start, neighbor, value, asked).tolist() == [2, 3, 1, 0, 0]
