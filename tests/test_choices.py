"""Every option that is a word refuses others by name, and lists those that it knows.

In a process of its own: the checks of annotations in the test run would refuse them first.
"""

import subprocess
import sys
from pathlib import Path

SCRIPT = r"""
import inspect
import importlib
import typing

import torch
from torch import nn
from torch_geometric.data import Data

from workbench.graphs import grid
from workbench.models import GCN

WORD = "no such word"
#: Words that are no choice but a name, a sentence, a unit, a file or a device.
FREE = {
    "device", "name", "title",
}
edges, count = grid(3, 4).edge_index, 12
x = torch.rand(count, 4, generator=torch.Generator().manual_seed(0))
graph = Data(x=x, edge_index=edges, y=torch.arange(count) % 2)
measured = [Data(x=x, edge_index=edges, y=torch.rand(1, 2).round()) for _ in range(20)]
model = GCN(4, 8, 2, num_layers=2).eval()
square = torch.rand(count, count, dtype=torch.float64)
KNOWN = dict(
    edge_index=edges, num_nodes=count, x=x, model=model, data=graph, dataset=measured, graph=graph,
    labels=graph.y, num_layers=2, sensitivity=square, resistance=square, hops=square.round(),
    attention=torch.rand(2, count, count).softmax(-1), curvature=torch.rand(edges.size(1)),
    data_a=graph, data_b=graph, graphs=[graph, graph], in_channels=4, hidden_channels=8,
    out_channels=2, pairs=edges[:, :3], max_hops=2, count=2, width=8, seed=0, pos=x[:, :2],
    layers=["layers.0"], first=[graph], second=[graph], distance=square.round(),
    rate=square, influence=square,
)
KNOWN_TO = {
    "tell_apart": {"pairs": [(graph, graph)]},
    "wl_upper_bound": {"labels": torch.tensor([0, 1])},
}

failed, asked = [], 0
for part in ("diagnostics", "encodings", "rewiring", "tasks", "training", "models", "benchmarks"):
    module = importlib.import_module(f"workbench.{part}")
    for name in dir(module):
        function = getattr(module, name)
        inside = getattr(function, "__module__", "").startswith(f"workbench.{part}")
        if name.startswith("_") or not callable(function) or not inside:
            continue
        if inspect.isclass(function) and not issubclass(function, nn.Module) and name != "Recipe":
            continue
        parameters = inspect.signature(function, locals={"Data": Data}, eval_str=True).parameters
        for one in parameters.values():
            kinds = (one.annotation, *typing.get_args(one.annotation))
            listed = [
                word
                for kind in kinds
                if typing.get_origin(kind) is typing.Literal
                for word in typing.get_args(kind)
            ]
            words = [word for word in listed if isinstance(word, str)]
            if one.name in FREE and not words or not (words or isinstance(one.default, str)):
                continue
            there = {**KNOWN, **KNOWN_TO.get(name, {})}
            needed = {
                key: there[key]
                for key, other in parameters.items()
                if other.default is other.empty and key in there and key != one.name
            }
            asked += 1
            try:
                function(**needed, **{one.name: WORD})
            except (ValueError, KeyError) as error:
                lacks = [word for word in words or [one.default] if str(word) not in str(error)]
                if WORD not in str(error) or lacks:
                    failed.append(f"{part}.{name}, {one.name}: {error} (lacks {lacks})")
            except Exception as error:
                failed.append(f"{part}.{name}, {one.name}: {type(error).__name__}: {error}")
            else:
                failed.append(f"{part}.{name}, {one.name}: took it")
assert asked > 60, asked
print("\n".join(failed) or "all refused")
"""


def test_a_word_that_is_no_choice_is_refused_by_name():
    here = Path(__file__).parent
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, cwd=here
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "all refused"
