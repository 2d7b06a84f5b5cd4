"""Influence by hop of many nodes, on unions of the balls around them."""

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, no_type_check

import numpy as np
import torch
from numba import njit
from torch import Tensor

from workbench.diagnostics.sensitivity.influence_passes import (
    ASKED,
    ROUNDING,
    Budget,
    Question,
    Tally,
    class_totals,
    refuse_leak,
)
from workbench.diagnostics.sensitivity.jacobian_rows import JacobianRows, side_by_side

#: Nodes of one union: on the CPU a few channels of it fit the cache.
_PIECE_NODES = {"cpu": 4_000, "cuda": 200_000}

#: Where channels are sampled, for each piece anew, so many pieces at least, if there are as many
#: nodes: the error of the mean then comes from more than a few numbers.
_SAMPLED_PIECES = 8

#: The gradients of the pieces and of the whole may differ by this share of the largest.
_TOLERANCE = 1e-3


_ELSEWHERE = (
    "the derivatives on balls of L + 1 hops are not those on the whole graph: the model looks "
    "farther, through degrees, encodings, normalization or numbers of nodes"
)


class _Together(Exception):
    """The copies of balls in one piece, which no edge joins, hear from each other."""


class _Columns(NamedTuple):
    """Where the columns of edge_index with each source begin, their targets, and their numbers."""

    start: np.ndarray
    target: np.ndarray
    column: np.ndarray


class _Piece(NamedTuple):
    """Disjoint copies of balls: node and hop of each copy, whose ball it is in, and the edges."""

    node: Tensor
    owner: Tensor
    hop: Tensor
    edge_index: Tensor
    column: Tensor


