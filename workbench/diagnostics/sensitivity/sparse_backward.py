"""Gathers and scatters whose backward pass is one sparse product, batched or not.

A message-passing layer gathers rows (``x[source]``), scales them by an edge weight and scatters
their sums (``scatter_add_``). Torch differentiates the three one by one, and the batched form of a
scatter's derivative is slow. All three are linear maps ``y = S x`` with a sparse S, so that the
gradient is ``S^T g``; of a gather, a fixed scaling and a scatter in a row it is a single product.

Only the derivative is ours: values are computed by torch, from the tensors that the model made.
Where a derivative of torch would be another one (something was written to in between, or a hook
changes gradients on the way), nothing is recorded.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.autograd.graph import disable_saved_tensors_hooks
from torch.overrides import TorchFunctionMode

from workbench.diagnostics.sensitivity.sparse_operator import SparseOperator, product

Answer = TypeVar("Answer")

_GATHERS = {torch.index_select, Tensor.index_select, Tensor.__getitem__}
_SCALES = {torch.mul, Tensor.mul, Tensor.mul_, Tensor.__mul__, Tensor.__rmul__}
_SCATTERS = {torch.scatter_add, Tensor.scatter_add, Tensor.scatter_add_}
_INDEX_ADDS = {torch.index_add, Tensor.index_add, Tensor.index_add_}
_BATCH_NORM = (
    "input",
    "running_mean",
    "running_var",
    "weight",
    "bias",
    "training",
    "momentum",
    "eps",
)
_IN_PLACE = {Tensor.scatter_add_, Tensor.index_add_}

#: By these a model reads, or changes, gradients on the way.
_LOOKS = {
    Tensor.grad_fn.__get__,
    Tensor.register_hook,
    Tensor.register_post_accumulate_grad_hook,
    Tensor.retain_grad,
    Tensor.backward,
    torch.autograd.backward,
}

#: What a model is told that hooks into what is saved for the backward pass, as checkpointing does.
_HOOKED = "recorded as sparse products, nothing is saved for hooks"


class _Gathered(NamedTuple):
    """Where a tensor of messages comes from: ``scale * x[index]``, and what it was made of."""

    x: Tensor
    index: Tensor
    scale: Tensor | None
    made_of: tuple[Tensor, ...]
    state: list

    def holds(self, messages: Tensor) -> bool:
        """Whether none of them has been written to, cut off or hooked since."""
        return self.state == _state(messages, *self.made_of)


def _state(*tensors: Tensor) -> list:
    """What changes with a tensor's numbers and with its place in the graph."""
    return [(t._version, t.grad_fn, t.requires_grad) for t in tensors]


