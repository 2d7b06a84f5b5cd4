"""What holds for every diagnostic: order of the nodes, noise in the list, weights, odd sizes.

Which law a diagnostic is under is read from what it declares and takes, from no list here.
"""

import inspect
from dataclasses import replace

import pytest
import torch
from questions import (
    ESTIMATES,
    GRAPHS,
    OF_A_MODEL,
    ON_A_GRAPH,
    QUESTIONS,
    asked,
    case,
    generator,
    turned,
)

from workbench import diagnostics
from workbench.diagnostics import DIAGNOSTICS
from workbench.graphs import lollipop, ring

DECLARED = {name: function.declared for name, function in DIAGNOSTICS.items()}


WEIGHTED = [n for n, f in DIAGNOSTICS.items() if "edge_weight" in inspect.signature(f).parameters]
SCALE = [name for name, one in DECLARED.items() if one.scaling is not None]
#: Of edges each column has its own answer, so that a longer list has a longer one.
SIMPLE = [n for n, one in DECLARED.items() if not one.multigraph and one.of != "edge"]
COUNT = [n for n, one in DECLARED.items() if one.multigraph]
EDGES = [n for n, one in DECLARED.items() if one.of == "edge"]
#: Colors, and what is one vector of the whole, mean something only within one graph.
OF_THE_WHOLE = ("fiedler_vector", "stationary_distribution", "wl_colors", "distance_wl_colors")
OF_THE_WHOLE += ("fwl_colors", "klwl_colors", "kwl_colors", "subgraph_wl_colors")
BLOCKS = [
    n
    for n in ON_A_GRAPH
    if DECLARED[n].of in ("pair", "node", "edge") and n not in (*OF_THE_WHOLE, *ESTIMATES)
]
#: nan where nothing can be compared, as their docstrings say.
UNDEFINED = ("degree_assortativity", "decay_rate")


def tensors(found) -> list[torch.Tensor]:
    parts = [found] if isinstance(found, torch.Tensor) else list(vars(found).values())
    parts = [p for part in parts for p in (part.values() if isinstance(part, dict) else [part])]
    return [p.to_dense() if p.layout != torch.strided else p for p in parts if torch.is_tensor(p)]


def close(found, expected, *, factor=1.0):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(
            a.double(), factor * b.double(), rtol=1e-9, atol=1e-10, equal_nan=True
        )


def noisy(edge_index):
    order = torch.randperm(edge_index.size(1), generator=generator(1))
    loops = torch.tensor([[2, 5], [2, 5]])
    return torch.cat([edge_index[:, order], loops, edge_index], dim=1)


def weighted(of):
    """A case with one random weight for both directions of each edge."""
    low, high = of.edge_index.min(0).values, of.edge_index.max(0).values
    edges, column = (low * of.num_nodes + high).unique(return_inverse=True)
    weight = torch.rand(edges.numel(), generator=generator(3), dtype=torch.float64) + 0.5
    return replace(of, edge_weight=weight[column])


