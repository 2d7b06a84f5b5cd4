"""What a test leaves possible on a data set: graphs it identifies, and the best accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from workbench.diagnostics.expressivity.isomorphism import isomorphic
from workbench.diagnostics.expressivity.weisfeiler_leman.coloring import coloring
from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import graphs_of, items_of

if TYPE_CHECKING:
    from torch_geometric.data import Data


@dataclass(frozen=True)
class UpperBound:
    """One number after each round of a test, 0 rounds first, and the same for isomorphism.

    Attributes:
        accuracy: share of graphs that are right if every class of equal graphs is given its most
            frequent label: no model bounded by the test does better on this data set.
        unique: share of graphs that are alone in their class.
        identified: share of graphs whose class holds only graphs isomorphic to it, so that the
            test is as good as isomorphism there.
        classes: number of classes.
        accuracy_limit, unique_limit, classes_limit: the same of the isomorphism classes.
    """

    accuracy: Float64[Tensor, " rounds"]
    unique: Float64[Tensor, " rounds"]
    identified: Float64[Tensor, " rounds"]
    classes: Int64[Tensor, " rounds"]
    accuracy_limit: float
    unique_limit: float
    classes_limit: int

    @property
    def rounds_to_isomorphism(self) -> int | None:
        """First round whose classes are the isomorphism classes; None where there is none."""
        equal = (self.classes == self.classes_limit).nonzero()
        return int(equal[0]) if equal.numel() else None


def wl_upper_bound(
    graphs: Sequence["Data"], labels: Tensor, *, test: str = "1-wl", max_rounds: int | None = None
) -> UpperBound:
    """How far a test can go on a data set of graphs, round by round.

    Args:
        graphs: the data set. Equal rows of ``x`` are equal first colors, equal rows of
            ``edge_attr`` equal edge labels, where every graph holds them; drop them to ask without.
        labels: ``[graphs]`` class of each graph.
        test: a key of ``TESTS``.
        max_rounds: stop after this many rounds; to stability if not given.

    Returns:
        ``UpperBound``.

    The bound is of this data set only, training graphs and all: on graphs that nobody has seen it
    says nothing. Duplicates make ``unique`` small without being a weakness of the test, which is
    what ``identified`` leaves out.

    Raises:
        TypeError: ``labels`` are no tensor, or what ``distinguishes`` raises.
        ValueError: no graphs, ``labels`` hold nan or have another length, or what
            ``distinguishes`` raises.
        TooLargeError: the test would not fit into memory for all graphs together.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import wl_upper_bound
        >>> from workbench.graphs import csl
        >>> bound = wl_upper_bound([csl(11, 2), csl(11, 3)], torch.tensor([0, 1]))
        >>> float(bound.accuracy[-1])  # 1-WL does not tell the two apart
        0.5

    References:
        Zopf, 1-WL expressiveness is (almost) all you need, 2022, arXiv 2202.10156. The paper's
        definition of identification was not at hand; ``unique`` and ``identified`` are ours.
    """
    if not isinstance(labels, Tensor):
        came = type(labels).__name__
        raise TypeError(f"labels must be a tensor, got {came}; use torch.as_tensor(labels)")
    if not len(graphs) or labels.numel() != len(graphs):
        raise ValueError(f"{labels.numel()} labels for {len(graphs)} graphs; give one for each")
    labels = labels.detach().cpu().ravel()
    if bool(labels.isnan().any()):
        raise ValueError("labels hold nan, which is no class; leave those graphs out")
    _, label = torch.unique(labels, return_inverse=True)
    prepared = graphs_of(graphs)
    device = graphs[0].edge_index.device
    built = items_of(prepared, test, device)
    found = coloring(built.refine(max_rounds=max_rounds), built.nodes, built.start, device)
    same = isomorphic(prepared, device)
    rounds = [_measure(found.graph_classes(r), label, same) for r in range(len(found.rounds))]
    accuracy, unique, identified, classes = zip(*rounds, strict=True)
    limit = _measure(same, label, same)
    return UpperBound(
        torch.tensor(accuracy, dtype=torch.float64),
        torch.tensor(unique, dtype=torch.float64),
        torch.tensor(identified, dtype=torch.float64),
        torch.tensor(classes),
        limit[0],
        limit[1],
        limit[3],
    )


def _measure(cell: Tensor, label: Tensor, same: Tensor) -> tuple[float, float, float, int]:
    """(best accuracy, share alone, share in a pure class, number of classes)."""
    cells, counts = int(cell.max()) + 1, torch.bincount(cell)
    table = torch.zeros(cells, int(label.max()) + 1, dtype=torch.int64)
    table.index_put_((cell, label), torch.ones_like(cell), accumulate=True)
    kinds = torch.unique(torch.stack([cell, same]), dim=1)[0].bincount(minlength=cells)
    total = cell.numel()
    return (
        int(table.max(dim=1).values.sum()) / total,
        int((counts == 1).sum()) / total,
        int(counts[kinds == 1].sum()) / total,
        cells,
    )
