"""What is no idleness and no list of lengths, in a process whose annotations are not checked."""

import json
import subprocess
import sys

CALLS = """
import json
import torch
from workbench.diagnostics import ollivier_ricci
from workbench.graphs import grid

edges = grid(2, 2).edge_index
wrong = [{"alpha": alpha} for alpha in (None, [0.5], "half", 1.0, -0.1, float("nan"))]
wrong += [{"edge_length": length} for length in (torch.ones(3), torch.ones(8, 1), [1.0] * 8)]
said = []
for options in wrong:
    try:
        ollivier_ricci(edges, 4, **options)
    except (TypeError, ValueError) as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_ollivier_ricci_says_what_alpha_and_lengths_may_be():
    run = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=True)
    said = json.loads(run.stdout)
    assert len(said) == 9
    assert all("alpha must be a number from 0 to below 1, or" in text for text in said[:6])
    assert all("edge_length must" in text for text in said[6:])
