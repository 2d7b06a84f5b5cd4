"""Influence by hop on the subgraph that the nodes near each output induce, as first published."""

import torch

from workbench.cost import Stopped
from workbench.diagnostics.sensitivity.compression import owners
from workbench.diagnostics.sensitivity.influence_passes import Budget, Question, Tally
from workbench.diagnostics.sensitivity.jacobian_rows import JacobianRows
from workbench.topology.search import in_neighbors


def by_induced_subgraphs(question: Question, budget: Budget) -> Tally:
    """One subgraph for each output node v: the nodes within H hops of v and all edges among them.

    The model sees nothing else, so its degrees at the border are those of the subgraph. Hops are
    counted along the edges that lead to v.

    Raises:
        ValueError: ``inputs`` holds tensors, which this cannot cut, or output channels are sampled.
    """
    from torch_geometric.utils import k_hop_subgraph  # here: PyG takes longer to load than torch

    _, x, edge_index, inputs, rows, hops, norm, _, _ = question
    if budget.num_probes is not None or any(isinstance(v, torch.Tensor) for v in inputs.values()):
        raise ValueError(
            'variant="official" takes all output channels and cuts the graph around each node, but '
            f"not num_probes={budget.num_probes} and inputs={sorted(inputs)}; use variant="
            '"full"'
        )
    tally, arriving = Tally.empty(question), in_neighbors(edge_index, x.size(0))
    for place, row in enumerate(rows):
        if budget.should_stop is not None and budget.should_stop():
            raise Stopped("influence_by_hop was asked to stop")
        node, inner, center, _ = k_hop_subgraph(
            int(row), hops, edge_index, relabel_nodes=True, num_nodes=x.size(0)
        )
        start, output, alone = question.derivatives(x[node], inner, inputs)
        if output.requires_grad:
            # the published hops are those of the whole graph
            _, hop = owners(arriving, row[None], hops)
            for _, power in JacobianRows(output, start, alone).norms([center], norm):
                passes = power.new_zeros(1, 1, hops + 2)
                passes[0].index_add_(1, hop.to(node.device)[node], power)
                tally.add(torch.tensor([place]), passes, output.size(1))
        budget.watch.done(1)
    return tally.inflate()
