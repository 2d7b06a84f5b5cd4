"""How far away the inputs are that matter: the range of a node's output, and of a graph's."""

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
from workbench.typing import EdgeIndex, NodeVector, PairMatrix

#: What both second derivatives take, but for the bytes: one backward pass through a backward pass
#: for each of 16 channels of each node.
_SECOND_DERIVATIVES = {
    "of": "model",
    "multigraph": True,
    "seconds": lambda n, m: 16.0 * n * (3e-5 + 5e-8 * (n + 2.0 * m)),
    "limit": 1_000,
    "instead": "sensitivity(..., nodes=...)",
    "advice": "jacobian_range of the states before the read-out needs first derivatives only",
    "how": "for 16 channels, two layers and one output, and in proportion to channels times "
    "outputs; the call measures its own model",
}


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 5e-9 * n**2,
    bytes=lambda n, m: 24.0 * n**2,
)
def jacobian_range(
    influence: Float64[Tensor, "rows nodes"],
    distance: PairMatrix,
    *,
    normalized: bool = True,
    nodes: NodeChoice | None = None,
    variant: Literal["paper", "official"] = "paper",
) -> Float64[Tensor, " rows"]:
    """Mean distance of the inputs on which each node's output depends, weighted by influence.

        rho_v = sum_u J_vu d(u, v) / sum_u J_vu        or, not normalized:  sum_u J_vu d(u, v)

    Args:
        influence: J, ``[nodes, nodes]`` or rows of it, not negative, row = output, column = input:
            the paper's is ``sensitivity(..., norm="l1")``.
        distance: ``[nodes, nodes]``, row = from, column = to, as ``hop_distance`` and
            ``effective_resistance`` give it: what u does to v travels from u to v.
        normalized: divide by the sum of influences. Without, more inputs give more range, and the
            unit is that of influence times distance.
        nodes: the output node of each row of ``influence``, or a boolean mask of them; all in order
            if not given.
        variant: ``"official"`` for the numbers of the released code, see below.

    Returns:
        ``[rows]`` float64 on the device of ``influence``, in units of ``distance``. nan where
        nothing influences the node and the mean is empty (0 if not normalized); the range of a
        graph is the mean over its nodes.

    No influence at infinite distance counts 0, so components do not disturb each other; a positive
    one (an attention between components) makes the range ``inf``.

    Differs from the paper: its code takes ``distance[v, u]``, from the output to the input and so
    against the messages, which differs on directed graphs only; it gives 0 to a node that nothing
    influences, and distance 0 to pairs in different components. ``variant="official"`` does so.

    Raises:
        ValueError: the shapes do not fit, an influence is negative or nan, ``nodes`` names what
            does not exist, or ``variant`` is unknown.
        TypeError: ``nodes`` holds something else than nodes.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import hop_distance, jacobian_range
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> hops = hop_distance(edges, 4)
        >>> jacobian_range((hops == 2).double(), hops).tolist()
        [2.0, 2.0, 2.0, 2.0]

    References:
        Bamberger, Gutteridge, le Roux, Bronstein and Dong, On measuring long-range interactions in
        graph neural networks, ICML 2025, arXiv 2506.05971.
    """
    if variant not in ("paper", "official"):
        raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
    rows, size = influence.shape
    chosen = chosen_rows(nodes, size)
    if rows != chosen.numel():
        count = "none were named" if nodes is None else f"nodes names {chosen.numel()}"
        raise ValueError(
            f"influence has {rows} rows for a graph of {size} nodes, and {count}; give nodes=, the "
            "output node of each row"
        )
    if distance.shape != (size, size):
        raise ValueError(
            f"influence is {list(influence.shape)} and distance {list(distance.shape)}; distance "
            f"must be [{size}, {size}], of the same graph"
        )
    if bool((influence < 0).any()) or bool(influence.isnan().any()):
        raise ValueError("influence must not be negative or nan; take the norm of each block")
    there = (distance.T if variant == "paper" else distance).to(influence.device)
    there = there if nodes is None else there[chosen.to(influence.device)]
    if variant == "official":
        there = torch.where(there.isfinite(), there, 0.0)
    total = torch.where(influence > 0, influence * there, 0.0).sum(1)
    found = total / influence.sum(1) if normalized else total
    return torch.where(found.isnan(), 0.0, found) if variant == "official" else found


