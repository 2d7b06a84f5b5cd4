"""The pictures of the rewiring lab: graph, matrix, slider with its cards, the table of edges."""

import ipywidgets

from workbench.rewiring import Edit
from workbench.rewiring.tape.next_edges import best_next_edges
from workbench.rewiring.tape.node_pairs import RESISTANCE
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.picture_border import PictureBorder
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.lab.controls import pair_of_pictures
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring import views
from workbench.widgets.rewiring.cards import show_numbers
from workbench.widgets.rewiring.matrices import show_landmarks, show_matrix
from workbench.widgets.rewiring.moment import Start
from workbench.widgets.rewiring.state import RewiringState


class Pictures:
    """What is shown of a ``RewiringState``; each method sends what it names, as it is now.

    Attributes:
        graph, matrix, bar, border, best: the widgets.
        pair: graph and matrix with the border between.
    """

    def __init__(self, state: RewiringState):
        self._state = state
        self._numbered: tuple[Start, tuple[Edit, ...]] | None = None  # whose numbers are shown
        self.graph = GraphCanvas(hides_picture=True, height=440, file_prompt="open as the graph")
        self.matrix = MatrixCanvas(height=440, rows="node", columns="node", missing="no path")
        self.bar, self.border, self.best = TapeBar(), PictureBorder(), ipywidgets.HTML()
        self.pair = pair_of_pictures(self.graph, self.matrix, self.border)

    def show_graph(self) -> None:
        """The graph before its edits."""
        views.show_graph(self._state.start, self.graph, self.matrix)

    def show_tape(self) -> None:
        """The edits; the numbers of the old ones grey."""
        with self._state.lock:
            views.show_tape(self._state.moment(), self.graph, self.bar)

    def show_position(self) -> None:
        """The matrix at the current position; undo and redo where they would do anything."""
        now = self._state.moment()
        self.bar.can_undo, self.bar.can_redo = now.can_undo, now.can_redo
        self.show_matrix()

    def show_view(self) -> None:
        """Before, after, or both; of these four pictures no more than two share a row."""
        view = self._state.view
        self.border.stacked = view == "both"
        self.graph.mode = self.matrix.mode = view

    def show_colors(self, should_stop: ShouldStop | None = None) -> None:
        """The nodes in their colors."""
        views.show_colors(self._state.moment(), self.graph, self._state.color, should_stop)

    def show_matrix(self) -> None:
        """The matrix; on a large graph that it follows, or why not."""
        state = self._state
        show_matrix(state.moment(), self.matrix, state.matrix, state.scale)

    def show_numbers(self, should_stop: ShouldStop) -> None:
        """The cards, at every position; this may take long."""
        now = self._state.moment()
        numbers = now.start.numbers.measure(now.edits, should_stop)
        if numbers is not None and not should_stop():
            self._numbered = now.start, now.edits
            show_numbers(numbers, now.start.num_nodes, self.bar)

    def show_rest(self, should_stop: ShouldStop) -> None:
        """What follows when the hand rests: colors, landmarks, the best next edges."""
        now, state = self._state.moment(), self._state
        self.show_colors(should_stop)
        if state.matrix == RESISTANCE:
            show_landmarks(now, self.matrix, state.scale, should_stop)
        if state.best:
            best = best_next_edges(now.edge_index, now.start.num_nodes, edge_weight=now.columns[1])
            views.show_best(best, self.graph)
            self.best.value = views.best_table(best, now.start.node_names)
        elif self.best.value:
            self.graph.candidates, self.best.value = b"", ""

    def ungrey(self) -> None:
        """The cards are those of the tape, unless its numbers are not there."""
        now = self._state.moment()
        self.bar.stale = self._numbered != (now.start, now.edits)
