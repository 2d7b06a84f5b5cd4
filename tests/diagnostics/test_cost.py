"""Nothing public hangs: at 100,000 nodes every diagnostic answers in seconds or refuses.

Whether the seconds of an estimate hold is measured in ``tests/benchmarks/test_estimates.py``.
"""

import os

import pytest
import torch
from questions import ON_A_GRAPH

from workbench import cost, diagnostics
from workbench.diagnostics import DIAGNOSTICS, LIMITS, TooLargeError, estimate
from workbench.graphs import complete, erdos_renyi, grid, karate, random_regular, ring, star


def large_graphs():
    yield grid(250, 400)
    yield random_regular(100_000, 6, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def large():
    return list(large_graphs())


@pytest.fixture
def eight_gigabytes(monkeypatch):
    """As much free memory on every machine that runs the tests."""
    monkeypatch.setattr(cost, "available_bytes", lambda device="cpu": int(8e9))


@pytest.mark.large
@pytest.mark.parametrize("name", ON_A_GRAPH)
def test_a_hundred_thousand_nodes_take_a_minute_by_the_estimate_or_are_refused_with_it(
    name, large, eight_gigabytes
):
    for data in large:
        graph = {"num_nodes": data.num_nodes, "edge_index": data.edge_index}
        expected = estimate(name, **graph)
        if expected.exact:
            assert expected.seconds < 60
            assert expected.bytes < 4e9
            continue
        with pytest.raises(TooLargeError) as caught:
            DIAGNOSTICS[name](data.edge_index, data.num_nodes)
        for part in ("100,000 nodes", cost.memory(expected.bytes), expected.alternative):
            assert part in str(caught.value)
        assert any(f"use {other}" in str(caught.value) for other in DIAGNOSTICS if other != name)


@pytest.mark.large
@pytest.mark.parametrize("name", ON_A_GRAPH)
def test_what_is_not_refused_answers(name, large, eight_gigabytes):
    for data in large:
        if estimate(name, num_nodes=data.num_nodes, edge_index=data.edge_index).exact:
            try:
                found = DIAGNOSTICS[name](data.edge_index, data.num_nodes)
            except TooLargeError:
                if name != "diameter":  # only its own searches show that they decide nothing
                    raise
                continue
            parts = [found] if isinstance(found, torch.Tensor) else list(vars(found).values())
            arrays = [part for part in parts if isinstance(part, torch.Tensor)]
            regular = name == "degree_assortativity" and data is large[1]  # all degrees are equal
            assert regular == any(t.isnan().any() for t in arrays if t.is_floating_point())


def test_every_diagnostic_has_a_cost_and_every_limit_a_diagnostic():
    assert [f.declared.name for f in DIAGNOSTICS.values()] == list(DIAGNOSTICS)
    assert set(DIAGNOSTICS) <= set(diagnostics.__all__)
    for name in DIAGNOSTICS:
        sizes = [estimate(name, num_nodes=n) for n in (0, 1, 10, 1000, 100_000)]
        assert [e.seconds for e in sizes] == sorted(e.seconds for e in sizes)
        assert [e.bytes for e in sizes] == sorted(e.bytes for e in sizes)
        assert sizes[2].exact


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_above_its_limit_an_exact_answer_is_refused(name):
    assert estimate(name, num_nodes=LIMITS[name] // 4).exact
    refused = estimate(name, num_nodes=LIMITS[name] + 1)
    assert not refused.exact
    assert refused.alternative
    assert refused.alternative.split("(")[0] in DIAGNOSTICS


def test_the_message_says_what_came_what_it_costs_and_what_to_do():
    with pytest.raises(TooLargeError) as caught:
        diagnostics.effective_resistance(ring(50_000).edge_index, 50_000)
    message = str(caught.value)
    for part in ("effective_resistance", "50,000 nodes", "40 GB", "minutes", "resistance_of_pairs"):
        assert part in message


def test_the_message_gives_the_reason_and_no_time_or_memory_that_is_none():
    with pytest.raises(TooLargeError) as caught:
        diagnostics.cheeger_constant(ring(21).edge_index, 21)
    message = str(caught.value)
    assert "cheeger_constant of 21 nodes is refused" in message
    assert "limited to 20 nodes; all 2^(n - 1) cuts are tried" in message
    assert "use cheeger_bounds" in message
    assert "second" not in message
    assert "GB" not in message
    with pytest.raises(TooLargeError, match=r"of 30 nodes would take about 16 seconds: "):
        diagnostics.cheeger_constant(ring(30).edge_index, 30)
    with pytest.raises(TooLargeError, match=r"of 90 nodes would take more than four months: "):
        diagnostics.cheeger_constant(ring(90).edge_index, 90)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "about 3 seconds"),
        (61, "about 1 minute"),
        (120, "about 2 minutes"),
        (3600, "about 1 hour"),
        (100 * 3600, "about 4.2 days"),
        (119 * 86400, "about 120 days"),
        (float("inf"), "more than four months"),
    ],
)
def test_durations_in_words(seconds, text):
    assert cost.duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(3528, "3.53 kB"), (46e6, "46 MB"), (5e8, "0.5 GB"), (40e9, "40 GB"), (25e11, "2,500 GB")],
)
def test_memory_in_words(size, text):
    assert cost.memory(size) == text


