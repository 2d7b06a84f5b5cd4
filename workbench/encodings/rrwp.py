"""RRWP: how likely a random walk from one node is at another, after 0, 1, 2, ... steps."""

from jaxtyping import Float64
from torch import Tensor

from workbench.cost import TooLargeError
from workbench.topology import check_num_nodes, walk_powers
from workbench.typing import EdgeIndex, EdgeWeight

#: The dense result may take so many bytes.
LARGEST = 4 << 30


def rrwp(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_steps: int = 16,
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, "nodes nodes steps"]:
    r"""Relative random-walk probabilities (RRWP) of every ordered pair of nodes.

    .. math::
        R_{vu} = [I,\ P,\ P^2,\ \dots,\ P^{K-1}]_{vu} \in \mathbb R^K, \qquad P = D^{-1} A

    The first step k with a positive number is the hop distance from v to u where K exceeds it, and
    every truncated propagation (personalized PageRank, heat) is a linear function of R.

    Args:
        edge_index: ``[2, edges]``; walks go from row 0 to row 1, so directed graphs work.
        num_nodes: number of nodes.
        num_steps: the number K of powers, the identity among them, at least 1.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Returns:
        ``[nodes, nodes, steps]`` float64 between 0 and 1 on the device of the input: from row, to
        column, after ``step`` steps. Exactly 0 where no walk of that length leads. Its diagonal is
        1, followed by ``random_walk``. As a list of pairs, which joins in batches:
        ``Encode("rrwp")``.

    A self-loop is a step that stays, a repeated edge counts once; with weights, repeats add. From a
    node without outgoing edges every walk ends at once, so only its own R_vv = [1, 0, ...] is not
    0. Time: K times edges times nodes.

    Raises:
        ValueError: ``num_steps`` is less than 1, or the input is no graph.
        TooLargeError: the result would take more than 4 GiB (``random_walk`` works on large
            graphs).

    Examples:
        >>> from workbench.encodings import rrwp
        >>> from workbench.graphs import path
        >>> rrwp(path(3).edge_index, 3, num_steps=3)[0].tolist()  # from node 0 to 0, 1 and 2
        [[1.0, 0.0, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 0.5]]

    References:
        L. Ma et al., Graph Inductive Biases in Transformers without Message Passing (GRIT), ICML
        2023, arXiv 2305.17589.
    """
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}")
    check_num_nodes(num_nodes)
    size = 8 * num_nodes**2 * num_steps
    if size > LARGEST:
        raise TooLargeError(
            f"rrwp of all pairs of {num_nodes:,} nodes and {num_steps} steps would take "
            f"{size / 2**30:.1f} GiB, and at most {LARGEST / 2**30:.0f} are allowed; take fewer "
            "steps, parts of the graph, or random_walk, which is the diagonal of it"
        )
    return walk_powers(edge_index, num_nodes, edge_weight, num_steps=num_steps)
