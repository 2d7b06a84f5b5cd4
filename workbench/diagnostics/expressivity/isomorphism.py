"""Exact isomorphism of graphs, the ground truth behind every test of expressivity."""

from collections import defaultdict
from collections.abc import Sequence

import igraph
import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch_geometric.data import Data

from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import classes_of, graphs_of
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph


def isomorphism_classes(graphs: Sequence[Data]) -> Int64[Tensor, " graphs"]:
    """A number for each graph, equal for isomorphic graphs, numbered in the order of occurrence.

    An isomorphism keeps equal rows of ``x`` and of ``edge_attr`` equal, where every graph holds
    them, and self-loops; repeated edges count once. Undirected graphs without edge labels are
    compared by BLISS's canonical form, others by VF2 within the classes of 1-WL.

    Args:
        graphs: PyG graphs; undirected ones store both directions.

    Raises:
        ValueError: ``x`` or ``edge_attr`` has different widths in two graphs.

    References:
        Junttila and Kaski, Engineering an efficient canonical labeling tool for large and sparse
        graphs, ALENEX 2007 (BLISS, through igraph).
    """
    if not graphs:
        return torch.zeros(0, dtype=torch.int64)
    return isomorphic(graphs_of(graphs), graphs[0].edge_index.device)


def isomorphic(prepared: list[Graph], device: torch.device) -> Int64[Tensor, " graphs"]:
    """``isomorphism_classes`` of graphs that are ready for refinement."""
    cells = classes_of(prepared, "1-wl", device)
    alone = torch.bincount(cells)[cells] == 1
    if all(_symmetric(graph) for graph in prepared):
        names = [
            ("alone", place) if alone[place] else _canonical(graph)
            for place, graph in enumerate(prepared)
        ]
    else:
        names, models = [], defaultdict(list)
        for place, (graph, cell) in enumerate(zip(prepared, cells.tolist(), strict=True)):
            equal = [model for model in models[cell] if _by_vf2(prepared[model], graph)]
            if not equal:
                models[cell].append(place)
            names.append(equal[0] if equal else place)
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return torch.tensor([number[name] for name in names])


def is_isomorphic(data_a: Data, data_b: Data) -> bool:
    """Whether two graphs are the same up to the order of their nodes; ``isomorphism_classes``."""
    first, second = isomorphism_classes([data_a, data_b]).tolist()
    return first == second


def _symmetric(graph: Graph) -> bool:
    """Undirected and without edge labels, so that BLISS can read it."""
    adjacency = graph.adjacency()
    return not graph.label.any() and (adjacency != adjacency.T).nnz == 0


def _igraph(graph: Graph, directed: bool) -> tuple[igraph.Graph, np.ndarray]:
    """The graph without self-loops, and which entries of its rows it holds."""
    row = np.repeat(np.arange(graph.size), np.diff(graph.indptr))
    keep = graph.neighbor != row if directed else graph.neighbor < row
    edges = np.stack([graph.neighbor[keep], row[keep]], axis=1)
    return igraph.Graph(n=graph.size, edges=edges.tolist(), directed=directed), keep


def _colors(graph: Graph) -> np.ndarray:
    """``[nodes, 2]``: color, and 1 + label of the self-loop or 0."""
    row = np.repeat(np.arange(graph.size), np.diff(graph.indptr))
    loop, there = np.zeros(graph.size, dtype=np.int64), graph.neighbor == row
    loop[row[there]] = graph.label[there] + 1
    return np.stack([graph.color, loop], axis=1)


def _canonical(graph: Graph) -> tuple:
    """Equal for isomorphic graphs, and only for them."""
    (plain, _), color = _igraph(graph, directed=False), _colors(graph)
    plain.vs["color"] = list(map(tuple, color.tolist()))
    _, dense = np.unique(color, axis=0, return_inverse=True)
    form = plain.permute_vertices(plain.canonical_permutation(color=dense.ravel().tolist()))
    edges = np.sort(np.array(form.get_edgelist(), dtype=np.int64).reshape(-1, 2), axis=1)
    edges = np.sort(edges @ np.array([graph.size, 1]))
    return graph.size, tuple(form.vs["color"]), edges.tobytes()


def _by_vf2(first: Graph, second: Graph) -> bool:
    """Equal sizes are known: 1-WL did not tell the two apart."""
    (one, kept), (two, also) = _igraph(first, True), _igraph(second, True)
    both = np.concatenate([_colors(first), _colors(second)])
    color = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    return one.isomorphic_vf2(
        two,
        color1=color[: first.size].tolist(),
        color2=color[first.size :].tolist(),
        edge_color1=first.label[kept].tolist(),
        edge_color2=second.label[also].tolist(),
    )
