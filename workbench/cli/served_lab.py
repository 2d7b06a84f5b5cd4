"""The lab that ``workbench app`` serves: made once by the command, to see that it can be, and by
the page."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

from torch import nn
from torch_geometric.data import Data

from workbench.cli.options import opened
from workbench.cli.report import untrained
from workbench.graphs import open_graph
from workbench.report.model_part import features
from workbench.widgets import attention_lens, expressivity_lab, rewiring_lab, sensitivity_lab
from workbench.widgets.lab.lab import Lab

#: Layers of a network that says none.
NUM_LAYERS = 4


def served_lab(
    name: str,
    graphs: Sequence[str],
    networks: Sequence[str],
    settings: Mapping[str, str],
    reading: Mapping[str, Any],
) -> Lab:
    """A lab on graphs, with untrained networks where it looks at any, set as texts say.

    Args:
        name: a key of ``LABS``.
        graphs: what ``open_graph`` understands.
        networks: such as ``"GCN"`` or ``"GCN:6"``, six layers deep.
        settings: a text for the value of each setting, by its name.
        reading: options of ``open_graph``.

    Raises:
        ValueError: a graph, a network or a setting is not known, or the lab refuses it.
    """
    lab = LABS[name](graphs, networks, dict(reading))
    known = lab.state.settings()
    for key, text in settings.items():
        if key not in known:
            own = ", ".join(f"{one}={getattr(lab, one)!r}" for one in known)
            raise ValueError(f"the {name} lab has no setting {key!r}; its settings: {own}")
        lab.do(key, lab.state.parse(key, text))
    return lab


def _rewiring(graphs: Sequence[str], networks: Sequence[str], reading: dict[str, Any]) -> Lab:
    _at_most(graphs, 1, networks, 0, "rewiring")
    if reading.get("directed"):
        raise ValueError("the rewiring lab takes each edge both ways; leave out --directed")
    for graph in graphs:
        opened(graph, **reading)  # says how to take a directed one, in the words of the command
    both_ways = reading.pop("directed", None) is False
    return rewiring_lab(*graphs, undirected=both_ways, **reading)


def _sensitivity(graphs: Sequence[str], networks: Sequence[str], reading: dict[str, Any]) -> Lab:
    _at_most(graphs, 1, networks, 8, "sensitivity")
    return sensitivity_lab(*_models(graphs, networks or ["GCN"], reading))


def _attention(graphs: Sequence[str], networks: Sequence[str], reading: dict[str, Any]) -> Lab:
    _at_most(graphs, 1, networks, 1, "attention")
    models, data = _models(graphs, networks or ["GAT"], reading)
    (model,) = models.values()
    return attention_lens(model, data)


def _expressivity(graphs: Sequence[str], networks: Sequence[str], reading: dict[str, Any]) -> Lab:
    _at_most(graphs, 2, networks, 0, "expressivity")
    if len(graphs) == 2:
        return expressivity_lab(*(open_graph(graph, **reading) for graph in graphs))
    return expressivity_lab(*graphs)


#: The labs that are served, by name.
LABS: dict[str, Callable[[Sequence[str], Sequence[str], dict[str, Any]], Lab]] = {
    "rewiring": _rewiring,
    "sensitivity": _sensitivity,
    "attention": _attention,
    "expressivity": _expressivity,
}


def _at_most(
    graphs: Sequence[str], most: int, networks: Sequence[str], most_networks: int, name: str
) -> None:
    for given, limit, what in ((graphs, most, "graph"), (networks, most_networks, "network")):
        if len(given) > limit:
            raise ValueError(
                f"the {name} lab takes {limit or 'no'} {what}{'s' * (limit != 1)}; got "
                f"{', '.join(given)}"
            )


def _models(
    graphs: Sequence[str], networks: Sequence[str], reading: dict[str, Any]
) -> tuple[dict[str, nn.Module], Data]:
    """The networks by their texts, and the graph with its features or noise for them."""
    data = copy(open_graph(*(graphs or ["karate"]), **reading))
    models = {}
    for text in networks:
        name, _, layers = text.partition(":")
        if layers and not layers.isdecimal():
            raise ValueError(f"a network is a name and its layers, such as GCN:6; got {text!r}")
        depth = int(layers) if layers else NUM_LAYERS
        models[text] = untrained(name, data, num_layers=depth, seed=0)
    data.x, _ = features(data, next(iter(models.values())), 0)
    return models, data
