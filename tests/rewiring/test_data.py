"""rewired_data: one rule for what belongs to edges and nodes, on small tensors by hand."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from workbench.graphs import read_graph, write_graph
from workbench.rewiring import (
    LayeredRewired,
    Rewire,
    Rewired,
    apply_edits,
    drew,
    edges_of_layer,
    gtr,
    half_hop,
    rewired_data,
    virtual_node,
)

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
NEW_EDGE = apply_edits(PATH, 3, torch.tensor([[1], [0], [2]]))


def data(**more):
    return Data(
        x=torch.tensor([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]),
        edge_index=PATH,
        edge_attr=torch.tensor([1.0, 2.0, 3.0, 4.0]),
        **more,
    )


def test_types_of_new_edges_stand_above_those_that_are_there():
    typed = data(edge_type=torch.tensor([0, 0, 3, 3]))
    assert rewired_data(typed, NEW_EDGE).edge_type.tolist() == [0, 0, 3, 3, 4, 4]
    swapped = apply_edits(PATH, 3, torch.tensor([[-1, 1], [0, 0], [1, 2]]))
    assert rewired_data(typed, swapped).edge_type.tolist() == [3, 3, 4, 4]
    found = rewired_data(typed, virtual_node(PATH, 3))
    assert found.edge_type.tolist() == [0, 0, 3, 3, 4, 4, 4, 5, 5, 5]
    assert "edge_type" not in rewired_data(data(), NEW_EDGE)
    assert (
        rewired_data(data(), virtual_node(PATH, 3)).edge_type.tolist()
        == [0] * 4 + [1] * 3 + [2] * 3
    )


def test_weights_that_the_method_makes_are_taken():
    made = Rewired(PATH, 3, torch.ones(4, dtype=torch.bool), edge_weight=torch.rand(4).double())
    plain = rewired_data(data(), made)
    assert plain.edge_weight.dtype == torch.get_default_dtype()
    torch.testing.assert_close(plain.edge_weight.double(), made.edge_weight, rtol=1e-6, atol=0)
    whole = rewired_data(data(edge_weight=torch.ones(4, dtype=torch.int64)), made)
    assert torch.equal(whole.edge_weight, plain.edge_weight)
    column = rewired_data(data(edge_weight=torch.ones(4, 1).double()), made)
    assert torch.equal(column.edge_weight, made.edge_weight[:, None])
    assert rewired_data(data(edge_weight=torch.full((4,), 2.0)), NEW_EDGE).edge_weight.tolist() == [
        *(2.0, 2.0, 2.0, 2.0),
        *(1.0, 1.0),
    ]


def test_new_nodes_start_from_their_origin_and_no_loss_counts_them():
    full = data(
        y=torch.tensor([0, 1, 1]),
        train_mask=torch.tensor([True, True, False]),
        pos=torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]),
        target=torch.tensor([0.5, 1.5, 2.5]),
        labels=["a", "b", "c"],
        kinds=[1, 2, 3],
        name="path",
        graph_label=torch.tensor([7]),
    )
    found = rewired_data(full, half_hop(PATH, 3, alpha=0.25))
    assert found.num_nodes == 7
    assert found.x[3].tolist() == [1.75, 17.5]  # 0 -> 1: a quarter of 0, the rest of 1
    assert found.x[4].tolist() == [1.25, 12.5]
    assert found.pos[5].tolist() == [1.0, 0.75]
    assert found.target[3:].tolist() == [1.25, 0.75, 2.25, 1.75]
    assert found.y.tolist() == [0, 1, 1, -100, -100, -100, -100]
    assert found.train_mask.tolist() == [True, True, False, False, False, False, False]
    assert found.labels == ["a", "b", "c", "new 1", "new 2", "new 3", "new 4"]
    assert found.kinds == [1, 2, 3, None, None, None, None]
    assert (found.name, found.graph_label.tolist()) == ("path", [7])
    assert found.is_new_node.tolist() == [False] * 3 + [True] * 4
    assert found.edge_attr.tolist() == [0.0] * 12
    loss = torch.nn.functional.cross_entropy(torch.zeros(7, 2), found.y)
    assert float(loss) == pytest.approx(0.6931472)
    values = rewired_data(data(y=torch.tensor([1.0, 2.0, 3.0])), virtual_node(PATH, 3))
    assert values.y.isnan().tolist() == [False, False, False, True]


def test_new_nodes_of_new_nodes():
    once = rewired_data(data(), virtual_node(PATH, 3))
    twice = rewired_data(once, virtual_node(once.edge_index, 4))
    assert twice.is_new_node.tolist() == [False, False, False, True, True]
    assert twice.x[3:].tolist() == [[0.0, 0.0]] * 2


def test_whole_numbers_are_not_mixed():
    atoms = data(z=torch.tensor([6, 8, 6]))
    with pytest.raises(ValueError, match=r"z holds whole numbers, and a new node would start at"):
        rewired_data(atoms, half_hop(PATH, 3))
    assert rewired_data(atoms, half_hop(PATH, 3, alpha=0.0)).z.tolist() == [6, 8, 6, 8, 6, 6, 8]
    assert rewired_data(atoms, virtual_node(PATH, 3)).z.tolist() == [6, 8, 6, 0]


def test_a_graphs_own_label_stays():
    """One node and one label: the graph's."""
    single = Data(edge_index=PATH[:, :0], x=torch.ones(1, 2), y=torch.tensor([1]))
    found = rewired_data(single, virtual_node(single.edge_index, 1))
    assert found.y.tolist() == [1]
    assert found.x.size(0) == 2


