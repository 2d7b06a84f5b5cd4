"""What opens the rewiring lab: a graph in memory, by its name, from a file, or one of several."""

from collections.abc import Callable
from pathlib import Path

from workbench.choices import check_choice
from workbench.graphs.files.build import Weight
from workbench.rewiring import EDITS, Rewired
from workbench.widgets.lab.opening import OpenedFile, graph_of, graphs_of
from workbench.widgets.lab.options import MOST
from workbench.widgets.lab.whole_number import whole_number
from workbench.widgets.rewiring.lab import Graphs, RewiringLab
from workbench.widgets.rewiring.moment import Start
from workbench.widgets.rewiring.source import Several
from workbench.widgets.rewiring.state import RewiringState


def rewiring_lab(
    data: Graphs | Path = "karate",
    *,
    index: int = 0,
    method: str | Callable[..., Rewired] = "gtr",
    num_edges: int = 20,
    weighted: bool = True,
    undirected: bool = False,
    source: str | None = None,
    target: str | None = None,
    weight: Weight = None,
    header: bool | None = None,
) -> RewiringLab:
    """The rewiring lab on one graph: drag the slider through the edits of a published method.

    Args:
        data: a PyG ``Data``, a networkx graph, or what ``workbench.graphs.open_graph``
            understands: a name such as ``"karate"`` or ``"ring:24"``, or the path of a graph file;
            or several: a ``Batch``, a data set, a list, of which the lab shows one.
        index: which of several, or of a file's graphs, is shown first, from 0; a box in the lab
            chooses another.
        method: the rewiring that fills the tape first; one of ``workbench.rewiring.EDITS``, or your
            own ``function(edge_index, num_nodes, *, ...)`` that returns a ``Rewired`` with edits.
        num_edges: its budget of undirected edges, 0 to 100,000.
        weighted: whether the weights of edges are their conductances; False for 1 each.
        undirected: take each edge both ways; of two weights the mean.
        source, target, weight, header: how to read a file, as in ``read_graph``.

    Returns:
        The lab. Show it as the last line of a cell; use ``lab.tape``, ``lab.position = 12``,
        ``lab.rewired``, ``lab.numbers()``, ``lab.code()`` and ``lab.save(path)`` below it. A graph
        file dropped on the graph takes its place.

    Raises:
        ValueError: the method is unknown, ``num_edges`` is out of range, or the graph is directed
            or has no nodes.
        TypeError: ``data`` is none of the above, or ``num_edges`` is no whole number.
    """
    if not callable(method):
        check_choice("method", method, EDITS)
    num_edges = whole_number(num_edges, "num_edges", 0, MOST)
    reading = {"source": source, "target": target, "weight": weight, "header": header}
    reading = {name: value for name, value in reading.items() if value is not None}
    path = Path(data).expanduser() if isinstance(data, str | Path) else None
    origin, graphs = None, graphs_of(data)
    if graphs is not None and not reading:
        origin = Several(graphs, index, undirected)
        graph, opened = origin.graph, None
    elif path is not None and path.is_file():
        if undirected:
            reading["directed"] = False
        if index:
            reading["index"] = index
        origin = OpenedFile.read(path.name, path.read_bytes(), path=str(data), **reading)
        graph, opened, reading = origin.graph, origin.source, origin.opened_with
    elif index:
        raise ValueError(f"index={index!r} chooses one of several graphs; {data!r} is one graph")
    else:
        graph, opened = graph_of(data, both_ways=undirected, **reading)
    try:
        start = Start(graph, opened, reading, weighted=weighted)
    except ValueError as error:
        if "directed" not in str(error):
            raise
        way = "or rewiring_lab(..., undirected=True) to take each edge both ways"
        raise ValueError(f"{error}; {way}") from None
    return RewiringLab(RewiringState(start, method, num_edges, weighted), origin)
