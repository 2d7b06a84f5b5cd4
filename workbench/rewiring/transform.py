"""The one PyG transform that applies any rewiring."""

import hashlib
import inspect
from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.transforms import BaseTransform

from workbench.graphs.attributes import real_edges
from workbench.rewiring.data import rewired_data
from workbench.rewiring.declaration import GIVEN, declaration_of, taken_from
from workbench.rewiring.result import LayeredRewired, Rewired


class Rewire(BaseTransform):
    """Apply a rewiring to a PyG ``Data``, in a pipeline or as a data set's ``pre_transform``.

    ``rewired_data`` makes the new graph: what belongs to kept edges and nodes stays with them.
    ``is_added`` says which columns of ``edge_index`` are new; ``data.is_added.long()`` is the
    ``edge_type`` of relational networks. What a method declares to read it is given from the
    graph: its ``edge_weight`` where weights are ``"used"``, its ``x`` or ``pos``. Edges of weight 0
    are no edges, to no method, and are gone from the result.

    Args:
        method: a name in ``REWIRINGS``, or any function ``(edge_index, num_nodes, *, ...)`` that
            returns a ``Rewired`` or a ``LayeredRewired``.
        seed: for methods with a ``generator``: every graph is rewired with a new one of this seed,
            so results do not depend on the order of the graphs. 0 by default.
        options: the method's own, by name.

    ``repr`` names every option, defaults included, because PyG keys its cache on disk by it: as
    ``pre_transform`` of a data set it is run once, and where another one made the cache PyG only
    warns and gives the old graphs. Pass ``force_reload=True`` to the data set then.

    Raises:
        TypeError: an option that the method does not have (the message lists those it has), or
            something other than ``Data`` comes in.
        ValueError: no rewiring of this name; a graph that the method refuses, or that lacks what
            it reads (the message names that).

    Example:
        >>> from workbench.rewiring import Rewire
        >>> Rewire("gtr", num_edges=20)
        Rewire(gtr, num_edges=20, variant='paper')
    """

    def __init__(
        self,
        method: str | Callable[..., Rewired | LayeredRewired],
        *,
        seed: int | None = None,
        **options,
    ):
        self.method = _method(method)
        signature = inspect.signature(self.method).parameters
        self.stochastic = "generator" in signature
        of_one_graph = GIVEN.union(declaration_of(self.method).reads)
        known = {
            name: parameter.default
            for name, parameter in signature.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in of_one_graph
        }
        unknown = [name for name in options if name not in known]
        if unknown or (seed is not None and not self.stochastic):
            listed = [*known, *(["seed"] if self.stochastic else [])]
            raise TypeError(
                f"{self.method.__name__} has no option {unknown[0] if unknown else 'seed'!r}; its "
                f"options are {', '.join(listed)}"
            )
        missing = [
            name
            for name, default in known.items()
            if default is inspect.Parameter.empty and name not in options
        ]
        if missing:
            raise TypeError(f"{self.method.__name__} needs the option {missing[0]!r}")
        self.options = known | options
        self.seed = (0 if seed is None else seed) if self.stochastic else None

    def draw(self, seed: int) -> "Rewire":
        """This transform with another draw, the ``seed``-th after its own; itself if none is drawn.

        Examples:
            >>> from workbench.rewiring import Rewire
            >>> Rewire("random_edges", num_edges=2).draw(3).seed
            3
        """
        if not self.stochastic:
            return self
        return Rewire(self.method, seed=self.seed + seed, **self.options)

    def forward(self, data: Data) -> Data:
        """The rewired graph; the input is left as it is when the transform is called.

        Of a ``Batch`` each graph is rewired by itself, with a budget and a generator of its own.
        """
        if isinstance(data, Batch):
            return self._each(data)
        if not isinstance(data, Data) or data.edge_index is None:
            there = list(data.keys()) if isinstance(data, Data) else []
            has = f" with {', '.join(there) or 'nothing'} and no edge_index" * isinstance(
                data, Data
            )
            advice = (
                "; rewire before ToSparseTensor makes adj_t of it"
                if "adj_t" in there
                else "; a graph without edges has torch.zeros(2, 0, dtype=torch.int64)"
            )
            raise TypeError(
                f"Rewire takes a torch_geometric Data with an edge_index, got "
                f"{type(data).__name__}{has}{advice * isinstance(data, Data)}"
            )
        if data.get("batch") is not None and bool((data.batch != data.batch[:1]).any()):
            raise TypeError(
                f"{int(data.batch.max()) + 1} graphs stand in one Data, by its batch: a rewiring "
                "would join them; give the Batch itself, or each graph"
            )
        data = real_edges(data)
        options = self.options | taken_from(data, self.method)
        if self.stochastic:
            options["generator"] = torch.Generator().manual_seed(self.seed)
        result = self.method(data.edge_index, int(data.num_nodes), **options)
        data = rewired_data(data, result)
        data.is_added = (result.union if isinstance(result, LayeredRewired) else result).is_new
        return data

    def _each(self, batch: Batch) -> Batch:
        follow = [
            key.removesuffix("_batch") for key in list(batch.keys()) if key.endswith("_batch")
        ]
        follow = [key for key in follow if key in batch]
        try:
            graphs = batch.to_data_list()
        except RuntimeError as error:
            raise TypeError(
                "this Batch does not say where its graphs begin; make it by Batch.from_data_list, "
                "or rewire each graph"
            ) from error
        return Batch.from_data_list([self(graph) for graph in graphs], follow_batch=follow)

    def __repr__(self) -> str:
        parts = [_name(self.method)]
        parts += [f"{name}={_text(value)}" for name, value in self.options.items()]
        if self.stochastic:
            parts.append(f"seed={self.seed}")
        return f"{type(self).__name__}({', '.join(parts)})"


def _method(method: str | Callable) -> Callable[..., Rewired | LayeredRewired]:
    from workbench.rewiring import REWIRINGS  # the dict holds this module's neighbors

    if callable(method):
        return method
    if method not in REWIRINGS:
        raise ValueError(f"no rewiring is called {method!r}; choose one of {', '.join(REWIRINGS)}")
    return REWIRINGS[method]


def _name(method: Callable) -> str:
    from workbench.rewiring import REWIRINGS

    if REWIRINGS.get(method.__name__) is method:
        return method.__name__
    return f"{method.__module__}.{method.__qualname__}"


def _text(value: object) -> str:
    """``repr``, but of a tensor its shape and a digest: PyTorch leaves out entries of long ones."""
    if isinstance(value, Tensor):
        content = value.detach().cpu().contiguous()
        digest = hashlib.sha256(content.numpy().tobytes()).hexdigest()[:16]
        return f"tensor({list(value.shape)}, {value.dtype}, sha256={digest})"
    return repr(value)
