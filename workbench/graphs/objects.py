"""Graphs that other libraries hold in memory, as ``Data``."""

import warnings
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import torch
from torch_geometric.data import Batch, Data, Dataset, HeteroData

from workbench.graphs.files.build import GraphNote, Weight, build, say
from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.edge_tables import read_table
from workbench.graphs.files.parts import GraphParts
from workbench.graphs.networkx_graphs import from_networkx, is_symmetric

#: What a graph may come as, for messages.
KINDS = (
    "a name ('karate'), a file, a PyG Data, a networkx or igraph graph, an adjacency matrix or a "
    "pandas table of edges"
)


def from_object(
    value: Any,
    *,
    directed: bool | None = None,
    source: str | None = None,
    target: str | None = None,
    weight: Weight = None,
) -> Data:
    """``Data`` of a graph in memory; a ``Data`` itself is given back as it is.

    - A networkx or igraph graph: its directions, names and attributes, as ``from_networkx``.
    - A square matrix, dense or sparse: entry (u, v) is the conductance from u to v; edges have no
      weights where all are 1. A symmetric matrix is an undirected graph.
    - A pandas table: an edge a row, as ``read_graph`` reads a table of edges.

    Args:
        value: the graph.
        directed: what its edges are; None for what it says itself.
        source, target: of a table, the columns of the ends.
        weight: which attribute or column holds the conductances, as in ``read_graph``.

    Raises:
        TypeError: it is none of them, or several graphs, or has nodes of several kinds.
        ValueError: a ``Data`` without ``edge_index``, or with attributes of another size; a matrix
            that is not square; a table that is no list of edges.

    Examples:
        >>> import numpy
        >>> from workbench.graphs import from_object
        >>> from_object(numpy.array([[0, 2], [2, 0]])).edge_weight.tolist()
        [2.0, 2.0]
    """
    kind = type(value).__name__
    if isinstance(value, Data):
        return _check(value)
    _refuse_several(value)
    if isinstance(value, nx.Graph):
        return from_networkx(value)
    library = type(value).__module__.partition(".")[0]
    if library == "igraph":
        parts = _of_igraph(value)
    elif library == "pandas" and kind == "DataFrame":
        parts = _of_table(value, source, target)
    elif library in ("scipy", "numpy") or isinstance(value, torch.Tensor):
        parts = _of_matrix(value)
    else:
        of = "" if library == "builtins" else f"{library} "
        raise TypeError(f"a graph must be {KINDS}; got {of}{kind}")
    data, notes = build(parts, directed=directed, weight=weight)
    say(notes, f"the {kind}")
    return data


def _refuse_several(value: Any) -> None:
    kind = type(value).__name__
    if isinstance(value, HeteroData):
        raise TypeError(f"a {kind} has nodes of several kinds; take data.to_homogeneous()")
    if isinstance(value, Dataset) or (
        isinstance(value, list | tuple) and value and isinstance(value[0], Data)
    ):
        raise TypeError(f"a {kind} of {len(value)} graphs; take one: dataset[0]")


def _check(data: Data) -> Data:
    if isinstance(data, Batch):
        raise TypeError(
            f"a {type(data).__name__} of {data.num_graphs} graphs; take one: batch.get_example(0)"
        )
    if data.edge_index is None:
        raise ValueError(
            "the Data has no edge_index; give it one: data.edge_index = torch.zeros(2, 0).long() "
            "for no edges"
        )
    count, pos, labels = int(data.num_nodes or 0), data.get("pos"), data.get("labels")
    if isinstance(pos, torch.Tensor) and (pos.dim() != 2 or pos.size(0) != count):
        raise ValueError(
            f"data.pos has shape {list(pos.shape)}; it must be [{count}, 2], a place for each "
            "node: reshape it, or delete it"
        )
    if labels is not None and (not hasattr(labels, "__len__") or len(labels) != count):
        size = len(labels) if hasattr(labels, "__len__") else 1
        raise ValueError(
            f"data.labels has {size} names for {count} nodes; give each node its own, or delete it"
        )
    numbers = data.get("edge_attr")
    if data.get("edge_weight") is None and isinstance(numbers, torch.Tensor):
        columns = data.num_edges
        if numbers.is_floating_point() and list(numbers.shape) in ([columns], [columns, 1]):
            warnings.warn(
                "edge_attr has one number for each edge and counts for nothing; where they are "
                "strengths, data.edge_weight = data.edge_attr.reshape(-1) makes them conductances",
                GraphNote,
                stacklevel=4,
            )
    return data


def _of_igraph(graph: Any) -> GraphParts:
    ends = np.array(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
    nodes = {name: graph.vs[name] for name in graph.vs.attributes()}
    names = nodes.pop("name", None)
    return GraphParts(
        *ends.T,
        graph.vcount(),
        ids=None if names is None else [str(name) for name in names],
        directed=graph.is_directed(),
        edges={name: graph.es[name] for name in graph.es.attributes()},
        nodes=nodes,
        graph={name: graph[name] for name in graph.attributes()},
    )


def _of_table(frame: Any, source: str | None, target: str | None) -> GraphParts:
    path = Path("the table")
    text = frame.to_csv(index=False)
    try:
        return read_table(path, text, "csv", source=source, target=target, header=True)
    except GraphFileError as error:
        raise ValueError(str(error)) from None


def _of_matrix(matrix: Any) -> GraphParts:
    shape = list(matrix.shape)
    may_be_edges = len(shape) == 2 and shape[0] == 2 and getattr(matrix, "dtype", 0) == torch.int64
    if may_be_edges or len(shape) != 2 or shape[0] != shape[1]:
        advice = "; for an edge_index give Data(edge_index=..., num_nodes=...)" * may_be_edges
        raise ValueError(f"an adjacency matrix is [nodes, nodes]; got {shape}{advice}")
    rows, columns, values = _entries(matrix)
    count = shape[0]
    order = np.lexsort((columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    symmetric = is_symmetric(rows, columns, count, values, tolerance=0.0)
    kept = rows <= columns if symmetric else np.ones(rows.size, dtype=bool)
    return GraphParts(
        rows[kept],
        columns[kept],
        count,
        directed=not symmetric,
        arcs_because=None if symmetric else "it is not symmetric",
        edges={} if np.array_equal(values, np.ones_like(values)) else {"weight": values[kept]},
    )


def _entries(matrix: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and values of what is not 0."""
    if isinstance(matrix, torch.Tensor):
        matrix = matrix.detach().cpu()
        if matrix.layout != torch.strided:
            found = matrix.to_sparse_coo().coalesce()
            rows, columns = found.indices().numpy()
            values = found.values().double().numpy()
        else:
            rows, columns = (at.numpy() for at in matrix.nonzero(as_tuple=True))
            values = matrix[rows, columns].double().numpy()
    elif hasattr(matrix, "tocoo"):
        found = matrix.tocsr().tocoo()  # adds repeats
        rows, columns = found.row.astype(np.int64), found.col.astype(np.int64)
        values = found.data.astype(np.float64)
    else:
        rows, columns = np.nonzero(np.asarray(matrix))
        values = np.asarray(matrix)[rows, columns].astype(np.float64)
    there = values != 0
    return rows[there], columns[there], values[there]
