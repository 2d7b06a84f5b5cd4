"""Every option of every public function, and what else the function needs."""

import importlib
import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import nn
from torch_geometric.data import Data

from workbench.graphs import grid
from workbench.models import GCN
from workbench.topology import simple_graph

EDGES, COUNT = grid(3, 4).edge_index, 12
X = torch.rand(COUNT, 4, generator=torch.Generator().manual_seed(0))
GRAPH = Data(x=X, edge_index=EDGES, y=torch.arange(COUNT) % 2)
MEASURED = [Data(x=X, edge_index=EDGES, y=torch.rand(1, 2).round()) for _ in range(20)]
SQUARE = torch.rand(COUNT, COUNT, dtype=torch.float64)
#: What an argument of that name may be.
KNOWN = dict(
    edge_index=EDGES, num_nodes=COUNT, x=X, model=GCN(4, 8, 2, num_layers=2).eval(), data=GRAPH,
    dataset=MEASURED, graph=GRAPH, labels=GRAPH.y, num_layers=2, sensitivity=SQUARE,
    resistance=SQUARE, hops=SQUARE.round(), attention=torch.rand(2, COUNT, COUNT).softmax(-1),
    curvature=torch.rand(EDGES.size(1)), data_a=GRAPH, data_b=GRAPH, graphs=[GRAPH, GRAPH],
    in_channels=4, hidden_channels=8, out_channels=2, pairs=EDGES[:, :3], max_hops=2, count=2,
    width=8, seed=0, pos=X[:, :2], layers=["layers.0"], first=[GRAPH], second=[GRAPH],
    distance=SQUARE.round(), method="gtr", rate=SQUARE,
    influence=SQUARE, num_centers=4,
)  # fmt: skip
KNOWN_TO = {
    "tell_apart": {"pairs": [(GRAPH, GRAPH)]},
    "wl_upper_bound": {"labels": torch.tensor([0, 1])},
    "graph_properties": {"num_graphs": 12},
    "substructure_counts": {"num_graphs": 12},
    "tree_neighbors_match": {"depth": 2},
    "tree_transfer": {"depth": 2},
    "two_radius_star": {"num_leaves": 3},
    "ego_nets": {"graph": simple_graph(EDGES, COUNT)},
}


class Option(NamedTuple):
    """One option of one function: ``function(**needed, **{name: value})`` asks for a value."""

    called: str
    function: Callable[..., Any]
    name: str
    default: Any
    kinds: tuple[Any, ...]
    needed: dict[str, Any]


def options(*parts: str) -> Iterator[Option]:
    """Every option of the public functions, modules and recipes of packages of the library."""
    for part in parts:
        module = importlib.import_module(f"workbench.{part}")
        for name in dir(module):
            function = getattr(module, name)
            inside = getattr(function, "__module__", "").startswith(f"workbench.{part}")
            if name.startswith("_") or not callable(function) or not inside:
                continue
            if (
                inspect.isclass(function)
                and not issubclass(function, nn.Module)
                and name != "Recipe"
            ):
                continue
            takes = inspect.signature(function, locals={"Data": Data}, eval_str=True).parameters
            there = {**KNOWN, **KNOWN_TO.get(name, {})}
            if part == "graphs":  # sizes, each of which may be three
                there = dict.fromkeys(takes, 3)
            for one in takes.values():
                needed = {
                    key: there[key]
                    for key, other in takes.items()
                    if other.default is other.empty and key in there and key != one.name
                }
                kinds = (one.annotation, *typing.get_args(one.annotation))
                yield Option(f"{part}.{name}", function, one.name, one.default, kinds, needed)
