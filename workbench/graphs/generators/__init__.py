"""Graphs that are made and not read: a file a family, each function by the name of its graph."""

from workbench.graphs.generators.named_graphs import (
    csl,
    karate,
    les_miserables,
    petersen,
    rook,
    shrikhande,
)
from workbench.graphs.generators.random_graphs import (
    erdos_renyi,
    grid_with_holes,
    random_regular,
    sbm,
)
from workbench.graphs.generators.shapes import (
    barbell,
    clique_path,
    complete,
    crossed_ring,
    grid,
    lollipop,
    path,
    ring,
    ring_of_cliques,
    star,
    tree,
)
from workbench.graphs.generators.strongly_regular import strongly_regular

__all__ = [
    "barbell",
    "clique_path",
    "complete",
    "crossed_ring",
    "csl",
    "erdos_renyi",
    "grid",
    "grid_with_holes",
    "karate",
    "les_miserables",
    "lollipop",
    "path",
    "petersen",
    "random_regular",
    "ring",
    "ring_of_cliques",
    "rook",
    "sbm",
    "shrikhande",
    "star",
    "strongly_regular",
    "tree",
]
