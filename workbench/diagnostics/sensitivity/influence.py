"""Influence by hop, and the effective range: how far away are the inputs that matter."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.cost import check_count, diagnostic
from workbench.diagnostics.sensitivity.chosen_rows import NodeChoice, chosen_rows
from workbench.diagnostics.sensitivity.evaluation import evaluation_mode
from workbench.diagnostics.sensitivity.hop_influence import EffectiveRange, HopInfluence
from workbench.diagnostics.sensitivity.influence_balls import by_balls
from workbench.diagnostics.sensitivity.influence_induced import by_induced_subgraphs
from workbench.diagnostics.sensitivity.influence_passes import Budget, Question, by_whole_graph
from workbench.diagnostics.sensitivity.watch import Watch
from workbench.typing import EdgeIndex


@diagnostic(
    of="model",
    multigraph=True,
    # sixteen layers of width 32, ten outputs, on a road network and with num_layers=16
    seconds=lambda n, m: 3.0 + 4e-3 * n,
    bytes=lambda n, m: 3e8 + 25_000.0 * n,
    instead="influence_by_hop(..., nodes=...)",
    advice="a sample of the nodes gives the mean with an error",
    how="for sixteen layers of width 32 and ten outputs; the call measures its own model",
)
def influence_by_hop(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    num_layers: int | None = None,
    max_hops: int | None = None,
    nodes: NodeChoice | None = None,
    norm: Literal["l1", "frobenius"] = "l1",
    variant: Literal["full", "official"] = "full",
    cut: bool | None = None,
    num_probes: int | None = None,
    generator: torch.Generator | None = None,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    max_seconds: float = 3600.0,
    should_stop: Callable[[], bool] | None = None,
) -> HopInfluence:
    r"""How much each node hears from the nodes at each hop distance.

        T_h(v) = sum over u with d(u, v) = h of I(v, u),   I(v, u) = || d h_v / d x_u ||

    Args:
        model: any module that is called as ``model(x, edge_index, **inputs)`` and returns ``[nodes,
            channels]``, or what ``readout`` takes.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``; hops are counted along the direction of the edges (the influence
            of u on v over paths from u to v). Self-loops and repeated edges are no hops of their
            own. Isolated nodes hear themselves. Edge weights are no lengths.
        num_layers: L, the number of message-passing layers, if output v depends on nothing beyond
            L hops of v. Nodes more than 2L hops apart then share their backward passes, exactly. It
            is checked, see below.
        max_hops: H, the last column of the result; ``num_layers`` if not given.
        nodes: the output nodes wanted, in this order, or a boolean mask of them; all if not given.
            For a sample of k: ``torch.randperm(num_nodes, generator=generator)[:k]``.
        norm: ``"l1"`` (sum of absolute values over input and output channels) or ``"frobenius"``.
        variant: ``"full"`` differentiates the model on the whole graph; ``"official"`` runs it on
            the subgraph that the nodes within H hops of v induce, as the published code does.
        cut: with ``num_layers``, run the model on unions of balls of L + 1 hops around the output
            nodes in place of the whole graph, which fits the cache and needs one pass per channel.
            Derivatives of a model of L layers are the same; that they are is checked. None does so
            on an undirected graph where it is less work and the check holds.
        num_probes: take so many of the output channels, drawn anew for each pass without
            replacement, and scale up; all if not given. Only for ``"l1"``, whose sum over output
            channels T_h(v) it estimates without bias; R_v is a ratio of two such estimates, and
            biased by about its squared error. At least 2, where the error is stated several
            times too wide; with 6 it is not.
        generator: random source of ``num_probes`` and of the checks.
        inputs: more keyword arguments of the model.
        readout: from what the model returns to ``[nodes, channels]``, a row for each node of any
            graph that the model is given, which may be a piece: ``lambda output: output[0]`` of a
            tuple, ``lambda output: output.unsqueeze(-1)`` of one number per node.
        max_seconds: refuse when the first passes show that the whole would take longer.
        should_stop: asked twenty times a second or more; where it says True the call ends.

    Returns:
        ``HopInfluence``, float64, on the device of ``x``.

    Checked where ``num_layers`` is given: no input beyond L hops of any node has a derivative that
    is not 0, as far as each pass shows; single nodes are looked at alone for it. And where the
    graph was cut, the gradient of a random combination of all outputs taken on the whole graph
    equals the one put together from the pieces, to 1e-3 of the largest entry in each channel.

    Without ``num_layers`` one pass for each output channel of each node. With it, for c colors of a
    coloring of distance 2L (some hundred on a road network at L = 16, the size of the largest
    crowd of nodes within 2L hops), c passes for each channel; or, cut, the work of one pass over
    ``sum_v |ball of L + 1 hops of v|`` nodes for each channel. Evaluation mode, gradients, threads:
    as in ``sensitivity``. Memory: one forward pass, ``rows (H + 1)`` numbers, and a pass for each
    thread.

    Differs from the paper: its code evaluates the model on induced subgraphs (``variant=
    "official"``), which changes degrees at the border and with them the influence, unless H is more
    than L.

    Raises:
        TypeError, TooLargeError, Stopped: as in ``sensitivity``.
        ValueError: as in ``sensitivity``; or neither ``num_layers`` nor ``max_hops`` is given; or
            ``num_layers`` is not true; or ``cut=True`` and the pieces do not give the derivatives
            of the whole.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import influence_by_hop
        >>> from workbench.graphs import path
        >>> from workbench.models import GCN
        >>> edges, x = path(5).edge_index, torch.eye(5)
        >>> _ = torch.manual_seed(0)
        >>> model = GCN(5, 4, 2, num_layers=2).eval()
        >>> influence_by_hop(model, x, edges, num_layers=2).mean.shape
        torch.Size([3])

    References:
        Liang, Saez de Ocariz Borde, Sripathmanathan, Bronstein and Dong, Towards quantifying
        long-range interactions in graph machine learning, arXiv 2503.09008. Xu et al., ICML 2018,
        arXiv 1806.03536.
    """
    hops = _check(num_layers, max_hops, norm, variant, num_probes)
    chosen = chosen_rows(nodes, x.size(0))
    # a node that is asked for twice is computed once
    rows, places = torch.unique(chosen, return_inverse=True)
    question = Question(model, x, edge_index, inputs or {}, rows, hops, norm, num_layers, readout)
    other = "influence_by_hop(..., nodes=...)"
    other = other if num_layers is not None else f"influence_by_hop(..., num_layers=...) or {other}"
    size = 8 * rows.numel() * (hops + 1)
    watch = Watch(
        "influence_by_hop", rows.numel(), max_seconds, num_nodes=x.size(0), size=size, other=other
    )
    budget = Budget(watch, should_stop, num_probes, generator)
    with evaluation_mode(model):
        if variant == "official":
            found = by_induced_subgraphs(question, budget)
        else:
            found = None if cut is False else by_balls(question, budget, required=cut is True)
            found = by_whole_graph(question, budget) if found is None else found
    return HopInfluence(
        chosen.to(x.device),
        found.total[places, : hops + 1],
        found.total[places, hops + 1],
        found.range[places],
        found.range_error[places],
        found.mean_variance.sqrt(),
    )


@diagnostic(
    of="model",
    multigraph=True,
    seconds=lambda n, m: 3.0 + 4e-3 * n,
    bytes=lambda n, m: 3e8 + 25_000.0 * n,
    instead="effective_range(..., nodes=...)",
    advice="a sample of the nodes gives the mean with an error",
    how="for sixteen layers of width 32 and ten outputs; the call measures its own model",
)
def effective_range(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    num_layers: int | None = None,
    max_hops: int | None = None,
    nodes: NodeChoice | None = None,
    norm: Literal["l1", "frobenius"] = "l1",
    variant: Literal["full", "official"] = "full",
    cut: bool | None = None,
    num_probes: int | None = None,
    generator: torch.Generator | None = None,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    max_seconds: float = 3600.0,
    should_stop: Callable[[], bool] | None = None,
) -> EffectiveRange:
    """Mean hop distance of what influences a node, weighted by influence; mean over the nodes.

        R = (1/N) sum_v R_v,   R_v = sum_h h T_h(v) / sum_h T_h(v),   h = 0 .. H

    Arguments: as in ``influence_by_hop``. Influence beyond H hops counts nowhere; so ``max_hops``
    is at least ``num_layers``, or R is that of the inner H hops. ``jacobian_range`` takes the same
    mean of a whole sensitivity matrix, with any distance.

    Returns:
        ``EffectiveRange``: the mean in hops, its standard error over the nodes and from sampled
        channels, and the ``HopInfluence`` behind it. nan where nothing influences any node.

    A node that nothing influences has no R_v and is left out of the mean.

    Differs from the paper: its mean is nan as soon as one node has no influence.

    Raises:
        TypeError, ValueError, TooLargeError, Stopped: as in ``influence_by_hop``.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import effective_range
        >>> from workbench.graphs import path
        >>> from workbench.models import GCN
        >>> edges, x = path(5).edge_index, torch.eye(5)
        >>> _ = torch.manual_seed(0)
        >>> model = GCN(5, 4, 2, num_layers=2).eval()
        >>> found = effective_range(model, x, edges, num_layers=2)
        >>> 0 < found.value.item() <= 2
        True

    References:
        Liang et al., arXiv 2503.09008. Bamberger et al., On measuring long-range interactions in
        graph neural networks, ICML 2025, arXiv 2506.05971.
    """
    influence = influence_by_hop(
        model,
        x,
        edge_index,
        num_layers=num_layers,
        max_hops=max_hops,
        nodes=nodes,
        norm=norm,
        variant=variant,
        cut=cut,
        num_probes=num_probes,
        generator=generator,
        inputs=inputs,
        readout=readout,
        max_seconds=max_seconds,
        should_stop=should_stop,
    )
    known = influence.range[~influence.range.isnan()]
    node_error = known.std() / known.numel() ** 0.5 if known.numel() > 1 else known.sum() * 0
    return EffectiveRange(known.mean(), node_error, influence.mean_error, influence)


def _check(
    num_layers: int | None, max_hops: int | None, norm: str, variant: str, num_probes: int | None
) -> int:
    if norm not in ("l1", "frobenius"):
        raise ValueError(f'norm must be "l1" or "frobenius", got {norm!r}')
    if variant not in ("full", "official"):
        raise ValueError(f'variant must be "full" or "official", got {variant!r}')
    if num_layers is None and max_hops is None:
        raise ValueError(
            "give num_layers, the number of message-passing layers of the model, or max_hops, the "
            "largest hop distance to tell apart"
        )
    hops = num_layers if max_hops is None else max_hops
    if hops < 0 or (num_layers is not None and num_layers < 0):
        raise ValueError(f"hops are not negative, got {num_layers=} and {max_hops=}")
    check_count("max_hops" if max_hops is not None else "num_layers", hops, 1_000_000)
    check_count("num_probes", num_probes or 0, 1_000_000)
    if num_probes is not None and (num_probes < 2 or norm != "l1"):
        raise ValueError(
            f'num_probes must be at least 2 and goes with norm="l1", got {num_probes} and {norm!r}'
        )
    return hops
