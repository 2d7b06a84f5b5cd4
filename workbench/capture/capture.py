"""``capture``, ``capture_attention`` and ``capture_values``: one call for each kind of reading."""

import inspect

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.capture.attention import READ, Attention, reader
from workbench.capture.attention_values import ValueCapture
from workbench.capture.hooks import Capture, Keep, list_names, match_modules, submodules


def capture(
    model: nn.Module,
    *patterns: str,
    keep_graph: bool = False,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> Capture:
    """Read the outputs of named submodules while a model runs.

    As a context manager, or in one call::

        with capture(model, "layers.*.conv", "encoder") as read:
            model(x, edge_index)
        read["layers.0.conv"]

        read = capture(model, "layers.*").run(x, edge_index)

    Args:
        model: any module.
        patterns: names of submodules as ``model.named_modules()`` gives them; ``*`` stands for any
            characters between two dots, ``?`` for one of them, ``**`` for any with dots among
            them: ``"layers.*"`` is the layers, ``"**"`` all there is. ``""`` is the model.
        keep_graph: keep the autograd graph, so that gradients flow through what was read; the
            model goes on with a copy. Default is a detached copy. No later in-place operation of
            the model changes either; where a submodule gave back its own input and the model
            changes that, reading it raises ``RuntimeError``.
        device: where to keep what was read; None leaves it where it is.
        dtype: floating-point type to keep it in; None leaves it as it is.

    Returns:
        ``Capture``, a mapping from name to output: whatever the submodule returned, with each
        tensor in it detached, moved and cast. A list of outputs where a submodule ran several
        times inside the block.

    Only what the patterns name is kept in memory. Captures nest, and several may be open on one
    model. A submodule that appears under two names is watched under the first. The hooks are
    removed at the end of the block, also after an error. Inside the block torch's fused path for
    ``nn.TransformerEncoderLayer`` is off, because it runs past the submodules; so outputs of such
    models can differ by rounding.

    Raises:
        ValueError: a pattern matches no submodule; the message lists the names there are.
        TypeError: ``dtype`` is not a floating-point type.

    Examples:
        >>> from workbench.capture import capture
        >>> from workbench.models import GCN
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(10).train[0]
        >>> read = capture(GCN(5, 8, 3, num_layers=2), "layers.*").run(data.x, data.edge_index)
        >>> {name: tuple(output.shape) for name, output in read.items()}
        {'layers.0': (10, 8), 'layers.1': (10, 8)}
    """
    keep = Keep(keep_graph=keep_graph, device=device, dtype=dtype)
    if not patterns:
        raise ValueError("name at least one submodule; there is " + list_names(submodules(model)))
    return Capture(model, match_modules(submodules(model), patterns), keep)


class AttentionCapture(Capture):
    """What ``capture_attention`` read: a mapping from name to ``Attention``, or a list of them."""

    def __init__(self, model, modules, keep: Keep, batch: Tensor | None):
        super().__init__(model, modules, keep)
        self._given = self._batch = batch

    def dense(self, graph: int = 0) -> Float[Tensor, "layers heads members members"]:
        """All that was read, in the order of the names and calls, as matrices of one graph.

        Where modules differ in their number of heads, as a GAT whose last layer has one, each gives
        the mean over its heads: there is one head then. ``[call.dense() for call in ...]`` has all.

        Raises:
            ValueError: nothing was read.
        """
        calls = [call for name in self for call in self.calls(name)]
        if not calls:
            raise ValueError("no attention was read; call the model inside the block")
        matrices = [call.dense(graph) for call in calls]
        if len({matrix.size(0) for matrix in matrices}) > 1:
            matrices = [matrix.mean(dim=0, keepdim=True) for matrix in matrices]
        return torch.stack(matrices)

    def _watch(self, name: str, module: nn.Module) -> None:
        def record(weight, pairs, column, num_nodes, num_columns, batch):
            kept = self._keep(weight)
            if batch is None:
                batch = self._batch_of(num_nodes, pairs)
            pairs, column, batch = (t.detach().to(kept.device) for t in (pairs, column, batch))
            entry = Attention(kept, pairs, column, num_nodes, num_columns, batch)
            self._calls[name].append(entry)

        reader(module)(module, name, record, self._undo)

    def _batch_of(self, num_nodes: int, pairs: Tensor) -> Int64[Tensor, " nodes"]:
        if self._batch is not None and self._batch.numel() == num_nodes:
            return self._batch
        return pairs.new_zeros(num_nodes)

    def __enter__(self):
        signature = inspect.signature(self._model.forward)
        super().__enter__()

        def before(model, args, kwargs):
            if self._given is None:
                self._batch = _batch_among(signature, args, kwargs)

        hook = self._model.register_forward_pre_hook(before, with_kwargs=True, prepend=True)
        self._undo.append(hook.remove)
        return self


def capture_attention(
    model: nn.Module,
    *patterns: str,
    batch: Int64[Tensor, " nodes"] | None = None,
    keep_graph: bool = False,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> AttentionCapture:
    """Read the attention weights of every head while a model runs.

    As a context manager, or in one call::

        read = capture_attention(model.eval()).run(x, edge_index)
        read["layers.0.conv"].on_edges()      # [heads, edges], as edge_index has them
        read["layers.0.conv"].on_self()       # [heads, nodes]
        read.dense()                          # [layers, heads, nodes, nodes], row = query

    Args:
        model: any module with PyG's ``GATConv``, ``GATv2Conv`` or ``TransformerConv``, with
            ``nn.MultiheadAttention`` (as in ``GPSConv``) or ``NamedAttention`` (as in ``GRIT``), or
            one of these itself.
        patterns: names of submodules, with ``*`` and ``**`` as in ``capture``; each stands for the
            attention in it and below it. All attention of the model if none is given.
        batch: the graph that each node is in. Not needed where the model's call has an argument
            ``batch``, or one with an attribute ``batch``, or where attention is between all nodes.
        keep_graph: keep the autograd graph; a detached copy otherwise.
        device: where to keep the weights; None leaves them where they are.
        dtype: floating-point type to keep them in; None leaves them as they are.

    Returns:
        ``AttentionCapture``, a mapping from the name of each attention module to its
        ``Attention``, or the list of them where it ran several times inside the block.

    Weights are aligned through what the layers do to their input. GATConv and GATv2Conv drop the
    self-loops they get and add one to every node: ``column`` says which input edge an entry is,
    -1 is an added loop. ``nn.MultiheadAttention`` works on padded rows: padding is left out, and
    nodes are counted through the batch as ``to_dense_batch`` does, with ``batch`` ascending. It is
    asked for its weights inside the block, even if the caller asks for none, and the caller gets
    what it asked for; the outputs can differ from those outside by rounding, since torch then
    takes another path. Where a mask leaves a query nobody to look at, that path would give nan:
    the weights then come from a second call, and stand beside the output in the graph. Memory is
    that of the matrices, heads times nodes squared.

    The softmax weights as the model used them: in training mode with its dropout in them, so call
    ``model.eval()`` first.

    Raises:
        ValueError: a pattern matches nothing, or there is no attention in what it matches; and
            while the model runs, where attention is not among the nodes of one graph (bipartite,
            cross attention) or the adjacency is sparse.
        TypeError: ``dtype`` is not a floating-point type.

    Examples:
        >>> from workbench.capture import capture_attention
        >>> from workbench.models import GAT
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(10).train[0]
        >>> model = GAT(5, 8, 3, num_layers=2).eval()
        >>> weights = capture_attention(model).run(data.x, data.edge_index).dense()
        >>> bool(((weights.sum(-1) - 1).abs() < 1e-5).all())  # each query's weights sum to 1
        True
    """
    keep = Keep(keep_graph=keep_graph, device=device, dtype=dtype)
    return AttentionCapture(model, _attentive(model, patterns), keep, batch)


def capture_values(
    model: nn.Module,
    *patterns: str,
    keep_graph: bool = False,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> ValueCapture:
    """Read the vectors that attention weighs, and what takes each head's output to the layer's.

    Beside ``capture_attention``, for ``value_weighted_attention``::

        with capture_attention(model) as read, capture_values(model) as values:
            model(x, edge_index)
        for name, of in values.items():
            value_weighted_attention(read[name].dense(), of.values, of.output_weight)

    Args:
        model: as in ``capture_attention``.
        patterns: as in ``capture_attention``.
        keep_graph, device, dtype: as in ``capture_attention``.

    Returns:
        ``ValueCapture``, a mapping from the name of each attention module to its
        ``AttentionValues``, or the list of them where it ran several times inside the block.

    Values are those of all nodes of a batch, padding left out, in the order that ``Attention``
    counts nodes: ``values[attention.nodes(graph)]`` are those of one graph. PyG's layers show the
    values that they propagate; those of ``nn.MultiheadAttention`` are computed once more.

    Raises:
        ValueError: a pattern matches nothing, or there is no attention in what it matches; or a
            module attends to keys that are no nodes, or adds edge features to its values.
        TypeError: ``dtype`` is not a floating-point type.

    Examples:
        >>> from workbench.capture import capture_values
        >>> from workbench.models import GAT
        >>> from workbench.tasks import ring_transfer
        >>> data = ring_transfer(10).train[0]
        >>> read = capture_values(GAT(5, 8, 3, num_layers=2).eval()).run(data.x, data.edge_index)
        >>> [len(of.values) for of in read.values()]  # a vector of each node, in both layers
        [10, 10]
    """
    keep = Keep(keep_graph=keep_graph, device=device, dtype=dtype)
    return ValueCapture(model, _attentive(model, patterns), keep)


def _attentive(model: nn.Module, patterns: tuple[str, ...]) -> dict[str, nn.Module]:
    """The attention modules in what the patterns name, or all of them.

    Raises:
        ValueError: a pattern matches nothing, or there is no attention in what it matches.
    """
    modules = submodules(model)
    attentive = {name: module for name, module in modules.items() if reader(module)}
    if not attentive:
        raise ValueError(f"no submodule of {type(model).__name__} is one of {READ}")
    wanted = {}
    for pattern in patterns:
        roots = match_modules(modules, (pattern,))
        below = {
            name: module
            for name, module in attentive.items()
            if any(not root or name == root or name.startswith(f"{root}.") for root in roots)
        }
        if not below:
            raise ValueError(
                f"there is no attention in {pattern!r}; this model's is in {', '.join(attentive)}"
            )
        wanted |= below
    return {name: attentive[name] for name in attentive if not patterns or name in wanted}


def _batch_among(signature, args: tuple, kwargs: dict) -> Tensor | None:
    """The batch vector of a model's call, as an argument of that name or of a Data object."""
    arguments = signature.bind(*args, **kwargs).arguments
    candidates = [arguments.get("batch"), arguments.get("kwargs", {}).get("batch")]
    candidates += [
        getattr(value, "batch", None)
        for value in arguments.values()
        if not isinstance(value, Tensor)
    ]
    return next((value for value in candidates if isinstance(value, Tensor)), None)
