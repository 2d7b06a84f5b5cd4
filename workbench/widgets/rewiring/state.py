"""What the rewiring lab is set to, and the graph, tape and position that its commands change."""

import inspect
import threading
from collections.abc import Callable

from workbench.rewiring import EDITS, Edit, Rewired, Tape
from workbench.rewiring.declaration import taken_from
from workbench.rewiring.tape.node_pairs import MATRICES
from workbench.widgets.lab.options import MOST
from workbench.widgets.lab.state import LabState, Setting
from workbench.widgets.rewiring.colorings import COLORINGS
from workbench.widgets.rewiring.moment import Moment, Start

#: The graph menu; anything else that ``open_graph`` understands can be passed in.
GRAPH_MENU = {
    "karate club (34)": "karate",
    "Les Misérables (77)": "les_miserables",
    "barbell (10, 3)": "barbell:10,3",
    "grid with holes (12 x 12)": "grid_with_holes:12x12",
    "ring (24)": "ring:24",
    "clique path (20)": "clique_path:20",
    "balanced tree (depth 5)": "tree:5",
    "ring of cliques (6 x 6)": "ring_of_cliques:6,6",
    "Cora (2,708)": "Cora",
    "Minnesota roads (2,642)": "minnesota",
}


def _meanings(table: dict[str, tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {text}" for name, (_, text) in table.items())


class RewiringState(LabState):
    """The settings, the graph before its edits, and the tape with its position.

    Every command and every reading holds ``lock``; what is read together comes from ``moment``.

    Attributes:
        start: the graph before its edits (``Start``).
        methods: the rewirings of the menu by their names: all ``EDITS``, and the user's own.
        tape: the ordered edits; its position is how many are in force.
        method_options: what filled the tape (None before that), and with which options.
    """

    source = Setting(
        "karate", "The graph to start from.", choices=GRAPH_MENU, label="graph", width=240
    )
    method = Setting("gtr", "The published rewiring that fills the tape.", choices=list(EDITS))
    num_edges = Setting(20, "How many edges it may add.", high=MOST, width=150)
    view = Setting(
        "after",
        "The original graph, the graph at the slider, or both with one camera.",
        choices=["before", "after", "both"],
        buttons=True,
        width=62,
    )
    color = Setting(
        "mean resistance", _meanings(COLORINGS), choices=list(COLORINGS), label="color nodes by"
    )
    matrix = Setting("effective resistance", _meanings(MATRICES), choices=list(MATRICES))
    scale = Setting(
        "linear",
        "The colors of the matrix, evenly over the numbers or over their logarithms. Beyond 100 "
        "rows from the 1 % to the 99 % quantile.",
        choices=["linear", "log"],
        width=130,
    )
    weighted = Setting(
        True,
        "Edges conduct by their weights. Without, every edge has conductance 1.",
        label="use weights",
        width=120,
    )
    best = Setting(
        False,
        "What each method would add next, drawn dashed: see where they disagree.",
        label="best next edges",
        width=140,
    )

    def __init__(
        self,
        start: Start,
        method: str | Callable[..., Rewired] = "gtr",
        num_edges: int = 20,
        weighted: bool = True,
    ):
        super().__init__()
        self.lock = threading.RLock()
        self.methods = dict(EDITS)
        if callable(method):
            name = getattr(method, "__name__", type(method).__name__)
            name = f"{name} (yours)" if EDITS.get(name, method) is not method else name
            self.methods[name], method = method, name
        self.offer("method", list(self.methods))
        self.method, self.num_edges, self.weighted = method, num_edges, weighted
        self.open(start)

    def open(self, start: Start) -> None:
        """Start over with another graph and an empty tape."""
        with self.lock:
            self.start = start
            self.tape = Tape(start.edge_index, start.num_nodes)
            self.method_options: tuple[str | None, dict] = None, {}
            self._by_method: tuple[Edit, ...] = ()

    def moment(self) -> Moment:
        """Graph, tape and position as they are now, for work that goes on while they change."""
        with self.lock:
            tape, (method, options) = self.tape, self.method_options
            undo, redo = tape.can_undo, tape.can_redo
            now = tape.edits, tape.position, undo, redo, method, options, self._by_method
            return Moment(self.start, *now, self.methods.get(method))

    # ---- commands -------------------------------------------------------------------------

    def apply_method(
        self, method: str, options: dict, should_stop: Callable[[], bool] | None = None
    ) -> tuple[Edit, ...] | None:
        """Put what ``method`` does to the graph on the tape, from its beginning; undo brings back
        what was there.

        Returns:
            The edits made; None where another graph was opened meanwhile.

        Raises:
            Stopped: ``should_stop`` returned True; the tape is as before.
            ValueError: the method refuses the graph or an option.
            TypeError: it gives no ``Rewired`` with edits.
        """
        start, function = self.start, self.methods[method]
        read = taken_from(start.graph, function, weights=start.edge_weight is not None)
        if "edge_weight" in read:
            read["edge_weight"] = start.edge_weight  # of the edges without repeats
        given = {**options, "should_stop": should_stop}
        takes = inspect.signature(function).parameters  # one's own may take neither
        given = {name: value for name, value in given.items() if name in takes}
        rewired = function(start.edge_index, start.num_nodes, **read, **given)
        if not isinstance(rewired, Rewired) or rewired.edits is None:
            raise TypeError(
                f"{method} gave {type(rewired).__name__}, and a slider needs a Rewired with edits; "
                "make it by workbench.rewiring.apply_edits(edge_index, num_nodes, edits)"
            )
        edits = tuple(Edit(sign, u, v, method) for sign, u, v in rewired.edits.T.tolist())
        with self.lock:
            if self.start is not start:
                return None
            self.method_options, self._by_method = (method, dict(options)), edits
            self.reset()
        return edits

    def reset(self) -> None:
        """Drop the edits by hand: the tape as the method made it. One undo brings them back."""
        with self.lock:
            self.tape.replace(self._by_method)

    def edit(self, sign: int, u: int, v: int) -> None:
        """Add (``sign=1``) or remove (``-1``) an edge by hand at the current position.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        with self.lock:
            self.tape.do(Edit(sign, u, v, "hand"))

    def move(self, position: int) -> None:
        """Go to a position of the tape, or to its end where it is shorter."""
        with self.lock:
            self.tape.position = min(position, len(self.tape))
