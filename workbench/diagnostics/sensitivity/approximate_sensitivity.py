"""Sensitivity of wide outputs from random probes: an unbiased estimate with its standard error."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from workbench.cost import check_count, check_size, diagnostic
from workbench.diagnostics.sensitivity.chosen_rows import NodeChoice, chosen_rows
from workbench.diagnostics.sensitivity.differentiation import differentiate
from workbench.diagnostics.sensitivity.evaluation import evaluation_mode
from workbench.diagnostics.sensitivity.jacobian_rows import JacobianRows, entry_norm, side_by_side
from workbench.diagnostics.sensitivity.watch import Watch
from workbench.typing import EdgeIndex


@dataclass(frozen=True)
class SquaredSensitivity:
    """Unbiased estimates of squared Frobenius norms, and their standard errors.

    Attributes:
        value: estimate of ``S_vu^2``; its mean over seeds is the square of ``sensitivity``.
        standard_error: of each value, from the spread of the probes; also unbiased when squared.
    """

    value: Float64[Tensor, "rows nodes"]
    standard_error: Float64[Tensor, "rows nodes"]

    @property
    def root(self) -> Float64[Tensor, "rows nodes"]:
        """Estimate of ``S_vu``, in units of ``sensitivity``; too low by about the
        relative variance of one probe / ``8 num_probes``, because a root of a mean is.
        """
        return self.value.sqrt()


@diagnostic(
    of="model",
    multigraph=True,
    # the default number of probes of the same model, whatever the width of its output
    seconds=lambda n, m: 16.0 * n * (2e-5 + 1e-7 * (n + 2.0 * m)),
    bytes=lambda n, m: 16.0 * n**2 + 8192.0 * n + 2000.0 * (n + 2 * m),
    limit=15_000,
    instead="influence_by_hop",
    advice="with num_layers=..., or a few chosen nodes, which cost one row each",
    how="for a GCN of six layers of width 32; the call measures its own model",
)
def approximate_sensitivity(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    num_probes: int = 16,
    nodes: NodeChoice | None = None,
    generator: torch.Generator | None = None,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    max_seconds: float = 600.0,
    should_stop: Callable[[], bool] | None = None,
) -> SquaredSensitivity:
    r"""Squared Frobenius norm of each Jacobian block from a few random sums of output channels.

        || J_vu ||_F^2 = E || z^T J_vu ||^2,   z_i = +1 or -1 with equal chance

    Args:
        model: called as in ``sensitivity``, as are ``x``, ``edge_index``, ``nodes``, ``inputs``,
            ``readout``, ``max_seconds`` and ``should_stop``.
        num_probes: backward passes for each output row, at least 2. Worth it where the output has
            more channels than this; with fewer, ``sensitivity`` is exact for less.
        generator: random source of the probes, which are drawn anew for each row.

    Returns:
        ``SquaredSensitivity``, float64 on the device of ``x``: ``value`` is unbiased for the
        *square* of ``sensitivity`` (not its root), entry by entry, and ``standard_error`` is the
        standard deviation of the probes over the root of their number. The truth is within three
        standard errors in at least 95 % of entries for 16 probes or more; probes of one row are
        shared by its entries, which err together. Where v does not depend on u both are exactly 0.

    Cost: ``num_probes`` backward passes for each row, whatever the width of the output.

    Raises:
        TypeError, ValueError, TooLargeError, Stopped: as in ``sensitivity``; ValueError also where
            ``num_probes`` is less than 2, or the model changes gradients on their way in another
            way than a linear one (clipping hooks).

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import approximate_sensitivity
        >>> from workbench.graphs import path
        >>> from workbench.models import GCN
        >>> edges, x = path(5).edge_index, torch.eye(5)
        >>> _ = torch.manual_seed(0)
        >>> model = GCN(5, 16, 12, num_layers=2).eval()
        >>> found = approximate_sensitivity(model, x, edges, num_probes=4)
        >>> (found.value[0] > 0).tolist()  # two layers see two hops
        [True, True, True, False, False]

    References:
        Hutchinson, A stochastic estimator of the trace of the influence matrix for Laplacian
        smoothing splines, 1990.
    """
    check_count("num_probes", num_probes, 100_000)
    if num_probes < 2:
        raise ValueError(f"num_probes must be at least 2 to have an error, got {num_probes}")
    if nodes is None and readout is None:
        check_size(approximate_sensitivity, x.size(0), edge_index.size(1) // 2, device=x.device)
    random = generator or torch.Generator().manual_seed(0)
    with evaluation_mode(model):
        start, output, alone = differentiate(model, x, edge_index, inputs, readout)
        rows = chosen_rows(nodes, output.size(0))
        shape = (rows.numel(), x.size(0))
        value = torch.zeros(shape, dtype=torch.float64, device=x.device)
        error = torch.zeros_like(value)
        if not output.requires_grad or not output.numel() or not rows.numel():
            return SquaredSensitivity(value, error)
        jacobian = JacobianRows(output, start, alone)
        if not jacobian.linear:
            raise ValueError(
                "a hook or a function of the model's own changes gradients in a way that is not "
                "linear, so a pass for several channels is not the sum of theirs; use sensitivity, "
                "which takes a pass for each channel"
            )
        together = max(jacobian.batch // num_probes, 1)
        drawn = (rows.numel(), num_probes, output.size(1))
        signs = torch.randint(0, 2, drawn, generator=random, device=random.device, dtype=torch.int8)
        signs = signs.cpu() * 2 - 1

        def work(first: int, abandon: threading.Event) -> tuple[Tensor, Tensor]:
            part = slice(first, first + together)
            blocks = jacobian.gradients(rows[part].split(1), signs[part], abandon)
            power = torch.cat([entry_norm(block, "frobenius") for block in blocks])
            power = power.view(-1, num_probes, x.size(0))
            return power.mean(1), power.std(1) / num_probes**0.5

        watch = Watch("approximate_sensitivity", shape[0], max_seconds, num_nodes=shape[1])
        firsts = range(0, rows.numel(), together)
        workers = jacobian.workers()
        for first, (mean, spread) in side_by_side(work, firsts, workers, should_stop):
            value[first : first + len(mean)], error[first : first + len(mean)] = mean, spread
            watch.done(len(mean))
    return SquaredSensitivity(value, error)
