"""Between networkx graphs and ``Data``."""

import math
import warnings
from numbers import Real
from pathlib import Path

import networkx as nx
import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.building import columns, graph_from_edges
from workbench.graphs.edges import check_edge_index
from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.edge_lines import is_integer

_UNREADABLE = (TypeError, ValueError, IndexError, RecursionError, MemoryError, nx.NetworkXError)


def from_networkx(graph: nx.Graph) -> Data:
    """``Data`` of any networkx graph; nodes are numbered in the order of ``graph.nodes``.

    - ``edge_index``: both directions of each undirected edge; the arcs of a directed graph.
      Self-loops are kept. Repeated edges of a multigraph are dropped with a warning.
    - ``edge_weight`` (float64, conductances): the edge attribute ``weight``, if any edge has it; 1
      where an edge lacks it, as networkx counts. Parallel conductors of a multigraph add.
    - ``labels``: the node attribute ``label``, else the nodes' own names, as strings; left out
      where the nodes are named 0, 1, 2, ... in order.
    - ``pos [nodes, 2]`` (float32): the node attribute ``pos``, or the numbers ``x`` and ``y``,
      where every node has them.
    - ``y [nodes]``: the node attribute ``class``, where every node has an integer.
    - ``name``: the graph's name, if it has one.

    Other attributes are left out.

    Raises:
        TypeError: ``graph`` is no networkx graph.
        ValueError: a weight is no finite number >= 0; the message names its edge.
    """
    if not isinstance(graph, nx.Graph):
        raise TypeError(f"expected a networkx graph, got {type(graph).__name__}")
    nodes = list(graph)
    number = {node: i for i, node in enumerate(nodes)}
    ends = np.array([(number[u], number[v]) for u, v in graph.edges()], dtype=np.int64)
    source, target = ends.reshape(-1, 2).T
    weight = None
    if any("weight" in attributes for _, _, attributes in graph.edges(data=True)):
        edges = graph.edges(data="weight", default=1)
        weight = np.array([_conductance(u, v, w) for u, v, w in edges])
    data = graph_from_edges(
        source,
        target,
        len(nodes),
        weight=weight,
        directed=graph.is_directed(),
        where=graph.name or "the graph",
    )
    labels = _on_every_node(graph, "label")
    labels = [str(label) for label in (nodes if labels is None else labels)]
    if any(label != str(i) for i, label in enumerate(labels)):
        data.labels = labels
    pos = _positions(graph)
    if pos is not None:
        data.pos = torch.from_numpy(pos)
    classes = _on_every_node(graph, "class")
    if classes and all(isinstance(c, int | np.integer) for c in classes):
        data.y = torch.tensor([int(c) for c in classes])
    if graph.name:
        data.name = str(graph.name)
    return data


def to_networkx(data: Data) -> nx.Graph:
    """networkx ``Graph`` of data that store each edge both ways, ``DiGraph`` of others.

    Nodes are ``0 .. num_nodes - 1``, with the attributes ``label`` (from ``labels``), ``x`` and
    ``y`` (from a two-column ``pos``) and ``class`` (from an integer ``y [nodes]``) where ``data``
    has them; edges have ``weight`` (from ``edge_weight``). Self-loops are kept. A repeated edge
    counts once, with a warning; the conductances of repeats add. Features ``x`` and other
    attributes are left out. ``from_networkx`` is the inverse.

    Raises:
        ValueError: ``edge_index`` is out of range.
    """
    num_nodes = int(data.num_nodes or 0)
    edge_index = data.edge_index
    if edge_index is None:
        edge_index = torch.zeros(2, 0, dtype=torch.int64)
    check_edge_index(edge_index, num_nodes)
    source, target = edge_index.cpu().numpy()
    found = columns(source, target, num_nodes, directed=True)
    if found.repeats:
        warnings.warn(f"{found.repeats} repeated columns of edge_index count once", stacklevel=2)
    weight = data.get("edge_weight")
    if weight is not None:
        weight = found.summed(weight.detach().cpu().numpy().astype(np.float64).reshape(-1))
    source, target = found.edge_index.numpy()
    if is_symmetric(source, target, num_nodes, weight):
        graph: nx.Graph = nx.Graph()
        once = source <= target
        source, target = source[once], target[once]
        weight = None if weight is None else weight[once]
    else:
        graph = nx.DiGraph()
    if data.get("name"):
        graph.name = str(data.name)
    graph.add_nodes_from(range(num_nodes))
    ends = source.tolist(), target.tolist()
    if weight is None:
        graph.add_edges_from(zip(*ends, strict=True))
    else:
        graph.add_weighted_edges_from(zip(*ends, weight.tolist(), strict=True))
    for attribute, values in _node_attributes(data, num_nodes).items():
        nx.set_node_attributes(graph, dict(enumerate(values)), attribute)
    return graph


