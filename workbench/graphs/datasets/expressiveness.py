"""Pairs and families of graphs that are hard to tell apart: BREC, CSL, EXP, CEXP, regular ones."""

import csv
from dataclasses import dataclass
from pathlib import Path

import torch
from torch_geometric.data import Data

from workbench.data_sets import data_folder
from workbench.graphs.datasets.packed import read_packed
from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.reading import read_graphs

#: Subsets of BREC in the order of the pairs, and how many pairs each has.
BREC_SUBSETS: dict[str, int] = {
    "Basic": 60,
    "Simple regular": 50,
    "Strongly regular": 50,
    "Extension": 100,
    "CFI": 100,
    "4-vertex condition": 20,
    "Distance regular": 20,
}

#: Families of strongly regular graphs: name -> parameters (n, k, lambda, mu).
STRONGLY_REGULAR: dict[str, tuple[int, int, int, int]] = {
    "sr16622": (16, 6, 2, 2),
    "sr251256": (25, 12, 5, 6),
    "sr261034": (26, 10, 3, 4),
    "sr281264": (28, 12, 6, 4),
    "sr291467": (29, 14, 6, 7),
    "sr351668": (35, 16, 6, 8),
    "sr351899": (35, 18, 9, 9),
    "sr361446": (36, 14, 4, 6),
}


@dataclass(frozen=True)
class GraphPair:
    """Two graphs that are not isomorphic.

    Attributes:
        number: place of the pair in its collection, from 0.
        subset: name of the part of the collection.
        first, second: the graphs.
    """

    number: int
    subset: str
    first: Data
    second: Data


