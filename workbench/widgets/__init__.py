"""The interactive labs: thin layers over the library."""

from workbench.widgets.attention_lens import AttentionLens, attention_lens
from workbench.widgets.graph_canvas import GraphCanvas
from workbench.widgets.matrix_canvas import MatrixCanvas
from workbench.widgets.rewiring_lab import RewiringLab, rewiring_lab
from workbench.widgets.tape_bar import TapeBar

__all__ = [
    "AttentionLens",
    "GraphCanvas",
    "MatrixCanvas",
    "RewiringLab",
    "TapeBar",
    "attention_lens",
    "rewiring_lab",
]
