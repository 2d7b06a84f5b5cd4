"""From a graph to the arguments of a model: the only place that decides them, for every model.

A model asks for what it needs by the names of its ``forward``; a ``Data`` object holds tensors
under names. ``call`` puts the two together::

    class Net(nn.Module):
        def forward(self, x, edge_index, batch=None, *, edge_weight=None, rwse=None): ...

    call(Net(), data)                      # edge_weight and rwse where the data have them
    call(Net(), data, edge_weight=None)    # without the weights
"""

import inspect
from collections.abc import Mapping
from copy import copy
from inspect import Parameter
from typing import Any

from torch import Tensor, nn
from torch_geometric.data import Data

#: What a graph tells beside the attributes that it stores.
COUNTED = ("num_nodes", "num_graphs", "batch_size")

#: What a batch holds of itself, whatever its graphs do.
JOINED = ("batch", "ptr", *COUNTED)

#: Names under which a model asks for the graph itself.
WHOLE = ("data", "graph", "batch", "batch_data", "batched_data")

#: What is predicted, and which of it is scored. Handing it to a model would be handing it the
#: answer, so it is never taken from the graph.
ANSWERS = ("y", "mask", "train_mask", "val_mask", "test_mask")


def call(model: nn.Module, data: Data, **overrides: Any) -> Any:
    """``model`` on a graph or a batch of graphs: what its ``forward`` names, taken from ``data``.

    Args:
        model: any module. Its first two arguments are node features and edges, whatever they are
            called; a module with one argument, called ``data`` or annotated as PyG's ``Data``,
            gets the graph itself.
        data: a PyG ``Data`` or ``Batch``.
        overrides: arguments to use in place of what ``data`` holds, or beside it; None takes one
            away.

    Returns:
        What the model returns.

    Raises:
        TypeError: the model needs an argument that neither ``data`` nor ``overrides`` have, or an
            override is none of its arguments; the message lists what there is.

    Examples:
        >>> from workbench.capture import call
        >>> from workbench.models import GCN
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(10).train[0]
        >>> call(GCN(5, 8, 3, num_layers=2), data).shape
        torch.Size([10, 3])
    """
    positional, named = call_arguments(model, data, **overrides)
    return model(*positional, **named)


