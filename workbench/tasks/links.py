"""Tasks of links: which pairs of nodes are joined, told from the other edges."""

from dataclasses import replace

import torch
from torch_geometric.data import Data

from workbench.tasks.checks import check_sizes
from workbench.tasks.guessing import guessing_score
from workbench.tasks.negatives import draw_negatives
from workbench.tasks.parts import features, shares
from workbench.tasks.task import Task
from workbench.topology import both_directions, simple_graph


def held_out_links(
    data: Data,
    *,
    fractions: tuple[float, float, float] = (0.85, 0.05, 0.1),
    negatives: int = 20,
    channels: int = 32,
    metric: str = "mrr",
    generator: torch.Generator | None = None,
) -> Task:
    """Find the edges of one graph that were taken out of it.

    A random share of the undirected edges is taken out for validation and for the test; the model
    sees the rest, the same in all parts. It is trained on the rest too, one new negative for each
    edge at every step. A held-out edge stands both ways, each with ``negatives`` pairs of the same
    source that are no edges of the whole graph, drawn once. Self-loops and repeats are dropped, and
    so are attributes of the graph besides ``x``: of those of edges a model could tell what is gone.

    Guessing scores all pairs alike.

    Args:
        data: an undirected graph; nodes without features get one-hot vectors.
        fractions: shares of train, validation and test edges.
        negatives: for each held-out pair.
        channels: width of the vectors whose inner products score the pairs.
        metric: a name of ``METRICS["link"]``; ``mrr`` and the ``hits`` rank a pair among those
            of its source.
        generator: draws edges and negatives; None for a new one with seed 0.

    Raises:
        ValueError: the graph is directed, an option is out of its range, or a part comes out
            empty.

    Examples:
        >>> from workbench.graphs import karate
        >>> from workbench.tasks import held_out_links
        >>> task = held_out_links(karate())
        >>> task.train[0].num_edges // 2  # 85 % of 78
        66
    """
    check_sizes(100_000, negatives=negatives, channels=channels)
    if negatives < 1 or channels < 1:
        raise ValueError(
            f"negatives and channels must be at least 1; got {negatives} and {channels}"
        )
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    graph = simple_graph(data.edge_index.cpu(), data.num_nodes)
    count = graph.num_edges
    order = torch.randperm(count, generator=generator)
    edges = torch.stack([graph.source, graph.target])[:, order]
    parts = [edges[:, low:high] for low, high in shares(count, fractions, "edges")]
    x, seen = features(data), both_directions(*parts[0])

    def link_part(part: torch.Tensor) -> Data:
        true, pointer = both_directions(*part), torch.tensor([0, data.num_nodes])
        drawn = draw_negatives(true, pointer, negatives, generator, known=edges)
        pairs = torch.cat([true, drawn], dim=1)
        y = torch.cat([torch.ones(true.size(1)), torch.zeros(drawn.size(1))]).long()
        return Data(x=x, edge_index=seen, edge_label_index=pairs, y=y)

    train = Data(x=x, edge_index=seen, edge_label_index=seen, y=torch.ones_like(seen[0]))
    val, test = link_part(parts[1]), link_part(parts[2])
    title = data.name if data.get("name") else f"{data.num_nodes} nodes"
    task = Task(
        name=f"held_out_links({title})",
        level="pair",
        train=[train],
        val=[val],
        test=[test],
        in_channels=x.size(1),
        out_channels=channels,
        target="link",
        metric=metric,
        negatives=1,
    )
    return replace(task, chance=guessing_score(task.objective, task.train, task.test))
