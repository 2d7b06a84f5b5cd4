"""A graph whose own attributes that point at something join rightly in a batch."""

from typing import Any

from torch import Tensor
from torch_geometric.data import Data

#: Attribute -> the one whose entries it numbers, where PyG's rules on names would shift it by the
#: number of nodes: by its last axis (rows of subgraphs and patches, columns of edges).
ENTRIES_OF = {
    "subgraph_edge_index": "subgraph_index",
    "subgraph_column": "edge_index",
    "patch_edge_index": "patch_index",
    "patch_column": "edge_index",
}


class GraphData(Data):
    """PyG's ``Data``, with the attributes of subgraph models and patch models batched rightly.

    PyG decides by names, and so does this class. Beside its rules

    - ``..._index`` numbers nodes, and joins along its last axis (``edge_index``, and the pairs of
      ``rrwp_index [2, pairs]``, whose values ``rrwp [pairs, channels]`` join along the first; so
      pairs of graphs of different sizes need no padding);
    - ``..._batch`` numbers groups from 0 without gaps (``subgraph_batch``, ``patch_batch``);

    there is the table of this file: ``subgraph_edge_index`` numbers rows of ``subgraph_index``,
    ``subgraph_column`` columns of ``edge_index``, and so for patches.

    It lives in ``graphs``, the lowest package that knows PyG: encodings, rewirings and models may
    import it.
    """

    @classmethod
    def of(cls, data: object) -> "GraphData":
        """The same graph, its tensors shared; itself if it is one.

        Raises:
            TypeError: ``data`` is no PyG ``Data`` of one kind of nodes.
        """
        if isinstance(data, cls):
            return data
        if not isinstance(data, Data):
            raise TypeError(f"data must be a PyG Data object, got {type(data).__name__}")
        return cls.from_dict(data.to_dict())

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        """By how much the entries of the next graph of a batch are shifted."""
        if key in ENTRIES_OF:
            return self[ENTRIES_OF[key]].size(-1)
        if "batch" in key and isinstance(value, Tensor) and not value.numel():
            return 0
        return super().__inc__(key, value, *args, **kwargs)
