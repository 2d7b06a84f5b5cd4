"""A family of small models that do to tensors and gradients whatever a model may do.

``generated(seed)`` puts one together of a way to gather, what happens between gather and sum, a
scale, a way to sum, and something around the layer. None of them knows the workbench.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import permutations

import torch
from torch import Tensor, nn
from torch.autograd.graph import save_on_cpu
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from torch_geometric.utils import scatter

CHANNELS = 3

GRAPHS = {
    "ring": (6, [(i, (i + 1) % 6) for i in range(6)] + [((i + 1) % 6, i) for i in range(6)]),
    "path": (5, [(i, i + 1) for i in range(4)] + [(i + 1, i) for i in range(4)]),
    "star": (5, [(0, i) for i in range(1, 5)] + [(i, 0) for i in range(1, 5)]),
    "directed, a loop, repeats": (6, [(0, 1), (1, 2), (2, 0), (2, 2), (0, 1), (3, 4), (4, 3)]),
    "two triangles and a node": (7, [*permutations((0, 1, 2), 2), *permutations((3, 4, 5), 2)]),
    "no edges": (4, []),
    "one node": (1, []),
    "one node, a loop": (1, [(0, 0)]),
}

GATHERS = {
    "x[source]": lambda x, source: x[source],
    "index_select": lambda x, source: torch.index_select(x, dim=-2, index=source),
    "numbers from the end": lambda x, source: x[source - x.size(0)],
    "gather": lambda x, source: torch.gather(x, 0, source[:, None].expand(-1, x.size(1))),
    "embedding": lambda x, source: functional.embedding(source, x),
    "a column": lambda x, source: torch.cat([x[:, :1][source], x.t()[1:].t()[source]], 1),
    "graphs in a batch": lambda x, source: x[source].view(-1, x.size(1)),
}


def _written(tensor, messages, change):
    change(tensor)
    return messages


def _changed_without_gradient(h, messages):
    with torch.no_grad():
        h.mul_(0.5)
    return messages


def _hooked(h, messages, hook):
    if messages.requires_grad:
        messages.register_hook(hook)
    return messages


def _node_hook(h, messages):
    if messages.grad_fn is not None:
        messages.grad_fn.register_prehook(lambda gradients: tuple(3.0 * g for g in gradients))
    return messages


#: What happens to the source ``h`` and the messages between gather and sum.
BETWEEN = {
    "nothing": lambda h, m: m,
    "source relu_": lambda h, m: _written(h, m, torch.relu_),
    "source *= 2": lambda h, m: _written(h, m, lambda h: h.mul_(2.0)),
    "source rows": lambda h, m: _written(h, m, lambda h: h[0].zero_()),
    "source by a view": lambda h, m: _written(h, m, lambda h: h.t().add_(1.0)),
    "source without gradient": _changed_without_gradient,
    "source.data": lambda h, m: _written(h, m, lambda h: h.data.mul_(3.0)),
    "source cut off": lambda h, m: _written(h, m, Tensor.detach_),
    "messages cut off": lambda h, m: _written(m, m, Tensor.detach_),
    "messages relu_": lambda h, m: m.relu_(),
    "messages * (1 + eps) in place": lambda h, m: m.mul_(1.1),
    "messages.data": lambda h, m: _written(m, m, lambda m: m.data.mul_(3.0)),
    "messages by a view": lambda h, m: _written(m, m, lambda m: m.view(-1).sin_()),
    "hook": lambda h, m: _hooked(h, m, lambda g: 2.0 * g),
    "hook that clips": lambda h, m: _hooked(h, m, lambda g: g.clamp(max=0.3)),
    "hook in the graph": _node_hook,
    "retained": lambda h, m: _written(m, m, lambda m: m.requires_grad and m.retain_grad()),
}


def _slope(like: Tensor, *shape: int) -> Tensor:
    return torch.linspace(0.3, 1.7, shape[0], dtype=like.dtype).view(shape)


SCALES = {
    "none": lambda m: m,
    "number": lambda m: 0.7 * m,
    "each edge": lambda m: m * _slope(m, len(m), 1),
    "each edge, in front": lambda m: _slope(m, len(m), 1) * m,
    "each edge, twice": lambda m: m * _slope(m, len(m), 1) * _slope(m, len(m), 1).flip(0),
    "each channel": lambda m: m * _slope(m, m.size(1)),
    "learned": lambda m: m * m.sum(1, keepdim=True).sigmoid(),
    "in double": lambda m: (m * _slope(m, len(m), 1).double()).to(m.dtype),
    "in place": lambda m: (1.0 * m).mul_(_slope(m, len(m), 1)),
}


def _expanded(target, messages):
    return target[:, None].expand_as(messages)


def _sparse(layout):
    def multiply(messages, target, num_nodes):
        """Incidence times messages."""
        at = torch.stack([target, torch.arange(target.numel())])
        one = torch.ones(target.numel(), dtype=messages.dtype)
        incidence = torch.sparse_coo_tensor(at, one, (num_nodes, target.numel()))
        if layout == "csr":
            return incidence.to_sparse_csr() @ messages
        return (
            torch.sparse.mm(incidence, messages)
            if layout == "coo"
            else (incidence.to_dense() @ messages)
        )

    return multiply


def _into(messages, num_nodes, fill=0.0):
    return torch.full((num_nodes, messages.size(1)), fill, dtype=messages.dtype)


SUMS = {
    "index_add_": lambda m, t, n: _into(m, n).index_add_(0, t, m),
    "index_add": lambda m, t, n: torch.index_add(_into(m, n, 0.5), 0, t, m),
    "twice index_add": lambda m, t, n: _into(m, n).index_add(0, t, m, alpha=2.0),
    "scatter_add_": lambda m, t, n: _into(m, n, 1.0).scatter_add_(0, _expanded(t, m), m),
    "scatter_add": lambda m, t, n: torch.scatter_add(
        _into(m, n), dim=0, index=t[:, None].repeat(1, m.size(1)), src=m
    ),
    "PyG sum": lambda m, t, n: scatter(m, t, dim=0, dim_size=n, reduce="sum"),
    "PyG mean": lambda m, t, n: scatter(m, t, dim=0, dim_size=n, reduce="mean"),
    "PyG max": lambda m, t, n: scatter(m, t, dim=0, dim_size=n, reduce="max"),
    "index_put_": lambda m, t, n: _into(m, n).index_put_((t,), m, accumulate=True),
    "sparse": _sparse("coo"),
    "csr": _sparse("csr"),
    "dense": _sparse("dense"),
}


class _Sine(torch.autograd.Function):
    """By numpy, both ways, once."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.from_numpy(x.detach().numpy().copy()).sin()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * torch.from_numpy(x.numpy()).cos()


