"""Influence by hop of many nodes, by backward passes that nodes far apart share."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from scipy.special import stdtrit
from torch import Tensor, nn

from workbench.diagnostics.sensitivity.compression import owners, shared_passes
from workbench.diagnostics.sensitivity.differentiation import differentiate
from workbench.diagnostics.sensitivity.jacobian_rows import JacobianRows, entry_norm, side_by_side
from workbench.diagnostics.sensitivity.watch import Watch
from workbench.topology.search import both_ways, in_neighbors

#: Influence from where none should come counts as rounding below this share of the largest.
ROUNDING = 1e-6

#: So many nodes, and classes of them, are asked whether the stated number of layers is true.
ASKED = 4


class Question(NamedTuple):
    """What is asked: arguments of ``influence_by_hop``; ``rows`` are different nodes, ascending."""

    model: nn.Module
    x: Tensor
    edge_index: Tensor
    inputs: Mapping[str, Any]
    rows: Tensor
    hops: int
    norm: str
    num_layers: int | None
    readout: Callable[[Any], Tensor] | None = None

    def derivatives(
        self, x: Tensor, edge_index: Tensor, inputs: Mapping[str, Any]
    ) -> tuple[Tensor, Tensor, bool]:
        """What ``differentiate`` gives, of the model on a graph or a piece of it."""
        return differentiate(self.model, x, edge_index, inputs, self.readout, rows="nodes")


class Budget(NamedTuple):
    """How the work is done: the time it may take, and the output channels that it looks at."""

    watch: Watch
    should_stop: Callable[[], bool] | None
    num_probes: int | None
    generator: torch.Generator | None

    def channels(self, classes: int, width: int) -> Tensor | None:
        """``[classes, probes]``, for each class different ones; None for all."""
        if self.num_probes is None or self.num_probes >= width:
            return None
        noise = torch.rand(classes, width, generator=self.random(), device=self.random().device)
        return noise.argsort(1)[:, : self.num_probes].cpu()

    def signs(self, *shape: int) -> Tensor:
        """Random +1 and -1."""
        random = self.random()
        return torch.randint(0, 2, shape, generator=random, device=random.device).cpu() * 2.0 - 1.0

    def random(self) -> torch.Generator:
        """The caller's random source, or a fixed one."""
        return self.generator or torch.Generator().manual_seed(0)


@dataclass
class Tally:
    """The answer as it grows: sums by hop, the last column for what is beyond, and ranges.

    ``freedom`` sums what Welch and Satterthwaite's degrees of freedom of ``mean_variance`` need.
    """

    total: Tensor
    range: Tensor
    range_error: Tensor
    mean_variance: Tensor
    freedom: Tensor

    @classmethod
    def empty(cls, question: Question) -> "Tally":
        """Nothing influences anything yet."""
        rows, device = question.rows.numel(), question.x.device
        numbers = {"dtype": torch.float64, "device": device}
        total = torch.zeros(rows, question.hops + 2, **numbers)
        unknown = torch.full((rows,), torch.nan, **numbers)
        zero = torch.zeros((), **numbers)
        return cls(total, unknown, torch.zeros(rows, **numbers), zero, zero.clone())

    def add(self, rows: Tensor, passes: Tensor, width: int) -> None:
        """Enter ``[passes, rows, hops + 2]``, one pass for the whole or a sample of ``width``."""
        rows, count = rows.to(self.total.device), passes.size(0)
        exact = count == 1
        self.total[rows] = passes.sum(0) * (1 if exact else width / count)
        inner = passes[..., :-1]
        hop = torch.arange(inner.size(2), device=inner.device, dtype=inner.dtype)
        all_hops = inner.sum((0, 2))
        self.range[rows] = ranges = (inner.sum(0) * hop).sum(1) / all_hops
        if exact:
            return
        # the ratio to first order: its error is that of the mean of these over the passes
        off = (inner * (hop - ranges[:, None])).sum(2) / (all_hops / count)
        off = torch.where(all_hops > 0, off, 0.0)
        share = (1 - count / width) / count
        self.range_error[rows] = (off.var(0) * share).sqrt() * _inflation(count - 1)
        variance = off.sum(1).var() * share  # rows of one pass err together
        self.mean_variance += variance
        self.freedom += variance**2 / (count - 1)

    def inflate(self) -> "Tally":
        """The same, with the variance of the mean, inflated, in place of that of the sum."""
        if self.freedom > 0:
            self.mean_variance *= _inflation(float(self.mean_variance**2 / self.freedom)) ** 2
        known = (~self.range.isnan()).sum()
        self.mean_variance /= known.clamp(min=1) ** 2
        return self


def _inflation(freedom: float) -> float:
    """Student's quantile over the normal one: so much wider is an error from a few draws.

    An error that comes from k draws is itself uncertain. Times this, twice the error covers 95 %.
    """
    return float(stdtrit(freedom, 0.975)) / 1.959964