def by_balls(question: Question, budget: Budget, *, required: bool) -> Tally | None:
    """The answer from pieces of the graph; None where that does not fit or is more work.

    Raises:
        ValueError: ``required`` and it does not fit; or ``num_layers`` is not true.
    """
    _, x, edge_index, inputs, rows, hops, norm, num_layers, _ = question
    columns = _columns(edge_index, x.size(0))
    why = _unfit(question, columns)
    if why is not None or not rows.numel():
        return _refuse(why) if required and why else None
    sizes, wide = _ball_sizes(*columns[:2], rows.numpy(), num_layers + 1)
    # coloring takes at least as many passes over all nodes as the largest ball has nodes
    if not required and sizes.sum() > 0.5 * x.size(0) * wide:
        return None
    start, output, alone = question.derivatives(x, edge_index, inputs)
    tally, width = Tally.empty(question), output.size(1)
    if not output.requires_grad or not output.numel():
        return tally
    whole = JacobianRows(output, start, alone, 1)
    if not whole.linear:
        why = (
            "a hook or a function of the model's own changes gradients in a way that is not linear"
        )
        return _refuse(why) if required else None
    most = _PIECE_NODES.get(x.device.type, 4_000)
    if budget.num_probes is not None:
        most = min(most, -(-sizes.sum() // _SAMPLED_PIECES))
    number = np.cumsum(sizes) // most
    groups = torch.arange(rows.numel()).split(np.bincount(number)[np.unique(number)].tolist())
    channels, signs = budget.channels(len(groups), width), budget.signs(rows.numel(), width)
    together, batch = torch.zeros_like(x, dtype=torch.float64), None

    def work(place: int, abandon: threading.Event) -> tuple[Tensor, Tensor, Tensor, int]:
        group = groups[place]
        piece = _cut(columns, rows[group], num_layers + 1, x.device)
        part = _part(inputs, piece, question)
        begin, result, _ = question.derivatives(x[piece.node], piece.edge_index, part)
        jacobian = JacobianRows(result, begin, alone, batch)
        centers = (piece.hop == 0).nonzero().view(-1)
        label = piece.owner * (hops + 2) + piece.hop.clamp(max=hops + 1)
        label = torch.where(piece.hop > num_layers, group.numel() * (hops + 2), label)
        if place == 0 and not _are_apart(jacobian, centers, piece, signs[group[:1]][None]):
            raise _Together
        probed = None if channels is None else channels[place]
        passes = class_totals(jacobian, centers, label, probed, hops, norm, abandon)
        combination = _combination(result, begin, centers, signs[group])
        return piece.node, combination, passes, jacobian.batch

    def enter(place: int, found: tuple[Tensor, Tensor, Tensor, int]) -> None:
        node, gradient, passes, _ = found
        refuse_leak(passes, num_layers)
        together.index_add_(0, node, gradient.double())
        group = groups[place]
        tally.add(group, passes[:, :-1].view(len(passes), -1, hops + 2), width)
        budget.watch.done(group.numel())

    def agrees(group: Tensor) -> bool:
        expected = _combination(output, start, rows[group], signs[group]).double()
        bound = _TOLERANCE * expected.abs().amax(0)
        return bool(((together - expected).abs() <= bound).all())

    try:
        first = work(0, threading.Event())
    except _Together:
        return _refuse(_ELSEWHERE) if required else None
    except (RuntimeError, ValueError, IndexError):
        if required:
            raise
        return None  # the model or its read-out holds something for each node of the whole graph
    enter(0, first)
    batch = first[3]
    good = agrees(groups[0])
    if good:
        rest = range(1, len(groups))
        for place, found in side_by_side(work, rest, whole.workers(), budget.should_stop):
            enter(place, found)
        good = agrees(torch.arange(rows.numel()))
    if good:
        return tally.inflate()
    return _refuse(_ELSEWHERE) if required else None


def _refuse(why: str) -> None:
    raise ValueError(f"the graph cannot be cut: {why}; use cut=None or cut=False")


def _unfit(question: Question, columns: _Columns) -> str | None:
    """Why this question cannot be answered on pieces."""
    if question.num_layers is None:
        return "num_layers is not given"
    size, edges = question.x.size(0), question.edge_index
    forth, back = edges[0] * size + edges[1], edges[1] * size + edges[0]
    if not torch.equal(torch.unique(forth), torch.unique(back)):
        return "it is directed"
    for name, value in question.inputs.items():
        lengths = (size, edges.size(1))
        if isinstance(value, Tensor) and (lengths.count(len(value) if value.dim() else -1) != 1):
            return f"inputs[{name!r}] has not one entry for each node or for each edge"
    return None


def _are_apart(jacobian: JacobianRows, centers: Tensor, piece: _Piece, signs: Tensor) -> bool:
    """Whether no ball of a piece hears from another, as far as some halves of them show."""
    places = torch.arange(centers.numel(), device=centers.device)
    for question in range(2 * ASKED):
        half = (places >> question // 2) % 2 == question % 2
        size = jacobian.sizes(centers[half], signs)
        others = size[~half[piece.owner]]
        if others.numel() and float(others.max()) > ROUNDING * float(size.max()):
            return False
    return True


def _part(inputs: Mapping[str, Any], piece: _Piece, question: Question) -> dict[str, Any]:
    size = question.x.size(0)
    return {
        name: value[piece.node if len(value) == size else piece.column]
        if isinstance(value, Tensor)
        else value
        for name, value in inputs.items()
    }


def _combination(output: Tensor, start: Tensor, rows: Tensor, signs: Tensor) -> Tensor:
    """Gradient of ``sum_vi signs_vi output_vi``."""
    seed = torch.zeros_like(output)
    seed[rows.to(output.device)] = signs.to(output)
    (found,) = torch.autograd.grad(output, start, seed, retain_graph=True, allow_unused=True)
    return torch.zeros_like(start) if found is None else found


def _columns(edge_index: Tensor, num_nodes: int) -> _Columns:
    source, target = edge_index.cpu()
    order = torch.argsort(source, stable=True)
    count = torch.bincount(source, minlength=num_nodes)
    start = torch.cat([count.new_zeros(1), count.cumsum(0)])
    return _Columns(start.numpy(), target[order].numpy(), order.numpy())


def _cut(columns: _Columns, centers: Tensor, radius: int, device: torch.device) -> _Piece:
    arrays = _balls(*columns, centers.numpy(), radius)
    node, owner, hop, source, target, column = (torch.from_numpy(a).to(device) for a in arrays)
    return _Piece(node, owner, hop, torch.stack([source, target]), column)


@njit(cache=True, nogil=True)
@no_type_check
def _search(start, target, center, radius, local, queue, hop):
    """Nodes within ``radius`` in ``queue``, their places in ``local``, their hops; how many."""
    local[center], queue[0], hop[0] = 0, center, 0
    head, tail = 0, 1
    while head < tail and hop[head] < radius:
        u = queue[head]
        for a in range(start[u], start[u + 1]):
            v = target[a]
            if local[v] < 0:
                local[v], queue[tail], hop[tail] = tail, v, hop[head] + 1
                tail += 1
        head += 1
    return tail


@njit(cache=True, nogil=True)
@no_type_check
def _ball_sizes(start, target, centers, radius):
    """Nodes within ``radius`` of each center, and the most within ``radius - 1`` of one."""
    num_nodes = start.size - 1
    local, queue = np.full(num_nodes, -1), np.empty(num_nodes, np.int64)
    hop, sizes, most = np.empty(num_nodes, np.int64), np.empty(centers.size, np.int64), 0
    for place in range(centers.size):
        count = _search(start, target, centers[place], radius, local, queue, hop)
        sizes[place], inner = count, 0
        for i in range(count):
            local[queue[i]] = -1
            inner += hop[i] < radius
        most = max(most, inner)
    return sizes, most


@njit(cache=True, nogil=True)
@no_type_check
def _balls(start, target, column, centers, radius):
    """Node, ball and hop of each copy; source and target (as copies) and column of each edge."""
    num_nodes = start.size - 1
    local, queue = np.full(num_nodes, -1), np.empty(num_nodes, np.int64)
    hop = np.empty(num_nodes, np.int64)
    nodes, edges = 0, 0
    for keep in range(2):
        if keep:
            copies = np.empty((3, nodes), np.int64)
            ends = np.empty((3, edges), np.int64)
        nodes, edges = 0, 0
        for place in range(centers.size):
            count = _search(start, target, centers[place], radius, local, queue, hop)
            for i in range(count):
                u = queue[i]
                if keep:
                    copies[0, nodes + i], copies[1, nodes + i] = u, place
                    copies[2, nodes + i] = hop[i]
                for a in range(start[u], start[u + 1]):
                    if local[target[a]] >= 0:
                        if keep:
                            ends[0, edges], ends[1, edges] = nodes + i, nodes + local[target[a]]
                            ends[2, edges] = column[a]
                        edges += 1
            for i in range(count):
                local[queue[i]] = -1
            nodes += count
    return copies[0], copies[1], copies[2], ends[0], ends[1], ends[2]
