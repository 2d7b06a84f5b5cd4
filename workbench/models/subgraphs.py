"""Bags of subgraphs: a graph as many copies of itself, each with a node or an edge left out, or cut
down to the surroundings of one node. What subgraph models (DSS-GNN) read."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from workbench.choices import check_choice
from workbench.cost import TooLargeError, memory
from workbench.graphs import GraphData

DELETIONS = ("node_deleted", "edge_deleted")
POLICIES = (*DELETIONS, "ego_nets", "ego_nets_plus")

#: All copies together may have so many nodes and edges.
LARGEST = 50_000_000

#: Measured bytes for each of them where a copy leaves out one node or edge; ego nets take less.
_BYTES = 42


class Subgraphs(BaseTransform):
    """Writes the copies of a graph into its data, as one graph of many rows.

    ========================  ===============================================================
    ``subgraph_index``        ``[rows]`` which node of the graph a row is
    ``subgraph_batch``        ``[rows]`` which copy it is in; none is empty
    ``subgraph_edge_index``   ``[2, subgraph_edges]`` the edges of the copies, between rows
    ``subgraph_column``       ``[subgraph_edges]`` which column of ``edge_index`` each is
    ``subgraph_mark``         ``[rows, 2]`` ``[1, 0]`` at the root of a copy and ``[0, 1]``
                              elsewhere; ``"ego_nets_plus"`` only
    ========================  ===============================================================

    Result: a ``GraphData``, in which these join rightly in batches. Features stay in ``x``, one row
    for each node, so that a derivative by them is one by the graph's own nodes.

    Args:
        policy: ``"node_deleted"``, a copy without each node; ``"edge_deleted"``, one without each
            undirected edge (both directions and repeats of it; self-loops stay); ``"ego_nets"``,
            for each node (the root) the nodes from which it is ``num_hops`` away at most, with all
            edges between them; ``"ego_nets_plus"``, the same with the root marked.
        num_hops: radius of the ego nets, at least 1; None for 2. The deletions have none.
        variant: ``"paper"``, a node that is not in a subgraph is not in its copy; ``"official"``,
            it stays as an isolated node, with its features, as in the released code, where it
            counts in every mean.

    A graph that would have no copies, because it has no edge to delete or would lose its only node,
    has one copy, itself.

    Raises:
        ValueError: ``policy`` or ``variant`` is none of these, ``num_hops`` is less than 1 or
            given for a deletion.
        TooLargeError: all copies together have more than 50 million nodes and edges.

    References:
        B. Bevilacqua et al., Equivariant Subgraph Aggregation Networks, ICLR 2022, arXiv
        2110.02910.
    """

    def __init__(
        self,
        policy: str = "ego_nets_plus",
        *,
        num_hops: int | None = None,
        variant: str = "paper",
    ):
        check_choice("policy", policy, POLICIES)
        if variant not in ("paper", "official"):
            raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
        if policy in DELETIONS and num_hops is not None:
            raise ValueError(f"num_hops={num_hops} has no place in policy {policy!r}")
        if policy not in DELETIONS:
            num_hops = 2 if num_hops is None else num_hops
            if num_hops < 1:
                raise ValueError(f"num_hops must be at least 1, got {num_hops}")
        self.policy, self.num_hops, self.variant = policy, num_hops, variant

    def forward(self, data: Data) -> GraphData:
        """A copy of the data with the copies of the graph."""
        data = GraphData.of(data)
        edge_index, size = data.edge_index, int(data.num_nodes or 0)
        num_edges = edge_index.size(1)
        copies = num_edges // 2 if self.policy == "edge_deleted" else size
        if copies * (size + num_edges) > LARGEST:
            takes = memory(_BYTES * copies * (size + num_edges))
            raise TooLargeError(
                f"{self!r} of {size:,} nodes and {num_edges:,} edges would look through {copies:,} "
                f"copies of them and take up to {takes}; at most {LARGEST:,} nodes and edges of "
                "all copies are allowed, so take smaller graphs or parts of this one"
            )
        inside, kept = self._copies(edge_index, size)
        if self.variant == "official":
            inside = torch.ones_like(inside)
        if not inside.any(dim=1).all() or (size and not len(inside)):
            inside = torch.ones(1, size, dtype=torch.bool, device=edge_index.device)
            kept = torch.ones(1, num_edges, dtype=torch.bool, device=edge_index.device)
        copy, node = inside.nonzero().T
        number = (inside.flatten().cumsum(0) - 1).view_as(inside)  # of the row of a node in a copy
        of_copy, column = kept.nonzero().T
        data.subgraph_index, data.subgraph_batch = node, copy
        data.subgraph_edge_index = number[of_copy, edge_index[:, column]]
        data.subgraph_column = column
        if self.policy == "ego_nets_plus":
            root = node == copy  # a copy has the number of its root
            data.subgraph_mark = torch.stack([root, ~root], dim=1).to(torch.get_default_dtype())
        return data

    def _copies(
        self, edge_index: Tensor, size: int
    ) -> tuple[Bool[Tensor, "copies nodes"], Bool[Tensor, "copies edges"]]:
        """Which nodes and which columns of ``edge_index`` each copy has."""
        source, target = edge_index
        if self.policy == "edge_deleted":
            number = _edge_numbers(edge_index, size)
            count = int(number.max()) + 1 if number.numel() else 0
            kept = number != torch.arange(count, device=number.device)[:, None]
            return kept.new_ones(count, size), kept
        near = torch.eye(size, dtype=torch.bool, device=edge_index.device)
        if self.policy == "node_deleted":
            near = ~near
        else:
            for _ in range(self.num_hops):  # near[root, node], messages go to the root
                there = near[:, target].nonzero().T
                near = near.clone()
                near[there[0], source[there[1]]] = True
        return near, near[:, source] & near[:, target]

    def __repr__(self) -> str:
        return f"Subgraphs({self.policy!r}, num_hops={self.num_hops}, variant={self.variant!r})"


def _edge_numbers(edge_index: Tensor, size: int) -> Int64[Tensor, " edges"]:
    """The number of the undirected edge of each column, by its ends; -1 for a self-loop."""
    low, high = edge_index.amin(0), edge_index.amax(0)
    number = torch.full_like(low, -1)
    proper = low != high
    number[proper] = torch.unique(low[proper] * size + high[proper], return_inverse=True)[1]
    return number
