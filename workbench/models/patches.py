"""Patches: a graph cut into pieces of about equal size that overlap. What patch models (Graph
MLP-Mixer, Graph ViT) read."""

from collections import deque

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from workbench.choices import check_choice
from workbench.cost import check_count
from workbench.graphs import GraphData
from workbench.topology.search import Lists, both_ways

PARTITIONS = ("growth", "metis")

#: The most patches, hops and steps: numbers that all pairs of patches share are kept.
MOST = 5_000


class Patches(BaseTransform):
    """Writes the patches of a graph into its data, as one graph of many rows.

    ========================  ===============================================================
    ``patch_index``           ``[rows]`` which node of the graph a row is
    ``patch_batch``           ``[rows]`` which patch it is in, the empty ones first
    ``patch_edge_index``      ``[2, patch_edges]`` the edges within patches, between rows
    ``patch_column``          ``[patch_edges]`` which column of ``edge_index`` each is
    ``patch_adjacency``       ``[num_patches, num_patches]`` how many nodes two patches share
    ``patch_walk``            ``[num_patches, num_steps]`` how likely a walk between patches is
                              back after 1, 2, ... steps, in float64
    ========================  ===============================================================

    Result: a ``GraphData``, in which these join rightly in batches. The nodes are divided into
    parts, and each part grows by all nodes within ``num_hops`` hops, along or against the edges, so
    that with one hop every edge is within a patch. A graph with no more nodes than patches has one
    part for each node. All graphs have ``num_patches`` patches, so some are empty.

    Args:
        num_patches: number of patches, at least 1.
        num_hops: by how much the parts grow, at least 0.
        num_steps: steps of the walk, at least 1.
        partition: ``"growth"`` grows one part after the other, breadth first, from the first node
            left; nodes come in the order that their surroundings give (1-WL colors), not in that of
            their numbers, unless they look alike. ``"metis"`` cuts few edges, by the package
            ``pymetis``, and goes by the numbers.

    Raises:
        ImportError: ``partition="metis"`` without pymetis.
        TooLargeError: more than 5,000 patches, hops or steps.
        ValueError: an option is out of its range.

    References:
        X. He, B. Hooi, T. Laurent, A. Perold, Y. LeCun, X. Bresson, A Generalization of
        ViT/MLP-Mixer to Graphs, ICML 2023, arXiv 2212.13350.
        G. Karypis, V. Kumar, A Fast and High Quality Multilevel Scheme for Partitioning Irregular
        Graphs, SIAM J. Sci. Comput. 1998.
    """

    def __init__(
        self,
        num_patches: int = 32,
        *,
        num_hops: int = 1,
        num_steps: int = 8,
        partition: str = "growth",
    ):
        for name, value, least in (
            ("num_patches", num_patches, 1),
            ("num_hops", num_hops, 0),
            ("num_steps", num_steps, 1),
        ):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
            check_count(name, value, MOST)
        check_choice("partition", partition, PARTITIONS)
        self.num_patches, self.num_hops, self.num_steps = num_patches, num_hops, num_steps
        self.partition = partition

    def forward(self, data: Data) -> GraphData:
        """A copy of the data with the patches of the graph."""
        data = GraphData.of(data)
        size = int(data.num_nodes or 0)
        part = divide(data.edge_index, size, self.num_patches, self.partition)
        return self.of_parts(data, part)

    def of_parts(self, data: Data, part: Int64[Tensor, " nodes"]) -> GraphData:
        """The same from the part, 0 to ``num_patches`` - 1, that each node is in."""
        data, (source, target) = GraphData.of(data), data.edge_index
        size, on = part.numel(), source.device
        inside = torch.zeros(self.num_patches, size, dtype=torch.bool, device=on)
        # empty patches first: the number of the last one then tells a batch how many there are
        shift = self.num_patches - 1 - int(part.max()) if size else 0
        inside[part + shift, torch.arange(size, device=on)] = True
        for _ in range(self.num_hops):
            inside = _grown(inside, source, target)
        patch, node = inside.nonzero().T
        number = (inside.flatten().cumsum(0) - 1).view_as(inside)
        of_patch, column = (inside[:, source] & inside[:, target]).nonzero().T
        data.patch_index, data.patch_batch = node, patch
        data.patch_edge_index = number[of_patch, data.edge_index[:, column]]
        data.patch_column = column
        shared = inside.to(torch.get_default_dtype())
        data.patch_adjacency = shared @ shared.T
        data.patch_walk = _returns(data.patch_adjacency.double(), self.num_steps)
        return data

    def __repr__(self) -> str:
        return (
            f"Patches({self.num_patches}, num_hops={self.num_hops}, num_steps={self.num_steps}, "
            f"partition={self.partition!r})"
        )


