"""The one transform that writes an encoding into a graph, under the name that models ask for."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from workbench.encodings.cycle_counts import cycle_counts
from workbench.encodings.degree import degree
from workbench.encodings.distance_encoding import distance_encoding
from workbench.encodings.electrostatic import electrostatic
from workbench.encodings.elene import elene, elene_edges
from workbench.encodings.heat_kernel import heat_kernel
from workbench.encodings.laplacian_eigenvectors import (
    laplacian_eigenvectors,
    laplacian_frequencies,
)
from workbench.encodings.random_walk import random_walk
from workbench.encodings.resistance_embedding import commute_embedding, resistance_embedding
from workbench.encodings.rrwp import rrwp
from workbench.encodings.shortest_path import shortest_path
from workbench.encodings.stored import stored

#: Name -> encoding, ``(edge_index, num_nodes, **options)``, of nodes ``[nodes, channels]``, of
#: pairs ``[nodes, nodes, channels]`` (row = the node that reads) or, those of ``OF_EDGES``, of the
#: columns of ``edge_index``, ``[edges, channels]``. Each is one file of this package.
ENCODINGS: dict[str, Callable[..., Tensor]] = {
    "random_walk": random_walk,
    "laplacian_eigenvectors": laplacian_eigenvectors,
    "rrwp": rrwp,
    "heat_kernel": heat_kernel,
    "shortest_path": shortest_path,
    "resistance_embedding": resistance_embedding,
    "commute_embedding": commute_embedding,
    "electrostatic": electrostatic,
    "degree": degree,
    "cycle_counts": cycle_counts,
    "distance_encoding": distance_encoding,
    "elene": elene,
    "elene_edges": elene_edges,
}

#: Encodings of edges.
OF_EDGES = ("elene_edges",)

#: The attribute, where it is not called as the encoding is.
ATTRIBUTES = {"random_walk": "rwse"}


class Encode(BaseTransform):
    """Writes an encoding of the graph into its data: ``Encode("rrwp", num_steps=16)(data)``.

    An encoding of nodes becomes one attribute, ``[nodes, channels]``: ``rwse``,
    ``laplacian_eigenvectors`` (with ``laplacian_eigenvalues [1, frequencies]``). One of edges
    becomes an attribute ``[edges, channels]``, in the order of ``edge_index``.

    One of pairs becomes two, because matrices of different sizes do not join in batches: the pairs
    whose encoding is not 0, ``rrwp_index [2, pairs]``, and their values ``rrwp [pairs, channels]``.
    Row 1 of the index is the node that reads, where a walk starts; row 0 is the node it reads of:
    as in ``edge_index``, whose messages go from row 0 to row 1. Pairs are sorted by reader.

    Values have the type of ``x``, or torch's default where there is none. The graph that is handed
    over stays as it is. Encodings describe the graph as it is now: rewire first, then encode.

    Args:
        name: a key of ``ENCODINGS``.
        weighted: whether ``data.edge_weight`` counts, as conductances.
        cache: a folder where what was computed is kept, one file for each graph and options, known
            by their content: the next call reads it. None to compute every time.
        options: those of the encoding.

    Raises:
        ValueError: there is no such encoding, it has no weights, or the data have none to count.
        TypeError: the encoding has no such option.
    """

    def __init__(
        self, name: str, *, weighted: bool = False, cache: str | Path | None = None, **options: Any
    ):
        if name not in ENCODINGS:
            raise ValueError(f"no encoding {name!r}; there are {', '.join(ENCODINGS)}")
        if weighted and "edge_weight" not in inspect.signature(ENCODINGS[name]).parameters:
            raise ValueError(
                f"{name} counts edges, which weights do not change; leave weighted out"
            )
        self.name, self.weighted = name, weighted
        self.cache = None if cache is None else Path(cache)
        self.options = _complete(name, options)

    def forward(self, data: Data) -> Data:
        """A copy of the data with the encoding."""
        weight = None
        if self.weighted:
            weight = data.get("edge_weight")
            if weight is None:
                raise ValueError(
                    f"{self!r} needs data.edge_weight, and the data have {', '.join(data.keys())}; "
                    "add it, or leave weighted=True out"
                )
        graph = {"edge_index": data.edge_index, "num_nodes": int(data.num_nodes or 0)}
        x = data.get("x")
        floating = x is not None and x.is_floating_point()
        kind = x.dtype if floating else torch.get_default_dtype()
        if self.weighted:
            graph["edge_weight"] = weight
        found = stored(self.cache, repr(self), graph, lambda: self._attributes(graph))
        for key, value in found.items():
            data[key] = value.to(kind) if value.is_floating_point() else value
        return data

    def _attributes(self, graph: Mapping[str, Any]) -> dict[str, Tensor]:
        arguments = {**graph, **self.options}
        if self.name == "laplacian_eigenvectors":
            found = laplacian_frequencies(**arguments)
            return {self.name: found.vectors, "laplacian_eigenvalues": found.values[None]}
        found, key = ENCODINGS[self.name](**arguments), ATTRIBUTES.get(self.name, self.name)
        if found.dim() == 2:
            return {key: found}
        reader, read = found.ne(0).any(-1).nonzero().T
        return {key: found[reader, read], f"{key}_index": torch.stack([read, reader])}

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in self.options.items())
        return f"Encode({self.name!r}, weighted={self.weighted}{options})"


def _complete(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """All options of the encoding, with their defaults: PyG keys what it stores by ``repr``."""
    parameters = inspect.signature(ENCODINGS[name]).parameters.values()
    known = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    known.pop("edge_weight", None)
    strange = [key for key in options if key not in known]
    if strange:
        raise TypeError(f"{name} has no option {strange[0]!r}; it has {', '.join(known)}")
    return known | dict(options)
