"""The menus, buttons and lines of text of the expressivity lab: they show, and decide nothing."""

import html

import ipywidgets

from workbench.graphs import FAMOUS_PAIRS, SUFFIXES
from workbench.widgets.expressivity.tests import RAISED, menu


class Controls:
    """What stands around the pictures.

    Attributes:
        pair, test: menus.
        uploads: a button for a file in place of each graph.
        raise_k: the button from nodes to pairs to triples.
        about_pair, about_test, verdict, why, status: lines of text.
        rows: what stands above the verdict, in order.
        follows: true while the menus are set to what is shown, so that nobody answers.
    """

    def __init__(self, test: str):
        narrow = {"description_width": "auto"}
        self.follows = False
        self.pair = ipywidgets.Dropdown(description="pair", style=narrow)
        self.uploads = [
            ipywidgets.FileUpload(
                description=f"open {which} …",
                accept=",".join(SUFFIXES),
                tooltip=f"a file in place of graph {which}: graph6, GraphML, GML, edge list, npz; "
                "or drop it on the graph",
            )
            for which in "ab"
        ]
        self.test = ipywidgets.Dropdown(
            options=menu(), value=test, description="test", style=narrow
        )
        self.raise_k = ipywidgets.Button(
            description="raise k", tooltip="from nodes to pairs to triples: 1-WL, 2-FWL, 3-FWL"
        )
        for choice in (self.pair, self.test):
            choice.layout.width = "300px"
        for button in (*self.uploads, self.raise_k):
            button.layout.width = "100px"
        said = [ipywidgets.HTML() for _ in range(5)]
        self.about_pair, self.about_test, self.verdict, self.why, self.status = said
        kinds = ("about", "about", "verdict", "why", "status")
        for line, kind in zip(said, kinds, strict=True):
            line.add_class(f"workbench-{kind}")
        row = ipywidgets.Layout(flex_flow="row wrap", grid_gap="8px", align_items="center")
        self.rows = [
            ipywidgets.Box([self.pair, *self.uploads], layout=row),
            self.about_pair,
            ipywidgets.Box([self.test, self.raise_k], layout=row),
            self.about_test,
        ]

    def sync(self, pair: str, test: str) -> None:
        """Set the menus to what is shown."""
        self.follows = True
        options = [*FAMOUS_PAIRS, *([] if pair in FAMOUS_PAIRS else [pair])]
        if self.pair.options != tuple(options):
            self.pair.options = options
        self.pair.value, self.test.value = pair, test
        self.raise_k.disabled = test not in RAISED
        self.follows = False

    def say(self, text: str, *, wrong: bool = False) -> None:
        """One line below everything."""
        kind = "workbench-wrong" if wrong else "workbench-fine"
        self.status.value = f'<span class="{kind}">{html.escape(text)}</span>' if text else ""
