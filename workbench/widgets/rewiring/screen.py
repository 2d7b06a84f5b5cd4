"""The pictures, the slider and the texts of the rewiring lab: they show, and decide nothing."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

import ipywidgets
import numpy as np
import traitlets

from workbench.rewiring.tape.next_edges import best_next_edges
from workbench.rewiring.tape.node_pairs import RESISTANCE
from workbench.rewiring.tape.numbers import Numbers
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring import views
from workbench.widgets.rewiring.controls import Controls
from workbench.widgets.rewiring.state import RewiringState

#: Up to this many nodes everything is there at once; beyond, the status line tells what is not yet.
QUICK_NODES = 400


class Screen:
    """Shows a ``RewiringState`` as the controls ask.

    Attributes:
        canvas, matrix, bar: the graph, the matrix and the slider with its cards.
        best: the table of the best next edges.
        status: one line: what was done last, and what is being computed.
    """

    def __init__(self, controls: Controls):
        self._controls = controls
        self.canvas = GraphCanvas(hides_picture=True, height=440, file_prompt="open as the graph")
        self.matrix = MatrixCanvas(height=440, rows="node", columns="node")
        self.bar = TapeBar()
        self.best, self.status = ipywidgets.HTML(), ipywidgets.HTML()
        self.status.add_class("workbench-status")
        self._said = self._working = ""
        # one way only: the slider leads, and a stale canvas can never move it back
        ipywidgets.jsdlink((self.bar, "position"), (self.canvas, "position"))
        ipywidgets.jsdlink((self.bar, "position"), (self.matrix, "position"))
        ipywidgets.jslink((self.canvas, "selection"), (self.matrix, "selection"))
        traitlets.dlink((controls.view, "value"), (self.canvas, "mode"))
        traitlets.dlink((controls.view, "value"), (self.matrix, "mode"))

    def rows(self) -> list[ipywidgets.Widget]:
        """What stands between the controls and the training, from top to bottom."""
        columns = "minmax(0, 1.25fr) minmax(0, 1fr)"
        pictures = ipywidgets.GridBox(
            [self.canvas, self.matrix],
            layout=ipywidgets.Layout(grid_template_columns=columns, grid_gap="8px"),
        )
        return [pictures, self.bar, self.status, self.best]

    def show_graph(self, state: RewiringState) -> None:
        """Send what does not change along a tape."""
        views.show_graph(state, self.canvas, self.matrix)

    def show_tape(self, state: RewiringState) -> None:
        """Send the edits; the numbers of the old ones grey."""
        tape, names = state.tape, views.node_names(state)
        with self.canvas.hold_sync(), self.bar.hold_sync():
            self.canvas.spans = np.ascontiguousarray(tape.spans(), "<i4").tobytes()
            self.bar.edits = [views.edit_text(edit, names) for edit in tape.edits]
            self.bar.length = len(tape.edits)
            self.bar.position = tape.position
            self.bar.stale = True
        self.show_position(state)

    def show_position(self, state: RewiringState) -> None:
        """The matrix at the current position; undo and redo where they would do anything."""
        self.bar.can_undo, self.bar.can_redo = state.tape.can_undo, state.tape.can_redo
        self.show_matrix(state)

    def show_numbers(self, numbers: Numbers) -> None:
        """The cards, at every position."""
        with self.bar.hold_sync():
            self.bar.cards, self.bar.stale = views.cards(numbers), False

    def show_matrix(self, state: RewiringState) -> None:
        """The matrix that the menu names, at the current position."""
        views.show_matrix(state, self.matrix, self._controls.matrix.value)

    def show_landmarks(self, state: RewiringState, should_stop: ShouldStop) -> None:
        """On a large graph, what stands for the matrix over all pairs, where that is chosen."""
        if self._controls.matrix.value == RESISTANCE:
            views.show_landmarks(state, self.matrix, should_stop)

    def show_colors(self, state: RewiringState) -> None:
        """The coloring that the menu names, at the current position."""
        views.show_colors(state, self.canvas, self._controls.color.value)

    def show_best(self, state: RewiringState) -> None:
        """The best next edges, where they are asked for."""
        if self._controls.best.value:
            best = best_next_edges(state.tape.edge_index(), state.num_nodes)
            rows = [(u, v, i) for i, edges in enumerate(best.values()) for u, v, _ in edges]
            with self.canvas.hold_sync():
                self.canvas.methods = list(best)
                self.canvas.candidates = np.array(rows, "<i4").reshape(-1, 3).tobytes()
            self.best.value = views.best_table(best, views.node_names(state))
        elif self.best.value:
            self.canvas.candidates, self.best.value = b"", ""

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Tell what was done, or what went wrong."""
        kind = "workbench-wrong" if wrong else "workbench-fine"
        self._said = f'<span class="{kind}">{html.escape(text)}</span>'
        self.status.value = self._said + self._working

    @contextmanager
    def working(self, state: RewiringState, text: str) -> Iterator[None]:
        """While it is being computed, tell so behind what was said; on a small graph be silent."""
        if state.num_nodes > QUICK_NODES:
            text = html.escape(f"{text}… The picture and the slider can be used meanwhile.")
            self._working = f' <span class="workbench-fine">{text}</span>'
            self.status.value = self._said + self._working
        try:
            yield
        finally:
            self._working = ""
            self.status.value = self._said
