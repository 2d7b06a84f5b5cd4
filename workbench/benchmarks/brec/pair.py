"""One pair of BREC: relabel both graphs, train a fresh model to separate them, decide."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from workbench.benchmarks.brec.encoding import relabel_edges, rows_of
from workbench.benchmarks.brec.reliable_comparison import (
    ReliableComparison,
    reliable_paired_comparison,
)
from workbench.benchmarks.brec.result import finite
from workbench.capture import call, prepare
from workbench.graphs.datasets.expressiveness import GraphPair
from workbench.training.randomness import OwnRandomness

#: (edge_index, num_nodes) -> features [nodes, channels].
Features = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Settings:
    """How a model is trained on a pair; the defaults are those of BREC's released script."""

    epochs: int = 20
    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    batch_size: int = 16
    loss_threshold: float = 0.2
    num_copies: int = 32
    relabeling_seed: int = 2022
    mode: str = "code"
    alpha: float = 0.05


@dataclass(frozen=True)
class Block:
    """Relabeled copies of two graphs in turn (g0, h0, g1, h1, ...), joined in batches."""

    batches: list[Batch]

    def embeddings(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """``[copies, channels]`` of both graphs."""
        rows = torch.cat([embed_pair(model, batch) for batch in self.batches])
        return rows[0::2], rows[1::2]


def blocks_of(
    model: nn.Module,
    pair: GraphPair,
    settings: Settings,
    features: Features | None,
    device: torch.device,
) -> tuple[Block, Block]:
    """The pair's copies, and the reliability block: copies of one of its graphs, chosen at random.

    Each copy has what the model requires (``prepare``), made of the copy itself.

    They depend on ``relabeling_seed`` and the number of the pair alone.
    """
    generator = torch.Generator().manual_seed(settings.relabeling_seed * 1_000_003 + pair.number)
    graphs = pair.first, pair.second
    one = graphs[int(torch.randint(2, (1,), generator=generator))]
    return (
        _block(model, *graphs, settings, features, device, generator),
        _block(model, one, one, settings, features, device, generator),
    )


def train_on_pair(
    model: nn.Module, copies: Block, settings: Settings, randomness: OwnRandomness
) -> Iterator[tuple[int, float]]:
    """Train in place; (epoch, mean loss) after each epoch.

    The loss is max(0, cos) between the embeddings of each couple; it ends below
    ``loss_threshold``. Couples are not shuffled, as in the released script.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        return
    optimizer = torch.optim.Adam(
        parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    for epoch in range(1, settings.epochs + 1):
        model.train()
        total = 0.0
        # a block for each epoch, so that whoever iterates is never inside of it
        with randomness, torch.inference_mode(False), torch.enable_grad():
            for batch in copies.batches:
                optimizer.zero_grad()
                rows = embed_pair(model, batch)
                apart = -torch.ones(rows.size(0) // 2, device=rows.device)
                loss = F.cosine_embedding_loss(rows[0::2], rows[1::2], apart)
                loss.backward()
                optimizer.step()
                total += loss.item() * (rows.size(0) // 2)
        mean = total / settings.num_copies
        yield epoch, mean
        if mean < settings.loss_threshold:
            return
        scheduler.step(mean)


def decide(
    model: nn.Module, copies: Block, same: Block, settings: Settings, randomness: OwnRandomness
) -> ReliableComparison:
    """The statistic of the trained model, and its reliability check."""
    model.eval()
    with randomness, torch.no_grad():
        found, again = copies.embeddings(model), same.embeddings(model)
    return reliable_paired_comparison(*found, again, mode=settings.mode, alpha=settings.alpha)


def train_pair(
    make_model: Callable[[], nn.Module],
    pair: GraphPair,
    seed: int,
    settings: Settings,
    features: Features | None,
    device: torch.device,
    after_epoch: Callable[[int, float], None],
) -> dict:
    """Fields of the outcome of one pair and seed."""
    # of the pair and the seed alone, so that neither order nor choice of pairs changes a result
    randomness = OwnRandomness(seed * 1_000_003 + pair.number, device)
    with randomness:
        model = make_model().to(device)
    copies, same = blocks_of(model, pair, settings, features, device)
    for epoch, loss in train_on_pair(model, copies, settings, randomness):
        after_epoch(epoch, loss)
    try:
        found = decide(model, copies, same, settings, randomness)
    except ValueError as error:
        if "not a number" not in str(error):
            raise
        return {"status": "left out", "reason": str(error)}
    status = "distinguished" if found.distinguished else "not distinguished"
    return {
        "status": status if found.reliable else "unreliable",
        "statistic": finite(found.statistic),
        "reliability": finite(found.reliability),
        "on_edge": found.on_edge,
    }


def embed_pair(model: nn.Module, batch: Batch) -> Tensor:
    """``[graphs, channels]``.

    Raises:
        ValueError: the model gives something else.
    """
    rows, graphs = call(model, batch), batch.num_graphs
    if not isinstance(rows, Tensor) or rows.dim() != 2 or rows.size(0) != graphs:
        came = list(rows.shape) if isinstance(rows, Tensor) else type(rows).__name__
        raise ValueError(
            f"the model gave {came} for {graphs} graphs; BREC needs a graph embedding, "
            f"[{graphs}, channels] (of our models, level='graph')"
        )
    return rows


def embed_copies(
    model: nn.Module,
    graphs: Sequence[Data],
    features: Features | None,
    num_copies: int,
    generator: torch.Generator,
) -> Tensor:
    """``[graphs, copies, channels]`` in float64, without training."""
    rows = []
    with torch.no_grad():
        for at in range(0, len(graphs), 64):
            copies = [
                _relabel(model, graph, features, generator, torch.float64)
                for graph in graphs[at : at + 64]
                for _ in range(num_copies)
            ]
            rows.append(embed_pair(model, Batch.from_data_list(copies)))
    return torch.cat(rows).reshape(len(graphs), num_copies, -1)


def _block(
    model: nn.Module,
    first: Data,
    second: Data,
    settings: Settings,
    features: Features | None,
    device: torch.device,
    generator: torch.Generator,
) -> Block:
    copies = []
    for _ in range(settings.num_copies):
        copies += [_relabel(model, graph, features, generator) for graph in (first, second)]
    # couples stay in one batch
    per_batch = max(2, settings.batch_size - settings.batch_size % 2)
    groups = [copies[at : at + per_batch] for at in range(0, len(copies), per_batch)]
    return Block([Batch.from_data_list(group).to(device) for group in groups])


def _relabel(
    model: nn.Module,
    data: Data,
    features: Features | None,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> Data:
    """The graph with nodes in a random order; edges sorted, as a file would hold them."""
    size = data.num_nodes
    order, moved = relabel_edges(data.edge_index, size, generator)
    # on each copy anew: an encoding that relabeling changes must not pass for one that it does not
    if features is not None:
        x = rows_of(features, moved, size)
    elif data.get("x") is None:
        x = torch.ones(size, 1)
    else:
        x = torch.empty_like(data.x).index_copy_(0, order, data.x)
    # through single precision in any case, as the released script has its features
    return prepare(model, Data(x=x.float().to(dtype), edge_index=moved))