def counted(num_nodes, source_degree, target_degree):
    """Seconds and bytes of a made-up diagnostic that asks the degrees."""
    return num_nodes + 0.25 * float(source_degree @ target_degree), 3.0 * num_nodes


@cost.diagnostic(
    of="node",
    seconds=lambda n, m: 0.5 * n + m,
    bytes=lambda n, m: float(n),
    limit=700,
    instead="guess",
    by_degrees=counted,
)
def made_up(edge_index, num_nodes):
    return num_nodes


def test_what_is_free_is_what_the_system_says():
    free = cost.available_bytes()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 1e6 < free <= pages
    if os.path.exists("/proc/meminfo"):
        with open("/proc/meminfo") as lines:
            said = next(line for line in lines if line.startswith("MemAvailable:"))
        assert abs(free - 1024 * int(said.split()[1])) < 0.2 * pages


def test_the_limit_itself_and_half_of_the_free_memory_are_accepted(monkeypatch):
    monkeypatch.setattr(cost, "available_bytes", lambda device="cpu": 10**15)
    assert cost.by_size(made_up, 700).exact
    refused = cost.by_size(made_up, 701)
    assert (refused.exact, refused.why) == (False, "the exact answer is limited to 700 nodes")
    monkeypatch.setattr(cost, "available_bytes", lambda device="cpu": 1000)
    assert cost.by_size(made_up, 500).exact
    assert not cost.by_size(made_up, 501).exact


def test_an_estimate_counts_three_edges_a_node_where_none_are_given_and_else_those():
    assert cost.by_size(made_up, 10).seconds == 35.0
    assert cost.by_size(made_up, 10, 4).seconds == 9.0
    ends = torch.tensor([[2.0, 1.0], [2.0, 2.0]], dtype=torch.float64)
    found = cost.by_size(made_up, 5, 2, ends=ends)
    assert (found.seconds, found.bytes) == (6.5, 15)
    assert found.why.endswith("; the degrees of this graph are counted")


def test_too_little_memory_is_refused(monkeypatch):
    monkeypatch.setattr(cost, "available_bytes", lambda device="cpu": 1000)
    with pytest.raises(TooLargeError, match="free"):
        diagnostics.effective_resistance(karate().edge_index, 34)


def test_memory_of_the_components_and_not_of_the_whole():
    data = ring(30_000)
    pairs = torch.cat([data.edge_index[:, :0], torch.arange(30_000).view(2, -1)], dim=1)
    both = torch.cat([pairs, pairs.flip(0)], dim=1)
    total = diagnostics.total_resistance(both, 30_000, within_components=True)
    assert float(total) == 15_000


