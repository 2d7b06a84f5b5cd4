"""Whether a graph holds what its task asks for, and labels of the kind that the target has."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.cost import check_count

if TYPE_CHECKING:
    from workbench.tasks.task import Task


def check_sizes(limit: int, /, **sizes: int) -> None:
    """Raise where a task is asked for in a size that no memory holds, by the name of the option.

    Raises:
        TooLargeError: one of ``sizes`` is above ``limit``.
    """
    for name, size in sizes.items():
        check_count(name, size, limit)


def check_graph(graph: Data, where: str, task: "Task") -> None:
    """Raise where a graph does not fit its task.

    Raises:
        ValueError: something is missing or has another shape, or labels are out of range.
        TypeError: the labels are of another kind than the target's: nothing is converted.
    """
    pairs = task.level in ("edge", "pair")
    more = ("mask",) if task.level == "node" else ("edge_label_index",) if pairs else ()
    for key in ("x", "edge_index", "y", *more):
        if graph.get(key) is None:
            raise ValueError(f"{where} has no {key}; a {task.level}-level task needs it")
    if not graph.num_nodes:
        raise ValueError(f"{where} has no nodes; leave it out, there is nothing to predict on it")
    if graph.x.dim() != 2 or graph.x.size(1) != task.in_channels:
        raise ValueError(
            f"{where} has x of shape {list(graph.x.shape)}; "
            f"expected [nodes, in_channels] with in_channels={task.in_channels}"
        )
    _check_numbers(graph, where)
    weight = graph.get("edge_weight")
    if weight is not None and weight.shape != (graph.edge_index.size(1),):
        raise ValueError(
            f"{where} has edge_weight of shape {list(weight.shape)} and "
            f"{graph.edge_index.size(1)} edges; give a conductance for each edge"
        )
    attr = graph.get("edge_attr")
    if attr is not None and attr.size(0) != graph.edge_index.size(1):
        raise ValueError(
            f"{where} has edge_attr of shape {list(attr.shape)} and "
            f"{graph.edge_index.size(1)} edges; give a row for each edge"
        )
    if pairs:
        _check_pairs(graph, where)
    _check_kind(graph.y, where, task)
    _check_shape(graph, where, task)
    labels = graph.y
    if task.level == "node":
        if graph.mask.dtype != torch.bool or not bool(graph.mask.any()):
            raise ValueError(f"{where} scores no node; mask must be bool and mark at least one")
        labels = labels[graph.mask]
    _check_range(labels, graph, where, task)


def check_alike(task: "Task", parts: dict[str, list[Data]]) -> None:
    """Raise where some graphs have an attribute that others lack: they cannot be joined.

    Raises:
        ValueError: an attribute is there on some graphs only, or features of edges differ in width.
    """
    graphs = {id(g): (f"{part}[{i}]", g) for part in parts for i, g in enumerate(parts[part])}
    (first_name, first), *others = graphs.values()
    keys = set(first.keys()) - {"num_nodes"}
    for name, graph in others:
        if odd := sorted(keys ^ (set(graph.keys()) - {"num_nodes"})):
            has, lacks = (first_name, name) if odd[0] in keys else (name, first_name)
            raise ValueError(
                f"task {task.name!r}: {has} has {odd[0]} and {lacks} has none; give it to all "
                f"graphs, or take it away from all by del graph[{odd[0]!r}]"
            )
        if "edge_attr" in keys and graph.edge_attr.shape[1:] != first.edge_attr.shape[1:]:
            raise ValueError(
                f"task {task.name!r}: edge_attr is {list(first.edge_attr.shape)} on {first_name} "
                f"and {list(graph.edge_attr.shape)} on {name}; give all graphs the same columns"
            )


def _check_numbers(graph: Data, where: str) -> None:
    """Raise where a number that models read is none: its loss or score would be none either."""
    for key in ("x", "edge_weight", "edge_attr"):
        value = graph.get(key)
        if value is None or not value.is_floating_point():
            continue
        finite = value.isfinite()
        if not bool(finite.all()):
            row = int((~finite).nonzero()[0, 0])
            of = "node" if key == "x" else "edge"
            raise ValueError(
                f"{where} has {float(value[~finite][0]):g} in {key} (first at {of} {row}, "
                f"{int((~finite).sum())} of {value.numel()} numbers); replace it, as by "
                "torch.nan_to_num, or leave the graph out"
            )


def _check_pairs(graph: Data, where: str) -> None:
    pairs = graph.edge_label_index
    if pairs.dtype != torch.int64 or pairs.dim() != 2 or pairs.size(0) != 2 or not pairs.numel():
        raise ValueError(
            f"{where} has edge_label_index of {pairs.dtype} and shape {list(pairs.shape)}; "
            "expected int64 [2, pairs], the pairs that are predicted, at least one"
        )
    low, high = int(pairs.min()), int(pairs.max())
    if low < 0 or high >= graph.num_nodes:
        raise ValueError(
            f"{where} has pairs of the nodes {low} to {high}; the graph has {graph.num_nodes} nodes"
        )


def _check_kind(y: Tensor, where: str, task: "Task") -> None:
    if not isinstance(y, Tensor):
        raise TypeError(f"{where} has y of type {type(y).__name__}; give a tensor")
    kind = str(y.dtype).removeprefix("torch.")
    if task.target in ("class", "link", "pointer"):
        if y.dtype != torch.int64:
            example = f", such as {float(y.flatten()[0]):g}" if y.numel() else ""
            say = {
                "class": "classes are int64 numbers from 0 (for measured values: target='value')",
                "link": "links are int64, 1 for a true pair and 0 for a negative",
                "pointer": "a pointer is the int64 number of a node of the same graph",
            }[task.target]
            raise TypeError(f"{where} has y of {kind}{example}; {say}")
    elif not y.is_floating_point():
        say = {
            "multilabel": "several labels are floating-point 0 and 1, NaN where not known",
            "value": "values are floating-point (for classes: target='class')",
        }[task.target]
        raise TypeError(f"{where} has y of {kind}; {say}: convert it by y.float()")


def _check_shape(graph: Data, where: str, task: "Task") -> None:
    rows = {"node": graph.num_nodes, "graph": 1}.get(task.level)
    rows = graph.edge_label_index.size(1) if rows is None else rows
    wanted = [(rows, task.out_channels)]
    if task.target in ("class", "link", "pointer"):
        wanted = [(rows,)]
    elif task.out_channels == 1:
        wanted.append((rows,))
    if tuple(graph.y.shape) not in wanted:
        raise ValueError(
            f"{where} has y of shape {list(graph.y.shape)}; a {task.target} of each {task.level} "
            f"needs {' or '.join(str(list(shape)) for shape in wanted)}"
        )


def _check_range(labels: Tensor, graph: Data, where: str, task: "Task") -> None:
    if task.target == "value":
        if bool(labels.isinf().any()):
            raise ValueError(f"{where} has an infinite value in y; leave it out or mark it as NaN")
        return
    if task.target == "multilabel":
        strange = labels[~(labels.isnan() | (labels == 0) | (labels == 1))]
        if strange.numel():
            raise ValueError(
                f"{where} has the label {float(strange[0]):g}; each of several is 0, 1 or NaN"
            )
        return
    most = {"class": task.out_channels, "link": 2, "pointer": graph.num_nodes}[task.target]
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= most:
        why = f"out_channels={most}" if task.target == "class" else f"a {task.target}"
        raise ValueError(f"{where} has labels {low} to {high}; expected 0 to {most - 1} ({why})")
    if task.target == "link" and low and (task.negatives is None or not where.startswith("train")):
        raise ValueError(
            f"{where} has true pairs alone; give pairs with y=0 too, or for the train part "
            "negatives=1, which draws one for each at every step"
        )
