"""Which attributes of a ``Data`` belong to its edges or nodes, and what an edge both ways has."""

import copy

import torch
from torch_geometric.data import Data

from workbench.graphs.files.build import mean_weight, say
from workbench.graphs.generators.building import columns
from workbench.topology import check_edge_index


def edge_columns(data: Data) -> list[str]:
    """The keys of tensors with a row for each edge, besides ``edge_index``.

    Where a graph has as many edges as nodes, the name decides, as in PyG. Lists, such as the names
    of the nodes, are never taken for edges.
    """
    count, num_nodes = data.num_edges, data.num_nodes
    return [
        key
        for key, value in data.to_dict().items()
        if isinstance(value, torch.Tensor)
        and value.dim() > 0
        and value.size(0) == count
        and key not in ("edge_index", "x", "pos")
        and "index" not in key
        and ("edge" in key or count != num_nodes)
    ]


def node_rows(data: Data) -> list[str]:
    """The keys of tensors and lists with an entry for each node.

    Where a graph has as many edges as nodes, ``edge_columns`` says which belong to edges. The ``y``
    of a graph of a single node is the graph's label.
    """
    of_edges = edge_columns(data)
    return [
        key
        for key, value in data.to_dict().items()
        if isinstance(value, torch.Tensor | list)
        and not (isinstance(value, torch.Tensor) and value.dim() == 0)
        and len(value) == data.num_nodes
        and key not in of_edges
        and key != "edge_index"
        and not (key == "y" and data.num_nodes == 1)
    ]


def real_edges(data: Data) -> Data:
    """The graph without the edges of weight 0, which are none; the same object where it has none.

    A resistance, a spectrum and the report see no edge there; a rewiring and a model that read no
    weights would.

    Examples:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> from workbench.graphs import real_edges
        >>> both = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
        >>> data = Data(edge_index=both, num_nodes=3, edge_weight=torch.tensor([1.0, 1, 0, 0]))
        >>> real_edges(data).edge_index.tolist()
        [[0, 1], [1, 0]]
    """
    there = is_real(data)
    if there is None:
        return data
    changed = copy.copy(data)
    for name in edge_columns(data):
        changed[name] = data[name][there]
    changed.edge_index = data.edge_index[:, there]
    changed.num_nodes = int(data.num_nodes)
    return changed


def is_real(data: Data) -> torch.Tensor | None:
    """``[edges]`` whether each edge has another weight than 0; None where all have."""
    weight = data.get("edge_weight")
    there = None if weight is None else weight.reshape(-1) != 0
    whole = there is None or there.numel() != data.num_edges or bool(there.all())
    return None if whole else there


def zero_edges(data: Data) -> int:
    """How many edges have weight 0, one that is stored both ways counted once."""
    there = is_real(data)
    if there is None:
        return 0
    return torch.unique(data.edge_index[:, ~there].sort(dim=0).values, dim=1).size(1)


def undirected(data: Data) -> Data:
    """A copy of ``data`` with every edge both ways: what the undirected measures take.

    Where an edge has a weight each way, both become the mean of the two, and a note says for how
    many; an edge that is stored one way gives its weight to both. Repeated edges become one, their
    conductances add. Other attributes of edges follow: of an edge that is stored one way to both
    directions. (PyG's ``ToUndirected`` adds the two weights up instead.)

    Raises:
        ValueError: ``edge_index`` is out of range.

    Examples:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> from workbench.graphs import undirected
        >>> arcs = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3)
        >>> undirected(arcs).edge_index.tolist()
        [[0, 1, 1, 2], [1, 0, 2, 1]]
    """
    num_nodes = int(data.num_nodes or 0)
    check_edge_index(data.edge_index, num_nodes)
    source, target = data.edge_index.cpu().numpy()
    found = columns(source, target, num_nodes, directed=False)
    changed = data.clone()
    device, notes = data.edge_index.device, []
    for key in edge_columns(data):
        changed[key] = data[key][torch.from_numpy(found.column).to(device)]
    weight = data.get("edge_weight")
    if weight is not None:
        summed = found.sum_repeats(weight.detach().double().cpu().reshape(-1).numpy())
        mean, pairs = mean_weight(found, summed)
        changed.edge_weight = torch.from_numpy(mean).to(weight).reshape(-1, *weight.shape[1:])
        if pairs:
            which = f"{pairs:,} {'pair' if pairs == 1 else 'pairs'} had two weights, one each way"
            notes.append(f"{which}: the mean is taken")
    changed.edge_index = found.edge_index.to(device)
    changed.num_nodes = num_nodes
    say(notes, str(data.get("name") or "the graph"))
    return changed
