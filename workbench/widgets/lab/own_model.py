"""A model that the user brings: built where it is a function, and its answer checked."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.capture import call, prepare

#: A module, or a function of the number of input channels that builds one.
OwnModel = nn.Module | Callable[[int], nn.Module]


def build_model(model: OwnModel, in_channels: int, seed: int) -> nn.Module:
    """The module itself, or the one that a function builds with the random numbers of ``seed``.

    Raises:
        TypeError: ``model`` is neither, or the function returns no module.
        ValueError: the function fails.
    """
    if isinstance(model, nn.Module):
        return model
    if not callable(model):
        raise TypeError(
            "model must be a name, a torch.nn.Module or a function of the number of input "
            f"channels that builds one; got {type(model).__name__}"
        )
    name = getattr(model, "__name__", type(model).__name__)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            found = model(in_channels)
        except Exception as error:
            raise ValueError(
                f"{name}({in_channels}) builds no model: {error}; give a function of the number "
                "of input channels, or the module itself"
            ) from error
    if not isinstance(found, nn.Module):
        raise TypeError(
            f"{name}({in_channels}) must build a torch.nn.Module, and returned "
            f"{type(found).__name__}"
        )
    return found


def graph_rows(model: nn.Module) -> nn.Module:
    """``model`` called on a graph, with what it returns checked."""
    return _GraphRows(model)


class _GraphRows(nn.Module):
    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, data: Data) -> Tensor:
        name = type(self.model).__name__
        try:
            found = call(self.model, prepare(self.model, data))
        except Exception as error:
            raise ValueError(
                f"{name} does not take this pair; it is called as model(x, edge_index, batch) with "
                f"x of {list(data.x.shape)}: {error}"
            ) from error
        if not isinstance(found, Tensor):
            raise ValueError(
                f"{name} returned a {type(found).__name__}; it must return one row for the graph"
            )
        if found.dim() < 2:
            found = found.reshape(1, -1)
        if found.size(0) != 1:
            raise ValueError(
                f"{name} returned {found.size(0)} rows for one graph of {data.num_nodes} nodes; it "
                "must return one: pool its nodes"
            )
        if not bool(torch.isfinite(found).all()):
            raise ValueError(f"{name} returned numbers that are not finite; no distance follows")
        return found
