"""The edit tape: a graph, the edits made to it, and a position among them.

State is plain: the base graph, a line of edits, and how many of them are in force. Moving the
position changes nothing else. An edit in the middle starts a new tail, and undoing it brings the
old one back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int32, Int64
from torch import Tensor

from workbench.graphs.edges import undirected_edges
from workbench.rewiring.base import apply_edits
from workbench.typing import EdgeIndex

#: The end of a span that never ends.
FOREVER = 2**31 - 1


@dataclass(frozen=True)
class Edit:
    """One edge added (sign +1) or removed (sign -1), and who did it (a method's name or "hand").

    Nodes are kept with ``u < v``.

    Raises:
        TypeError: a sign or node is no int, or ``by`` is no str.
        ValueError: the sign is neither +1 nor -1, a node is negative, or ``u == v``.
    """

    sign: int
    u: int
    v: int
    by: str = "hand"

    def __post_init__(self):
        for name in ("sign", "u", "v"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an int, got {value!r}")
        if not isinstance(self.by, str):
            raise TypeError(f"by must be a str, got {self.by!r}")
        if self.sign not in (1, -1):
            raise ValueError(f"sign must be +1 (add) or -1 (remove), got {self.sign}")
        if self.u == self.v or min(self.u, self.v) < 0:
            raise ValueError(f"an edge joins two different nodes, got {self.u} and {self.v}")
        low, high = min(self.u, self.v), max(self.u, self.v)
        object.__setattr__(self, "u", low)
        object.__setattr__(self, "v", high)


class _Node:
    """A place in the tree of all tapes: ``edit`` leads here from ``parent``."""

    __slots__ = ("edit", "hidden", "next", "parent", "undone")

    def __init__(self, edit: Edit | None, parent: "_Node | None"):
        self.edit = edit
        self.parent = parent
        self.next: _Node | None = None  # the tail that is shown from here on
        self.hidden: _Node | None = None  # the tail of the parent that this edit displaced
        self.undone: _Node | None = None  # where redo leads from here


class Tape:
    """A base graph, a line of edits, and how many of them are in force (``position``).

    - ``do`` and ``extend`` put edits at the position and move behind them; what came after the
      position is hidden, not lost.
    - ``undo`` steps back over one edit; if that edit had hidden a tail, the tail is shown again.
      ``redo`` is its exact inverse.
    - Setting ``position`` moves along the shown line and changes nothing else.
    - ``reset`` goes back to the base graph and hides all edits; ``redo`` shows them again.

    Self-loops and repeats of the base graph stay as ``apply_edits`` documents. Weights are no part
    of a tape.

    Raises:
        ValueError: the base graph is directed (the message names ``to_undirected``), or an edit is
            impossible where it stands.
    """

    def __init__(self, edge_index: EdgeIndex, num_nodes: int, edits: Iterable[Edit] = ()):
        graph = undirected_edges(edge_index, num_nodes)
        self.base = edge_index
        self.num_nodes = num_nodes
        self._source, self._target = graph.source.cpu().numpy(), graph.target.cpu().numpy()
        self._base_keys = frozenset((self._source * max(num_nodes, 1) + self._target).tolist())
        self._root = _Node(None, None)
        self._current = self._root
        self._position = 0
        self.extend(edits)

    def __len__(self) -> int:
        return sum(1 for _ in self._line())

    def __repr__(self) -> str:
        edges = self._source.size
        return (
            f"Tape(num_nodes={self.num_nodes}, base_edges={edges}, edits={len(self)}, "
            f"position={self._position})"
        )

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Every edit of the line that is shown, those behind the position included."""
        return tuple(node.edit for node in self._line())

    @property
    def position(self) -> int:
        """How many edits are in force, 0 to ``len(tape)``. Can be set."""
        return self._position

    @position.setter
    def position(self, position: int) -> None:
        if isinstance(position, bool) or not isinstance(position, (int, np.integer)):
            raise TypeError(f"position must be an int, got {position!r}")
        if not 0 <= position <= len(self):
            raise ValueError(f"position must be 0 to {len(self)} (edits on the tape): {position}")
        node = self._root
        for _ in range(position):
            node = node.next
        self._current, self._position = node, int(position)

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to step back over."""
        return self._current.parent is not None

    @property
    def can_redo(self) -> bool:
        """Whether ``redo`` would do anything."""
        return (self._current.undone or self._current.next) is not None

    def rows(self) -> Int64[Tensor, "3 edits"]:
        """The shown edits as columns (sign, u, v), the form that ``profile`` takes."""
        rows = [(edit.sign, edit.u, edit.v) for edit in self.edits]
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3).T

    def has_edge(self, u: int, v: int) -> bool:
        """Whether the edge is there at the position."""
        key = min(u, v) * max(self.num_nodes, 1) + max(u, v)
        return (key in self._base_keys) != (key in self._toggled())

    def do(self, edit: Edit) -> None:
        """Make one edit at the position and step behind it.

        Raises:
            ValueError: it adds an edge that exists, removes one that does not, or names a node out
                of range. The tape is then as before.
        """
        self.extend([edit])

    def extend(self, edits: Iterable[Edit]) -> None:
        """Make several edits at the position, in order, and step behind the last.

        Raises:
            ValueError: as ``do``; the message counts edits from 0. The tape is then as before.
        """
        edits = list(edits)
        toggled = self._toggled()
        for at, edit in enumerate(edits):
            which = f"edit {at}: " if len(edits) > 1 else ""
            if not isinstance(edit, Edit):
                raise TypeError(f"{which}a tape takes Edit(sign, u, v, by), got {edit!r}")
            if edit.v >= self.num_nodes:
                raise ValueError(
                    f"{which}node {edit.v} does not exist; nodes are 0 to {self.num_nodes - 1}"
                )
            key = edit.u * self.num_nodes + edit.v
            there = (key in self._base_keys) != (key in toggled)
            if there == (edit.sign > 0):
                raise ValueError(
                    f"{which}cannot {'add' if there else 'remove'} the edge ({edit.u}, {edit.v}): "
                    f"it is {'already' if there else 'not'} there at this position"
                )
            toggled ^= {key}
        for edit in edits:
            node = _Node(edit, self._current)
            node.hidden = self._current.next
            self._current.next = node
            self._current.undone = None
            self._current = node
        self._position += len(edits)

    def undo(self) -> Edit | None:
        """Step back over one edit and return it; None at the beginning."""
        node = self._current
        if node.parent is None:
            return None
        if node.hidden is not None:
            node.parent.next = node.hidden
        node.parent.undone = node
        self._current = node.parent
        self._position -= 1
        return node.edit

    def redo(self) -> Edit | None:
        """Step forward over the edit that was undone here last, or over the next one shown.

        Returns:
            The edit, or None where there is nothing ahead.
        """
        node = self._current.undone or self._current.next
        if node is None:
            return None
        self._current.next = node
        self._current.undone = None
        self._current = node
        self._position += 1
        return node.edit

    def reset(self) -> None:
        """Go back to the base graph and hide every edit; ``redo`` shows them again."""
        root = self._root
        root.undone = root.next or root.undone
        root.next = None
        self._current, self._position = root, 0

    def edge_index(self, position: int | None = None) -> Int64[Tensor, "2 edges"]:
        """The graph after ``position`` edits (default: where the tape stands).

        Kept columns of the base graph come first, then both directions of new edges, as
        ``apply_edits`` orders them.

        Raises:
            ValueError: ``position`` is not 0 to ``len(tape)``.
        """
        position = self._position if position is None else position
        if not 0 <= position <= len(self):
            raise ValueError(f"position must be 0 to {len(self)} (edits on the tape): {position}")
        return apply_edits(self.base, self.num_nodes, self.rows()[:, :position]).edge_index

    def spans(self) -> Int32[Tensor, "spans 4"]:
        """When each edge is there: rows (u, v, start, end), present at start <= position < end.

        Edges of the base graph start at 0; an edge that is never removed ends at 2**31 - 1. An
        edge that comes back has several rows. This is all a canvas needs to draw any position.
        """
        spans = np.empty((self._source.size, 4), dtype=np.int64)
        spans[:, 0], spans[:, 1], spans[:, 2], spans[:, 3] = self._source, self._target, 0, FOREVER
        later: list[list[int]] = []
        opened: dict[tuple[int, int], list[int]] = {}
        for at, edit in enumerate(self.edits, start=1):
            pair = (edit.u, edit.v)
            if edit.sign > 0:
                opened[pair] = [*pair, at, FOREVER]
                later.append(opened[pair])
            elif pair in opened:
                opened.pop(pair)[3] = at
            else:
                # The base graph is sorted by (u, v).
                lo, hi = np.searchsorted(self._source, [edit.u, edit.u + 1])
                spans[lo + np.searchsorted(self._target[lo:hi], edit.v), 3] = at
        return torch.from_numpy(
            np.concatenate([spans, np.array(later, dtype=np.int64).reshape(-1, 4)]).astype(np.int32)
        )

    def to_json(self) -> str:
        """The tape as JSON text, see ``tape_file``."""
        from workbench.rewiring.tape_file import tape_to_json

        return tape_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Tape":
        """The tape that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such tape; the message names the entry at fault.
        """
        from workbench.rewiring.tape_file import tape_from_json

        return tape_from_json(text)

    def save(self, path: str | Path) -> None:
        """Write the tape to a file, whole or not at all."""
        from workbench.rewiring.tape_file import save_tape

        save_tape(self, path)

    @classmethod
    def load(cls, path: str | Path) -> "Tape":
        """The tape in a file that ``save`` wrote.

        Raises:
            ValueError: the file holds no such tape; the message names the file and the entry.
        """
        from workbench.rewiring.tape_file import load_tape

        return load_tape(path)

    def _line(self) -> Iterator[_Node]:
        node = self._root.next
        while node is not None:
            yield node
            node = node.next

    def _toggled(self) -> set[int]:
        """Keys of the edges that are there at the position but not in the base, or the reverse."""
        toggled: set[int] = set()
        node = self._current
        while node.parent is not None:
            toggled ^= {node.edit.u * self.num_nodes + node.edit.v}
            node = node.parent
        return toggled
