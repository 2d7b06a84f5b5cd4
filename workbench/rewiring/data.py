"""From a rewiring to a ``Data``: the one rule for all that belongs to edges and nodes."""

import copy

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from workbench.graphs.attributes import edge_columns, node_rows
from workbench.rewiring.result import LayeredRewired, Rewired

#: The label of a new node: what PyTorch's cross-entropy leaves out.
NO_LABEL = -100


def rewired_data(data: Data, result: Rewired | LayeredRewired) -> Data:
    """A copy of ``data`` with the edges and nodes of a rewiring, and what belongs to them.

    - Attributes of edges: a kept edge keeps its row, a new one gets zeros.
    - ``edge_weight``: what the method made, else a conductance of 1 for a new edge.
    - ``edge_type``: a new edge gets a type above all that the graph has, another one for each kind
      that the method tells apart. Where the graph has no types and the method makes some, kept
      edges have type 0.
    - New nodes stand at the end, and ``is_new_node`` marks them. Numbers of nodes, ``x`` above all,
      start from those of old nodes as the rewiring says (``origin``), or at 0. Masks are False
      there, and ``y`` is -100, or nan where it is no integer, so that no loss counts them. A new
      node is called ``new 1``, ``new 2``, ... in lists of words, and is None in other lists.
    - A layered rewiring gives the union of its edges, with ``edge_layers [edges, layers]``, true
      where a layer has the edge (``edges_of_layer`` reads it). Edges that are new in a later
      rewiring are in every layer.

    What belongs to the whole graph stays. Tensors that do not change are shared with ``data``.

    Raises:
        ValueError: the rewiring is of another graph; ``data`` is a batch, whose slices would be
            wrong (``Rewire`` takes each graph by itself); or there are new nodes and a ``batch``
            vector, or whole numbers of nodes of which ``origin`` takes a part.

    Examples:
        >>> from workbench.graphs import karate
        >>> from workbench.rewiring import rewired_data, virtual_node
        >>> data = karate()
        >>> after = rewired_data(data, virtual_node(data.edge_index, data.num_nodes))
        >>> after.num_nodes, after.is_new_node.sum().item(), after.y[-1].item()
        (35, 1, -100)
    """
    if isinstance(data, Batch):
        raise ValueError(
            f"a batch of {data.num_graphs} graphs cannot take one rewiring; Rewire(method)(batch) "
            "rewires each, rewired_data one of batch.to_data_list()"
        )
    layers = None
    if isinstance(result, LayeredRewired):
        layers, result = result.edge_layers, result.union
    num_nodes = int(data.num_nodes)
    if result.kept.numel() != data.num_edges or result.num_nodes < num_nodes:
        raise ValueError(
            f"a rewiring of a graph with {result.kept.numel()} columns was given to one with "
            f"{data.num_edges}, and {num_nodes} nodes became {result.num_nodes}; give the graph "
            "that was rewired"
        )
    changed = copy.copy(data)
    new = int(result.is_new.sum())
    for name in edge_columns(data):
        value = data[name]
        added = value.new_zeros(new, *value.shape[1:])
        if name in ("edge_weight", "edge_layers"):
            added.fill_(1)
        changed[name] = torch.cat([value[result.kept], added])
    if result.edge_weight is not None:
        like = data.get("edge_weight")
        whole = like is None or not like.is_floating_point()
        dtype = torch.get_default_dtype() if whole else like.dtype
        shape = (-1,) if like is None else (-1, *like.shape[1:])
        changed.edge_weight = result.edge_weight.to(dtype).reshape(shape)
    types = _types(data, result)
    if types is not None:
        changed.edge_type = types
    if result.num_nodes > num_nodes:
        _add_nodes(changed, data, result)
    changed.edge_index = result.edge_index
    changed.num_nodes = result.num_nodes  # PyG would count isolated nodes at the end out
    if layers is not None:
        changed.edge_layers = layers
    return changed


def _types(data: Data, result: Rewired) -> Tensor | None:
    """Types of all columns: those of the graph, then the method's above them."""
    kind, old = result.edge_type, data.get("edge_type")
    if old is None or old.dim() != 1:
        return kind
    if kind is None:
        kind = result.is_new.long()
    most = int(old.max()) if old.numel() else 0
    kept = old[result.kept]
    return torch.cat([kept, (most + kind[kept.numel() :]).to(old.dtype)])


def _add_nodes(changed: Data, data: Data, result: Rewired) -> None:
    """Give new nodes an entry in everything that has one for each node."""
    num_nodes, count = int(data.num_nodes), result.num_nodes - int(data.num_nodes)
    if data.get("batch") is not None:
        raise ValueError(
            f"this rewiring adds {count} nodes, which a batch has no place for; rewire each graph "
            "before they are batched"
        )
    for name in node_rows(data):
        value = data[name]
        if isinstance(value, list):
            words = all(isinstance(entry, str) for entry in value)
            names = [f"new {at + 1}" if words else None for at in range(count)]
            changed[name] = [*value, *names]
        else:
            changed[name] = torch.cat([value, _start(name, value, num_nodes, count, result)])
    before = data.get("is_new_node")
    if before is None:
        before = torch.zeros(num_nodes, dtype=torch.bool, device=data.edge_index.device)
    changed.is_new_node = torch.cat([before, before.new_ones(count)])


def _start(name: str, value: Tensor, num_nodes: int, count: int, result: Rewired) -> Tensor:
    """The rows of the new nodes in one attribute."""
    rows = value.new_zeros(count, *value.shape[1:])
    if name == "y":
        return rows if value.dtype == torch.bool else rows.fill_(_no_label(value))
    if value.dtype == torch.bool:
        return rows
    new, old = result.origin.to(value.device)
    share = result.origin_weight.to(value.device).reshape(-1, *[1] * (value.dim() - 1))
    if value.is_floating_point() or value.is_complex():
        return rows.index_add(0, new - num_nodes, value[old] * share.to(value.dtype))
    parts = (share != 0) & (share != 1)
    if bool(parts.any()):
        raise ValueError(
            f"{name} holds whole numbers, and a new node would start at {float(share[parts][0]):g} "
            f"of one node's; use data.{name}.double(), or leave it out"
        )
    return rows.index_add(0, new - num_nodes, value[old] * share.to(value.dtype))


def _no_label(value: Tensor) -> float:
    return torch.nan if value.is_floating_point() else NO_LABEL
