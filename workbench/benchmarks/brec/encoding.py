"""Encodings of nodes, ``(edge_index, num_nodes) -> [nodes, channels]``, as BREC takes them."""

import functools
import inspect
from collections.abc import Callable

import torch
from torch import Tensor

#: (edge_index, num_nodes) -> [nodes, channels].
Encoding = Callable[[Tensor, int], Tensor]


def encodes(method: object) -> bool | None:
    """Whether a callable takes a graph; False where it makes a model, None if it does neither.

    What can be called without arguments, and every class that needs none, makes a model. Options
    that have defaults and those that a ``functools.partial`` holds do not count.
    """
    try:
        signature = inspect.signature(method)
    except TypeError:
        return None
    except ValueError:  # written in C, without a signature
        return False
    for arguments, answer in (((), False), ((None, None), True)):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return None if answer and isinstance(method, type) else answer
    return None


def method_name(method: Callable, otherwise: str) -> str:
    """Name of a function, with the arguments that a ``functools.partial`` holds."""
    if not isinstance(method, functools.partial):
        return getattr(method, "__name__", otherwise)
    held = [
        *map(repr, method.args),
        *(f"{key}={value!r}" for key, value in method.keywords.items()),
    ]
    return f"{method_name(method.func, otherwise)}({', '.join(held)})"


def rows_of(encoding: Encoding, edge_index: Tensor, num_nodes: int, *, of: str = "") -> Tensor:
    """What an encoding gives for one graph, ``[nodes, channels]``, checked.

    Args:
        encoding: the function.
        edge_index, num_nodes: the graph.
        of: which graph it is, for messages.

    Raises:
        TypeError: it is no tensor of real numbers.
        ValueError: it has no row for each node, or no channel, or holds nan.
    """
    rows, name = encoding(edge_index, num_nodes), method_name(encoding, "the encoding")
    where = f" of {of}" * bool(of)
    if not isinstance(rows, Tensor) or rows.is_complex():
        kind = rows.dtype if isinstance(rows, Tensor) else f"a {type(rows).__name__}"
        raise TypeError(
            f"{name} gave {kind} for the {num_nodes} nodes{where}; an encoding gives a real torch "
            "tensor, [nodes, channels] (torch.as_tensor makes one of an array)"
        )
    if not rows.dim() or rows.size(0) != num_nodes or 0 in rows.shape[1:]:
        raise ValueError(
            f"{name} gave the shape {list(rows.shape)} for the {num_nodes} nodes{where}; an "
            f"encoding gives a row for each node, [{num_nodes}, channels]"
        )
    rows = rows.flatten(1) if rows.dim() > 1 else rows[:, None]
    if bool(rows.isnan().any()):
        raise ValueError(
            f"{name} gave nan for {int(rows.isnan().any(1).sum())} of the "
            f"{num_nodes} nodes{where}; nan is no color, give a number for every node"
        )
    return rows


def relabel_edges(
    edge_index: Tensor, num_nodes: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(new number of each node, edges), in a random order; edges sorted, as a file holds them."""
    order = torch.randperm(num_nodes, generator=generator).to(edge_index.device)
    moved = order[edge_index]
    return order, moved[:, torch.argsort(moved[0] * num_nodes + moved[1])]
