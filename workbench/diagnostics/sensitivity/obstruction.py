"""What keeps two nodes of a deep model from telling each other anything: Jacobian obstruction."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from workbench.cost import Stopped, diagnostic
from workbench.diagnostics.resistance.all_pairs import effective_resistance
from workbench.diagnostics.sensitivity.differentiation import reaches
from workbench.diagnostics.sensitivity.evaluation import differentiable, evaluation_mode, run
from workbench.diagnostics.sensitivity.watch import Watch
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix, Pairs

#: Order of each norm in ``torch.linalg.matrix_norm``.
_ORDERS = {"spectral": 2, "frobenius": "fro"}


@diagnostic(
    of="model",
    multigraph=True,
    # one pair in a six-layer GCN of width 32
    seconds=lambda n, m: 64.0 * (1e-3 + 1e-6 * (n + 2.0 * m)),
    bytes=lambda n, m: 4000.0 * (n + 2 * m),
    instead="obstruction of fewer pairs",
    advice="each node in them costs a backward pass per channel",
    how="one pair, for a GCN of six layers of width 32; the call measures its own model",
)
def obstruction(
    model: nn.Module,
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    pairs: Pairs,
    *,
    layers: Sequence[str],
    symmetric: bool = True,
    norm: Literal["spectral", "frobenius"] = "spectral",
    inputs: Mapping[str, Any] | None = None,
    max_seconds: float = 600.0,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " pairs"]:
    """Jacobian obstruction of pairs of nodes: large where one node's state misses the other's.

        O(v, u) = sum_{k=0}^{m} || J_k(v, u) + J_k(u, v) ||      or, not symmetric: || J_k(v, u) ||

        J_k(v, u) = 1/d_v  d h_v^(m) / d h_v^(k)  -  1/sqrt(d_v d_u)  d h_v^(m) / d h_u^(k)

    where h^(0) = x and h^(1), ..., h^(m) are what the named layers give.

    Args:
        model: any module that is called as ``model(x, edge_index, **inputs)``; what it returns does
            not matter.
        x: ``[nodes, channels]``, floating point.
        edge_index: ``[2, edges]``, both directions of every undirected edge; d counts neighbors,
            so loops and repeats change nothing but the model.
        pairs: ``[2, pairs]``, v in row 0, u in row 1.
        layers: names of submodules, as ``model.named_modules()`` gives them, whose outputs are the
            states ``[nodes, channels]``, in the order in which they run; one that runs several
            times gives several states. Each must be the whole state that goes on: where the model
            adds a residual or an activation after a module, name the module that contains both.
        symmetric: which of the two.
        norm: of the blocks, largest singular value or root of the sum of squares.
        inputs: more keyword arguments of the model.
        max_seconds: refuse when the first nodes show that the whole would take longer.
        should_stop: asked before each backward pass; where it says True the call ends.

    Returns:
        ``[pairs]`` float64 on the device of ``x``, without a unit where the layers keep it; 0 for a
        node with itself. For a linear model it tends to ``obstruction_limit`` with depth.

    Pairs in different components have an obstruction too, which grows without bound. Evaluation
    mode, gradients, ``torch.no_grad``: as in ``sensitivity``. Derivatives in the model's own
    precision, norms in float64. A warning says where no gradient reaches ``x`` or a state, whose
    blocks are then 0. One backward pass for each output channel of each node in
    ``pairs``; all states of one forward pass are kept.

    Raises:
        TypeError: ``x`` is not floating point.
        TooLargeError: longer than ``max_seconds``; take fewer pairs.
        Stopped: ``should_stop`` said so.
        ValueError: a name is unknown or did not run, a layer gives no ``[nodes, channels]``, a pair
            names a node that does not exist or has no neighbor, or the graph is directed.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import obstruction
        >>> from workbench.graphs import path
        >>> from workbench.models import GCN
        >>> edges, pairs = path(5).edge_index, torch.tensor([[0, 0], [0, 4]])
        >>> _ = torch.manual_seed(0)
        >>> model = GCN(3, 4, 2, num_layers=3).eval()
        >>> states = ["layers.0", "layers.1"]
        >>> found = obstruction(model, torch.ones(5, 3), edges, pairs, layers=states)
        >>> found[0].item() == 0, found[1].item() > 0
        (True, True)

    References:
        Di Giovanni, Giusti, Barbero, Luise, Liò and Bronstein, On over-squashing in message
        passing neural networks: the impact of width, depth, and topology, ICML 2023,
        arXiv 2302.02941, section 5.
    """
    if norm not in _ORDERS:
        raise ValueError(f'norm must be "spectral" or "frobenius", got {norm!r}')
    degree = simple_graph(edge_index, x.size(0)).degree()
    _check_pairs(pairs, degree)
    modules = _layers_by_name(model, layers)
    with evaluation_mode(model):
        start = differentiable(x)
        states, hooks = [start], []
        try:
            for module in modules:
                hook = module.register_forward_hook(lambda *call: states.append(call[-1]))
                hooks.append(hook)
            run(model, start.clone(), edge_index, inputs)
        finally:
            for hook in hooks:
                hook.remove()
        _check_states(states, layers, x.size(0))
        result = torch.zeros(pairs.size(1), dtype=torch.float64, device=x.device)
        _warn_of_cuts(states)
        count = pairs.unique().numel()
        watch = Watch(
            "obstruction",
            count,
            max_seconds,
            num_nodes=x.size(0),
            size=8 * pairs.size(1),
            other="obstruction of fewer pairs",
        )
        found = _blocks(states, pairs, watch, should_stop)
        for at, (v, u) in enumerate(pairs.T.tolist()):
            if v == u:
                continue
            here, back = (_scale(found, degree, *pair) for pair in ((v, u), (u, v)))
            for one, other in zip(here, back, strict=True):
                block = one + other if symmetric else one
                result[at] += torch.linalg.matrix_norm(block, ord=_ORDERS[norm])
    return result


@diagnostic(
    of="pair",
    scaling=-1,
    seconds=lambda n, m: 2.5e-11 * n**3 + 1.2e-8 * n**2,
    bytes=lambda n, m: 16.0 * n**2,
    limit=20_000,
    instead="resistance_of_pairs",
    advice="the limit is the resistance over nu c_a",
)
def obstruction_limit(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    singular_value: float = 1.0,
    neighbor_weight: float = 0.5,
    activation: float = 1.0,
) -> PairMatrix:
    """What the symmetric obstruction of a deep model tends to: effective resistance, scaled.

        O(v, u)  ->  rho / (nu c_a) R_vu        with m -> inf

    for layers ``h' = sigma(c_r W_r h + c_a W_a Ahat h)`` with nu (c_r + c_a) = 1: exactly, if there
    is no activation and every weight matrix is nu times the identity; else, in expectation over
    paths that are active with probability rho, a lower bound where nu is the smallest singular
    value of the weights, and an upper bound where it is the largest and nu (c_r + c_a) <= 1.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        singular_value: nu.
        neighbor_weight: c_a.
        activation: rho, the share of active paths; 1 without activation.

    Returns:
        ``[nodes, nodes]`` float64, symmetric; ``inf`` between components.

    Loops, repeats, isolated nodes, cost and errors: as in ``effective_resistance``. On a bipartite
    graph nu c_a must be below 1, or the sum swings for ever.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``resistance_of_pairs``.
        ValueError: as in ``effective_resistance``; nu or c_a is not positive, or rho is not between
            0 and 1.

    Examples:
        >>> from workbench.diagnostics import obstruction_limit
        >>> from workbench.graphs import path
        >>> limit = obstruction_limit(path(3).edge_index, 3)  # 1, 2 ohm, over a weight of 1/2
        >>> limit[0].round(decimals=9).tolist()
        [0.0, 2.0, 4.0]

    References:
        Di Giovanni et al., ICML 2023, arXiv 2302.02941, theorem 5.5.
    """
    if not singular_value * neighbor_weight > 0 or singular_value < 0:
        raise ValueError(
            f"nu and c_a must be positive, got {singular_value=} and {neighbor_weight=}"
        )
    if not 0 <= activation <= 1:
        raise ValueError(f"activation is a share between 0 and 1, got {activation}")
    resistance = effective_resistance(edge_index, num_nodes, edge_weight)
    if activation == 0:
        return torch.zeros_like(resistance)
    return resistance.mul_(activation / (singular_value * neighbor_weight))


def _scale(found: dict, degree: Tensor, v: int, u: int) -> list[Tensor]:
    """J_k(v, u) for every k."""
    own, other = 1.0 / degree[v], 1.0 / (degree[v] * degree[u]).sqrt()
    return [own * a - other * b for a, b in zip(found[v, v], found[v, u], strict=True)]


def _blocks(
    states: list[Tensor], pairs: Pairs, watch: Watch, should_stop: Callable[[], bool] | None
) -> dict[tuple[int, int], list[Tensor]]:
    """(v, u) -> [d h_v^(m) / d h_u^(k) for every k], for v with itself and with its partners."""
    partners: dict[int, set[int]] = {}
    for v, u in pairs.T.tolist():
        partners.setdefault(v, {v}).add(u)
        partners.setdefault(u, {u}).add(v)
    found = {}
    for v, others in partners.items():
        columns = sorted(others)
        rows: list[list[Tensor]] = [[] for _ in states]
        for value in states[-1][v]:
            if should_stop is not None and should_stop():
                raise Stopped("obstruction was asked to stop")
            slopes = torch.autograd.grad(value, states, retain_graph=True, allow_unused=True)
            for row, slope, state in zip(rows, slopes, states, strict=True):
                slope = torch.zeros_like(state) if slope is None else slope
                row.append(slope[columns].double())
        for place, u in enumerate(columns):
            found[v, u] = [torch.stack([slope[place] for slope in row]) for row in rows]
        watch.done(1)
    return found


def _layers_by_name(model: nn.Module, layers: Sequence[str]) -> list[nn.Module]:
    modules = dict(model.named_modules())
    unknown = [name for name in layers if name not in modules]
    if isinstance(layers, str) or unknown or not layers:
        raise ValueError(
            f"layers must name submodules, got {layers!r}; there is "
            + ", ".join(name for name in modules if name)
        )
    return [modules[name] for name in layers]


def _check_states(states: list[Tensor], layers: Sequence[str], num_nodes: int) -> None:
    if len(states) - 1 < len(layers):
        raise ValueError(f"of the layers {list(layers)} only {len(states) - 1} ran")
    for state in states:
        if not isinstance(state, Tensor) or state.dim() != 2 or state.size(0) != num_nodes:
            came = list(state.shape) if isinstance(state, Tensor) else type(state).__name__
            raise ValueError(f"each layer must give [nodes, channels], one gave {came}")
    if not states[-1].requires_grad:
        raise ValueError(f"the output of {layers[-1]!r} does not depend on x")


def _warn_of_cuts(states: list[Tensor]) -> None:
    """Say which states the last one was not computed from, as far as derivatives tell."""
    cut = [at for at, state in enumerate(states[:-1]) if not reaches(states[-1], state)]
    if cut:
        names = ", ".join("x" if at == 0 else f"state {at}" for at in cut)
        warnings.warn(
            f"no gradient reaches {names} from the last of {len(states) - 1} states: those blocks "
            "are 0. If the model detaches them or runs its layers under torch.no_grad, leave that "
            "out; if it goes on from another tensor than a layer's output, name the module around",
            stacklevel=3,
        )


def _check_pairs(pairs: Pairs, degree: Tensor) -> None:
    if pairs.numel() == 0:
        return
    low, high = int(pairs.min()), int(pairs.max())
    if low < 0 or high >= degree.numel():
        raise ValueError(f"pairs holds nodes {low} to {high}, outside 0 to {degree.numel() - 1}")
    alone = pairs.flatten()[degree[pairs.flatten()] == 0]
    if alone.numel():
        raise ValueError(f"node {int(alone[0])} has no neighbor, so that 1/d is infinite")
