"""Edges removed uniformly at random: the baseline of every method that takes edges away."""

from collections.abc import Callable

import torch

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.result import Rewired, apply_edits
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@rewiring("edits", adds=False, removes=True, scored=False)
def random_removal(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Remove ``num_edges`` edges, uniform over the sets of that many edges.

    Self-loops of the input stay; a repeated edge counts once and goes as a whole. Nodes may become
    isolated and components may fall apart. Weights play no role. Where there are fewer edges, all
    go, in random order. ``score`` is nan. Without a generator one with seed 0 is used, and draws
    among the edges by (source, target): under another numbering other edges, as likely as these.
    Cost: O(m); ``should_stop`` is asked once, before the draw.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed (the message names ``to_undirected``) or ``num_edges`` is
            negative.
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "random_removal")
    graph = simple_graph(edge_index, num_nodes)
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    drawn = torch.randperm(graph.num_edges, generator=generator, device=generator.device)
    drawn = drawn[:num_edges].to(edge_index.device)
    pairs = torch.stack([graph.source[drawn], graph.target[drawn]])
    return apply_edits(edge_index, num_nodes, torch.cat([-torch.ones_like(pairs[:1]), pairs]))
