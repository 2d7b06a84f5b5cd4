"""Every digit that is told is right: weak links and extreme weights, against 50 digits and more.

A number is right or refused with the reason; of these small graphs none is refused.
"""

import itertools
from dataclasses import replace
from functools import lru_cache

import mpmath as mp
import numpy as np
import pytest
import torch
from questions import GRAPHS, QUESTIONS, asked, case, generator

from workbench import diagnostics as D
from workbench.diagnostics import DIAGNOSTICS

DIGITS = 100

WEAK = (1e-6, 1e-9, 1e-12, 1e-14, 1e-16)


def drawn(seed):
    return np.random.default_rng(seed)


def clusters(weak, seed):
    """Two random clusters that one link joins."""
    rng, edges = drawn(seed), {}
    for first in (0, 4):
        for u, v in itertools.combinations(range(first, first + 4), 2):
            if v == u + 1 or rng.random() < 0.5:
                edges[u, v] = rng.uniform(0.5, 1.5)
    edges[int(rng.integers(4)), int(rng.integers(4, 8))] = weak * rng.uniform(0.5, 1.5)
    return edges


def ring_of_clusters(weak, seed):
    """Three triangles in a ring of links that lie as far apart."""
    rng, edges = drawn(seed), {}
    for first in (0, 3, 6):
        for u, v in itertools.combinations(range(first, first + 3), 2):
            edges[u, v] = rng.uniform(0.5, 1.5)
    for (u, v), share in zip(((0, 3), (4, 6), (2, 8)), (1.0, weak**0.5, weak), strict=True):
        edges[u, v] = weak**0.25 * share * rng.uniform(0.5, 1.5)
    return edges


def chain(weak, seed):
    """A path whose links take turns."""
    rng = drawn(seed)
    return {(v, v + 1): rng.uniform(0.5, 1.5) * (weak if v % 3 == 1 else 3.0) for v in range(7)}


def outliers(weak, seed):
    """Points in the plane under exp(-d^2), two of them so far out that weights fall to ``weak``."""
    rng, far = drawn(seed), (-np.log(weak)) ** 0.5
    points = rng.uniform(0, 1, (8, 2))
    points[6:] += [[far, 0], [far, 0.3 * far]]
    pairs = itertools.combinations(range(8), 2)
    return {(u, v): float(np.exp(-((points[u] - points[v]) ** 2).sum())) for u, v in pairs}


def hanging(weak, seed):
    """Nodes whose own degree is tiny, alone and as a pair."""
    rng = drawn(seed)
    edges = {(u, v): rng.uniform(0.5, 1.5) for u, v in itertools.combinations(range(5), 2)}
    return edges | {(1, 5): weak, (5, 6): 2 * weak, (2, 7): 3 * weak**0.5, (6, 7): weak}


SHAPES = {f.__name__: f for f in (clusters, ring_of_clusters, chain, outliers, hanging)}


def arcs(edges):
    ends = torch.tensor(list(edges)).T
    weight = torch.tensor(list(edges.values()), dtype=torch.float64)
    return torch.cat([ends, ends.flip(0)], dim=1), torch.cat([weight, weight])


@lru_cache(maxsize=4)
def exact(shape, weak):
    return Exact(SHAPES[shape](weak, 1))


