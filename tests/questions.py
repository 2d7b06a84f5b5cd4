"""Graphs, and how each diagnostic and the report are asked about one: what laws over all run on.

As a script it prints what is said of some graphs, for a process that adds in another order.
"""

import inspect
import json
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property

import networkx as nx
import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench import diagnostics as D
from workbench import graphs
from workbench.models import GCN
from workbench.report import report
from workbench.ties import levels

NUM_LAYERS = 3


def needs(function) -> list[str]:
    """Names of what a function cannot be called without."""
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.default is one.empty]


#: Diagnostics of a graph alone.
ON_A_GRAPH = [n for n, f in D.DIAGNOSTICS.items() if needs(f) == ["edge_index", "num_nodes"]]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@dataclass(frozen=True)
class Case:
    """A graph with everything that a diagnostic may ask for."""

    edge_index: Tensor
    num_nodes: int
    edge_weight: Tensor | None
    x: Tensor  # [nodes, 4]
    labels: Tensor  # [nodes]
    logits: Tensor  # [2, nodes, nodes], of attention
    pairs: Tensor  # [2, pairs]
    other: Tensor  # the same graph with some edges moved

    def renumbered(self, order: Tensor) -> "Case":
        """The same with node v called ``order[v]``; edges and pairs stay in their places."""
        back = order.argsort()
        return replace(
            self,
            edge_index=order[self.edge_index],
            x=self.x[back],
            labels=self.labels[back],
            logits=self.logits[:, back][:, :, back],
            pairs=order[self.pairs],
            other=order[self.other],
        )

    @property
    def plain(self):
        return self.edge_index, self.num_nodes

    @property
    def weighted(self):
        return self.edge_index, self.num_nodes, self.edge_weight

    @property
    def two(self):
        return self.edge_index, self.other, self.num_nodes

    @cached_property
    def kinds(self) -> Tensor:
        """States that only the labels tell apart."""
        return 5.0 * torch.nn.functional.one_hot(self.labels, 4).double()

    @cached_property
    def hops(self) -> Tensor:
        return D.hop_distance(*self.plain)

    @cached_property
    def resistance(self) -> Tensor:
        return D.effective_resistance(*self.weighted)

    @cached_property
    def heard(self) -> Tensor:
        """A sensitivity with all the symmetries of the graph."""
        return D.walk_bound(*self.weighted, num_layers=NUM_LAYERS)

    @cached_property
    def attention(self) -> Tensor:
        return self.logits.softmax(-1)

    @cached_property
    def modeled(self):
        model, draw = GCN(4, 6, 2, num_layers=NUM_LAYERS).double().eval(), generator()
        with torch.no_grad():  # drawn in float64, where another processor draws the same
            for weight in model.parameters():
                weight.copy_(torch.rand(weight.shape, generator=draw, dtype=torch.float64) - 0.5)
        return model, self.x, self.edge_index