class _Reversed(torch.autograd.Function):
    """A gradient that is not that of the value."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -0.5 * gradient


class _Doubled(torch.autograd.Function):
    """In place."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2.0)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2.0


Layer = Callable[[Tensor, Tensor], Tensor]


def _offloaded(layer: Layer, x, e):
    with save_on_cpu():
        return layer(x, e)


def _in_half(layer: Layer, x, e):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = x @ torch.full((x.size(1), x.size(1)), 0.3, dtype=x.dtype)
    return layer(mixed.to(x.dtype), e)


def _normed(layer: Layer, x, e, weight=None, bias=None):
    h = layer(x, e)
    mean, variance = _slope(h, CHANNELS), _slope(h, CHANNELS).flip(0)
    return functional.batch_norm(h, mean, variance, weight, bias, eps=1e-3)


def _forces(layer: Layer, x, e):
    energy = layer(x, e).square().sum()
    if not energy.requires_grad:
        return torch.zeros_like(x)
    (force,) = torch.autograd.grad(energy, x, create_graph=True, allow_unused=True)
    return x * 0.1 if force is None else force


def _of_messages(layer: Layer, x, e):
    """How the sum of squares depends on each message."""
    messages = x[e[0]]
    sums = _into(messages, len(x)).index_add_(0, e[1], messages)
    if not sums.requires_grad:
        return layer(x, e)
    (slope,) = torch.autograd.grad(sums.square().sum(), messages, create_graph=True)
    return layer(x, e) + _into(slope, len(x)).index_add_(0, e[0], slope)


def _each_channel(layer: Layer, x, e):
    def of_one(channel):
        messages = channel[e[0]]
        return messages.new_zeros(len(x)).index_add_(0, e[1], messages).sin()

    return torch.func.vmap(of_one, in_dims=1, out_dims=1)(x) + layer(x, e)


def _both_ways(layer: Layer, x, e):
    def way(ends):
        messages = x.index_select(0, ends[0])
        return messages.new_zeros(x.shape).index_add_(0, ends[1], messages)

    return torch.func.vmap(way)(torch.stack([e, e.flip(0)])).sum(0) + layer(x, e)


def _written_index(layer: Layer, x, e):
    source = e[0].clone()
    first = layer(x, torch.stack([source, e[1]]))
    if len(source):
        source.fill_(0)
    return first + layer(x.sin(), torch.stack([source, e[1]]))


