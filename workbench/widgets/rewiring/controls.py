"""The menus and buttons of the rewiring lab; each says what it means."""

from collections.abc import Callable

import ipywidgets

from workbench.rewiring import EDITS
from workbench.rewiring.tape.node_pairs import MATRICES
from workbench.widgets.rewiring.colorings import COLORINGS
from workbench.widgets.rewiring.file import FileBoxes

#: Names in the graph menu; anything else that ``open_graph`` understands can be passed in.
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

#: Stands in the graph menu for a graph that has no name to open it by.
OWN = "own graph"

EXPORTS = {
    "GraphML": (".graphml", "The rewired graph, for Gephi, networkx, igraph."),
    "npz": (".npz", "The rewired graph as numpy arrays."),
    "SVG": (".svg", "The picture, before and after, as vectors."),
    "PNG": (".png", "The picture, before and after, as pixels."),
    "HTML": (".html", "The figure as one file that opens without a network."),
    "Python": (".py", "The code that reproduces this state."),
    "tape": (".json", "The list of edits, each with who made it."),
}

WRAP = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 14px"}


def menu(description: str, options, tooltip: str, *, value=None, width: str = "240px"):
    """A dropdown whose width does not follow its content."""
    chosen = {} if value is None else {"value": value}
    return ipywidgets.Dropdown(
        options=options,
        description=description,
        tooltip=tooltip,
        style={"description_width": "auto"},
        layout=ipywidgets.Layout(width=width),
        **chosen,
    )


class Controls:
    """The controls above the pictures and the export buttons below them."""

    def __init__(self, method: str):
        self._correct: Callable[..., None] = lambda **_: None
        self.file = FileBoxes(lambda **options: self._correct(**options))
        self._head: list[tuple[str, str]] = []
        self.graph = menu("graph", list(GRAPH_MENU.items()), "The graph to start from.")
        self.upload = ipywidgets.FileUpload(
            description="open file…",
            tooltip="GraphML, GML, GEXF, JSON, csv, edge list, Matrix Market, Pajek, graph6, npz, "
            "pt, up to 10 MB; or drop it on the graph. Nothing leaves this machine.",
            layout=ipywidgets.Layout(width="110px"),
        )
        self.method = menu(
            "method", list(EDITS), "The published rewiring that fills the tape.", value=method
        )
        self.options = ipywidgets.HBox(layout=ipywidgets.Layout(**WRAP))
        self.view = ipywidgets.ToggleButtons(
            options=["before", "after", "both"],
            value="after",
            style={"button_width": "62px"},
            tooltips=["The original graph", "The graph at the slider", "Both, with one camera"],
        )
        self.color = menu(
            "color nodes by",
            list(COLORINGS),
            "\n".join(f"{name}: {text}" for name, (_, text) in COLORINGS.items()),
        )
        self.matrix = menu(
            "matrix",
            list(MATRICES),
            "\n".join(f"{name}: {text}" for name, (_, text) in MATRICES.items()),
        )
        self.best = ipywidgets.Checkbox(
            value=False,
            indent=False,
            description="best next edges",
            tooltip="What each method would add next, drawn dashed: see where they disagree.",
            layout=ipywidgets.Layout(width="140px"),
        )
        width = ipywidgets.Layout(width="82px")
        buttons = [
            ipywidgets.Button(description=name, tooltip=tip, layout=width)
            for name, (_, tip) in EXPORTS.items()
        ]
        self.exports = ipywidgets.HBox([ipywidgets.Label("export"), *buttons])

    def on_correction(self, correct: Callable[..., None]) -> None:
        """Have a change in a box of the file call ``correct`` with the options it stands for."""
        self._correct = correct

    def on_export(self, export: Callable[[str], None]) -> None:
        """Have a click on an export button call ``export`` with the ending of its file."""
        for button in self.exports.children[1:]:
            button.on_click(lambda button: export(EXPORTS[button.description][0]))

    def name_graph(self, text: str, source: str) -> None:
        """Choose a graph; one that is not in the menu is put at its head and stays there."""
        if source not in GRAPH_MENU.values():
            self._head = [(text, source)]
        self.graph.options = [*self._head, *GRAPH_MENU.items()]
        self.graph.value = source

    def rows(self) -> list[ipywidgets.Widget]:
        """The rows above the pictures."""
        wrap = ipywidgets.Layout(**WRAP)
        first = [self.graph, self.upload, self.method, self.options]
        second = [self.view, self.color, self.matrix, self.best]
        return [
            ipywidgets.HBox(first, layout=wrap),
            self.file,
            ipywidgets.HBox(second, layout=wrap),
        ]
