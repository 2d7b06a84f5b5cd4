"""The part of a report that is about a model: what it hears, or why that is not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import Linear

from workbench.capture import model_inputs
from workbench.diagnostics import TooLargeError
from workbench.figures.sparklines import bars_svg, lines_svg
from workbench.report.measure import percent
from workbench.report.model_summary import MOST_HOPS, ModelSummary, summarize_model

#: Attention between all nodes holds a number for each pair and head; beyond this it is refused.
MOST_BYTES = 4e9


@dataclass(frozen=True)
class ModelPart:
    """What was found of a model.

    Attributes:
        found: its numbers; None if it could not be measured.
        notes: sentences about them, or about what was wrong and what to do.
    """

    found: ModelSummary | None
    notes: tuple[str, ...]


def model_part(
    model: nn.Module,
    data: Data,
    *,
    num_layers: int | None,
    inputs: Mapping[str, Any] | None,
    readout: Callable[[Any], Tensor] | None,
    seed: int,
) -> ModelPart:
    """How a model hears on a graph; what goes wrong in the model is told, not raised.

    Where it hears farther than ``num_layers`` hops, hop by hop as far as hops are told apart.
    """
    try:
        _check_memory(model, data.num_nodes)
        x, noise = features(data, model, seed)
        extra = model_inputs(model, data, inputs)
        options = {"inputs": extra, "readout": readout, "seed": seed}
        found, notes = _measure(model, x, data.edge_index, num_layers, options)
    except Exception as error:  # a model is the caller's own code and may raise anything
        return ModelPart(None, (_problem(error),))
    return ModelPart(found, (*notes, *noise))


def _measure(
    model: nn.Module, x: Tensor, edge_index: Tensor, num_layers: int | None, options: dict
) -> tuple[ModelSummary, list[str]]:
    if num_layers is not None:
        try:
            found = summarize_model(model, x, edge_index, num_layers=num_layers, **options)
        except TooLargeError:
            raise
        except ValueError:  # the layers are not all that it hears by; or the next line says what
            pass
        else:
            return found, []
    found = summarize_model(model, x, edge_index, num_layers=None, **options)
    notes, last = [], found.share_beyond(MOST_HOPS)
    if num_layers is not None and found.share_beyond(num_layers):
        layers = f"{num_layers} layer{'s' * (num_layers != 1)}"
        notes.append(
            f"The model reaches farther than its {layers}: "
            f"{percent(found.share_beyond(num_layers))} of what influences a node comes from more "
            f"than {num_layers} hops away, as with attention between all nodes."
        )
    if last:
        notes.append(
            f"{percent(last)} of it comes from beyond {MOST_HOPS} hops, which neither the chart "
            "nor the effective range counts."
        )
    return found, notes


def _problem(error: Exception) -> str:
    """What went wrong in a sentence, with what the error has as notes."""
    said = " ".join([str(error), *getattr(error, "__notes__", ())])
    if not isinstance(error, ValueError) or not str(error):
        said = f"{type(error).__name__}: {said}"
    said = " ".join(said.split())
    return f"The model was not measured. {said}{'' if said.endswith('.') else '.'}"


def _check_memory(model: nn.Module, num_nodes: int) -> None:
    heads = [m.num_heads for m in model.modules() if isinstance(m, nn.MultiheadAttention)]
    needed = 4.0 * num_nodes**2 * max(heads, default=0)
    if needed > MOST_BYTES:
        raise TooLargeError(
            f"its attention between all of {num_nodes:,} nodes needs about {needed / 1e9:.2g} GB "
            "in each layer; measure it on a smaller graph or a subgraph"
        )


def depth(model: nn.Module | None) -> int | None:
    """How many members the module list ``layers`` of a model has; None without one."""
    layers = getattr(model, "layers", None)
    return len(layers) or None if isinstance(layers, nn.ModuleList | nn.Sequential) else None


def argument_kind(model: Any) -> str:
    """What was given in place of a model."""
    if isinstance(model, type):
        return f"the class {model.__name__}; make one of it, as {model.__name__}(...)"
    return f"a {type(model).__name__}"


def features(data: Data, model: nn.Module, seed: int) -> tuple[Tensor, tuple[str, ...]]:
    """The graph's own features, or normal noise where it has none; and a sentence about that.

    Raises:
        ValueError: it has none, and nothing tells how wide they would be.
    """
    x = data.get("x")
    if isinstance(x, Tensor) and x.is_floating_point():
        return x, ()
    lacks = "no features x" if x is None else f"features of {getattr(x, 'dtype', type(x).__name__)}"
    told = getattr(model, "in_channels", None)  # as of PyG's networks
    wide = [told] if isinstance(told, int) and told > 0 else []
    wide += [m.in_features for m in model.modules() if isinstance(m, nn.Linear)]
    wide += [m.in_channels for m in model.modules() if isinstance(m, Linear) and m.in_channels > 0]
    if not wide:
        raise ValueError(
            f"the graph has {lacks}, and the model has no linear layer to tell how wide floating-"
            "point ones would be; set data.x"
        )
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(data.num_nodes, wide[0], generator=generator)
    return noise, (f"The graph has {lacks}; the model was given normal noise.",)


def model_figures(part: ModelPart) -> list[tuple[str, str]]:
    """(caption, svg) of what a model hears and of what its layers leave apart; notes have none."""
    notes = [(note, "") for note in part.notes]
    found = part.found
    if found is None:
        return notes
    share, error = found.share_by_hop
    last = max(share.nonzero().flatten().tolist(), default=0) + 1
    reach = found.reach
    sampled = " over a sample of nodes" if found.sampled else ""
    spread = f" ± {float(reach.standard_error):.2g}" if found.sampled else ""
    errors = error[:last].tolist() if found.sampled else None
    figures = [
        (
            f"Share of what influences a node, by hop; mean{sampled}. Effective range: "
            f"{float(reach.value):.2f}{spread} hops.",
            bars_svg(share[:last].tolist(), errors, unit="hops"),
        )
    ]
    smooth = found.smoothing
    if smooth.size.numel():
        energy = (smooth.normalized / smooth.size.square()).tolist()
        figures.append(
            (
                "Over-smoothing, layer by layer: both fall to 0 where all nodes become alike.",
                lines_svg(
                    {
                        "Dirichlet energy / size²": energy,
                        "cosine distance of neighbors": smooth.mean_average_distance.tolist(),
                    },
                    found.layers,
                ),
            )
        )
    return [*figures, *notes]
