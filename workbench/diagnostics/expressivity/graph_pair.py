"""Two graphs to compare: what the tests read of both, and what each node sees along its edges."""

from collections.abc import Sequence
from functools import cached_property

import torch
from torch_geometric.data import Data

from workbench.diagnostics.expressivity.isomorphism import is_isomorphic


class GraphPair:
    """Two graphs, with what does not depend on the test.

    Attributes:
        graphs, sizes: the graphs, and their numbers of nodes.
        isomorphic: whether they are the same graph but for the numbering.

    Raises:
        ValueError: a graph has no nodes.
    """

    def __init__(self, a: Data, b: Data):
        if not (a.num_nodes and b.num_nodes):
            raise ValueError("a graph without nodes cannot be shown; give one with nodes")
        self.graphs = (a, b)
        self.sizes = (int(a.num_nodes), int(b.num_nodes))
        self.isomorphic = bool(is_isomorphic(a, b))

    def both_hold(self, key: str) -> bool:
        """Whether both graphs hold a feature, so that the tests read it."""
        return all(data.get(key) is not None for data in self.graphs)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """(feature, the graph that holds it) where only one graph does: no test reads these."""
        return [
            (key, which)
            for key in ("x", "edge_attr")
            for data, other, which in zip(self.graphs, self.graphs[::-1], "ab", strict=True)
            if data.get(key) is not None and other.get(key) is None
        ]

    @cached_property
    def seen_edges(self) -> list[list[list[tuple[int, str]]]]:
        """Of each graph and node, the nodes that it sees along its edges, ascending.

        Each with the label of the edge in words, which is empty where the graphs have no
        ``edge_attr``. A repeated edge counts once for each label that it has.
        """
        if self.both_hold("edge_attr"):
            labels, texts = _edge_labels(self.graphs)
        else:
            labels, texts = [[0] * data.edge_index.size(1) for data in self.graphs], [""]
        found = []
        for data, size, numbers in zip(self.graphs, self.sizes, labels, strict=True):
            seen: list[set[tuple[int, int]]] = [set() for _ in range(size)]
            for (u, v), number in zip(data.edge_index.T.tolist(), numbers, strict=True):
                seen[v].add((u, number))
            found.append([[(u, texts[number]) for u, number in sorted(part)] for part in seen])
        return found


def _edge_labels(graphs: Sequence[Data]) -> tuple[list[list[int]], list[str]]:
    """Of each graph, a number for each column of ``edge_index``, equal for equal rows of
    ``edge_attr`` over all graphs; and the words for each number."""
    parts = [data.edge_attr.detach().cpu() for data in graphs]
    rows = torch.cat([part.reshape(part.size(0), -1) for part in parts])
    kinds, number = torch.unique(rows, dim=0, return_inverse=True)
    for form in ("{:.4g}", "{!r}"):
        texts = [", ".join(form.format(entry) for entry in row) for row in kinds.tolist()]
        if len(set(texts)) == len(texts):
            break
    numbers = number.split([part.size(0) for part in parts])
    return [part.tolist() for part in numbers], [f"edge label {text}" for text in texts]