def test_what_cannot_be_is_refused():
    batch = Batch.from_data_list([data(), data()])
    with pytest.raises(ValueError, match="cannot take one rewiring"):
        rewired_data(batch, virtual_node(batch.edge_index, 6))
    with pytest.raises(ValueError, match="a rewiring of a graph with 4 columns was given to one"):
        rewired_data(Data(edge_index=PATH[:, :2], num_nodes=3), NEW_EDGE)
    with pytest.raises(ValueError, match="5 nodes became 3"):
        rewired_data(Data(edge_index=PATH, num_nodes=5), NEW_EDGE)


def test_the_input_is_left_as_it_is():
    before = data(edge_weight=torch.ones(4), y=torch.arange(3))
    copy = before.clone()
    rewired_data(before, virtual_node(PATH, 3))
    assert before.keys() == copy.keys()
    assert all(torch.equal(before[key], copy[key]) for key in copy.keys())  # noqa: SIM118


# ---- layers ---------------------------------------------------------------------------------


def layers():
    """The path, then the path without its first edge and with a shortcut."""
    later = apply_edits(PATH, 3, torch.tensor([[-1, 1], [0, 0], [1, 2]]))
    whole = Rewired(PATH, 3, torch.ones(4, dtype=torch.bool))
    return LayeredRewired((whole, Rewired(later.edge_index, 3, later.kept)))


def test_a_union_and_what_each_layer_has_of_it():
    both = layers()
    union = both.union
    assert union.edge_index.tolist() == [[0, 1, 1, 2, 0, 2], [1, 0, 2, 1, 2, 0]]
    assert union.kept.tolist() == [True] * 4
    first, second = both.edge_layers.T.tolist()
    assert first == [True, True, True, True, False, False]
    assert second == [False, False, True, True, True, True]
    found = rewired_data(data(edge_weight=torch.full((4,), 3.0)), both)
    assert found.edge_weight.tolist() == [3.0, 3.0, 3.0, 3.0, 1.0, 1.0]
    assert found.edge_attr.tolist() == [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]
    here = edges_of_layer(1, found.edge_layers, found.edge_index, found.edge_weight, None)
    assert here[0].tolist() == [[1, 2, 0, 2], [2, 1, 2, 0]]
    assert here[1].tolist() == [3.0, 3.0, 1.0, 1.0]
    assert here[2] is None


def test_every_layer_comes_back_from_the_union():
    """Of DRew, whose layers have types: the same columns, as sets."""
    found = drew(PATH, 3, num_layers=3)
    graph = rewired_data(data(), found)
    for at, layer in enumerate(found.layers):
        index, kind = edges_of_layer(at, graph.edge_layers, graph.edge_index, graph.edge_type)
        pairs = [
            set(zip(*e.tolist(), k.tolist(), strict=True))
            for e, k in ((index, kind), (layer.edge_index, layer.edge_type))
        ]
        assert pairs[0] == pairs[1]
    batch = Batch.from_data_list([graph, graph])
    index, _ = edges_of_layer(0, batch.edge_layers, batch.edge_index, None)
    assert index.tolist() == torch.cat([PATH, PATH + 3], dim=1).tolist()


