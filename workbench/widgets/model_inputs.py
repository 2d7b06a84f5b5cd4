"""What a model is called with besides x and edge_index."""

import inspect
from collections.abc import Mapping
from typing import Any

from torch import nn
from torch_geometric.data import Data

#: Arguments that are taken from the graph where the model's forward names them.
TAKEN = ("batch", "edge_attr", "edge_weight")


def model_inputs(
    model: nn.Module, data: Data, inputs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """``inputs``, and what the model's forward names and the data have."""
    named, found = inspect.signature(model.forward).parameters, dict(inputs or {})
    for name in TAKEN:
        value = getattr(data, name, None)
        if name in named and value is not None:
            found.setdefault(name, value)
    return found