def divide(
    edge_index: Tensor, num_nodes: int, num_patches: int, partition: str = "growth"
) -> Int64[Tensor, " nodes"]:
    """The part that each node is in: parts of about equal size, as in ``Patches``."""
    source, target = edge_index.cpu().numpy()
    near = both_ways(source, target, num_nodes)
    first = by_structure(source, target, num_nodes)
    if num_nodes <= num_patches:
        part = np.argsort(first)  # a part of its own; mixing over patches goes by their order
    elif partition == "metis":
        part = _metis(near, num_patches)
    else:
        part = _growth(near, first, num_patches)
    return torch.from_numpy(part.astype(np.int64)).to(edge_index.device)


def _growth(near: Lists, first: np.ndarray, num_patches: int) -> np.ndarray:
    """Parts that grow breadth first, each from the first node that none has, coming from afar."""
    size = first.size
    part, place = np.full(size, -1), np.argsort(first)
    waiting, left = iter(_from_afar(near, first, place)), int(size)
    for number in range(num_patches):
        room, queue = -(-left // (num_patches - number)), deque()
        left -= room
        while room:
            if not queue:
                queue.append(next(node for node in waiting if part[node] < 0))
            node = queue.popleft()
            if part[node] < 0:
                part[node], room = number, room - 1
                queue.extend(u for u in _neighbors(near, node, place) if part[u] < 0)
    return part


def _from_afar(near: Lists, first: np.ndarray, place: np.ndarray) -> list[int]:
    """All nodes, component by component, breadth first from a node at the rim."""
    order, seen = [], np.zeros(first.size, dtype=bool)
    for node in first.tolist():
        if not seen[node]:
            rim = _breadth_first(near, node, place)[-1]
            order += _breadth_first(near, rim, place)
            seen[order] = True
    return order


def _breadth_first(near: Lists, start: int, place: np.ndarray) -> list[int]:
    order = {start: None}
    queue = deque(order)
    while queue:
        new = [u for u in _neighbors(near, queue.popleft(), place) if u not in order]
        order.update(dict.fromkeys(new))
        queue.extend(new)
    return list(order)


def _neighbors(near: Lists, node: int, place: np.ndarray) -> list[int]:
    """The neighbors of a node, in the order of the structure."""
    return sorted(
        near.neighbor[near.start[node] : near.start[node + 1]].tolist(), key=place.__getitem__
    )


def _metis(near: Lists, num_patches: int) -> np.ndarray:
    """Parts between which few edges run."""
    try:
        import pymetis
    except ImportError as error:
        raise ImportError(
            'partition="metis" needs the package pymetis: pip install pymetis; or take '
            'partition="growth"'
        ) from error
    others = [
        np.setdiff1d(near.neighbor[a:b], [node])
        for node, (a, b) in enumerate(zip(near.start[:-1], near.start[1:], strict=True))
    ]
    part = np.array(pymetis.part_graph(num_patches, adjacency=others)[1])
    return np.unique(part, return_inverse=True)[1]  # METIS may leave parts empty


def by_structure(source: np.ndarray, target: np.ndarray, size: int) -> np.ndarray:
    """The nodes in an order that their surroundings give, by colors of 1-WL in both directions;
    by number where those are alike."""
    color, count = np.zeros(size, dtype=np.int64), 0
    while size:
        sums = []
        for at, other in ((target, source), (source, target)):
            mixed, total = _mix(color[other]), np.zeros(size, dtype=np.uint64)
            np.add.at(total, at, mixed)
            sums.append(total)
        rows = np.stack([color.astype(np.uint64), *sums], axis=1)
        kinds, color = np.unique(rows, axis=0, return_inverse=True)
        color = color.reshape(-1)
        if len(kinds) == count:
            break
        count = len(kinds)
    return np.argsort(color, kind="stable")


def _mix(number: np.ndarray) -> np.ndarray:
    """Numbers whose sums tell multisets apart (splitmix64)."""
    z = (number.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _grown(inside: Bool[Tensor, "patches nodes"], source: Tensor, target: Tensor) -> Tensor:
    """The patches with all neighbors of their nodes."""
    grown = inside.clone()
    for at, other in ((source, target), (target, source)):
        patch, edge = inside[:, at].nonzero().T
        grown[patch, other[edge]] = True
    return grown


def _returns(shared: Tensor, num_steps: int) -> Tensor:
    """Return probabilities of the walk that goes by how many nodes two patches share."""
    step = shared / shared.sum(1, keepdim=True).clamp(min=1)
    power, back = step, []
    for _ in range(num_steps):
        back.append(power.diagonal())
        power = power @ step
    return torch.stack(back, dim=1)
