"""What node states may be: a row of finite numbers for each node."""

import torch
from torch import Tensor

from workbench.diagnostics.finite import check_finite, check_tensor
from workbench.topology import check_num_nodes


def check_states(x: Tensor, num_nodes: int | None = None, *, name: str = "x") -> None:
    """Raise unless ``x`` is ``[nodes, channels]`` and finite; the message calls it ``name``.

    Raises:
        TypeError: it is no tensor, or ``num_nodes`` no integer.
        ValueError: with the shape that came in, or the first row that holds nan or inf.
    """
    if num_nodes is not None:
        check_num_nodes(num_nodes)
    check_tensor(name, x)
    if x.dim() != 2 or num_nodes not in (None, x.size(0)):
        count = "nodes" if num_nodes is None else num_nodes
        advice = _BY_DIMENSIONS.get(x.dim(), "give the states of all nodes, in the graph's order")
        raise ValueError(
            f"{name} must be [{count}, channels], a row for each node, got {[*x.shape]}; {advice}"
        )
    check_finite(name, x)


def size_of(states: Tensor) -> Tensor:
    """The power of two at or below the largest entry, 1 where all are 0.

    Squares of states of size 1e-200 or 1e200 are 0 or infinite; divided by this, which rounds
    nothing, they are in range.
    """
    most = states.abs().max() if states.numel() else states.new_zeros(())
    return torch.ldexp(torch.ones_like(most), most.frexp().exponent - 1).where(most > 0, 1.0)


#: What to do with states of so many dimensions.
_BY_DIMENSIONS = {
    1: "for one number a node use unsqueeze(-1)",
    3: "take the graphs of a batch one by one",
}
