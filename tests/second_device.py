"""A second device on a machine that has one: tensors that are elsewhere and compute on the CPU.

``elsewhere`` is a device of its own to PyTorch. A tensor there has no memory that NumPy could read,
and an operation that mixes it with tensors of the CPU is refused, as on a GPU; so code that forgets
where its input lives fails here too. What it cannot show is what only real hardware has: other
rounding, streams, and operations that a GPU lacks.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)

NAME = "elsewhere"

#: Operations that take tensors of two devices, as they do on a GPU.
BETWEEN = {"_to_copy", "copy_", "_copy_from", "set_", "index", "index_put_", "_index_put_impl_"}


class Elsewhere(Tensor):
    """A tensor of the second device: a shell around one of the CPU."""

    @staticmethod
    def __new__(cls, inner: Tensor):
        place = {"layout": inner.layout}
        if inner.layout == torch.strided:
            place = {"strides": inner.stride(), "storage_offset": inner.storage_offset()}
        shell = Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            **place,
            dtype=inner.dtype,
            device=torch.device(NAME, 0),
        )
        shell.inner = inner
        return shell

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return computed(operation, args, kwargs or {})

    def __repr__(self) -> str:
        return f"elsewhere({self.inner!r})"

    def tolist(self) -> list:
        return self.inner.tolist()


class _Numbers(_DummyBackendModule):
    """The device's random numbers, which are those of the CPU."""

    def get_rng_state(self, device=None) -> Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: Tensor, device=None) -> None:
        """The CPU's own are set by whoever sets them."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        """Asked for by gradient checkpointing, whatever is computed."""
        return [torch.bfloat16]


def is_there(device) -> bool:
    return device is not None and torch.device(device).type == NAME


def computed(operation, args, kwargs):
    """An operation on tensors of one device, done on the CPU and left where it belongs."""
    flat, form = tree_flatten((args, kwargs))
    name = operation.__name__.split(".")[0]
    here = [v for v in flat if isinstance(v, Tensor) and not isinstance(v, Elsewhere)]
    there = [v for v in flat if isinstance(v, Elsewhere)]
    # a number may come from anywhere, as on a GPU
    if there and name not in BETWEEN and any(v.dim() for v in here):
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but {name} got cpu and {NAME}:0"
        )
    device = kwargs.get("device")
    goes_there = is_there(device) if device is not None else bool(there)
    inner = [v.inner if isinstance(v, Elsewhere) else v for v in flat]
    inner = [torch.device("cpu") if isinstance(v, torch.device) else v for v in inner]
    args, kwargs = tree_unflatten(inner, form)
    found = operation(*args, **kwargs)
    if name in ("copy_", "set_"):
        return flat[0]
    shells = {id(v.inner): v for v in there}

    def place(value):
        if not isinstance(value, Tensor) or not goes_there:
            return value
        return shells[id(value)] if id(value) in shells else Elsewhere(value)

    return tree_map(place, found)


class _Mode(TorchDispatchMode):
    """Sees what makes a tensor from nothing, which no argument tells where to go."""

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return computed(operation, args, kwargs or {})


def _made(name: str):
    packet, _, overload = name.partition(".")
    operation = getattr(getattr(torch.ops.aten, packet), overload or "default")

    def make(*args, device=None, **kwargs):
        return Elsewhere(operation(*args, device="cpu", **kwargs))

    return make


def _copied(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    there = target.inner if isinstance(target, Elsewhere) else target
    there.copy_(source.inner if isinstance(source, Elsewhere) else source)
    return target


@contextmanager
def second_device() -> Iterator[torch.device]:
    """The device, for as long as the block lasts."""
    with _Mode():
        yield torch.device(NAME, 0)


# before the first backward pass, which starts a thread for each device that there is
_setup_privateuseone_for_python_backend(NAME, _Numbers())
for _name in ("empty_strided", "empty.memory_format"):
    torch.library.impl(f"aten::{_name}", "privateuseone")(_made(_name))
torch.library.impl("aten::_copy_from", "privateuseone")(_copied)
