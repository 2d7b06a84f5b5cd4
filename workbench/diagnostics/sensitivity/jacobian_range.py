"""How far away the inputs are that matter: the range of a node's output, and of a graph's."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from workbench.diagnostics.cost import check_size
from workbench.diagnostics.sensitivity.chosen_rows import NodeChoice, chosen_rows
from workbench.diagnostics.sensitivity.evaluation import differentiable, evaluating, output_of
from workbench.graphs.edges import check_edge_index
from workbench.typing import EdgeIndex, NodeVector, PairMatrix


def jacobian_range(
    influence: Float64[Tensor, "rows nodes"],
    distance: PairMatrix,
    *,
    normalized: bool = True,
    nodes: NodeChoice | None = None,
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

    Returns:
        ``[rows]`` float64 on the device of ``influence``, in units of ``distance``. nan where
        nothing influences the node and the mean is empty (0 if not normalized); the range of a
        graph is the mean over its nodes.

    No influence at infinite distance counts 0, so components do not disturb each other; a positive
    one (an attention between components) makes the range ``inf``.

    Differs from the paper: its code gives 0 to a node that nothing influences, and distance 0 to
    pairs in different components.

    Raises:
        ValueError: the shapes do not fit, or an influence is negative or nan.

    References:
        Bamberger, Gutteridge, le Roux, Bronstein and Dong, On measuring long-range interactions in
        graph neural networks, ICML 2025, arXiv 2506.05971.
    """
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
    there = distance.T.to(influence.device)
    there = there if nodes is None else there[chosen.to(influence.device)]
    total = torch.where(influence > 0, influence * there, 0.0).sum(1)
    return total / influence.sum(1) if normalized else total


def hessian_range(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    distance: PairMatrix,
    *,
    normalized: bool = True,
    inputs: Mapping[str, Any] | None = None,
) -> NodeVector:
    """Range of a model with one output for the whole graph: how far apart the nodes it mixes are.

        eta_u = sum_v H_uv d(u, v) / sum_v H_uv,   H = mixed_influence(model, x, edge_index)

    Arguments, result and infinite distances: as in ``mixed_influence`` and ``jacobian_range``; the
    range of the graph is the mean over its nodes. nan for a node that is mixed with none, itself
    included: so for every node of a model that is piecewise linear in x, whatever it does.

    Raises:
        TypeError, ValueError, TooLargeError: as in ``mixed_influence`` and ``jacobian_range``.

    References:
        Bamberger et al., ICML 2025, arXiv 2506.05971.
    """
    mixed = mixed_influence(model, x, edge_index, inputs=inputs)
    return jacobian_range(mixed, distance, normalized=normalized)


def mixed_influence(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    inputs: Mapping[str, Any] | None = None,
) -> PairMatrix:
    """How much a model mixes the inputs of two nodes: sums of its mixed second derivatives.

        H_uv = sum_{k, a, b} | d^2 y_k / d x_u^a d x_v^b |,   y = model(x, edge_index)

    Args:
        model: any twice differentiable module that is called as ``model(x, edge_index, **inputs)``;
            its output is read as one vector y, so for a graph-level task leave out ``batch`` or
            give that of one graph.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, passed to the model as it is; loops, repeats and direction mean
            what the model makes of them.
        inputs: more keyword arguments of the model.

    Returns:
        ``[nodes, nodes]`` float64, symmetric to rounding, on the device of ``x``, in units of
        output per squared unit of input. 0 where two inputs are not mixed: beyond the model's
        reach, in another component without a common read-out, and everywhere for a model that is
        piecewise linear in x (ReLU and a mean or sum).

    Exact, by double backward: one backward pass through the first derivative for each channel of
    each node and each output, in the model's own precision, so n p times the cost of a step of
    training per output; for graphs of some hundred nodes. Evaluation mode, gradients and
    ``torch.no_grad``: as in ``sensitivity``.

    Raises:
        TypeError: ``x`` is not floating point.
        TooLargeError: more nodes than ``LIMITS`` allows; take a smaller graph, or the range of the
            states before the read-out, by ``sensitivity(..., nodes=...)``.
        ValueError: the model returns no tensor.

    References:
        Bamberger et al., ICML 2025, arXiv 2506.05971.
    """
    with evaluating(model):
        start = differentiable(x)
        check_edge_index(edge_index, x.size(0))
        check_size("mixed_influence", x.size(0), edge_index.size(1) // 2, device=x.device)
        result = torch.zeros(x.size(0), x.size(0), dtype=torch.float64, device=x.device)
        for y in output_of(model, start, edge_index, inputs).flatten():
            first = _gradient(y, start, create_graph=True)
            for u, row in enumerate(first):
                for slope in row:
                    result[u] += _gradient(slope, start).double().abs().sum(1)
    return result


def _gradient(value: Tensor, start: Tensor, *, create_graph: bool = False) -> Tensor:
    """d value / d start; 0 where it does not depend on it."""
    if not value.requires_grad:
        return torch.zeros_like(start)
    (found,) = torch.autograd.grad(
        value, start, retain_graph=True, create_graph=create_graph, allow_unused=True
    )
    return torch.zeros_like(start) if found is None else found
