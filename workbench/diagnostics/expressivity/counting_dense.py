"""Homomorphisms of any small pattern by full tables, one node of the pattern after another."""

import numpy as np

from workbench.diagnostics.expressivity.counting_patterns import Edges

#: Multiplications of table entries that a core does in a second, roughly.
_RATE = 3e8


def table_order(edges: Edges) -> list[tuple[int, tuple[int, ...]]]:
    """Nodes to be summed out, fewest neighbors first, each with its neighbors at that time."""
    near: dict[int, set[int]] = {}
    for u, v in edges:
        near.setdefault(u, set()).add(v)
        near.setdefault(v, set()).add(u)
    order = []
    while near:
        node = min(near, key=lambda other: (len(near[other]), other))
        around = near.pop(node)
        for other in around:
            near[other] = (near[other] | around) - {node, other}
        order.append((node, tuple(sorted(around))))
    return order


def width(edges: Edges) -> int:
    """The most neighbors in ``table_order``: the treewidth, or a little more."""
    return max(len(around) for _, around in table_order(edges))


def table_cost(edges: Edges, num_nodes: int) -> tuple[float, float]:
    """Seconds and bytes."""
    sizes = [float(num_nodes) ** len(around) for _, around in table_order(edges)]
    return 3.0 * num_nodes * sum(sizes) / _RATE, 8.0 * (num_nodes**2 + 2.0 * max(sizes))


def by_tables(edges: Edges, adjacency: np.ndarray) -> float:
    """The number of homomorphisms, O(nodes^(width + 1))."""
    tables = [(adjacency, edge) for edge in edges]
    total = 1.0
    for node, around in table_order(edges):
        mine = [part for part in tables if node in part[1]]
        tables = [part for part in tables if node not in part[1]]
        operands = [operand for table, axes in mine for operand in (table, list(axes))]
        table = np.einsum(*operands, list(around))
        if around:
            tables.append((table, around))
        else:
            total *= float(table)
    return total
