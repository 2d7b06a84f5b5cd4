"""Run a model with random weights on two graphs: does it tell them apart?"""

import html
from collections.abc import Callable

import ipywidgets
import torch
from torch_geometric.data import Data

from workbench.models import MODELS
from workbench.training import EmbeddingDistance, embedding_distance
from workbench.training.relabeling import feature_width

#: Width of every layer, and of the embedding.
_HIDDEN, _OUT = 32, 16
#: More layers than this take longer than a hand waits.
_MOST_LAYERS = 32


class ModelOnPair(ipywidgets.VBox):
    """Menu of models, number of layers, seed, a button, and one sentence.

    Attributes:
        result: what the last run gave, or None.
    """

    def __init__(self, ask: Callable[[], None]):
        self.result: EmbeddingDistance | None = None
        narrow = {"description_width": "auto"}
        self.model = ipywidgets.Dropdown(
            options=list(MODELS), value="GIN", description="run a model on this pair:", style=narrow
        )
        self.model.layout.width = "270px"
        self.layers = ipywidgets.BoundedIntText(
            6, min=1, max=_MOST_LAYERS, description="layers", style=narrow
        )
        self.seed = ipywidgets.BoundedIntText(
            0, min=0, max=2**31 - 1, description="seed", style=narrow
        )
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

    def clear(self) -> None:
        """Forget the last run: the pair is another one."""
        self.result = None
        self._said.value = (
            '<span class="workbench-fine">Random weights, no training. A distance above the noise '
            "of other numberings proves that such a model can tell the pair apart; one within it "
            "leaves open what other weights do.</span>"
        )

    def run(self, a: Data, b: Data) -> EmbeddingDistance:
        """Run the chosen model and say what came out.

        Raises:
            ValueError: the model does not fit the graphs.
        """
        name, layers, seed = self.model.value, self.layers.value, self.seed.value
        self.result = random_model_distance(name, a, b, num_layers=layers, seed=seed)
        head = f"{name}, {layers} layers, random weights of seed {seed}"
        self._said.value = f"<b>{html.escape(head)}:</b> {html.escape(self.result.sentence)}"
        return self.result


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
