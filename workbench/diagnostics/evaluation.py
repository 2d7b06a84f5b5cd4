"""The state in which a model is differentiated, and left afterwards as it was."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode with gradients on; afterwards every submodule in the mode that it was in.

    Gradient mode belongs to the thread, so that a caller's ``torch.no_grad`` or
    ``torch.inference_mode`` does not reach in here.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def plain(value: Any) -> Any:
    """A tensor that autograd can keep, also where it was made under ``torch.inference_mode``."""
    return value.clone() if isinstance(value, Tensor) and value.is_inference() else value


def differentiable(x: Tensor) -> Tensor:
    """A leaf with the values of ``x`` that requires a gradient.

    Raises:
        TypeError: ``x`` is not floating point.
        ValueError: ``x`` is not a matrix.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        came = getattr(x, "dtype", type(x).__name__)
        raise TypeError(
            f"x must be a floating-point tensor to have a derivative, got {came}; use x.float(), "
            "or embed integer features first and pass the embedding"
        )
    if x.dim() != 2:
        raise ValueError(f"x must have shape [nodes, channels], got {list(x.shape)}")
    return x.detach().clone().requires_grad_()


def output_of(model: nn.Module, x: Tensor, edge_index: Tensor, inputs: Mapping | None) -> Tensor:
    """``model(x, edge_index, **inputs)``, a tensor.

    Raises:
        ValueError: the model returns something else.
    """
    extra = {name: plain(value) for name, value in (inputs or {}).items()}
    output = model(x, plain(edge_index), **extra)
    if not isinstance(output, Tensor):
        raise ValueError(
            f"the model returned a {type(output).__name__}, not a tensor; wrap it in a module that "
            "returns the part to differentiate"
        )
    return output
