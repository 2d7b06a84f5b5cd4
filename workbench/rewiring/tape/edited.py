"""A weighted graph after edits: kept edges keep their conductance, new ones have 1."""

import torch
from torch import Tensor

from workbench.rewiring.result import apply_edits


def edit_columns(
    edge_index: Tensor, num_nodes: int, edits: Tensor, edge_weight: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """``edge_index`` after ``edits``, and the conductances of its columns; None without weights."""
    made = apply_edits(edge_index, num_nodes, edits)
    if edge_weight is None:
        return made.edge_index, None
    kept = edge_weight[made.kept]
    return made.edge_index, torch.cat([kept, kept.new_ones(int(made.is_new.sum()))])
