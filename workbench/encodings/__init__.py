"""Positional and structural encodings: functions of a graph, and modules where they are learned.

``random_walk(edge_index, num_nodes, num_steps=16)`` gives a tensor; ``Encode("random_walk",
num_steps=16)`` is the transform that writes it into a graph, under the name that models ask for.
``SignNet``, ``BasisNet`` and ``SPE`` are modules that read Laplacian eigenvectors, and ``RFP`` one
that draws its start at random: they are trained with the model that they feed.
"""

from workbench.encodings.basis_net import BasisNet
from workbench.encodings.cycle_counts import cycle_counts
from workbench.encodings.degree import degree
from workbench.encodings.distance_encoding import distance_encoding
from workbench.encodings.ego_nets import EgoNets, ego_nets
from workbench.encodings.electrostatic import electrostatic
from workbench.encodings.elene import elene, elene_edges
from workbench.encodings.encode import ENCODINGS, Encode
from workbench.encodings.heat_kernel import heat_kernel
from workbench.encodings.laplacian_eigenvectors import (
    Frequencies,
    laplacian_eigenvectors,
    laplacian_frequencies,
)
from workbench.encodings.random_walk import random_walk
from workbench.encodings.resistance_embedding import commute_embedding, resistance_embedding
from workbench.encodings.rfp import RFP, random_features
from workbench.encodings.rrwp import rrwp
from workbench.encodings.shortest_path import shortest_path
from workbench.encodings.sign_net import SignNet
from workbench.encodings.spe import SPE

__all__ = [
    "ENCODINGS",
    "RFP",
    "SPE",
    "BasisNet",
    "EgoNets",
    "Encode",
    "Frequencies",
    "SignNet",
    "commute_embedding",
    "cycle_counts",
    "degree",
    "distance_encoding",
    "ego_nets",
    "electrostatic",
    "elene",
    "elene_edges",
    "heat_kernel",
    "laplacian_eigenvectors",
    "laplacian_frequencies",
    "random_features",
    "random_walk",
    "resistance_embedding",
    "rrwp",
    "shortest_path",
]
