"""The two graphs of the expressivity lab: drawn once, colored once by each test."""

from pathlib import Path

import networkx as nx
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.diagnostics import TooLargeError
from workbench.diagnostics.expressivity.graph_pair import GraphPair
from workbench.diagnostics.expressivity.pair_coloring import PairColoring
from workbench.graphs import FAMOUS_PAIRS
from workbench.widgets.lab.drawn_graph import places
from workbench.widgets.lab.opening import graph_of

#: Larger graphs are for ``distinguishes``, not for the eye.
LARGEST_NODES = 1_000

#: The name of a pair that is not one of the library's.
YOUR_PAIR = "your graphs"

#: What takes the place of a graph.
Source = Data | nx.Graph | str | Path


class DrawnPair(GraphPair):
    """A pair with a name, a name for each graph, and places for its nodes.

    Raises:
        TooLargeError: a graph has too many nodes to look at.
        ValueError: a graph has no nodes.
    """

    def __init__(self, a: Data, b: Data, name: str = YOUR_PAIR):
        for data in (a, b):
            if (data.num_nodes or 0) > LARGEST_NODES:
                raise TooLargeError(
                    f"a graph has {data.num_nodes:,} nodes and the lab draws up to "
                    f"{LARGEST_NODES:,}; use workbench.diagnostics.distinguishes"
                )
        super().__init__(a, b)
        self.name = name
        self.names = [
            getattr(data, "name", None) or which
            for data, which in zip(self.graphs, "ab", strict=True)
        ]
        self.positions = [
            places(data.edge_index, data.num_nodes, data.get("pos")) for data in self.graphs
        ]
        self._colored: dict[str, PairColoring] = {}

    def coloring(self, test: str) -> PairColoring:
        """The colors of a test, computed once; raises as ``PairColoring``."""
        if test not in self._colored:
            self._colored[test] = PairColoring(self, test)
        return self._colored[test]

    def replace_graph(self, which: int, data: Data) -> "DrawnPair":
        """Your pair, with another graph in the place of one."""
        graphs = list(self.graphs)
        graphs[which] = data
        return DrawnPair(*graphs)


def famous(name: str) -> DrawnPair:
    """A pair of the library.

    Raises:
        ValueError: there is no such pair.
    """
    check_choice("pair", name, FAMOUS_PAIRS)
    return DrawnPair(*FAMOUS_PAIRS[name].build(), name)


def pair_of(a: Source | None, b: Source | None, first: str) -> DrawnPair:
    """The pair of two graphs, or the famous one of a name; of nothing the one called ``first``.

    Raises:
        ValueError: only one graph is given, or one has no nodes.
        TooLargeError: a graph is too large to draw.
        TypeError: one is no graph.
    """
    if b is None:
        if a is not None and not (isinstance(a, str) and a in FAMOUS_PAIRS):
            names = ", ".join(FAMOUS_PAIRS)
            raise ValueError(f"give two graphs, or the name of a famous pair: {names}; got {a!r}")
        return famous(first if a is None else a)
    if a is None:
        raise ValueError("give two graphs, a and b; a is missing")
    return DrawnPair(graph_of(a)[0], graph_of(b)[0])
