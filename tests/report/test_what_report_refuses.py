import networkx as nx
import pytest
import torch
from torch_geometric.data import Data

from workbench.graphs import grid, to_networkx
from workbench.report import report


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (nx.path_graph, "a graph must be a name .* got function"),
        (torch.tensor([[0, 1], [1, 0]]), "for an edge_index give Data"),
        (Data(num_nodes=3), "the Data has no edge_index; give it one"),
    ],
)
def test_what_is_no_graph_is_told_how_to_become_one(given, said):
    with pytest.raises((TypeError, ValueError), match=said):
        report.__wrapped__(given) if hasattr(report, "__wrapped__") else report(given)


def test_a_short_list_of_weights_is_counted():
    edges = grid(2, 2).edge_index
    with pytest.raises(ValueError, match="edge_weight has 3 numbers and edge_index 8 columns"):
        to_networkx(Data(edge_index=edges, num_nodes=4, edge_weight=torch.ones(3)))
