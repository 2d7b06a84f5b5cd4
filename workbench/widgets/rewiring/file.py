"""How the rewiring lab took a file: a line that says it, and boxes that correct it."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets

from workbench.widgets.lab.opening import OpenedFile

NO_WEIGHT = "none"


class FileBoxes(ipywidgets.VBox):
    """The line and the boxes of the file that is open; hidden where none is.

    Args:
        correct: called with the options that a box changes.

    Attributes:
        said: the text of the line; empty where none is shown.
    """

    def __init__(self, correct: Callable[..., None]):
        self._correct = correct
        self.line = ipywidgets.HTML()
        self.line.add_class("workbench-file")
        self.source, self.target = _menu("source"), _menu("target")
        self.weight, self.header = _menu("weight"), _menu("first line")
        self.index = ipywidgets.BoundedIntText(
            description="graph",
            tooltip="Which of the graphs, from 0.",
            style={"description_width": "auto"},
            layout=ipywidgets.Layout(width="120px"),
        )
        self.both_ways = ipywidgets.Button(
            description="take each edge both ways",
            tooltip="Forget the direction of the edges; of two weights the mean.",
            button_style="primary",
            layout=ipywidgets.Layout(width="200px"),
        )
        self._quiet = False
        self.both_ways.on_click(lambda _: correct(directed=False))
        self._observe(self.source, lambda value: {"source": value})
        self._observe(self.target, lambda value: {"target": value})
        self._observe(self.weight, lambda value: {"weight": False if value == NO_WEIGHT else value})
        self._observe(self.header, lambda value: {"header": value})
        self._observe(self.index, lambda value: {"index": value})
        wrap = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="2px 14px")
        self.boxes = ipywidgets.HBox(layout=wrap)
        super().__init__([self.line, self.boxes])
        self.hide()

    def _observe(self, box: ipywidgets.Widget, options: Callable[[Any], dict]) -> None:
        def changed(change) -> None:
            if not self._quiet:
                self._correct(**options(change["new"]))

        box.observe(changed, "value")

    def hide(self) -> None:
        """Show nothing: the graph that is open comes from no file."""
        self.layout.display, self.said = "none", ""

    def show(self, file: OpenedFile, *, asks_direction: bool = False) -> None:
        """Say how a file was taken, and offer what else it might be."""
        asked = "a directed graph; resistance needs each edge both ways" if asks_direction else ""
        said = "; ".join(filter(None, (asked, file.said)))
        text = f"<b>{html.escape(file.name)}</b>" + (f": {html.escape(said)}." if said else "")
        self.line.value = f'<span class="workbench-fine">{text}</span>'
        self.said = f"{file.name}: {said}." if said else file.name
        self._quiet = True
        try:
            boxes = [self.both_ways] if asks_direction else []
            boxes += self._fill(file)
        finally:
            self._quiet = False
        self.boxes.children = boxes
        self.layout.display = "" if said or boxes else "none"

    def show_choice(self, count: int, index: int) -> None:
        """Say which of several graphs is shown, and offer the others."""
        self._quiet = True
        try:
            self.index.max, self.index.value = count - 1, index
        finally:
            self._quiet = False
        self.said = f"graph {index} of {count:,}, counted from 0"
        self.line.value = f'<span class="workbench-fine">{self.said}.</span>'
        self.boxes.children, self.layout.display = [self.index], ""

    def _fill(self, file: OpenedFile) -> list[ipywidgets.Widget]:
        """Give the boxes their choices; those that a file asks for."""
        guess, boxes = file.guess, []
        if guess.graphs > 1:
            self.index.max = guess.graphs - 1
            self.index.value = file.options.get("index") or 0
            boxes.append(self.index)
        if guess.columns and len(set(guess.columns)) == len(guess.columns):
            for box, chosen in ((self.source, guess.source), (self.target, guess.target)):
                box.options, box.value = guess.columns, chosen
                boxes.append(box)
        if guess.header is not None:
            self.header.options = [("names the columns", True), ("is an edge", False)]
            self.header.value = guess.header
            boxes.append(self.header)
        if file.attributes:
            self.weight.options = [NO_WEIGHT, *file.attributes]
            known = guess.weight in file.attributes
            self.weight.value = guess.weight if known else NO_WEIGHT
            boxes.append(self.weight)
        return boxes


def _menu(description: str) -> ipywidgets.Dropdown:
    tooltips = {
        "source": "The column with the one end of each edge.",
        "target": "The column with the other end of each edge.",
        "weight": "What is the conductance of an edge; never a length.",
        "first line": "Whether the first line of the table names its columns.",
    }
    return ipywidgets.Dropdown(
        description=description,
        tooltip=tooltips[description],
        style={"description_width": "auto"},
        layout=ipywidgets.Layout(width="auto", max_width="240px"),
    )
