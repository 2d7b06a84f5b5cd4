"""A line of edits in which undo brings back what a later edit displaced."""

from collections.abc import Iterable, Iterator

from workbench.rewiring.tape.edit import Edit


class _Place:
    """A place in the tree of all lines: ``edit`` leads here from ``parent``."""

    __slots__ = ("again", "before", "edit", "hidden", "next", "parent", "undone")

    def __init__(self, edit: Edit | None, parent: "_Place | None"):
        self.edit = edit
        self.parent = parent
        self.next: _Place | None = None  # the tail that is shown from here on
        self.hidden: _Place | None = None  # the tail of the parent that this edit displaced
        self.undone: _Place | None = None  # where redo leads from here
        # at either end of a line that was put in the place of another: root, place, position there
        self.before: tuple[_Place, _Place, int] | None = None
        self.again: tuple[_Place, _Place, int] | None = None  # the line that redo leads to


class History:
    """A tree of edits, of which one line is shown, and a position on that line."""

    def __init__(self):
        self._root = self._current = _Place(None, None)
        self.position = 0

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Edit]:
        """The edits of the line that is shown, those behind the position included."""
        place = self._root.next
        while place is not None:
            yield place.edit
            place = place.next

    def in_force(self) -> Iterator[Edit]:
        """The edits up to the position, the last one first."""
        place = self._current
        while place.parent is not None:
            yield place.edit
            place = place.parent

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to step back over."""
        return (self._current.parent or self._current.before) is not None

    @property
    def can_redo(self) -> bool:
        """Whether ``redo`` would do anything."""
        place = self._current
        return (place.again or place.undone or place.next) is not None

    def put(self, edits: Iterable[Edit]) -> None:
        """Put edits at the position and step behind the last; what came after it is hidden."""
        for edit in edits:
            place = _Place(edit, self._current)
            place.hidden = self._current.next
            self._current.next = place
            self._current.undone = self._current.again = None
            self._current = place
            self.position += 1

    def replace(self, edits: Iterable[Edit]) -> None:
        """Show another line and stand at its end; undone by one ``undo``, there or at its start."""
        before = self._root, self._current, self.position
        self._root, self.position = _Place(None, None), 0
        self._current = self._root
        self.put(edits)
        self._root.before = self._current.before = before

    def move(self, position: int) -> None:
        """Go to a position of the line that is shown, 0 to ``len(self)``."""
        place = self._root
        for _ in range(position):
            place = place.next
        self._current, self.position = place, position

    def undo(self) -> Edit | None:
        """Step back over one edit and return it; None at the beginning, and for a whole line."""
        place = self._current
        if place.before is not None:
            now = self._root, place, self.position
            self._root, self._current, self.position = place.before
            self._current.again, self._current.undone = now, None
            return None
        if place.parent is None:
            return None
        if place.hidden is not None:
            place.parent.next = place.hidden
        place.parent.undone, place.parent.again = place, None
        self._current = place.parent
        self.position -= 1
        return place.edit

    def redo(self) -> Edit | None:
        """Step over the edit that was undone here last, or over the next one.

        None at the end, and where a whole line comes back.
        """
        if self._current.again is not None:
            self._root, self._current, self.position = self._current.again
            return None
        place = self._current.undone or self._current.next
        if place is None:
            return None
        self._current.next = place
        self._current.undone = None
        self._current = place
        self.position += 1
        return place.edit

    def reset(self) -> None:
        """Go back to the beginning and hide every edit; ``redo`` shows them again."""
        root = self._root
        root.undone = root.next or root.undone
        root.next = None
        self._current, self.position = root, 0
