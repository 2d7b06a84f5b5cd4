"""Norms of the blocks of a Jacobian, one output node at a time, by backward passes side by side.

What was measured, for a six-layer GCN of width 32 on random graphs of average degree 6, in
seconds for the whole on a quiet machine of four cores:

    nodes                                        34      100     300     1000
    row by row, 1 thread                         0.7     2.4     9.8     70
    batches of up to 32,768 entries, 1 thread    0.3     1.8     9.5     74
    the same on 4 threads (what is done here)    0.14    0.6     3.8     29

A batch of whole copies of the graph is no faster, and wrong for a model that looks at the graph
as a whole.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.diagnostics.cost import Stopped

#: Rows of the Jacobian share a backward pass while they have at most this many entries together;
#: beyond, a batch no longer fits the cache and is slower than its rows one by one.
_BATCH_ENTRIES = 32_768

#: Singular values are taken of so many entries of the Jacobian at a time.
_SPECTRAL_ENTRIES = 4_000_000


class JacobianRows:
    """Norms of the blocks ``d output[v] / d start[u]`` for every u and chosen v.

    Args:
        output: ``[nodes, outputs]``, computed from ``start`` with gradients on.
        start: ``[nodes, channels]``, a leaf that requires a gradient.
    """

    def __init__(self, output: Tensor, start: Tensor):
        self.output, self.start = output, start
        self.batch = max(1, min(_BATCH_ENTRIES // max(output.numel(), start.numel()), 32))
        if self.batch > 1 and not self._can_batch():
            self.batch = 1

    def norms(
        self, nodes: list[int], norm: str, should_stop: Callable[[], bool] | None
    ) -> Iterator[tuple[int, Float64[Tensor, " nodes"]]]:
        """(place in ``nodes``, norms of that row of blocks), in the order in which they are done.

        On the CPU as many threads as torch may use, each with passes of its own. Their operations
        are too small to be shared out themselves.
        """
        before = torch.get_num_threads()
        workers = before if self.start.device.type == "cpu" else 1
        alone = (torch.set_num_threads, (1,)) if workers > 1 else (None, ())
        abandon, left, running = threading.Event(), iter(enumerate(nodes)), {}
        pool = ThreadPoolExecutor(workers, initializer=alone[0], initargs=alone[1])
        try:
            while True:
                while len(running) < 2 * workers and (item := next(left, None)) is not None:
                    running[pool.submit(self._node, item[1], norm, abandon)] = item[0]
                if not running:
                    return
                if should_stop is not None and should_stop():
                    raise Stopped("sensitivity was asked to stop")
                for done in wait(running, timeout=0.05, return_when=FIRST_COMPLETED).done:
                    yield running.pop(done), done.result()
        finally:
            abandon.set()
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(before)  # new threads take the number that was set last

    def _node(self, node: int, norm: str, abandon: threading.Event) -> Float64[Tensor, " nodes"]:
        """Norms of the blocks of one output node."""
        rows = self._rows(node, abandon)
        if norm == "l1":
            return sum(block.double().abs().sum((0, 2)) for block in rows)
        if norm == "frobenius":
            return sum(block.double().square().sum((0, 2)) for block in rows).sqrt()
        block = torch.cat(list(rows)).double().transpose(0, 1)  # [nodes, outputs, channels]
        size = max(_SPECTRAL_ENTRIES // max(block[0].numel(), 1), 1)
        return torch.cat([torch.linalg.matrix_norm(part, ord=2) for part in block.split(size)])

    def _rows(self, node: int, abandon: threading.Event) -> Iterator[Tensor]:
        """Gradients ``[rows, nodes, channels]`` of the node's outputs, a few at a time."""
        width = self.output.size(1)
        for first in range(0, width, self.batch):
            if abandon.is_set():
                raise Stopped("sensitivity was asked to stop")
            count = min(self.batch, width - first)
            seeds = self.output.new_zeros(count, *self.output.shape)
            seeds[torch.arange(count), node, torch.arange(first, first + count)] = 1.0
            yield self._backward(seeds) if count > 1 else self._backward(seeds[0])[None]

    def _backward(self, seeds: Tensor) -> Tensor:
        """One pass; seeds with one axis more than the output are a batch."""
        batched = seeds.dim() > self.output.dim()
        (found,) = torch.autograd.grad(
            self.output,
            self.start,
            seeds,
            retain_graph=True,
            allow_unused=True,
            is_grads_batched=batched,
        )
        if found is None:  # the model ignores x: there is no gradient at all
            return self.start.new_zeros(*seeds.shape[: int(batched)], *self.start.shape)
        return found

    def _can_batch(self) -> bool:
        """Whether every operation of the model has a batched form; without one a batch is slow."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self._backward(self.output.new_zeros(2, *self.output.shape))
            except RuntimeError:
                return False
        return not any("batching rule" in str(warning.message) for warning in caught)
