"""How strongly each node's output depends on each node's input: exact Jacobian norms of a model."""

import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from workbench.diagnostics.cost import Estimate, Stopped, check_size, too_large
from workbench.graphs.edges import check_edge_index
from workbench.typing import EdgeIndex

#: Rows of the Jacobian go through one backward pass together while they have at most this many
#: entries. On one core, a six-layer GCN of width 32: 2 times faster than row by row at 100 nodes,
#: level at 300, and slower beyond, where a batch no longer fits the cache.
_BATCH_ENTRIES = 32_768

#: Singular values are taken of so many Jacobian blocks at a time, in entries.
_SPECTRAL_ENTRIES = 4_000_000


def sensitivity(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    norm: Literal["frobenius", "l1", "spectral"] = "frobenius",
    nodes: Int64[Tensor, " rows"] | None = None,
    inputs: Mapping[str, Any] | None = None,
    max_seconds: float = 600.0,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, "rows nodes"]:
    """Norm of the Jacobian block of every output node with respect to every input node.

        S_vu = || d h_v / d x_u ||,   h = model(x, edge_index)

    Args:
        model: any module that is called as ``model(x, edge_index, **inputs)`` and returns
            ``[nodes, channels]``.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, passed to the model as it is; directed graphs, self-loops and
            repeated edges mean what the model makes of them.
        norm: ``"frobenius"`` (root of the sum of squares), ``"l1"`` (sum of absolute values, over
            input and output channels) or ``"spectral"`` (largest singular value).
        nodes: the output nodes wanted, in this order; all if not given.
        inputs: more keyword arguments of the model, such as ``{"edge_weight": weight}``.
        max_seconds: refuse when the first rows show that the whole would take longer.
        should_stop: asked before every backward pass; where it says True the call ends.

    Returns:
        ``[nodes, nodes]`` float64 (``[rows, nodes]`` for chosen nodes) on the device of ``x``:
        row v = output, column u = input, in units of output per unit of input. 0 where v does not
        depend on u, such as in another component or beyond the model's reach.

    The derivatives are taken in the model's own precision, and norms summed in float64. The model
    is put in evaluation mode for the call (no dropout, stored batch-norm statistics), and every
    submodule gets its mode back; so do not train it at the same time in another thread. Gradients
    of its parameters are neither used nor changed. It works inside ``torch.no_grad`` and
    ``torch.inference_mode``, and in worker threads. Memory: the result, one forward pass, and the
    rows of one output node; never the whole Jacobian.

    Raises:
        TypeError: ``x`` is not floating point, so that there is no derivative.
        ValueError: the model does not return ``[nodes, channels]``, ``norm`` is unknown, or
            ``nodes`` names a node that does not exist.
        TooLargeError: more nodes than ``LIMITS`` allows without ``nodes``, or longer than
            ``max_seconds``.
        Stopped: ``should_stop`` said so.

    References:
        Xu et al., Representation learning on graphs with jumping knowledge networks, ICML 2018,
        arXiv 1806.03536. Topping et al., ICLR 2022, arXiv 2111.14522. Di Giovanni et al., On
        over-squashing in message passing neural networks, ICML 2023, arXiv 2302.02941.
    """
    _check(x, edge_index, norm)
    num_nodes = x.size(0)
    if nodes is None:
        check_size("sensitivity", num_nodes, edge_index.size(1) // 2, device=x.device)
        nodes = torch.arange(num_nodes)
    elif nodes.numel() and not 0 <= int(nodes.min()) <= int(nodes.max()) < num_nodes:
        raise ValueError(
            f"nodes holds {int(nodes.min())} to {int(nodes.max())}, outside 0 to {num_nodes - 1}"
        )
    shape = (nodes.numel(), num_nodes)
    # grad mode belongs to the thread: a caller's no_grad or inference_mode must not reach in here
    with torch.inference_mode(False), torch.enable_grad(), _evaluating(model):
        result = torch.zeros(shape, dtype=torch.float64, device=x.device)
        start = x.detach().clone().requires_grad_()
        extra = {name: _plain(value) for name, value in (inputs or {}).items()}
        output = model(start, _plain(edge_index), **extra)
        _check_output(output, num_nodes)
        if output.requires_grad and output.numel():
            rows = _Rows(output, start, should_stop)
            began = time.perf_counter()
            for place, node in enumerate(nodes.tolist()):
                result[place] = _norms(rows, node, norm)
                spent = time.perf_counter() - began
                expected = spent / (place + 1) * nodes.numel()
                # the first row also warms up, so it may not refuse alone
                if (place or spent > 1.0) and expected > max_seconds:
                    size = 8 * shape[0] * shape[1]
                    why = f"more than max_seconds={max_seconds:g}"
                    other = "sensitivity(..., nodes=...)"
                    raise too_large(
                        Estimate("sensitivity", expected, size, False, why, other), num_nodes
                    )
    return result


class _Rows:
    """Rows of the Jacobian of ``output`` with respect to ``start``, one output node at a time."""

    def __init__(self, output: Tensor, start: Tensor, should_stop: Callable[[], bool] | None):
        self.output, self.start, self.should_stop = output, start, should_stop
        self.batch = max(1, min(_BATCH_ENTRIES // max(output.numel(), start.numel()), 32))

    def of(self, node: int):
        """Gradients ``[rows, nodes, channels]`` of the node's outputs, a few channels at a time."""
        width = self.output.size(1)
        channel = 0
        while channel < width:
            if self.should_stop is not None and self.should_stop():
                raise Stopped("sensitivity was asked to stop")
            count = min(self.batch, width - channel)
            seeds = self.output.new_zeros(count, *self.output.shape)
            seeds[torch.arange(count), node, torch.arange(channel, channel + count)] = 1.0
            yield self._backward(seeds)
            channel += count

    def _backward(self, seeds: Tensor) -> Tensor:
        options = {"retain_graph": True, "allow_unused": True}
        if len(seeds) > 1:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # an operation without a batching rule is slow
                    (found,) = torch.autograd.grad(
                        self.output, self.start, seeds, is_grads_batched=True, **options
                    )
                return self._or_zeros(found, seeds)
            except RuntimeError:
                self.batch = 1  # an operation of the model cannot be batched: row by row from now
        rows = [torch.autograd.grad(self.output, self.start, seed, **options)[0] for seed in seeds]
        return torch.stack(
            [self._or_zeros(row, seeds[:1]).reshape(self.start.shape) for row in rows]
        )

    def _or_zeros(self, found: Tensor | None, seeds: Tensor) -> Tensor:
        """The model may ignore x: then there is no gradient at all."""
        return self.start.new_zeros(len(seeds), *self.start.shape) if found is None else found


def _norms(rows: _Rows, node: int, norm: str) -> Float64[Tensor, " nodes"]:
    """Norm of the Jacobian block of one output node with respect to every input node."""
    if norm == "l1":
        return sum(block.double().abs().sum((0, 2)) for block in rows.of(node))
    if norm == "frobenius":
        return sum(block.double().square().sum((0, 2)) for block in rows.of(node)).sqrt()
    block = torch.cat(list(rows.of(node))).double().transpose(0, 1)  # [nodes, outputs, inputs]
    size = max(_SPECTRAL_ENTRIES // max(block[0].numel(), 1), 1)
    return torch.cat([torch.linalg.matrix_norm(part, ord=2) for part in block.split(size)])


def _plain(value: Any) -> Any:
    """A tensor that autograd can keep, also where it was made under ``torch.inference_mode``."""
    return value.clone() if isinstance(value, Tensor) and value.is_inference() else value


@contextmanager
def _evaluating(model: nn.Module):
    """The model in evaluation mode; afterwards every submodule in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _check(x: Tensor, edge_index: Tensor, norm: str) -> None:
    if norm not in ("frobenius", "l1", "spectral"):
        raise ValueError(f'norm must be "frobenius", "l1" or "spectral", got {norm!r}')
    if not isinstance(x, Tensor) or not x.is_floating_point():
        came = getattr(x, "dtype", type(x).__name__)
        raise TypeError(
            f"x must be a floating-point tensor to have a derivative, got {came}; use x.float(), "
            "or embed integer features first and pass the embedding"
        )
    if x.dim() != 2:
        raise ValueError(f"x must have shape [nodes, channels], got {list(x.shape)}")
    check_edge_index(edge_index, x.size(0))


def _check_output(output: Any, num_nodes: int) -> None:
    if not isinstance(output, Tensor):
        raise ValueError(
            f"the model returned a {type(output).__name__}, not a tensor [nodes, channels]; wrap "
            "it in a module that returns the part to differentiate"
        )
    if output.dim() != 2 or output.size(0) != num_nodes:
        raise ValueError(
            f"the model returned shape {list(output.shape)}, not [nodes, channels] with "
            f"{num_nodes} nodes; take the node embeddings before the read-out, or unsqueeze(-1) "
            "an output of one number per node"
        )
