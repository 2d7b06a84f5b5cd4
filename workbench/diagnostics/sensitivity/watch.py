"""A limit on the time that a computation may take, kept by what its first parts took."""

import time

from workbench.cost import Estimate, too_large


class Watch:
    """Refuses to go on when what was done shows that the whole would take too long.

    Args:
        name: the function that works.
        parts: in how many parts the work is counted.
        max_seconds: what the whole may take.
        num_nodes: size of the graph, for the message.
        size: bytes of the result; of one number for each part and node if not given.
        other: what to call instead.
    """

    def __init__(
        self,
        name: str,
        parts: int,
        max_seconds: float,
        *,
        num_nodes: int,
        size: int | None = None,
        other: str | None = None,
    ):
        self.name, self.parts, self.max_seconds = name, parts, max_seconds
        self.num_nodes, self.size = num_nodes, 8 * parts * num_nodes if size is None else size
        self.other = f"{name}(..., nodes=...)" if other is None else other
        self.began, self.first, self.count = None, 0, 0

    def done(self, count: int) -> None:
        """``count`` more of the parts are done.

        Raises:
            TooLargeError: at this pace all of them would take longer than ``max_seconds``.
        """
        self.count += count
        if self.began is None:  # what was done first also warmed up, so it counts for nothing
            self.began, self.first = time.perf_counter(), self.count
            return
        spent = time.perf_counter() - self.began
        expected = spent / max(self.count - self.first, 1) * self.parts
        if expected > self.max_seconds:
            why = f"more than max_seconds={self.max_seconds:g}"
            told = (self.name, expected, self.size, False, why, self.other)
            raise too_large(Estimate(*told), self.num_nodes)
