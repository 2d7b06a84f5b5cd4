"""Models: one file per system.

Each is ``Model(in_channels, hidden_channels, out_channels, *, num_layers, ...)`` and is called as
``model(x, edge_index, batch, ...)`` with what else its ``forward`` names: ``call(model, data)``
hands that over, ``prepare(model, data)`` makes before what a graph lacks (``model.requires``).
``model.reach`` is the number of hops that it sees. What is worth reading is the output of a named
submodule.
"""

from workbench.capture import call, prepare
from workbench.models.dss_gnn import DSSGNN
from workbench.models.gat import GAT
from workbench.models.gcn import GCN
from workbench.models.gin import GIN
from workbench.models.gps import GPS
from workbench.models.grit import GRIT
from workbench.models.network import Network
from workbench.models.sage import SAGE
from workbench.models.subgraphs import Subgraphs

#: Name -> model. Each is one file of this package.
MODELS: dict = {
    "GCN": GCN,
    "GIN": GIN,
    "GAT": GAT,
    "SAGE": SAGE,
    "GPS": GPS,
    "GRIT": GRIT,
    "DSSGNN": DSSGNN,
}

__all__ = [
    "DSSGNN",
    "GAT",
    "GCN",
    "GIN",
    "GPS",
    "GRIT",
    "MODELS",
    "SAGE",
    "Network",
    "Subgraphs",
    "call",
    "prepare",
]
