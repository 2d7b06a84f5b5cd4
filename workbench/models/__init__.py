"""Models: one file per system.

Each is ``Model(in_channels, hidden_channels, out_channels, *, num_layers, ...)`` and is called as
``model(x, edge_index, batch, ...)`` with what else its ``forward`` names: ``call(model, data)``
hands that over, ``prepare(model, data)`` makes before what a graph lacks (``model.requires``).
``model.reach`` is the number of hops that it sees. What is worth reading is the output of a named
submodule.
"""

from workbench.capture import call, prepare
from workbench.models.cognn import CoGNN
from workbench.models.diffwire import CTLayer, GAPLayer
from workbench.models.drew import DRew
from workbench.models.dss_gnn import DSSGNN
from workbench.models.gat import GAT, GATv2
from workbench.models.gatedgcn import GatedGCN
from workbench.models.gcn import GCN
from workbench.models.gin import GIN
from workbench.models.gine import GINE
from workbench.models.gps import GPS
from workbench.models.graph_vit import GraphMLPMixer, GraphViT
from workbench.models.grit import GRIT
from workbench.models.hops import Hops
from workbench.models.mpnn import MPNN
from workbench.models.network import Network
from workbench.models.patches import Patches
from workbench.models.pna import PNA
from workbench.models.prmpnn import PRMPNN, Candidates
from workbench.models.sage import SAGE
from workbench.models.sir_gcn import SINCGCN, SIRGCN
from workbench.models.subgraphs import Subgraphs

#: Name -> model. Each is one file of this package.
MODELS: dict = {
    "GCN": GCN,
    "GIN": GIN,
    "GINE": GINE,
    "GAT": GAT,
    "GATv2": GATv2,
    "SAGE": SAGE,
    "GatedGCN": GatedGCN,
    "PNA": PNA,
    "MPNN": MPNN,
    "SIRGCN": SIRGCN,
    "SINCGCN": SINCGCN,
    "GPS": GPS,
    "GRIT": GRIT,
    "GraphMLPMixer": GraphMLPMixer,
    "GraphViT": GraphViT,
    "DRew": DRew,
    "CoGNN": CoGNN,
    "PRMPNN": PRMPNN,
    "DSSGNN": DSSGNN,
}

__all__ = [
    "DSSGNN",
    "GAT",
    "GCN",
    "GIN",
    "GINE",
    "GPS",
    "GRIT",
    "MODELS",
    "MPNN",
    "PNA",
    "PRMPNN",
    "SAGE",
    "SINCGCN",
    "SIRGCN",
    "CTLayer",
    "Candidates",
    "CoGNN",
    "DRew",
    "GAPLayer",
    "GATv2",
    "GatedGCN",
    "Hops",
    "Network",
    "Patches",
    "Subgraphs",
    "call",
    "prepare",
]