def test_every_diagnostic_is_asked():
    assert set(QUESTIONS) == set(DIAGNOSTICS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_another_numbering_gives_the_same_answer(name):
    """Of symmetric graphs above all, where much is equal; an estimate within six errors."""
    of_nodes = QUESTIONS[name][0]
    for graph in ("ring", "lollipop") if name in OF_A_MODEL else GRAPHS:
        before = case(GRAPHS[graph]())
        order = torch.randperm(before.num_nodes, generator=generator(1))
        found = [turned(t, of_nodes, order) for t in asked(name, before.renumbered(order))]
        expected = asked(name, before)
        if name in ESTIMATES:
            (value, error), (other, another) = expected, found
            assert ((value - other).abs() <= 6 * error.hypot(another) + 1e-9).all(), graph
            continue
        for a, b in zip(found, expected, strict=True):
            close = torch.isclose(a.double(), b.double(), rtol=1e-9, atol=1e-9, equal_nan=True)
            assert close.all(), (graph, a, b)


@pytest.mark.parametrize("name", SIMPLE)
def test_self_loops_repeats_and_the_order_of_columns_change_nothing(name):
    for graph in ("lollipop", "random"):
        clean = case(GRAPHS[graph]())
        noise = replace(clean, edge_index=noisy(clean.edge_index), other=noisy(clean.other))
        close(asked(name, noise), asked(name, clean))


@pytest.mark.parametrize("name", [n for n in WEIGHTED if n in (*SIMPLE, *EDGES)])
def test_weights_of_repeats_add_and_those_of_loops_count_nowhere(name):
    clean = weighted(case(GRAPHS["lollipop"]()))
    size = clean.edge_index.size(1)
    loops = torch.tensor([[2, 5], [2, 5]])
    weight = torch.cat([0.25 * clean.edge_weight, 0.75 * clean.edge_weight, torch.ones(2).double()])
    noise = replace(
        clean,
        edge_index=torch.cat([clean.edge_index, clean.edge_index, loops], 1),
        edge_weight=weight,
    )
    for found, expected in zip(asked(name, noise), asked(name, clean), strict=True):
        if name in EDGES and expected.size(-1) == size:
            assert not found[..., -2:].any()
            found = found[..., :size]
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-10, equal_nan=True)


@pytest.mark.parametrize("name", [n for n in ON_A_GRAPH if n in WEIGHTED])
def test_an_edge_of_weight_0_is_none(name):
    data = lollipop(5, 3)
    edges, size = data.edge_index, data.edge_index.size(1)
    more = torch.cat([edges, torch.tensor([[0, 7], [7, 0]])], 1)
    weight = torch.ones(size + 2).double()
    weight[size:] = 0
    found = tensors(DIAGNOSTICS[name](more, data.num_nodes, weight))
    found = [part[..., :size] for part in found] if name in EDGES else found
    close(found, tensors(DIAGNOSTICS[name](edges, data.num_nodes, weight[:size])))


@pytest.mark.parametrize("name", [n for n in BLOCKS if n != "topological_concentration"])
def test_an_isolated_node_changes_no_other_answer(name):
    """But where the mean degree counts."""
    data = lollipop(5, 3)
    size, axes = data.num_nodes, {"pair": 2, "node": 1}.get(DECLARED[name].of, 0)
    found = tensors(DIAGNOSTICS[name](data.edge_index, size + 1))
    inner = (..., *[slice(size)] * axes)
    close([part[inner] for part in found], tensors(DIAGNOSTICS[name](data.edge_index, size)))


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_directed_lists_are_refused_but_where_the_package_says_so(name):
    wanted = inspect.signature(DIAGNOSTICS[name]).parameters
    if "edge_index" not in wanted or name in COUNT or name.endswith("wl_colors"):
        return
    of = case(ring(8))
    arcs = torch.stack([torch.arange(8), (torch.arange(8) + 1) % 8])
    # what is measured before is measured of the whole
    options = {"edge_index": arcs, "num_nodes": of.num_nodes, "other": of.edge_index, "x": of.x}
    options |= {"labels": of.labels, "pairs": of.pairs, "states": [of.x], "sensitivity": of.heard}
    options |= {"curvature": of.heard.new_zeros(arcs.size(1)), "num_layers": 2, "distance": of.hops}
    options |= {"attention": of.attention, "near": 1, "remote": 2}
    options = {key: value for key, value in options.items() if key in wanted}
    if f"``{name}``" in diagnostics.__doc__:
        DIAGNOSTICS[name](**options)
        return
    with pytest.raises(ValueError, match="directed"):
        DIAGNOSTICS[name](**options)


