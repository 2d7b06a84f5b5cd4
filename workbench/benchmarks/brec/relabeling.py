"""Whether a model tells two graphs apart, measured against the noise of relabelings."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.capture import call, prepare

#: A distance counts where it is this many times the largest distance between relabelings.
FACTOR = 10.0

#: Rounding moves an embedding by about as many of its last digits, where no relabeling shows it: on
#: graphs whose nodes all look alike the sums are the same in every order, and yet of other terms
#: than on another graph.
ROUNDING = 64 * torch.finfo(torch.float64).eps


@dataclass(frozen=True)
class EmbeddingDistance:
    """Distance of the embeddings of two graphs, and of one graph under other names of its nodes.

    Attributes:
        distance: ``|| f(a) - f(b) ||``.
        noise_mean, noise_max: ``|| f(a) - f(relabeled a) ||``, mean and maximum over
            ``relabelings`` random relabelings of each of the two graphs. In exact arithmetic these
            are 0 for a model whose answer does not depend on the order of the nodes.
        size: ``|| f(a) ||``.
        relabelings: how many for each graph.
    """

    distance: float
    noise_mean: float
    noise_max: float
    size: float
    relabelings: int

    @property
    def is_separated(self) -> bool:
        """Whether the distance is more than ten times the largest noise, and than rounding."""
        return self.distance > FACTOR * max(self.noise_max, ROUNDING * self.size)

    @property
    def sentence(self) -> str:
        """The numbers and what they mean, in words."""
        said = (
            f"distance {self.distance:.2g}; the same graph under other node numbers moves by "
            f"{self.noise_mean:.2g} on average and {self.noise_max:.2g} at most"
        )
        if self.is_separated and self.noise_max < 1e-6 * max(self.size, 1e-300):
            return f"{said}: it tells them apart."
        if self.is_separated:
            return f"{said}: the distance is larger, but the answer depends on the numbering."
        if self.noise_max > 1e-6 * max(self.size, 1e-300):
            return f"{said}: the difference is noise; the answer depends on the numbering."
        return f"{said}: rounding; with these weights it does not tell them apart."


@torch.no_grad()
def embedding_distance(
    model: nn.Module,
    data_a: Data,
    data_b: Data,
    *,
    relabelings: int = 16,
    generator: torch.Generator | None = None,
) -> EmbeddingDistance:
    """Distance of two graphs to a model, against the noise of relabelings.

    A copy of the model runs in evaluation mode and in float64 on the CPU, so that rounding stays
    far below a real difference. Where one of the graphs has no ``x``, every node of both gets the
    feature 1.

    Args:
        model: any module, called by ``workbench.capture.call``; returns one row for the graph.
        data_a, data_b: graphs.
        relabelings: random orders of the nodes for each graph, at least 1.
        generator: draws them.

    Returns:
        ``EmbeddingDistance``.

    Raises:
        ValueError: ``relabelings`` is below 1, a graph has no nodes, or the model returns a row for
            each node.

    Examples:
        >>> from workbench.benchmarks import embedding_distance
        >>> from workbench.graphs import rook, shrikhande
        >>> from workbench.models import GIN
        >>> model = GIN(1, 8, 4, num_layers=2, level="graph")  # within the bound of 1-WL
        >>> embedding_distance(model, rook(4), shrikhande()).is_separated
        False
    """
    if relabelings < 1:
        raise ValueError(f"relabelings must be at least 1, got {relabelings}")
    if not (data_a.num_nodes and data_b.num_nodes):
        raise ValueError("both graphs need at least one node")
    featured = data_a.get("x") is not None and data_b.get("x") is not None
    graphs = [_features(data, featured) for data in (data_a, data_b)]
    model = copy.deepcopy(model).cpu().eval().double()
    own = [_embedding(model, graph) for graph in graphs]
    noise = [
        float((_embedding(model, _relabel(graph, generator)) - here).norm())
        for graph, here in zip(graphs, own, strict=True)
        for _ in range(relabelings)
    ]
    distance = float((own[0] - own[1]).norm())
    mean = sum(noise) / len(noise)
    return EmbeddingDistance(distance, mean, max(noise), float(own[0].norm()), relabelings)


def feature_width(data_a: Data, data_b: Data) -> int:
    """Number of input channels that ``embedding_distance`` gives a model for two graphs."""
    if data_a.get("x") is None or data_b.get("x") is None:
        return 1
    return data_a.x.reshape(data_a.num_nodes, -1).size(1)


def _features(data: Data, featured: bool) -> Data:
    x = torch.ones(data.num_nodes, 1)
    if featured:
        x = data.x.reshape(data.num_nodes, -1)
    return Data(x=x.double().cpu(), edge_index=data.edge_index.cpu())


def _embedding(model: nn.Module, data: Data) -> Tensor:
    batch = torch.zeros(data.num_nodes, dtype=torch.int64)
    data = prepare(model, data).clone()
    data.batch = batch
    found = call(model, data)
    if found.size(0) != 1:
        raise ValueError(
            f"the model returned {found.size(0)} rows for one graph; build it with level='graph'"
        )
    return found.ravel()


def _relabel(data: Data, generator: torch.Generator | None) -> Data:
    """The same graph with its nodes, and the columns of its edges, in a random order."""
    order = torch.randperm(data.num_nodes, generator=generator)
    moved = torch.empty_like(data.x)
    moved[order] = data.x
    columns = torch.randperm(data.edge_index.size(1), generator=generator)
    return Data(x=moved, edge_index=order[data.edge_index][:, columns])
