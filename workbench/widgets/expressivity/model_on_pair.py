"""Run a model with random weights on two graphs: does it tell them apart?"""

import html
from collections.abc import Callable

import ipywidgets
import torch
from torch import nn
from torch_geometric.data import Data

from workbench.benchmarks import EmbeddingDistance, embedding_distance
from workbench.benchmarks.brec.relabeling import feature_width
from workbench.models import MODELS
from workbench.widgets.lab.own_model import OwnModel, built_model, graph_rows
from workbench.widgets.lab.whole_number import whole_number

#: Width of every layer, and of the embedding.
_HIDDEN, _OUT = 32, 16
#: More layers than this take longer than a hand waits.
_MOST_LAYERS = 32
_LARGEST_SEED = 2**31 - 1


class ModelOnPair(ipywidgets.VBox):
    """Menu of models, number of layers, seed, a button, and one sentence.

    Attributes:
        result: what the last run gave, or None.
        own: title in the menu, and a model of the user's own, or None.
    """

    def __init__(self, ask: Callable[[], None]):
        self.result: EmbeddingDistance | None = None
        self.own: tuple[str, OwnModel] | None = None
        narrow = {"description_width": "auto"}
        self.model = ipywidgets.Dropdown(
            options=list(MODELS), value="GIN", description="run a model on this pair:", style=narrow
        )
        self.model.layout.width = "270px"
        self.layers = ipywidgets.BoundedIntText(
            6, min=1, max=_MOST_LAYERS, description="layers", style=narrow
        )
        self.seed = ipywidgets.BoundedIntText(
            0, min=0, max=_LARGEST_SEED, description="seed", style=narrow
        )
        self.model.observe(self._model_chosen, "value")
        self.layers.layout.width = self.seed.layout.width = "110px"
        self.layers.tooltip = "message-passing steps; as many rounds of 1-WL"
        self.seed.tooltip = "of the random weights and the random relabelings"
        self.button = ipywidgets.Button(
            description="run model",
            tooltip="embed both graphs with random weights, and both again under other numberings",
        )
        self.button.on_click(lambda _: ask())
        self._said = ipywidgets.HTML()
        self._said.add_class("workbench-status")
        row = ipywidgets.HBox([self.model, self.layers, self.seed, self.button])
        row.layout.flex_flow, row.layout.grid_gap = "wrap", "8px"
        super().__init__([row, self._said])
        self.clear()

    def _model_chosen(self, change) -> None:
        self.layers.disabled = change.new not in MODELS

    def clear(self) -> None:
        """Forget the last run: the pair is another one."""
        self.result = None
        self._said.value = (
            '<span class="workbench-fine">Random weights, no training. A distance above the noise '
            "of other numberings proves that such a model can tell the pair apart; one within it "
            "leaves open what other weights do.</span>"
        )

    def run_chosen(
        self, model: str | OwnModel, a: Data, b: Data, *, num_layers: int | None, seed: int
    ) -> EmbeddingDistance:
        """Put a model and its numbers into the controls, and run it; controls stay as they are
        where it does not fit.

        Raises:
            ValueError: the model is unknown or does not fit, or a number is out of range.
            TypeError: ``model`` is no model.
        """
        seed = whole_number(seed, "seed", 0, _LARGEST_SEED)
        if isinstance(model, str):
            if model not in self.model.options:
                names = ", ".join(self.model.options)
                raise ValueError(f"model must be one of {names}, or a module; got {model!r}")
            layers = whole_number(
                6 if num_layers is None else num_layers, "num_layers", 1, _MOST_LAYERS
            )
            self.model.value, self.layers.value, self.seed.value = model, layers, seed
            return self.run(a, b)
        if num_layers is not None:
            raise ValueError("num_layers is for the models of the menu; yours has its own")
        found = own_model_distance(model, a, b, seed=seed)
        self.own = (f"{own_name(model, a, b, seed)} (yours)", model)
        self.model.options = [*MODELS, self.own[0]]
        self.model.value, self.seed.value = self.own[0], seed
        return self._tell(found)

    def run(self, a: Data, b: Data) -> EmbeddingDistance:
        """Run the chosen model and say what came out.

        Raises:
            ValueError: the model does not fit the graphs.
        """
        name, seed = self.model.value, self.seed.value
        if self.own is not None and name == self.own[0]:
            return self._tell(own_model_distance(self.own[1], a, b, seed=seed))
        return self._tell(
            random_model_distance(name, a, b, num_layers=self.layers.value, seed=seed)
        )

    def _tell(self, found: EmbeddingDistance) -> EmbeddingDistance:
        name, layers, seed = self.model.value, self.layers.value, self.seed.value
        head = f"{name}, {layers} layers, random weights of seed {seed}"
        if self.layers.disabled:
            built = not isinstance(self.own[1], nn.Module)
            head = f"{name}, " + (f"built with seed {seed}" if built else "weights as they are")
        self.result = found
        self._said.value = f"<b>{html.escape(head)}:</b> {html.escape(found.sentence)}"
        return found


def random_model_distance(
    name: str, a: Data, b: Data, *, num_layers: int, seed: int
) -> EmbeddingDistance:
    """``embedding_distance`` of one of ``MODELS`` with random weights.

    Raises:
        ValueError: the model is unknown or does not fit the graphs.
    """
    if name not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}; got {name!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MODELS[name](
            feature_width(a, b), _HIDDEN, _OUT, num_layers=num_layers, level="graph"
        )
    return embedding_distance(model, a, b, generator=torch.Generator().manual_seed(seed))


def own_name(model: OwnModel, a: Data, b: Data, seed: int) -> str:
    """Class of a model, or of what a function builds."""
    return type(built_model(model, feature_width(a, b), seed)).__name__


def own_model_distance(model: OwnModel, a: Data, b: Data, *, seed: int) -> EmbeddingDistance:
    """``embedding_distance`` of a module, or of what a function of the input channels builds.

    Raises:
        ValueError: the model does not fit the graphs, or returns no row of finite numbers.
        TypeError: ``model`` is neither.
    """
    rows = graph_rows(built_model(model, feature_width(a, b), seed))
    return embedding_distance(rows, a, b, generator=torch.Generator().manual_seed(seed))