@diagnostic(**_SECOND_DERIVATIVES, bytes=lambda n, m: 32.0 * n**2 + 4000.0 * (n + 2 * m))
def hessian_range(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    distance: PairMatrix,
    *,
    normalized: bool = True,
    variant: Literal["paper", "official"] = "paper",
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    max_seconds: float = 600.0,
    should_stop: Callable[[], bool] | None = None,
) -> NodeVector:
    """Range of a model with one output for the whole graph: how far apart the nodes it mixes are.

        eta_u = sum_v H_uv d(v, u) / sum_v H_uv,   H = mixed_influence(model, x, edge_index)

    Arguments, result and infinite distances: as in ``mixed_influence`` and ``jacobian_range``, with
    what they say of ``variant="official"``, which takes d(u, v); the range of the graph is the mean
    over its nodes. nan for a node that is mixed with none, itself included: so for every node of a
    model that is piecewise linear in x, whatever it does.

    Raises:
        TypeError, ValueError, TooLargeError, Stopped: as in ``mixed_influence`` and
            ``jacobian_range``.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import hessian_range, hop_distance
        >>> from workbench.graphs import path
        >>> class Product(torch.nn.Module):
        ...     def forward(self, x, edge_index):  # of the two ends of each edge
        ...         return x[edge_index].prod(0).sum() / 2
        >>> edges = path(3).edge_index
        >>> hessian_range(Product(), torch.ones(3, 1), edges, hop_distance(edges, 3)).tolist()
        [1.0, 1.0, 1.0]

    References:
        Bamberger et al., ICML 2025, arXiv 2506.05971.
    """
    mixed = mixed_influence(
        model,
        x,
        edge_index,
        inputs=inputs,
        readout=readout,
        max_seconds=max_seconds,
        should_stop=should_stop,
    )
    return jacobian_range(mixed, distance, normalized=normalized, variant=variant)


@diagnostic(**_SECOND_DERIVATIVES, bytes=lambda n, m: 8.0 * n**2 + 4000.0 * (n + 2 * m))
def mixed_influence(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    max_seconds: float = 600.0,
    should_stop: Callable[[], bool] | None = None,
) -> PairMatrix:
    """How much a model mixes the inputs of two nodes: sums of its mixed second derivatives.

        H_uv = sum_{k, a, b} | d^2 y_k / d x_u^a d x_v^b |,   y = readout(model(x, edge_index))

    Args:
        model: any twice differentiable module that is called as ``model(x, edge_index, **inputs)``;
            its output is read as one vector y, so for a graph-level task leave out ``batch`` or
            give that of one graph.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, passed to the model as it is; loops, repeats and direction mean
            what the model makes of them.
        inputs: more keyword arguments of the model.
        readout: from what the model returns to y, a tensor of any shape: ``lambda output:
            output[0]`` of a tuple, ``lambda output: output.mean(0)`` of node embeddings.
        max_seconds: refuse when the first rows show that the whole would take longer.
        should_stop: asked twenty times a second or more, in the calling thread; where it says
            True the call ends after the backward passes that are under way.

    Returns:
        ``[nodes, nodes]`` float64, symmetric to rounding, on the device of ``x``, in units of
        output per squared unit of input. 0 where two inputs are not mixed: beyond the model's
        reach, in another component without a common read-out, and everywhere for a model that is
        piecewise linear in x (ReLU and a mean or sum). A warning says where no gradient reaches
        ``x`` at all.

    Exact, by double backward: one backward pass through the first derivative for each channel of
    each node and each output, in the model's own precision, so n p times the cost of a step of
    training per output; for graphs of some hundred nodes. Passes are batched and run side by side,
    and evaluation mode, gradients and ``torch.no_grad`` are treated, as in ``sensitivity``.

    Raises:
        TypeError: ``x`` is not floating point.
        TooLargeError: more nodes than ``LIMITS`` allows, or longer than ``max_seconds``; take a
            smaller graph, fewer outputs by ``readout``, or the range of the states before the
            read-out, by ``sensitivity(..., nodes=...)``.
        ValueError: the model, or the read-out, returns no tensor.
        Stopped: ``should_stop`` said so.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import mixed_influence
        >>> from workbench.graphs import path
        >>> class Product(torch.nn.Module):
        ...     def forward(self, x, edge_index):  # of the two ends of each edge
        ...         return x[edge_index].prod(0).sum() / 2
        >>> mixed_influence(Product(), torch.ones(3, 1), path(3).edge_index).tolist()
        [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]

    References:
        Bamberger et al., ICML 2025, arXiv 2506.05971.
    """
    size = x.size(0)
    check_size(mixed_influence, size, edge_index.size(1) // 2, device=x.device)
    with evaluation_mode(model):
        result = torch.zeros(size, size, dtype=torch.float64, device=x.device)
        start, output, alone = differentiate(model, x, edge_index, inputs, readout, rows="vector")
        watch = Watch(
            "mixed_influence",
            output.numel() * size,
            max_seconds,
            num_nodes=size,
            size=8 * size**2,
            other="a read-out of fewer outputs, a smaller graph, or sensitivity(..., nodes=...)",
        )
        nodes = torch.arange(size).split(1)
        for y in output.flatten() if output.requires_grad else ():
            (slope,) = torch.autograd.grad(y, start, create_graph=True, allow_unused=True)
            if slope is None or not slope.requires_grad:  # y is linear in x, or does not see it
                continue
            for place, found in JacobianRows(slope, start, alone).norms(nodes, "l1", should_stop):
                result[place : place + len(found)] += found
                watch.done(len(found))
    return result