def case(data, *, seed: int = 0) -> Case:
    """Features, labels, attention and pairs at random; of a graph, and one with two edges moved."""
    edge_index, count = data.edge_index, data.num_nodes
    draw = generator(seed)
    pairs = edge_index[:, edge_index[0] < edge_index[1]]
    pairs = torch.cat([pairs[:, :3], torch.tensor([[0, 1], [count - 1, count // 2]])], dim=1)
    moved = torch.tensor([[0, 2], [count // 2, count - 1]])
    return Case(
        edge_index=edge_index,
        num_nodes=count,
        edge_weight=data.get("edge_weight"),
        x=torch.randn(count, 4, generator=draw, dtype=torch.float64),
        labels=torch.arange(count) % 3,
        logits=torch.randn(2, count, count, generator=draw, dtype=torch.float64),
        pairs=pairs,
        other=torch.cat([edge_index[:, ~(edge_index == 1).any(0)], moved, moved.flip(0)], dim=1),
    )


def of_networkx(graph: nx.Graph):
    return graphs.from_networkx(nx.convert_node_labels_to_integers(graph))


def weighted_club():
    weight = nx.to_numpy_array(nx.karate_club_graph(), weight="weight")
    return of_networkx(nx.from_numpy_array(weight))


GRAPHS = {
    "ring": lambda: graphs.ring(12),
    "grid": lambda: graphs.grid(4, 4),
    "oblong grid": lambda: graphs.grid(3, 5),
    "cube": lambda: of_networkx(nx.hypercube_graph(3)),
    "rook": lambda: of_networkx(nx.line_graph(nx.complete_bipartite_graph(3, 3))),
    "Petersen": graphs.petersen,
    "ring of cliques": lambda: graphs.ring_of_cliques(5, 3),
    "lollipop": lambda: graphs.lollipop(5, 5),  # halves that differ
    "barbell": lambda: graphs.barbell(5, 2),
    "weighted karate": weighted_club,
    "random": lambda: graphs.erdos_renyi(16, 0.25, generator=generator(2)),
    "random regular": lambda: graphs.random_regular(14, 3, generator=generator()),
}


def _projections(found: D.Eigenpairs) -> Tensor:
    """A matrix with the eigenspaces of the found values, whatever basis stands for each."""
    level = torch.from_numpy(levels(found.values.cpu().numpy(), scale=1.0)).to(found.values) + 1
    return (found.vectors * level) @ found.vectors.T


def _same_color(colors: D.Coloring) -> Tensor:
    return (colors.colors[:, None] == colors.colors).double()


def _counted(colors: D.Coloring) -> list[Tensor]:
    return [colors.colors.new_tensor(colors.num_colors).double()]


def _kinds(found: D.SquashedPairs, size: int) -> Tensor:
    """-2 of a pair out of reach, -1 of a silent one, else how much arrives; 0 of others."""
    matrix = found.sensitivity.new_zeros(size, size)
    matrix[tuple(found.out_of_reach)] = -2.0
    matrix[tuple(found.silent)] = -1.0
    matrix[tuple(found.weakest)] = found.sensitivity
    return matrix


def _missed(found: D.BlindSpots, size: int) -> Tensor:
    """What is squashed, detected and missed, as a number for each pair."""
    table = found.pairs.new_zeros(size, size, dtype=torch.float64)
    told = 1 + 2 * found.squashed.double() + 4 * found.detected + 8 * found.missed
    table[tuple(found.pairs)] = told
    return table


def _mosr(ask, *given, c: Case, **options) -> Tensor:
    curvature = D.resistance_curvature(*c.weighted)
    return _missed(ask(*given, curvature, c.heard, **options), c.num_nodes)


#: Name -> (how many of the last axes are nodes, the question). An estimate comes as (value, error).
QUESTIONS = {
    "effective_resistance": (2, lambda c: c.resistance),
    "resistance_of_edges": (0, lambda c: D.resistance_of_edges(*c.weighted)),
    "resistance_of_pairs": (
        0,
        lambda c: D.resistance_of_pairs(*c.plain, c.pairs, c.edge_weight),
    ),
    "total_resistance": (0, lambda c: D.total_resistance(*c.weighted)),
    "approximate_total_resistance": (0, lambda c: D.approximate_total_resistance(*c.weighted)),
    "commute_time": (2, lambda c: D.commute_time(*c.weighted)),
    "commute_time_of_edges": (0, lambda c: D.commute_time_of_edges(*c.weighted)),
    "commute_time_of_pairs": (
        0,
        lambda c: D.commute_time_of_pairs(*c.plain, c.pairs, c.edge_weight),
    ),
    "hitting_time": (2, lambda c: D.hitting_time(*c.weighted)),
    "kemeny_constant": (0, lambda c: D.kemeny_constant(*c.weighted)),
    "approximate_kemeny_constant": (0, lambda c: D.approximate_kemeny_constant(*c.weighted)),
    "laplacian_spectrum": (0, lambda c: D.laplacian_spectrum(*c.weighted)),
    "partial_spectrum": (0, lambda c: D.partial_spectrum(*c.weighted)),
    "laplacian_eigenpairs": (
        2,
        lambda c: _projections(D.laplacian_eigenpairs(*c.weighted, count=c.num_nodes)),
    ),
    "spectral_gap": (0, lambda c: D.spectral_gap(*c.weighted)),
    # up to its sign and the symmetries of the graph
    "fiedler_vector": (0, lambda c: D.fiedler_vector(*c.weighted).abs().sort().values),
    "algebraic_connectivity": (0, lambda c: D.algebraic_connectivity(*c.weighted)),
    "cheeger_constant": (
        0,
        lambda c: [] if c.num_nodes > 16 else D.cheeger_constant(*c.weighted),
    ),
    # the side of the cut is one of several where the graph is symmetric
    "cheeger_bounds": (
        0,
        lambda c: [(b := D.cheeger_bounds(*c.weighted)).lower, b.upper],
    ),
    "stationary_distribution": (1, lambda c: D.stationary_distribution(*c.weighted)),
    "mixing_time": (0, lambda c: D.mixing_time(*c.weighted)),
    "mixing_time_bounds": (0, lambda c: D.mixing_time_bounds(*c.weighted)),
    "relaxation_time": (0, lambda c: D.relaxation_time(*c.weighted)),
    "hop_distance": (2, lambda c: c.hops),
    "diameter": (0, lambda c: D.diameter(*c.plain)),
    "diameter_bounds": (0, lambda c: D.diameter_bounds(*c.plain)),
    "balanced_forman": (0, lambda c: D.balanced_forman(*c.plain)),
    "forman": (0, lambda c: D.forman(*c.weighted)),
    "augmented_forman": (0, lambda c: D.augmented_forman(*c.weighted)),
    "weighted_forman": (0, lambda c: D.weighted_forman(*c.plain)),
    "approximate_weighted_forman": (0, lambda c: D.approximate_weighted_forman(*c.plain)),
    "ollivier_ricci": (0, lambda c: D.ollivier_ricci(*c.weighted)),
    "resistance_curvature": (0, lambda c: D.resistance_curvature(*c.weighted)),
    "node_resistance_curvature": (1, lambda c: D.node_resistance_curvature(*c.weighted)),
    "orbit_adjacency": (
        2,
        lambda c: [m.to_dense() for _, m in sorted(D.orbit_adjacency(*c.plain).matrices.items())],
    ),
    "topological_concentration": (1, lambda c: D.topological_concentration(*c.plain)),
    "approximate_topological_concentration": (
        1,
        lambda c: D.approximate_topological_concentration(*c.plain),
    ),
    "homophily": (0, lambda c: D.homophily(*c.plain, c.labels, c.edge_weight)),
    "label_informativeness": (
        0,
        lambda c: D.label_informativeness(*c.plain, c.labels, c.edge_weight),
    ),
    "degree_assortativity": (0, lambda c: D.degree_assortativity(*c.plain)),
    "sensitivity": (2, lambda c: D.sensitivity(*c.modeled)),
    "approximate_sensitivity": (2, lambda c: D.approximate_sensitivity(*c.modeled)),
    "influence_by_hop": (
        0,
        lambda c: D.influence_by_hop(*c.modeled, num_layers=NUM_LAYERS).total.sum(0),
    ),
    "effective_range": (
        0,
        lambda c: D.effective_range(*c.modeled, num_layers=NUM_LAYERS).value,
    ),
    "sensitivity_decay": (
        0,
        lambda c: [
            t
            for bins in (None, 3)
            for t in _tensors(D.sensitivity_decay(c.heard, c.resistance, num_bins=bins))
        ],
    ),
    "decay_fit": (0, lambda c: D.decay_fit(c.heard, c.resistance)),
    "decay_rate": (2, lambda c: D.decay_rate(*c.weighted)),
    "decay_statistics": (0, lambda c: D.decay_statistics(D.decay_rate(*c.weighted))),
    "walk_bound": (2, lambda c: c.heard),
    "resistance_bound": (
        2,
        lambda c: D.resistance_bound(*c.weighted, num_layers=NUM_LAYERS, method="walks"),
    ),
    "hessian_range": (1, lambda c: D.hessian_range(*c.modeled, c.hops)),
    "jacobian_range": (1, lambda c: D.jacobian_range(c.heard, c.resistance)),
    "mixed_influence": (2, lambda c: D.mixed_influence(*c.modeled)),
    "obstruction": (
        0,
        lambda c: D.obstruction(*c.modeled, c.pairs[:, -2:], layers=["layers.1"]),
    ),
    "obstruction_limit": (2, lambda c: D.obstruction_limit(*c.weighted)),
    "blind_spots": (
        2,
        lambda c: [
            _mosr(D.blind_spots, c.edge_index, c=c, quantile=0.3, threshold=t, detection=d)
            for t in ("detected", "quantile")
            for d in ("negative", "quantile")
        ],
    ),
    "blind_pairs": (2, lambda c: _mosr(D.blind_pairs, *c.plain, c=c, detection="quantile")),
    "squashed_pairs": (
        2,
        lambda c: _kinds(D.squashed_pairs(c.heard, c.hops, count=100_000), c.num_nodes),
    ),
    "attention_entropy": (0, lambda c: D.attention_entropy(c.attention)),
    "attention_distance": (0, lambda c: D.attention_distance(c.attention, c.hops)),
    "attention_by_hop": (0, lambda c: D.attention_by_hop(c.attention, c.resistance, bins=3)),
    "attention_rollout": (2, lambda c: D.attention_rollout(c.attention[None])),
    "attention_resistance_correlation": (
        0,
        lambda c: D.attention_resistance_correlation(c.attention, c.resistance, c.hops),
    ),
    "rank_correlation": (0, lambda c: D.rank_correlation(c.heard, c.resistance)),
    "value_weighted_attention": (
        2,
        lambda c: D.value_weighted_attention(c.attention, c.x.view(-1, 2, 2)),
    ),
    "dirichlet_energy": (0, lambda c: D.dirichlet_energy(c.x, *c.weighted)),
    "mean_average_distance": (
        0,
        lambda c: [D.mean_average_distance(x, c.edge_index) for x in (c.x, c.kinds)],
    ),
    "mad_gap": (0, lambda c: D.mad_gap(c.kinds, *c.plain, near=1, remote=2)),
    "effective_rank": (0, lambda c: D.effective_rank(c.x)),
    "stable_rank": (0, lambda c: D.stable_rank(c.kinds)),
    "rank_one_distance": (0, lambda c: [D.rank_one_distance(x) for x in (c.x, c.kinds)]),
    "distance_to_mean": (0, lambda c: D.distance_to_mean(c.x)),
    "smoothing_by_layer": (0, lambda c: D.smoothing_by_layer([c.x, c.kinds], *c.weighted)),
    "wl_colors": (2, lambda c: _same_color(D.wl_colors(*c.plain))),
    "distance_wl_colors": (
        2,
        lambda c: _same_color(D.distance_wl_colors(*c.plain, distance="resistance")),
    ),
    "fwl_colors": (0, lambda c: _counted(D.fwl_colors(*c.plain))),
    "klwl_colors": (0, lambda c: _counted(D.klwl_colors(*c.plain))),
    "kwl_colors": (0, lambda c: _counted(D.kwl_colors(*c.plain))),
    "subgraph_wl_colors": (0, lambda c: _counted(D.subgraph_wl_colors(*c.plain))),
    "degree_distribution_distance": (0, lambda c: D.degree_distribution_distance(*c.two)),
    "hop_distribution_distance": (0, lambda c: D.hop_distribution_distance(*c.two)),
    "graph_distance": (0, lambda c: D.graph_distance(*c.two)),
    "edge_jaccard_distance": (0, lambda c: D.edge_jaccard_distance(*c.two)),
    "resistance_matrix_distance": (0, lambda c: D.resistance_matrix_distance(*c.two)),
    "hops_of_new_edges": (0, lambda c: D.hops_of_new_edges(*c.two)),
    "spectral_distance": (0, lambda c: D.spectral_distance(*c.two)),
    "spectral_distance_bounds": (
        0,
        lambda c: D.spectral_distance_bounds(*c.two, num_eigenvalues=2),
    ),
}

#: Those that differentiate a model, and take longer.
OF_A_MODEL = (
    "sensitivity",
    "approximate_sensitivity",
    "influence_by_hop",
    "effective_range",
    "hessian_range",
    "mixed_influence",
    "obstruction",
)

#: Those that draw at random for each node, so that another numbering gives another estimate.
ESTIMATES = [name for name in QUESTIONS if name.startswith("approximate_")]


def asked(name: str, of: Case) -> list[Tensor]:
    """The numbers of a diagnostic, as tensors."""
    return _tensors(QUESTIONS[name][1](of))


def _tensors(found) -> list[Tensor]:
    if isinstance(found, Tensor):
        return [found]
    if is_dataclass(found):
        found = [getattr(found, field.name) for field in fields(found)]
    if isinstance(found, list | tuple):
        return [t for part in found for t in _tensors(part)]
    return [torch.tensor(found)]


def turned(found: Tensor, axes: int, order: Tensor) -> Tensor:
    """An answer about a renumbered case, by the numbers from before."""
    for axis in range(1, axes + 1):
        found = found.index_select(-axis, order)
    return found


def reported(of: Case, *, task: str | None = None) -> dict:
    """What the report says, in words and printed numbers, without names of nodes.

    The task is none, to tell the "labels", or to connect the "pairs" that are no edges.
    """
    data = Data(edge_index=of.edge_index, num_nodes=of.num_nodes)
    if of.edge_weight is not None:
        data.edge_weight = of.edge_weight
    if task == "labels":
        data.y = of.labels
    pairs = of.pairs[:, -2:] if task == "pairs" else None
    found = report(data, pairs=pairs, max_seconds=1e9)  # what fits into seconds asks the clock
    summary, verdict = found.summary, found.verdict
    return {
        "rows": [[row.name, row.text, row.sure, row.meaning] for row in summary.measures],
        "left out": list(summary.left_out),
        "alike": [summary.pairs.size(1), summary.edges.size(1)]
        + [[name, edges.size(1)] for name, edges in summary.lowest.items()],
        "places": [
            [place.sentence, float(f"{place.loss:.9g}"), place.num_edges, place.alike.size(1)]
            for place in summary.bottlenecks
        ],
        "answer": verdict.answer,
        "sentence": verdict.sentence,
        "evidence": [
            [e.name, e.value, e.says, list(e.near), e.sure, e.why] for e in verdict.evidence
        ],
    }


#: What is compared between processes.
COMPARED = ("ring", "rook", "ring of cliques", "lollipop", "weighted karate")


def said() -> dict:
    """Everything that is said of some graphs: numbers of each diagnostic, words of the report."""
    cases = {name: case(GRAPHS[name]()) for name in COMPARED}
    return {
        "numbers": {
            f"{question} of {name}": [answer.tolist() for answer in asked(question, of)]
            for name, of in cases.items()
            for question in QUESTIONS
            if name == COMPARED[0] or question not in OF_A_MODEL
        },
        "words": {
            f"{name}, {task}": reported(of, task=task)
            for name, of in cases.items()
            for task in (None, "pairs")
        },
    }


if __name__ == "__main__":
    print(json.dumps(said()))
