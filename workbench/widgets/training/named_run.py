"""A training that stays: its name, the two graphs that it compared, and what more seeds need."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from workbench.tasks import Task
from workbench.training import PairedRuns

#: Number of nodes, and the sorted edges before and after.
GraphKey = tuple[int, bytes, bytes]


def graph_key(num_nodes: int, before: Tensor, after: Tensor) -> GraphKey:
    """What is the same for two edge lists that say the same, in whatever order."""
    codes = (torch.sort(edges[0] * num_nodes + edges[1]).values for edges in (before, after))
    return num_nodes, *(code.numpy().tobytes() for code in codes)


def free_name(name: str, taken: Collection[str]) -> str:
    """``name``, with a number behind it where it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


@dataclass(frozen=True)
class NamedRun:
    """Paired runs with all that made them.

    Attributes:
        name: graph, method and position, model; no other has it.
        key: of the two graphs, to see whether they are still those of the lab.
        tasks: before and after.
        make_model: makes the model with new weights.
        epochs: of each run.
        runs: what came out; None while the first pair trains.
        sensitivities: before and after, of the first seed's models; None where not computed.
    """

    name: str
    key: GraphKey
    tasks: tuple[Task, Task]
    make_model: Callable[[], nn.Module]
    epochs: int
    runs: PairedRuns | None = None
    sensitivities: tuple[Tensor, Tensor] | None = None

    @property
    def losses(self) -> dict[str, dict[int, list[float]]]:
        """Side -> seed -> training loss of each epoch."""
        if self.runs is None:
            return {"before": {}, "after": {}}
        return {
            side: {run.seed: list(run.curve.train_loss) for run in runs}
            for side, runs in (("before", self.runs.before), ("after", self.runs.after))
        }

    @property
    def has_pair(self) -> bool:
        """Whether both runs of a pair ended, so that there is something to compare."""
        return self.runs is not None and any(not run.stopped for run in self.runs.after)

    def extend(self, runs: PairedRuns) -> "NamedRun":
        """The same with the pairs of more seeds."""
        return replace(self, runs=self.runs.union(runs) if self.has_pair else runs)

    def next_seeds(self, count: int) -> list[int]:
        """So many seeds that it has not yet."""
        first = 1 + max(self.runs.seeds) if self.has_pair else 0
        return list(range(first, first + count))
