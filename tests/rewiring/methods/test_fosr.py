"""FoSR: parity with the authors' code from the same start, and the first-order identity."""

import numpy as np
import pytest
import torch

from conftest import load_oracle, oracle_graph
from workbench.diagnostics.spectrum.full_spectrum import fiedler_vector, spectral_gap
from workbench.graphs import open_graph
from workbench.rewiring import apply_edits, fosr
from workbench.rewiring.engine.fosr_state import FosrState
from workbench.topology import both_directions, simple_graph


def cases():
    """(graph name, power steps, start vector, recorded run) of whatever the folder holds."""
    for name, case in load_oracle("03b_fosr.json").items():
        for key, run in case.items():
            if key.startswith("initial_power_iters_"):
                yield (
                    name,
                    int(key.rsplit("_", 1)[1]),
                    torch.tensor(case["x0"], dtype=torch.float64),
                    run,
                )


def power_step(adjacency, x):
    """A second implementation, dense."""
    degree = adjacency.sum(0)
    root = np.sqrt(degree)
    x = x - (x @ root) / degree.sum() * root
    x = x + (adjacency @ (x / root)) / root
    return x / np.linalg.norm(x)


def products(adjacency, x):
    y = x / np.sqrt(adjacency.sum(0) + 1)
    table = np.outer(y, y)
    table[adjacency > 0] = np.inf
    np.fill_diagonal(table, np.inf)
    return table


@pytest.mark.parity
def test_edges_and_vector_along_the_official_run():
    """At every step from the official graph and vector: the same pair where none other is within
    1e-12 of it, the same product always; and the vector at the end."""
    for name, steps, start, run in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        adjacency = simple_graph(edge_index, num_nodes).adjacency().toarray()
        state = FosrState(edge_index, num_nodes, power_iterations=steps, initial=start)
        x = start.numpy()
        for _ in range(steps):
            x = power_step(adjacency, x)
        for u, v in run["edges_added_in_order"]:
            u, v = min(u, v), max(u, v)
            if u == v or adjacency[u, v]:
                break  # the official code has saturated
            table = products(adjacency, x)
            best = table.min()
            near = (np.abs(table - best) <= 1e-12 * abs(best)).sum() // 2
            found = state.best()
            assert found[2] == pytest.approx(best, rel=1e-9), name
            assert table[u, v] == pytest.approx(best, rel=1e-9), name
            if near == 1:
                assert found[:2] == (u, v), name
                now = both_directions(*torch.from_numpy(np.triu(adjacency, 1)).nonzero().T)
                here = torch.from_numpy(x)
                one = fosr(now, num_nodes, num_edges=1, power_iterations=0, initial=here)
                assert one.added.T.tolist() == [[u, v]], name
            adjacency[u, v] = adjacency[v, u] = 1.0
            x = power_step(adjacency, x)
            state.add(u, v)
            state.power_step()
        else:
            np.testing.assert_allclose(state.x, run["x_final"], atol=1e-8, err_msg=name)
            np.testing.assert_allclose(x, run["x_final"], atol=1e-8, err_msg=name)


@pytest.mark.parity
def test_whole_runs_and_their_gaps():
    """Without near-ties (see above) the whole run is the official one, with its spectral gaps."""
    same = total = 0
    for name, steps, start, run in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        pairs = [sorted(pair) for pair in run["edges_added_in_order"]]
        if run["contains_degenerate"]:
            continue
        rewired = fosr(
            edge_index, num_nodes, num_edges=len(pairs), power_iterations=steps, initial=start
        )
        total += 1
        same += rewired.added.T.tolist() == pairs
        edits = torch.cat([torch.ones(1, len(pairs), dtype=torch.int64), torch.tensor(pairs).T])
        for at, gap in enumerate(run["spectral_gap_before_and_after_each"]):
            now = apply_edits(edge_index, num_nodes, edits[:, :at]).edge_index
            tolerance = 1e-8 if num_nodes <= 200 else 1e-6
            ours = float(spectral_gap(now, num_nodes))
            assert ours == pytest.approx(gap, rel=tolerance, abs=1e-9), name
    assert same >= 0.8 * total, f"{same} of {total} runs"


@pytest.mark.parity
def test_an_edge_just_added_is_not_proposed():
    edge_index, num_nodes, _ = oracle_graph("karate")
    state = FosrState(edge_index, num_nodes)
    u, v, _, _ = state.best()
    state.add(u, v)
    free = num_nodes * (num_nodes - 1) // 2 - edge_index.size(1) // 2
    pairs = set(map(tuple, state.propose(free).pairs.T.tolist()))
    assert (u, v) not in pairs
    assert len(pairs) == free - 1


