"""The edges that each method would add next, and how far the methods agree."""

import html
import math

from workbench.rewiring import EDITS
from workbench.widgets.rewiring_state import RewiringState
from workbench.widgets.rewiring_views import pair_name


def best_next_edges(
    state: RewiringState, count: int = 5
) -> dict[str, list[tuple[int, int, float]]]:
    """By method that adds edge by edge: (u, v, score) of its next ones, best first."""
    edge_index, best = state.tape.edge_index(), {}
    for name, method in EDITS.items():
        greedy = method.declaration.greedy
        if greedy is None or (name == "gtr" and not state.pairs.dense):
            continue
        ranked = greedy(edge_index, state.num_nodes).propose(count)
        rows = zip(ranked.pairs.T.tolist(), ranked.score.tolist(), strict=True)
        best[name] = [(u, v, score) for (u, v), score in rows if score == score]
    return {name: edges for name, edges in best.items() if edges}  # random_edges ranks none


def best_table(best: dict[str, list[tuple[int, int, float]]], names: list[str]) -> str:
    """Ranks as rows, methods as columns; a pair that several methods name is bold."""
    named = [pair[:2] for edges in best.values() for pair in edges]
    head = "".join(f"<th>{html.escape(method)}</th>" for method in best)
    rows = []
    for rank in range(max((len(edges) for edges in best.values()), default=0)):
        cells = ""
        for edges in best.values():
            text = ""
            if rank < len(edges):
                u, v, score = edges[rank]
                text = html.escape(pair_name(names, u, v))
                if named.count((u, v)) > 1:
                    text = f"<b>{text}</b>"
                if not math.isnan(score):
                    text += f" <small>{score:.3g}</small>"
            cells += f"<td>{text}</td>"
        rows.append(f"<tr><th>{rank + 1}</th>{cells}</tr>")
    return (
        "<div>What each method would add next, with its own score; bold where methods agree."
        f'</div><table class="workbench-best"><tr><th></th>{head}</tr>{"".join(rows)}</table>'
    )
