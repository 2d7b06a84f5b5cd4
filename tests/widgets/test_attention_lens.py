"""The attention lens without a browser: set a value, read what the canvases are told."""

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data
from torch_geometric.nn import GATConv

from workbench.capture import capture_attention
from workbench.diagnostics import TooLargeError, attention_entropy, hop_distance
from workbench.graphs import karate, ring
from workbench.models import GAT, GCN, GPS
from workbench.widgets import attention_lens
from workbench.widgets.attention import lab as lab_module
from workbench.widgets.attention.heads import ENTROPY, RESISTANCE, run
from workbench.widgets.attention.state import SEEN
from workbench.widgets.canvas.head_maps import map_cells


def with_features(data, channels=5):
    generator = torch.Generator().manual_seed(0)
    data.x = torch.randn(data.num_nodes, channels, generator=generator)
    return data


def model(kind=GPS, **options):
    torch.manual_seed(0)
    return kind(5, 16, 3, **{"num_layers": 3, **options})


@pytest.fixture
def lens():
    lens = attention_lens(model(), with_features(karate()))
    yield lens
    lens.close()


def attention_of(kind_model, data):
    return capture_attention(kind_model.eval()).run(data.x, data.edge_index)


def pixels(lens):
    return np.frombuffer(lens.pictures["matrix"].values, np.uint8).reshape(34, 34)


def colors(lens):
    return np.frombuffer(lens.pictures["graph"].node_values, "<f4")


def test_maps_are_what_the_library_measures(lens):
    read = attention_of(model(), with_features(karate()))
    assert lens.layers == list(read)
    expected = attention_entropy(read.dense())
    np.testing.assert_allclose(lens.maps[ENTROPY], expected.numpy())
    assert all(values.shape == (3, 4) for values in lens.maps.values())
    assert [one["title"] for one in lens.pictures["maps"].maps] == list(lens.maps)
    for one, values in zip(lens.pictures["maps"].maps, lens.maps.values(), strict=True):
        texts = [[cell[0] for cell in row] for row in one["cells"]]
        assert texts == [[f"{value:.2f}" for value in row] for row in values]


def test_the_matrix_is_that_of_the_head(lens):
    dense = attention_of(model(), with_features(karate())).dense().double().numpy()
    for layer, head in ((0, 0), (2, 3), (1, 2)):
        lens.show(layer, head)
        np.testing.assert_allclose(lens.attention(), dense[layer, head])
        order = np.frombuffer(lens.pictures["matrix"].order, "<i4")
        low, high = lens.pictures["matrix"].value_range
        drawn = low + pixels(lens) / 254 * (high - low)
        found = np.empty_like(drawn)
        found[np.ix_(order, order)] = drawn
        np.testing.assert_allclose(found, dense[layer, head], atol=high / 250)
        assert lens.pictures["matrix"].title == f"attention, layers.{layer}.attn, head {head}"
        assert lens.pictures["maps"].selected == [layer, head]
        frame = lens.figure().layout.shapes[0]
        assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (head, layer)
        assert (lens.controls["layer"].value, lens.controls["head"].value) == (layer, head)


def test_menus_and_attributes_drive_the_same_state(lens):
    lens.controls["layer"].value = 1
    lens.controls["head"].value = 3
    assert (lens.layer, lens.head) == (1, 3)
    lens.layer, lens.head = 2, 0
    assert (lens.controls["layer"].value, lens.controls["head"].value) == (2, 0)
    with pytest.raises(ValueError, match="layer must be one of 0, 1, 2; got 3"):
        lens.layer = 3
    with pytest.raises(ValueError, match="head must be from 0 to 3, got 4"):
        lens.head = 4
    with pytest.raises(ValueError, match="head must be from 0 to 3, got 4"):
        lens.show(1, 4)
    assert (lens.layer, lens.head) == (2, 0)  # as it was
    lens.do("show", np.int64(1), np.int64(3))
    assert (lens.layer, lens.head) == (1, 3)
    with pytest.raises(ValueError, match="node must be from 0 to 33, got 34"):
        lens.node = 34


def test_a_click_on_a_map_chooses_the_head(lens):
    lens.pictures["maps"].selected = [2, 1]  # as the browser sets it
    assert (lens.layer, lens.head) == (2, 1)
    assert lens.pictures["matrix"].title == "attention, layers.2.attn, head 1"
    assert (lens.controls["layer"].value, lens.controls["head"].value) == (2, 1)


