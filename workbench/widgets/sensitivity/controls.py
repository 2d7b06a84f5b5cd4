"""What the sensitivity lab asks for: model, norm, scale, curvature; and how far the work is."""

import ipywidgets

from workbench.widgets.sensitivity.blindness import EDGES, MEASURES, NONE, PAIRS
from workbench.widgets.sensitivity.state import LINEAR, LOG, NORMS, REACHED, REACHES

_WRAP = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 14px"}


class SensitivityControls:
    """Menus, buttons and the progress of a computation."""

    def __init__(self, models: list[str], *, norm: str, measure: str):
        self.model = _menu("model", models, models[0], "Whose sensitivity is shown.", 200)
        self.norm = _menu(
            "norm",
            [("Frobenius", "frobenius"), ("L1", "l1"), ("spectral", "spectral")],
            norm,
            "Of the Jacobian block of a pair: root of the sum of squares, sum of absolute values, "
            "or largest singular value.",
            150,
        )
        self.scale = _buttons([LOG, LINEAR], "Colors by the logarithm, or in proportion.", "58px")
        self.view = _buttons(
            [REACHES, REACHED],
            "Color the nodes by what the chosen node hears, or by who hears it.",
            "124px",
        )
        self.measure = _menu(
            "blind spots of",
            [NONE, *MEASURES],
            measure,
            "A curvature, held against the measured sensitivity: what is squashed and not seen is "
            "drawn in red.",
            260,
        )
        self.among = _menu(
            "among",
            [EDGES, PAIRS],
            EDGES,
            "Judge edges by their sensitivity, or pairs of nodes among those as far apart.",
            130,
        )
        self.compute = ipywidgets.Button(
            description="Compute",
            button_style="primary",
            disabled=True,
            tooltip="Compute the rows that are not there yet.",
            layout=ipywidgets.Layout(width="90px"),
        )
        self.stop = ipywidgets.Button(
            description="Stop",
            disabled=True,
            tooltip="Stop at once; the rows that are there stay.",
            layout=ipywidgets.Layout(width="70px"),
        )
        self.bar = ipywidgets.FloatProgress(
            min=0, max=1, layout=ipywidgets.Layout(width="140px", height="14px")
        )
        self.left = ipywidgets.Label(layout=ipywidgets.Layout(width="260px"))

    def rows(self) -> list[ipywidgets.Widget]:
        """The rows above the pictures."""
        models = [self.model] if len(self.model.options) > 1 else []
        first = [*models, self.norm, self.scale, self.view]
        second = [self.measure, self.among, self.compute, self.stop, self.bar, self.left]
        wrap = ipywidgets.Layout(**_WRAP)
        return [ipywidgets.HBox(first, layout=wrap), ipywidgets.HBox(second, layout=wrap)]

    def running(self, now: bool, *, more: bool = False) -> None:
        """Stop is for when something runs, Compute for when something is left to do."""
        self.stop.disabled, self.compute.disabled = not now, now or not more


def check_norm(norm: str) -> str:
    """The norm.

    Raises:
        ValueError: there is no such norm.
    """
    if norm not in NORMS:
        raise ValueError(f"norm must be one of {', '.join(NORMS)}; got {norm!r}")
    return norm


def _menu(name: str, options, value, tooltip: str, width: int) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(
        options=options,
        value=value,
        description=name,
        tooltip=tooltip,
        style={"description_width": "auto"},
        layout=ipywidgets.Layout(width=f"{width}px"),
    )


def _buttons(options: list[str], tooltip: str, width: str) -> ipywidgets.ToggleButtons:
    buttons = ipywidgets.ToggleButtons(options=options, tooltips=[tooltip] * len(options))
    buttons.style.button_width = width
    return buttons
