"""What the rewiring lab holds: a graph, a tape of edits, a position.

Commands change the state; everything else is a function of it.
"""

import threading
from collections.abc import Callable

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.diagnostics import fiedler_vector
from workbench.graphs import layout
from workbench.rewiring import EDITS, Edit, Tape, apply_edits, rewired_data
from workbench.rewiring.declaration import taken_from
from workbench.rewiring.tape.node_pairs import NodePairs
from workbench.rewiring.tape.numbers import TapeNumbers
from workbench.topology import both_directions, simple_graph


class RewiringState:
    """Graph, tape and position, with what is known of them.

    Args:
        graph: the graph to start from, undirected, with ``edge_index`` and ``num_nodes``.
        source: how the graph was opened (the argument of ``open_graph``), or None.
        opened_with: the options of that call, by name.

    Attributes:
        edge_index: the graph before its edits, without self-loops and repeats.
        method, options: what filled the tape; None and {} before that.
        numbers: the numbers along a tape over this graph (``TapeNumbers``).
        pairs: matrices over pairs of its nodes after any edits (``NodePairs``).
        positions: where the nodes are drawn, ``[nodes, 2]``.
        order: row order of the matrices.
    """

    def __init__(self, graph: Data, source: str | None = None, opened_with: dict | None = None):
        self.lock = threading.RLock()
        self.set_graph(graph, source, opened_with)

    def set_graph(
        self, graph: Data, source: str | None = None, opened_with: dict | None = None
    ) -> None:
        """Start over with another graph and an empty tape."""
        edges = simple_graph(graph.edge_index, graph.num_nodes)
        with self.lock:
            self.graph = graph
            self.source, self.opened_with = source, dict(opened_with or {})
            self.num_nodes = int(graph.num_nodes)
            self.edge_index = both_directions(edges.source, edges.target)
            self.method, self.options = None, {}
            self._method_edits: list[Edit] = []
            self.tape = Tape(self.edge_index, self.num_nodes)
            self.numbers = TapeNumbers(self.edge_index, self.num_nodes)
            self.pairs = NodePairs(self.edge_index, self.num_nodes)
            self.positions = self._positions()
            self.order = self._order()

    def _positions(self) -> np.ndarray:
        pos = getattr(self.graph, "pos", None)
        if pos is not None and pos.size(1) >= 2 and bool(torch.isfinite(pos).all()):
            return pos[:, :2].detach().cpu().numpy().astype(np.float32)
        return layout(self.edge_index, self.num_nodes).numpy()

    def _order(self) -> np.ndarray:
        """Along the Fiedler vector, so that the cut shows as blocks."""
        if not self.pairs.dense or self.num_nodes < 3 or self.edge_index.numel() == 0:
            return np.arange(self.num_nodes, dtype=np.int32)
        vector = fiedler_vector(self.edge_index, self.num_nodes).numpy()
        return np.argsort(vector, kind="stable").astype(np.int32)

    # ---- commands -------------------------------------------------------------------------

    def apply_method(
        self, method: str, options: dict, should_stop: Callable[[], bool] | None = None
    ) -> list[Edit]:
        """Put what ``method`` does to the graph on the tape, from its beginning; undo brings back
        what was there.

        Returns:
            The edits made.

        Raises:
            Stopped: ``should_stop`` returned True; the tape is as before.
            ValueError: the method refuses the graph or an option.
        """
        read = taken_from(self.graph, EDITS[method], weights=False)
        rewired = EDITS[method](
            self.edge_index, self.num_nodes, **read, **options, should_stop=should_stop
        )
        edits = [Edit(sign, u, v, method) for sign, u, v in rewired.edits.T.tolist()]
        with self.lock:
            self.method, self.options, self._method_edits = method, dict(options), edits
            self.reset()
        return edits

    def reset(self) -> None:
        """Drop the edits by hand: the tape as the method made it. Undo brings them back."""
        with self.lock:
            self.tape.position = 0
            self.tape.extend(self._method_edits)

    def edit(self, sign: int, u: int, v: int) -> None:
        """Add (``sign=1``) or remove (``-1``) an edge by hand at the current position.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        with self.lock:
            self.tape.do(Edit(sign, u, v, "hand"))

    # ---- what follows ---------------------------------------------------------------------

    @property
    def in_force(self) -> tuple[Edit, ...]:
        """The edits up to the current position."""
        with self.lock:
            return self.tape.edits[: self.tape.position]

    @property
    def made_by_method(self) -> bool:
        """True where the method alone made every edit in force, and there is one."""
        return {edit.by for edit in self.in_force} == {self.method}

    @property
    def name(self) -> str:
        """How the graph is called."""
        return self.source or getattr(self.graph, "name", None) or "your graph"

    @property
    def caption(self) -> str:
        """Graph, method and position in one line."""
        if self.method is None:
            return f"{self.name}, before any edits"
        return f"{self.name}, {self.method}, edit {self.tape.position} of {len(self.tape)}"

    def rewired(self) -> Data:
        """The graph at the current position: ``graph`` with what belongs to the edges it keeps.

        New edges have a conductance of 1 where there are weights, and zeros for other attributes.
        """
        with self.lock:
            edits = self.tape.rows()[:, : self.tape.position]
        return rewired_data(self.graph, apply_edits(self.graph.edge_index, self.num_nodes, edits))
