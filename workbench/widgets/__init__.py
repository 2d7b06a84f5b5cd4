"""The interactive labs: thin layers over the library."""

from workbench.widgets.attention_lens import AttentionLens, attention_lens
from workbench.widgets.expressivity_lab import ExpressivityLab, expressivity_lab
from workbench.widgets.first_click import hear_first_clicks
from workbench.widgets.graph_canvas import GraphCanvas
from workbench.widgets.matrix_canvas import MatrixCanvas
from workbench.widgets.rewiring_lab import RewiringLab, rewiring_lab
from workbench.widgets.sensitivity_lab import SensitivityLab, sensitivity_lab
from workbench.widgets.tape_bar import TapeBar

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

hear_first_clicks()
