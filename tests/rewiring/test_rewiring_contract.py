"""What every rewiring of edits owes, over EDITS; ``test_declaration`` has what all owe."""

import inspect
import math

import pytest
import torch
from torch_geometric.utils import contains_self_loops, is_undirected

from conftest import oracle_graph, oracle_names
from workbench.diagnostics import hop_distance
from workbench.rewiring import EDITS, apply_edits
from workbench.topology import both_directions, components, simple_graph

METHODS = pytest.mark.parametrize("name", EDITS)
GREEDY = pytest.mark.parametrize(
    "name", [name for name, method in EDITS.items() if method.declaration.greedy is not None]
)
NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def as_set(edge_index):
    return {(u, v) for u, v in edge_index.T.tolist() if u < v}


def run(name, edge_index, num_nodes, num_edges=5, seed=0, **options):
    if "generator" in inspect.signature(EDITS[name]).parameters:
        options["generator"] = torch.Generator().manual_seed(seed)
    return EDITS[name](edge_index, num_nodes, num_edges=num_edges, **options)


def check(name, edge_index, num_nodes, rewired, num_edges):
    """The invariants that hold for any input and any method."""
    declared = EDITS[name].declaration
    before, after = as_set(edge_index), as_set(rewired.edge_index)
    out = rewired.edge_index
    assert out.numel() == 0 or 0 <= int(out.min()) <= int(out.max()) < num_nodes
    assert is_undirected(out, num_nodes=num_nodes)
    # No new loops and no new repeats: what is new is each pair once each way.
    kept = int(rewired.kept.sum())
    assert torch.equal(out[:, :kept], edge_index[:, rewired.kept])
    new = out[:, kept:]
    assert not contains_self_loops(new)
    assert len(set(map(tuple, new.T.tolist()))) == new.size(1)
    assert as_set(new).isdisjoint(before)
    # The edits lead from the input to the output, within the budget.
    replay = set(before)
    for sign, u, v in rewired.edits.T.tolist():
        assert u < v
        assert ((u, v) in replay) == (sign < 0)
        replay ^= {(u, v)}
    assert replay == after
    assert rewired.added.size(1) <= num_edges * declared.adds
    assert rewired.removed.size(1) <= num_edges * declared.removes
    if not declared.scored:
        assert bool(rewired.score.isnan().all())
    assert rewired.score.shape == rewired.num_tied.shape == (rewired.edits.size(1),)
    assert bool((rewired.num_tied > 0).all())
    assert torch.equal(
        apply_edits(edge_index, num_nodes, rewired.edits).edge_index, rewired.edge_index
    )


@METHODS
@pytest.mark.parametrize("num_edges", [0, 1, 7])
def test_invariants_on_every_graph(name, num_edges):
    for graph in oracle_names(max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(graph)
        copy = edge_index.clone()
        check(name, edge_index, num_nodes, run(name, edge_index, num_nodes, num_edges), num_edges)
        assert torch.equal(edge_index, copy), "the input was changed"


@METHODS
def test_the_same_twice(name):
    edge_index, num_nodes, _ = oracle_graph("karate")
    first, second = (run(name, edge_index, num_nodes, 8, seed=4) for _ in range(2))
    assert torch.equal(first.edits, second.edits)
    assert torch.equal(first.edge_index, second.edge_index)
    default = [EDITS[name](edge_index, num_nodes, num_edges=8).edits for _ in range(2)]
    assert torch.equal(*default), "without a generator, too"


@METHODS
def test_a_global_seed_does_not_matter(name):
    edge_index, num_nodes, _ = oracle_graph("karate")
    torch.manual_seed(1)
    first, state = run(name, edge_index, num_nodes), torch.get_rng_state()
    torch.manual_seed(2)
    assert torch.equal(first.edits, run(name, edge_index, num_nodes).edits)
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state()), "the global generator was used"


@METHODS
def test_order_of_the_columns_does_not_matter(name):
    edge_index, num_nodes, _ = oracle_graph("karate")
    mixed = edge_index[:, torch.randperm(edge_index.size(1), generator=torch.Generator())]
    assert torch.equal(run(name, edge_index, num_nodes).edits, run(name, mixed, num_nodes).edits)


