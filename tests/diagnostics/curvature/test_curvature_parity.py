"""Forman and Ollivier curvatures equal to those in the oracle folder, on every graph it holds."""

import re

import pytest
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from conftest import load_oracle, oracle_graph
from workbench.diagnostics.curvature.forman import augmented_forman, forman
from workbench.diagnostics.curvature.ollivier import ollivier_ricci

pytestmark = pytest.mark.parity


def cases(pattern):
    """(graph, its edges, the name of the quantity, its values), undirected graphs only."""
    graphs = load_oracle("graphs.json")
    for name, quantities in load_oracle("02_curvatures.json").items():
        if graphs[name]["directed"] or not graphs[name]["edges"]:
            continue
        for quantity, values in quantities.items():
            if re.fullmatch(pattern, quantity):
                expected = torch.tensor(values, dtype=torch.float64)
                yield oracle_graph(name), torch.tensor(graphs[name]["edges"]).T, quantity, expected


def of_edges(graph, edges, found):
    matrix = torch.full((graph[1], graph[1]), torch.nan).double()
    matrix[graph[0][0], graph[0][1]] = found
    return matrix[edges[0], edges[1]]


@pytest.mark.parametrize(
    ("function", "quantity"), [(forman, "forman_1d"), (augmented_forman, "forman_augmented")]
)
def test_forman(function, quantity):
    compared = 0
    for graph, edges, _, expected in cases(quantity):
        found = of_edges(graph, edges, function(*graph))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)
        compared += 1
    assert compared


def test_ollivier():
    """The weights of the file are lengths there, and walkers choose with exp(-length^2).

    The release that made the file divides by the length of the edge, also where a path is shorter;
    the distance of the ends is meant, and transport costs are compared. Where the numbers that
    walkers of a node choose by add up to 1e-7 at most, it lets them go evenly; such nodes are
    compared if they have one neighbor, to which all walkers go either way.
    """
    compared = 0
    for graph, edges, quantity, expected in cases(r"ollivier_alpha[\d.]+"):
        edge_index, num_nodes, length = graph
        alpha = float(quantity.removeprefix("ollivier_alpha"))
        if length is None:
            found = of_edges(graph, edges, ollivier_ricci(edge_index, num_nodes, alpha=alpha))
        else:
            weight = torch.exp(-(length**2))
            kappa = ollivier_ricci(edge_index, num_nodes, weight, alpha=alpha, edge_length=length)
            drawn = torch.zeros(num_nodes).double().index_add_(0, edge_index[0], weight)
            evenly = (drawn <= 1e-7) & (torch.bincount(edge_index[0], minlength=num_nodes) > 1)
            shape = num_nodes, num_nodes
            distance = dijkstra(csr_array((length.numpy(), edge_index.numpy()), shape=shape))
            moved = (1 - kappa) * torch.from_numpy(distance)[edge_index[0], edge_index[1]]
            found = of_edges(graph, edges, 1 - moved / length)
            same = ~evenly[edges].any(dim=0)
            found, expected = found[same], expected[same]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
        compared += 1
    assert compared
