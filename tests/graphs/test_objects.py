"""One graph as every library has it: the same edges, weights and names."""

import igraph
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from torch_geometric.data import Batch, Data, HeteroData

from workbench.graphs import from_object, karate, open_graph, ring
from workbench.graphs.files.build import GraphNote
from workbench.report import report

EDGES = [("ann", "bob", 2.0), ("bob", "cy", 0.5), ("cy", "dot", 1.0), ("dot", "ann", 3.0)]
NAMES = ["ann", "bob", "cy", "dot"]
NUMBERED = np.array([[0, 2, 0, 3], [2, 0, 0.5, 0], [0, 0.5, 0, 1], [3, 0, 1, 0]])


def in_networkx():
    graph = nx.Graph()
    graph.add_weighted_edges_from(EDGES)
    return graph


def in_igraph():
    graph = igraph.Graph(4, [(NAMES.index(u), NAMES.index(v)) for u, v, _ in EDGES])
    graph.vs["name"], graph.es["weight"] = NAMES, [w for *_, w in EDGES]
    return graph


FORMS = {
    "networkx": in_networkx,
    "igraph": in_igraph,
    "a table": lambda: pd.DataFrame(EDGES, columns=["source", "target", "weight"]),
    "scipy csr": lambda: sp.csr_array(NUMBERED),
    "scipy coo matrix": lambda: sp.coo_matrix(NUMBERED),
    "numpy": lambda: NUMBERED,
    "torch": lambda: torch.from_numpy(NUMBERED),
    "torch sparse": lambda: torch.from_numpy(NUMBERED).to_sparse(),
    "torch csr": lambda: torch.from_numpy(NUMBERED).to_sparse_csr(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_same_graph_in_every_form(form):
    data = open_graph(FORMS[form]())
    dense = torch.zeros(4, 4, dtype=torch.float64)
    dense[data.edge_index[0], data.edge_index[1]] = data.edge_weight
    np.testing.assert_array_equal(dense, NUMBERED)
    if form in ("networkx", "igraph", "a table"):
        assert data.labels == NAMES


def test_without_weights_there_are_none():
    matrix = (NUMBERED > 0).astype(int)
    for form in (
        matrix,
        sp.csr_array(matrix),
        torch.from_numpy(matrix),
        torch.from_numpy(matrix) > 0,
    ):
        data = from_object(form)
        assert data.get("edge_weight") is None
        assert data.num_edges == 8
        assert data.num_nodes == 4


def test_a_matrix_that_is_not_symmetric_has_arcs():
    one_way = np.triu(NUMBERED)
    with pytest.warns(GraphNote, match="not symmetric"):
        data = open_graph(one_way)
    assert data.num_edges == 4
    assert open_graph(one_way, directed=False).num_edges == 8
    arcs = in_networkx().to_directed()
    arcs.remove_edge("ann", "bob")
    assert open_graph(arcs).num_edges == 7


def test_columns_of_a_table_by_name():
    table = pd.DataFrame(EDGES, columns=["from_", "to_", "strength"])[["strength", "to_", "from_"]]
    data = open_graph(table, source="from_", target="to_", weight="strength")
    assert data.labels == NAMES
    assert float(data.edge_weight.sum()) == NUMBERED.sum()
    with pytest.raises(ValueError, match="weight say how to read a file; the graph is in memory"):
        open_graph(in_networkx(), weight="strength")


def test_a_data_is_given_back_as_it_is():
    data = ring(5)
    assert open_graph(data) is data


def test_one_number_an_edge_in_edge_attr_is_asked_about():
    data = ring(4)
    data.edge_attr = torch.rand(8, 1)
    with pytest.warns(GraphNote, match="edge_weight = data.edge_attr"):
        open_graph(data)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, TypeError, "a graph must be a name .* got NoneType"),
        (7, TypeError, "got int"),
        ([ring(3), ring(4)], TypeError, r"a list of 2 graphs; take one: dataset\[0\]"),
        (HeteroData(), TypeError, "several kinds; take data.to_homogeneous"),
        (Batch.from_data_list([ring(3), ring(4)]), TypeError, r"take one: batch.get_example\(0\)"),
        (Data(x=torch.ones(3, 1)), ValueError, "no edge_index; give it one"),
        (ring(5).edge_index, ValueError, r"got \[2, 10\]; for an edge_index give Data"),
        (np.ones((2, 3, 3)), ValueError, r"\[nodes, nodes\]; got \[2, 3, 3\]"),
        (-NUMBERED, ValueError, "weight"),
    ],
)
def test_what_is_no_graph_says_so(value, error, message):
    with pytest.raises(error, match=message):
        open_graph(value)


def test_the_report_takes_them_all():
    plain = nx.to_numpy_array(nx.karate_club_graph(), weight=None)
    forms = (karate(), "karate", plain, sp.csr_array(plain), torch.from_numpy(plain))
    found = [report(form, max_seconds=5).summary for form in forms]
    assert len({summary["edges"].text for summary in found}) == 1
