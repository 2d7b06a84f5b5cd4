"""A model on two graphs, with random weights or the user's own: does it tell them apart?"""

import html
from types import SimpleNamespace

import torch
from torch import nn
from torch_geometric.data import Data

from workbench.benchmarks import EmbeddingDistance, embedding_distance
from workbench.benchmarks.brec.relabeling import feature_width
from workbench.models import MODELS
from workbench.widgets.lab.own_model import OwnModel, built_model, graph_rows

#: Width of every layer, and of the embedding.
_HIDDEN, _OUT = 32, 16

BEFORE = (
    "Random weights, no training. A distance above the noise of other numberings proves that such "
    "a model can tell the pair apart; one within it leaves open what other weights do."
)


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
    rows = graph_rows(built_model(model, feature_width(a, b), seed))
    return embedding_distance(rows, a, b, generator=torch.Generator().manual_seed(seed))


def own_title(model: OwnModel, a: Data, b: Data, seed: int) -> str:
    """What a model of the user's own is called: its class, or that of what a function builds."""
    return f"{type(built_model(model, feature_width(a, b), seed)).__name__} (yours)"


def told(found: EmbeddingDistance, ran: SimpleNamespace, own: OwnModel | None) -> str:
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
