"""What a model makes of a graph: how far it hears, and what its layers leave apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.capture import capture
from workbench.diagnostics import EffectiveRange, Smoothing, effective_range, smoothing_by_layer
from workbench.diagnostics.sensitivity.evaluation import differentiable, evaluation_mode, output_of
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

    def share_beyond(self, hops: int) -> float:
        """Mean over the nodes of the share of influence from more than so many hops away."""
        heard = self.reach.influence
        outside = heard.total[:, hops + 1 :].sum(1) + heard.beyond
        share = outside / (heard.total.sum(1) + heard.beyond)
        return float(share[share.isfinite()].mean().nan_to_num())


def summarize_model(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    *,
    num_layers: int | None = None,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
    seed: int = 0,
) -> ModelSummary:
    """Effective range and smoothing of a model as it stands, trained or not.

    Args:
        model: any module that is called as ``model(x, edge_index, **inputs)`` and returns
            ``[nodes, channels]``. It runs in evaluation mode, and every submodule is afterwards in
            the mode that it was in.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_layers: its message-passing layers, where output v depends on nothing beyond; it is
            checked. Without it influence is told apart up to 12 hops.
        inputs: more keyword arguments of the model.
        readout: takes what the model returns and gives the tensor ``[nodes, channels]`` to
            differentiate, as ``lambda output: output[0]`` of a tuple.
        seed: of the sample of nodes.

    Returns:
        ``ModelSummary``. The states are the outputs of the members of its ``ModuleList``s (of its
        children where it has none) that have one row for each node.

    Raises:
        TypeError, ValueError, TooLargeError: as ``effective_range``; or the output has not one row
            for each node.

    Examples:
        >>> from workbench.models import GCN
        >>> from workbench.report import summarize_model
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(8).train[0]
        >>> found = summarize_model(GCN(5, 8, 5, num_layers=2).eval(), data.x, data.edge_index)
        >>> found.layers, found.sampled
        (('encoder', 'layers.0', 'layers.1'), False)
    """
    count = x.size(0)
    with evaluation_mode(model):
        with torch.no_grad(), capture(model, *(layer_names(model) or [""])) as read:
            output = output_of(model, differentiable(x).detach(), edge_index, inputs, readout)
        _check_rows(output, count, read_out=readout is not None)
        nodes = None
        if count > WHOLE:
            generator = torch.Generator().manual_seed(seed)
            nodes = torch.randperm(count, generator=generator)[:SAMPLE].sort().values
        reach = effective_range(
            model if readout is None else _ReadOut(model, readout),
            x,
            edge_index,
            num_layers=num_layers,
            max_hops=MOST_HOPS if num_layers is None else num_layers,
            nodes=nodes,
            max_seconds=60.0,
            inputs=inputs,
            generator=torch.Generator().manual_seed(seed),
        )
    states = {
        name: state
        for name, state in read.items()
        if isinstance(state, Tensor) and state.dim() == 2 and state.size(0) == count
    }
    smoothing = smoothing_by_layer(list(states.values()), edge_index, count)
    return ModelSummary(reach, smoothing, tuple(states), nodes is not None)


class _ReadOut(nn.Module):
    """A model with what its output is read by; it takes the arguments that the model takes."""

    def __init__(self, model: nn.Module, readout: Callable[[Any], Tensor]):
        super().__init__()
        self.model = model

        @wraps(model.forward)
        def forward(*arguments, **options):
            return readout(model(*arguments, **options))

        self.forward = forward


def _check_rows(output: Tensor, count: int, *, read_out: bool) -> None:
    if output.dim() == 2 and output.size(0) == count:
        return
    giver = "readout" if read_out else "the model"
    raise ValueError(
        f"{giver} returned shape {list(output.shape)}, not one row for each of {count} nodes; give "
        "the node embeddings before the pooling, by a readout of what the model returns or a "
        "module that holds the layers before it, and unsqueeze(-1) one number per node"
    )


def layer_names(model: nn.Module) -> list[str]:
    """Members of the module lists of a model with what comes before them, else its children."""
    lists = [name for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    children = [name for name, _ in model.named_children()]
    if not lists:
        return children
    first = children.index(lists[0].split(".")[0])
    members = [f"{name}.{at}" for name in lists for at in range(len(model.get_submodule(name)))]
    return [*children[:first], *members]