def by_whole_graph(question: Question, budget: Budget) -> Tally:
    """Passes over the whole graph, shared by nodes of a color."""
    _, x, edge_index, inputs, rows, hops, norm, num_layers, _ = question
    start, output, alone = question.derivatives(x, edge_index, inputs)
    tally = Tally.empty(question)
    if not output.requires_grad or not output.numel() or not rows.numel():
        return tally
    jacobian, arriving = JacobianRows(output, start, alone), in_neighbors(edge_index, x.size(0))
    classes = list(torch.arange(rows.numel()).split(1))
    if num_layers is not None:
        if jacobian.linear:
            both = both_ways(*edge_index.cpu().numpy(), x.size(0))
            classes = shared_passes(both, rows, num_layers)
        asked = torch.linspace(0, rows.numel() - 1, min(ASKED, rows.numel())).long()
        looked_at = [(one, budget.signs(1, 1, output.size(1))) for one in asked.split(1)]
        # of nodes that share a pass, each half alone: nothing comes from near the other
        shared = sorted((c for c in classes if c.numel() > 1), key=len, reverse=True)[:ASKED]
        halves = [members[side::2] for members in shared for side in (0, 1)]
        looked_at += [(half, looked_at[0][1]) for half in halves]
        for place, signs in looked_at:
            _, hop = owners(arriving, rows[place], num_layers)
            check_reach(jacobian, rows[place], hop < 0, signs, num_layers)
    channels = budget.channels(len(classes), output.size(1))

    def work(place: int, abandon: threading.Event) -> Tensor:
        members = rows[classes[place]]
        owner, hop = owners(arriving, members, hops if num_layers is None else num_layers)
        nowhere = hops + 1 if num_layers is None else members.numel() * (hops + 2)
        label = torch.where(hop < 0, nowhere, owner * (hops + 2) + hop.clamp(max=hops + 1))
        probed = None if channels is None else channels[place]
        return class_totals(jacobian, members, label, probed, hops, norm, abandon)

    for place, passes in side_by_side(
        work, range(len(classes)), jacobian.workers(), budget.should_stop
    ):
        if num_layers is not None:
            refuse_leak(passes, num_layers)
        members = classes[place]
        tally.add(members, passes[:, :-1].view(len(passes), -1, hops + 2), output.size(1))
        budget.watch.done(members.numel())
    return tally.inflate()


def class_totals(
    jacobian: JacobianRows,
    members: Tensor,
    label: Tensor,
    channels: Tensor | None,
    hops: int,
    norm: str,
    abandon: threading.Event,
) -> Tensor:
    """Influence on the members of a class, summed by label: ``[passes, members (hops + 2) + 1]``.

    One pass for the whole, or one for each of the ``channels``. The last label is for influence
    that belongs to nobody.
    """
    width, device = jacobian.output.size(1), jacobian.start.device
    probes = None if channels is None else torch.eye(width)[channels][None]
    blocks = jacobian.gradients([members], probes, abandon)
    if channels is None:
        power = sum(entry_norm(block, norm).sum(0, keepdim=True) for block in blocks)
        power = power.sqrt() if norm == "frobenius" else power
    else:
        power = torch.cat([entry_norm(block, norm) for block in blocks])
    total = power.new_zeros(len(power), members.numel() * (hops + 2) + 1)
    return total.index_add_(1, label.to(device), power)


def check_reach(
    jacobian: JacobianRows, rows: Tensor, beyond: Tensor, signs: Tensor, num_layers: int
) -> None:
    """Raise if the output of a node depends on an input beyond the reach of all of them.

    Raises:
        ValueError: it does, so ``num_layers`` is not true.
    """
    size = jacobian.sizes(rows, signs).cpu()
    outside = torch.where(beyond, size, 0.0)
    if float(outside.max()) > ROUNDING * float(size.max()):
        raise ValueError(
            f"num_layers={num_layers} is not true: the output of node {_some(rows)} depends on "
            f"input {int(outside.argmax())}, which is more than {num_layers} hops away (by "
            f"{float(outside.max()):.3g}, {float(outside.max() / size.max()):.2g} of its largest). "
            "Give the number of message-passing layers of the model, or none for a model that "
            "looks at the graph as a whole"
        )


def _some(rows: Tensor) -> str:
    first = ", ".join(map(str, rows[:3].tolist()))
    return first if rows.numel() == 1 else f"{first} or another"


def refuse_leak(passes: Tensor, num_layers: int) -> None:
    """Raise if influence came from beyond the reach of every node of a class.

    Raises:
        ValueError: it did, so ``num_layers`` is not true.
    """
    leak, largest = float(passes[:, -1].max()), float(passes.max())
    if leak > ROUNDING * largest:
        raise ValueError(
            f"num_layers={num_layers} is not true: influence of {leak:.3g} (the largest sum by hop "
            f"is {largest:.3g}) comes from nodes more than {num_layers} hops from every output "
            "node of a pass. Give the number of message-passing layers of the model, or none for a "
            "model that looks at the graph as a whole"
        )
