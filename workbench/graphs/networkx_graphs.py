"""Between networkx graphs and ``Data``."""

import math
import warnings
from numbers import Real
from typing import Any

import networkx as nx
import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.attributes import edge_columns
from workbench.graphs.files.build import build, say
from workbench.graphs.files.parts import GraphParts, gather_attributes
from workbench.graphs.generators.building import columns
from workbench.topology import check_edge_index
from workbench.topology.simple_graph import same_weight


def from_networkx(graph: nx.Graph) -> Data:
    """``Data`` of any networkx graph; nodes are numbered in the order of ``graph.nodes``.

    - ``edge_index``: both directions of each undirected edge; the arcs of a directed graph.
      Self-loops are kept. Repeated edges of a multigraph are dropped with a warning.
    - ``edge_weight`` (float64, conductances): the edge attribute ``weight``, if any edge has it; 1
      where an edge lacks it, as networkx counts. Parallel conductors of a multigraph add.
    - ``labels``: the node attribute ``label`` or ``name``, else the nodes' own names, as strings;
      left out where the nodes are named 0, 1, 2, ... in order. ``ids``: the nodes' own names where
      they have others besides.
    - ``pos [nodes, 2]`` (float64): the node attribute ``pos``, or the numbers ``x`` and ``y``, or
      ``lon`` and ``lat``, where every node has them.
    - ``y [nodes]``: the node attribute ``class``, where every node has an integer or a word;
      ``class_names`` has the words.
    - ``name``: the graph's name, if it has one.
    - Other numbers by their names, those of edges after ``edge_``; words of nodes as lists.

    Anything else is left out, and named in a warning.

    Raises:
        TypeError: ``graph`` is no networkx graph.
        ValueError: a weight is no finite number >= 0; the message names its edge.

    Examples:
        >>> import networkx
        >>> from workbench.graphs import from_networkx
        >>> data = from_networkx(networkx.Graph([("ann", "bob"), ("bob", "cy")]))
        >>> data.edge_index.tolist()
        [[0, 1, 1, 2], [1, 0, 2, 1]]
        >>> data.labels
        ['ann', 'bob', 'cy']
    """
    if not isinstance(graph, nx.Graph):
        raise TypeError(f"expected a networkx graph, got {type(graph).__name__}")
    nodes = list(graph)
    number = {node: i for i, node in enumerate(nodes)}
    rows = list(graph.edges(data=True))
    ends = np.array([(number[u], number[v]) for u, v, _ in rows], dtype=np.int64)
    source, target = ends.reshape(-1, 2).T
    edges = gather_attributes([_by_name(attributes) for _, _, attributes in rows])
    if "weight" in edges:
        edges["weight"] = [_conductance(u, v, a.get("weight", 1)) for u, v, a in rows]
    parts = GraphParts(
        source,
        target,
        len(nodes),
        ids=[str(node) for node in nodes],
        directed=graph.is_directed(),
        edges=edges,
        nodes=gather_attributes([_by_name(attributes) for _, attributes in graph.nodes(data=True)]),
        graph={"name": graph.name},
    )
    data, notes = build(parts)
    say(notes, graph.name or "the graph")
    return data


