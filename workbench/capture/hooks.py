"""Forward hooks by the names of submodules: what ``workbench.capture`` is made of."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Capture(Mapping):
    """What the named submodules gave while the model ran: a mapping from name to output.

    Used as a context manager, or by ``run``. ``captured[name]`` is the submodule's output, or the
    list of its outputs, in order, where it ran several times; ``captured.calls(name)`` is the list
    in each case. A name that matched but did not run is not in the mapping. Names come in the
    order of ``model.named_modules()``.
    """

    def __init__(self, model: nn.Module, modules: dict[str, nn.Module], keep: "Keep"):
        self._model = model
        self._modules = modules
        self._keep = keep
        self._calls: dict[str, list] = {}
        self._undo: list[Callable[[], None]] = []
        self._versions: dict[str, list[tuple[Tensor, int]]] = {}

    def __enter__(self):
        if self._undo:
            raise RuntimeError("this capture is already open; make a second one with capture(...)")
        self._calls, self._versions = {name: [] for name in self._modules}, {}
        try:
            self._undo.append(without_fused_attention(self._model))
            for name, module in self._modules.items():
                self._watch(name, module)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *exception) -> None:
        self._close()

    def run(self, *args, **kwargs):
        """Call the model once with these arguments; returns the captured outputs.

        No gradients are recorded unless the capture keeps graphs. The model runs in the mode that
        it is in: call ``model.eval()`` first where dropout should be off.
        """
        with self, torch.set_grad_enabled(self._keep.keep_graph and torch.is_grad_enabled()):
            self._model(*args, **kwargs)
        return self

    def calls(self, name: str) -> list:
        """All outputs of one submodule, in order; empty if it did not run."""
        if name not in self._calls:
            self._missing(name)
        self._check_unchanged(name)
        return list(self._calls[name])

    def __getitem__(self, name: str):
        if not self._calls.get(name):
            self._missing(name)
        self._check_unchanged(name)
        outputs = self._calls[name]
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def __iter__(self) -> Iterator[str]:
        return (name for name, outputs in self._calls.items() if outputs)

    def __len__(self) -> int:
        return sum(bool(outputs) for outputs in self._calls.values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def _missing(self, name: str):
        if name in self._modules:
            raise KeyError(f"{name!r} is watched but has not run inside the with block")
        raise KeyError(f"{name!r} is not watched; there is {', '.join(self._modules)}")

    def _watch(self, name: str, module: nn.Module) -> None:
        def hook(module, args, output):
            self._calls[name].append(self._keep(output))
            if not self._keep.keep_graph:
                return None
            # the model goes on with a copy, so that its in-place operations leave the kept one as
            # it is; not where it gave back what it was given, which others may hold
            given = {t.untyped_storage().data_ptr() for t in _strided_tensors(args)}
            for kept in _tensors(self._calls[name][-1]):
                if not kept.is_inference():
                    self._versions.setdefault(name, []).append((kept, kept._version))
            return _map(output, lambda tensor: _copy(tensor, given))

        self._undo.append(module.register_forward_hook(hook).remove)

    def _check_unchanged(self, name: str) -> None:
        if any(kept._version != version for kept, version in self._versions.get(name, ())):
            raise RuntimeError(
                f"{name!r} gave a tensor that the model changed in place afterwards, so its value "
                "is gone; capture it with keep_graph=False, or have the model work on a copy"
            )

    def _close(self) -> None:
        while self._undo:
            self._undo.pop()()


class Keep:
    """Makes of an output what is cached: detached, moved and cast, inside tuples, lists, dicts."""

    def __init__(self, *, keep_graph: bool, device, dtype: torch.dtype | None):
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(f"dtype must be a floating-point type, got {dtype}")
        self.keep_graph, self.device, self.dtype = keep_graph, device, dtype

    def __call__(self, output: Any):
        """The output, each tensor in it made ready."""
        if isinstance(output, Tensor):
            dtype = self.dtype if output.is_floating_point() else None
            kept = output if self.keep_graph else output.detach()
            moved = kept.to(device=self.device, dtype=dtype)
            # a later in-place operation of the model must not reach into the cache
            return moved if self.keep_graph or moved is not kept else moved.clone()
        return _map(output, self)


def _map(output: Any, change: Callable[[Any], Any]) -> Any:
    """The output with ``change`` applied to what its tuples, lists and dicts hold."""
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return type(output)(*(_map(item, change) for item in output))
    if isinstance(output, tuple | list):
        return type(output)(_map(item, change) for item in output)
    if isinstance(output, dict):
        return {key: _map(item, change) for key, item in output.items()}
    return change(output) if isinstance(output, Tensor) else output


def _tensors(output: Any) -> list[Tensor]:
    found: list[Tensor] = []
    _map(output, found.append)
    return found


def _strided_tensors(output: Any) -> list[Tensor]:
    return [tensor for tensor in _tensors(output) if tensor.layout == torch.strided]


def _copy(tensor: Tensor, given: set[int]) -> Tensor:
    shared = tensor.layout != torch.strided or tensor.untyped_storage().data_ptr() in given
    return tensor if shared else tensor.clone()


def submodules(model: nn.Module) -> dict[str, nn.Module]:
    """Name -> module, the model itself under ``""``."""
    return dict(model.named_modules())


def match_modules(modules: dict[str, nn.Module], patterns: tuple[str, ...]) -> dict[str, nn.Module]:
    """The modules whose name fits one of the patterns, in their order.

    Raises:
        ValueError: a pattern fits no name.
    """
    fitting = set()
    for pattern in patterns:
        parts = {"**": ".+", "*": "[^.]+", "?": "[^.]"}
        pieces = re.split(r"(\*\*|\*|\?)", pattern)
        form = re.compile("".join(parts.get(piece, re.escape(piece)) for piece in pieces))
        found = {name for name in modules if form.fullmatch(name)}
        if not found:
            raise ValueError(f"no submodule is named {pattern!r}; there is {list_names(modules)}")
        fitting |= found
    return {name: module for name, module in modules.items() if name in fitting}


def without_fused_attention(model: nn.Module) -> Callable[[], None]:
    """Switch torch's fused encoder path off, if the model has any; returns what undoes it."""
    if not any(isinstance(module, nn.MultiheadAttention) for module in model.modules()):
        return lambda: None
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    return lambda: torch.backends.mha.set_fastpath_enabled(before)


def list_names(modules: dict[str, nn.Module], most: int = 60) -> str:
    """Their names in a sentence."""
    names = [name for name in modules if name]
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none but the model itself ('')"
