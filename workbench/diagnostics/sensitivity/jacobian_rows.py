"""Norms of the blocks of a Jacobian, some output nodes at a time, by batched backward passes.

Batches pay because ``SparseBackward`` gives gathers and scatters a batched form that is as fast as
the single one; a batch of whole copies of the graph would be wrong for a model that looks at the
graph as a whole. Times are in ``data/results/benchmarks.md``.
"""

import math
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import cached_property
from typing import TypeVar

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import Stopped

#: Backward passes share a batch while their gradients have at most this many entries together;
#: a larger batch leaves the cache.
_BATCH_ENTRIES = 600_000

#: The largest batch.
_BATCH = 64

#: Gradients that should be equal may differ by this share of the largest entry.
_TOLERANCE = 1e-4

#: Singular values are taken of so many entries of the Jacobian at a time.
_SPECTRAL_ENTRIES = 4_000_000

Answer = TypeVar("Answer")


class JacobianRows:
    """Gradients of chosen outputs with respect to ``start``, and norms of their blocks.

    Args:
        output: ``[rows, outputs]``, computed from ``start`` with gradients on.
        start: ``[nodes, channels]``, a leaf that requires a gradient.
        alone: one pass after the other, as ``differentiate`` says.
        batch: passes in a batch, where it is known what the model allows.
    """

    def __init__(
        self, output: Tensor, start: Tensor, alone: bool = False, batch: int | None = None
    ):
        self.output, self.start, self.alone = output, start, alone
        if alone or batch is not None:
            self.batch = 1 if alone else batch
            return
        entries = max(output.numel(), start.numel(), 1)
        self.batch = max(1, min(_BATCH_ENTRIES // entries, _BATCH))
        if self.batch > 1 and not self._can_batch():
            self.batch = 1

    def norms(
        self,
        classes: Sequence[Tensor],
        norm: str,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, Float64[Tensor, "classes nodes"]]]:
        """(place, norms for the classes from that place on), in the order in which they are done.

        A class is the rows of ``output`` that share their backward passes, mostly a single one:
        the norms are those of the blocks of their sum. ``norm`` is ``"l1"``, ``"frobenius"`` or
        ``"spectral"``.
        """
        together = max(self.batch // max(self.output.size(1), 1), 1)
        firsts = range(0, len(classes), together)

        def work(first: int, abandon: threading.Event) -> Tensor:
            chosen = classes[first : first + together]
            blocks = self.gradients(chosen, None, abandon)
            if norm != "spectral" or not self.start.numel():
                power = torch.cat([entry_norm(block, norm) for block in blocks])
                power = power.view(len(chosen), self.output.size(1), -1).sum(1)
                return power.sqrt() if norm == "frobenius" else power
            block = torch.cat(list(blocks)).view(len(chosen), -1, *self.start.shape)
            block = block.transpose(1, 2).flatten(0, 1).double()
            size = max(_SPECTRAL_ENTRIES // max(block[0].numel(), 1), 1)
            parts = [torch.linalg.matrix_norm(part, ord=2) for part in block.split(size)]
            return torch.cat(parts).view(len(chosen), -1)

        return side_by_side(work, firsts, self.workers(), should_stop)

    def gradients(
        self, classes: Sequence[Tensor], probes: Tensor | None, abandon: threading.Event
    ) -> Iterator[Tensor]:
        """Gradients ``[passes, nodes, channels]``, a few passes at a time; classes vary slowest.

        Args:
            classes: rows of ``output`` that share a pass.
            probes: ``[classes, probes, outputs]`` what each pass multiplies the outputs by; the
                unit vectors if not given.
            abandon: ends the work by ``Stopped`` when it is set.
        """
        width = self.output.size(1)
        each = width if probes is None else probes.size(1)
        passes = len(classes) * each
        size = math.ceil(passes / max(math.ceil(passes / self.batch), 1))  # batches of one size
        for first in range(0, passes, max(size, 1)):
            if abandon.is_set():
                raise Stopped("the computation was asked to stop")
            count = min(size, passes - first)
            seeds = self.output.new_zeros(count, *self.output.shape)
            for place in range(count):
                chosen, probe = divmod(first + place, each)
                if probes is None:
                    seeds[place, classes[chosen], probe] = 1.0
                else:
                    seeds[place, classes[chosen]] = probes[chosen, probe].to(seeds)
            yield self._backward(seeds)

    def workers(self) -> int:
        """Threads among which passes are shared out: on the CPU as many as torch may use."""
        one = self.alone or self.start.device.type != "cpu"
        return 1 if one else torch.get_num_threads()

    def sizes(self, rows: Tensor, signs: Tensor) -> Float64[Tensor, " nodes"]:
        """Sum over channels of the absolute gradient of ``signs [1, 1, outputs]`` of all rows."""
        (gradient,) = self.gradients([rows], signs, threading.Event())
        return gradient[0].abs().sum(1).double()

    def _backward(self, seeds: Tensor) -> Tensor:
        """Gradients for a batch of seeds ``[passes, rows, outputs]``."""
        if len(seeds) == 1:
            return self._one(seeds[0])[None]
        return torch.func.vmap(self._one)(seeds)

    def _one(self, seed: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(
            self.output, self.start, seed, retain_graph=True, allow_unused=True
        )
        if found is None:  # the model ignores x: there is no gradient at all
            return self.start.new_zeros(self.start.shape)
        return found

    @cached_property
    def linear(self) -> bool:
        """Whether a pass for several outputs gives the sum of their gradients.

        It does by the chain rule; but a hook or a function of the model's own may cut gradients
        short or keep the positive ones, and then every output needs a pass of its own. Minus two
        times a seed gives minus two times the gradient to the last digit, in any precision.
        """
        seed = self._seeds()[0]
        return _agree(self._one(-2.0 * seed), -2.0 * self._one(seed))

    def _can_batch(self) -> bool:
        """Whether the model's operations have a batched form, with the same result.

        Without one of its own an operation is done one by one, and a batch is slow.
        """
        seeds = self._seeds()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                batched = self._backward(seeds)
            except Exception:  # whatever it is, a single pass meets it again or can do without
                return False
        slow = any("batching rule" in str(warning.message) for warning in caught)
        return not slow and _agree(batched[0], self._one(seeds[0]))

    def _seeds(self) -> Tensor:
        """Two random combinations of the outputs."""
        random = torch.Generator().manual_seed(0)
        return torch.randn(2, *self.output.shape, generator=random).to(self.output)


def _agree(found: Tensor, expected: Tensor) -> bool:
    finite = expected[expected.isfinite()].abs()
    bound = _TOLERANCE * float(finite.max()) if finite.numel() else 0.0
    return torch.allclose(found, expected, rtol=0.0, atol=bound, equal_nan=True)


def entry_norm(block: Tensor, norm: str) -> Float64[Tensor, "passes nodes"]:
    """Sum over channels of the absolute values (``"l1"``) or squares, in float64."""
    if norm == "l1":
        return block.abs().sum(2, dtype=torch.float64)
    return torch.linalg.vector_norm(block, dim=2, dtype=torch.float64).square_()


def side_by_side(
    work: Callable[[int, threading.Event], Answer],
    items: Sequence[int],
    workers: int,
    should_stop: Callable[[], bool] | None,
) -> Iterator[tuple[int, Answer]]:
    """(item, ``work(item, abandon)``), in the order in which they are done.

    Several workers are threads, each with passes of its own, whose operations are too small to be
    shared out themselves. ``should_stop`` is asked twenty times a second or more.

    Raises:
        Stopped: ``should_stop`` said so.
    """
    before = torch.get_num_threads()
    alone = (torch.set_num_threads, (1,)) if workers > 1 else (None, ())
    abandon, left, running = threading.Event(), iter(items), {}
    pool = ThreadPoolExecutor(workers, initializer=alone[0], initargs=alone[1])
    try:
        while True:
            while len(running) < 2 * workers and (item := next(left, None)) is not None:
                running[pool.submit(work, item, abandon)] = item
            if not running:
                return
            if should_stop is not None and should_stop():
                raise Stopped("the computation was asked to stop")
            for done in wait(running, timeout=0.05, return_when=FIRST_COMPLETED).done:
                yield running.pop(done), done.result()
    finally:
        abandon.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)  # new threads take the number that was set last
