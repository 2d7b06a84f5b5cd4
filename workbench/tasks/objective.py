"""What is optimised and what is reported: a loss and scores from a model's output and a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Shaped
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.utils import to_dense_batch

from workbench.choices import check_choice
from workbench.tasks.metrics import METRICS, Metric
from workbench.tasks.negatives import with_negatives

#: Target -> the levels that it is predicted at.
TARGETS: dict[str, tuple[str, ...]] = {
    "class": ("node", "edge", "pair", "graph"),
    "multilabel": ("node", "edge", "pair", "graph"),
    "value": ("node", "edge", "pair", "graph"),
    "link": ("pair",),
    "pointer": ("node", "graph"),
}
#: Target -> the losses that it may have; the first is its default.
LOSSES: dict[str, tuple[str, ...]] = {
    "class": ("cross_entropy",),
    "multilabel": ("binary_cross_entropy",),
    "value": ("absolute_error", "squared_error"),
    "link": ("binary_cross_entropy",),
    "pointer": ("cross_entropy",),
}


@dataclass(frozen=True)
class Scored:
    """The rows of an output that count, with their labels.

    Attributes:
        scores: ``[rows, out_channels]``; ``[pairs]`` of a link; ``[rows, largest graph]`` of a
            pointer, minus infinity where the graph has no such node.
        labels: ``[rows]`` int64 of classes, links and pointers; ``[rows, out_channels]`` of others.
        query: ``[pairs]``, of a link the number of each pair's source; else None.
    """

    scores: Shaped[Tensor, "rows ..."]
    labels: Shaped[Tensor, "rows ..."]
    query: Shaped[Tensor, " rows"] | None = None

    @staticmethod
    def join(parts: Sequence["Scored"]) -> "Scored":
        """Those of several batches, one after another."""
        width = max(part.scores.size(-1) for part in parts)
        pad = parts[0].scores.dim() == 2
        scores = [
            F.pad(part.scores, (0, width - part.scores.size(1)), value=-torch.inf)
            if pad and part.scores.size(1) < width
            else part.scores
            for part in parts
        ]
        query = None
        if parts[0].query is not None:
            queries, count = [], 0
            for part in parts:
                queries.append(part.query + count)
                count = int(queries[-1].max()) + 1 if part.query.numel() else count
            query = torch.cat(queries)
        return Scored(torch.cat(scores), torch.cat([part.labels for part in parts]), query)


@dataclass(frozen=True)
class Objective:
    """The loss and the scores of a task, from an output and a batch.

    What a model has to give, by level and target (C is ``out_channels``):

    - node: ``[nodes, C]``; graph: ``[graphs, C]``; edge and pair: ``[pairs, C]``, a row for each
      column of ``edge_label_index`` (``OnPairs`` makes a model of nodes one of pairs);
    - link: ``[nodes, C]``, vectors whose inner products score the pairs, or ``[pairs]`` scores;
    - pointer of a graph: ``[nodes]`` or ``[nodes, 1]``, a score of each node; of nodes:
      ``[nodes, C]``, C even: the first half of a node asks, the second half answers, and the score
      is their inner product over the root of C / 2. The softmax is over the nodes of one graph.

    Attributes:
        level: ``"node"``, ``"edge"``, ``"pair"`` or ``"graph"``.
        target: ``"class"``, ``"multilabel"``, ``"value"``, ``"link"`` or ``"pointer"``.
        out_channels: width of the output.
        metrics: names of the scores, a few of ``METRICS[target]``; the first is the main one.
        loss_name: one of ``LOSSES[target]``. Means over rows; over all known entries where a row
            has several (``multilabel``, ``value``).
        negatives: pairs drawn for each true pair of a graph that gives no negative.

    Raises:
        ValueError: a name is not known, or the target has no place at this level.
    """

    level: str
    target: str
    out_channels: int
    metrics: tuple[str, ...] = ()
    loss_name: str = ""
    negatives: int | None = None

    def __post_init__(self):
        check_choice("target", self.target, TARGETS)
        if self.level not in TARGETS[self.target]:
            raise ValueError(
                f"a {self.target} is predicted at the level {' or '.join(TARGETS[self.target])}; "
                f"got level={self.level!r}"
            )
        known, losses = METRICS[self.target], LOSSES[self.target]
        object.__setattr__(self, "metrics", self.metrics or (next(iter(known)),))
        object.__setattr__(self, "loss_name", self.loss_name or losses[0])
        for name in self.metrics:
            if name not in known:
                raise ValueError(
                    f"a metric of a {self.target} must be one of {', '.join(known)}; got {name!r}"
                )
        if self.loss_name not in losses:
            raise ValueError(
                f"the loss of a {self.target} must be one of {', '.join(losses)}; "
                f"got {self.loss_name!r}"
            )
        if self.negatives is not None and (self.target != "link" or self.negatives < 1):
            raise ValueError(
                f"negatives={self.negatives} of a {self.target}: negatives are drawn for links "
                "alone, at least 1 for each true pair"
            )
        if self.target == "class" and self.out_channels < 2:
            raise ValueError(
                f"out_channels={self.out_channels}: all labels are of one class, so there is "
                "nothing to tell apart; give labels of two classes at least"
            )
        if self.target == "pointer" and self.level == "node" and self.out_channels % 2:
            raise ValueError(
                f"nodes point by {self.out_channels} channels; give an even number, half to ask "
                "and half to answer"
            )

    @property
    def main(self) -> Metric:
        """The metric that chooses the epoch."""
        return METRICS[self.target][self.metrics[0]]

    def prepare(self, batch: Data, generator: torch.Generator) -> Data:
        """The batch that a training step is made on: with new negatives, where links need them."""
        if self.negatives is None:
            return batch
        return with_negatives(batch, self.negatives, generator)

    def read(self, output: object, batch: Batch | Data) -> Scored:
        """What counts of an output.

        Raises:
            ValueError: the output has another shape than the class's docstring says.
        """
        if not isinstance(output, Tensor):
            raise ValueError(f"the model gave a {type(output).__name__}; expected one tensor")
        labels = batch.y
        if self.target == "link":
            return self._link(output, batch)
        if self.target == "pointer":
            return self._pointer(output, batch)
        rows = self._rows(batch)
        if output.shape != (rows, self.out_channels):
            shape = f"[{rows}, {self.out_channels}]"
            raise self._misfit(output, shape, f"a row for each {self.level}")
        if self.level == "node":
            output, labels = output[batch.mask], labels[batch.mask]
        if self.target != "class":
            labels = labels.view(output.size(0), self.out_channels)
        return Scored(output, labels)

    def loss(self, scored: Scored) -> Tensor:
        """The loss, a scalar."""
        scores, labels = scored.scores, scored.labels
        if self.loss_name == "cross_entropy":
            return F.cross_entropy(scores, labels)
        if self.target == "link":
            return F.binary_cross_entropy_with_logits(scores, labels.to(scores.dtype))
        known = ~labels.isnan()
        if not bool(known.any()):
            return scores.sum() * 0  # a batch of which nothing is known teaches nothing
        scores, labels = scores[known], labels[known].to(scores.dtype)
        if self.loss_name == "binary_cross_entropy":
            return F.binary_cross_entropy_with_logits(scores, labels)
        if self.loss_name == "absolute_error":
            return F.l1_loss(scores, labels)
        return F.mse_loss(scores, labels)

    def scores(self, scored: Scored) -> dict[str, float]:
        """Each metric by its name.

        Raises:
            FloatingPointError: an output is NaN or infinite: argmax or a ranking would still give
                it a score.
        """
        values = scored.scores.detach()
        # minus infinity is an answer that a model rules out, but no value
        wrong = values.isnan() | ((values.abs() if self.target == "value" else values) == torch.inf)
        if bool(wrong.any()):
            rows = int(wrong.view(values.size(0), -1).any(dim=1).sum())
            raise FloatingPointError(
                f"the model gave {float(values[wrong][0]):g} in {rows} of {values.size(0)} rows "
                "that are scored, so there is no score"
            )
        found = {}
        for name in self.metrics:
            metric = METRICS[self.target][name]
            query = (scored.query,) if metric.by_query else ()
            found[name] = metric.function(scored.scores.detach(), scored.labels, *query)
        return found

    def _rows(self, batch: Batch | Data) -> int:
        if self.level == "node":
            return batch.num_nodes
        if self.level == "graph":
            return batch.num_graphs if isinstance(batch, Batch) else 1
        return batch.edge_label_index.size(1)

    def _link(self, output: Tensor, batch: Batch | Data) -> Scored:
        source, target = batch.edge_label_index
        pairs, nodes = source.numel(), batch.num_nodes
        if output.shape == (nodes, self.out_channels):
            output = (output[source] * output[target]).sum(dim=1)
        elif output.shape != (pairs,):
            raise self._misfit(
                output, f"[{nodes}, {self.out_channels}] or [{pairs}]", "vectors or scores of pairs"
            )
        return Scored(output, batch.y, torch.unique(source, return_inverse=True)[1])

    def _pointer(self, output: Tensor, batch: Batch | Data) -> Scored:
        nodes = batch.num_nodes
        number = batch.get("batch")
        number = batch.y.new_zeros(nodes) if number is None else number
        if self.level == "graph":
            if output.shape not in ((nodes,), (nodes, 1)):
                raise self._misfit(output, f"[{nodes}] or [{nodes}, 1]", "a score for each node")
            dense, there = to_dense_batch(output.view(-1), number, fill_value=-torch.inf)
            return Scored(dense, batch.y)
        if output.shape != (nodes, self.out_channels):
            raise self._misfit(output, f"[{nodes}, {self.out_channels}]", "a row for each node")
        ask, answer = output.chunk(2, dim=1)
        answers, there = to_dense_batch(answer, number)
        asking = number[batch.mask]
        scores = torch.einsum("rc,rnc->rn", ask[batch.mask], answers[asking]) / ask.size(1) ** 0.5
        return Scored(scores.masked_fill(~there[asking], -torch.inf), batch.y[batch.mask])

    def _misfit(self, output: Tensor, shape: str, what: str) -> ValueError:
        return ValueError(
            f"the model gave {list(output.shape)}; a {self.target} at the level {self.level!r} "
            f"needs {shape}, {what}"
        )
