"""A compiled loop that lets go of the interpreter lock, in slices on torch's threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

#: Loops of fewer turns than this are not worth a thread.
_SMALLEST = 2_000


def in_slices(kernel: Callable, size: int, *arguments: object, out: np.ndarray) -> None:
    """Call ``kernel(*arguments, low, high, out)`` for slices that cover ``range(size)``.

    Slices run side by side on ``torch.get_num_threads()`` threads; the kernel writes each to its
    own part of ``out``, so that the result does not depend on their number.
    """
    workers = max(1, min(torch.get_num_threads(), size // _SMALLEST))
    if workers == 1:
        kernel(*arguments, 0, size, out)
        return
    edges = np.linspace(0, size, workers + 1).astype(np.int64)
    with ThreadPoolExecutor(workers) as pool:
        ends = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        for done in [pool.submit(kernel, *arguments, low, high, out) for low, high in ends]:
            done.result()