@pytest.mark.parametrize("name", COUNT)
def test_what_says_that_it_counts_them_does(name):
    """Or says so for its model, which does; a model that is linear has no second derivative."""
    clean = case(GRAPHS["lollipop"]())
    noise = replace(clean, edge_index=noisy(clean.edge_index))
    before, after = asked(name, clean), asked(name, noise)
    if not any(t.any() for t in before):
        return
    same = [
        a.shape == b.shape and torch.allclose(a.double(), b.double())
        for a, b in zip(before, after, strict=True)
    ]
    assert not all(same)


@pytest.mark.parametrize("name", EDGES)
def test_every_column_of_an_edge_has_the_answer_of_the_edge(name):
    clean = case(GRAPHS["lollipop"]())
    order = torch.randperm(clean.edge_index.size(1), generator=generator(1))
    twice = replace(clean, edge_index=torch.cat([clean.edge_index[:, order], clean.edge_index], 1))
    for a, b in zip(asked(name, twice), asked(name, clean), strict=True):
        if b.shape[-1:] != (clean.edge_index.size(1),):
            continue
        torch.testing.assert_close(a, torch.cat([b[order], b]), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", SCALE)
def test_weights_scale_the_answer_as_it_declares(name):
    for graph in ("lollipop", "grid"):
        of = weighted(case(GRAPHS[graph]()))
        scaled = replace(of, edge_weight=4 * of.edge_weight)
        close(asked(name, scaled), asked(name, of), factor=4.0 ** DECLARED[name].scaling)
        if name not in ("ollivier_ricci", "forman"):
            continue
        with pytest.raises(AssertionError):
            close(asked(name, of), asked(name, replace(of, edge_weight=None)))


@pytest.mark.parametrize("name", BLOCKS)
def test_two_graphs_side_by_side_answer_as_one_alone(name):
    """Between them a pair is infinitely far, hears nothing, or has no rate.

    Twice the same graph, because some take the mean degree or the diameter of the whole.
    """
    one = lollipop(5, 3)
    n = one.num_nodes
    both = torch.cat([one.edge_index, one.edge_index + n], dim=1)
    for found, alone in zip(
        tensors(DIAGNOSTICS[name](both, 2 * n)),
        tensors(DIAGNOSTICS[name](one.edge_index, n)),
        strict=True,
    ):
        if DECLARED[name].of == "pair":
            close([found[:n, :n], found[n:, n:]], [alone, alone])
            between = found[:n, n:]
            assert ((between == 0) | between.isinf() | between.isnan()).all()
        else:
            close([found], [torch.cat([alone, alone], dim=-1)])


@pytest.mark.parametrize("name", ON_A_GRAPH)
@pytest.mark.parametrize("num_nodes", [0, 1, 2])
def test_no_edges(name, num_nodes):
    for found in tensors(DIAGNOSTICS[name](torch.empty(2, 0, dtype=torch.int64), num_nodes)):
        assert found.dtype == torch.float64 or not found.is_floating_point()
        assert name in UNDEFINED or not found.isnan().any()


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_results_are_double_and_carry_no_gradient(name):
    for found in asked(name, case(lollipop(4, 3))):
        assert found.dtype == torch.float64 or not found.is_floating_point()
        assert not found.requires_grad


@pytest.mark.parametrize("name", ON_A_GRAPH)
def test_bad_edge_lists_are_refused_with_what_came_in(name):
    of = replace(case(lollipop(4, 3)), edge_index=torch.tensor([[0, 9], [9, 0]]))
    with pytest.raises(ValueError, match="0 to 9"):
        asked(name, of)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", ON_A_GRAPH)
def test_results_stay_on_cuda_and_agree(name):
    data = lollipop(6, 5)
    for on_cuda, on_cpu in zip(
        tensors(DIAGNOSTICS[name](data.edge_index.cuda(), 11)),
        tensors(DIAGNOSTICS[name](data.edge_index, 11)),
        strict=True,
    ):
        assert on_cuda.is_cuda
        torch.testing.assert_close(on_cuda.cpu(), on_cpu, rtol=1e-9, atol=1e-9)
