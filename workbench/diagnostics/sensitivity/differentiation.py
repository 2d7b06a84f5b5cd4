"""A model's output as something to differentiate, and whether there is a derivative at all."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from workbench.diagnostics.sensitivity.evaluation import differentiable, output_of
from workbench.diagnostics.sensitivity.sparse_backward import record
from workbench.topology import check_edge_index


def differentiate(
    model: nn.Module,
    x: Tensor,
    edge_index: Tensor,
    inputs: Mapping[str, Any] | None,
    readout: Callable[[Any], Tensor] | None,
    *,
    rows: str = "any",
) -> tuple[Tensor, Tensor, bool]:
    """A leaf with the values of ``x``, the output computed from it, and whether passes go alone.

    They do where the model sees gradients on their way: a hook may keep one until the next, or do
    another thing to a batch than to each in it.

    Args:
        rows: ``"nodes"`` where the output must have one row for each node, ``"any"`` where a
            ``readout`` may give other rows, ``"vector"`` where the output may have any shape.

    Raises:
        TypeError, ValueError: the input or the output does not fit, as in ``sensitivity``.
    """
    start = differentiable(x)
    check_edge_index(edge_index, x.size(0))
    # a copy, because a leaf must not be changed in place, as some models do with their input
    given = edge_index, inputs, readout
    output, together = record(lambda: output_of(model, start.clone(), *given))
    if rows != "vector":
        _check_shape(output, x.size(0), rows == "nodes", readout is not None)
    if output.numel():
        warn_unless_reached(output, start)
    return start, output, not together


def warn_unless_reached(output: Tensor, start: Tensor) -> None:
    """Warn where nothing in ``output`` was computed from the leaf ``start`` with a derivative."""
    if not reaches(output, start):
        warnings.warn(
            "no gradient reaches x: every derivative is 0. If the model turns x into integers to "
            "embed them, embed first and pass the embedding as x to a module of the layers after; "
            "if it detaches x or runs its layers under torch.no_grad, leave that out",
            stacklevel=4,
        )


def reaches(output: Tensor, start: Tensor) -> bool:
    """Whether ``output`` was computed from ``start`` by operations that have a derivative."""
    if output is start:
        return True
    left = [output.grad_fn]
    seen = set(left)
    while left:
        node = left.pop()
        if node is not None and (getattr(node, "variable", None) is start or node is start.grad_fn):
            return True
        after = {other for other, _ in getattr(node, "next_functions", ())} - seen - {None}
        seen |= after
        left += after
    return False


def _check_shape(output: Tensor, num_nodes: int, only_nodes: bool, given: bool) -> None:
    """Raise unless ``output`` is a matrix, with a row for each node unless a read-out made others.

    ``only_nodes`` where no read-out may make other rows; ``given`` where there is one.
    """
    per_node = only_nodes or not given
    nodes_first = output.dim() > 0 and output.size(0) == num_nodes
    if output.dim() == 2 and (nodes_first or not per_node):
        return
    inner = "take the node embeddings before the read-out, by a module of the layers up to it"
    if nodes_first and output.dim() == 1:
        change, makes = "output.unsqueeze(-1)", "one channel of one number per node"
    elif nodes_first:
        change, makes = "output.flatten(1)", "one row per node"
    elif output.dim() == 2:
        change, makes = "output", "rows that are not nodes"
    else:
        change, makes = "output.reshape(1, -1)", "one row of anything"
    how = f"let it end with {change}" if given else f"give readout=lambda output: {change}"
    how = f"{how}, which makes {makes}"
    if not nodes_first and per_node:
        how = inner if only_nodes else f"{how}, or {inner}"
    wanted = f"[nodes, channels] with {num_nodes} nodes" if per_node else "[rows, channels]"
    giver = "readout" if given else "the model"
    raise ValueError(f"{giver} returned shape {list(output.shape)}, not {wanted}; {how}")
