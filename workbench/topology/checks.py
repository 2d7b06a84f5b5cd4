"""Whether an edge list is one: types, shapes, ranges, conductances."""

from operator import index

import torch
from jaxtyping import Float64
from torch import Tensor


def check_num_nodes(num_nodes: object) -> None:
    """Raise if ``num_nodes`` is no number of nodes.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is negative.
    """
    try:
        index(num_nodes)
    except TypeError:
        raise TypeError(
            f"num_nodes must be an integer, got {num_nodes!r} ({type(num_nodes).__name__}); "
            "a Data object has it as num_nodes"
        ) from None
    if num_nodes < 0:
        raise ValueError(f"num_nodes must not be negative, got {num_nodes}")


def check_edge_index(edge_index: Tensor, num_nodes: int, *, name: str = "edge_index") -> None:
    """Raise if ``edge_index`` is no edge list of a graph with ``num_nodes`` nodes.

    The message calls it ``name``.

    Raises:
        TypeError: ``edge_index`` is not an int64 tensor, or ``num_nodes`` not an integer.
        ValueError: its shape is not ``[2, edges]``, or an entry is outside ``0 .. num_nodes - 1``.
    """
    _check_columns(name, "edges", edge_index, num_nodes)


def check_pairs(pairs: Tensor, num_nodes: int) -> None:
    """Raise if ``pairs`` is no list of pairs of nodes, one a column.

    Raises:
        TypeError: ``pairs`` is not an int64 tensor, or ``num_nodes`` not an integer.
        ValueError: its shape is not ``[2, pairs]``, or an entry is outside ``0 .. num_nodes - 1``.
    """
    _check_columns("pairs", "pairs", pairs, num_nodes)


def check_edge_weight(
    edge_weight: Tensor,
    edge_index: Tensor,
    *,
    name: str = "edge_weight",
    of: str = "edge_index",
) -> Float64[Tensor, " edges"]:
    """The conductances as float64 on the device of ``edge_index``, one for each of its columns.

    The message calls the two ``name`` and ``of``.

    Raises:
        TypeError: ``edge_weight`` is not a tensor of real numbers.
        ValueError: its shape is not ``[edges]``, or a conductance is negative or not finite.
    """
    if not isinstance(edge_weight, Tensor):
        came = type(edge_weight).__name__
        raise TypeError(
            f"{name} must be a tensor of real numbers, got {came}; {_AS_TENSOR.format(name=name)}"
        )
    if edge_weight.is_complex():
        raise TypeError(
            f"{name} must be a tensor of real numbers, got {edge_weight.dtype}; use {name}.abs()"
        )
    count, came = edge_index.size(1), list(edge_weight.shape)
    if came != [count]:
        if sorted(came) == sorted([1, count]):
            advice = f"use {name}.squeeze({-1 if came[-1] == 1 else 0})"
        elif not came:
            advice = f"for one weight on all use {name}.expand({count})"
        elif 2 * edge_weight.numel() == count:
            advice = "an edge has its weight in both of its columns, one for each direction"
        else:
            advice = "give each column its own"
        raise ValueError(
            f"{name} must have shape [{count}], a conductance for each of the {count} columns of "
            f"{of}, got {came}; {advice}"
        )
    weight = edge_weight.detach().to(edge_index.device, torch.float64)
    low, high = (float(end) for end in torch.aminmax(weight)) if count else (0.0, 0.0)
    if not 0.0 <= low <= high < float("inf"):  # with a nan both are nan
        at = int((~torch.isfinite(weight) | (weight < 0)).nonzero()[0])
        raise ValueError(
            f"{name} holds conductances, finite and not negative; got {float(weight[at])} for the "
            f"edge from {int(edge_index[0, at])} to {int(edge_index[1, at])} (column {at}); leave "
            "the edge out, or give it its strength"
        )
    return weight


#: What to do with a list or an array.
_AS_TENSOR = "use torch.as_tensor({name})"


def _check_columns(name: str, what: str, value: object, num_nodes: object) -> None:
    check_num_nodes(num_nodes)
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be an int64 tensor [2, {what}], got {type(value).__name__}; "
            + _AS_TENSOR.format(name=name)
        )
    if value.dtype != torch.int64:
        raise TypeError(f"{name} must be an int64 tensor, got {value.dtype}; use {name}.long()")
    if value.dim() != 2 or value.size(0) != 2:
        turned = value.dim() == 2 and value.size(1) == 2
        advice = f"use {name}.T" if turned else "for a list of pairs use torch.tensor(pairs).T"
        raise ValueError(f"{name} must have shape [2, {what}], got {list(value.shape)}; {advice}")
    if value.numel() == 0:
        return
    low, high = (int(end) for end in torch.aminmax(value))
    if low < 0 or high >= num_nodes:
        raise ValueError(
            f"{name} holds nodes {low} to {high}, outside 0 to {num_nodes - 1} "
            f"(num_nodes={num_nodes}); give the right num_nodes or relabel the nodes"
        )