@METHODS
@pytest.mark.parametrize("num_nodes", [0, 1, 2, 5])
def test_no_edges(name, num_nodes):
    rewired = run(name, NOTHING, num_nodes, 3)
    check(name, NOTHING, num_nodes, rewired, 3)


@METHODS
def test_one_edge_on_two_nodes_is_complete(name):
    pair = both_directions(torch.tensor([0]), torch.tensor([1]))
    rewired = run(name, pair, 2, 3)
    check(name, pair, 2, rewired, 3)
    assert rewired.added.size(1) == 0


@METHODS
def test_complete_graph_saturates(name):
    rows, columns = torch.triu_indices(6, 6, 1)
    complete = both_directions(rows, columns)
    rewired = run(name, complete, 6, 4)
    check(name, complete, 6, rewired, 4)
    assert rewired.added.size(1) == 0
    if not EDITS[name].declaration.adds:
        assert rewired.removed.size(1) == 4


@METHODS
def test_more_than_there_is(name):
    edge_index, num_nodes, _ = oracle_graph("barbell")
    rewired = run(name, edge_index, num_nodes, 10_000)
    check(name, edge_index, num_nodes, rewired, 10_000)
    there = simple_graph(edge_index, num_nodes).num_edges
    declared = EDITS[name].declaration
    if not declared.adds:
        assert rewired.removed.size(1) == there
    elif name == "two_hop":
        hops = hop_distance(edge_index, num_nodes)
        assert rewired.added.size(1) == int((hops == 2).sum()) // 2
    elif not declared.removes:  # those stop where they find nothing to add, or to swap
        assert rewired.added.size(1) == num_nodes * (num_nodes - 1) // 2 - there


@METHODS
def test_two_components_and_an_isolated_node(name):
    triangles = both_directions(torch.tensor([0, 1, 2, 3, 4, 5]), torch.tensor([1, 2, 0, 4, 5, 3]))
    square = both_directions(torch.tensor([7, 8, 9, 10]), torch.tensor([8, 9, 10, 7]))
    edge_index = torch.cat([triangles, square], dim=1)  # node 6 is alone
    check(name, edge_index, 11, run(name, edge_index, 11, 6), 6)


@METHODS
def test_loops_and_repeats_stay_and_count_once(name):
    edge_index, num_nodes, _ = oracle_graph("karate")
    loops = torch.tensor([[0, 3], [0, 3]])
    noisy = torch.cat([edge_index, loops, edge_index[:, :6], edge_index[:, :6].flip(0)], dim=1)
    clean, rewired = run(name, edge_index, num_nodes), run(name, noisy, num_nodes)
    assert torch.equal(clean.edits, rewired.edits)
    check(name, noisy, num_nodes, rewired, 5)
    loops_after = rewired.edge_index[0] == rewired.edge_index[1]
    assert int(loops_after.sum()) == 2


@METHODS
def test_directed_input_names_the_way_out(name):
    with pytest.raises(ValueError, match="to_undirected"):
        run(name, torch.tensor([[0, 1], [1, 2]]), 3)


@METHODS
@pytest.mark.parametrize(("budget", "message"), [(-1, "at least 0; got -1")])
def test_a_budget_that_is_none(name, budget, message):
    with pytest.raises(ValueError, match=message):
        run(name, NOTHING, 3, budget)


def greedy(name, edge_index, num_nodes, seed=0):
    """The method between two edges, with its draws from one seed."""
    made = EDITS[name].declaration.greedy
    options = {}
    if "generator" in inspect.signature(made).parameters:
        options["generator"] = torch.Generator().manual_seed(seed)
    return made(edge_index, num_nodes, **options)


