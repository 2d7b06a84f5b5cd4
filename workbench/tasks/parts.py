"""What the makers of tasks share: parts of a data set, features where there are none, titles."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch_geometric.data import Data

MASKS = ("train_mask", "val_mask", "test_mask")

#: Above this many nodes, nodes without features get no one-hot vectors (100 MB at the limit).
MAX_ONE_HOT = 5000


def features(data: Data) -> Tensor:
    """``x`` of one graph, or one-hot vectors of the nodes' own numbers.

    Raises:
        ValueError: there are more than 5,000 nodes and no features.
    """
    if data.get("x") is not None:
        return data.x
    if data.num_nodes > MAX_ONE_HOT:
        raise ValueError(
            f"the graph has {data.num_nodes} nodes and no features x; one-hot vectors would "
            f"be {data.num_nodes} wide (limit {MAX_ONE_HOT}), so give data.x"
        )
    return torch.eye(data.num_nodes)


def with_features(dataset: Iterable[Data]) -> list[Data]:
    """The graphs, those without features with a single one of 1.

    Raises:
        ValueError: there is no graph.
    """
    graphs = [graph if graph.get("x") is not None else _with_ones(graph) for graph in dataset]
    if not graphs:
        raise ValueError("the data set holds no graph")
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


def _with_ones(graph: Data) -> Data:
    graph = graph.clone()
    graph.x = torch.ones(graph.num_nodes, 1)
    return graph
