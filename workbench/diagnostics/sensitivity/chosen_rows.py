"""The output nodes that are asked for: all, a list of numbers, or a mask."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

#: Nodes by number, in any order and with repeats, or a mask with one truth value for each node.
NodeChoice = Int64[Tensor, " rows"] | Bool[Tensor, " places"] | Sequence[int]

_ADVICE = (
    "give int64 numbers of nodes (a tensor or a list), or a boolean mask with one entry for each"
)


def chosen_rows(nodes: Any, size: int) -> Int64[Tensor, " rows"]:
    """The rows wanted, as int64 numbers on the CPU: all if ``nodes`` is None.

    Args:
        nodes: None, a ``NodeChoice``: the true places of a mask in ascending order, and numbers in
            the order given.
        size: number of rows that there are.

    Raises:
        TypeError: neither a mask, nor an int64 tensor, nor a sequence of ints.
        ValueError: it has another shape, a mask another length, or a row does not exist.
    """
    if nodes is None:
        return torch.arange(size)
    rows = nodes.detach().cpu() if isinstance(nodes, Tensor) else _from_list(nodes)
    if rows.dtype not in (torch.bool, torch.int64):
        more = "" if rows.is_floating_point() or rows.is_complex() else "; nodes.long() makes some"
        raise TypeError(f"nodes is a tensor of {rows.dtype}; {_ADVICE}{more}")
    if rows.dim() != 1:
        raise ValueError(f"nodes has shape {list(rows.shape)}, not one axis; {_ADVICE}")
    if rows.dtype == torch.bool:
        if rows.numel() != size:
            raise ValueError(
                f"nodes is a mask of {rows.numel()} entries for {size} rows; {_ADVICE}"
            )
        return rows.nonzero().view(-1)
    if rows.numel() and not 0 <= int(rows.min()) <= int(rows.max()) < size:
        raise ValueError(
            f"nodes holds {int(rows.min())} to {int(rows.max())}, outside 0 to {size - 1}"
        )
    return rows


def _from_list(nodes: Any) -> Tensor:
    if isinstance(nodes, str) or not isinstance(nodes, Sequence):
        raise TypeError(f"nodes is {nodes!r}, of type {type(nodes).__name__}; {_ADVICE}")
    wrong = [node for node in nodes if not isinstance(node, int) or isinstance(node, bool)]
    if wrong:
        raise TypeError(
            f"nodes holds {wrong[0]!r}, of type {type(wrong[0]).__name__}; {_ADVICE}, made by "
            "torch.tensor(...)"
        )
    return torch.tensor(list(nodes), dtype=torch.int64)