def test_cells_have_a_color_and_a_text_that_reads_on_it():
    cells = map_cells([[0.0, 1.0, np.nan], [0.5, -1.0, 0.25]], signed=True, heads=[3, 2])
    assert [cell[0] for cell in cells[0]] == ["0.00", "1.00", "–"]
    assert cells[1][2] is None
    blue, red = cells[1][1][1], cells[0][1][1]
    assert int(blue[5:], 16) > int(blue[1:3], 16)
    assert int(red[1:3], 16) > int(red[5:], 16)
    assert cells[0][0][2] == "#000"  # 0 is white
    assert map_cells(np.zeros((1, 1)))[0][0][0] == "0.00"
    assert map_cells(np.full((1, 1), np.nan))[0][0][0] == "–"


def test_the_chosen_node_colors_the_graph_and_draws_its_pairs(lens):
    lens.show(2, 1)
    attention = lens.attention()
    np.testing.assert_allclose(colors(lens), attention.mean(axis=0), rtol=1e-6)
    assert not lens.pictures["graph"].candidates
    lens.node = 5
    np.testing.assert_allclose(colors(lens), attention[5], rtol=1e-6)
    pairs = np.frombuffer(lens.pictures["graph"].candidates, "<i4").reshape(-1, 3)
    others = [i for i in np.argsort(-attention[5]) if i != 5]
    assert (pairs[:, 0] == 5).all()
    assert pairs[0, 1] == others[0]
    assert set(pairs[:, 1]) <= set(others[:8])
    assert lens.shown()["status"].startswith(f"5 looks at: {others[0]} ")
    lens.controls["view"].value = SEEN
    np.testing.assert_allclose(colors(lens), attention[:, 5], rtol=1e-6)
    assert lens.shown()["status"].startswith("5 is looked at by: ")
    lens.node = None
    assert not lens.pictures["graph"].candidates
    assert lens.node is None


def test_hovering_tells_both_ways(lens, from_page):
    u, v = 3, 9
    attention, hops = lens.attention(), hop_distance(karate().edge_index, 34)
    from_page(lens.pictures["matrix"], {"type": "hover", "u": u, "v": v})
    text = lens.pictures["matrix"].hint
    assert f"3 looks at 9: {attention[3, 9]:.3g}" in text
    assert f"9 looks at 3: {attention[9, 3]:.3g}" in text
    assert f"{int(hops[3, 9])} hops apart" in text
    from_page(lens.pictures["graph"], {"type": "hover", "u": u, "v": u})
    assert "looks at itself" in lens.pictures["graph"].hint


def test_bars_hold_attention_and_the_even_spread(lens):
    lens.show(2, 1)
    mass, even = ([bar[key] for bar in lens.pictures["maps"].bars] for key in ("mass", "uniform"))
    assert [bar["name"] for bar in lens.pictures["maps"].bars] == ["0", "1", "2", "3", "4", "5"]
    assert sum(mass) == pytest.approx(1)
    assert sum(even) == pytest.approx(1)
    hops = hop_distance(karate().edge_index, 34).numpy()
    expected = [lens.attention()[h == hops.T].sum() / 34 for h in range(6)]
    np.testing.assert_allclose(mass, expected, rtol=1e-6)


def test_the_model_is_left_as_it_was():
    net = model(dropout=0.5, attention_dropout=0.5)
    net.layers[0].eval()
    modes = [module.training for module in net.modules()]
    attention_lens(net, with_features(karate())).close()
    assert [module.training for module in net.modules()] == modes
    assert not any(module._forward_hooks for module in net.modules())


def test_attention_along_edges_and_heads_of_several_numbers():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide, self.narrow = GATConv(5, 2, heads=4), GATConv(8, 3, heads=2)

        def forward(self, x, edge_index):
            return self.narrow(self.wide(x, edge_index), edge_index)

    lens = attention_lens(Two(), with_features(karate()))
    assert lens.layers == ["wide", "narrow"]
    assert np.isnan(lens.maps[ENTROPY][1, 2:]).all()
    lens.show(0, 3)
    lens.layer = 1
    assert (lens.layer, lens.head) == (1, 1)  # the last head that there is
    assert lens.controls["head"].max == 1
    assert lens.pictures["maps"].maps[0]["cells"][1][2:] == [None, None]
    hops = hop_distance(karate().edge_index, 34).numpy()
    assert (lens.attention()[hops > 1] == 0).all()
    lens.close()


def test_one_graph_of_a_batch_is_that_graph_alone():
    first, second = with_features(karate()), with_features(ring(9))
    net = model(GPS, local="gat")
    batch = Batch.from_data_list([Data(x=g.x, edge_index=g.edge_index) for g in (first, second)])
    together = attention_lens(net, batch, graph=1)
    alone = attention_lens(net, second)
    for title, values in alone.maps.items():
        np.testing.assert_allclose(together.maps[title], values, atol=1e-5, err_msg=title)
    assert together.pictures["graph"].num_nodes == 9
    with pytest.raises(ValueError, match="graph must be 0 to 1, got 2"):
        attention_lens(net, batch, graph=2)


