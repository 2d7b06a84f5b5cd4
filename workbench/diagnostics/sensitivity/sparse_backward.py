"""Gathers and scatters whose backward pass is one sparse product, batched or not.

A message-passing layer gathers rows (``x[source]``), scales them by an edge weight and scatters
their sums (``scatter_add_``). Torch differentiates the three one by one, and the batched form of a
scatter's derivative is slow. All three are linear maps ``y = S x`` with a sparse S, so that the
gradient is ``S^T g``; of a gather, a fixed scaling and a scatter in a row it is a single product.
"""

from typing import Any, NamedTuple, no_type_check

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.overrides import TorchFunctionMode

try:  # private to torch; without it vmap's own rule is used, half a millisecond slower a call
    from torch._C._functorch import (
        _add_batch_dim,
        get_unwrapped,
        is_batchedtensor,
        is_functorch_wrapped_tensor,
        maybe_get_bdim,
        maybe_get_level,
    )
except ImportError:
    is_batchedtensor = None

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


class SparseOperator:
    """The sparse matrix S with S[row, column] += value, and its products with batches of features.

    Rows are sorted on first use, in either direction; the values are 1 where none are given.
    """

    def __init__(self, row: Tensor, column: Tensor, value: Tensor | None, shape: tuple[int, int]):
        self.row, self.column, self.value, self.shape = row, column, value, shape
        self._csr, self._transpose, self.is_gather = None, None, False

    @property
    def transpose(self) -> "SparseOperator":
        """S^T, whose own transpose is S."""
        if self._transpose is None:
            turned = SparseOperator(self.column, self.row, self.value, self.shape[::-1])
            self._transpose, turned._transpose = turned, self
        return self._transpose

    def product(self, x: Tensor) -> Tensor:
        """``S x`` for every entry of a batch: ``[batch, columns, *]`` to ``[batch, rows, *]``."""
        # by flatten: no -1 stands for anything where there are no rows, as in a layer without edges
        flat = x.flatten(2) if x.dim() > 2 else x.unsqueeze(2)
        pointer, column, value = self._sorted(x.dtype)
        if x.device.type == "cpu":
            out = flat.new_empty(flat.size(0), self.shape[0], flat.size(2))
            arrays = (t.numpy() for t in (pointer, column, value, flat.contiguous(), out))
            _csr_product(*arrays)
        else:
            matrix = torch.sparse_csr_tensor(
                pointer, column, value, size=self.shape, check_invariants=False
            )
            wide = matrix @ flat.transpose(0, 1).reshape(self.shape[1], -1)
            out = wide.view(self.shape[0], flat.size(0), flat.size(2)).transpose(0, 1)
        return out.reshape(x.size(0), self.shape[0], *x.shape[2:])

    def _sorted(self, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        if self._csr is None:
            order = torch.argsort(self.row, stable=True)
            count = torch.bincount(self.row, minlength=self.shape[0])
            pointer = torch.cat([count.new_zeros(1), count.cumsum(0)])
            value = torch.ones_like(self.row, dtype=dtype) if self.value is None else self.value
            self._csr = pointer, self.column[order], value.to(dtype)[order].contiguous()
        return self._csr


@njit(cache=True, nogil=True, fastmath={"contract"})
@no_type_check
def _csr_product(pointer, column, value, x, out):
    batch, columns, channels = x.shape
    live = np.empty(columns, np.bool_)
    for b in range(batch):
        for j in range(columns):  # the gradient of one output is 0 at most nodes in the last layers
            c = 0
            while c < channels and x[b, j, c] == 0:
                c += 1
            live[j] = c < channels
        for i in range(pointer.size - 1):
            for c in range(channels):
                out[b, i, c] = 0
            for p in range(pointer[i], pointer[i + 1]):
                j, v = column[p], value[p]
                if live[j]:
                    for c in range(channels):
                        out[b, i, c] += v * x[b, j, c]


class _Product(torch.autograd.Function):
    """``S x`` with ``x [columns, *]``; differentiable as often as wanted, and batched by vmap."""

    @staticmethod
    def forward(x, operator):
        if operator.is_gather:
            return x.index_select(0, operator.column)
        return operator.product(x[None])[0]

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.operator = inputs[1]

    @staticmethod
    def backward(ctx, gradient):
        operator = ctx.operator.transpose
        if is_batchedtensor is not None and is_batchedtensor(gradient):
            level, inner = maybe_get_level(gradient), get_unwrapped(gradient)
            if not is_functorch_wrapped_tensor(inner) and not inner.requires_grad:
                # what vmap does with the rule below, without its half millisecond of Python
                inner = inner.movedim(maybe_get_bdim(gradient), 0)
                return _add_batch_dim(operator.product(inner), 0, level), None
        return _Product.apply(gradient, operator), None

    @staticmethod
    def vmap(info, in_dims, x, operator):
        return operator.product(x.movedim(in_dims[0], 0)), 0


class _Gathered(NamedTuple):
    """Where a tensor of messages comes from: ``scale * x[index]``, at these versions of all."""

    x: Tensor
    index: Tensor
    scale: Tensor | None
    versions: tuple[int, ...]

    @staticmethod
    def of(messages: Tensor, x: Tensor, index: Tensor, scale: Tensor | None) -> "_Gathered":
        """Made now, with the versions of now."""
        return _Gathered(x, index, scale, _versions(messages, x, index, scale))

    def holds(self, messages: Tensor) -> bool:
        """Whether none of them has been written to since."""
        return self.versions == _versions(messages, *self[:3])


def _versions(*tensors: Tensor | None) -> tuple[int, ...]:
    return tuple(-1 if tensor is None else tensor._version for tensor in tensors)


class SparseBackward(TorchFunctionMode):
    """While it is active, gathers and sums over nodes are recorded as sparse products.

    ``index_select`` and ``x[index]`` along the first axis, ``scatter_add`` and ``index_add`` (in
    place or not) with one target for each row, and a product by a number for each row between them;
    PyG's ``propagate`` and ``scatter`` are made of these. Batch normalization by stored statistics
    is recorded as a factor and a shift. Values change by rounding at most. Parameters of operations
    that are replaced get no gradient. Everything else, and what does not fit, runs as it is.
    """

    def __init__(self):
        super().__init__()
        self._operators: dict[tuple, tuple] = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Called by torch in place of ``func``."""
        kwargs = kwargs or {}
        if not torch.is_grad_enabled():
            return func(*args, **kwargs)
        if func in _GATHERS:
            found = self._gather(func, args, kwargs)
        elif func in _SCALES:
            return self._scale(func, args, kwargs)
        elif func in _SCATTERS or func in _INDEX_ADDS:
            found = self._scatter(func, args, kwargs)
        elif func is torch.nn.functional.batch_norm:
            found = _stored_batch_norm(*_named(args, kwargs, _BATCH_NORM))
        else:
            found = None
        return func(*args, **kwargs) if found is None else found

    def _gather(self, func, args, kwargs) -> Tensor | None:
        if func is Tensor.__getitem__:
            x, index = args
        else:
            x, axis, index = _named(args, kwargs, ("input", "dim", "index"))
            if axis is None or axis % max(x.dim(), 1) != 0:
                return None
        if not _fits(x, index):
            return None
        operator = self._operator(None, index, None, (index.numel(), x.size(0)))
        if operator is None:
            return None
        messages = _Product.apply(x, operator)
        messages._gathered = _Gathered.of(messages, x, index, None)
        return messages

    def _scale(self, func, args, kwargs) -> Any:
        product = func(*args, **kwargs)
        for messages, scale in (args[:2], args[1::-1]):
            source = _source(messages)
            if source is None or source.scale is not None or product is messages:
                continue
            if isinstance(scale, Tensor) and not scale.requires_grad and scale.is_floating_point():
                per_row = scale.dim() == messages.dim() and scale.numel() == scale.size(0)
                if per_row and product.shape == messages.shape and scale.size(0) == len(messages):
                    scale = scale.reshape(-1)
                    product._gathered = _Gathered.of(product, *source[:2], scale)
        return product

    def _scatter(self, func, args, kwargs) -> Tensor | None:
        last = "src" if func in _SCATTERS else "source"
        given = _named(args, kwargs, ("self", "dim", "index", last))
        into, axis, index, messages = given
        if axis is None or not isinstance(messages, Tensor) or not isinstance(into, Tensor):
            return None
        if set(kwargs) - {"dim", "index", last} or len(args) > 4 or axis % messages.dim() != 0:
            return None
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
        total = _Product.apply(x, operator)
        return into.add_(total) if func in _IN_PLACE else into + total

    def _operator(self, row, column, scale, shape) -> SparseOperator | None:
        """The operator of these indices, shared by the layers that use them; None is 0, 1, ..."""
        key = (shape, *map(_identity, (row, column, scale)))
        if key not in self._operators:
            inside = all(
                index is None or not index.numel() or 0 <= index.min() <= index.max() < size
                for index, size in zip((row, column), shape, strict=True)
            )
            count = torch.arange((row if column is None else column).numel())
            parts = [count.to(column.device if row is None else row.device) if t is None else t
                     for t in (row, column)]  # fmt: skip
            # copies: the caller may write to an index after the product, which still needs it
            parts = [part.clone() for part in parts]
            scale_now = None if scale is None else scale.clone()
            operator = SparseOperator(*parts, scale_now, shape) if inside else None
            if operator is not None:
                operator.is_gather = row is None and scale is None
            self._operators[key] = operator, row, column, scale  # kept: memory names the key
        return self._operators[key][0]


def _stored_batch_norm(x, mean, variance, weight, bias, training, _, epsilon) -> Tensor | None:
    """Batch normalization by stored statistics as one factor and one shift for each channel.

    Its own derivative also asks for those of the statistics, in a slow batched form.
    """
    if training or mean is None or epsilon is None or not x.requires_grad or x.dim() != 2:
        return None
    factor = (variance + epsilon).rsqrt()
    factor = factor if weight is None else factor * weight
    shift = -mean * factor if bias is None else bias - mean * factor
    return x * factor.detach() + shift.detach()


def _named(args: tuple, kwargs: dict, names: tuple[str, ...]) -> list:
    """Arguments by position or name, None where one is missing."""
    return [args[i] if i < len(args) else kwargs.get(name) for i, name in enumerate(names)]


def _fits(x: Any, index: Any) -> bool:
    """Whether rows of ``x`` move by ``index`` in a way that a sparse product can take over."""
    return (
        isinstance(x, Tensor)
        and isinstance(index, Tensor)
        and x.requires_grad
        and x.dtype in (torch.float32, torch.float64)
        and index.dtype == torch.int64
        and index.dim() == 1
        and index.device == x.device
        and x.dim() > 0
    )


def _source(messages: Any) -> _Gathered | None:
    """What a tensor was gathered from, unless it or that has been written to since."""
    source = getattr(messages, "_gathered", None) if isinstance(messages, Tensor) else None
    return source if source is not None and source.holds(messages) else None


def _identity(tensor: Tensor | None) -> tuple | None:
    if tensor is None:
        return None
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor._version
