"""When each edge is there along a list of edits: all that a canvas needs to draw any position."""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Int32
from torch import Tensor

from workbench.rewiring.tape.edit import Edit

#: The end of a span that never ends.
FOREVER = 2**31 - 1


def spans(
    source: np.ndarray, target: np.ndarray, edits: Iterable[Edit]
) -> Int32[Tensor, "spans 4"]:
    """Rows (u, v, start, end) of every edge, present at start <= position < end.

    Edges of the base graph start at 0; an edge that is never removed ends at 2**31 - 1. An edge
    that comes back has several rows.

    Args:
        source, target: the ends of the base graph's edges, ``[edges]`` each, sorted by (u, v).
        edits: what happens at positions 1, 2, ...; possible where they stand.
    """
    base = np.empty((source.size, 4), dtype=np.int64)
    base[:, 0], base[:, 1], base[:, 2], base[:, 3] = source, target, 0, FOREVER
    later: list[list[int]] = []
    opened: dict[tuple[int, int], list[int]] = {}
    for at, edit in enumerate(edits, start=1):
        pair = (edit.u, edit.v)
        if edit.sign > 0:
            opened[pair] = [*pair, at, FOREVER]
            later.append(opened[pair])
        elif pair in opened:
            opened.pop(pair)[3] = at
        else:
            low, high = np.searchsorted(source, [edit.u, edit.u + 1])
            base[low + np.searchsorted(target[low:high], edit.v), 3] = at
    rows = np.concatenate([base, np.array(later, dtype=np.int64).reshape(-1, 4)])
    return torch.from_numpy(rows.astype(np.int32))
