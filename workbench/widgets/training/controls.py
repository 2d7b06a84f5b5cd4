"""What the training panel asks for: task, model, sizes; and how far a run has come."""

import ipywidgets
from torch import nn

from workbench.models import MODELS
from workbench.tasks import Task
from workbench.training import model_for

FAR_SIDE, LABELS = "reach the far side", "node labels"

WRAP = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 14px"}


class TrainingControls:
    """Menus, numbers, buttons and the progress of a training."""

    def __init__(self):
        self.task_menu = ipywidgets.Dropdown(
            options=[FAR_SIDE],
            description="task",
            tooltip="What the model learns: carry a class between the two nodes that are farthest "
            "apart, or predict the labels of the nodes.",
            style={"description_width": "auto"},
            layout=ipywidgets.Layout(width="210px"),
        )
        self.model_menu = ipywidgets.Dropdown(
            options=list(MODELS),
            description="model",
            tooltip="The network to train; the same first weights before and after.",
            style={"description_width": "auto"},
            layout=ipywidgets.Layout(width="150px"),
        )
        self.layers = _number("layers", 4, 1, 64, "Message-passing layers: how many hops it sees.")
        self.width = _number("width", 32, 1, 1024, "Hidden channels.")
        self.epochs = _number("epochs", 100, 1, 10_000, "Passes over the training graphs.")
        self.seeds = _number("seeds", 3, 1, 50, "Pairs of runs; two or more give an interval.")
        self.start_button = ipywidgets.Button(
            description="Train before / after",
            button_style="primary",
            tooltip="Train on the original and on the rewired graph, each seed from equal weights.",
            layout=ipywidgets.Layout(width="170px"),
        )
        self.stop_button = ipywidgets.Button(
            description="Stop",
            disabled=True,
            tooltip="Stop within the current step; what was learned so far stays.",
            layout=ipywidgets.Layout(width="80px"),
        )
        self.bar = ipywidgets.FloatProgress(
            min=0, max=1, layout=ipywidgets.Layout(width="180px", height="14px")
        )
        self.left = ipywidgets.Label(layout=ipywidgets.Layout(width="230px"))

    def rows(self) -> list[ipywidgets.Widget]:
        """The two rows above the pictures."""
        sizes = [self.layers, self.width, self.epochs, self.seeds]
        moving = [self.start_button, self.stop_button, self.bar, self.left]
        wrap = ipywidgets.Layout(**WRAP)
        return [
            ipywidgets.HBox([self.task_menu, self.model_menu, *sizes], layout=wrap),
            ipywidgets.HBox(moving, layout=wrap),
        ]

    def running(self, now: bool) -> None:
        """Start is for when nothing runs, Stop for when something does."""
        self.start_button.disabled, self.stop_button.disabled = now, not now

    def model_for(self, task: Task) -> nn.Module:
        """A new model of the chosen kind and size."""
        return model_for(
            task, self.model_menu.value, width=self.width.value, num_layers=self.layers.value
        )


def _number(name: str, value: int, low: int, high: int, tooltip: str) -> ipywidgets.BoundedIntText:
    return ipywidgets.BoundedIntText(
        value=value,
        min=low,
        max=high,
        description=name,
        tooltip=tooltip,
        style={"description_width": "auto"},
        layout=ipywidgets.Layout(width="120px"),
    )
