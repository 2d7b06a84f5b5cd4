"""DictionaryLookup: whose turn it is to be heard depends on who listens."""

import math
from itertools import permutations

import torch
from torch_geometric.data import Data

from workbench.cost import TooLargeError
from workbench.tasks.parts import shares
from workbench.tasks.task import Task

#: Most examples, as published.
MOST_EXAMPLES = 32_000


def dictionary_lookup(
    size: int, *, num_graphs: int | None = None, generator: torch.Generator | None = None
) -> Task:
    """Tell at each of k queries the value of the one among k entries that has its key.

    A complete bipartite graph: nodes 0 to k - 1 ask, each for a key of its own; nodes k to 2k - 1
    hold a key and a value, in every example another permutation; edges go from each entry to each
    query. One layer of attention is enough if what a node attends to can depend on the node: GATv2
    learns it, and GAT, which ranks the entries alike for all queries, does not.

    Features are the one-hot vectors of key and of value (with one more case for none), side by
    side, 2k + 1 wide: a linear map of them is the sum of two learned tables, as published.

    Args:
        size: the number k of keys, at least 2. Published: 5 to 20.
        num_graphs: so many examples; None for all permutations, or 32,000 drawn ones.
        generator: draws permutations and split (80, 10 and 10 percent); None for a new one with
            seed 0.

    Raises:
        ValueError: ``size`` is less than 2, or there are too few examples for three parts.
        TooLargeError: ``size`` is more than 100.

    Examples:
        >>> from workbench.tasks import dictionary_lookup
        >>> task = dictionary_lookup(5)
        >>> [len(part) for part in (task.train, task.val, task.test)], task.chance
        ([96, 12, 12], 0.2)

    References:
        S. Brody, U. Alon, E. Yahav, How Attentive are Graph Attention Networks?, ICLR 2022, arXiv
        2105.14491.
    """
    if size < 2:
        raise ValueError(f"size must be at least 2, got {size}")
    if size > 100:
        raise TooLargeError(f"size={size} makes {size**2:,} edges a graph; take at most 100")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    count = min(math.factorial(size), MOST_EXAMPLES) if num_graphs is None else num_graphs
    if math.factorial(size) <= MOST_EXAMPLES:
        every = torch.tensor(list(permutations(range(size))))
        orders = every[torch.randperm(len(every), generator=generator)[:count]]
    else:
        orders = [torch.randperm(size, generator=generator) for _ in range(count)]
    entry, query = torch.cartesian_prod(torch.arange(size, 2 * size), torch.arange(size)).T
    edge_index, keys = torch.stack([entry, query]), torch.eye(size)
    mask = torch.arange(2 * size) < size
    graphs = []
    for order in orders:
        x, y = torch.zeros(2 * size, 2 * size + 1), torch.zeros(2 * size, dtype=torch.int64)
        x[:size, :size] = x[size:, :size] = keys
        x[:size, -1] = 1
        x[torch.arange(size, 2 * size), size + order] = 1
        y[:size] = order
        graphs.append(Data(x=x, edge_index=edge_index, y=y, mask=mask))
    train, val, test = (
        graphs[low:high] for low, high in shares(len(graphs), (0.8, 0.1, 0.1), "graphs")
    )
    return Task(
        name=f"dictionary_lookup({size})",
        level="node",
        train=train,
        val=val,
        test=test,
        in_channels=2 * size + 1,
        out_channels=size,
        chance=1 / size,
    )
