"""Graphs into a lab: from memory, by name, from a file on disk or one that the browser sends."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch_geometric.data import Batch, Data, Dataset

from workbench.graphs import open_graph
from workbench.graphs.files.build import build
from workbench.graphs.files.parts import Guess
from workbench.graphs.files.reading import read_parts

#: How code would have it otherwise, behind a note: " (header=True keeps it)".
_WAY = re.compile(r" \([^()]*=[^()]*\)")


def graph_of(data: Any, *, both_ways: bool = False, **reading: Any) -> tuple[Data, str | None]:
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
    if both_ways:
        reading["directed"] = False
    graph = open_graph(data if source is None else source, **reading)
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
