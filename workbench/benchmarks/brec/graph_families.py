"""Families of graphs that are hard to tell apart: what a test or a model leaves equal."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from scipy.sparse.csgraph import connected_components
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.benchmarks.brec.encoding import Encoding, encodes, method_name
from workbench.benchmarks.brec.exact import TOLERANCE, encoding_outcome
from workbench.benchmarks.brec.pair import Features, embed_copies
from workbench.choices import check_choice
from workbench.diagnostics import TESTS, graph_classes
from workbench.training.randomness import OwnRandomness


@dataclass(frozen=True)
class FamilySplit:
    """How far a method tells the graphs of a family apart.

    Attributes:
        method: name of the test, encoding or model.
        classes: a number for each graph, equal where the method cannot tell graphs apart; of a
            model, where their embeddings lie within ``tolerance``, directly or by way of others.
        num_graphs, num_classes: how many there are.
        pairs_left: pairs of graphs in one class.
        noise: largest distance between embeddings of relabeled copies of one graph; of an encoding,
            largest difference in the sorted values of a channel, relative to its largest value; 0
            for a test.
        moved: graphs that differ from a relabeled copy of themselves; 0 for a test.
        smallest_distance: smallest distance between embeddings of two graphs; None for a test and
            for an encoding.
        tolerance: distance up to which embeddings count as equal; None for a test.
        seconds: how long it took.
    """

    method: str
    classes: Int64[Tensor, " graphs"]
    num_graphs: int
    num_classes: int
    pairs_left: int
    noise: float
    moved: int
    smallest_distance: float | None
    tolerance: float | None
    seconds: float

    def row(self) -> dict:
        """The numbers without the classes."""
        names = ("method", "num_graphs", "num_classes", "pairs_left", "noise")
        names += ("moved", "smallest_distance", "tolerance")
        return {n: getattr(self, n) for n in names} | {"seconds": round(self.seconds, 3)}

    @property
    def invariant(self) -> bool:
        """Whether no graph differs from a relabeled copy of itself by more than the tolerance.

        Where it does, the classes say more about the numbering of the nodes than about the graphs.
        """
        return not self.moved and (self.tolerance is None or self.noise <= self.tolerance)


def family_split(
    graphs: Sequence[Data],
    method: str | Encoding | Callable[[], nn.Module],
    *,
    features: Features | None = None,
    num_copies: int = 4,
    tolerance: float = 1e-3,
    seed: int = 0,
    name: str | None = None,
) -> FamilySplit:
    """Which graphs of a family a test, an encoding or a model with random weights leaves equal.

    Args:
        graphs: the family; ``x`` is read where every graph holds it.
        method: a key of ``TESTS``, exact; or a function ``(edge_index, num_nodes) -> [nodes,
            channels]``, whose rows are the first colors of 1-WL; or what makes a model, called as
            ``model(x, edge_index, batch) -> [graphs, channels]`` in float64 with random weights.
            What can be called without arguments makes a model.
        features: (edge_index, num_nodes) -> ``[nodes, channels]`` input of a model, on each
            relabeled copy; ``x`` of the graphs, else a single 1, if not given.
        num_copies: relabelings of each graph from which the noise is measured.
        tolerance: Euclidean distance of a model's embeddings, relative to the largest norm, up to
            which they count as equal.
        seed: of the weights and relabelings.
        name: of the method; else its own.

    The distances of a model are relative to the largest norm of an embedding. Random weights can
    merge by chance what training would tell apart; a test cannot.

    Raises:
        ValueError: no graphs, the test is unknown, the model gives no graph embedding, or an
            encoding holds nan or does not fit its graph.
        TypeError: ``method`` neither takes a graph nor makes a model.
        TooLargeError: the test would not fit into memory for all graphs together.

    Examples:
        >>> from workbench.benchmarks import family_split
        >>> from workbench.graphs import petersen, rook, shrikhande
        >>> split = family_split([petersen(), rook(4), shrikhande()], "2-fwl")
        >>> split.num_classes, split.pairs_left
        (2, 1)

    References:
        Balcilar et al., Breaking the limits of message passing graph neural networks, ICML 2021,
        arXiv 2106.04319, for the protocol with random weights.
    """
    if not graphs:
        raise ValueError("there is no graph in the family")
    if num_copies < 1:
        raise ValueError(f"num_copies must be at least 1, got {num_copies}")
    start, distances = time.perf_counter(), (0.0, 0, None, None)
    own = method if isinstance(method, str) else method_name(method, "encoding")
    if isinstance(method, str):
        check_choice("test", method, TESTS)
        classes = graph_classes(graphs, test=method)
    elif encodes(method):
        found = encoding_outcome(graphs, method, num_copies=num_copies, seed=seed)
        classes = found.classes
        distances = found.noise, int(found.moved.sum()), None, TOLERANCE
    elif encodes(method) is None or isinstance(method, nn.Module):
        raise TypeError(
            "method must be a test, an encoding called as method(edge_index, num_nodes), or make a "
            f"fresh model when it is called without arguments; got {method!r}"
        )
    else:
        with OwnRandomness(seed):
            model = method().double().eval()
        own = type(model).__name__
        generator = torch.Generator().manual_seed(seed)
        rows = embed_copies(model, graphs, features, num_copies, generator)
        rows = rows / rows.norm(dim=2).max().clamp(min=1e-300)
        noise = (rows - rows[:, :1]).norm(dim=2).amax(1)
        apart = torch.cdist(rows[:, 0], rows[:, 0], compute_mode="donot_use_mm_for_euclid_dist")
        classes = _components(apart <= tolerance)
        off = apart + torch.diag(torch.full((len(graphs),), torch.inf, dtype=apart.dtype))
        smallest = float(off.min()) if len(graphs) > 1 else None
        distances = float(noise.max()), int((noise > tolerance).sum()), smallest, tolerance
    sizes = torch.bincount(classes)
    return FamilySplit(
        name or own,
        classes,
        len(graphs),
        int((sizes > 0).sum()),
        int((sizes * (sizes - 1) // 2).sum()),
        *distances,
        time.perf_counter() - start,
    )


def _components(near: Tensor) -> Tensor:
    """A number for each row, equal where rows are joined by a chain of near ones."""
    return torch.from_numpy(connected_components(near.numpy(), directed=False)[1]).long()
