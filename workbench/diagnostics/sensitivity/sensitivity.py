"""How strongly each node's output depends on each node's input: exact Jacobian norms of a model."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.sensitivity.chosen_rows import NodeChoice, chosen_rows
from workbench.diagnostics.sensitivity.differentiation import differentiate
from workbench.diagnostics.sensitivity.evaluation import evaluation_mode
from workbench.diagnostics.sensitivity.jacobian_rows import JacobianRows
from workbench.diagnostics.sensitivity.watch import Watch
from workbench.typing import EdgeIndex


@diagnostic(
    of="model",
    multigraph=True,
    # one backward pass of a six-layer GCN of width 32 for each output channel of each node
    seconds=lambda n, m: 32.0 * n * (2e-5 + 1e-7 * (n + 2.0 * m)),
    bytes=lambda n, m: 8.0 * n**2 + 8192.0 * n + 2000.0 * (n + 2 * m),
    limit=20_000,
    instead="sensitivity(..., nodes=...)",
    advice="a few chosen nodes cost one row each",
    how="for a GCN of six layers of width 32; the call measures its own model",
)
def sensitivity(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    norm: Literal["frobenius", "l1", "spectral"] = "frobenius",
    nodes: NodeChoice | None = None,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    max_seconds: float = 600.0,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, "rows nodes"]:
    """Norm of the Jacobian block of every output node with respect to every input node.

        S_vu = || d h_v / d x_u ||,   h = readout(model(x, edge_index))

    Args:
        model: any module that is called as ``model(x, edge_index, **inputs)`` and returns
            ``[nodes, channels]``, or what ``readout`` takes.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, passed to the model as it is; directed graphs, self-loops and
            repeated edges mean what the model makes of them.
        norm: ``"frobenius"`` (root of the sum of squares), ``"l1"`` (sum of absolute values, over
            input and output channels) or ``"spectral"`` (largest singular value).
        nodes: the rows of the output wanted, in this order, as an int64 tensor or a list; or a
            boolean mask of them, such as ``data.train_mask``; all if not given.
        inputs: more keyword arguments of the model: ``{"edge_weight": weight}``, ``edge_attr``,
            ``batch``, positional encodings.
        readout: from what the model returns to the ``[rows, channels]`` that are differentiated,
            for outputs that are not one row per node: ``lambda output: output[0]`` of a tuple,
            ``lambda output: output.unsqueeze(-1)`` of one number per node, ``lambda output:
            output`` of a model with one row per graph, ``lambda h: h[mask]`` for the scored nodes,
            ``lambda h: loss(h, y).view(1, 1)`` for a loss.
        max_seconds: refuse when the first rows show that the whole would take longer.
        should_stop: asked twenty times a second or more, in the calling thread; where it says
            True the call ends after the backward passes that are under way.

    Returns:
        ``[nodes, nodes]`` float64 (``[rows, nodes]`` for chosen nodes or a read-out) on the device
        of ``x``: row v = output, column u = input, in units of output per unit of input. 0 where v
        does not depend on u, such as in another component or beyond the model's reach; so a model
        that ignores its edges gives a diagonal matrix. A warning says where no gradient reaches
        ``x`` at all.

    The derivatives are taken in the model's own precision, and norms summed in float64. The model
    is put in evaluation mode for the call (no dropout, stored batch-norm statistics), a warning
    says so where that makes a difference, and every submodule gets its mode back; so do not train
    it at the same time in another thread. Gradients of its parameters are neither used nor changed.
    It works inside ``torch.no_grad`` and ``torch.inference_mode``, and in worker threads.

    One backward pass for each channel of each output row, many of them in a batch; what the model
    gathers and scatters along edges is differentiated by sparse products (``SparseBackward``). On
    the CPU batches run side by side on as many threads as torch may use
    (``torch.set_num_threads``). Memory: the result, one forward pass, and a batch of some MB for
    each thread; never the whole Jacobian.

    Raises:
        TypeError: ``x`` is not floating point, so that there is no derivative, or ``x`` or the
            model is half precision; or the model needs an argument that ``inputs`` does not hold,
            or is not called with x and edge_index; or ``nodes`` holds something else than nodes.
        ValueError: the output is not ``[nodes, channels]`` (with a read-out: not ``[rows,
            channels]``), ``norm`` is unknown, ``nodes`` names a row that does not exist, or is a
            mask of another length.
        TooLargeError: more nodes than ``LIMITS`` allows without ``nodes``, or longer than
            ``max_seconds``.
        Stopped: ``should_stop`` said so.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import sensitivity
        >>> from workbench.graphs import path
        >>> from workbench.models import GCN
        >>> edges, x = path(5).edge_index, torch.eye(5)
        >>> _ = torch.manual_seed(0)
        >>> model = GCN(5, 4, 2, num_layers=2).eval()
        >>> reach = sensitivity(model, x, edges) > 0
        >>> reach[0].tolist()  # two layers see two hops
        [True, True, True, False, False]

    References:
        Xu et al., Representation learning on graphs with jumping knowledge networks, ICML 2018,
        arXiv 1806.03536. Topping et al., ICLR 2022, arXiv 2111.14522. Di Giovanni et al., On
        over-squashing in message passing neural networks, ICML 2023, arXiv 2302.02941.
    """
    if norm not in ("frobenius", "l1", "spectral"):
        raise ValueError(f'norm must be "frobenius", "l1" or "spectral", got {norm!r}')
    if nodes is None and readout is None:
        check_size(sensitivity, x.size(0), edge_index.size(1) // 2, device=x.device)
    with evaluation_mode(model):
        start, output, alone = differentiate(model, x, edge_index, inputs, readout)
        nodes = chosen_rows(nodes, output.size(0))
        shape = (nodes.numel(), x.size(0))
        result = torch.zeros(shape, dtype=torch.float64, device=x.device)
        if output.requires_grad and output.numel():
            rows = JacobianRows(output, start, alone).norms(nodes.split(1), norm, should_stop)
            watch = Watch("sensitivity", shape[0], max_seconds, num_nodes=shape[1])
            for place, found in rows:
                result[place : place + len(found)] = found
                watch.done(len(found))
    return result
