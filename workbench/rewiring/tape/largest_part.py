"""The largest component of a graph: what a profile measures where the graph is disconnected."""

import numpy as np
from jaxtyping import Int64

from workbench.topology import SimpleGraph

#: What is measured of the whole graph and, as NAME_within, of its largest component.
MEASURED = ("spectral_gap", "cheeger_lower", "cheeger_upper", "diameter")


def largest_part(
    graph: SimpleGraph, labels: Int64[np.ndarray, " nodes"]
) -> tuple[Int64[np.ndarray, " part"], SimpleGraph]:
    """Its nodes, and its edges with the nodes renumbered.

    Of several largest components the one with most edges, then the one with the first node.

    Args:
        graph: the whole graph, on the CPU.
        labels: the number of the component of each node.
    """
    nodes = np.arange(graph.num_nodes)
    if not labels.size or labels.min() == labels.max():
        return nodes, graph
    size = np.bincount(labels)
    edges = np.bincount(labels[graph.source.numpy()], minlength=size.size)
    best = np.flatnonzero((size == size.max()) & (edges == edges[size == size.max()].max()))
    first = np.flatnonzero(np.isin(labels, best))[0]
    inside = labels == labels[first]
    local = np.cumsum(inside) - 1
    ends = graph.source.numpy(), graph.target.numpy()
    kept = inside[ends[0]]
    source, target = (graph.source.new_tensor(local[end[kept]]) for end in ends)
    weight = graph.weight.numpy()[kept]
    part = SimpleGraph(source, target, graph.weight.new_tensor(weight), int(inside.sum()))
    return nodes[inside], part


def whole_and_within(within: dict[str, float], num_components: int, size: int) -> dict:
    """The values of ``MEASURED`` in the largest component, and what they are of the whole graph."""
    apart = {name: np.inf if name == "diameter" else 0.0 for name in within}
    return {
        **(apart if num_components > 1 else within),
        **as_within(within),
        "num_components": num_components,
        "largest_component": size,
    }


def as_within(values: dict) -> dict:
    """The same under the names that say so."""
    return {f"{name}_within": value for name, value in values.items()}
