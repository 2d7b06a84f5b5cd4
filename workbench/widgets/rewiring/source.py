"""Where the graph of the rewiring lab comes from: the menu, a file, a graph in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import ipywidgets
from torch_geometric.data import Data
from torch_geometric.utils import is_undirected

from workbench.graphs import open_graph
from workbench.widgets.lab.opening import OpenedFile, graph_of, read_drop, read_upload
from workbench.widgets.lab.whole_number import whole_number
from workbench.widgets.rewiring.file import FileBoxes
from workbench.widgets.rewiring.moment import Start
from workbench.widgets.rewiring.state import GRAPH_MENU, RewiringState

#: Stands in the graph menu for a graph that has no name to open it by.
OWN = "own graph"


@dataclass(frozen=True)
class Several:
    """Several graphs, of which one is shown.

    Attributes:
        graphs: a list, or a data set that makes them when asked.
        index: which one.
        both_ways: whether each edge is taken both ways.
    """

    graphs: Sequence[Data]
    index: int = 0
    both_ways: bool = False

    def __post_init__(self):
        whole_number(self.index, "index", 0, len(self.graphs) - 1)

    @cached_property
    def graph(self) -> Data:
        """The one that is shown.

        Raises:
            ValueError, TypeError: as ``graph_of``.
        """
        return graph_of(self.graphs[self.index], both_ways=self.both_ways)[0]


class GraphSource:
    """Opens graphs into a ``RewiringState`` and keeps the menu in step.

    Args:
        state: what is changed.
        opened: called once another graph is there.
        ask: says a question to the user.
        failed: called with the error where a graph or file is not taken; nothing is changed then.
        origin: the file or the several graphs that the graph comes from, if it does.

    Attributes:
        upload: the button that opens a file.
        boxes: how the file was taken, and what corrects it.
    """

    def __init__(
        self,
        state: RewiringState,
        opened: Callable[[], None],
        ask: Callable[[str], None],
        failed: Callable[[Exception], None],
        origin: OpenedFile | Several | None = None,
    ):
        self._state, self._opened, self._ask, self._failed = state, opened, ask, failed
        self._origin, self._own = origin, None
        self._head: dict[str, str] = {}
        self.boxes = FileBoxes(self._correct)
        self.upload = ipywidgets.FileUpload(
            description="open file…",
            tooltip="GraphML, GML, GEXF, JSON, csv, edge list, Matrix Market, Pajek, graph6, npz, "
            "pt, up to 10 MB; or drop it on the graph. Nothing leaves this machine.",
            layout=ipywidgets.Layout(width="110px"),
        )
        self.upload.observe(self._upload, "value")
        state.observe(self._choose, "source")
        self._name()
        self._show_origin()

    def take(self, graph: Data, source: str | None, opened_with: dict | None = None) -> None:
        """Start over with a graph.

        Raises:
            ValueError: it is directed.
        """
        start = Start(graph, source, opened_with, weighted=self._state.weighted)
        self._state.open(start)
        self._name()
        self._show_origin()
        self._opened()

    def take_one_of(self, several: Several) -> None:
        """Start over with a graph of several.

        Raises:
            ValueError, TypeError: as ``graph_of``, or it is directed.
        """
        before, self._origin = self._origin, several
        try:
            self.take(several.graph, None)
        except (ValueError, TypeError):
            self._origin = before
            raise

    def drop(self, content: dict, buffers: Sequence) -> None:
        """Take a file that was dropped on the picture."""
        self._read(lambda: read_drop(content, buffers))

    def _name(self) -> None:
        """Choose the graph in the menu; one that is not there is put at its head and stays."""
        start, origin = self._state.start, self._origin
        from_file = isinstance(origin, OpenedFile) and self._is_from(origin)
        own = start.source is None or from_file
        if own:
            self._own = start.given
        name = origin.name if from_file else start.name
        value = OWN if own else start.source
        if value not in GRAPH_MENU.values():
            self._head = {f"{Path(name).stem if from_file else name} ({start.num_nodes:,})": value}
        self._state.offer("source", self._head | GRAPH_MENU, value)

    def _is_from(self, origin: OpenedFile | Several | None) -> bool:
        return origin is not None and origin.graph is self._state.start.given

    def _show_origin(self) -> None:
        origin = self._origin
        if not self._is_from(origin):
            self.boxes.hide()
        elif isinstance(origin, OpenedFile):
            self.boxes.show(origin)
        else:
            self.boxes.show_choice(len(origin.graphs), origin.index)

    def _choose(self, change) -> None:
        """The menu was set, by a hand or by ``_name``."""
        start = self._state.start
        source = change.new
        if source == start.source or (source == OWN and start.given is self._own):
            return
        try:
            if source != OWN:
                self.take(open_graph(source), source)
            elif isinstance(self._origin, OpenedFile) and self._origin.graph is self._own:
                self._use(self._origin)
            else:
                self.take(self._own, None)
        except Exception as error:  # whatever a download or a file does
            self._name()
            self._failed(error)

    def _upload(self, change) -> None:
        if change.new:
            self.upload.value = ()
            self._read(lambda: read_upload(change.new[0]))

    def _read(self, read: Callable[[], OpenedFile]) -> None:
        """Open a file and say how it was taken; one with arcs waits for its button."""
        try:
            file = read()
            graph = file.graph
            if file.is_directed and not is_undirected(graph.edge_index, num_nodes=graph.num_nodes):
                self._origin = file
                self.boxes.show(file, asks_direction=True)
                self._ask(f"{file.name} is directed: is each edge to be taken both ways?")
            else:
                self._use(file)
        except ValueError as error:
            self._failed(error)

    def _use(self, file: OpenedFile) -> None:
        self._origin = file
        self.take(file.graph, file.source, file.opened_with)

    def _correct(self, **options) -> None:
        """Read the file again as its boxes say; the boxes go back where it cannot be."""
        file = self._origin
        if isinstance(file, Several):
            self._correct_index(file, **options)
            return
        if file is None:
            return
        # other columns or another header may leave nothing of what else was chosen
        forgets = {"source": None, "target": None, "weight": None} if "header" in options else {}
        try:
            again = file.reread(**(forgets | options))
        except ValueError as error:
            self.boxes.show(file)
            self._failed(error)
            return
        self._read(lambda: again)

    def _correct_index(self, several: Several, index: int) -> None:
        """Another of the graphs; the box goes back where it cannot be shown."""
        try:
            self.take_one_of(replace(several, index=index))
        except (ValueError, TypeError) as error:
            self._show_origin()
            self._failed(error)
