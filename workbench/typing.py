"""Names for the arrays that everyone passes.

Shapes are checked by beartype in the test run and cost nothing otherwise. Axis names are the
field's words: ``nodes``, ``edges``, ``channels``, ``layers``, ``heads``.
"""

from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

#: Both directions of every undirected edge; row 0 is the source, row 1 the target.
EdgeIndex = Int64[Tensor, "2 edges"]

#: Conductance (strength, never length) of each column of an ``EdgeIndex``.
EdgeWeight = Float[Tensor, " edges"]

#: An ``EdgeIndex`` beside another one, and its conductances.
OtherEdgeIndex = Int64[Tensor, "2 others"]
OtherEdgeWeight = Float[Tensor, " others"]

#: One float64 number for each ordered pair of nodes; row = from, column = to.
PairMatrix = Float64[Tensor, "nodes nodes"]

#: A list of node pairs, one column each.
Pairs = Int64[Tensor, "2 pairs"]

#: One truth value for each column of an ``EdgeIndex``.
EdgeMask = Bool[Tensor, " edges"]

#: One float64 number for each node.
NodeVector = Float64[Tensor, " nodes"]
