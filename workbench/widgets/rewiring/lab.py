"""The rewiring lab: choose a graph, drag a slider through the edits, train, see what changed."""

from pathlib import Path

import ipywidgets
import networkx as nx
import plotly.graph_objects as go
from torch_geometric.data import Data

from workbench.graphs.files.build import Weight
from workbench.rewiring import EDITS, Tape
from workbench.training import PairedRuns
from workbench.widgets.lab.opening import OpenedFile, graph_of
from workbench.widgets.lab.options import MOST
from workbench.widgets.lab.still_picture import StillPicture
from workbench.widgets.lab.whole_number import whole_number
from workbench.widgets.rewiring.code import code
from workbench.widgets.rewiring.commands import Commands
from workbench.widgets.rewiring.controls import Controls
from workbench.widgets.rewiring.export import save_state, state_figure, state_picture
from workbench.widgets.rewiring.screen import QUICK_NODES, Screen
from workbench.widgets.rewiring.state import RewiringState
from workbench.widgets.training.panel import TrainingPanel

#: A cell that shows a larger lab waits this many seconds for its edits, to store their picture.
WAIT_SECONDS = 30.0


class RewiringLab(StillPicture, ipywidgets.VBox):
    """Graph, tape and position on the screen. Code and mouse drive the same state.

    Attributes:
        graph: the graph before its edits (PyG ``Data``).
        tape: the ordered edits, each with who made it.
        position: how many edits of the tape are applied; set it to move the slider.
        rewired: the graph at the current position (PyG ``Data``).
        runs: what the last "Train before / after" gave, or None.
    """

    def __init__(
        self, state: RewiringState, method: str, num_edges: int, file: OpenedFile | None = None
    ):
        self._state = state
        self._controls = Controls(method)
        self._screen = screen = Screen(self._controls)
        self._canvas, self._matrix, self._bar = screen.canvas, screen.matrix, screen.bar
        self._best, self._status = screen.best, screen.status
        self._training = TrainingPanel(
            lambda: (state.edge_index, state.tape.edge_index()), screen.say
        )
        below = [self._training, self._controls.exports]
        super().__init__([*self._controls.rows(), *screen.rows(), *below])
        self.add_class("workbench-lab")
        self._commands = Commands(
            state,
            self._controls,
            screen,
            self._training,
            num_edges=num_edges,
            rested=self._store_picture,
            file=file,
        )
        self._controls.on_export(self._export)
        if state.num_nodes <= QUICK_NODES:
            self.wait(20)

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def graph(self) -> Data:
        """The graph before its edits."""
        return self._state.graph

    @property
    def rewired(self) -> Data:
        """The graph at the current position."""
        return self._state.rewired()

    @property
    def tape(self) -> Tape:
        """The ordered edits, each with who made it."""
        return self._state.tape

    @property
    def position(self) -> int:
        """How many edits of the tape are applied."""
        return self._state.tape.position

    @position.setter
    def position(self, value: int) -> None:
        self._bar.position = whole_number(value, "position", 0, len(self.tape))

    @property
    def runs(self) -> PairedRuns | None:
        """What the last "Train before / after" gave, or None."""
        return self._training.runs

    @property
    def training(self) -> TrainingPanel:
        """The panel that trains before and after: ``lab.training.start()``, ``.stop()``."""
        return self._training

    def numbers(self) -> dict[str, float]:
        """The numbers on the cards at the current position, by name."""
        numbers = self._state.numbers.measure(self.tape.edits)
        return {name: float(values[self.position]) for name, values in numbers.values.items()}

    def edit(self, u: int, v: int) -> None:
        """Add the edge between ``u`` and ``v`` by hand, or remove it where there is one."""
        self._commands.hand_edit(-1 if self.tape.has_edge(u, v) else 1, u, v)

    def undo(self) -> None:
        """Take the last edit back; an abandoned tail of the tape comes back with it."""
        self._commands.move_on_tape(self.tape.undo)

    def redo(self) -> None:
        """Do again what was undone."""
        self._commands.move_on_tape(self.tape.redo)

    def reset(self) -> None:
        """Drop the edits by hand: the tape as the method made it. Undo brings them back."""
        self._commands.move_on_tape(self._state.reset)

    def figure(self) -> go.Figure:
        """Before and after as a plotly figure."""
        return state_figure(self._state, self._controls.color.value)

    def picture(self, format: str = "png") -> bytes:
        """Before, after and the matrix as the bytes of a PNG or SVG file."""
        color, matrix = self._controls.color.value, self._controls.matrix.value
        return state_picture(self._state, color, matrix, format=format)

    def code(self) -> str:
        """Python that reproduces the graph at the current position."""
        return code(self._state)

    def save(self, path: str | Path) -> Path:
        """Write the current state; the ending of ``path`` says what.

        ``.png``, ``.svg``, ``.html``: the figure. ``.py``: the code. ``.json``: the tape of edits.
        Anything else that ``write_graph`` knows (``.graphml``, ``.npz``, ...): the rewired graph.
        """
        color, matrix = self._controls.color.value, self._controls.matrix.value
        return save_state(self._state, path, color=color, matrix=matrix)

    def wait(self, timeout: float = 60.0) -> bool:
        """Block until everything asked for is on the screen; False after ``timeout`` seconds."""
        return self._commands.worker.wait(timeout)

    def close(self) -> None:
        """Stop the threads and remove the lab from the page."""
        self._training.close()
        self._commands.worker.close()
        super().close()

    def _ipython_display_(self) -> None:
        filled = self._commands.filled
        waits = not filled.is_set()
        super()._ipython_display_()
        if waits and filled.wait(WAIT_SECONDS):
            self._store_picture()

    def _export(self, suffix: str) -> None:
        stem = "".join(c if c.isalnum() else "-" for c in self._state.name)
        path = Path(f"{stem}-{self._controls.method.value}-{self.position}{suffix}")
        try:
            self.save(path)
        except Exception as error:
            self._screen.say(str(error), wrong=True)
            return
        size = path.stat().st_size / 1000
        self._screen.say(f"wrote {path} ({size:,.0f} kB) beside the notebook.")


