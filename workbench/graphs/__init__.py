"""What we study: generators, data sets, reading and writing graphs."""

from workbench.data_sets import DATASETS, data_folder, find_single_graphs
from workbench.graphs.attributes import real_edges, undirected
from workbench.graphs.catalog import EXAMPLES, GRAPHS, open_graph
from workbench.graphs.datasets.expressiveness import (
    BREC_SUBSETS,
    STRONGLY_REGULAR,
    GraphPair,
    load_brec,
    load_cexp,
    load_connected_graphs,
    load_csl,
    load_exp,
    load_strongly_regular,
)
from workbench.graphs.datasets.packed import PackedGraphs, read_packed
from workbench.graphs.datasets.published import load_dataset
from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.formats import SUFFIXES
from workbench.graphs.files.reading import GraphNote, read_graph, read_graphs
from workbench.graphs.files.writing import write_graph
from workbench.graphs.generators import (
    barbell,
    clique_path,
    complete,
    crossed_ring,
    csl,
    erdos_renyi,
    grid,
    grid_with_holes,
    karate,
    les_miserables,
    lollipop,
    path,
    petersen,
    random_regular,
    ring,
    ring_of_cliques,
    rook,
    sbm,
    shrikhande,
    star,
    strongly_regular,
    tree,
)
from workbench.graphs.generators.cfi import cfi
from workbench.graphs.generators.famous_pairs import FAMOUS_PAIRS, FamousPair
from workbench.graphs.graph_data import GraphData
from workbench.graphs.layout import layout
from workbench.graphs.networkx_graphs import from_networkx, to_networkx
from workbench.graphs.objects import from_object

__all__ = [
    "BREC_SUBSETS",
    "DATASETS",
    "EXAMPLES",
    "FAMOUS_PAIRS",
    "GRAPHS",
    "STRONGLY_REGULAR",
    "SUFFIXES",
    "FamousPair",
    "GraphData",
    "GraphFileError",
    "GraphNote",
    "GraphPair",
    "PackedGraphs",
    "barbell",
    "cfi",
    "clique_path",
    "complete",
    "crossed_ring",
    "csl",
    "data_folder",
    "erdos_renyi",
    "find_single_graphs",
    "from_networkx",
    "from_object",
    "grid",
    "grid_with_holes",
    "karate",
    "layout",
    "les_miserables",
    "load_brec",
    "load_cexp",
    "load_connected_graphs",
    "load_csl",
    "load_dataset",
    "load_exp",
    "load_strongly_regular",
    "lollipop",
    "open_graph",
    "path",
    "petersen",
    "random_regular",
    "read_graph",
    "read_graphs",
    "read_packed",
    "real_edges",
    "ring",
    "ring_of_cliques",
    "rook",
    "sbm",
    "shrikhande",
    "star",
    "strongly_regular",
    "to_networkx",
    "tree",
    "undirected",
    "write_graph",
]
