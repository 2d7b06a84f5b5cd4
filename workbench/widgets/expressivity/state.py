"""What the expressivity lab can be asked for."""

from typing import Any

from workbench.graphs import FAMOUS_PAIRS
from workbench.models import MODELS
from workbench.widgets.expressivity.test_texts import menu
from workbench.widgets.lab.state import LabState, Setting

#: The pair that the lab opens on.
FIRST_PAIR = "hexagon and two triangles"


class ExpressivityState(LabState):
    """Which graphs are compared by which test, which round is drawn, and which model is run."""

    pair = Setting(FIRST_PAIR, "The two graphs.", choices=list(FAMOUS_PAIRS), width=300)
    test = Setting("1-wl", "What colors the graphs, weak tests first.", choices=menu(), width=300)
    round = Setting(0, "The round that is drawn; 0 is the start.", high=0)
    model = Setting(
        "GIN",
        "The model that is run.",
        choices=list(MODELS),
        label="run a model on this pair:",
        width=330,
    )
    num_layers = Setting(
        6,
        "Message-passing steps, as many as rounds of 1-WL; only for the models of the menu.",
        low=1,
        high=32,  # more take longer than a hand waits
        label="layers",
        width=110,
    )
    seed = Setting(
        0,
        "Of the random weights and of the random relabelings.",
        high=2**31 - 1,
        width=150,
    )

    def __init__(self):
        super().__init__()
        self._first_round = 0

    def show(self, pair: str, test: str) -> None:
        """Be set to a pair and a test; a name that no famous pair has joins the choices."""
        names = [*FAMOUS_PAIRS, *([] if pair in FAMOUS_PAIRS else [pair])]
        with self.hold_trait_notifications():
            self.offer("pair", names, pair)
            self.test = test

    def start(self, round: int, last: int) -> None:
        """Have the rounds end at ``last``, and begin with ``round``."""
        self._first_round = round
        with self.hold_trait_notifications():
            self.bound("round", 0, last)
            self.round = round

    def changes(self) -> dict[str, Any]:
        """The settings that are not as at first; what only you have is not among them."""
        found = super().changes()
        found |= {"round": self.round}
        declared = self.settings()
        yours = [
            name
            for name in ("pair", "model")
            if name in found and found[name] not in declared[name].choices.values()
        ]
        if self.round == self._first_round:
            yours.append("round")
        return {name: value for name, value in found.items() if name not in yours}
