"""Arrays in, pictures out; pure functions that import no other part of the package."""

from workbench.figures.attention import attention_bars, attention_maps, attention_picture
from workbench.figures.blind_spots import blind_spot_figure, blind_spot_picture
from workbench.figures.brec import brec_cells, brec_table_figure
from workbench.figures.coloring import coloring_picture
from workbench.figures.curves import interval_figure, tape_curves, training_curves
from workbench.figures.decay import decay_curves, decay_panels, decay_picture
from workbench.figures.graph import graph_figure
from workbench.figures.heatmap import heatmaps
from workbench.figures.picture import picture
from workbench.figures.sensitivity import influence_bars, sensitivity_picture

__all__ = [
    "attention_bars",
    "attention_maps",
    "attention_picture",
    "blind_spot_figure",
    "blind_spot_picture",
    "brec_cells",
    "brec_table_figure",
    "coloring_picture",
    "decay_curves",
    "decay_panels",
    "decay_picture",
    "graph_figure",
    "heatmaps",
    "influence_bars",
    "interval_figure",
    "picture",
    "sensitivity_picture",
    "tape_curves",
    "training_curves",
]
