"""What every rewiring declares is what it does, over REWIRINGS."""

import inspect

import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.utils import is_undirected

from conftest import oracle_graph, oracle_names
from workbench.diagnostics import Stopped
from workbench.rewiring import (
    EDITS,
    REWIRINGS,
    LayeredRewired,
    Rewire,
    Rewired,
    apply_edits,
    rewiring,
)

METHODS = pytest.mark.parametrize("name", REWIRINGS)


def run(name, edge_index, num_nodes, seed=0, **options):
    if "generator" in inspect.signature(REWIRINGS[name]).parameters:
        options["generator"] = torch.Generator().manual_seed(seed)
    for key in REWIRINGS[name].declaration.reads:
        options.setdefault(key, read(key, num_nodes))
    return REWIRINGS[name](edge_index, num_nodes, **options)


def read(key, num_nodes):
    """What a method may read of a graph, as some numbers."""
    width = {"x": 3, "pos": 2}[key]
    return torch.randn(num_nodes, width, generator=torch.Generator().manual_seed(num_nodes))


def graphs(name):
    """The suite's graphs that the method takes: directed ones only where it goes by direction."""
    directed = None if REWIRINGS[name].declaration.directed == "used" else False
    for graph in oracle_names(directed=directed, max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(graph)
        yield graph, edge_index, num_nodes


def same(one, other):
    """Whether two results are one, layer by layer."""
    layers = [r.layers if isinstance(r, LayeredRewired) else (r,) for r in (one, other)]
    return len(layers[0]) == len(layers[1]) and all(
        torch.equal(a.edge_index, b.edge_index)
        and torch.equal(a.kept, b.kept)
        and a.num_nodes == b.num_nodes
        and (a.edge_weight is b.edge_weight or torch.equal(a.edge_weight, b.edge_weight))
        for a, b in zip(*layers, strict=True)
    )


@METHODS
def test_the_signature_is_the_declared_one(name):
    """(edge_index, num_nodes, *, ...): options by keyword; what is read has no default."""
    declared = REWIRINGS[name].declaration
    parameters = inspect.signature(REWIRINGS[name]).parameters
    assert list(parameters)[:2] == ["edge_index", "num_nodes"]
    options = list(parameters.values())[2:]
    assert all(p.kind is p.KEYWORD_ONLY for p in options)
    assert {p.name for p in options if p.default is p.empty} == set(declared.reads)
    assert parameters["should_stop"].default is None
    assert ("edge_weight" in parameters) == (declared.weighted == "used")
    assert (list(parameters)[2] == "num_edges") == (declared.kind == "edits")
    assert (name in EDITS) == (declared.kind == "edits")


@METHODS
def test_the_result_is_of_the_declared_kind(name):
    declared = REWIRINGS[name].declaration
    for graph, edge_index, num_nodes in graphs(name):
        copy = edge_index.clone()
        result = run(name, edge_index, num_nodes)
        assert torch.equal(edge_index, copy), "the input was changed"
        layered = isinstance(result, LayeredRewired)
        assert layered == (declared.kind == "layers")
        for rewired in (*result.layers, result.union) if layered else (result,):
            assert isinstance(rewired, Rewired)
            assert (rewired.edits is not None) == (declared.kind == "edits")
            out, size = rewired.edge_index, rewired.num_nodes
            assert size >= num_nodes
            assert size == num_nodes or declared.new_nodes, graph
            assert out.numel() == 0 or 0 <= int(out.min()) <= int(out.max()) < size
            kept = int(rewired.kept.sum())
            assert torch.equal(out[:, :kept], edge_index[:, rewired.kept])
            assert rewired.is_new.tolist() == [at >= kept for at in range(out.size(1))]
            new = list(map(tuple, out[:, kept:].T.tolist()))
            assert len(set(new)) == len(new), "a new column twice"
            assert set(new).isdisjoint(map(tuple, edge_index.T.tolist()))
            if rewired.edge_type is not None:
                assert torch.equal(rewired.edge_type > 0, rewired.is_new)
            origin, share = rewired.origin, rewired.origin_weight
            assert bool(((origin[0] >= num_nodes) & (origin[0] < size)).all())
            assert bool((origin[1] < num_nodes).all())
            total = torch.zeros(size, dtype=torch.float64).index_add(0, origin[0], share)
            assert bool((total[origin[0]] - 1.0).abs().max().lt(1e-12) if share.numel() else True)
            if declared.symmetric and is_undirected(edge_index, num_nodes=num_nodes):
                assert is_undirected(out, rewired.edge_weight, num_nodes=size), graph


@METHODS
def test_some_method_needs_each_word(name):
    """A word that never holds would be no declaration: where it says so, it happens."""
    declared = REWIRINGS[name].declaration
    edge_index, num_nodes, _ = oracle_graph("karate")
    result = run(name, edge_index, num_nodes)
    result = result.union if isinstance(result, LayeredRewired) else result
    if declared.new_nodes:
        assert result.num_nodes > num_nodes
    if not declared.symmetric:
        weight = result.edge_weight
        assert not is_undirected(result.edge_index, weight, num_nodes=result.num_nodes)


@METHODS
def test_direction(name):
    arcs = torch.tensor([[0, 1], [1, 2]])
    if REWIRINGS[name].declaration.directed == "refused":
        with pytest.raises(ValueError, match="to_undirected"):
            run(name, arcs, 3)
        return
    there, back = run(name, arcs, 3), run(name, arcs.flip(0), 3)
    if REWIRINGS[name].declaration.kind == "layers":
        there, back = there.union, back.union
    pairs = [set(map(tuple, r.edge_index.T.tolist())) for r in (there, back)]
    if name == "half_hop":  # the numbers of its slow nodes go by the order of the columns
        assert [len(p) for p in pairs] == [6, 6]
    else:
        assert pairs[0] == {(v, u) for u, v in pairs[1]}


@METHODS
def test_weights(name):
    """Ignored: they change no edge. Used: the transform gives the graph's. Refused: it says so."""
    edge_index, num_nodes, _ = oracle_graph("karate")
    weight = torch.where((edge_index % 3 == 0).any(dim=0), 1e-2, 3.0)
    given = {key: read(key, num_nodes) for key in REWIRINGS[name].declaration.reads}
    data = Data(edge_index=edge_index, num_nodes=num_nodes, edge_weight=weight, **given)
    plain = Data(edge_index=edge_index, num_nodes=num_nodes, **given)
    transform, how = Rewire(name), REWIRINGS[name].declaration.weighted
    if how == "refused":
        with pytest.raises(ValueError, match=f"{name} has no rule for the weights"):
            transform(data)
        transform(plain)
        return
    without, found = transform(plain), transform(data)
    if how == "used":
        direct = REWIRINGS[name](edge_index, num_nodes, edge_weight=weight)
        assert torch.equal(found.edge_index, direct.edge_index)
        assert not same(direct, run(name, edge_index, num_nodes))
    else:
        assert torch.equal(found.edge_index, without.edge_index)
        kept = ~found.is_added
        pairs = dict(zip(map(tuple, edge_index.T.tolist()), weight.tolist(), strict=True))
        at = list(map(tuple, found.edge_index[:, kept].T.tolist()))
        assert found.edge_weight[kept].tolist() == [pairs[pair] for pair in at]
        assert bool((found.edge_weight[~kept] == 1).all())


@METHODS
def test_it_stops_when_it_is_asked_to(name):
    edge_index, num_nodes, _ = oracle_graph("karate")
    with pytest.raises(Stopped, match=f"{name} was asked to stop"):
        run(name, edge_index, num_nodes, should_stop=lambda: True)
    going = run(name, edge_index, num_nodes, should_stop=lambda: False)
    assert same(going, run(name, edge_index, num_nodes))


@pytest.mark.parametrize("name", ["gtr", "fosr", "sdrf", "digl", "drew"])
def test_long_work_asks_again_and_again(name):
    """Not once at its beginning only."""
    edge_index, num_nodes, _ = oracle_graph("karate")
    asked = []
    with pytest.raises(Stopped):
        run(name, edge_index, num_nodes, should_stop=lambda: asked.append(0) or len(asked) > 3)
    assert len(asked) == 4


@METHODS
def test_the_same_twice(name):
    edge_index, num_nodes, _ = oracle_graph("karate")
    assert same(*(run(name, edge_index, num_nodes, seed=4) for _ in range(2)))
    reads = {key: read(key, num_nodes) for key in REWIRINGS[name].declaration.reads}
    assert same(*(REWIRINGS[name](edge_index, num_nodes, **reads) for _ in range(2)))
    torch.manual_seed(1)
    state = torch.get_rng_state()
    run(name, edge_index, num_nodes)
    assert torch.equal(state, torch.get_rng_state()), "the global generator was used"


@METHODS
@pytest.mark.parametrize("num_nodes", [0, 1, 3])
def test_no_edges(name, num_nodes):
    result = run(name, torch.zeros(2, 0, dtype=torch.int64), num_nodes)
    result = result.union if isinstance(result, LayeredRewired) else result
    assert result.num_nodes >= num_nodes
    assert result.kept.numel() == 0


@METHODS
def test_in_a_pipeline(name):
    """Every attribute fits, and two graphs batch."""
    from torch_geometric.data import Batch

    edge_index, num_nodes, _ = oracle_graph("karate")
    data = Data(
        x=torch.ones(num_nodes, 2),
        edge_index=edge_index,
        y=torch.arange(num_nodes),
        pos=read("pos", num_nodes),
    )
    found = Rewire(name)(data)
    assert found.validate()
    assert found.x.size(0) == found.y.size(0) == found.num_nodes
    batch = Batch.from_data_list([found, found])
    for key, value in found.to_dict().items():
        if isinstance(value, torch.Tensor) and key != "edge_index":
            assert torch.equal(batch[key], torch.cat([value, value])), key


def reader(**declared):
    """A method that reads what a graph has, made for a test."""

    @rewiring("edits", reads=("x", "pos"), **declared)
    def by_features(edge_index, num_nodes, *, num_edges=1, x, pos, should_stop=None):
        seen.append((x, pos))
        return apply_edits(edge_index, num_nodes, torch.tensor([[1], [0], [2]]))

    seen = []
    return by_features, seen


def test_what_is_read_comes_from_the_graph_by_name():
    method, seen = reader()
    data = Data(
        x=torch.ones(3, 2),
        pos=torch.zeros(3, 2),
        edge_index=torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]),
    )
    transform = Rewire(method)
    transform(data)
    assert seen[0][0] is data.x
    assert seen[0][1] is data.pos
    assert repr(transform).endswith("by_features, num_edges=1)")
    with pytest.raises(TypeError, match="no option 'pos'"):
        Rewire(method, pos=data.pos)
    data.pos = None
    with pytest.raises(ValueError, match="reads x and pos of a graph, and this one has no pos"):
        transform(data)


def test_a_word_that_is_none():
    with pytest.raises(TypeError, match="weights"):
        rewiring("edits", weights="used")
