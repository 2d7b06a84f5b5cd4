"""Graphs into a lab: from memory, by name, from a file on disk or one that the browser sends."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import torch
from torch_geometric.data import Batch, Data, Dataset, HeteroData

from workbench.graphs import from_networkx, open_graph, undirected
from workbench.graphs.files.build import build
from workbench.graphs.files.parts import Guess
from workbench.graphs.files.reading import read_parts

#: How code would have it otherwise, behind a note: " (header=True keeps it)".
_WAY = re.compile(r" \([^()]*=[^()]*\)")


def graph_of(
    data: Data | nx.Graph | str | Path, *, both_ways: bool = False, **reading: Any
) -> tuple[Data, str | None]:
    """The graph, and how ``open_graph`` opens it again where it does.

    Args:
        data: a graph in memory, or what ``open_graph`` understands.
        both_ways: whether to take every edge both ways, as ``undirected`` does.
        reading: options of ``open_graph``.

    Raises:
        TypeError: ``data`` is no graph and no text.
        ValueError: the graph has no nodes, or attributes of another size, or no graph goes by this
            name.
    """
    source = str(data) if isinstance(data, str | Path) else None
    if source is not None:
        if both_ways:
            reading["directed"] = False
        graph = open_graph(source, **reading)
    elif reading:
        raise ValueError(f"{', '.join(reading)} say how to read a file; the graph is in memory")
    else:
        graph = _in_memory(data)
        graph = undirected(graph) if both_ways else graph
    if not graph.num_nodes:
        raise ValueError("the graph has no nodes; there is nothing to show")
    return graph, source


def graphs_of(data: Any) -> Sequence[Data] | None:
    """The graphs of a ``Batch``, a data set or a list; None where ``data`` is none of them.

    Raises:
        ValueError: there is no graph in it.
        TypeError: the ``Batch`` does not say where its graphs begin.
    """
    kind = type(data).__name__
    if isinstance(data, Batch):
        try:
            data = data.to_data_list()
        except (RuntimeError, AttributeError):
            raise TypeError(
                f"this {kind} does not say where its graphs begin; make it by Batch.from_data_list"
            ) from None
    elif not isinstance(data, Dataset | list | tuple):
        return None
    if not len(data):
        raise ValueError(f"a {kind} without graphs; there is nothing to show")
    return data


def _in_memory(data: Any) -> Data:
    """A PyG ``Data`` as it is, a networkx graph converted; of others what to do."""
    kind = type(data).__name__
    if isinstance(data, HeteroData):
        raise TypeError(f"a {kind} has nodes of several kinds; show data.to_homogeneous()")
    if isinstance(data, Batch):
        raise TypeError(f"a {kind} of {data.num_graphs} graphs; show one: batch.get_example(0)")
    if isinstance(data, Dataset) or (
        isinstance(data, list | tuple) and data and isinstance(data[0], Data)
    ):
        raise TypeError(f"a {kind} of {len(data)} graphs; show one: dataset[0]")
    if isinstance(data, nx.Graph):
        return from_networkx(data)
    if not isinstance(data, Data):
        raise TypeError(
            "a graph must be a PyG Data, a networkx graph, a name such as 'karate' or the path of "
            f"a graph file; got {kind}"
        )
    if data.edge_index is None:
        raise ValueError(
            "the Data has no edge_index; give it one: data.edge_index = torch.zeros(2, 0).long() "
            "for no edges"
        )
    count, pos, labels = int(data.num_nodes or 0), data.get("pos"), data.get("labels")
    if isinstance(pos, torch.Tensor) and (pos.dim() != 2 or pos.size(0) != count):
        raise ValueError(
            f"data.pos has shape {list(pos.shape)}; it must be [{count}, 2], a place for each "
            "node: reshape it, or delete it"
        )
    if labels is not None and (not hasattr(labels, "__len__") or len(labels) != count):
        size = len(labels) if hasattr(labels, "__len__") else 1
        raise ValueError(
            f"data.labels has {size} names for {count} nodes; give each node its own, or delete it"
        )
    return data


@dataclass
class OpenedFile:
    """A file that the browser sent, how it was read, and how else it might be.

    Attributes:
        name, content: the file.
        options: of ``read_parts`` and ``build``, by name: what was corrected by hand.
        graph: the graph as read.
        notes: what was guessed, left out or changed.
        guess: the layout of a table, and the number of graphs.
        attributes: what may be the weight.
        is_directed: whether the edges are arcs.
        path: where it lies; None where the browser sent it.
    """

    name: str
    content: bytes
    options: dict[str, Any]
    graph: Data
    notes: list[str]
    guess: Guess
    attributes: list[str]
    is_directed: bool
    path: str | None = None

    @property
    def said(self) -> str:
        """The notes for a page, without the options that code has."""
        return "; ".join(_WAY.sub("", note) for note in self.notes)

    @property
    def source(self) -> str | None:
        """What ``open_graph`` takes for it; None where the browser sent it."""
        index = self.options.get("index")
        return self.path if self.path is None or index is None else f"{self.path}:{index}"

    @property
    def opened_with(self) -> dict[str, Any]:
        """The options of ``open_graph`` that read it so."""
        found = {key: value for key, value in self.options.items() if value is not None}
        return {key: value for key, value in found.items() if key != "index"}

    @classmethod
    def read(
        cls, name: str, content: bytes, *, path: str | None = None, **options: Any
    ) -> "OpenedFile":
        """Read a file under options.

        Raises:
            ValueError: the file is malformed; the message names the file and the line or key.
        """
        file = Path(name)
        weight, directed = options.get("weight"), options.get("directed")
        laid = {k: v for k, v in options.items() if k != "weight" and v is not None}
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / f"upload{''.join(file.suffixes[-2:])}"
            try:
                copy.write_bytes(content)
                parts = read_parts(copy, **laid)
                graph, notes = build(parts, directed=directed, weight=weight, path=copy)
            except Exception as error:
                if getattr(error, "graphs", None):
                    return cls.read(name, content, path=path, **(options | {"index": 0}))
                problem = str(error).removeprefix(str(copy)).lstrip(",: ")
                problem = problem.replace("upload", file.stem)
                raise ValueError(f"{file.name} was not opened: {problem}") from error
        if parts.guess.graphs > 1:
            which = f"graph {options['index']} of {parts.guess.graphs}, counted from 0"
            notes.insert(0, which)
        if not graph.get("name"):
            graph.name = Path(file.name.removesuffix(".gz")).stem
        arcs = bool(parts.directed) if directed is None else directed
        attributes = [*parts.edges]
        if len(parts.source) > graph.num_edges / (1 if arcs else 2):
            attributes.append("count")
        return cls(file.name, content, options, graph, notes, parts.guess, attributes, arcs, path)

    def reread(self, **changed: Any) -> "OpenedFile":
        """The same file under other options."""
        return OpenedFile.read(self.name, self.content, path=self.path, **(self.options | changed))


def read_upload(file: dict) -> OpenedFile:
    """The file that ``ipywidgets.FileUpload`` hands over, read.

    Raises:
        ValueError: the file is malformed; the message names the file and the line or key.
    """
    return OpenedFile.read(file["name"], bytes(file["content"]))


def read_drop(content: dict, buffers: Sequence[bytes | memoryview]) -> OpenedFile:
    """The file that ``GraphCanvas`` sends in its message of type "file", read.

    Raises:
        ValueError: the browser refused the file and says why, or it is malformed.
    """
    if "refused" in content:
        raise ValueError(content["refused"])
    return OpenedFile.read(content["name"], bytes(buffers[0]))