def rewiring_lab(
    data: Data | nx.Graph | str | Path = "karate",
    *,
    method: str = "gtr",
    num_edges: int = 20,
    undirected: bool = False,
    source: str | None = None,
    target: str | None = None,
    weight: Weight = None,
    header: bool | None = None,
) -> RewiringLab:
    """The rewiring lab on one graph: drag the slider through the edits of a published method.

    Args:
        data: a PyG ``Data``, a networkx graph, or what ``workbench.graphs.open_graph``
            understands: a name such as ``"karate"`` or ``"ring:24"``, or the path of a graph file.
        method: the rewiring that fills the tape first; one of ``workbench.rewiring.EDITS``.
        num_edges: its budget of undirected edges, 0 to 100,000.
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
    if method not in EDITS:
        raise ValueError(f"method must be one of {', '.join(EDITS)}; got {method!r}")
    num_edges = whole_number(num_edges, "num_edges", 0, MOST)
    reading = {"source": source, "target": target, "weight": weight, "header": header}
    reading = {name: value for name, value in reading.items() if value is not None}
    path = Path(data).expanduser() if isinstance(data, str | Path) else None
    file = None
    if path is not None and path.is_file():
        if undirected:
            reading["directed"] = False
        file = OpenedFile.read(path.name, path.read_bytes(), path=str(data), **reading)
        graph, opened, reading = file.graph, file.source, file.opened_with
    else:
        graph, opened = graph_of(data, both_ways=undirected, **reading)
    try:
        state = RewiringState(graph, opened, reading)
    except ValueError as error:
        if "directed" not in str(error):
            raise
        way = "or rewiring_lab(..., undirected=True) to take each edge both ways"
        raise ValueError(f"{error}; {way}") from None
    return RewiringLab(state, method, num_edges, file)
