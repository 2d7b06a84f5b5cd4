"""The vectors that attention weighs, and how each kind of module is read for them.

``workbench.capture.capture_values`` is what to call; this file knows the modules.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.capture.attention import NamedAttention
from workbench.capture.hooks import Capture

#: What ``capture_values`` reads: called with one call's values and output weight.
Record = Callable[[Tensor, Tensor | None], None]


@dataclass(frozen=True)
class AttentionValues:
    """The values of one call of one attention module, and the way of each head to the output.

    The output of the module is ``sum_hj P^h_ij V^h_j W_O^h`` and a bias (and in
    ``TransformerConv`` a skip connection), with the weights P of ``capture_attention``.

    Attributes:
        values: V, with its bias, a row for each node of all graphs of the batch, in the order of
            ``Attention``.
        output_weight: W_O; None if the outputs of the heads are put side by side.
    """

    values: Float[Tensor, "nodes heads channels"]
    output_weight: Float[Tensor, "heads channels out_channels"] | None


class ValueCapture(Capture):
    """What ``capture_values`` read: from name to ``AttentionValues``, or a list of them."""

    def _watch(self, name: str, module: nn.Module) -> None:
        def record(values, output_weight):
            weight = None if output_weight is None else self._keep(output_weight)
            self._calls[name].append(AttentionValues(self._keep(values), weight))

        if isinstance(module, NamedAttention):
            raise ValueError(
                f"{name!r} names attention weights alone, and what they weigh is not known; leave "
                "it out of the patterns"
            )
        watch = _watch_pairs if isinstance(module, nn.MultiheadAttention) else _watch_edges
        watch(module, name, record, self._undo)


def _watch_edges(module, name: str, record: Record, undo: list) -> None:
    """GATConv, GATv2Conv and TransformerConv: what the layer itself propagates."""

    def read_values(module, inputs):
        _, _, arguments = inputs
        if arguments.get("value") is not None:
            values = arguments["value"]
            if arguments.get("edge_attr") is not None:
                raise ValueError(
                    f"{name!r} adds features of the edge to the value, so that a key has another "
                    "value for each query; leave it out of the patterns"
                )
        else:
            values = arguments["x"][0]  # of the nodes that send, whichever way messages flow
        record(values, None if module.concat else _mean_of_heads(values))

    undo.append(module.register_propagate_forward_pre_hook(read_values).remove)


def _mean_of_heads(values: Tensor) -> Float[Tensor, "heads channels channels"]:
    """The output weight of a layer that averages its heads."""
    _, heads, channels = values.shape
    identity = torch.eye(channels, dtype=values.dtype, device=values.device)
    return (identity / heads).expand(heads, channels, channels)


def _watch_pairs(module: nn.MultiheadAttention, name: str, record: Record, undo: list) -> None:
    """``nn.MultiheadAttention``: its input times the third part of its projection."""
    signature = inspect.signature(module.forward)
    if module.bias_k is not None or module.add_zero_attn:
        raise ValueError(
            f"{name!r} attends to a key that is no node (add_bias_kv or add_zero_attn); leave it "
            "out of the patterns"
        )

    def before(module, args, kwargs):
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        given, padding = call.arguments["value"], call.arguments["key_padding_mask"]
        if given.dim() == 3:
            given = given if module.batch_first else given.transpose(0, 1)
        real = torch.ones(given.shape[:-1], dtype=torch.bool, device=given.device)
        if padding is not None:
            # truth values, or numbers that are added
            closed = padding if padding.dtype == torch.bool else padding == -torch.inf
            real = ~closed.view(real.shape)
        values = nn.functional.linear(given[real], *_value_projection(module))
        weight = module.out_proj.weight.T.view(module.num_heads, module.head_dim, -1)
        record(values.view(-1, module.num_heads, module.head_dim), weight)

    undo.append(module.register_forward_pre_hook(before, with_kwargs=True).remove)


def _value_projection(module: nn.MultiheadAttention) -> tuple[Tensor, Tensor | None]:
    """Weight and bias that make the values."""
    weight = module.v_proj_weight
    if weight is None:
        weight = module.in_proj_weight.chunk(3)[2]
    bias = module.in_proj_bias
    return weight, None if bias is None else bias.chunk(3)[2]
