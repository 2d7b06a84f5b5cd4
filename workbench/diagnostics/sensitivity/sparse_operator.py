"""A sparse matrix with its products, batched or not, as an operation that autograd knows."""

from collections.abc import Callable
from typing import no_type_check

import numpy as np
import torch
from numba import njit
from torch import Tensor

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


class SparseOperator:
    """The sparse matrix S with S[row, column] += value, and its products with batches of features.

    Rows are sorted on first use, in either direction; the values are 1 where none are given.
    """

    def __init__(self, row: Tensor, column: Tensor, value: Tensor | None, shape: tuple[int, int]):
        self.row, self.column, self.value, self.shape = row, column, value, shape
        self._csr, self._transpose = None, None

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
        pointer, column, value = self._sort(x.dtype)
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

    def _sort(self, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
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
    """``S x``; differentiable as often as wanted, and batched by vmap."""

    @staticmethod
    def forward(x, operator, compute):
        return operator.product(x[None])[0] if compute is None else compute()

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
                return _add_batch_dim(operator.product(inner), 0, level), None, None
        return _Product.apply(gradient, operator, None), None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        return _Product.apply(tangent, ctx.operator, None)

    @staticmethod
    def vmap(info, in_dims, x, operator, compute):
        return operator.product(x.movedim(in_dims[0], 0)), 0


def product(x: Tensor, operator: SparseOperator, compute: Callable[[], Tensor]) -> Tensor:
    """``S x`` with ``x [columns, *]``: the value that ``compute()`` gives, the derivative S^T."""
    return _Product.apply(x, operator, compute)