def load_brec(root: str | Path | None = None) -> list[GraphPair]:
    """The 400 pairs of BREC, no two isomorphic and none told apart by 1-WL.

    In order: 60 Basic, 50 Simple regular, 50 Strongly regular, 100 Extension, 100 CFI, 20
    4-vertex condition, 20 Distance regular. The paper's "Regular" is all 140 regular pairs. The
    graphs have 7 to 198 nodes and no features; some of Basic, Extension and CFI are disconnected.

    Args:
        root: folder that holds ``brec/brec_pairs.g6`` and ``brec/brec_index.csv``;
            ``data_folder()`` unless given.

    Raises:
        FileNotFoundError: a file is not there; says how to make it.
        GraphFileError: the index and the graphs do not fit each other.

    Examples:
        >>> import os
        >>> from tempfile import TemporaryDirectory
        >>> from unittest import mock
        >>> from workbench.graphs import load_brec
        >>> with TemporaryDirectory() as empty, mock.patch.dict(os.environ, WORKBENCH_DATA=empty):
        ...     load_brec()
        Traceback (most recent call last):
        FileNotFoundError: no file ...brec_pairs.g6 ...

    References:
        Wang and Zhang, An empirical study of realized GNN expressiveness, ICML 2024,
        arXiv 2304.07702.
    """
    graphs_file = _find("brec/brec_pairs.g6", root, _BREC_SOURCE)
    index_file = _find("brec/brec_index.csv", root, _BREC_SOURCE)
    graphs = read_graphs(graphs_file)
    with open(index_file, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    pairs = []
    for number, row in enumerate(rows):
        try:
            first, second = int(row["line_a"]), int(row["line_b"])
            pairs.append(GraphPair(number, row["subset"], graphs[first], graphs[second]))
        except (KeyError, TypeError, ValueError) as error:
            problem = f"expected the columns line_a, line_b and subset ({error!r})"
            raise GraphFileError(index_file, problem, line=number + 2) from None
        except IndexError:
            problem = f"names lines {first} and {second}; {graphs_file.name} has {len(graphs)}"
            raise GraphFileError(index_file, problem, line=number + 2) from None
    return pairs


def load_csl(root: str | Path | None = None) -> list[Data]:
    """The ten circular skip link graphs of 41 nodes, one for each class ``y``.

    Node i is joined to i + 1 and i + R, with R = 2, 3, 4, 5, 6, 9, 11, 12, 13, 16. The published
    data set has 15 relabelings of each.

    Raises:
        FileNotFoundError: ``expressiveness/csl/csl.g6`` is not below ``root``.

    Examples:
        >>> import os
        >>> from tempfile import TemporaryDirectory
        >>> from unittest import mock
        >>> from workbench.graphs import load_csl
        >>> with TemporaryDirectory() as empty, mock.patch.dict(os.environ, WORKBENCH_DATA=empty):
        ...     load_csl()
        Traceback (most recent call last):
        FileNotFoundError: no file ...csl.g6 ...

    References:
        Murphy et al., Relational pooling for graph representations, ICML 2019, arXiv 1903.02541.
    """
    graphs = read_graphs(_find("expressiveness/csl/csl.g6", root, "one graph6 line for each class"))
    for number, data in enumerate(graphs):
        data.y = torch.tensor([number])
    return graphs


def load_exp(root: str | Path | None = None) -> list[Data]:
    """EXP: 1,200 graphs of logical formulas; graphs 2i and 2i + 1 are a pair of opposite classes.

    ``x [nodes, 1]`` tells the two types of nodes, ``y [1]`` is the class. 1-WL tells no pair apart.

    Raises:
        FileNotFoundError: ``expressiveness/exp.npz`` is not below ``root``.
        GraphFileError: the file is malformed.

    Examples:
        >>> import os
        >>> from tempfile import TemporaryDirectory
        >>> from unittest import mock
        >>> from workbench.graphs import load_exp
        >>> with TemporaryDirectory() as empty, mock.patch.dict(os.environ, WORKBENCH_DATA=empty):
        ...     load_exp()
        Traceback (most recent call last):
        FileNotFoundError: no file ...exp.npz ...

    References:
        Abboud et al., The surprising power of graph neural networks with random node
        initialization, IJCAI 2021, arXiv 2010.01179.
    """
    return _unpack(_find("expressiveness/exp.npz", root, _PACKED))


def load_cexp(root: str | Path | None = None) -> list[Data]:
    """CEXP: as EXP, with half of the pairs changed so that 1-WL tells them apart.

    Raises:
        FileNotFoundError: ``expressiveness/cexp.npz`` is not below ``root``.
        GraphFileError: the file is malformed.

    Examples:
        >>> import os
        >>> from tempfile import TemporaryDirectory
        >>> from unittest import mock
        >>> from workbench.graphs import load_cexp
        >>> with TemporaryDirectory() as empty, mock.patch.dict(os.environ, WORKBENCH_DATA=empty):
        ...     load_cexp()
        Traceback (most recent call last):
        FileNotFoundError: no file ...cexp.npz ...
    """
    return _unpack(_find("expressiveness/cexp.npz", root, _PACKED))


def load_strongly_regular(name: str, root: str | Path | None = None) -> list[Data]:
    """All graphs of a family of strongly regular graphs, equal under every test up to 2-FWL.

    Args:
        name: a key of ``STRONGLY_REGULAR``, such as ``"sr251256"``: 15 graphs of 25 nodes and
            degree 12, in which neighbors have 5 common neighbors and others 6.
        root: as in ``load_brec``.

    Raises:
        ValueError: the family is unknown.
        FileNotFoundError: ``expressiveness/sr/<name>.g6`` is not below ``root``.

    Examples:
        >>> from workbench.graphs import load_strongly_regular
        >>> load_strongly_regular("no_such_family")
        Traceback (most recent call last):
        ValueError: no family 'no_such_family'; there are sr16622, ...
    """
    if name not in STRONGLY_REGULAR:
        raise ValueError(f"no family {name!r}; there are {', '.join(STRONGLY_REGULAR)}")
    source = "the lists of B. McKay and E. Spence hold one graph6 line for each graph"
    return read_graphs(_find(f"expressiveness/sr/{name}.g6", root, source))


def load_connected_graphs(num_nodes: int, root: str | Path | None = None) -> list[Data]:
    """All connected graphs of 2 to 8 nodes, one for each isomorphism class (8: 11,117).

    Raises:
        ValueError: ``num_nodes`` is not 2 to 8.
        FileNotFoundError: ``expressiveness/connected/graph<n>c.g6`` is not below ``root``.

    Examples:
        >>> from workbench.graphs import load_connected_graphs
        >>> load_connected_graphs(9)
        Traceback (most recent call last):
        ValueError: num_nodes must be 2 to 8, got 9
    """
    if not 2 <= num_nodes <= 8:
        raise ValueError(f"num_nodes must be 2 to 8, got {num_nodes}")
    path = f"expressiveness/connected/graph{num_nodes}c.g6"
    return read_graphs(_find(path, root, f"nauty writes it: geng -c {num_nodes} > the file"))


_BREC_SOURCE = (
    "the pairs are published as graph6 text in the folder customize/Data/raw of the repository "
    "GraphPKU/BREC; brec_pairs.g6 holds the graphs of pair i in lines 2i and 2i + 1, and "
    "brec_index.csv has a row for each pair, with the columns line_a, line_b (from 0) and subset"
)
_PACKED = (
    "published in the repository ralphabb/GNN-RNI; the npz holds num_nodes and num_edges of each "
    "graph, and all edge_index, x and y one after another"
)


def _find(name: str, root: str | Path | None, source: str) -> Path:
    places = [] if root is None else [Path(root).expanduser()]
    places.append(data_folder())
    for place in places:
        if (place / name).is_file():
            return place / name
    where = " or ".join(str(place / name) for place in dict.fromkeys(places))
    raise FileNotFoundError(f"no file {where} ({source}); give root= or set WORKBENCH_DATA")


def _unpack(path: Path) -> list[Data]:
    """Graphs of an npz file that holds all of them one after another, each with its name."""
    graphs = list(read_packed(path, one_hot=False))
    for number, data in enumerate(graphs):
        data.name = f"{path.stem} {number}"
    return graphs
