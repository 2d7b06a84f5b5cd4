"""What numba compiles of ours: whoever waits for it is told so, once.

A kernel is compiled at its first call, for some seconds, and kept on the disk for all later ones.
Numba broadcasts an event where it really compiles, and none where a kernel is in memory or comes
from the disk; this listens.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core import event as events

#: Said by the logger ``workbench``, which writes to standard error unless it is set up otherwise.
MESSAGE = (
    "compiling, once: seconds for this call, a minute or two for all there is "
    "(`workbench doctor --warm-up` does it beforehand)"
)

#: What is called instead of saying ``MESSAGE``.
_hearers: list[Callable[[bool], None]] = []


class Listener(events.Listener):
    """Hears of each kernel of ours; numba compiles one at a time, and within it those it calls."""

    def __init__(self):
        self.depth, self.said = 0, False

    def on_start(self, event: events.Event) -> None:
        """Numba begins to compile."""
        if not _is_ours(event):
            return
        self.depth += 1
        if self.depth == 1:
            for hearer in tuple(_hearers):
                hearer(True)
        if not self.said and not _hearers:
            self.said = True
            logging.getLogger("workbench").warning(MESSAGE)

    def on_end(self, event: events.Event) -> None:
        """Numba has compiled."""
        if not _is_ours(event):
            return
        self.depth -= 1
        if self.depth == 0:
            for hearer in tuple(_hearers):
                hearer(False)


def _is_ours(event: events.Event) -> bool:
    return event.data["dispatcher"].py_func.__module__.startswith("workbench.")


@contextmanager
def hear_compiling(hearer: Callable[[bool], None]) -> Iterator[None]:
    """Call ``hearer(True)`` when compiling begins and ``hearer(False)`` when it ends.

    Nothing else is said of it meanwhile. It is called in the thread that compiles, whichever of the
    process that is.

    Examples:
        >>> from workbench.topology import hear_compiling
        >>> heard = []
        >>> with hear_compiling(heard.append):
        ...     _ = sum(range(10))  # nothing to compile
        >>> heard
        []
    """
    _hearers.append(hearer)
    try:
        yield
    finally:
        _hearers.remove(hearer)


events.register("numba:compile", Listener())
