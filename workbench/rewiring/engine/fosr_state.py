"""The state of FoSR between two edits: the graph, its vector x, the search for the best pair."""

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_array
from torch import Tensor

from workbench.cost import check_count
from workbench.rewiring.declaration import Ranking, check_edit, check_num_edges
from workbench.rewiring.engine.fosr_kernels import add_best, best, join, power_steps
from workbench.rewiring.engine.growth import Growth
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.ties import TIE, best_first
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Nodes among which the pairs of a ranking are looked for, unless the ranking itself needs more.
_MOST_RANKED = 2_000

#: Power steps before the first edge. Rounding alone is left of x after some hundred.
_MOST_POWER_STEPS = 10_000

#: Numbers that are looked at before the caller is asked whether to go on.
_MOMENT = 10_000_000


class FosrState:
    """The graph and the vector x: the ``Greedy`` of FoSR.

    Neighbors stand in rows, those added since in lists. ``fosr`` says what the arguments mean, how
    ties are broken and what is refused.
    """

    def __init__(
        self,
        edge_index: EdgeIndex,
        num_nodes: int,
        *,
        power_iterations: int = 5,
        initial: Float[Tensor, " nodes"] | None = None,
        generator: torch.Generator | None = None,
    ):
        if power_iterations < 0:
            raise ValueError(f"power_iterations must not be negative, got {power_iterations}")
        check_count("power_iterations", power_iterations, _MOST_POWER_STEPS)
        self.graph = graph = simple_graph(edge_index, num_nodes)
        self._device = edge_index.device
        self._set(graph.neighbors.start, graph.neighbors.node)
        self.mark = np.full(num_nodes, -1, dtype=np.int64)
        self.x = _start(num_nodes, initial, generator)
        self.order = StructuralOrder(graph, self.x)
        self.power_step(power_iterations)

    def _set(self, offsets: np.ndarray, neighbors: np.ndarray) -> None:
        self.offsets, self.neighbors = offsets, neighbors
        self.degree = np.diff(offsets).astype(np.float64)
        # Added neighbors of u: to[head[u]], to[next[head[u]]], ... until -1.
        self.head = np.full(self.degree.size, -1, dtype=np.int64)
        self.next, self.to = np.zeros(16, dtype=np.int64), np.zeros(16, dtype=np.int64)
        self.used = 0

    @property
    def _lists(self) -> tuple[np.ndarray, ...]:
        """The neighbors, as the kernels read them."""
        return self.offsets, self.neighbors, self.head, self.next, self.to

    @property
    def adjacency(self) -> csr_array:
        """The neighbors in rows as a matrix."""
        parts = np.ones(self.neighbors.size), self.neighbors, self.offsets
        return csr_array(parts, shape=(self.degree.size,) * 2)

    def power_step(self, times: int = 1) -> None:
        """x <- (I + D^-1/2 A D^-1/2) (x - its part along sqrt(d)), scaled to length 1."""
        self.x = power_steps(times, self.x, self.degree, *self._lists, self.used)

    def grow(self, count: int) -> Growth:
        """Add the best pairs, a power step after each, ``count`` or as many as take a moment.

        The score is that of ``propose``.
        """
        count = min(count, _MOMENT // (self.degree.size + self.neighbors.size + 1) + 1)
        self._make_room(2 * count)
        made, done = Growth.empty(count), 0
        place = by_place = np.zeros(0, dtype=np.int64)
        while done < count:
            order = place, by_place, self.mark
            self.x, more, tied = add_best(
                self.x, self.degree, *self._lists, self.used, *order, *made.part(done)
            )
            done += more
            self.used += 2 * more
            if done < count and not tied:
                break
            if tied:
                place, by_place = self.order.place, np.argsort(self.order.place)
        made.score[:done] *= -2.0  # the kernel minimizes the product, of which this is the rise
        return made.part(0, done)

    def add(self, u: int, v: int) -> None:
        """Join u and v."""
        self._make_room(2)
        join(u, v, self.degree, self.head, self.next, self.to, self.used)
        self.used += 2

    def _make_room(self, ends: int) -> None:
        if self.used + ends > self.to.size:
            more = np.zeros(max(ends, self.to.size), dtype=np.int64)
            self.next, self.to = np.concatenate([self.next, more]), np.concatenate([self.to, more])

    def propose(self, count: int) -> Ranking:
        """The ``count`` non-edges with the largest first-order rise of the gap, each on its own.

        The first pair is the one that ``fosr`` adds next; the score is as there. Pairs that tie are
        in the order of ``best``, unless those that tie with the last one spread over more than
        ``_MOST_RANKED`` nodes.
        """
        check_num_edges(count)
        self._fold()
        y = self.x / np.sqrt(self.degree + 1.0)
        u, v, _, _ = self.best()
        if u < 0 or count == 0:
            nothing = torch.zeros(2, 0, dtype=torch.int64)
            return Ranking.on(self._device, nothing, torch.zeros(0, dtype=torch.float64))
        order, place = np.argsort(y, kind="stable"), self.order.place
        adjacency = self.adjacency
        width = count + 8
        while True:
            width = min(2 * width, y.size)
            nodes = np.unique(np.concatenate([order[:width], order[-width:]]))
            nodes = nodes[np.argsort(place[nodes])]
            block = np.triu(~adjacency[nodes][:, nodes].toarray().astype(bool), 1)
            pairs = np.sort(nodes[np.stack(np.nonzero(block))], axis=0)
            product = y[pairs[0]] * y[pairs[1]]
            chosen = best_first(-product)[:count]
            if nodes.size == y.size:
                break
            # A pair with an end outside `nodes` has at least this product.
            low, high = order[width - 1], order[-width]
            beyond = min(y[low] * y[order[-1]], y[high] * y[order[0]], 0.0)
            last = product[chosen[-1]] if chosen.size == count else np.inf
            if last + TIE * abs(last) < beyond or (last <= beyond and width >= _MOST_RANKED):
                break
        # Among equals the pair that ``best`` names comes first, wherever it was found.
        first = (pairs[0, chosen] == u) & (pairs[1, chosen] == v)
        pairs = np.concatenate([[[u], [v]], pairs[:, chosen[~first]]], axis=1)[:, :count]
        rise = -2.0 * y[pairs[0]] * y[pairs[1]]
        return Ranking.on(self._device, torch.from_numpy(pairs), torch.from_numpy(rise))

    def apply(self, sign: int, u: int, v: int) -> None:
        """Add (+1) or remove (-1) an edge, then one power step, as after each edge of ``fosr``.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        self._fold()
        size, adjacency = self.degree.size, self.adjacency
        there = min(u, v) >= 0 and max(u, v) < size and bool(adjacency[u, v])
        check_edit(sign, u, v, there, size)
        self._change(adjacency, np.array([[u, v], [v, u]]), float(sign))
        self.power_step()

    def _fold(self) -> None:
        """Put the added edges into the rows."""
        if self.used:
            ends = self.to[: self.used].reshape(-1, 2)
            self._change(self.adjacency, np.concatenate([ends, ends[:, ::-1]]).T, 1.0)

    def _change(self, adjacency: csr_array, ends: np.ndarray, value: float) -> None:
        values = np.full(ends.shape[1], value)
        changed = adjacency + csr_array((values, tuple(ends)), shape=adjacency.shape)
        changed.eliminate_zeros()
        changed.sort_indices()
        self._set(changed.indptr.astype(np.int64), changed.indices.astype(np.int64))

    def best(self) -> tuple[int, int, float, int]:
        """(u, v, y_u y_v, how many tie) of the non-edge with the smallest product.

        (-1, -1, 0, 0) if the graph is complete. Of pairs that tie it is the first by the values
        that x started from, then by ``canonical_order``.
        """
        order, found = (np.zeros(0, dtype=np.int64),) * 2, None
        while found is None or (found[0] < 0 and found[3] > 1):
            if found is not None:
                order = self.order.place, np.argsort(self.order.place)
            found = best(self.x, self.degree, *self._lists, *order, self.mark)
        return found


def _start(num_nodes: int, initial: Tensor | None, generator: torch.Generator | None) -> np.ndarray:
    if initial is None:
        if generator is None:
            generator = torch.Generator().manual_seed(0)
        options = {"generator": generator, "device": generator.device, "dtype": torch.float64}
        return (2.0 * torch.rand(num_nodes, **options) - 1.0).cpu().numpy()
    if initial.shape != (num_nodes,) or not bool(torch.isfinite(initial).all()):
        raise ValueError(
            f"initial needs {num_nodes} finite numbers, one for each node; got shape "
            f"{list(initial.shape)}, {int((~torch.isfinite(initial)).sum())} of them not finite"
        )
    return initial.detach().to("cpu", torch.float64).numpy()