def test_ranking_starts_with_the_edge_that_is_added():
    for name, steps, start, _ in cases():
        edge_index, num_nodes, _ = oracle_graph(name)
        adjacency = simple_graph(edge_index, num_nodes).adjacency().toarray()
        options = {"power_iterations": steps, "initial": start}
        ranking = FosrState(edge_index, num_nodes, **options).propose(12)
        added = fosr(edge_index, num_nodes, num_edges=1, **options).added
        assert torch.equal(ranking.pairs[:, :1], added), name
        x = start.numpy()
        for _ in range(steps):
            x = power_step(adjacency, x)
        table = np.sort(products(adjacency, x)[np.triu_indices(num_nodes, 1)])
        table = table[np.isfinite(table)][:12]
        np.testing.assert_allclose(ranking.score.numpy(), -2 * table, rtol=1e-9, err_msg=name)


def test_relabeled_graph_from_the_relabeled_start():
    edge_index, num_nodes, _ = oracle_graph("karate")
    generator = torch.Generator().manual_seed(5)
    start = torch.rand(num_nodes, generator=generator, dtype=torch.float64) - 0.5
    order = torch.randperm(num_nodes, generator=generator)
    moved = torch.empty_like(start)
    moved[order] = start
    rewired = fosr(edge_index, num_nodes, num_edges=8, initial=start)
    other = fosr(order[edge_index], num_nodes, num_edges=8, initial=moved)
    assert torch.equal(order[rewired.added].sort(dim=0).values, other.added)
    torch.testing.assert_close(rewired.score, other.score)


@pytest.mark.parametrize(("name", "low", "high"), [("karate", 0.99, 1), ("path:100", 0.1, 0.5)])
def test_how_close_fifty_power_steps_come_to_the_eigenvector(name, low, high):
    """Close where the next eigenvalue is well above the gap, as the docstring says; far else."""
    data = open_graph(name)
    graph = simple_graph(data.edge_index, data.num_nodes)
    wanted = (
        np.sqrt(graph.degree().numpy()) * fiedler_vector(data.edge_index, data.num_nodes).numpy()
    )
    wanted /= np.linalg.norm(wanted)
    cosines = []
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        state = FosrState(data.edge_index, data.num_nodes, power_iterations=50, generator=generator)
        cosines.append(abs(float(wanted @ state.x)) / np.linalg.norm(state.x))
    assert low < np.median(cosines) <= high + 1e-12


def test_a_power_step_shrinks_the_rest_beside_the_wanted_part():
    data = open_graph("path:20")
    graph = simple_graph(data.edge_index, data.num_nodes)
    root = np.sqrt(graph.degree().numpy())
    matrix = np.eye(20) - graph.adjacency().toarray() / np.outer(root, root)
    values, vectors = np.linalg.eigh(matrix)
    state = FosrState(data.edge_index, data.num_nodes, power_iterations=0)
    before = vectors.T @ state.x
    state.power_step()
    after = vectors.T @ state.x
    shrunk = (after[2:] / after[1]) / (before[2:] / before[1])
    np.testing.assert_allclose(shrunk, (2 - values[2:]) / (2 - values[1]), atol=1e-9)


def test_components_are_joined_first():
    triangles = torch.tensor([[0, 1, 2, 3, 4, 5], [1, 2, 0, 4, 5, 3]])
    edge_index = both_directions(*triangles)
    rewired = fosr(edge_index, 6, num_edges=1, power_iterations=50)
    u, v = rewired.added[:, 0].tolist()
    assert u < 3 <= v
    assert float(spectral_gap(rewired.edge_index, 6)) > 0


def test_an_isolated_node_is_joined():
    edge_index = both_directions(torch.tensor([0, 1, 2]), torch.tensor([1, 2, 0]))
    rewired = fosr(edge_index, 4, num_edges=1, power_iterations=50)
    assert rewired.added[1].tolist() == [3]
    assert bool(torch.isfinite(rewired.score).all())


def test_same_sign_pairs_where_no_others_are_free():
    """In K(3,3) the vector separates the sides, and every free pair is inside one."""
    left, right = torch.meshgrid(torch.arange(3), torch.arange(3, 6), indexing="ij")
    edge_index = both_directions(left.flatten(), right.flatten())
    start = torch.tensor([1.0, 2.0, 3.0, -1.0, -2.0, -4.0], dtype=torch.float64)
    rewired = fosr(edge_index, 6, num_edges=10, power_iterations=0, initial=start)
    assert rewired.added[:, 0].tolist() in ([0, 1], [3, 4])
    assert rewired.added.size(1) == 6


def test_a_start_that_does_not_fit():
    edge_index = both_directions(torch.tensor([0]), torch.tensor([1]))
    with pytest.raises(ValueError, match="3 finite numbers"):
        fosr(edge_index, 3, initial=torch.zeros(2))
    with pytest.raises(ValueError, match="1 of them not finite"):
        fosr(edge_index, 2, initial=torch.tensor([0.0, torch.nan]))
    with pytest.raises(ValueError, match="power_iterations must not be negative"):
        fosr(edge_index, 2, power_iterations=-1)


def test_a_hundred_thousand_nodes():
    size = 100_000
    nodes = torch.arange(size)
    rewired = fosr(both_directions(nodes, (nodes + 1) % size), size, num_edges=3)
    assert rewired.added.size(1) == 3
