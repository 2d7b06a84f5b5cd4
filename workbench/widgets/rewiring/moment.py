"""What the rewiring lab holds at one moment: a graph, the edits made to it, a position among them.

Whoever computes or draws reads one ``Moment``, which nobody changes any more.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.diagnostics.spectrum.within_components import order_within
from workbench.graphs.attributes import real_edges, zero_edges
from workbench.rewiring import Edit, apply_edits, rewired_data
from workbench.rewiring.tape.edited import edit_columns
from workbench.rewiring.tape.large_profile import own_weights
from workbench.rewiring.tape.node_pairs import NodePairs
from workbench.rewiring.tape.node_values import NodeValues
from workbench.rewiring.tape.numbers import TapeNumbers
from workbench.topology import both_directions, components, simple_graph
from workbench.widgets.lab.drawn_graph import places


class Start:
    """A graph before its edits, and what is known of it after any.

    Args:
        graph: undirected, with ``edge_index`` and ``num_nodes``.
        source: how the graph was opened (the argument of ``open_graph``), or None.
        opened_with: the options of that call, by name.
        weighted: whether its ``edge_weight`` counts, if it has one.

    Attributes:
        given: the graph as it came.
        graph: the same without its edges of weight 0, which are none, whether weights count or not.
        edge_index: its edges, without self-loops and repeats.
        edge_weight: their conductances; None where all are 1.
        numbers: the numbers along a tape over this graph (``TapeNumbers``).
        pairs: matrices over pairs of its nodes after any edits (``NodePairs``).
        values: numbers of its nodes after any edits (``NodeValues``).
        positions: where the nodes are drawn, ``[nodes, 2]``.
        order: row order of the matrices.
    """

    def __init__(
        self,
        graph: Data,
        source: str | None = None,
        opened_with: dict | None = None,
        *,
        weighted: bool = True,
    ):
        self.given, real = graph, real_edges(graph)
        weight = real.get("edge_weight") if weighted else None
        given = None if weight is None else weight.reshape(-1)
        edges = simple_graph(real.edge_index, graph.num_nodes, given)
        self.graph, self.source, self.opened_with = real, source, dict(opened_with or {})
        self.num_nodes = int(graph.num_nodes)
        self.edge_index, self.edge_weight = both_directions(edges.source, edges.target), None
        if given is not None:
            own = own_weights(edges)
            pairs = (tuple(sorted(pair)) for pair in self.edge_index.T.tolist())
            self.edge_weight = torch.tensor([own[pair] for pair in pairs], dtype=torch.float64)
        made = self.edge_index, self.num_nodes, self.edge_weight
        self.numbers, self.pairs = TapeNumbers(*made), NodePairs(*made)
        self.values = NodeValues(*made, self.pairs)
        self.positions = places(self.edge_index, self.num_nodes, graph.get("pos"))
        self.order = self._order()

    @property
    def left_out(self) -> int:
        """How many of the edges that came have weight 0, each counted once."""
        return zero_edges(self.given)

    @property
    def name(self) -> str:
        """How the graph is called."""
        return self.source or getattr(self.graph, "name", None) or "your graph"

    @cached_property
    def node_names(self) -> list[str]:
        """The names of the nodes; empty where they have none but their numbers."""
        labels = getattr(self.graph, "labels", None)
        return [str(label) for label in labels] if labels is not None else []

    def _order(self) -> np.ndarray:
        """Component by component along their Fiedler vectors, so that cuts show as blocks."""
        made = self.edge_index, self.num_nodes, self.edge_weight
        if not self.pairs.dense:
            return np.arange(self.num_nodes, dtype=np.int32)
        return order_within(*made).numpy().astype(np.int32)


@dataclass(frozen=True)
class Moment:
    """A graph, the edits on its tape, and how many of them are in force.

    Attributes:
        start: the graph before its edits.
        edits: all edits that the tape shows.
        position: how many of them are in force.
        can_undo, can_redo: whether they would do anything.
        method, options: what filled the tape; None and {} before that.
        by_method: the edits that it made then.
        function: the method itself; None before that.
    """

    start: Start
    edits: tuple[Edit, ...]
    position: int
    can_undo: bool
    can_redo: bool
    method: str | None
    options: dict
    by_method: tuple[Edit, ...]
    function: Callable | None = None

    @property
    def in_force(self) -> tuple[Edit, ...]:
        """The edits up to the position."""
        return self.edits[: self.position]

    @property
    def given(self) -> dict:
        """The options that the method takes; one's own may have no budget."""
        takes = inspect.signature(self.function).parameters if self.function else {}
        return {name: value for name, value in self.options.items() if name in takes}

    @property
    def made_by_method(self) -> bool:
        """True where the method alone made the edits in force, and there is one."""
        return bool(self.in_force) and self.in_force == self.by_method[: self.position]

    @property
    def title(self) -> str:
        """Graph and edits as the name of what is made of them, such as "barbell:10,3, gtr 4"."""
        name, hand = Path(self.start.name).name, sum(edit.by == "hand" for edit in self.in_force)
        made = [f"{self.method} {self.position - hand}"] if self.position > hand else []
        made += [f"{hand} by hand"] if hand else []
        return f"{name}, {' and '.join(made) or 'no edits'}"

    @property
    def caption(self) -> str:
        """Graph, method and position in one line."""
        if self.method is None:
            return f"{self.start.name}, before any edits"
        return f"{self.start.name}, {self.method}, edit {self.position} of {len(self.edits)}"

    @cached_property
    def columns(self) -> tuple[Tensor, Tensor | None]:
        """The edges at the position and their conductances, None where all are 1."""
        start = self.start
        return edit_columns(start.edge_index, start.num_nodes, self._rows(), start.edge_weight)

    @property
    def edge_index(self) -> Tensor:
        """The edges at the position."""
        return self.columns[0]

    @cached_property
    def disconnected(self) -> bool:
        """Whether the graph is, before its edits or at the position."""
        sides = (self.start.edge_index, self.edge_index)
        return any(int(components(s, self.start.num_nodes).max()) for s in sides)

    def rewired(self) -> Data:
        """The graph at the position: ``graph`` with what belongs to the edges it keeps.

        New edges have a conductance of 1 where there are weights, and zeros for other attributes.
        """
        graph = self.start.graph
        made = apply_edits(graph.edge_index, self.start.num_nodes, self._rows())
        return rewired_data(graph, made)

    def _rows(self) -> Tensor:
        rows = [(edit.sign, edit.u, edit.v) for edit in self.in_force]
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3).T
