"""Counts as people have them: ``edge_index.max() + 1``, numpy's integers, a slip of the hand."""

import pytest
import torch

from conftest import printed_by
from workbench import diagnostics as D
from workbench import encodings
from workbench.cost import TooLargeError
from workbench.graphs import ring
from workbench.models import MODELS
from workbench.report import rewiring_verdict
from workbench.rewiring import REWIRINGS

#: In a process of its own: the checks of annotations in the test run know no other integers.
SCRIPT = """
import inspect
import numpy as np
import torch
from questions import QUESTIONS, Case
from workbench.encodings import random_walk
from workbench.graphs import grid
from workbench.rewiring import REWIRINGS

edges, count = grid(3, 4).edge_index, 12
x, pairs = torch.rand(count, 4).double(), torch.tensor([[0, 3], [5, 9]])
labels, logits = torch.arange(count) % 4, torch.rand(2, count, count)
failed = []

def tried(name, make):
    try:
        make()
    except Exception as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")

for number in (edges.max() + 1, np.int64(count), np.int32(count)):
    case = Case(edges, number, None, x, labels, logits, pairs, edges)
    for name, (_, ask) in QUESTIONS.items():
        tried(name, lambda: ask(case))
    for name, method in REWIRINGS.items():
        reads = {key: x for key in method.declaration.reads}
        tried(name, lambda: method(edges, number, **reads))
    tried("random_walk", lambda: random_walk(edges, number))
for name, method in REWIRINGS.items():
    reads = {key: x for key in method.declaration.reads}
    for one in inspect.signature(method).parameters.values():
        if type(one.default) is int:
            option = {one.name: np.int64(one.default)}
            tried(f"{name}, {one.name}", lambda: method(edges, count, **option, **reads))
print("\\n".join(failed) or "all came out")
"""


@pytest.mark.slow
def test_a_count_of_any_integer_type_is_a_count():
    assert printed_by(SCRIPT) == "all came out"


class Doubled(torch.nn.Module):
    def forward(self, x, edge_index):
        return 2 * x


TYPED = 99_999_999
EDGES, X = ring(8).edge_index, torch.ones(8, 2)
SIZES = {
    "walk_bound": lambda: D.walk_bound(EDGES, 8, num_layers=TYPED),
    "resistance_bound": lambda: D.resistance_bound(ring(7).edge_index, 7, num_layers=TYPED),
    "influence, hops": lambda: D.influence_by_hop(Doubled(), X, EDGES, max_hops=TYPED),
    "influence, layers": lambda: D.influence_by_hop(Doubled(), X, EDGES, num_layers=TYPED),
    "sensitivity": lambda: D.approximate_sensitivity(Doubled(), X, EDGES, num_probes=TYPED),
    "random_walk": lambda: encodings.random_walk(EDGES, 8, num_steps=TYPED),
    "rrwp": lambda: encodings.rrwp(EDGES, 8, num_steps=TYPED),
    "verdict, layers": lambda: rewiring_verdict(EDGES, 8, num_layers=TYPED),
    "verdict, nulls": lambda: rewiring_verdict(EDGES, 8, num_nulls=TYPED),
    **{
        name: lambda name=name: REWIRINGS[name](EDGES, 8, num_layers=TYPED)
        for name in ("drew", "expander", "cayley", "fully_adjacent")
    },
    **{name: lambda name=name: MODELS[name](2, 4, 2, num_layers=TYPED) for name in MODELS},
}


@pytest.mark.parametrize("name", SIZES)
def test_a_number_that_no_call_would_end_with_is_refused(name):
    with pytest.raises(TooLargeError, match=r"num_\w+=99999999|max_hops=99999999|99999999 steps"):
        SIZES[name]()
