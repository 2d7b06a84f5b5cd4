"""The edit tape: a graph, the edits made to it, and a position among them.

State is plain: the base graph, a line of edits, and how many of them are in force. Moving the
position changes nothing else. An edit in the middle starts a new tail, and undoing it brings the
old one back.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import overload

import numpy as np
from jaxtyping import Int32, Int64
from torch import Tensor

from workbench.rewiring.result import apply_edits
from workbench.rewiring.tape.edit import Edit, edit_rows
from workbench.rewiring.tape.history import History
from workbench.rewiring.tape.spans import spans
from workbench.rewiring.tape.tape_file import read_tape_text, tape_text, write_whole
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


class Tape:
    """A base graph, a line of edits, and how many of them are in force (``position``).

    - ``do`` and ``extend`` put edits at the position and move behind them; what came after the
      position is hidden, not lost.
    - ``undo`` steps back over one edit; if that edit had hidden a tail, the tail is shown again.
      ``redo`` is its exact inverse.
    - Setting ``position`` moves along the shown line and changes nothing else.
    - ``replace`` puts other edits in the place of all, as one command: one ``undo`` at their end
      (or beginning) brings back what was there.
    - ``reset`` goes back to the base graph and hides all edits; ``redo`` shows them again.
    - It reads as a list of its edits, those behind the position included: ``len(tape)``,
      ``tape[0]``, ``tape[:2]``, ``for edit in tape``.

    Self-loops and repeats of the base graph stay as ``apply_edits`` documents. Weights are no part
    of a tape.

    Raises:
        ValueError: the base graph is directed (the message names ``to_undirected``), or an edit is
            impossible where it stands.
    """

    def __init__(self, edge_index: EdgeIndex, num_nodes: int, edits: Iterable[Edit] = ()):
        graph = simple_graph(edge_index, num_nodes)
        self.base = edge_index
        self.num_nodes = num_nodes
        self._source, self._target = graph.ends
        self._base_keys = frozenset((self._source * max(num_nodes, 1) + self._target).tolist())
        self._history = History()
        self.extend(edits)

    def __len__(self) -> int:
        return len(self._history)

    def __iter__(self) -> Iterator[Edit]:
        return iter(self.edits)

    @overload
    def __getitem__(self, at: int) -> Edit: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Edit, ...]: ...

    def __getitem__(self, at: int | slice) -> Edit | tuple[Edit, ...]:
        return self.edits[at]

    def __repr__(self) -> str:
        edges = self._source.size
        return (
            f"Tape(num_nodes={self.num_nodes}, base_edges={edges}, edits={len(self)}, "
            f"position={self.position})"
        )

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Every edit of the line that is shown, those behind the position included."""
        return tuple(self._history)

    @property
    def position(self) -> int:
        """How many edits are in force, 0 to ``len(tape)``. Can be set."""
        return self._history.position

    @position.setter
    def position(self, position: int) -> None:
        if isinstance(position, bool) or not isinstance(position, (int, np.integer)):
            raise TypeError(f"position must be an int, got {position!r}")
        self._check(position)
        self._history.move(int(position))

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to step back over."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether ``redo`` would do anything."""
        return self._history.can_redo

    def rows(self) -> Int64[Tensor, "3 edits"]:
        """The shown edits as columns (sign, u, v), the form that ``profile`` takes."""
        return edit_rows(self.edits)

    def has_edge(self, u: int, v: int) -> bool:
        """Whether the edge is there at the position."""
        key = min(u, v) * max(self.num_nodes, 1) + max(u, v)
        return (key in self._base_keys) != (key in self._toggled_keys())

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
        toggled = self._toggled_keys()
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
        self._history.put(edits)

    def replace(self, edits: Iterable[Edit]) -> None:
        """Put edits from the beginning in the place of all, as one command, and stand at their end.

        Nothing is done where they are there already, and where there was nothing they are put as by
        ``extend``.

        Raises:
            ValueError: as ``extend``.
        """
        edits = tuple(edits)
        if edits == self.edits:
            self.position = len(edits)
        elif not (self.edits or self.can_undo or self.can_redo):
            self.extend(edits)
        else:
            Tape(self.base, self.num_nodes, edits)  # refuses what is impossible
            self._history.replace(edits)

    def undo(self) -> Edit | None:
        """Step back over one edit and return it, or back to what ``replace`` took away.

        Returns:
            The edit; None at the beginning, and after ``replace``.
        """
        return self._history.undo()

    def redo(self) -> Edit | None:
        """Step forward over the edit that was undone here last, or over the next one shown.

        Returns:
            The edit, or None if there is nothing ahead.
        """
        return self._history.redo()

    def reset(self) -> None:
        """Go back to the base graph and hide every edit; ``redo`` shows them again."""
        self._history.reset()

    def edge_index(self, position: int | None = None) -> Int64[Tensor, "2 edges"]:
        """The graph after ``position`` edits (default: where the tape stands).

        Kept columns of the base graph come first, then both directions of new edges, as
        ``apply_edits`` orders them.

        Raises:
            ValueError: ``position`` is not 0 to ``len(tape)``.
        """
        position = self.position if position is None else position
        self._check(position)
        return apply_edits(self.base, self.num_nodes, self.rows()[:, :position]).edge_index

    def spans(self) -> Int32[Tensor, "spans 4"]:
        """When each edge is there: rows (u, v, start, end), present at start <= position < end.

        This is all a canvas needs to draw any position; see ``spans``.
        """
        return spans(self._source, self._target, self.edits)

    def to_json(self) -> str:
        """The base graph, the shown edits and the position as JSON; hidden tails are left out."""
        return tape_text(self.num_nodes, self.base, self.edits, self.position)

    @classmethod
    def from_json(cls, text: str) -> "Tape":
        """The tape that ``to_json`` wrote; nothing in the text is executed.

        Raises:
            ValueError: the text is no such tape; the message names the entry at fault.
        """
        entries = read_tape_text(text)
        try:
            tape = cls(entries.edge_index, entries.num_nodes)
        except ValueError as error:
            raise ValueError(f'"edge_index": {error}') from error
        try:
            tape.extend(entries.edits)
        except ValueError as error:
            raise ValueError(f'"edits": {error}') from error
        if entries.position > len(tape):
            raise ValueError(
                f'"position" is {entries.position}, but the tape has {len(tape)} edits'
            )
        tape.position = entries.position
        return tape

    def save(self, path: str | Path) -> None:
        """Write the tape to a file, whole or not at all."""
        write_whole(self.to_json(), path)

    @classmethod
    def load(cls, path: str | Path) -> "Tape":
        """The tape in a file that ``save`` wrote.

        Raises:
            ValueError: the file holds no such tape; the message names the file and the entry.
        """
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not UTF-8 text: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def _check(self, position: int) -> None:
        if not 0 <= position <= len(self):
            raise ValueError(f"position must be 0 to {len(self)} (edits on the tape): {position}")

    def _toggled_keys(self) -> set[int]:
        """Keys of the edges that are there at the position but not in the base, or the reverse."""
        toggled: set[int] = set()
        for edit in self._history.in_force():
            toggled ^= {edit.u * self.num_nodes + edit.v}
        return toggled
