"""Batches of graphs as models take them."""

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
    for key in ("edge_weight", "edge_attr"):
        value = batch.get(key)
        if value is not None and value.is_floating_point() and batch.x.is_floating_point():
            batch[key] = value.to(batch.x.dtype)
    return batch
