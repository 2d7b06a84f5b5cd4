"""What a model makes of a graph: how far it hears, and what its layers leave apart."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.capture import capture
from workbench.diagnostics import EffectiveRange, Smoothing, effective_range, smoothing_by_layer
from workbench.typing import EdgeIndex

#: Graphs of at most this many nodes are taken whole; of others, so many nodes at random.
WHOLE, SAMPLE = 300, 64

#: Hops that are told apart where the number of layers is not known.
MOST_HOPS = 12


@dataclass(frozen=True)
class ModelSummary:
    """How a model hears on a graph.

    Attributes:
        reach: influence by hop and the mean distance of what influences a node.
        smoothing: energies, ranks and distances of the states, layer by layer.
        layers: names of the states.
        sampled: whether ``reach`` is over a sample of the nodes.
    """

    reach: EffectiveRange
    smoothing: Smoothing
    layers: tuple[str, ...]
    sampled: bool

    @property
    def share_by_hop(self) -> tuple[Tensor, Tensor]:
        """Mean over the nodes of the share of influence from each hop, and its standard error."""
        total = self.reach.influence.total
        share = total / total.sum(1, keepdim=True)
        share = share[share.isfinite().all(1)]
        return share.mean(0), share.std(0) / max(share.size(0), 1) ** 0.5


def summarize_model(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    num_layers: int | None = None,
    seed: int = 0,
) -> ModelSummary:
    """Effective range and smoothing of a model as it stands, trained or not.

    Args:
        model: any module that is called as ``model(x, edge_index)`` and returns
            ``[nodes, channels]``.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_layers: its message-passing layers, where output v depends on nothing beyond; it is
            checked. Without it influence is told apart up to 12 hops.
        seed: of the sample of nodes.

    Returns:
        ``ModelSummary``. The states are the outputs of the members of its ``ModuleList``s (of its
        children where it has none) that have one row for each node.

    Raises:
        TypeError, ValueError, TooLargeError: as ``effective_range``.
    """
    count = x.size(0)
    nodes = None
    if count > WHOLE:
        generator = torch.Generator().manual_seed(seed)
        nodes = torch.randperm(count, generator=generator)[:SAMPLE].sort().values
    hops = MOST_HOPS if num_layers is None else num_layers
    reach = effective_range(
        model,
        x,
        edge_index,
        num_layers=num_layers,
        max_hops=hops,
        nodes=nodes,
        max_seconds=60.0,
        generator=torch.Generator().manual_seed(seed),
    )
    was_training = model.training
    model.eval()
    with torch.no_grad():
        read = capture(model, *layer_names(model)).run(x, edge_index)
    model.train(was_training)
    states = {
        name: state
        for name, state in read.items()
        if isinstance(state, Tensor) and state.dim() == 2 and state.size(0) == count
    }
    smoothing = smoothing_by_layer(list(states.values()), edge_index, count)
    return ModelSummary(reach, smoothing, tuple(states), nodes is not None)


def layer_names(model: nn.Module) -> list[str]:
    """Members of the module lists of a model with what comes before them, else its children."""
    lists = [name for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    children = [name for name, _ in model.named_children()]
    if not lists:
        return children
    first = children.index(lists[0].split(".")[0])
    members = [f"{name}.{at}" for name in lists for at in range(len(model.get_submodule(name)))]
    return [*children[:first], *members]
