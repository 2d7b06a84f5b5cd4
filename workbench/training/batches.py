"""Batches of graphs as models take them."""

from collections.abc import Iterable, Iterator

import torch
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader


def batches(
    graphs: list[Data],
    batch_size: int,
    device: torch.device,
    shuffling: torch.Generator | None = None,
) -> DataLoader | list[Batch]:
    """Batches of graphs; in a new order at each pass where ``shuffling`` is given.

    Graphs that fit in one batch are joined and moved once. A generator always goes to the loader:
    without one it would draw from the global one.
    """
    generator = torch.Generator() if shuffling is None else shuffling
    loader = DataLoader(
        graphs, batch_size=batch_size, shuffle=shuffling is not None, generator=generator
    )
    if shuffling is None or len(loader) == 1:
        return [ready(batch, device) for batch in loader]
    return loader


def ready(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device, the numbers on its edges in the precision of ``x``.

    Graph files hold conductances in double precision, whatever the features are in.
    """
    batch = batch.to(device)
    if not batch.x.is_floating_point():
        return batch
    for key in ("edge_weight", "edge_attr"):
        value = batch.get(key)
        # whole numbers in edge_attr are kinds, for a model to look up
        if value is not None and (value.is_floating_point() or key == "edge_weight"):
            batch[key] = value.to(batch.x.dtype)
    return batch


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
