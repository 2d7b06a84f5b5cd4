"""How strongly each node's output depends on each node's input: exact Jacobian norms of a model."""

import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from workbench.diagnostics.cost import Estimate, TooLargeError, check_size, too_large
from workbench.diagnostics.jacobian_rows import JacobianRows
from workbench.graphs.edges import check_edge_index
from workbench.typing import EdgeIndex


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
        should_stop: asked twenty times a second or more, in the calling thread; where it says
            True the call ends after the backward passes that are under way.

    Returns:
        ``[nodes, nodes]`` float64 (``[rows, nodes]`` for chosen nodes) on the device of ``x``:
        row v = output, column u = input, in units of output per unit of input. 0 where v does not
        depend on u, such as in another component or beyond the model's reach.

    The derivatives are taken in the model's own precision, and norms summed in float64. The model
    is put in evaluation mode for the call (no dropout, stored batch-norm statistics), and every
    submodule gets its mode back; so do not train it at the same time in another thread. Gradients
    of its parameters are neither used nor changed. It works inside ``torch.no_grad`` and
    ``torch.inference_mode``, and in worker threads. On the CPU the backward passes run side by side
    on as many threads as torch may use (``torch.set_num_threads``). Memory: the result, one
    forward pass, and the rows of one output node for each thread; never the whole Jacobian.

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
            rows = JacobianRows(output, start).norms(nodes.tolist(), norm, should_stop)
            began = time.perf_counter()
            for done, (place, row) in enumerate(rows, start=1):
                result[place] = row
                spent = time.perf_counter() - began
                # the first row also warms up, so it may not refuse alone
                if (done > 1 or spent > 1.0) and spent / done * shape[0] > max_seconds:
                    raise _too_long(spent / done * shape[0], shape, max_seconds)
    return result


def _too_long(seconds: float, shape: tuple[int, int], max_seconds: float) -> TooLargeError:
    why = f"more than max_seconds={max_seconds:g}"
    other = "sensitivity(..., nodes=...)"
    expected = Estimate("sensitivity", seconds, 8 * shape[0] * shape[1], False, why, other)
    return too_large(expected, shape[1])


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
