"""Models: one file per system.

Each is ``Model(in_channels, hidden_channels, out_channels, *, num_layers, ...)`` and is called as
``model(x, edge_index, batch)``; ``call(model, data)`` hands over what its ``forward`` names and the
graph has. What is worth reading is the output of a named submodule.
"""

from workbench.capture import call
from workbench.models.gat import GAT
from workbench.models.gcn import GCN
from workbench.models.gin import GIN
from workbench.models.gps import GPS

#: Name -> model. Each is one file of this package.
MODELS: dict = {"GCN": GCN, "GIN": GIN, "GAT": GAT, "GPS": GPS}

__all__ = ["GAT", "GCN", "GIN", "GPS", "MODELS", "call"]
