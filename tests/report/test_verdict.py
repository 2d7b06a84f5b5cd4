"""The verdict: random graphs to compare with, what is heard, evidence, limits, the answer."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, product

import networkx as nx
import pytest
import torch

from workbench.diagnostics import total_resistance
from workbench.graphs import (
    barbell,
    complete,
    grid,
    karate,
    lollipop,
    path,
    random_regular,
    ring,
    ring_of_cliques,
    star,
)
from workbench.report import Evidence, bottlenecks, rewiring_verdict
from workbench.report.evidence import (
    ACROSS,
    BUYS,
    ONE_PLACE,
    SQUEEZE,
    above,
    across,
    compare_limits,
    judge,
    narrowest,
    removed_share,
)
from workbench.report.largest import largest_component
from workbench.report.null_model import no_other, same_degree_graph
from workbench.report.reach import share_from
from workbench.report.task_evidence import arrives, label_agreement, labels_nearby
from workbench.report.verdict import weigh
from workbench.rewiring import gtr


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# ---------------------------------------------------------------- random graphs of equal degrees


def test_a_random_graph_has_the_same_degrees_and_is_connected():
    part = largest_component(karate().edge_index, 34)
    drawn = same_degree_graph(part.graph, generator=generator())
    assert drawn.degree().equal(part.graph.degree())
    assert (drawn.source < drawn.target).all()
    key = drawn.source * 34 + drawn.target
    assert key.unique().numel() == key.numel()
    graph = nx.Graph(torch.stack([drawn.source, drawn.target], 1).tolist())
    assert nx.is_connected(graph)
    again = same_degree_graph(part.graph, generator=generator())
    other = same_degree_graph(part.graph, generator=generator(1))
    assert drawn.source.equal(again.source)
    assert drawn.target.equal(again.target)
    assert not torch.equal(
        torch.stack([drawn.source, drawn.target]), torch.stack([other.source, other.target])
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_no_other_graph_is_what_counting_all_graphs_finds(count):
    """Degrees that one labeled graph has, of the 2^(n (n - 1) / 2)."""
    pairs = list(combinations(range(count), 2))
    found = Counter()
    for chosen in product((0, 1), repeat=len(pairs)):
        degree = [0] * count
        for kept, pair in zip(chosen, pairs, strict=True):
            for v in pair:
                degree[v] += kept
        found[tuple(degree)] += 1
    for degree, graphs in found.items():
        assert no_other(torch.tensor(degree)) == (graphs == 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "data",
    [complete(3), complete(5), star(6), path(3), lollipop(4, 1)],
    ids=lambda data: data.name,
)
def test_degrees_of_one_graph_give_it_back_in_silence(data):
    graph = largest_component(data.edge_index, data.num_nodes).graph
    drawn = same_degree_graph(graph, generator=generator())
    assert drawn.source.equal(graph.source)
    assert drawn.target.equal(graph.target)


def test_conductances_are_dealt_out():
    data = karate()
    low, high = data.edge_index.min(0).values, data.edge_index.max(0).values
    weight = torch.rand(34 * 34, generator=generator(), dtype=torch.float64)[low * 34 + high]
    part = largest_component(data.edge_index, 34, weight)
    drawn = same_degree_graph(part.graph, generator=generator())
    assert drawn.weight.sort().values.equal(part.graph.weight.sort().values)


# ---------------------------------------------------------------- what is heard


def test_what_is_heard_is_the_power_of_the_mean_operator():
    part = largest_component(karate().edge_index, 34)
    edges, weight = part.edge_index(), part.edge_weight()
    mean = torch.eye(34, dtype=torch.float64)
    mean[edges[1], edges[0]] = weight
    mean /= mean.sum(1, keepdim=True)
    mass = torch.rand(34, generator=generator(), dtype=torch.float64)
    heard, mixed = share_from(edges, weight, mass, 5)
    assert torch.allclose(heard, torch.linalg.matrix_power(mean, 5) @ mass)
    heard, mixed = share_from(edges, weight, mass, 400)
    assert torch.allclose(heard, mixed.expand(34))


# ---------------------------------------------------------------- the verdict


@pytest.mark.parametrize(
    ("number", "limits", "says"),
    [
        (1.51, SQUEEZE, "for"),
        (1.3, SQUEEZE, "open"),
        (1.14, SQUEEZE, "against"),
        (0.1, ACROSS, "for"),
        (0.4, ACROSS, "open"),
        (0.9, ACROSS, "against"),
    ],
)
def test_limits_are_read_either_way(number, limits, says):
    assert judge(*compare_limits(number, limits)) == (says, ())


@pytest.mark.parametrize(("limits", "at"), [(SQUEEZE, 0), (SQUEEZE, 1), (ACROSS, 0), (ACROSS, 1)])
def test_a_number_at_its_limit_is_open_and_says_what_lies_beyond(limits, at):
    limit, beside = limits[at], ("for", "against")[at]
    for number in (limit, limit * (1 + 1e-12), limit * (1 - 1e-12)):
        assert judge(*compare_limits(number, limits)) == ("open", (beside,))
    out = 1 if (limits[0] > limits[1]) == (at == 0) else -1
    assert judge(*compare_limits(limit + 0.03 * out, limits)) == (beside, ())
    assert judge(*compare_limits(limit + 0.03 * out, limits, error=0.02)) == ("open", (beside,))
    assert judge(*compare_limits(limit + 0.05 * out, limits, error=0.02)) == (beside, ())
    assert judge(*compare_limits(limit, limits, error=1.0)) == ("open", ("for", "against"))


@pytest.mark.parametrize(
    ("number", "limit", "error", "expected"),
    [
        (2.0, 1.0, 0.0, 1),
        (1.0, 2.0, 0.0, -1),
        (2.0, 1.0, 0.5, 0),
        (2.0, 1.0, 0.49, 1),
        (0.0, 0.0, 0.0, 0),
        (1e-20, 1e-20 * (1 + 1e-10), 0.0, 0),
    ],
)
def test_two_standard_errors_tell(number, limit, error, expected):
    assert above(number, limit, error) == expected


@pytest.mark.parametrize(
    ("graph", "task", "answer"),
    [
        (["for", "for"], [], "likely"),
        (["for", "for"], ["for"], "likely"),
        (["for", "for", "against"], [], "doubtful"),
        (["for", "open"], ["for"], "doubtful"),
        (["for", "for"], ["against"], "unlikely"),
        (["for", "for", "for"], ["against", "for"], "doubtful"),
        (["against", "against"], ["for"], "unlikely"),
        ([], [], "doubtful"),
    ],
)
def test_the_answer_counts(graph, task, answer):
    evidence = [Evidence("n", "v", says, "exact", "w") for says in graph]
    evidence += [Evidence("n", "v", says, "exact", "w", "task") for says in task]
    assert weigh(tuple(evidence))[0] == answer


@pytest.mark.parametrize(
    ("says", "near", "other"),
    [
        (["for", "open"], ("for",), "likely"),
        (["for", "for", "open"], ("against",), "doubtful"),
        (["against", "open"], ("against",), "unlikely"),
        (["open", "open"], ("for",), None),
        (["for", "for", "open"], ("for",), None),
    ],
)
def test_an_answer_that_hangs_on_a_limit_says_so(says, near, other):
    """The last piece lies at its limit, and is not counted."""
    evidence = [Evidence("n", "v", s, "exact", "w") for s in says[:-1]]
    evidence.append(Evidence("squeeze", "v", says[-1], "exact", "w", near=near))
    answer, sentence = weigh(tuple(evidence))
    assert (answer, sentence.count("limit")) == (weigh(tuple(evidence[:-1]))[0], bool(other))
    if other:
        assert sentence.endswith(
            f" “Squeeze” lies at its limit: beyond it the answer would be {other}."
        )


def card(data, **options):
    added = gtr(data.edge_index, data.num_nodes, num_edges=4).added
    return rewiring_verdict(data.edge_index, data.num_nodes, added=added, method="GTR", **options)


def test_a_barbell_and_an_expander_are_told_apart():
    assert card(barbell(10, 3)).answer == "likely"
    regular = random_regular(60, 4, generator=generator())
    found = card(regular)
    assert found.answer == "unlikely"
    assert found.select("for") == ()


def test_the_task_turns_the_card():
    data = ring_of_cliques(6, 5)
    far = card(data, pairs=torch.tensor([[18], [3]]), num_layers=8)
    near = card(data, labels=data.y, num_layers=2)
    assert (far.answer, near.answer) == ("likely", "unlikely")
    assert {e.name for e in near.select("against") if e.about == "task"} == {
        "labels nearby",
        "labels that new edges join",
    }


def test_what_edges_buy_is_the_drop_of_the_total_resistance():
    data = barbell(10, 3)
    result = gtr(data.edge_index, 23, num_edges=4)
    before = float(total_resistance(data.edge_index, 23))
    after = float(total_resistance(result.edge_index, 23))
    (bought,) = (e for e in card(data).evidence if e.name == "what few edges buy")
    assert f"take away {1 - after / before:.1%}" in bought.value


def test_squeeze_is_the_ratio_to_the_random_graphs():
    """A ring is the only connected graph of its degrees."""
    found = rewiring_verdict(ring(12).edge_index, 12)
    assert found.evidence[0].value.startswith("1.00 times")
    assert found.num_edges == 0


def test_a_bound_from_below_never_speaks_against():
    for data in (random_regular(60, 4, generator=generator()), grid(9, 9), karate()):
        (place,) = (e for e in card(data).evidence if e.name == "one narrow place")
        assert place.says != "against"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [3, 5, 8])
def test_of_a_complete_graph_nothing_can_be_added(count):
    data = complete(count)
    found = rewiring_verdict(data.edge_index, count, pairs=torch.tensor([[0], [1]]))
    assert found.answer == "unlikely"
    assert found.sentence == "Every two nodes are joined already: there is no edge to add."
    assert [e.says for e in found.evidence] == ["against"]


def test_the_only_graph_of_its_degrees_is_compared_with_none():
    data = star(8)
    squeeze = rewiring_verdict(data.edge_index, 8).evidence[0]
    assert (squeeze.value, squeeze.says) == ("no other graph has these degrees", "open")
    weight = torch.tensor([9.0, *[1.0] * 6])[data.edge_index.max(0).values - 1]
    squeeze = rewiring_verdict(data.edge_index, 8, weight).evidence[0]
    assert "times the total resistance of random graphs" in squeeze.value
    assert "all have this graph's edges" in squeeze.sure


def test_a_place_of_a_small_graph_has_to_hold_more():
    """K5 less an edge holds a quarter at any cut of two and three nodes, as K5 does."""
    data = complete(5)
    kept = ~(data.edge_index.sort(0).values == torch.tensor([[0], [1]])).all(0)
    (place,) = (
        e
        for e in rewiring_verdict(data.edge_index[:, kept], 5).evidence
        if e.name == "one narrow place"
    )
    assert place.says == "open"
    assert float(place.value.split("%")[0].split()[-1]) >= 25


def test_size_alone_is_no_evidence():
    """Across the middle of a large grid little is heard, and one edge is a small share of it."""
    data = grid(40, 40)
    added = torch.tensor([[0], [1599]])
    found = rewiring_verdict(data.edge_index, 1600, added=added, method="hand", num_nulls=1)
    says = {e.name: e.says for e in found.evidence}
    assert says["squeeze beyond chance"] == "for"
    del says["squeeze beyond chance"]
    assert set(says.values()) == {"open"}
    assert found.answer == "doubtful"
    assert found.sentence.startswith("The numbers do not say enough: ")
    row = grid(2, 60)
    (heard,) = (
        e
        for e in rewiring_verdict(row.edge_index, 120, num_layers=2).evidence
        if e.name == "signal across it"
    )
    assert heard.says == "for"


@pytest.mark.parametrize(
    ("speaks", "task", "begins"),
    [
        ([BUYS, ONE_PLACE], [], "The graph has a bottleneck that a few edges mend: "),
        (
            [BUYS, "n"],
            [],
            "The graph is squeezed, though at no single place, and a few edges relieve it: ",
        ),
        ([ONE_PLACE, "n"], [], "The graph has a bottleneck: "),
        ([BUYS, ONE_PLACE], ["t"], "The task reaches far, and the graph has a bottleneck that a"),
    ],
)
def test_the_sentence_claims_what_the_evidence_says(speaks, task, begins):
    evidence = [Evidence(name, "v", "for", "exact", "w") for name in speaks]
    evidence += [Evidence(name, "v", "for", "exact", "w", "task") for name in task]
    answer, sentence = weigh(tuple(evidence))
    assert answer == "likely"
    assert sentence.startswith(begins)


def test_the_same_seed_gives_the_same_card():
    data = karate()
    one, two = (card(data, generator=generator(7)) for _ in range(2))
    assert one == two


def test_pairs_in_other_components_are_open():
    edge_index = torch.cat([barbell(4, 0).edge_index, ring(5).edge_index + 8], dim=1)
    found = rewiring_verdict(edge_index, 13, pairs=torch.tensor([[9], [11]]))
    assert found.evidence[-1].says == "open"


def test_what_the_verdict_refuses():
    with pytest.raises(ValueError, match="2 nodes"):
        rewiring_verdict(path(2).edge_index, 2)
    with pytest.raises(ValueError, match="num_layers=0"):
        rewiring_verdict(ring(5).edge_index, 5, num_layers=0)
    with pytest.raises(ValueError, match="num_nulls=0"):
        rewiring_verdict(ring(5).edge_index, 5, num_nulls=0)
    with pytest.raises(ValueError, match="directed"):
        rewiring_verdict(torch.tensor([[0, 1], [1, 2]]), 3)


@pytest.mark.parametrize("size", [12, 16, 60, 200])
def test_a_ring_has_no_narrow_place(size):
    """Whatever its cuts hold in a row: each of its edges lies in a place like the worst one."""
    found = piece(rewiring_verdict(ring(size).edge_index, size), ONE_PLACE)
    assert (found.says, found.near) == ("open", ())
    assert "one of" in found.why
    assert found.why.endswith("every edge is in such a place, so that none stands out")


# ---------------------------------------------------------------- numbers at their limit


def piece(found, name):
    (evidence,) = (e for e in found.evidence if e.name == name)
    return evidence


def test_a_place_that_holds_just_enough_is_at_its_limit():
    """A ring of 4 has total resistance 5, and a cut of two and two nodes takes 2 of it: 0.4.

    The least that makes it a place is 2 / 3 there. Weights move the share to it: of a ring with
    conductances 1 on two opposite edges and c on the others, a cut through the first two holds
    4 / 2 of a total of R; R = 3 where 1 / c is 0.1 and more, so solve for it.
    """
    edges = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    edge_index = torch.cat([edges, edges.flip(0)], dim=1)

    def share(c):
        weight = torch.tensor([1.0, c, 1.0, c], dtype=torch.float64).repeat(2)
        return weight, 2 / float(total_resistance(edge_index, 4, weight))

    low, high = 1.0, 1e6
    for _ in range(200):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if share(middle)[1] < 2 / 3 else (low, middle)
    found = piece(rewiring_verdict(edge_index, 4, share(low)[0]), ONE_PLACE)
    assert (found.says, found.near) == ("open", ("for",))
    assert found.sure.endswith("; at the limit from which it would speak for")
    for factor, says in ((0.9, "open"), (1.1, "for")):
        found = piece(rewiring_verdict(edge_index, 4, share(low * factor)[0]), ONE_PLACE)
        assert (found.says, found.near) == (says, ())


def test_a_path_closed_to_a_ring_buys_half_for_one_edge():
    """It takes away half of the total resistance, (n^3 - n) / 6, for 1 / (n - 1) of the edges:
    with 9 nodes four times its share, from which it speaks for; with 5 twice, below which it
    speaks against."""
    expected = {
        4: ("against", ()),
        5: ("open", ("against",)),
        6: ("open", ()),
        8: ("open", ()),
        9: ("open", ("for",)),
        10: ("for", ()),
    }
    for size, says in expected.items():
        added = torch.tensor([[0], [size - 1]])
        found = piece(rewiring_verdict(path(size).edge_index, size, added=added, num_nulls=1), BUYS)
        assert "take away 50" in found.value.replace("takes", "take"), size
        assert (found.says, found.near) == says, size


def two_cliques(size, conductance):
    """Two cliques and one edge between them, with that conductance; its ends are 0 and ``size``.

    The total resistance is size^2 / conductance + 6 (size - 1): that edge for each pair that it
    parts, 2 / size for each pair in a clique, and so much again to its ends for each pair across.
    """
    ends = complete(size).edge_index
    edge_index = torch.cat([ends, ends + size, torch.tensor([[0, size], [size, 0]])], dim=1)
    weight = torch.ones(edge_index.size(1), dtype=torch.float64)
    weight[-2:] = conductance
    return edge_index, weight


@pytest.mark.parametrize(
    ("conductance", "drop", "says"), [(2.0, 0.16, "for"), (2.25, 0.14, "open")]
)
def test_edges_that_mend_nothing_do_not_speak_though_they_are_few(conductance, drop, says):
    """A second edge beside the one between two cliques, one of 92, takes 100 / c - 100 / (c + 1)
    away. That is more than ten times its share of the edges in both; of the whole it is more, or
    less, than 15 %."""
    edge_index, weight = two_cliques(10, conductance)
    total = 100 / conductance + 54
    assert (100 / conductance - 100 / (conductance + 1)) / total == pytest.approx(drop, abs=0.002)
    part = largest_component(edge_index, 20, weight)
    ends = torch.tensor([[0], [10]])
    found = removed_share(part, total, 0.0, ends, "hand")
    assert (found.says, found.near) == (says, ())


@pytest.mark.parametrize(
    ("size", "conductance", "num_layers", "says", "near"),
    [
        (10, 1.0, 1, "for", ()),
        (9, 1.0, 1, "open", ("for",)),
        (8, 1.0, 1, "open", ()),
        (5, 1.1, 2, "open", ()),
        (5, 1.15, 2, "against", ()),
    ],
)
def test_what_two_cliques_hear_of_each_other(size, conductance, num_layers, says, near):
    """Each node of the one is joined to its like in the other, with conductance c.

    In one layer a node hears p = c / (size + c) from across, in more (1 - (1 - 2 p)^layers) / 2;
    twice that is the share of complete mixing, which is a half. Below a fifth of it the cut keeps
    the two apart, above three fifths it does not.
    """
    ends, rungs = complete(size).edge_index, torch.arange(size)
    rungs = torch.stack([rungs, rungs + size])
    edge_index = torch.cat([ends, ends + size, rungs, rungs.flip(0)], dim=1)
    weight = torch.ones(edge_index.size(1), dtype=torch.float64)
    weight[2 * ends.size(1) :] = conductance
    options = {"num_layers": num_layers, "num_nulls": 1}
    found = piece(rewiring_verdict(edge_index, 2 * size, weight, **options), "signal across it")
    ratio = 1 - (1 - 2 * conductance / (size + conductance)) ** num_layers
    assert found.why == f"{ratio:.2g} of complete mixing"
    assert "either half hears" in found.value
    assert (found.says, found.near) == (says, near)


def test_of_two_halves_the_one_that_hears_less_is_told():
    """A clique of 6 and a path of 6 nodes, which are one edge apart but not alike."""
    data = lollipop(6, 6)
    part = largest_component(data.edge_index, 12)
    place = bottlenecks(data.edge_index, 12)[0]
    assert place.sizes == (6, 6)
    clique = torch.arange(12) < 6
    ratios = []
    for side in (clique, ~clique):
        heard, mixed = share_from(part.edge_index(), part.edge_weight(), (~side).double(), 3)
        ratios.append(float(heard[side].mean() / mixed))
    assert f"{max(ratios):.2g}" != f"{min(ratios):.2g}"
    found = across(part, place, float(total_resistance(data.edge_index, 12)), 0.0, 3)
    assert found.why == f"{min(ratios):.2g} of complete mixing"
    assert "the less informed half hears" in found.value


@pytest.mark.parametrize(("share", "says"), [(0.045, "open"), (0.055, "for")])
def test_across_a_cut_that_holds_next_to_nothing_silence_does_not_speak(share, says):
    """Of two cliques that hear nearly nothing of each other, made part of a total resistance of
    which their cut alone, 100 pairs through one edge, holds less or more than a twentieth."""
    edge_index, weight = two_cliques(10, 1.0)
    part = largest_component(edge_index, 20, weight)
    place = replace(bottlenecks(edge_index, 20, weight)[0], loss=100.0, conductance=1.0)
    assert place.sizes == (10, 10)
    found = across(part, place, 100 / share, 0.0, 1)
    assert (found.says, found.near) == (says, ())


@pytest.mark.parametrize(
    ("size", "says"), [(20, "for"), (21, "open"), (60, "open"), (61, "against")]
)
def test_what_comes_around_a_ring(size, says):
    """Four steps along a ring are one walk of 3^4, n / 81 of complete mixing: of less than a
    quarter the task asks for more, with more than three quarters it has enough."""
    pairs = torch.tensor([[0, 3], [4, size - 1]])
    part = largest_component(ring(size).edge_index, size)
    found = arrives(part, pairs, 4, None)
    assert found.value.startswith(f"{size / 81:.3g}"[:4])
    assert (found.says, found.near) == (says, ())


def test_the_new_edges_bring_what_the_pairs_hear():
    """Joined to its source, a node of a ring hears a fourth of it in one layer; another pair does
    not hear of its source at all: 1 / 8 on the mean, beside 4 / 50 of complete mixing."""
    part = largest_component(ring(16).edge_index, 16)
    pairs = torch.tensor([[0, 4], [8, 12]])
    found = arrives(part, pairs, 1, torch.tensor([[8], [0]]))
    start = "0 of what complete mixing would give them, after 1 layers; "
    assert found.value == f"{start}{50 / 32:.3g} with the new edges"
    # in a graph where these nodes have other numbers
    edge_index = torch.cat([path(3).edge_index, ring(16).edge_index + 3], dim=1)
    added = torch.tensor([[11], [3]])
    options = {"added": added, "pairs": pairs + 3, "num_layers": 1, "num_nulls": 1}
    assert rewiring_verdict(edge_index, 19, **options).evidence[-1] == found


@pytest.mark.parametrize(
    ("changes", "says", "near"),
    [(26, "against", ()), (28, "open", ("against",)), (30, "open", ())],
)
def test_labels_in_runs_around_a_ring(changes, says, near):
    """Two classes of 40 around a ring of 80: adjusted homophily 1 - 2 changes / 80. From three
    tenths on neighbors tell enough."""
    runs = [1] * (changes - 2) + [41 - changes // 2] * 2
    labels = torch.arange(changes).remainder(2).repeat_interleave(torch.tensor(runs))
    assert labels.sum() == 40
    found = labels_nearby(ring(80).edge_index, 80, labels)
    assert found.value.startswith(f"adjusted homophily {1 - 2 * changes / 80:.2f}")
    assert (found.says, found.near) == (says, near)


def joined(edge_index, labels, added):
    return label_agreement(edge_index, torch.tensor(labels), torch.tensor(added).T, "hand").says


def test_so_few_new_edges_may_join_unlike_nodes_by_chance():
    """Half of the edges of a ring of 20 join equal labels. Of k new ones that share is known to
    0.5 / k^0.5: that none does is within two of these up to 4, and not by chance from 5 on."""
    labels, index = [0, 0, 1, 1] * 5, ring(20).edge_index
    for count, says in ((4, "open"), (5, "against")):
        assert joined(index, labels, [(4 * k, 4 * k + 2) for k in range(count)]) == says
    for count, says in ((4, "open"), (5, "for")):
        assert joined(index, labels, [(k, k + 4) for k in range(count)]) == says


def test_where_all_edges_join_equal_labels_one_of_many_may_err():
    """A share of a hundredth is granted: one of 24 is beyond two errors of 0.1 / k^0.5, one of 26
    is not."""
    ends = complete(6).edge_index
    index = torch.cat([ends, ends + 6], dim=1)
    for count, says in ((24, "against"), (26, "open")):
        added = [(0, 6), *[(1, 2)] * (count - 1)]
        assert joined(index, [0] * 6 + [1] * 6, added) == says


def test_self_loops_and_unknown_labels_join_nothing():
    """Label 0 is known, a negative one is not."""
    index = torch.cat([ring(20).edge_index, torch.arange(20).expand(2, 20)], dim=1)
    labels = torch.tensor([0, 0, 1, 1] * 5)
    added = torch.tensor([[0, 4, 8, 12, 16], [2, 6, 10, 14, 18]])
    found = label_agreement(index, labels, added, "hand")
    assert found.value.endswith("; 50% of the graph's do")
    labels[2::4] = -1
    assert label_agreement(index, labels, added, "hand") is None
    labels = torch.tensor([0] * 10 + [-1] * 10)
    found = label_agreement(index, labels, torch.tensor([[0, 0], [5, 15]]), "hand")
    assert found.value == "100% of 1 edges by hand join equal labels; 100% of the graph's do"


@pytest.mark.parametrize(("size", "count"), [(1000, 19), (1001, 9)])
def test_random_graphs_to_two_thousand_nodes_and_edges(size, count, monkeypatch):
    """A ring of 1000 has so many together; beyond, there are fewer to compare with."""
    asked = []

    def squeeze(part, total, error, count, generator):
        asked.append(count)
        return Evidence("n", "v", "open", "exact", "w")

    monkeypatch.setattr("workbench.report.verdict.squeeze", squeeze)
    rewiring_verdict(ring(size).edge_index, size, places=())
    assert asked == [count]


@pytest.mark.parametrize(
    ("share", "error", "says", "near"),
    [
        (0.248, 0.0, "open", ()),
        (0.252, 0.0, "for", ()),
        (0.252, 0.01, "open", ("for",)),
        (0.26, 0.01, "for", ()),
    ],
)
def test_a_place_that_holds_a_quarter_of_the_total_resistance_is_narrow(share, error, says, near):
    """Of a total that is measured to so much of itself: two such errors are the place's too."""
    edge_index, weight = two_cliques(10, 1.0)
    part = largest_component(edge_index, 20, weight)
    place = replace(bottlenecks(edge_index, 20, weight)[0], loss=100 * share)
    found = narrowest(part, place, 100.0, 100 * error)
    assert found.value.startswith(f"at least {share:.1%} of the total resistance")
    assert (found.says, found.near) == (says, near)


def test_few_random_graphs_leave_the_squeeze_open():
    """Its error is that of their mean."""
    data = karate()
    near = {}
    for count in (2, 50):
        found = rewiring_verdict(data.edge_index, 34, num_nulls=count)
        near[count] = piece(found, "squeeze beyond chance")
    assert near[50].says == "against"
    values = {float(e.value.split()[0]) for e in near.values()}
    assert max(values) < SQUEEZE[1] + 0.1
