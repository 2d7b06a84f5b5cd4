"""The one PyG transform that applies any rewiring."""

import hashlib
import inspect
from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from workbench.graphs.attributes import edge_columns
from workbench.rewiring.result import Rewired

#: What a method takes beside its options, and what would fit one graph only.
_OF_ONE_GRAPH = ("generator", "edge_weight")


class Rewire(BaseTransform):
    """Apply a rewiring to a PyG ``Data``, in a pipeline or as a data set's ``pre_transform``.

    Nodes, features and labels stay. Attributes of edges stay aligned: kept edges keep their rows,
    new ones get zeros, and a conductance of 1 in ``edge_weight``. ``is_added`` says which columns
    of ``edge_index`` are new; ``data.is_added.long()`` is the ``edge_type`` of relational networks.
    Edge weights play no role in what is added or removed, also where the method could use them;
    for that call it with ``edge_weight``.

    Args:
        method: a name in ``REWIRINGS``, or any function ``(edge_index, num_nodes, *, ...)`` that
            returns a ``Rewired``.
        seed: for methods with a ``generator``: every graph is rewired with a new one of this seed,
            so results do not depend on the order of the graphs. 0 by default.
        options: the method's own, by name.

    ``repr`` names every option, defaults included, because PyG keys its cache on disk by it.

    Raises:
        TypeError: an option that the method does not have (the message lists those it has), or
            something other than ``Data`` comes in.
        ValueError: no rewiring of this name; a graph that the method refuses.

    Example:
        >>> from workbench.rewiring import Rewire
        >>> Rewire("gtr", num_edges=20)
        Rewire(gtr, num_edges=20, variant='paper')
    """

    def __init__(self, method: str | Callable[..., Rewired], *, seed: int | None = None, **options):
        self.method = _method(method)
        signature = inspect.signature(self.method).parameters
        self.stochastic = "generator" in signature
        known = {
            name: parameter.default
            for name, parameter in signature.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in _OF_ONE_GRAPH
        }
        unknown = [name for name in options if name not in known]
        if unknown or (seed is not None and not self.stochastic):
            listed = [*known, *(["seed"] if self.stochastic else [])]
            raise TypeError(
                f"{self.method.__name__} has no option {unknown[0] if unknown else 'seed'!r}; its "
                f"options are {', '.join(listed)}"
            )
        missing = [
            name
            for name, default in known.items()
            if default is inspect.Parameter.empty and name not in options
        ]
        if missing:
            raise TypeError(f"{self.method.__name__} needs the option {missing[0]!r}")
        self.options = known | options
        self.seed = (0 if seed is None else seed) if self.stochastic else None

    def forward(self, data: Data) -> Data:
        """The rewired graph; the input is left as it is when the transform is called."""
        if not isinstance(data, Data) or data.edge_index is None:
            raise TypeError(
                f"Rewire takes a torch_geometric Data with an edge_index, got {type(data).__name__}"
            )
        options, num_nodes = dict(self.options), data.num_nodes
        if self.stochastic:
            options["generator"] = torch.Generator().manual_seed(self.seed)
        result = self.method(data.edge_index, num_nodes, **options)
        data = rewired_data(data, result)
        count = result.edge_index.size(1)
        added = torch.arange(count, device=data.edge_index.device) >= int(result.kept.sum())
        data.is_added = added
        return data

    def __repr__(self) -> str:
        parts = [_name(self.method)]
        parts += [f"{name}={_text(value)}" for name, value in self.options.items()]
        if self.stochastic:
            parts.append(f"seed={self.seed}")
        return f"{type(self).__name__}({', '.join(parts)})"


def rewired_data(data: Data, result: Rewired) -> Data:
    """A copy of ``data`` with the edges of ``result``, and all that belongs to the edges it kept.

    Attributes of edges stay aligned: kept edges keep their rows, new ones get zeros, and a
    conductance of 1 in ``edge_weight``.
    """
    changed = data.clone()
    added = result.edge_index.size(1) - int(result.kept.sum())
    for name in edge_columns(data):
        value = data[name]
        new = value.new_zeros(added, *value.shape[1:])
        if name == "edge_weight":
            new.fill_(1)
        changed[name] = torch.cat([value[result.kept], new])
    changed.edge_index = result.edge_index
    changed.num_nodes = data.num_nodes  # PyG would count isolated nodes at the end out
    return changed


def _method(method: str | Callable[..., Rewired]) -> Callable[..., Rewired]:
    from workbench.rewiring import REWIRINGS  # the dict holds this module's neighbors

    if callable(method):
        return method
    if method not in REWIRINGS:
        raise ValueError(f"no rewiring is called {method!r}; choose one of {', '.join(REWIRINGS)}")
    return REWIRINGS[method]


def _name(method: Callable[..., Rewired]) -> str:
    from workbench.rewiring import REWIRINGS

    if REWIRINGS.get(method.__name__) is method:
        return method.__name__
    return f"{method.__module__}.{method.__qualname__}"


def _text(value: object) -> str:
    """``repr``, but of a tensor its shape and a digest: PyTorch leaves out entries of long ones."""
    if isinstance(value, Tensor):
        content = value.detach().cpu().contiguous()
        digest = hashlib.sha256(content.numpy().tobytes()).hexdigest()[:16]
        return f"tensor({list(value.shape)}, {value.dtype}, sha256={digest})"
    return repr(value)
