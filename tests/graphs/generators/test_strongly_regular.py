"""Strongly regular graphs: A^2 = kI + lambda A + mu (J - I - A), and parameters nothing has."""

import pytest
import torch

from workbench.diagnostics import isomorphism_classes
from workbench.graphs import open_graph, petersen, rook, shrikhande, strongly_regular

PARAMETERS = [
    (10, 3, 0, 1),  # Petersen
    (10, 6, 3, 4),
    (16, 5, 0, 2),  # Clebsch
    (16, 10, 6, 6),
    (16, 6, 2, 2),
    (16, 9, 4, 6),
    (9, 4, 1, 2),
    (100, 18, 8, 2),  # L2(10)
    (25, 12, 5, 6),  # L3(5)
    (49, 30, 17, 20),  # L5(7)
    (28, 12, 6, 4),  # T(8)
    (21, 10, 3, 6),  # complement of T(7)
    (5, 2, 0, 1),
    (13, 6, 2, 3),
    (29, 14, 6, 7),
    (121, 60, 29, 30),
    (50, 7, 0, 1),  # Hoffman-Singleton
    (50, 42, 35, 36),
    (12, 3, 2, 0),  # three cliques
    (12, 8, 4, 8),  # three parts
    (6, 3, 0, 3),
    (4, 2, 0, 2),
]


def dense(data):
    matrix = torch.zeros(data.num_nodes, data.num_nodes, dtype=torch.int64)
    matrix[tuple(data.edge_index)] = 1
    return matrix


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_common_neighbors(parameters):
    n, k, a, c = parameters
    adjacency, one = dense(strongly_regular(*parameters)), torch.eye(n, dtype=torch.int64)
    assert torch.equal(adjacency, adjacency.T)
    expected = k * one + a * adjacency + c * (1 - one - adjacency)
    assert torch.equal(adjacency @ adjacency, expected)


@pytest.mark.parametrize("q", [17, 25, 37, 41, 49, 101])
def test_paley_parameters(q):
    adjacency = dense(strongly_regular(q, (q - 1) // 2, (q - 5) // 4, (q - 1) // 4))
    one = torch.eye(q, dtype=torch.int64)
    expected = (q - 1) // 2 * one + (q - 5) // 4 * adjacency
    assert torch.equal(adjacency @ adjacency, expected + (q - 1) // 4 * (1 - one - adjacency))


def test_the_graphs_of_books():
    graphs = [strongly_regular(16, 6, 2, 2), rook(4), shrikhande()]
    graphs += [strongly_regular(10, 3, 0, 1), petersen()]
    same = isomorphism_classes(graphs).tolist()
    assert same[0] == same[1] != same[2]
    assert same[3] == same[4]
    assert open_graph("strongly_regular:10,3,0,1").num_edges == 30


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ((5, 4, 3, 0), "complete"),
        ((10, 3, 3, 1), "at most"),
        ((10, 3, 1, 1), "must hold, here 3 and 6"),
        ((21, 10, 4, 5), "two squares"),
        ((16, 6, 1, 0), "must hold"),
        ((13, 3, 2, 0), "parts of 4 nodes"),
        ((13, 8, 3, 8), "parts of 5 nodes"),
        ((28, 9, 0, 4), "Krein"),
        ((50, 21, 4, 12), "multiplicity|Krein"),
        ((56, 10, 0, 2), "none of the families"),
        ((0, 1, 0, 0), "num_nodes"),
    ],
)
def test_what_there_is_not(parameters, reason):
    with pytest.raises(ValueError, match=reason):
        strongly_regular(*parameters)
