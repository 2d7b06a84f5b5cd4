"""The edges that each method would add next, and how far the methods agree."""

from torch import Tensor

from workbench.rewiring import EDITS


def best_next_edges(
    edge_index: Tensor, num_nodes: int, count: int = 5, edge_weight: Tensor | None = None
) -> dict[str, list[tuple[int, int, float]]]:
    """By method that adds edge by edge: (u, v, score) of its next ones, best first.

    ``edge_weight`` goes to those that use it. A method whose ``greedy`` is
    not quick on so many nodes is left out.
    """
    best = {}
    for name, method in EDITS.items():
        declared = method.declaration
        if declared.greedy is None or num_nodes > declared.greedy_nodes:
            continue
        weighted = edge_weight is not None and declared.weighted == "used"
        read = {"edge_weight": edge_weight} if weighted else {}
        ranked = declared.greedy(edge_index, num_nodes, **read).propose(count)
        rows = zip(ranked.pairs.T.tolist(), ranked.score.tolist(), strict=True)
        best[name] = [(u, v, score) for (u, v), score in rows if score == score]
    return {name: edges for name, edges in best.items() if edges}  # random_edges ranks none