class SparseBackward(TorchFunctionMode):
    """While it is active, gathers and sums over nodes are recorded as sparse products.

    ``index_select`` and ``x[index]`` along the first axis, ``scatter_add`` and ``index_add`` (in
    place or not) with one target for each row, and a product by a number for each row between them;
    PyG's ``propagate`` and ``scatter`` are made of these. Batch normalization by stored statistics
    is recorded as a factor and a shift. Values change by rounding at most. Everything else, and
    what does not fit, runs as it is. Messages between a gather and a sum have no place of their own
    in the graph: ``looked_at`` says whether the model asked for one, so that what was recorded is
    not what it wanted.
    """

    def __init__(self):
        super().__init__()
        self.looked_at = False
        self._operators: dict[tuple, SparseOperator | None] = {}
        self._copies: dict[tuple, list[Tensor]] = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Called by torch in place of ``func``."""
        kwargs = kwargs or {}
        if func in _LOOKS:
            self.looked_at = True
        elif func is torch.autograd.grad:
            inputs = kwargs["inputs"] if "inputs" in kwargs else args[1]
            inputs = (inputs,) if isinstance(inputs, Tensor) else inputs
            self.looked_at |= any(hasattr(one, "_gathered") for one in inputs)
        if not torch.is_grad_enabled():
            return func(*args, **kwargs)
        if func in _GATHERS:
            found = self._gather(func, args, kwargs)
        elif func in _SCALES:
            return self._scale(func, args, kwargs)
        elif func in _SCATTERS or func in _INDEX_ADDS:
            found = self._scatter(func, args, kwargs)
        elif func is torch.nn.functional.batch_norm:
            found = _stored_batch_norm(*_by_name(args, kwargs, _BATCH_NORM))
        else:
            found = None
        return func(*args, **kwargs) if found is None else found

    def _gather(self, func, args, kwargs) -> Tensor | None:
        if func is Tensor.__getitem__:
            x, index = args
        else:
            x, axis, index = _by_name(args, kwargs, ("input", "dim", "index"))
            if "out" in kwargs or axis not in (0, -x.dim()):
                return None
        if not _fits(x, index):
            return None
        operator = self._operator(None, index, None, (index.numel(), x.size(0)))
        if operator is None:
            return None
        messages = product(x, operator, lambda: func(*args, **kwargs))
        self._remember(messages, x, operator.column, None, (x, index))
        return messages

    def _scale(self, func, args, kwargs) -> Any:
        scaled = func(*args, **kwargs)
        for messages, scale in (args[:2], args[1::-1]):
            source = _source(messages)
            if source is None or source.scale is not None or scaled is messages:
                continue
            if _plain(scale) and not scale.requires_grad and scale.is_floating_point():
                per_row = scale.dim() == messages.dim() and scale.numel() == scale.size(0)
                same = scaled.shape == messages.shape and scaled.dtype == messages.dtype
                if per_row and same and scale.size(0) == len(messages):
                    kept = self._copy(scale.reshape(-1))
                    self._remember(scaled, *source[:2], kept, (*source.made_of, scale))
        return scaled

    def _remember(self, messages, x, index, scale, made_of) -> None:
        messages._gathered = _Gathered(x, index, scale, made_of, _state(messages, *made_of))

    def _scatter(self, func, args, kwargs) -> Tensor | None:
        last = "src" if func in _SCATTERS else "source"
        into, axis, target, messages = _by_name(args, kwargs, ("self", "dim", "index", last))
        if not _plain(into) or not _plain(messages) or not _plain(target):
            return None
        if set(kwargs) - {"dim", "index", last} or len(args) > 4 or axis not in (0, -into.dim()):
            return None
        index = target
        if func in _SCATTERS:
            if index.shape != messages.shape or any(index.stride()[1:]):
                return None
            index = index[(slice(None), *[0] * (index.dim() - 1))] if index.numel() else index
        if not _fits(messages, index) or index.size(0) != messages.size(0):
            return None
        if into.shape[1:] != messages.shape[1:] or into.dtype != messages.dtype:
            return None
        source = _source(messages)
        x, column, scale = (messages, None, None) if source is None else source[:3]
        operator = self._operator(index, column, scale, (into.size(0), x.size(0)))
        if operator is None:
            return None
        add = Tensor.scatter_add_ if func in _SCATTERS else Tensor.index_add_
        start = messages.new_zeros(into.shape)
        total = product(x, operator, lambda: add(start, 0, target, messages))
        return into.add_(total) if func in _IN_PLACE else into + total

    def _operator(self, row, column, scale, shape) -> SparseOperator | None:
        """The operator of these indices, shared by the layers that use them; None is 0, 1, ..."""
        parts = [None if part is None else self._copy(part) for part in (row, column, scale)]
        key = (shape, *map(id, parts))
        if key not in self._operators:
            inside = all(
                index is None or not index.numel() or 0 <= index.min() <= index.max() < size
                for index, size in zip(parts[:2], shape, strict=True)
            )
            # beside an infinite scale a gradient of 0 counts, and a sparse product skips it
            inside = inside and (scale is None or bool(scale.isfinite().all()))
            one = row if column is None else column
            count = torch.arange(one.numel(), device=one.device)
            ends = [count if part is None else part for part in parts[:2]]
            self._operators[key] = SparseOperator(*ends, parts[2], shape) if inside else None
        return self._operators[key]

    def _copy(self, tensor: Tensor) -> Tensor:
        """A copy that nobody writes to, the same one while the numbers are the same."""
        key = tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device
        copies = self._copies.setdefault(key, [])
        for copy in copies:
            if torch.equal(copy, tensor):
                return copy
        copies.append(tensor.detach().clone())
        return copies[-1]


def record(compute: Callable[[], Answer]) -> tuple[Answer, bool]:
    """``compute()`` with its gathers and scatters recorded, and whether they are.

    Where the model reads or changes gradients on the way, or hooks into what is saved for the
    backward pass (checkpointing, offloading), it runs a second time and nothing is recorded.
    """
    recording = SparseBackward()
    try:
        with disable_saved_tensors_hooks(_HOOKED), recording:
            found = compute()
        if not recording.looked_at:
            return found, True
    except Exception as error:
        if not recording.looked_at and _HOOKED not in str(error):
            raise
    return compute(), False


def _stored_batch_norm(x, mean, variance, weight, bias, training, _, epsilon) -> Tensor | None:
    """Batch normalization by stored statistics as one factor and one shift for each channel.

    Its own derivative also asks for those of the statistics, in a slow batched form.
    """
    if training or mean is None or epsilon is None or not x.requires_grad or x.dim() != 2:
        return None
    if x.dtype not in (torch.float32, torch.float64):
        return None
    given = [part for part in (mean, variance, weight, bias) if part is not None]
    if any(part.shape != x.shape[1:] or part.dtype != x.dtype for part in given):
        return None
    factor = (variance.detach() + epsilon).rsqrt()
    factor = factor if weight is None else factor * weight
    shift = -mean.detach() * factor if bias is None else bias - mean.detach() * factor
    return x * factor + shift


def _by_name(args: tuple, kwargs: dict, names: tuple[str, ...]) -> list:
    """Arguments by position or name, None where one is missing."""
    return [args[i] if i < len(args) else kwargs.get(name) for i, name in enumerate(names)]


def _plain(tensor: Any) -> bool:
    """Whether it is a tensor with numbers of its own, and no stand-in for several or for later."""
    if type(tensor) not in (Tensor, nn.Parameter) or tensor.layout != torch.strided:
        return False
    try:
        tensor.data_ptr()
    except RuntimeError:
        return False
    return not tensor.is_inference()


def _fits(x: Any, index: Any) -> bool:
    """Whether rows of ``x`` move by ``index`` in a way that a sparse product can take over."""
    return (
        _plain(x)
        and _plain(index)
        and x.requires_grad
        and x.dtype in (torch.float32, torch.float64)
        and index.dtype == torch.int64
        and index.dim() == 1
        and index.device == x.device
        and x.dim() > 0
    )


def _source(messages: Any) -> _Gathered | None:
    """What a tensor was gathered from, unless it or that is not what it was."""
    source = getattr(messages, "_gathered", None) if isinstance(messages, Tensor) else None
    return source if source is not None and source.holds(messages) else None