def test_a_graph_without_layers_is_the_same_in_each():
    assert edges_of_layer(7, None, PATH, PATH[0])[0] is PATH
    graph = rewired_data(data(), layers())
    for layer in (-1, 2):
        with pytest.raises(ValueError, match=f"for 2 layers, and layer {layer} is asked for"):
            edges_of_layer(layer, graph.edge_layers, graph.edge_index)


def test_a_later_edge_is_in_every_layer():
    graph = rewired_data(data(), drew(PATH, 3, num_layers=1))
    joined = rewired_data(graph, virtual_node(graph.edge_index, 3))
    assert joined.edge_layers.shape == (10, 1)
    assert bool(joined.edge_layers.all())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Rewired(PATH, 4, torch.ones(4, dtype=torch.bool)), "layer 1 has other nodes"),
        (Rewired(PATH, 3, torch.ones(4, dtype=torch.bool), torch.ones(4)), "all layers have an"),
        (Rewired(PATH[:, :3], 3, torch.ones(3, dtype=torch.bool)), "layer 1 keeps some of 3"),
    ],
)
def test_layers_that_do_not_fit(other, message):
    with pytest.raises(ValueError, match=message):
        LayeredRewired((Rewired(PATH, 3, torch.ones(4, dtype=torch.bool)), other))
    with pytest.raises(ValueError, match="at least one layer"):
        LayeredRewired(())


def test_layers_that_contradict_each_other():
    kept = torch.ones(4, dtype=torch.bool)
    one, two = (Rewired(PATH, 3, kept, edge_weight=torch.full((4,), w)) for w in (1.0, 2.0))
    with pytest.raises(ValueError, match="two layers give one edge another edge_weight"):
        LayeredRewired((one, two))
    assert LayeredRewired((one, one)).union.edge_weight.tolist() == [1.0] * 4


# ---- one rule everywhere --------------------------------------------------------------------


def test_transform_lab_code_file_and_command_line_make_one_graph(tmp_path, monkeypatch, capsys):
    """A weighted graph with an attribute of edges goes through all five."""
    from workbench.cli import main
    from workbench.graphs import les_miserables
    from workbench.widgets import rewiring_lab

    graph = les_miserables()
    graph.edge_rank = torch.arange(float(graph.edge_index.size(1)))
    path = tmp_path / "graph.npz"
    write_graph(graph, path)
    monkeypatch.chdir(tmp_path)
    method, budget = "fosr", 3
    expected = Rewire(method, num_edges=budget)(graph)
    lab = rewiring_lab(str(path), method=method, num_edges=budget)
    lab.wait()
    lab.position = budget
    made = {}
    exec(lab.code(), made)
    lab.save(tmp_path / "lab.npz")
    words = ["rewire", str(path), "--method", method, "--num-edges", str(budget)]
    assert main([*words, "-o", str(tmp_path / "cli.npz")]) == 0
    capsys.readouterr()
    ways = {
        "lab": lab.rewired,
        "code": made["data"],
        "file": read_graph(tmp_path / "lab.npz"),
        "command line": read_graph(tmp_path / "cli.npz"),
    }
    for way, found in ways.items():
        assert found.num_nodes == expected.num_nodes, way
        for key in ("edge_weight", "edge_rank"):
            assert found[key].size(0) == found.edge_index.size(1), (way, key)
            assert table(found, key) == table(expected, key), (way, key)
    lab.close()


def table(graph, key):
    """{(u, v): value of one attribute of edges}."""
    ends = map(tuple, graph.edge_index.T.tolist())
    return dict(zip(ends, graph[key].double().tolist(), strict=True))


def test_weighted_choices_are_the_same_from_the_transform_and_the_command_line(tmp_path, capsys):
    from workbench.cli import main
    from workbench.graphs import les_miserables

    words = ["rewire", "les_miserables", "--method", "gtr", "--num-edges", "2", "-o"]
    assert main([*words, str(tmp_path / "out.npz")]) == 0
    capsys.readouterr()
    expected = Rewire(gtr, num_edges=2)(les_miserables())
    assert table(read_graph(tmp_path / "out.npz"), "edge_weight") == table(expected, "edge_weight")
