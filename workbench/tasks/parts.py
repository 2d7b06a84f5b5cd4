"""What the makers of tasks share: parts of a data set, features where there are none, titles."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch_geometric.data import Data

MASKS = ("train_mask", "val_mask", "test_mask")

#: Names under which graphs carry their parts as lists of nodes.
INDICES = tuple(f"{part}_{kind}" for kind in ("idx", "index") for part in ("train", "val", "test"))

#: Above this many nodes, nodes without features get no one-hot vectors (100 MB at the limit).
MAX_ONE_HOT = 5000


def features(data: Data) -> Tensor:
    """``x`` of one graph, or one-hot vectors of the nodes' own numbers.

    Raises:
        ValueError: there are more than 5,000 nodes and no features.
    """
    if data.get("x") is not None:
        return _check_features(data.x, data.num_nodes, "the graph")
    if data.num_nodes > MAX_ONE_HOT:
        raise ValueError(
            f"the graph has {data.num_nodes} nodes and no features x; one-hot vectors would "
            f"be {data.num_nodes} wide (limit {MAX_ONE_HOT}), so give data.x"
        )
    return torch.eye(data.num_nodes)


def given_masks(data: Data, split: int) -> list[Tensor] | None:
    """The three masks of split number ``split`` that a graph comes with; None where it has none.

    Raises:
        ValueError: it has one or two of three, masks of another kind, no such split, or an empty
            part.
    """
    masks = {key: data.get(key) for key in MASKS}
    there = [key for key, mask in masks.items() if mask is not None]
    indices = [key for key in INDICES if data.get(key) is not None]
    if indices and len(there) < 3:
        raise ValueError(
            f"the graph has its parts as lists of nodes, {', '.join(indices)}; give masks, as by "
            f"data.{MASKS[0]} = torch_geometric.utils.index_to_mask(data.{indices[0]}, "
            "data.num_nodes), or fractions=(0.3, 0.2, 0.5) for a random split"
        )
    if not there:
        return None
    if len(there) < 3:
        raise ValueError(
            f"the graph has {' and '.join(there)} but not {' and '.join(set(MASKS) - set(there))}; "
            "give all three, or fractions=(0.3, 0.2, 0.5) for a random split that ignores them"
        )
    for key, mask in masks.items():
        zero_or_one = mask.dtype == torch.bool or bool(((mask == 0) | (mask == 1)).all())
        if not zero_or_one or mask.dim() not in (1, 2) or mask.size(0) != data.num_nodes:
            raise ValueError(
                f"{key} is {str(mask.dtype).removeprefix('torch.')} of shape {list(mask.shape)}; "
                f"expected bool [{data.num_nodes}] or [{data.num_nodes}, splits]: make it from a "
                "list of nodes by torch_geometric.utils.index_to_mask(nodes, data.num_nodes)"
            )
    # a column alone, or no columns, serves all splits
    columns = {key: mask.view(mask.size(0), -1) for key, mask in masks.items()}
    count = max(mask.size(1) for mask in columns.values())
    if any(mask.size(1) not in (1, count) for mask in columns.values()):
        counts = ", ".join(f"{mask.size(1)} in {key}" for key, mask in columns.items())
        raise ValueError(f"the masks have different numbers of splits: {counts}")
    if not 0 <= split < count:
        raise ValueError(f"the graph has splits 0 to {count - 1}, got split={split}")
    chosen = {k: m[:, split if m.size(1) > 1 else 0].bool() for k, m in columns.items()}
    for key, mask in chosen.items():
        if not bool(mask.any()):
            raise ValueError(
                f"{key} marks no node in split {split}; mark some, or give fractions=(0.3, 0.2, "
                "0.5) for a random split"
            )
    return list(chosen.values())


def with_features(dataset: Iterable[Data]) -> list[Data]:
    """The graphs, those without features with a single one of 1.

    Raises:
        ValueError: there is no graph.
    """
    graphs = [graph if graph.get("x") is not None else _with_ones(graph) for graph in dataset]
    if not graphs:
        raise ValueError("the data set holds no graph")
    for index, graph in enumerate(graphs):
        _check_features(graph.x, graph.num_nodes, f"graph {index}")
    return graphs


def split_parts(
    dataset: Iterable[Data],
    count: int,
    fractions: tuple[float, float, float] | None,
    generator: torch.Generator | None,
) -> list[list[int]]:
    """Numbers of the train, validation and test graphs.

    ``fractions`` None takes the parts that the data set comes with (``dataset.parts``, a dict of
    lists), and where it has not all three, a random 80, 10 and 10 percent.

    Raises:
        ValueError: fractions are no shares of 1, or a part comes out empty.
    """
    own = getattr(dataset, "parts", {})
    if fractions is None and all(own.get(part) for part in ("train", "val", "test")):
        return [list(own[part]) for part in ("train", "val", "test")]
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    order = torch.randperm(count, generator=generator).tolist()
    return [order[low:high] for low, high in shares(count, fractions or (0.8, 0.1, 0.1), "graphs")]


def shares(count: int, fractions: tuple[float, float, float], what: str) -> list[tuple[int, int]]:
    """Where the train, validation and test part of ``count`` things begin and end.

    Raises:
        ValueError: fractions are no shares of 1, or a part comes out empty.
    """
    check_fractions(fractions)
    ends = [round(sum(fractions[:part]) * count) for part in range(4)]
    for name, (low, high) in zip(("train", "val", "test"), pairwise(ends), strict=True):
        if low == high:
            raise ValueError(
                f"the {name} part comes out empty: {count} {what} in fractions {fractions}; choose "
                f"larger fractions or more {what}"
            )
    return list(pairwise(ends))


def check_fractions(fractions: tuple[float, float, float]) -> None:
    """Raise unless these are shares of 1."""
    if min(fractions) < 0 or sum(fractions) > 1 + 1e-9:
        raise ValueError(f"fractions must be shares that add up to at most 1, got {fractions}")


def name_of(dataset: Iterable[Data], graphs: Sequence[Data]) -> str:
    """The data set's name, or how many graphs it has."""
    return getattr(dataset, "name", None) or f"{len(graphs)} graphs"


def _check_features(x: Tensor, num_nodes: int, where: str) -> Tensor:
    if not isinstance(x, Tensor) or x.dim() != 2 or x.size(0) != num_nodes:
        shape = list(x.shape) if hasattr(x, "shape") else type(x).__name__
        advice = "; one number for each node is x.view(-1, 1)" if shape == [num_nodes] else ""
        raise ValueError(
            f"{where} has x of shape {shape}; features are a tensor [{num_nodes}, channels]{advice}"
        )
    return x


def _with_ones(graph: Data) -> Data:
    graph = graph.clone()
    graph.x = torch.ones(graph.num_nodes, 1)
    return graph