class Exact:
    """What is asked of a connected graph, from its definition in a hundred digits."""

    def __init__(self, edges):
        mp.mp.dps = DIGITS
        self.edges, self.size = edges, 1 + max(map(max, edges))
        self.nodes = range(self.size)
        self.weight = {pair: mp.mpf(w) for pair, w in edges.items()}
        self.laplacian = mp.zeros(self.size)
        for (u, v), w in self.weight.items():
            self.laplacian[u, u] += w
            self.laplacian[v, v] += w
            self.laplacian[u, v] -= w
            self.laplacian[v, u] -= w
        self.degree = [self.laplacian[v, v] for v in self.nodes]
        self.volume = mp.fsum(self.degree)

    @property
    def resistance(self):
        inverse = self.laplacian[1:, 1:] ** -1
        grounded = mp.zeros(self.size)
        grounded[1:, 1:] = inverse
        return {
            (u, v): grounded[u, u] + grounded[v, v] - 2 * grounded[u, v]
            for u in self.nodes
            for v in self.nodes
        }

    @property
    def total(self):
        return mp.fsum(self.resistance.values()) / 2

    def commute(self, u, v):
        return self.volume * self.resistance[u, v]

    @property
    def hitting(self):
        r, d = self.resistance, self.degree
        return {
            (u, v): mp.fsum(d[k] * (r[u, v] + r[v, k] - r[u, k]) for k in self.nodes) / 2
            for u in self.nodes
            for v in self.nodes
        }

    @property
    def kemeny(self):
        r, d = self.resistance, self.degree
        return mp.fsum(d[u] * d[v] * r[u, v] for u, v in r) / (2 * self.volume)

    @lru_cache(maxsize=2)  # noqa: B019 - a few graphs live for one test
    def modes(self, normalized):
        scale = [mp.sqrt(d) if normalized else mp.mpf(1) for d in self.degree]
        matrix = mp.matrix(
            [[self.laplacian[u, v] / scale[u] / scale[v] for v in self.nodes] for u in self.nodes]
        )
        values, vectors = mp.eigsy(matrix)
        return [mp.mpf(0), *list(values)[1:]], vectors

    def potential(self, mode):
        vectors = self.modes(True)[1]
        return [vectors[v, mode] / mp.sqrt(self.degree[v]) for v in self.nodes]

    def distance(self, steps, lazy):
        """Total variation from the stationary distribution, from the worst start."""
        values, vectors = self.modes(True)
        power = [(1 - lazy * x / 2 if lazy else 1 - x) ** mp.mpf(steps) for x in values[1:]]
        worst = mp.mpf(0)
        for u in self.nodes:
            apart = mp.mpf(0)
            for v in self.nodes:
                found = mp.fsum(
                    p * vectors[u, k] * vectors[v, k] for k, p in enumerate(power, start=1)
                )
                apart += abs(found) * mp.sqrt(self.degree[v] / self.degree[u])
            worst = max(worst, apart / 2)
        return worst

    def conductance(self, side):
        cut = mp.fsum(w for (u, v), w in self.weight.items() if (u in side) != (v in side))
        volume = mp.fsum(self.degree[v] for v in side)
        return cut / min(volume, self.volume - volume)

    @property
    def cheeger(self):
        sides = (s for k in range(1, self.size) for s in itertools.combinations(self.nodes, k))
        return min(self.conductance(set(side)) for side in sides)

    @property
    def node_curvature(self):
        r = self.resistance
        share = [mp.mpf(0)] * self.size
        for (u, v), w in self.weight.items():
            share[u] += w * r[u, v]
            share[v] += w * r[u, v]
        return [1 - s / 2 for s in share]


def close(found, expected, *, scale=0):
    """Each number within 1e-9 of itself, or of ``scale`` where that is larger."""
    mp.mp.dps = DIGITS
    found, expected = found.reshape(-1).tolist(), list(expected)
    assert len(found) == len(expected)
    for ours, value in zip(found, expected, strict=True):
        assert abs(mp.mpf(ours) - value) <= 1e-9 * max(abs(value), scale), (ours, mp.nstr(value))


def pairs_of(table, size):
    return [table[u, v] if u != v else mp.mpf(0) for u in range(size) for v in range(size)]


def mixing(found, true, lazy):
    """At the step that is told the walk is near, and no step before it, up to a billionth."""
    steps = mp.mpf(float(found))
    early = mp.floor(steps * (1 - mp.mpf("1e-9"))) - 1
    late = mp.ceil(steps * (1 + mp.mpf("1e-9")))
    assert true.distance(late, lazy) <= mp.mpf("0.25") * (1 + mp.mpf("1e-9"))
    assert early < 0 or true.distance(early, lazy) > mp.mpf("0.25") * (1 - mp.mpf("1e-9"))


def fiedler(found, true):
    if true.modes(True)[0][2] < true.modes(True)[0][1] * mp.mpf("1.001"):
        return
    mode = true.potential(1)
    sign = 1 if mode[int(found.abs().argmax())] > 0 else -1
    close(found, [sign * m for m in mode], scale=max(map(abs, mode)))