def test_odd_graphs():
    lonely = with_features(Data(edge_index=torch.empty(2, 0, dtype=torch.int64), num_nodes=3))
    one_way = with_features(Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=4))
    single = with_features(Data(edge_index=torch.empty(2, 0, dtype=torch.int64), num_nodes=1))
    for data in (lonely, one_way, single):
        for kind in (GAT, GPS):
            lens = attention_lens(model(kind), data)
            assert (RESISTANCE in lens.maps) == (data is not one_way)
            lens.node = 0
            assert lens.picture().startswith(b"\x89PNG")
            lens.close()


def test_float16_and_models_of_data():
    class OfData(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model(GAT)

        def forward(self, data):
            return self.inner(data.x, data.edge_index), None

    data = with_features(karate())
    assert attention_lens(OfData(), data).layers[0] == "inner.layers.0.conv"
    data.x = data.x.half()
    lens = attention_lens(model(GPS).half(), data)
    assert lens.attention().sum(axis=1) == pytest.approx(1, abs=0.01)


def test_a_head_is_drawn_once_however_it_is_chosen(lens, monkeypatch):
    drawn = []
    whole = lab_module.views.show_matrix
    monkeypatch.setattr(
        lab_module.views,
        "show_matrix",
        lambda known, canvas, shown: (
            drawn.append((shown.layer, shown.head)) or whole(known, canvas, shown)
        ),
    )
    lens.show(2, 1)
    lens.layer = 1
    lens.head = 0
    lens.pictures["maps"].selected = [2, 3]
    assert drawn == [(2, 1), (1, 1), (1, 0), (2, 3)]


def test_a_node_that_looks_nowhere_has_no_invented_scale():
    """One number, not 0 to 1, where all values are 0."""
    data = with_features(Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=4))

    class Edges(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = GATConv(5, 2, add_self_loops=False)

        def forward(self, x, edge_index):
            return self.conv(x, edge_index)

    lens = attention_lens(Edges(), data)
    lens.node = 3
    assert lens.pictures["graph"].color_range == [0.0, 0.0]
    assert (colors(lens) == 0).all()
    assert lens.shown()["status"] == "3 looks at: nobody; itself 0."
    lens.close()
    none = with_features(Data(edge_index=torch.empty(2, 0, dtype=torch.int64), num_nodes=3))
    lens = attention_lens(Edges(), none)
    assert lens.pictures["matrix"].value_range == [0.0, 0.0]
    lens.close()


def test_the_legend_of_the_mean_has_room(lens):
    assert len(lens.pictures["graph"].color_label) <= 26  # 160 pixels of its smallest letters


def test_code_tells_what_was_chosen(lens):
    lens.show(2, 1)
    lens.node = 5
    told = lens.code().splitlines()
    assert told[0] == "from workbench.widgets import attention_lens"
    assert told[2:] == [
        "lab = attention_lens(model, data)",
        "lab.layer = 2",
        "lab.head = 1",
        "lab.node = 5",
    ]


def test_inputs_reach_the_model():
    net, data = model(GPS, local="gine", edge_channels=2), with_features(karate())
    attr = torch.ones(data.edge_index.size(1), 2)
    by_hand = run(net, data, {"edge_attr": attr})
    data.edge_attr = attr
    assert torch.equal(by_hand.dense(), run(net, data, {}).dense())


def test_what_cannot_be_shown_says_why():
    with pytest.raises(ValueError, match="no submodule of GCN"):
        attention_lens(model(GCN), with_features(karate()))
    with pytest.raises(ValueError, match="no node features x") as caught:
        attention_lens(model(), karate())
    assert caught.value.__suppress_context__  # the model's own complaint adds nothing
    with pytest.raises(TooLargeError, match=r"2,000 nodes.*on_edges"):
        attention_lens(model(GAT), with_features(ring(2000)))


def test_pictures_and_files(lens, tmp_path):
    assert lens.picture("svg").lstrip().startswith(b"<?xml")
    for name in ("lens.png", "lens.svg", "lens.html"):
        assert lens.save(tmp_path / name).stat().st_size > 1000
    with pytest.raises(ValueError, match=r"got 'lens\.txt'"):
        lens.save(tmp_path / "lens.txt")
    with pytest.raises(ValueError, match="got 'gif'"):
        lens.picture("gif")
    figure = lens.figure()
    assert isinstance(figure, go.Figure)
    assert [note.text for note in figure.layout.annotations] == list(lens.maps)
