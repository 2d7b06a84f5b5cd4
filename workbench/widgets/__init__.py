"""The interactive labs: thin layers over the library."""

from workbench.widgets.attention.lab import AttentionLens, attention_lens
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.expressivity.lab import ExpressivityLab, expressivity_lab
from workbench.widgets.rewiring.lab import RewiringLab
from workbench.widgets.rewiring.open_lab import rewiring_lab
from workbench.widgets.sensitivity.lab import SensitivityLab, sensitivity_lab

__all__ = [
    "AttentionLens",
    "ExpressivityLab",
    "GraphCanvas",
    "MatrixCanvas",
    "RewiringLab",
    "SensitivityLab",
    "TapeBar",
    "attention_lens",
    "expressivity_lab",
    "rewiring_lab",
    "sensitivity_lab",
]
