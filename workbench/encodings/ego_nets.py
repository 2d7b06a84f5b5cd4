"""Ego nets: the nodes and edges around every node, with their distances and degrees inside."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from scipy.sparse import csr_array, eye_array
from torch import Tensor

from workbench.topology import SimpleGraph


@dataclass(frozen=True)
class EgoNets:
    """All ego nets of a graph: of each root the nodes within some hops, and the edges among them.

    Attributes:
        root: ``[rows]`` the node in the middle; rows are sorted by root, then node.
        node: ``[rows]`` a node of its ego net.
        hop: ``[rows]`` their distance.
        degrees: ``[rows, 3]`` neighbors of the node inside the ego net that are one hop nearer to
            the root, as far, and one hop farther.
        num_nodes: nodes of the graph.
    """

    root: Int64[Tensor, " rows"]
    node: Int64[Tensor, " rows"]
    hop: Int64[Tensor, " rows"]
    degrees: Int64[Tensor, "rows 3"]
    num_nodes: int

    def rows_of(
        self, root: Int64[Tensor, " pairs"], node: Int64[Tensor, " pairs"]
    ) -> Int64[Tensor, " pairs"]:
        """The rows of these pairs; -1 where the node is not in the ego net of the root."""
        if not self.root.numel():
            return torch.full_like(root, -1)
        keys, asked = self.root * self.num_nodes + self.node, root * self.num_nodes + node
        at = torch.searchsorted(keys, asked).clamp(max=keys.numel() - 1)
        return at.where(keys[at] == asked, -1)

    def inside(self) -> csr_array:
        """``[roots, nodes]`` sparse, 1 where the node is in the ego net of the root."""
        at = self.root.cpu().numpy(), self.node.cpu().numpy()
        return csr_array((np.ones(at[0].size), at), shape=(self.num_nodes,) * 2)

    def edges(
        self, edge_index: Int64[Tensor, "2 edges"]
    ) -> tuple[Int64[Tensor, " inside"], Int64[Tensor, " inside"]]:
        """(root, column of ``edge_index``) of every edge with both ends in an ego net."""
        there, (source, target) = self.inside().tocsc(), edge_index.cpu().numpy().copy()
        both = csr_array(there[:, source].multiply(there[:, target]))
        root, edge = both.nonzero()
        order = np.lexsort((edge, root))
        place = edge_index.device
        return tuple(torch.from_numpy(a[order].astype(np.int64)).to(place) for a in (root, edge))


def ego_nets(graph: SimpleGraph, hops: int) -> EgoNets:
    """The ego nets of so many hops of all nodes.

    Examples:
        >>> from workbench.encodings import ego_nets
        >>> from workbench.graphs import star
        >>> from workbench.topology import simple_graph
        >>> nets = ego_nets(simple_graph(star(4).edge_index, 4), hops=1)
        >>> nets.node[nets.root == 1].tolist()  # the middle and itself
        [0, 1]
    """
    size = graph.num_nodes
    adjacency = graph.adjacency()
    adjacency.data[:] = 1.0
    shells = [csr_array(eye_array(size))]
    inside = shells[0]
    for _ in range(hops):
        reached = csr_array(shells[-1] @ adjacency)
        reached.data[:] = 1.0
        fresh = csr_array(reached - reached.multiply(inside))
        fresh.eliminate_zeros()
        if not fresh.nnz:
            break
        shells.append(fresh)
        inside = csr_array(inside + fresh)
    found = []
    for hop, shell in enumerate(shells):
        root, node = shell.nonzero()
        near = [
            np.asarray((shells[k] @ adjacency)[root, node]).ravel()
            if 0 <= k < len(shells) and root.size
            else np.zeros(root.size)
            for k in (hop - 1, hop, hop + 1)
        ]
        found.append(np.stack([root, node, np.full(root.size, hop), *near]).astype(np.int64))
    rows = np.concatenate(found, axis=1)
    rows = rows[:, np.lexsort((rows[1], rows[0]))]
    root, node, hop, *degrees = (torch.from_numpy(line.copy()).to(graph.device) for line in rows)
    return EgoNets(root, node, hop, torch.stack(degrees, dim=1), size)