def to_networkx(data: Data) -> nx.Graph:
    """networkx ``Graph`` of data that store each edge both ways, ``DiGraph`` of others.

    Nodes are ``0 .. num_nodes - 1``, with the attributes ``label`` (from ``labels``), ``x``, ``y``
    and ``z`` (from ``pos``) and ``class`` (from an integer ``y [nodes]``, as the words of
    ``class_names``) where ``data`` has them; edges have ``weight`` (from ``edge_weight``). Other
    numbers of nodes and edges keep their names, without ``edge_``. Self-loops are kept. A repeated
    edge counts once, with a warning; the conductances of repeats add. Features ``x`` and other
    attributes are left out. ``from_networkx`` is the inverse.

    Raises:
        ValueError: ``edge_index`` is out of range, or ``edge_weight`` has another length.

    Examples:
        >>> from workbench.graphs import ring, to_networkx
        >>> graph = to_networkx(ring(4))
        >>> sorted(graph.edges)
        [(0, 1), (0, 3), (1, 2), (2, 3)]
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
    tolerance = 1e-9
    if weight is not None:
        if weight.numel() != edge_index.size(1):
            raise ValueError(
                f"edge_weight has {weight.numel()} numbers and edge_index {edge_index.size(1)} "
                "columns; give a conductance for each"
            )
        tolerance = same_weight(weight)
        weight = found.sum_repeats(weight.detach().cpu().double().numpy().reshape(-1))
    source, target = found.edge_index.numpy()
    attributes = {
        edge_key(key): data[key].detach().cpu().reshape(-1).numpy()[found.column]
        for key in edge_attributes(data)
    }
    keep = slice(None)
    if is_symmetric(source, target, num_nodes, weight, tolerance):
        graph: nx.Graph = nx.Graph()
        keep = source <= target
    else:
        graph = nx.DiGraph()
    if data.get("name"):
        graph.name = str(data.name)
    graph.add_nodes_from(range(num_nodes))
    pairs = list(zip(source[keep].tolist(), target[keep].tolist(), strict=True))
    graph.add_edges_from(pairs)
    if weight is not None:
        attributes["weight"] = weight
    for key, values in attributes.items():
        of_edges = zip(pairs, values[keep].tolist(), strict=True)
        nx.set_edge_attributes(graph, {e: v for e, v in of_edges if v == v}, key)
    for key, values in node_attributes(data).items():
        nx.set_node_attributes(graph, {i: v for i, v in enumerate(values) if v == v}, key)
    return graph


def is_symmetric(
    source: np.ndarray,
    target: np.ndarray,
    num_nodes: int,
    weight: np.ndarray | None = None,
    tolerance: float = 1e-9,
) -> bool:
    """Whether each of the distinct, sorted arcs has its reverse, with the same weight."""
    back = np.lexsort((source, target))
    same = np.array_equal(source, target[back]) and np.array_equal(target, source[back])
    return same and (weight is None or np.allclose(weight, weight[back], rtol=tolerance, atol=0.0))


# ---- what a Data holds ----------------------------------------------------------------------


def edge_attributes(data: Data) -> list[str]:
    """The keys of ``data`` with one number for each edge, besides ``edge_index`` and the weight."""
    count = data.num_edges
    return [
        key
        for key in edge_columns(data)
        if list(data[key].shape) in ([count], [count, 1])
        and key not in ("edge_weight", "y")
        and not data[key].is_complex()
    ]


def edge_key(key: str) -> str:
    """The name of an edge attribute in a file: without ``edge_``, which marks it in a ``Data``."""
    plain = key.removeprefix("edge_")
    taken = {"type", "source", "target", "weight", "id", "key", "label", "directed", "value", ""}
    return key if plain in taken or "edge" in plain else plain


def node_attributes(data: Data) -> dict[str, list[Any]]:
    """The attributes of each node by their names in a file."""
    num_nodes = int(data.num_nodes or 0)
    attributes: dict[str, list[Any]] = {}
    if data.get("labels") is not None:
        attributes["label"] = [str(label) for label in data.labels]
    pos, y = data.get("pos"), data.get("y")
    if pos is not None and list(pos.shape) in ([num_nodes, 2], [num_nodes, 3]):
        columns_ = pos.detach().cpu().double().T.tolist()
        attributes |= dict(zip("xyz", columns_, strict=False))
    if y is not None and list(y.shape) == [num_nodes] and not y.is_floating_point():
        names = data.get("class_names")
        words = names is not None and bool(((y >= 0) & (y < len(names))).all())
        attributes["class"] = [names[int(c)] if words else int(c) for c in y]
    for key in node_columns(data):
        value = data[key]
        words = isinstance(value, list)
        attributes[key] = value if words else value.detach().cpu().reshape(-1).tolist()
    return attributes


def node_columns(data: Data) -> list[str]:
    """The keys of ``data`` with one number or word for each node, besides those of its own."""
    own = {"x", "y", "pos", "labels", "ids", "class_names", "name", "num_nodes"}
    count = data.num_nodes
    edges = set(edge_attributes(data))
    found = []
    for key, value in data.to_dict().items():
        if key in own or key in edges or "edge" in key:
            continue
        if isinstance(value, torch.Tensor):
            if list(value.shape) in ([count], [count, 1]) and not value.is_complex():
                found.append(key)
        elif isinstance(value, list) and len(value) == count and _are_words(value):
            found.append(key)
    return found


def _are_words(values: list) -> bool:
    return all(isinstance(value, str) for value in values)


def _by_name(attributes: dict) -> dict[str, Any]:
    return {str(key): value for key, value in attributes.items()}


def _conductance(u: object, v: object, weight: object) -> float:
    number = isinstance(weight, Real) and not isinstance(weight, bool)
    if not number or not math.isfinite(weight) or weight < 0:
        raise ValueError(
            f"edge ({u!r}, {v!r}) has weight {weight!r}; a weight is a conductance, "
            "a finite number >= 0"
        )
    return float(weight)