def _two_ways_in_one_place(layer: Layer, x, e):
    """The same tensor of ends, turned around for a second layer."""
    ends = e.clone()
    first = layer(x, ends.clone())
    ends.copy_(e.flip(0))
    return first.sin() + layer(x, ends)


class _Inner(nn.Module):
    """A layer as a submodule, so that hooks can be set on it."""

    def __init__(self, layer: Layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, e):
        return self.layer(x, e)


def _hooked_module(layer: Layer, x, e):
    inner = _Inner(layer)
    inner.register_forward_hook(lambda module, given, output: output * 0.5)
    inner.register_full_backward_hook(lambda module, into, of: (2.0 * into[0], None))
    return inner(x, e)


#: What stands around a layer.
AROUND = {
    "nothing": lambda layer, x, e: layer(x, e),
    "checkpoint": lambda layer, x, e: checkpoint(layer, x, e, use_reentrant=False),
    "checkpoint that torch cannot differentiate": lambda layer, x, e: checkpoint(
        layer, x, e, use_reentrant=True
    ),
    "offloaded": _offloaded,
    "numpy": lambda layer, x, e: layer(_Sine.apply(x), e),
    "reversed gradient": lambda layer, x, e: _Reversed.apply(layer(x, e)),
    "in place function": lambda layer, x, e: _Doubled.apply(layer(x, e) * 1.0),
    "hooked module": _hooked_module,
    "half precision inside": _in_half,
    "stored norm": _normed,
    "norm with weights of x": lambda layer, x, e: _normed(layer, x, e, x.mean(0), x.sum(0)),
    "forces": _forces,
    "slope of messages": _of_messages,
    "channel by channel": _each_channel,
    "both ways at once": _both_ways,
    "an index written to": _written_index,
    "ends written to": _two_ways_in_one_place,
}

#: Around a layer, or between: what makes the output depend on more than its neighbors.
FAR = {"norm with weights of x", "forces", "slope of messages", "both ways at once",
       "an index written to", "ends written to"}  # fmt: skip

#: What is no product of Jacobians: the gradient of a sum is not the sum of gradients.
NOT_LINEAR = {"hook that clips"}


class Generated(nn.Module):
    """One or two layers of given parts."""

    def __init__(self, parts: list[tuple[str, str, str, str, str]]):
        super().__init__()
        self.layers = nn.ModuleList([_Inner(partial(_layer, names)) for names in parts])

    def forward(self, x, edge_index):
        for layer in self.layers:
            x = layer(x, edge_index)
        return x


def _layer(names: tuple[str, str, str, str, str], x: Tensor, edge_index: Tensor) -> Tensor:
    gather, between, scale, total, around = names

    def inner(x, e):
        h = x * 1.0
        messages = BETWEEN[between](h, GATHERS[gather](h, e[0]))
        return (SUMS[total](SCALES[scale](messages), e[1], len(x)) + 0.5 * h).sin()

    return AROUND[around](inner, x, edge_index)


@dataclass(frozen=True, eq=False)
class Sample:
    """A model with what it is given."""

    number: int
    graph: str
    name: str
    model: Generated
    x: Tensor
    edge_index: Tensor
    parts: set[str]


def generated(seed: int) -> Sample:
    """The model of this number; each part comes up at least every 17 numbers."""
    draw = random.Random(seed)
    graph = list(GRAPHS)[seed % len(GRAPHS)] if seed % 3 == 0 else draw.choice(list(GRAPHS)[:5])
    num_nodes, edges = GRAPHS[graph]
    layers = []
    for layer in range(draw.choice((1, 1, 2))):
        names = [draw.choice(list(kind)) for kind in (GATHERS, BETWEEN, SCALES, SUMS, AROUND)]
        if layer == 0:  # mostly one oddity at a time: what two do together, fewer show
            which = seed % 2
            names[1 if which else 4] = list(BETWEEN if which else AROUND)[seed // 2 % 17]
            if draw.random() < 0.7:
                names[4 if which else 1] = "nothing"
        elif draw.random() < 0.7:
            names[1] = names[4] = "nothing"
        layers.append(tuple(names))
    single = draw.random() < 0.25
    numbers = torch.Generator().manual_seed(seed)
    x = torch.randn(num_nodes, CHANNELS, generator=numbers, dtype=torch.float64)
    ends = torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T.contiguous()
    name = f"{seed}: {graph}; " + "; ".join(" | ".join(names) for names in layers)
    parts = {part for names in layers for part in names}
    return Sample(seed, graph, name, Generated(layers), x.float() if single else x, ends, parts)