def hubs_on(num_nodes):
    """A random graph with two hubs, neighbors of each other and of all nodes."""
    data = erdos_renyi(num_nodes, 6 / num_nodes, generator=torch.Generator().manual_seed(0))
    pairs = torch.cartesian_prod(torch.arange(2), torch.arange(num_nodes)).T
    edges = torch.cat([data.edge_index, pairs, pairs.flip(0)], dim=1)
    return edges[:, edges[0] != edges[1]].unique(dim=1)


def test_hubs_are_counted_where_the_graph_is_given():
    edges, size = hubs_on(1500), {"num_nodes": 1500}
    blind = estimate("ollivier_ricci", num_edges=edges.size(1) // 2, **size)
    seeing = estimate("ollivier_ricci", edge_index=edges, **size)
    assert "taken for equal" in blind.why
    assert "are counted" in seeing.why
    assert seeing.bytes > blind.bytes
    assert seeing.seconds > 10 * blind.seconds


#: Choose their method by the graph.
BY_ELIMINATION = {
    "resistance_of_edges",
    "resistance_of_pairs",
    "commute_time_of_edges",
    "commute_time_of_pairs",
    "total_resistance",
    "kemeny_constant",
    "approximate_total_resistance",
    "approximate_kemeny_constant",
}


@pytest.fixture(scope="module")
def expander():
    return random_regular(21_000, 6, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", sorted(BY_ELIMINATION))
def test_with_the_graph_the_method_is_chosen_as_the_call_does(name, large, expander):
    road, _ = large
    by_shape = estimate(name, num_nodes=road.num_nodes, edge_index=road.edge_index)
    assert by_shape.exact
    assert by_shape.seconds < 5
    assert by_shape.alternative is None
    assert by_shape.why.startswith("star-mesh elimination, exact")
    small = estimate(name, num_nodes=34, edge_index=karate().edge_index)
    assert small.exact
    assert small.why.startswith("the dense inverse, exact")
    filled = estimate(name, num_nodes=21_000, edge_index=expander.edge_index)
    assert "fills in" in filled.why
    if name in LIMITS:
        assert not filled.exact
        assert filled.alternative == f"approximate_{name}"
        with pytest.raises(TooLargeError):
            DIAGNOSTICS[name](expander.edge_index, 21_000)
    else:
        assert "star-mesh" not in filled.why


def test_equal_degrees_make_no_difference():
    for data in (ring(1000), grid(1, 1), complete(40)):
        n, m = data.num_nodes, data.edge_index.size(1) // 2
        noisy = torch.cat([data.edge_index, data.edge_index, torch.zeros(2, 1).long()], dim=1)
        for name in sorted(set(DIAGNOSTICS) - BY_ELIMINATION):
            by_size = estimate(name, num_nodes=n, num_edges=m)
            counted = estimate(name, num_nodes=n, edge_index=noisy)
            assert counted.seconds == pytest.approx(by_size.seconds, rel=0.1)
            assert counted.bytes == pytest.approx(by_size.bytes, rel=0.1)


def test_only_the_hub_of_a_star_has_a_long_list():
    data = star(20_000)
    counted = estimate("ollivier_ricci", num_nodes=20_000, edge_index=data.edge_index)
    # a closed form for each edge, and a look along the list of the hub from each leaf
    assert counted.seconds == pytest.approx(5e-6 * 19_999 + 7e-10 * 19_999 * 20_000)


def test_unknown_names_and_sizes():
    with pytest.raises(ValueError, match="effective_resistance"):
        estimate("resistance", num_nodes=10)
    with pytest.raises(ValueError, match="negative"):
        estimate("diameter", num_nodes=-1)
    edges = ring(5).edge_index
    with pytest.raises(ValueError, match="num_edges=7 and an edge_index of 10 columns"):
        estimate("diameter", num_nodes=5, num_edges=7, edge_index=edges)
    with pytest.raises(ValueError, match="to_undirected"):
        estimate("diameter", num_nodes=5, edge_index=edges[:, edges[0] < edges[1]])
