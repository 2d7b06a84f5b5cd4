"""A model on two graphs, with random weights or the user's own: does it tell them apart?"""

import html
from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import nn
from torch_geometric.data import Data

from workbench.benchmarks import EmbeddingDistance, embedding_distance
from workbench.benchmarks.brec.relabeling import feature_width
from workbench.models import MODELS
from workbench.widgets.expressivity.drawn_pair import DrawnPair
from workbench.widgets.expressivity.state import ExpressivityState
from workbench.widgets.lab.own_model import OwnModel, build_model, graph_rows

#: Width of every layer, and of the embedding.
_HIDDEN, _OUT = 32, 16

BEFORE = (
    "Random weights, no training. A distance above the noise of other numberings proves that such "
    "a model can tell the pair apart; one within it leaves open what other weights do."
)


class ModelOnPair:
    """Runs the models of the menu, and the user's own among them, on the pair that is shown.

    Args:
        state: which model, with how many layers and which seed.
        pair: gives the pair at this moment.
        tell: called with what came out as HTML, where the pair is still the one shown.

    Attributes:
        result: of the last run on the pair that is shown, or None.
    """

    def __init__(
        self,
        state: ExpressivityState,
        pair: Callable[[], DrawnPair],
        tell: Callable[[str], None],
    ):
        self._state, self._pair, self._tell = state, pair, tell
        self._own: dict[str, OwnModel] = {}
        self.result: EmbeddingDistance | None = None

    def forget(self) -> None:
        """Another pair is shown: nothing was run on it."""
        self.result = None
        self._tell(f'<span class="workbench-fine">{html.escape(BEFORE)}</span>')

    def run(self, model: str, num_layers: int | None, seed: int) -> EmbeddingDistance:
        """Run a model of the menu, which becomes the one that is set; raises as ``run_model``."""
        state = self._state
        asked = state.now()
        asked.seed, asked.model = state.check("seed", seed), state.check("model", model)
        asked.num_layers = state.check("num_layers", 6 if num_layers is None else num_layers)
        state.model, state.num_layers, state.seed = asked.model, asked.num_layers, asked.seed
        return self.embed(asked)

    def run_own(self, model: OwnModel, seed: int) -> EmbeddingDistance:
        """Run a model of the user's own, which joins the menu; raises as ``run_model``."""
        asked = self._state.now()
        asked.seed = self._state.check("seed", seed)
        asked.model = own_title(model, *self._pair().graphs, seed)
        found = self.embed(asked, model)
        self._own = {asked.model: model}
        self._state.offer("model", [*MODELS, asked.model], asked.model)
        self._state.seed = asked.seed
        return found

    def embed(self, asked: SimpleNamespace, own: OwnModel | None = None) -> EmbeddingDistance:
        """Run the model of these settings, or the user's own, and tell what came out."""
        pair, seed = self._pair(), asked.seed
        own = self._own.get(asked.model) if own is None else own
        if own is None:
            layers = asked.num_layers
            found = random_model_distance(asked.model, *pair.graphs, num_layers=layers, seed=seed)
        else:
            found = own_model_distance(own, *pair.graphs, seed=seed)
        if pair is self._pair():
            self.result = found
            self._tell(result_html(found, asked, own))
        return found


def random_model_distance(
    name: str, a: Data, b: Data, *, num_layers: int, seed: int
) -> EmbeddingDistance:
    """``embedding_distance`` of one of ``MODELS`` with random weights.

    Raises:
        ValueError: the model does not fit the graphs.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MODELS[name](
            feature_width(a, b), _HIDDEN, _OUT, num_layers=num_layers, level="graph"
        )
    return embedding_distance(model, a, b, generator=torch.Generator().manual_seed(seed))


def own_model_distance(model: OwnModel, a: Data, b: Data, *, seed: int) -> EmbeddingDistance:
    """``embedding_distance`` of a module, or of what a function of the input channels builds.

    Raises:
        ValueError: the model does not fit the graphs, or returns no row of finite numbers.
        TypeError: ``model`` is neither.
    """
    rows = graph_rows(build_model(model, feature_width(a, b), seed))
    return embedding_distance(rows, a, b, generator=torch.Generator().manual_seed(seed))


def own_title(model: OwnModel, a: Data, b: Data, seed: int) -> str:
    """What a model of the user's own is called: its class, or that of what a function builds."""
    return f"{type(build_model(model, feature_width(a, b), seed)).__name__} (yours)"


def result_html(found: EmbeddingDistance, ran: SimpleNamespace, own: OwnModel | None) -> str:
    """What a run says, as HTML: how the model was made, and the sentence.

    Args:
        found: what came out.
        ran: the settings ``model``, ``num_layers`` and ``seed`` of the run.
        own: the model if it was the user's own.
    """
    if own is None:
        made = f"{ran.num_layers} layers, random weights of seed {ran.seed}"
    else:
        made = (
            "weights as they are" if isinstance(own, nn.Module) else f"built with seed {ran.seed}"
        )
    return f"<b>{html.escape(f'{ran.model}, {made}')}:</b> {html.escape(found.sentence)}"
