"""Graphs into a lab: from memory, by name, from a file on disk or one that the browser sends."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
from torch_geometric.data import Data

from workbench.graphs import GRAPHS, from_networkx, open_graph, read_graph


def graph_of(data: Data | nx.Graph | str | Path) -> tuple[Data, str | None]:
    """The graph, and how ``open_graph`` opens it again where it does.

    Raises:
        TypeError: ``data`` is no graph and no text.
        ValueError: the graph has no nodes, or no graph goes by this name.
    """
    source = str(data) if isinstance(data, str | Path) else None
    if source is not None:
        graph = open_graph(source)
    elif isinstance(data, Data):
        graph = data
    elif isinstance(data, nx.Graph):
        graph = from_networkx(data)
    else:
        raise TypeError(
            f"a graph must be a PyG Data, a networkx graph, a name of a graph "
            f"({', '.join(GRAPHS)}) or the path of a graph file; got {type(data).__name__}"
        )
    if not graph.num_nodes:
        raise ValueError("the graph has no nodes; there is nothing to show")
    return graph, source


def uploaded_graph(file: dict) -> Data:
    """The graph in a file as ``ipywidgets.FileUpload`` hands it over.

    Raises:
        ValueError: the file is malformed; the message names the file and the line or key.
    """
    name = Path(file["name"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{name.suffix}"
        try:
            path.write_bytes(bytes(file["content"]))
            graph = read_graph(path)
        except Exception as error:
            problem = str(error).removeprefix(str(path)).lstrip(",: ")
            raise ValueError(f"{name.name} was not opened: {problem}") from error
    graph.name = name.stem
    return graph


def dropped_graph(content: dict, buffers: Sequence[bytes | memoryview]) -> Data:
    """The graph in a file as ``GraphCanvas`` sends it: its message of type "file".

    Raises:
        ValueError: the browser refused the file and says why, or it is malformed.
    """
    if "refused" in content:
        raise ValueError(content["refused"])
    return uploaded_graph({"name": content["name"], "content": buffers[0]})