def call_arguments(
    model: nn.Module, data: Data, **overrides: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of ``call``: by position (the graph, or features and edges), and by name.

    A keyword of ``forward`` is filled where ``data`` has an attribute of that name. A module that
    reads less than its ``forward`` names says so by an attribute ``reads``, a collection of names.
    Labels and masks (``y``, ``train_mask``, ...) come by ``overrides`` only.

    Raises:
        TypeError: as in ``call``.

    Examples:
        >>> from torch_geometric.nn import GCNConv
        >>> from workbench.capture import call_arguments
        >>> from workbench.graphs import les_miserables
        >>> data = les_miserables()
        >>> data.x = data.edge_weight.new_ones(77, 1)
        >>> positional, named = call_arguments(GCNConv(1, 1), data)
        >>> len(positional), list(named)
        (2, ['edge_weight'])
    """
    parameters = _parameters(model)
    if parameters and _takes_data(parameters[0]):
        rest = parameters[1:]
        extra = {name: value for name, value in overrides.items() if not _has_parameter(rest, name)}
        named = {name: value for name, value in overrides.items() if name not in extra}
        return (_with(data, extra),), _by_name(model, data, rest, named)
    named = {k: v for k, v in overrides.items() if k not in ("x", "edge_index")}
    positional = _features_and_edges(model, data, parameters, overrides)
    return positional, _by_name(model, data, parameters[2:], named)


def prepare(model: nn.Module, data: Data) -> Data:
    """The graph with what ``model`` cannot do without, made by the transforms that it names.

    A model says by an attribute ``requires`` which transforms make the arguments of its ``forward``
    that have no default; they run, in order, where ``data`` lacks one of them. A model that hands
    the graph on to a module within it gets what that one requires. Attributes that are there are
    used as they are, and ``data`` stays as it is. Prepare each graph before they are joined in a
    batch: encodings and subgraphs are those of one graph.

    Examples:
        >>> from workbench.capture import prepare
        >>> from workbench.models import GRIT
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(10).train[0]
        >>> after = prepare(GRIT(5, 8, 3, num_layers=1), data)
        >>> sorted(set(after.keys()) - set(data.keys()))
        ['rrwp', 'rrwp_index']
    """
    for part in model.modules() if _takes_graph(model) or missing_arguments(model, data) else ():
        if getattr(part, "requires", ()) and missing_arguments(part, data):
            for transform in part.requires:
                data = transform(copy(data))
    return data


def missing_arguments(model: nn.Module, data: Data) -> list[str]:
    """Arguments of ``forward`` without a default that neither ``data`` nor a batch of it holds.

    Examples:
        >>> from workbench.capture import missing_arguments
        >>> from workbench.models import GCN, GRIT
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(10).train[0]
        >>> missing_arguments(GCN(5, 8, 3, num_layers=2), data)
        []
        >>> missing_arguments(GRIT(5, 8, 3, num_layers=1), data)
        ['rrwp', 'rrwp_index']
    """
    return [
        name
        for name in _required_arguments(model)
        if name not in JOINED and _entry_of(data, name) is None
    ]


def model_inputs(
    model: nn.Module, data: Data, inputs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What ``call`` hands over beside features and edges, as ``sensitivity(inputs=...)`` takes it.

    What the transforms in ``model.requires`` make is made (``prepare``); another argument that the
    graph does not have is left out, and whoever calls the model says so.

    Raises:
        TypeError: one of ``inputs`` is none of its arguments; or the model takes the graph itself,
            which cannot be differentiated by its features.

    Examples:
        >>> from torch_geometric.nn import GCNConv
        >>> from workbench.capture import model_inputs
        >>> from workbench.graphs import les_miserables
        >>> data = les_miserables()
        >>> list(model_inputs(GCNConv(1, 1), data))
        ['edge_weight']
    """
    parameters = _parameters(model)
    if parameters and _takes_data(parameters[0]):
        raise TypeError(
            f"{type(model).__name__} takes a whole graph; give a module called as "
            "model(x, edge_index, ...) around it, so that x can be varied"
        )
    data = prepare(model, data)
    return _by_name(model, data, parameters[2:], dict(inputs or {}), complete=False)


def _parameters(model: nn.Module) -> list[Parameter]:
    return list(inspect.signature(model.forward).parameters.values())


def _required_arguments(model: nn.Module) -> list[str]:
    """Arguments without a default, besides features and edges or the graph."""
    plain = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    rest = _parameters(model)[1 if _takes_graph(model) else 2 :]
    return [p.name for p in rest if p.kind in plain and p.default is p.empty]


def _takes_graph(model: nn.Module) -> bool:
    parameters = _parameters(model)
    return bool(parameters) and _takes_data(parameters[0])


def _takes_data(one: Parameter) -> bool:
    kind = one.annotation
    of_pyg = isinstance(kind, type) and issubclass(kind, Data)
    return of_pyg or one.name in WHOLE or kind in ("Data", "Batch")


def _by_name(
    model: nn.Module,
    data: Data,
    rest: list[Parameter],
    overrides: dict[str, Any],
    *,
    complete: bool = True,
) -> dict[str, Any]:
    open_ended = any(one.kind is Parameter.VAR_KEYWORD for one in rest)
    strange = [name for name in overrides if not open_ended and not _has_parameter(rest, name)]
    if strange:
        there = ", ".join(one.name for one in _parameters(model))
        raise TypeError(f"{type(model).__name__} has no argument {strange[0]!r}; it has {there}")
    named = {name: value for name, value in overrides.items() if value is not None}
    reads = getattr(model, "reads", None)
    for one in rest:
        if one.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL) or one.name in overrides:
            continue
        value = _entry_of(data, one.name) if reads is None or one.name in reads else None
        if value is not None:
            named[one.name] = value
        elif complete and one.default is Parameter.empty:
            raise TypeError(_missing(model, one.name, data))
    return named


def _features_and_edges(
    model: nn.Module, data: Data, parameters: list[Parameter], overrides: Mapping[str, Any]
) -> tuple[Tensor, Tensor]:
    by_place = [p for p in parameters if p.kind is not Parameter.KEYWORD_ONLY]
    if len(by_place) < 2 and not any(p.kind is Parameter.VAR_POSITIONAL for p in by_place):
        raise TypeError(
            f"{type(model).__name__} must take node features and edges, or the graph as `data`; "
            f"its forward has {', '.join(one.name for one in parameters) or 'no argument'}"
        )
    found = tuple(overrides.get(name, data.get(name)) for name in ("x", "edge_index"))
    for name, value in zip(("x", "edge_index"), found, strict=True):
        if value is None:
            raise TypeError(_missing(model, name, data))
    return found


def _has_parameter(parameters: list[Parameter], name: str) -> bool:
    return any(one.name == name and one.kind is not Parameter.VAR_POSITIONAL for one in parameters)


def _with(data: Data, overrides: Mapping[str, Any]) -> Data:
    if not overrides:
        return data
    changed = data.clone()
    for name, value in overrides.items():
        changed[name] = value
    return changed


def _entry_of(data: Data, name: str) -> Any:
    if name in ANSWERS:
        return None
    return getattr(data, name, None) if name in COUNTED else data.get(name)


def _missing(model: nn.Module, name: str, data: Data) -> str:
    if name in ANSWERS:
        why = "which is never taken from the graph by itself"
    else:
        why = f"which the graph does not have (it has {', '.join(data.keys())})"
    made = getattr(model, "requires", ())
    advice = f"; prepare(model, data) applies {list(made)}" if made else f"; give {name}=..."
    return f"{type(model).__name__} needs {name!r}, {why}{advice}"
