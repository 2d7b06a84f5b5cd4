"""The state in which a model is differentiated, and left afterwards as it was."""

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from workbench.diagnostics.sensitivity.training_mode import TrainingOnly, differs

_COARSE = {torch.float16, torch.bfloat16}


#: What watches the calls of the model that is being differentiated in this thread.
_watching: ContextVar[TrainingOnly | None] = ContextVar("watching", default=None)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode with gradients on; afterwards every submodule in the mode that it was in.

    Gradient mode belongs to the thread, so that a caller's ``torch.no_grad`` or
    ``torch.inference_mode`` does not reach in here. A warning says so where dropout or batch
    normalization was in training mode, as a module or as a function that ``output_of`` sees the
    model call, because the numbers are then not those of a training step.
    """
    modes = {module: module.training for module in model.modules()}
    switched = sorted(
        {type(m).__name__ for m, training in modes.items() if training and differs(m)}
    )
    if switched:
        warnings.warn(
            f"the model is in training mode and {', '.join(switched)} would act differently there; "
            "it is differentiated in evaluation mode (no dropout, stored batch-norm statistics) "
            "and put back afterwards. Call model.eval() before to silence this",
            stacklevel=4,
        )
    outer = _watching.set(TrainingOnly(modes, model.training))
    model.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        _watching.reset(outer)
        for module, training in modes.items():
            module.training = training


def _copy(value: Any) -> Any:
    """A tensor that autograd can keep, and that the model may write to without telling on."""
    return value.clone() if isinstance(value, Tensor) else value


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
            "or embed integer features first and pass the embedding: x = model.embedding(features) "
            "with a module that holds the layers after it (workbench.capture reads a submodule's "
            "output)"
        )
    if x.dtype in _COARSE:
        raise TypeError(
            f"x is {x.dtype}, too coarse for derivatives, which underflow and round to 3 digits; "
            "use x.float() with model.float(), or double() for both"
        )
    if x.dim() != 2:
        raise ValueError(f"x must have shape [nodes, channels], got {list(x.shape)}")
    return x.detach().clone().requires_grad_()


def output_of(
    model: nn.Module,
    x: Tensor,
    edge_index: Tensor,
    inputs: Mapping[str, Any] | None,
    readout: Callable[[Any], Tensor] | None = None,
) -> Tensor:
    """``readout(model(x, edge_index, **inputs))``, a tensor.

    Raises:
        TypeError: as in ``run``.
        ValueError: the model returns something else than a tensor.
    """
    output = run(model, x, edge_index, inputs)
    output = output if readout is None else readout(output)
    if not isinstance(output, Tensor):
        giver = "the model" if readout is None else "readout"
        raise ValueError(
            f"{giver} returned a {type(output).__name__}, not a tensor; give the part to "
            "differentiate, by readout=lambda output: output[0] for the first of several"
        )
    for wrong, what, change in (
        (output.is_complex(), "complex numbers", "torch.view_as_real(output).flatten(1)"),
        (output.layout != torch.strided, f"a tensor of {output.layout}", "output.to_dense()"),
    ):
        if wrong:
            giver = "the model" if readout is None else "readout"
            raise ValueError(f"{giver} returned {what}; give readout=lambda output: {change}")
    return output


def run(model: nn.Module, x: Tensor, edge_index: Tensor, inputs: Mapping[str, Any] | None) -> Any:
    """``model(x, edge_index, **inputs)``, whatever that is.

    Raises:
        TypeError: the model is not called with x and edge_index, needs an argument that ``inputs``
            lacks, takes one of them not at all, or is half precision.
    """
    extra = {name: _copy(value) for name, value in (inputs or {}).items()}
    _check_call(model, extra)
    try:
        with _watching.get() or nullcontext():
            return model(x, _copy(edge_index), **extra)
    except Exception as error:
        error.add_note(
            f"This came from {type(model).__name__}({', '.join(['x', 'edge_index', *extra])})"
            f" with x {list(x.shape)} {x.dtype} and edge_index {list(edge_index.shape)}. What the "
            "model needs besides these goes into inputs={...}."
        )
        raise


def _check_call(model: nn.Module, extra: Mapping[str, Any]) -> None:
    """Raise where the model cannot be called with x, edge_index and these arguments."""
    coarse = {p.dtype for p in model.parameters()} & _COARSE
    if coarse:
        raise TypeError(
            f"the model's parameters are {coarse.pop()}, too coarse for derivatives; use "
            "model.float() with x.float(), or double() for both"
        )
    try:
        taken = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        return
    name = type(model).__name__
    places = [p for p in taken if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(places) < 2 and not any(p.kind is p.VAR_POSITIONAL for p in taken):
        raise TypeError(
            f"{name}.forward takes ({', '.join(map(str, taken))}), and is called as model(x, "
            "edge_index); give a small module around it: class Around(nn.Module) with "
            "self.model = model in __init__ and, if it takes a Data object, def forward(self, x, "
            "edge_index): return self.model(Data(x=x, edge_index=edge_index))"
        )
    any_name = any(p.kind is p.VAR_KEYWORD for p in taken)
    named = [p for p in taken[2:] if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    missing = [p.name for p in named if p.default is p.empty and p.name not in extra]
    if missing:
        example = ", ".join(f'"{lacks}": ...' for lacks in missing)
        raise TypeError(
            f"{name}.forward needs {' and '.join(missing)} besides x and edge_index; give "
            f"inputs={{{example}}}"
        )
    unknown = [n for n in extra if n not in {p.name for p in named}]
    if unknown and not any_name:
        raise TypeError(
            f"inputs holds {', '.join(unknown)}, and {name}.forward takes besides x and edge_index "
            f"{', '.join(p.name for p in named) or 'nothing'}"
        )
