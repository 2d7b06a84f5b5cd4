"""Batches of graphs as models take them."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader

from workbench.capture import call
from workbench.capture.call import ANSWERS


def batches(
    graphs: list[Data],
    batch_size: int,
    to_model: Callable[[Batch], Batch],
    shuffling: torch.Generator | None = None,
) -> DataLoader | list[Batch]:
    """Batches of graphs; in a new order at each pass where ``shuffling`` is given.

    Graphs that fit in one batch are joined and moved once, by ``to_model``. A generator always goes
    to the loader: without one it would draw from the global one.
    """
    generator = torch.Generator() if shuffling is None else shuffling
    loader = DataLoader(
        graphs, batch_size=batch_size, shuffle=shuffling is not None, generator=generator
    )
    if shuffling is None or len(loader) == 1:
        return [to_model(batch) for batch in loader]
    return loader


def to_model(model: nn.Module, device: torch.device) -> Callable[[Batch], Batch]:
    """What brings a batch to a model's device, and its numbers to the precision of its weights.

    numpy and graph files hold double precision or whole numbers, whatever the model computes in.
    Whole numbers in ``edge_attr`` are kinds, for a model to look up; so are those in ``x`` where it
    has an embedding and does not begin with a linear ``encoder``.
    """
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)
    linear = isinstance(getattr(model, "encoder", None), nn.Linear)
    kinds = not linear and any(isinstance(part, nn.Embedding) for part in model.modules())

    def ready(batch: Batch) -> Batch:
        batch = batch.to(device)
        for key, value in batch.to_dict().items() if dtype is not None else ():
            numbers = isinstance(value, Tensor) and not value.is_sparse and key not in ANSWERS
            whole = key == "edge_weight" or (key == "x" and not kinds)
            if numbers and value.dtype != dtype and (value.is_floating_point() or whole):
                batch[key] = value.to(dtype)
        return batch

    return ready


def output_of(model: nn.Module, batch: Batch, epoch: int) -> object:
    """What the model gives in training; an error where a norm over the batch has a single row.

    Raises:
        ValueError: batch normalization over one row, which has no variance.
    """
    try:
        return call(model, batch)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            f"{type(model).__name__} normalizes over the batch, and a batch of epoch {epoch} gives "
            f"it one row alone ({batch.num_graphs} graphs, {batch.num_nodes} nodes): choose a "
            "batch_size that leaves more than one for the last batch, or a norm of each row"
        ) from error


def group_batches(train: Iterable[Batch], count: int) -> Iterator[list[Batch]]:
    """The batches of each optimizer step."""
    group: list[Batch] = []
    for batch in train:
        group.append(batch)
        if len(group) == count:
            yield group
            group = []
    if group:
        yield group
