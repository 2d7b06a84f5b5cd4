"""What a rewiring declares beside its function, and what all of them check."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import torch
from jaxtyping import Float64, Int64
from torch import Tensor
from torch_geometric.data import Data

from workbench.cost import Stopped

Method = TypeVar("Method", bound=Callable[..., Any])

#: What a method takes that is no option of its own, besides what it reads of the graph.
GIVEN = frozenset({"edge_index", "num_nodes", "edge_weight", "generator", "should_stop"})


@dataclass(frozen=True)
class Ranking:
    """The edges that a method would add next, best first.

    Those whose scores are equal up to rounding (``ties.levels`` says which) stand together, in an
    order that the numbers of the nodes do not change, up to a symmetry of the graph.

    Attributes:
        pairs: one column a non-edge, ``u < v``. Fewer than asked where there are no more.
        score: what the method maximizes, in its own unit; larger is better.
    """

    pairs: Int64[Tensor, "2 pairs"]
    score: Float64[Tensor, " pairs"]

    @classmethod
    def on(cls, device: torch.device, pairs: Tensor, score: Tensor) -> "Ranking":
        """The same on a device."""
        return cls(pairs.to(device), score.to(device))


class Greedy(Protocol):
    """A method that adds edge by edge, between two of its edges."""

    def propose(self, count: int) -> Ranking:
        """The ``count`` non-edges that it would add next, each on its own; at least 0."""
        ...

    def apply(self, sign: int, u: int, v: int) -> None:
        """Add (+1) or remove (-1) an edge, whoever chose it."""
        ...


@dataclass(frozen=True)
class Declaration:
    """What a rewiring does, for whoever calls it without knowing it.

    Attributes:
        kind: ``"edits"``: a sequence of undirected edges, added or removed one by one within a
            budget ``num_edges``; ``"graph"``: another graph; ``"layers"``: one for each layer of a
            model, a ``LayeredRewired``.
        reads: the attributes of a ``Data`` that it takes, by their names.
        directed: ``"refused"``: it needs both directions of every edge; ``"used"``: it goes by the
            direction of each column.
        symmetric: whether an undirected graph stays undirected.
        weighted: ``"used"``: it takes ``edge_weight``; ``"ignored"``: weights play no role and
            stay with the edges it keeps; ``"refused"``: it has no rule for them.
        new_nodes: whether it adds nodes.
        adds, removes: of edits, whether some add an edge, and whether some remove one.
        scored: of edits, whether they maximize something; otherwise they are drawn, and by the
            numbers of the nodes.
        greedy: makes the ``Greedy`` of a method that adds edge by edge, called as the method
            itself with what of its options bears on the choice: ``greedy(edge_index, num_nodes)``.
        greedy_nodes: up to how many nodes it answers while a hand waits.
    """

    kind: Literal["edits", "graph", "layers"]
    reads: tuple[str, ...] = ()
    directed: Literal["refused", "used"] = "refused"
    symmetric: bool = True
    weighted: Literal["used", "ignored", "refused"] = "ignored"
    new_nodes: bool = False
    adds: bool = True
    removes: bool = False
    scored: bool = True
    greedy: Callable[..., Greedy] | None = None
    greedy_nodes: float = math.inf


def rewiring(kind: Literal["edits", "graph", "layers"], **declared: Any) -> Callable:
    """Declare a function a rewiring: it carries a ``Declaration`` as ``declaration``.

    Raises:
        TypeError: a word that ``Declaration`` does not have.
    """
    declaration = Declaration(kind, **declared)

    def declare(method: Method) -> Method:
        method.declaration = declaration
        return method

    return declare


def declaration_of(method: Callable[..., Any]) -> Declaration:
    """What a method declares; of a function that declares nothing, that it makes plain edits."""
    return getattr(method, "declaration", Declaration("edits"))


def taken_from(
    data: Data, method: Callable[..., Any], *, weights: bool = True
) -> dict[str, Tensor]:
    """The arguments that a method takes from a graph beside its edges, by their names.

    Without ``weights`` every edge has conductance 1, as the tape and its numbers count.

    Raises:
        ValueError: the graph lacks what the method reads, or has weights that it refuses.
    """
    declared = declaration_of(method)
    for name in declared.reads:
        if data.get(name) is None:
            there = ", ".join(key for key in data.to_dict() if key != "edge_index") or "nothing"
            raise ValueError(
                f"{method.__name__} reads {' and '.join(declared.reads)} of a graph, and this one "
                f"has no {name}; beside its edges it has {there}"
            )
    found = {name: data[name] for name in declared.reads}
    weight = data.get("edge_weight") if weights else None
    if weight is not None and declared.weighted == "refused":
        raise ValueError(
            f"{method.__name__} has no rule for the weights of edges, and this graph has "
            "edge_weight; leave it out (del data.edge_weight) where it does not matter"
        )
    if weight is not None and declared.weighted == "used":
        found["edge_weight"] = weight.reshape(-1)
    return found


def check_num_edges(num_edges: int) -> None:
    """Raise if ``num_edges`` is no budget of edges.

    Raises:
        TypeError: it is not an int.
        ValueError: it is negative.
    """
    if isinstance(num_edges, bool) or not isinstance(num_edges, int):
        raise TypeError(f"num_edges must be an int, got {num_edges!r}")
    if num_edges < 0:
        raise ValueError(f"num_edges is a number of edges, at least 0; got {num_edges}")


def check_layers(num_layers: int) -> None:
    """Raise where a layered rewiring is asked for no layer.

    Raises:
        ValueError: so it is.
    """
    if num_layers < 1:
        raise ValueError(f"num_layers must be at least 1, got {num_layers}")


def check_variant(variant: str) -> None:
    """Raise if ``variant`` is neither ``"paper"`` nor ``"official"``.

    Raises:
        ValueError: it is another word.
    """
    if variant not in ("paper", "official"):
        raise ValueError(f"variant must be 'paper' or 'official', got {variant!r}")


def check_edit(sign: int, u: int, v: int, there: bool, num_nodes: int) -> None:
    """Raise if the edge (u, v), which is ``there`` or not, cannot be added (+1) or removed (-1).

    Raises:
        ValueError: another sign, a loop, a node out of range, or nothing to do.
    """
    if sign not in (1, -1) or u == v or min(u, v) < 0 or max(u, v) >= num_nodes:
        raise ValueError(
            f"an edit is +1 or -1 and two different nodes of 0 to {num_nodes - 1}; got {sign}, "
            f"{u} and {v}"
        )
    if there == (sign > 0):
        raise ValueError(
            f"cannot {'add' if there else 'remove'} the edge ({u}, {v}): it is "
            f"{'already' if there else 'not'} there"
        )


def check_stop(should_stop: Callable[[], bool] | None, name: str) -> None:
    """End the work of the method ``name`` where its caller wants it no longer.

    Raises:
        Stopped: ``should_stop`` returned True.
    """
    if should_stop is not None and should_stop():
        raise Stopped(f"{name} was asked to stop")
