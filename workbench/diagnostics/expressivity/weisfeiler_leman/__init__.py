"""Color refinement of the Weisfeiler-Leman family: which graphs a test tells apart, and why."""

from workbench.diagnostics.expressivity.weisfeiler_leman.coloring import Coloring
from workbench.diagnostics.expressivity.weisfeiler_leman.colors import (
    distance_wl_colors,
    fwl_colors,
    klwl_colors,
    kwl_colors,
    subgraph_wl_colors,
    wl_colors,
)
from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import (
    TESTS,
    Distinction,
    distinguishes,
    graph_classes,
    tell_apart,
)
from workbench.diagnostics.expressivity.weisfeiler_leman.rounding import (
    RoundedDistinction,
    rounded_distinction,
)

__all__ = [
    "TESTS",
    "Coloring",
    "Distinction",
    "RoundedDistinction",
    "distance_wl_colors",
    "distinguishes",
    "fwl_colors",
    "graph_classes",
    "klwl_colors",
    "kwl_colors",
    "rounded_distinction",
    "subgraph_wl_colors",
    "tell_apart",
    "wl_colors",
]
