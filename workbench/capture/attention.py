"""Attention weights of one call of one module, and how each kind of module is read.

``workbench.capture.capture_attention`` is what to call; this file knows the modules.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

#: Where an entry belongs to no column of the edge list that the module was given.
NO_COLUMN = -1


@dataclass(frozen=True)
class Attention:
    """Attention weights as a list of entries: who looks at whom, and how much, for each head.

    Attributes:
        weight: one row for each head, one column for each entry.
        pairs: source and target of each entry: the target is the query, which gathers, the source
            the key, which is looked at. Over the entries of one target the weights of a head
            sum to 1 (not in training mode, where the model's dropout is in them).
        column: the column of the module's ``edge_index`` that each entry belongs to; -1 for a
            self-loop that the module added, and for attention between all nodes.
        num_nodes: number of nodes, of all graphs of the batch.
        num_columns: number of columns of that ``edge_index``; 0 for attention between all nodes.
        batch: number of the graph that each node is in.
    """

    weight: Float[Tensor, "heads entries"]
    pairs: Int64[Tensor, "2 entries"]
    column: Int64[Tensor, " entries"]
    num_nodes: int
    num_columns: int
    batch: Int64[Tensor, " nodes"]

    @property
    def num_heads(self) -> int:
        """Number of heads."""
        return self.weight.size(0)

    @property
    def num_graphs(self) -> int:
        """Number of graphs in the batch."""
        return int(self.batch.max()) + 1 if self.batch.numel() else 0

    def on_edges(self) -> Float[Tensor, "heads columns"]:
        """Weights in the order of the columns of the module's ``edge_index``.

        nan at a column that took no part: a self-loop that the module replaced by its own.
        """
        shape = (self.num_heads, self.num_columns)
        result = torch.full(shape, torch.nan, dtype=self.weight.dtype, device=self.weight.device)
        given = self.column != NO_COLUMN
        return result.index_copy(1, self.column[given], self.weight[:, given])

    def on_self(self) -> Float[Tensor, "heads nodes"]:
        """Weight that each node gives itself; 0 where there is no such entry."""
        loop = self.pairs[0] == self.pairs[1]
        zeros = self.weight.new_zeros(self.num_heads, self.num_nodes)
        place = self.pairs[1][loop].expand(self.num_heads, -1)
        return zeros.scatter_add(1, place, self.weight[:, loop])

    def nodes(self, graph: int = 0) -> Int64[Tensor, " members"]:
        """The nodes of one graph of the batch, as numbers in the whole batch.

        Raises:
            ValueError: there is no such graph.
        """
        if not 0 <= graph < max(self.num_graphs, 1):
            raise ValueError(f"graph must be 0 to {self.num_graphs - 1}, got {graph}")
        return (self.batch == graph).nonzero().flatten()

    def dense(self, graph: int = 0) -> Float[Tensor, "heads members members"]:
        """Weights of one graph as matrices: row = query, column = key, in the order of ``nodes``.

        Entries of the same pair (repeated edges) add; pairs without an entry are 0.
        """
        count, place, inside = self._places(graph)
        result = self.weight.new_zeros(self.num_heads, count * count)
        # index_add along the second axis goes entry by entry, a hundred times slower
        place = place.expand(self.num_heads, -1)
        result = result.scatter_add(1, place, self.weight[:, inside])
        return result.view(self.num_heads, count, count)

    def allowed_pairs(self, graph: int = 0) -> Bool[Tensor, "members members"]:
        """The pairs of one graph that have an entry: row = query, column = key."""
        count, place, _ = self._places(graph)
        result = torch.zeros(count * count, dtype=torch.bool, device=self.weight.device)
        result[place] = True
        return result.view(count, count)

    def _places(self, graph: int) -> tuple[int, Tensor, Tensor]:
        """Size of a graph, and of its entries the cell in the matrix and which they are."""
        nodes = self.nodes(graph)
        local = torch.zeros_like(self.batch)
        local[nodes] = torch.arange(nodes.numel(), device=nodes.device)
        inside = (self.batch[self.pairs] == graph).all(dim=0)
        source, target = local[self.pairs[:, inside]]
        return nodes.numel(), target * nodes.numel() + source, inside


class NamedAttention(nn.Module):
    """Gives the attention weights of a model a name, under which ``capture_attention`` reads them.

    It returns the weights as they came. A model whose attention is no layer of PyG or of torch
    passes its weights through one, between softmax and dropout.
    """

    def forward(
        self, weight: Float[Tensor, "entries heads"], pairs: Int64[Tensor, "2 entries"], nodes: int
    ) -> Float[Tensor, "entries heads"]:
        """The weights; ``pairs`` has the key in row 0, the query in row 1, of so many ``nodes``."""
        return weight


#: What ``capture_attention`` reads: called with one call's weight, pairs, column, number of nodes,
#: number of columns, and the batch if the module knows it.
Record = Callable[[Tensor, Tensor, Tensor, int, int, Tensor | None], None]


def reader(module: nn.Module) -> Callable | None:
    """The function that watches this module's attention, or None if it has none to read."""
    # PyTorch Geometric takes seconds to import; a plain capture does without
    from torch_geometric.nn import GATConv, GATv2Conv, TransformerConv

    if isinstance(module, NamedAttention):
        return watch_named_attention
    if isinstance(module, GATConv | GATv2Conv | TransformerConv):
        return watch_edge_attention
    return watch_pair_attention if isinstance(module, nn.MultiheadAttention) else None


READ = (
    "GATConv, GATv2Conv, TransformerConv, nn.MultiheadAttention (as in GPSConv), and "
    "NamedAttention (as in GRIT)"
)


def watch_named_attention(
    module: NamedAttention, name: str, record: Record, undo: list[Callable[[], None]]
) -> None:
    """Read the weights that pass through."""
    signature = inspect.signature(module.forward)

    def after(module, args, kwargs, weight):
        given = signature.bind(*args, **kwargs).arguments
        column = torch.full_like(given["pairs"][0], NO_COLUMN)
        record(weight.t(), given["pairs"], column, given["nodes"], 0, None)

    undo.append(module.register_forward_hook(after, with_kwargs=True).remove)


def watch_edge_attention(
    module: nn.Module, name: str, record: Record, undo: list[Callable[[], None]]
) -> None:
    """Read the softmax over in-edges of a PyG layer while it propagates."""
    given: list[Tensor] = []
    signature = inspect.signature(module.forward)

    def before(module, args, kwargs):
        given.append(signature.bind(*args, **kwargs).arguments["edge_index"])

    def read_weights(module, inputs, output):
        edge_index, _, arguments = inputs
        asked = given.pop()
        _check_graph(name, asked, arguments)
        # GATConv hands its weights to propagate; TransformerConv leaves them behind
        alpha = arguments.get("alpha")
        alpha = module._alpha if alpha is None else alpha
        column = columns_of(asked, edge_index, adds_loops=getattr(module, "add_self_loops", False))
        pairs = edge_index if module.flow == "source_to_target" else edge_index.flip(0)
        record(alpha.t(), pairs, column, output.size(0), asked.size(1), None)

    undo.append(module.register_forward_pre_hook(before, with_kwargs=True).remove)
    undo.append(module.register_propagate_forward_hook(read_weights).remove)


def columns_of(asked: Tensor, used: Tensor, *, adds_loops: bool) -> Int64[Tensor, " entries"]:
    """The column of the edge list ``asked`` that each column of ``used`` is; -1 for added loops.

    Raises:
        ValueError: ``used`` is not ``asked``, with its self-loops replaced by one for each node if
            ``adds_loops``.
    """
    kept = torch.arange(asked.size(1), device=asked.device)
    if adds_loops:
        kept = kept[asked[0] != asked[1]]
    loops = used[:, kept.numel() :]
    if (
        not torch.equal(asked[:, kept], used[:, : kept.numel()])
        or not torch.equal(loops[0], loops[1])
        or (loops.numel() and not adds_loops)
    ):
        raise ValueError(
            f"a layer was given {asked.size(1)} edges and used {used.size(1)}, which are not the "
            "same, nor the same with self-loops replaced, so its weights cannot be aligned"
        )
    return torch.cat([kept, torch.full_like(loops[0], NO_COLUMN)])


def watch_pair_attention(
    module: nn.MultiheadAttention, name: str, record: Record, undo: list[Callable[[], None]]
) -> None:
    """Read the weights of each head of ``nn.MultiheadAttention``, whatever the caller asks for."""
    asked: list[dict] = []
    signature = inspect.signature(module.forward)

    def before(module, args, kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        asked.append(dict(bound.arguments))
        if _is_second_call(bound.arguments):
            return None
        bound.arguments.update(need_weights=True, average_attn_weights=False)
        return bound.args, bound.kwargs

    def after(module, args, kwargs, result):
        call = asked.pop()
        output, weight = result
        if _is_second_call(call):
            # the caller's result stays as it is; forward calls no hook
            _, read = module.forward(
                **{**call, "need_weights": True, "average_attn_weights": False}
            )
            _record_pairs(module, name, call, read, record)
            return None
        _record_pairs(module, name, call, weight, record)
        if not call["need_weights"]:
            return output, None
        return output, weight.mean(dim=-3) if call["average_attn_weights"] else weight

    undo.append(module.register_forward_pre_hook(before, with_kwargs=True).remove)
    # first of all hooks: another one, opened before, then finds what its own change asked for
    hook = module.register_forward_hook(after, with_kwargs=True, prepend=True)
    undo.append(hook.remove)


def _is_second_call(call: dict) -> bool:
    """Whether weights are read by a second call: a query sees no key, and none are asked for.

    Torch gives 0 for it where no weights are asked for, and nan where they are.
    """
    masks = call["attn_mask"], call["key_padding_mask"]
    if call["need_weights"] or all(mask is None for mask in masks):
        return False
    seen = torch.ones(1, 1, dtype=torch.bool) if masks[0] is None else _open(masks[0])
    if masks[1] is not None:
        keys = _open(masks[1])
        seen = seen.to(keys.device)
        keys = keys.view(-1, 1, keys.size(-1))  # [graphs, 1, keys], or [1, 1, keys] without batch
        if seen.dim() == 3:
            keys = keys.repeat_interleave(seen.size(0) // keys.size(0), dim=0)
        seen = seen & keys
    return not bool(seen.any(dim=-1).all())


def _record_pairs(module, name: str, call: dict, weight: Tensor, record: Record) -> None:
    if call["query"].dim() == 2:
        weight = weight.unsqueeze(0)
    graphs, heads, queries, keys = weight.shape
    if queries != keys:
        raise ValueError(
            f"{name!r} attends from {queries} queries to {keys} keys, which is not from nodes to "
            "the same nodes; leave it out of the patterns"
        )
    device = weight.device
    real = torch.ones(graphs, queries, dtype=torch.bool, device=device)
    if call["key_padding_mask"] is not None:
        real = _open(call["key_padding_mask"]).view(graphs, queries)
    # the masked positions hold no node: nodes are counted through, graph by graph
    number = real.flatten().cumsum(0).view(graphs, queries) - 1
    allowed = real[:, :, None] & real[:, None, :]
    if call["attn_mask"] is not None:
        mask = _open(call["attn_mask"])
        # one mask for all, or one for each graph and head: kept where any head may look
        allowed = allowed & (
            mask if mask.dim() == 2 else mask.view(graphs, heads, queries, keys).any(dim=1)
        )
    graph, query, key = allowed.nonzero(as_tuple=True)
    pairs = torch.stack([number[graph, key], number[graph, query]])
    batch = torch.arange(graphs, device=device)[:, None].expand(graphs, queries)[real]
    column = torch.full_like(graph, NO_COLUMN)
    entries = weight[graph, :, query, key].t()
    record(entries, pairs, column, batch.numel(), 0, batch)


def _open(mask: Tensor) -> Bool[Tensor, "..."]:
    """Where a mask lets attention through: False in a mask of truth values, above -inf in one of
    numbers that are added."""
    return ~mask if mask.dtype == torch.bool else mask > -torch.inf


def _check_graph(name: str, edge_index, arguments: dict) -> None:
    if not isinstance(edge_index, Tensor) or edge_index.layout != torch.strided:
        raise ValueError(
            f"{name!r} was given a sparse adjacency; give it edge_index [2, edges], so that its "
            "weights have an order"
        )
    both = arguments.get("x") or (arguments["key"], arguments["query"])
    sizes = [None if side is None else side.size(0) for side in both]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"{name!r} sends from {sizes[0]} to {sizes[1]} nodes (bipartite); only attention "
            "among the nodes of one graph is read; leave it out of the patterns"
        )