@GREEDY
def test_proposals_name_free_pairs_once(name):
    for graph in oracle_names(max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(graph)
        ranking = greedy(name, edge_index, num_nodes).propose(6)
        pairs = list(map(tuple, ranking.pairs.T.tolist()))
        assert len(set(pairs)) == len(pairs) <= 6
        assert set(pairs).isdisjoint(as_set(edge_index))
        assert all(u < v for u, v in pairs)
        assert ranking.score.numel() == len(pairs)
        assert not bool((ranking.score.diff() > 1e-8 * ranking.score[:-1].abs()).any())


@GREEDY
def test_nothing_to_propose(name):
    rows, columns = torch.triu_indices(6, 6, 1)
    assert greedy(name, both_directions(rows, columns), 6).propose(4).pairs.size(1) == 0
    for num_nodes in (0, 1, 2, 5):
        assert greedy(name, NOTHING, num_nodes).propose(3).pairs.size(1) <= 3
    with pytest.raises(ValueError, match="at least 0; got -1"):
        greedy(name, NOTHING, 3).propose(-1)


@GREEDY
def test_to_propose_and_apply_is_the_method(name):
    """One edge after another, the first that is proposed: what the method itself adds."""
    options = {"removal_bound": math.inf} if name == "sdrf" else {}
    for graph in oracle_names(max_nodes=45):
        edge_index, num_nodes, _ = oracle_graph(graph)
        added = run(name, edge_index, num_nodes, 4, **options).added
        state, pairs = greedy(name, edge_index, num_nodes), []
        if not EDITS[name].declaration.scored:  # draws them at once
            assert torch.equal(state.propose(4).pairs, added)
            continue
        for _ in range(4):
            first = state.propose(1).pairs
            if first.numel():
                pairs.append(first)
                state.apply(1, *first[:, 0].tolist())
        assert torch.equal(torch.cat(pairs, dim=1) if pairs else added, added), graph


@GREEDY
def test_what_is_applied_changes_what_is_proposed(name):
    """An edge of a hand is no longer free, and free again when it goes; a removed one may return.
    What GTR and SDRF propose is what they propose of the graph as it is."""
    edge_index, num_nodes, _ = oracle_graph("barbell")
    free = num_nodes * (num_nodes - 1) // 2 - edge_index.size(1) // 2
    bridge = next(pair for pair in as_set(edge_index) if not connected(edge_index, num_nodes, pair))
    state = greedy(name, edge_index, num_nodes)
    apart = torch.tensor([list(bridge), list(bridge)[::-1]]).T
    without = edge_index[:, ~(edge_index.T[:, None] == apart.T).all(dim=2).any(dim=1)]
    state.apply(-1, *bridge[::-1])
    removed = state.propose(free + 1)
    state.apply(1, *bridge)
    back = state.propose(free)
    assert bridge not in set(map(tuple, back.pairs.T.tolist()))
    if name in ("gtr", "sdrf"):
        for found, graph in ((removed, without), (back, edge_index)):
            count = free + (graph is without)
            fresh = greedy(name, graph, num_nodes).propose(count)
            torch.testing.assert_close(found.score, fresh.score, rtol=1e-9, atol=1e-9)
    else:
        assert removed.pairs.size(1) == free + 1
        assert back.pairs.size(1) == free
    u, v = back.pairs[:, 0].tolist()
    with pytest.raises(ValueError, match=rf"cannot remove the edge \({u}, {v}\): it is not there"):
        state.apply(-1, u, v)
    with pytest.raises(ValueError, match=r"cannot add the edge .* already there"):
        state.apply(1, *bridge)
    for wrong in ((0, 0, 1), (1, 2, 2), (1, -1, 2), (1, 0, num_nodes)):
        with pytest.raises(ValueError, match="an edit is"):
            state.apply(*wrong)


def connected(edge_index, num_nodes, without):
    """Whether the graph stays connected without one edge."""
    ends = torch.tensor(without)
    stays = (edge_index.sort(dim=0).values != ends[:, None]).any(dim=0)
    return int(components(edge_index[:, stays], num_nodes).max()) == 0


@pytest.mark.parametrize("name", ["gtr", "fosr"])
def test_edges_that_are_added_one_by_one_are_those_that_are_added_at_once(name):
    """With ties, past the point where rounding makes it start anew, and to the complete graph."""
    nodes = torch.arange(15)
    ring, path = both_directions(nodes, (nodes + 1) % 15), both_directions(nodes[:-1], nodes[1:])
    apart = both_directions(nodes[[0, 1, 2, 6, 7, 8]], nodes[[1, 2, 3, 7, 8, 9]])
    asked = []
    for edge_index in (ring, path, apart):
        once = run(name, edge_index, 15, num_edges=100)
        asked.clear()
        slowly = run(name, edge_index, 15, num_edges=100, should_stop=lambda: asked.append(0))
        assert once.edits.equal(slowly.edits)
        assert once.num_tied.equal(slowly.num_tied)
        torch.testing.assert_close(once.score, slowly.score)
        assert len(asked) >= once.edits.size(1)
