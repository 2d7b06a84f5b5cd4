"""Whether a test tells two graphs apart, with the witness."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from workbench.choices import check_choice
from workbench.diagnostics.expressivity.weisfeiler_leman import items
from workbench.diagnostics.expressivity.weisfeiler_leman.coloring import Coloring, coloring
from workbench.diagnostics.expressivity.weisfeiler_leman.prepared import (
    join_graphs,
    label_rows,
    numbers,
    split,
)
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph
from workbench.topology import check_edge_index

if TYPE_CHECKING:
    from torch_geometric.data import Data

#: Test -> what it colors: a builder of items, and its options.
TESTS: dict[str, tuple[Callable[..., items.Items], dict]] = {
    "1-wl": (items.node_items, {}),
    "2-wl": (items.tuple_items, {"k": 2, "near": "all"}),
    "3-wl": (items.tuple_items, {"k": 3, "near": "all"}),
    "delta-2-wl": (items.tuple_items, {"k": 2, "near": "told-apart"}),
    "delta-2-lwl": (items.tuple_items, {"k": 2, "near": "neighbors"}),
    "2-fwl": (items.folklore_items, {"k": 2}),
    "3-fwl": (items.folklore_items, {"k": 3}),
    "spd-wl": (items.distance_items, {"distance": "shortest-path"}),
    "rd-wl": (items.distance_items, {"distance": "resistance"}),
    "spd-rd-wl": (items.distance_items, {"distance": "both"}),
    "rrwp-wl": (items.distance_items, {"distance": "rrwp"}),
    "ego-wl": (items.subgraph_items, {"policy": "ego"}),
    "1,1-wl": (items.marked_items, {"marks": 1}),
    "dss-wl": (items.subgraph_items, {"policy": "dss"}),
    "1,2-wl": (items.marked_items, {"marks": 2}),
}


@dataclass(frozen=True)
class Distinction:
    """Whether two graphs are told apart, and by what; true or false as such.

    Attributes:
        test: the name of the test.
        distinguished: the answer. Both answers are exact: different hashes prove a difference, and
            equality is verified without a hash. Real distances are taken for equal as
            ``distance_wl_colors`` says.
        round: first round whose histograms of colors differ; None where none does.
        only_a, only_b: items (rows of node numbers) of each graph whose color at that round is
            more frequent in this graph than in the other; empty where the graphs are equal.
        coloring: the colors of both graphs; graph 0 is a, graph 1 is b.
    """

    test: str
    distinguished: bool
    round: int | None
    only_a: Int64[Tensor, "items_a width"]
    only_b: Int64[Tensor, "items_b width"]
    coloring: Coloring

    def __bool__(self) -> bool:
        return self.distinguished

    def __repr__(self) -> str:
        if not self.distinguished:
            stalls = self.coloring.num_rounds
            return f"Distinction({self.test}: equal, stable after {stalls} rounds)"
        return (
            f"Distinction({self.test}: different from round {self.round}, "
            f"{self.only_a.size(0)} and {self.only_b.size(0)} items differ)"
        )


def distinguishes(
    data_a: "Data", data_b: "Data", *, test: str = "1-wl", max_rounds: int | None = None
) -> Distinction:
    """Whether a test of the Weisfeiler-Leman family tells two graphs apart.

    Args:
        data_a, data_b: graphs. Where both hold ``x``, equal rows are equal first colors; where
            both hold ``edge_attr``, equal rows are equal edge labels (tests on distances do not
            read them).
        test: a key of ``TESTS``: ``"1-wl"``; ``"2-wl"``, ``"3-wl"`` (oblivious), ``"delta-2-wl"``,
            ``"delta-2-lwl"`` (local); ``"2-fwl"``, ``"3-fwl"`` (folklore); ``"spd-wl"``,
            ``"rd-wl"`` (resistance), ``"spd-rd-wl"``, ``"rrwp-wl"``; ``"1,1-wl"`` (nodes marked),
            ``"1,2-wl"`` (pairs marked), ``"ego-wl"`` (2 hops), ``"dss-wl"``.
        max_rounds: stop after this many rounds; to stability if not given.

    Returns:
        ``Distinction``: true where the graphs are told apart, with the first round and the nodes
        or tuples whose colors differ.

    Raises:
        ValueError: the test is unknown, or the features of the graphs have different widths.
        TooLargeError: the test would not fit into memory.

    Examples:
        >>> from workbench.diagnostics import distinguishes
        >>> from workbench.graphs import csl
        >>> bool(distinguishes(csl(11, 2), csl(11, 3)))  # both 4-regular
        False
        >>> bool(distinguishes(csl(11, 2), csl(11, 3), test="2-fwl"))
        True

    References:
        See the function behind each test: ``wl_colors``, ``kwl_colors``, ``fwl_colors``,
        ``distance_wl_colors``, ``klwl_colors``, ``subgraph_wl_colors``.
    """
    pair = batch_of([data_a, data_b], called=("data_a", "data_b").__getitem__)
    graphs, device = split(*pair), data_a.edge_index.device
    built = items_of(graphs, test, device)
    found = built.refine(max_rounds=max_rounds)
    return compare(test, coloring(found, built.nodes, built.start, device))


def tell_apart(
    pairs: Sequence[tuple["Data", "Data"]], *, test: str = "1-wl"
) -> Bool[Tensor, " pairs"]:
    """Which pairs of graphs a test tells apart: ``distinguishes`` for many, without witnesses.

    Each pair is refined until its histograms differ, or to stability.

    Raises:
        ValueError: as in ``distinguishes``.
        TooLargeError: the test would not fit into memory for one of the pairs.

    Examples:
        >>> from workbench.diagnostics import tell_apart
        >>> from workbench.graphs import csl, path, star
        >>> tell_apart([(path(4), star(4)), (csl(11, 2), csl(11, 3))]).tolist()
        [True, False]
    """
    found = torch.zeros(len(pairs), dtype=torch.bool)

    def called(number: int) -> str:
        return f"pairs[{number // 2}][{number % 2}]"

    graphs = [graph for first, second in pairs for graph in (first, second)]
    read = [_read(graph, number, called) for number, graph in enumerate(graphs)]
    for chosen, names in _chunks(read):
        both = [2 * number + place for number in chosen for place in (0, 1)]
        whole, start = _join([read[at] for at in both], names, lambda at, b=both: called(b[at]))
        device = read[both[0]].edges.device
        if test == "1-wl":  # one loop over all is quicker than a loop each
            last = items.batch_items(whole, start, device).refine().rounds[-1]
            found[torch.tensor(chosen)] = torch.from_numpy(_differ(last, start))
            continue
        graphs = split(whole, start)
        for place, number in enumerate(chosen):
            built = items_of(graphs[2 * place : 2 * place + 2], test, device)
            middle = int(built.start[1])

            def differ(colors: np.ndarray, count: int, middle: int = middle) -> bool:
                first = np.bincount(colors[:middle], minlength=count)
                return not np.array_equal(first, np.bincount(colors[middle:], minlength=count))

            last = built.refine(enough=differ).rounds[-1]
            found[number] = differ(last, int(last.max(initial=-1)) + 1)
    return found


def _chunks(read: "list[_Read]") -> list[tuple[list[int], tuple[str, ...]]]:
    """Numbers of pairs that may be prepared together, and the features that are read there.

    Both graphs of each pair hold these features, and all have one width. A few million edges at a
    time are enough to be quick.
    """
    groups: dict[tuple, list[int]] = {}
    edges = 0
    for number, (first, second) in enumerate(zip(read[0::2], read[1::2], strict=True)):
        key = []
        for name in FEATURES:
            if name in first.features and name in second.features:
                key.append((name, *(graph.features[name].shape[1:] for graph in (first, second))))
        edges += first.num_edges + second.num_edges
        where = (edges >> 22, first.edges.device, *key)
        groups.setdefault(where, []).append(number)
    return [(numbers, tuple(name for name, *_ in key)) for (_, _, *key), numbers in groups.items()]


def _differ(colors: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Which of the pairs of graphs 2i and 2i + 1 have different histograms of colors."""
    sizes = np.diff(start)
    graph = np.repeat(np.arange(sizes.size), sizes)
    found = sizes[0::2] != sizes[1::2]
    kept = ~found[graph // 2]
    count = int(colors.max(initial=0)) + 1
    keys = (graph[kept] // 2) * count + colors[kept]
    first = graph[kept] % 2 == 0
    one, other = np.sort(keys[first]), np.sort(keys[~first])
    found[np.unique(one[one != other] // count)] = True
    return found


def graph_classes(graphs: Sequence["Data"], *, test: str = "1-wl") -> Int64[Tensor, " graphs"]:
    """A number for each graph, equal for graphs that a test cannot tell apart.

    All graphs are refined together, to stability. Features are read as in ``distinguishes``,
    where every graph holds them.

    Raises:
        ValueError: as in ``distinguishes``.
        TooLargeError: the test would not fit into memory for all graphs together.

    Examples:
        >>> from workbench.diagnostics import graph_classes
        >>> from workbench.graphs import path, ring, star
        >>> graph_classes([path(4), ring(4), star(4), path(4)]).tolist()
        [0, 1, 2, 0]
    """
    if not graphs:
        return torch.zeros(0, dtype=torch.int64)
    whole, start = batch_of(graphs)
    device = graphs[0].edge_index.device
    if test == "1-wl":
        built = items.batch_items(whole, start, device)
        return coloring(built.refine(), built.nodes, built.start, device).graph_classes()
    return classes_of(split(whole, start), test, device)


def classes_of(graphs: list[Graph], test: str, device: torch.device) -> Int64[Tensor, " graphs"]:
    """``graph_classes`` of graphs that are ready for refinement."""
    built = items_of(graphs, test, device)
    return coloring(built.refine(), built.nodes, built.start, device).graph_classes()


def items_of(graphs: list[Graph], test: str, device: torch.device) -> items.Items:
    """What the test colors.

    Raises:
        ValueError: the test is unknown.
    """
    check_choice("test", test, TESTS)
    build, options = TESTS[test]
    return build(graphs, device, **options)


def graphs_of(data: Sequence["Data"]) -> list[Graph]:
    """Graphs ready for refinement; equal rows of ``x`` and of ``edge_attr`` are equal labels.

    Raises:
        ValueError: ``x`` or ``edge_attr`` has different widths in two graphs.
    """
    return split(*batch_of(data))


def batch_of(
    data: Sequence, called: Callable[[int], str] = "graphs[{}]".format
) -> tuple[Graph, np.ndarray]:
    """All graphs as one, ready for refinement, and where each one's nodes start.

    Equal rows of ``x`` and of ``edge_attr`` are equal labels, where all graphs hold them. Messages
    name a graph as ``called`` does.

    Raises:
        TypeError: a graph is no ``Data``, or has no ``edge_index``.
        ValueError: a node of an edge does not exist, ``x`` or ``edge_attr`` has another number of
            rows than the graph has nodes or edges, or different widths in two graphs.
    """
    read = [_read(graph, number, called) for number, graph in enumerate(data)]
    return _join(read, FEATURES, called)


#: What is read of a graph besides its edges.
FEATURES = ("x", "edge_attr")


class _Read(NamedTuple):
    """What is read of a ``Data``, once, as looking up its attributes takes longer than 1-WL."""

    edges: Tensor
    num_edges: int
    num_nodes: int
    features: dict[str, Tensor]


def _read(graph: object, number: int, called: Callable[[int], str]) -> _Read:
    """A ``Data`` with edges; whether they are in range is seen for all graphs at once.

    Raises:
        TypeError: it is no ``Data``, has no ``edge_index``, or features that are no tensors.
    """
    from torch_geometric.data import Data  # whoever has one has loaded it

    if not isinstance(graph, Data):
        came = type(graph)
        advice = "use from_networkx" if came.__module__.startswith("networkx") else "make it one"
        raise TypeError(
            f"{called(number)} must be a torch_geometric Data, got {came.__name__}; {advice}"
        )
    edges = graph.edge_index
    if edges is None:
        raise TypeError(
            f"{called(number)} has no edge_index; give it one, "
            "torch.empty(2, 0, dtype=torch.long) where there are no edges"
        )
    if not isinstance(edges, Tensor) or edges.dtype != torch.int64 or edges.shape[:-1] != (2,):
        check_edge_index(edges, graph.num_nodes, name=f"edge_index of {called(number)}")
    features = {name: part for name in FEATURES if (part := graph.get(name)) is not None}
    for name, part in features.items():
        if not (isinstance(part, Tensor) and part.dim()):
            came = "one number" if isinstance(part, Tensor) else type(part).__name__
            what = "node" if name == "x" else "edge"
            raise TypeError(
                f"{name} of {called(number)} must be a tensor with a row for each {what}, "
                f"got {came}"
            )
    return _Read(edges, edges.shape[1], graph.num_nodes, features)


def _join(
    read: list[_Read], names: Sequence[str], called: Callable[[int], str]
) -> tuple[Graph, np.ndarray]:
    """``batch_of`` with the named features."""
    num_nodes, num_edges = [part.num_nodes for part in read], [part.num_edges for part in read]
    sizes, counts = torch.tensor(num_nodes), torch.tensor(num_edges)
    local = torch.cat([part.edges.cpu() for part in read], dim=1)
    start = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
    wrong = (local < 0) | (local >= torch.repeat_interleave(sizes, counts))
    if bool(wrong.any()):
        column = int(wrong.any(dim=0).nonzero()[0])
        at = int(torch.searchsorted(counts.cumsum(0), column, right=True))
        check_edge_index(read[at].edges, num_nodes[at], name=f"edge_index of {called(at)}")
    labels = []
    for name, what, each in zip(FEATURES, ("node", "edge"), (num_nodes, num_edges), strict=True):
        rows = None
        if name in names and all(name in part.features for part in read):
            rows = _rows([part.features[name] for part in read], each, name, what, called)
        labels.append(numbers(rows, sum(each)))
    whole = local + torch.repeat_interleave(start[:-1], counts)
    return join_graphs(whole.numpy(), start.numpy(), *labels), start.numpy()


def compare(test: str, found: Coloring, a: int = 0, b: int = 1) -> Distinction:
    """The distinction of two graphs that were colored together."""
    for round in range(len(found.rounds)):
        difference = found.histogram(a, round) - found.histogram(b, round)
        if bool(difference.any()):
            only = [
                found.nodes[found.start[graph] : found.start[graph + 1]][
                    (sign * difference)[found.of_graph(graph, round)] > 0
                ]
                for graph, sign in ((a, 1), (b, -1))
            ]
            return Distinction(test, True, round, *only, found)
    none = found.nodes[:0]
    return Distinction(test, False, None, none, none, found)


def _rows(
    parts: list[Tensor], each: list[int], name: str, what: str, called: Callable[[int], str]
) -> np.ndarray | None:
    """The labels of all graphs, one row for each node or edge."""
    rows = [
        label_rows(part, count, f"{name} of {called(number)}", what)
        for number, (part, count) in enumerate(zip(parts, each, strict=True))
    ]
    rows = [part for part in rows if part.shape[0]]  # what has no rows may have any width
    widths = sorted({part.shape[1] for part in rows})
    if len(widths) > 1:
        raise ValueError(
            f"{name} has {widths[0]} channels in one graph and {widths[-1]} in another; give all "
            "graphs the same, or leave it out of one"
        )
    return np.concatenate(rows) if rows else None
