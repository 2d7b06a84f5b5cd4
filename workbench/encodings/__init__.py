"""Positional and structural encodings: functions of a graph, and modules where they are learned.

``random_walk(edge_index, num_nodes, num_steps=16)`` gives a tensor; ``Encode("random_walk",
num_steps=16)`` is the transform that writes it into a graph, under the name that models ask for.
"""

from workbench.encodings.encode import ENCODINGS, Encode
from workbench.encodings.heat_kernel import heat_kernel
from workbench.encodings.laplacian_eigenvectors import (
    Frequencies,
    laplacian_eigenvectors,
    laplacian_frequencies,
)
from workbench.encodings.random_walk import random_walk
from workbench.encodings.rrwp import rrwp

__all__ = [
    "ENCODINGS",
    "Encode",
    "Frequencies",
    "heat_kernel",
    "laplacian_eigenvectors",
    "laplacian_frequencies",
    "random_walk",
    "rrwp",
]