def cheeger_bounds(found, true):
    side = set(found.side.nonzero()[:, 0].tolist())
    close(found.upper, [true.conductance(side)])
    gap = true.modes(True)[0][1]
    assert mp.mpf(float(found.upper)) <= mp.sqrt(2 * gap) * (1 + mp.mpf("1e-9"))
    close(found.lower, [min(gap / 2, true.conductance(side))])


def columns(table, true):
    pairs = [*true.edges, *((v, u) for u, v in true.edges)]
    return [table[pair] for pair in pairs]


#: What is asked, and what it must be: (edge_index, weight, the truth).
ASKED = {
    "effective_resistance": lambda e, w, t: close(
        D.effective_resistance(e, t.size, w), pairs_of(t.resistance, t.size)
    ),
    "resistance_of_edges": lambda e, w, t: close(
        D.resistance_of_edges(e, t.size, w), columns(t.resistance, t)
    ),
    "resistance_of_pairs": lambda e, w, t: close(
        D.resistance_of_pairs(e, t.size, all_pairs(t), w), pairs_of(t.resistance, t.size)
    ),
    "total_resistance": lambda e, w, t: close(D.total_resistance(e, t.size, w), [t.total]),
    "approximate_total_resistance": lambda e, w, t: close(
        D.approximate_total_resistance(e, t.size, w).value, [t.total]
    ),
    "commute_time": lambda e, w, t: close(
        D.commute_time(e, t.size, w),
        [t.volume * r for r in pairs_of(t.resistance, t.size)],
    ),
    "commute_time_of_edges": lambda e, w, t: close(
        D.commute_time_of_edges(e, t.size, w), [t.volume * r for r in columns(t.resistance, t)]
    ),
    "commute_time_of_pairs": lambda e, w, t: close(
        D.commute_time_of_pairs(e, t.size, all_pairs(t), w),
        [t.volume * r for r in pairs_of(t.resistance, t.size)],
    ),
    "hitting_time": lambda e, w, t: close(
        D.hitting_time(e, t.size, w), pairs_of(t.hitting, t.size)
    ),
    "kemeny_constant": lambda e, w, t: close(D.kemeny_constant(e, t.size, w), [t.kemeny]),
    "approximate_kemeny_constant": lambda e, w, t: close(
        D.approximate_kemeny_constant(e, t.size, w).value, [t.kemeny]
    ),
    "laplacian_spectrum": lambda e, w, t: [
        close(D.laplacian_spectrum(e, t.size, w, normalized=kind), t.modes(kind)[0])
        for kind in (True, False)
    ],
    "partial_spectrum": lambda e, w, t: [
        close(D.partial_spectrum(e, t.size, w, count=3, normalized=kind), t.modes(kind)[0][:3])
        for kind in (True, False)
    ],
    "laplacian_eigenpairs": lambda e, w, t: [
        close(
            D.laplacian_eigenpairs(e, t.size, w, count=3, which="largest", normalized=kind).values,
            t.modes(kind)[0][-3:],
        )
        for kind in (True, False)
    ],
    "spectral_gap": lambda e, w, t: close(D.spectral_gap(e, t.size, w), [t.modes(True)[0][1]]),
    "algebraic_connectivity": lambda e, w, t: close(
        D.algebraic_connectivity(e, t.size, w), [t.modes(False)[0][1]]
    ),
    "fiedler_vector": lambda e, w, t: fiedler(D.fiedler_vector(e, t.size, w), t),
    "cheeger_constant": lambda e, w, t: close(D.cheeger_constant(e, t.size, w), [t.cheeger]),
    "cheeger_bounds": lambda e, w, t: cheeger_bounds(D.cheeger_bounds(e, t.size, w), t),
    "stationary_distribution": lambda e, w, t: close(
        D.stationary_distribution(e, t.size, w), [d / t.volume for d in t.degree]
    ),
    "relaxation_time": lambda e, w, t: [
        close(D.relaxation_time(e, t.size, w), [2 / t.modes(True)[0][1]]),
        close(
            D.relaxation_time(e, t.size, w, lazy=False),
            [mp.inf if bipartite(t) else 1 / min(t.modes(True)[0][1], 2 - t.modes(True)[0][-1])],
        )
        if not bipartite(t)
        else None,
    ],
    "mixing_time": lambda e, w, t: [
        mixing(D.mixing_time(e, t.size, w), t, lazy=True),
        None if bipartite(t) else mixing(D.mixing_time(e, t.size, w, lazy=False), t, lazy=False),
    ],
    "mixing_time_bounds": lambda e, w, t: close(
        torch.stack([*vars(D.mixing_time_bounds(e, t.size, w)).values()]),
        [
            max((2 / t.modes(True)[0][1] - 1) * mp.log(2), mp.mpf(0)),
            2 / t.modes(True)[0][1] * mp.log(4 * t.volume / min(t.degree)),
        ],
    ),
    "node_resistance_curvature": lambda e, w, t: close(
        D.node_resistance_curvature(e, t.size, w), t.node_curvature, scale=1
    ),
    "resistance_curvature": lambda e, w, t: curvature(D.resistance_curvature(e, t.size, w), t),
}


