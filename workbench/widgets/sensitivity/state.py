"""What the sensitivity lab can be asked for."""

from collections.abc import Sequence

from workbench.widgets.lab.state import LabState, Setting
from workbench.widgets.sensitivity.blindness import EDGES, MEASURES, NONE, PAIRS
from workbench.widgets.sensitivity.sensitivities import NORMS

REACHES, REACHED = "what reaches it", "what it reaches"
LOG, LINEAR = "log", "linear"


class SensitivityState(LabState):
    """Whose sensitivity is shown, by which norm, in which colors, and beside which curvature.

    Args:
        models: the names of the models.
        num_nodes: number of nodes.
    """

    model = Setting("", "Whose sensitivity is shown.", choices=[""], width=200)
    norm = Setting(
        "frobenius",
        "Of the Jacobian block of a pair: root of the sum of squares, sum of absolute values, or "
        "largest singular value.",
        choices={title: norm for norm, title in NORMS.items()},
        width=150,
    )
    scale = Setting(
        LOG,
        "Colors by the logarithm, or in proportion.",
        choices=[LOG, LINEAR],
        buttons=True,
        width=58,
    )
    view = Setting(
        REACHES,
        "Color the nodes by what the chosen node hears, or by who hears it.",
        choices=[REACHES, REACHED],
        buttons=True,
        width=124,
    )
    node = Setting(
        None, "The node that colors the graph, or None for the mean distance.", optional=True
    )
    curvature = Setting(
        NONE,
        "A curvature, held against the measured sensitivity: what is squashed and not seen is "
        "drawn in red.",
        choices=[NONE, *MEASURES],
        label="blind spots of",
        width=260,
    )
    among = Setting(
        EDGES,
        "Judge edges by their sensitivity, or pairs of nodes among those as far apart.",
        choices=[EDGES, PAIRS],
        width=130,
    )

    def __init__(self, models: Sequence[str], num_nodes: int):
        super().__init__()
        self.offer("model", models)
        self.bound("node", 0, num_nodes - 1)
