"""Arrays in, pictures out; pure functions that import no other part of the package."""

from workbench.figures.attention import attention_bars, attention_maps, attention_picture
from workbench.figures.brec import brec_cells, brec_table_figure
from workbench.figures.curves import decay_curves, interval_figure, tape_curves, training_curves
from workbench.figures.graph import graph_figure
from workbench.figures.heatmap import heatmaps
from workbench.figures.picture import picture

__all__ = [
    "attention_bars",
    "attention_maps",
    "attention_picture",
    "brec_cells",
    "brec_table_figure",
    "decay_curves",
    "graph_figure",
    "heatmaps",
    "interval_figure",
    "picture",
    "tape_curves",
    "training_curves",
]