def all_pairs(true):
    return torch.tensor([[u, v] for u in true.nodes for v in true.nodes]).T


def bipartite(true):
    return true.modes(True)[0][-1] > 2 - mp.mpf("1e-60")


def curvature(found, true):
    """2 (p_u + p_v) / R, where p = 1 less what may cancel all of it."""
    node, r = true.node_curvature, true.resistance
    expected = columns({pair: 2 * (node[pair[0]] + node[pair[1]]) / r[pair] for pair in r
                        if pair[0] != pair[1]}, true)  # fmt: skip
    scale = columns({pair: 4 / value for pair, value in r.items() if value}, true)
    for ours, value, most in zip(found.tolist(), expected, scale, strict=True):
        assert abs(mp.mpf(ours) - value) <= 1e-9 * most


@pytest.mark.parametrize("weak", WEAK)
@pytest.mark.parametrize("shape", SHAPES)
def test_weak_links_leave_every_value_its_digits(shape, weak):
    true = exact(shape, weak)
    edge_index, weight = arcs(true.edges)
    wrong = []
    for name, ask in ASKED.items():
        try:
            ask(edge_index, weight, true)
        except (AssertionError, ValueError, RuntimeError) as error:
            wrong.append(f"{name}: {type(error).__name__} {str(error)[:200]}")
    assert not wrong, "\n".join(wrong)


SCALED = [name for name, f in DIAGNOSTICS.items() if f.declared.scaling is not None]


@pytest.mark.parametrize("factor", [1e-300, 1e-160, 1e160, 1e300])
@pytest.mark.parametrize("name", SCALED)
def test_weights_of_any_one_scale(name, factor):
    """A factor on all weights multiplies the answer by its power, or nothing at all."""
    for graph in ("lollipop", "grid"):
        plain = case(GRAPHS[graph]())
        low, high = plain.edge_index.sort(0).values
        draw = torch.rand(low.numel(), generator=generator(3), dtype=torch.float64) + 0.5
        edge, first = (low * plain.num_nodes + high).unique(return_inverse=True)
        weight = draw[: edge.numel()][first]
        power = DIAGNOSTICS[name].declared.scaling
        one = asked(name, replace(plain, edge_weight=weight))
        other = asked(name, replace(plain, edge_weight=weight * factor))
        for a, b in zip(other, one, strict=True):
            expected = b.double() * factor**power
            most = float(expected[expected.isfinite()].abs().max()) if expected.numel() else 0.0
            torch.testing.assert_close(a.double(), expected, rtol=1e-9, atol=1e-10 * most)


def test_what_scales_is_asked():
    assert set(ASKED) <= set(QUESTIONS)
    resistance_and_spectrum = [
        name
        for name in SCALED
        if DIAGNOSTICS[name].__module__.split(".")[2] in ("resistance", "spectrum")
    ]
    assert set(resistance_and_spectrum) <= set(ASKED)