def read_attribute_lines(path: Path, text: str, skipped: int, directed: bool) -> Data:
    """``Data`` of an edge list with attributes, ``0 1 {'weight': 3.0}``, as networkx writes it.

    ``skipped`` lines stand above the text. Nodes keep the order of their numbers, where all are
    integers, else that of the file.

    Raises:
        GraphFileError: with the line at fault.
    """
    kind = nx.MultiDiGraph if directed else nx.MultiGraph
    lines = text.split("\n")
    for number, line in enumerate(lines, skipped + 1):
        if len(line.split()) == 1:  # networkx passes over it
            raise GraphFileError(path, f"one name, {line.strip()!r}; expected two", line=number)
    try:
        graph = nx.parse_edgelist(lines, create_using=kind)
        if all(is_integer(node) for node in graph):
            found = graph
            graph = kind()
            graph.add_nodes_from(sorted(found, key=int))
            graph.add_edges_from(found.edges(data=True))
        return from_networkx(graph)
    except _UNREADABLE as whole:
        for number, line in enumerate(lines, skipped + 1):
            try:
                from_networkx(nx.parse_edgelist([line], create_using=kind))
            except _UNREADABLE as error:
                raise GraphFileError(path, str(error), line=number) from None
        raise GraphFileError(path, str(whole)) from whole


def is_symmetric(
    source: np.ndarray, target: np.ndarray, num_nodes: int, weight: np.ndarray | None = None
) -> bool:
    """Whether each of the distinct, sorted arcs has its reverse, with the same weight."""
    back = np.lexsort((source, target))
    same = np.array_equal(source, target[back]) and np.array_equal(target, source[back])
    return same and (weight is None or np.allclose(weight, weight[back], rtol=1e-9, atol=0.0))


def _node_attributes(data: Data, num_nodes: int) -> dict[str, list]:
    attributes: dict[str, list] = {}
    if data.get("labels") is not None:
        attributes["label"] = [str(label) for label in data.labels]
    pos, y = data.get("pos"), data.get("y")
    if pos is not None and list(pos.shape) == [num_nodes, 2]:
        attributes["x"], attributes["y"] = pos.detach().cpu().double().T.tolist()
    if y is not None and list(y.shape) == [num_nodes] and not y.is_floating_point():
        attributes["class"] = [int(c) for c in y]
    return attributes


def _conductance(u: object, v: object, weight: object) -> float:
    number = isinstance(weight, Real) and not isinstance(weight, bool)
    if not number or not math.isfinite(weight) or weight < 0:
        raise ValueError(
            f"edge ({u!r}, {v!r}) has weight {weight!r}; a weight is a conductance, "
            "a finite number >= 0"
        )
    return float(weight)


def _on_every_node(graph: nx.Graph, attribute: str) -> list | None:
    """Values of a node attribute, or None unless every node has it."""
    values = list(graph.nodes(data=attribute))
    return None if any(value is None for _, value in values) else [value for _, value in values]


def _positions(graph: nx.Graph) -> np.ndarray | None:
    pairs = _on_every_node(graph, "pos")
    if pairs is None:
        x, y = _on_every_node(graph, "x"), _on_every_node(graph, "y")
        pairs = None if x is None or y is None else list(zip(x, y, strict=True))
    try:
        pos = np.array(pairs, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    fits = len(graph) > 0 and pos.shape == (len(graph), 2) and np.isfinite(pos).all()
    return pos.astype(np.float32) if fits else None
