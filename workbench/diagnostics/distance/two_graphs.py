"""Two graphs on the same nodes: what a comparison may be given."""

from torch import Tensor

from workbench.topology import check_edge_index, check_edge_weight


def check_two_graphs(
    edge_index: Tensor,
    other: Tensor,
    num_nodes: int,
    edge_weight: Tensor | None,
    other_weight: Tensor | None,
) -> None:
    """Raise if one of two graphs on the same nodes is none; the message names the argument.

    Raises:
        TypeError: an edge list is no int64 tensor, a weight no tensor of real numbers, or
            ``num_nodes`` no integer.
        ValueError: a shape is wrong, a node does not exist, or a weight is negative or not finite.
    """
    check_edge_index(edge_index, num_nodes)
    check_edge_index(other, num_nodes, name="other")
    if edge_weight is not None:
        check_edge_weight(edge_weight, edge_index)
    if other_weight is not None:
        check_edge_weight(other_weight, other, name="other_weight", of="other")
