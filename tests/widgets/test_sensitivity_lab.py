"""The sensitivity lab without a browser: set a value, read what the canvases are told."""

import math
import threading
import time

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv

from workbench.diagnostics import (
    TooLargeError,
    balanced_forman,
    blind_pairs,
    blind_spots,
    hop_distance,
    jacobian_range,
    sensitivity,
    sensitivity_decay,
)
from workbench.graphs import grid, karate, ring
from workbench.models import GCN
from workbench.widgets.sensitivity import lab as lab_module
from workbench.widgets.sensitivity.lab import sensitivity_lab
from workbench.widgets.sensitivity.sensitivities import HOPS, RESISTANCE
from workbench.widgets.sensitivity.state import REACHED


def with_features(data, channels=5):
    data.x = torch.randn(data.num_nodes, channels, generator=torch.Generator().manual_seed(0))
    return data


def model(num_layers=4, seed=0):
    torch.manual_seed(seed)
    return GCN(5, 8, 3, num_layers=num_layers).eval()


@pytest.fixture
def lab():
    lab = sensitivity_lab({"deep": model(), "shallow": model(2, seed=1)}, with_features(karate()))
    assert lab.wait(60)  # the matrix comes from a thread
    yield lab
    lab.close()


def expected(num_layers=4, seed=0, norm="frobenius"):
    data = with_features(karate())
    return sensitivity(model(num_layers, seed), data.x, data.edge_index, norm=norm).numpy()


def drawn(lab):
    """The matrix as the canvas shows it, by node; nan where there is no influence."""
    order = np.frombuffer(lab.pictures["matrix"].order, "<i4")
    size = lab.pictures["matrix"].size
    levels = np.frombuffer(lab.pictures["matrix"].values, np.uint8).reshape(size, size)
    low, high = lab.pictures["matrix"].value_range
    t = levels / 254
    values = low * (high / low) ** t if lab.pictures["matrix"].log_scale else low + t * (high - low)
    found = np.empty_like(values)
    found[np.ix_(order, order)] = np.where(levels == 255, np.nan, values)
    return found


def colors(lab):
    return np.frombuffer(lab.pictures["graph"].node_values, "<f4")


def red_pairs(lab):
    return np.frombuffer(lab.pictures["graph"].candidates, "<i4").reshape(-1, 3)


def test_the_matrix_is_what_the_library_computes(lab):
    np.testing.assert_allclose(lab.matrix, expected())
    assert not lab.pictures["matrix"].stale
    found, true = drawn(lab), expected()
    assert (np.isnan(found) == (true == 0)).all()
    some = true > 0
    ratio = lab.pictures["matrix"].value_range[1] / lab.pictures["matrix"].value_range[0]
    np.testing.assert_allclose(found[some], true[some], rtol=0.51 * np.log(ratio) / 254 + 1e-3)


def test_the_norm_is_computed_when_it_is_asked_for(lab):
    for norm in ("l1", "spectral", "frobenius"):
        lab.norm = norm
        assert lab.wait(60)
        np.testing.assert_allclose(lab.matrix, expected(norm=norm), rtol=1e-6)
        assert lab.controls["norm"].value == norm
    with pytest.raises(ValueError, match="norm must be one of frobenius, l1, spectral; got 'l2'"):
        lab.norm = "l2"


def test_a_switch_of_models_keeps_the_scale(lab):
    scale = list(lab.pictures["matrix"].value_range)
    lab.model = "shallow"
    lab.wait()
    np.testing.assert_allclose(lab.matrix, expected(2, 1))
    assert list(lab.pictures["matrix"].value_range) == scale
    assert lab.pictures["matrix"].title == "sensitivity, Frobenius norm, shallow"
    lab.scale = "linear"
    assert lab.pictures["matrix"].value_range[0] == 0
    assert not lab.pictures["matrix"].log_scale
    high = lab.pictures["matrix"].value_range[1]
    np.testing.assert_allclose(drawn(lab), expected(2, 1), atol=high / 250)


def test_the_chosen_node_colors_the_graph(lab, from_page):
    reach = jacobian_range(torch.from_numpy(lab.matrix), hop_distance(karate().edge_index, 34))
    np.testing.assert_allclose(colors(lab), reach.numpy(), rtol=1e-6)
    lab.scale, lab.node = "linear", 5
    np.testing.assert_allclose(colors(lab), lab.matrix[5], rtol=1e-6)
    lab.controls["view"].value = REACHED
    np.testing.assert_allclose(colors(lab), lab.matrix[:, 5], rtol=1e-6)
    lab.scale = "log"
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(colors(lab), np.log10(lab.matrix[:, 5]), rtol=1e-5)
    assert lab.pictures["graph"].color_label == "log10 sensitivity to 5"
    from_page(lab.pictures["matrix"], {"type": "click", "u": 7, "v": 9})
    assert lab.node == 7
    with pytest.raises(ValueError, match="node must be from 0 to 33, got 34"):
        lab.node = 34


def test_hovering_tells_both_ways(lab, from_page):
    from_page(lab.pictures["matrix"], {"type": "hover", "u": 3, "v": 9})
    assert f"sensitivity of 3 to 9: {lab.matrix[3, 9]:.3g}" in lab.pictures["matrix"].hint
    assert f"of 9 to 3: {lab.matrix[9, 3]:.3g}" in lab.pictures["matrix"].hint
    assert "2 hops, " in lab.pictures["matrix"].hint


def test_decay_is_that_of_the_library(lab):
    assert list(lab.decay) == [HOPS, RESISTANCE]
    plain = sensitivity_decay(torch.from_numpy(lab.matrix), hop_distance(karate().edge_index, 34))
    torch.testing.assert_close(lab.decay[HOPS].mean, plain.mean)
    assert len(lab.decay[RESISTANCE].mean) <= 13
    lines = [t for t in lab.decay_figure().data if t.name]
    assert [t.name for t in lines] == ["deep", "shallow", "deep", "shallow"]


def test_blind_spots_are_those_of_the_library_and_red(lab):
    data, matrix = karate(), torch.from_numpy(lab.matrix)
    curvature = balanced_forman(data.edge_index, 34)
    edges = blind_spots(data.edge_index, curvature, matrix)
    assert torch.equal(lab.blind_spots.missed_pairs, edges.missed_pairs)
    undirected = {tuple(sorted(pair)) for pair in edges.missed_pairs.T.tolist()}
    assert {tuple(row[:2]) for row in red_pairs(lab).tolist()} == undirected
    assert (
        lab.pictures["graph"].methods[red_pairs(lab)[0, 2]]
        == "squashed, and missed by balanced Forman"
    )
    assert f"MOSR {float(edges.rate):.3f}" in lab.shown()["summary"]
    lab.among = "pairs"
    lab.wait()
    pairs = blind_pairs(data.edge_index, 34, curvature, matrix)
    assert torch.equal(lab.blind_spots.missed_pairs, pairs.missed_pairs)
    lab.node = int(pairs.missed_pairs[1, 0])
    assert (red_pairs(lab)[:, :2] == lab.node).any(axis=1).all()
    lab.curvature = "none"
    lab.wait()
    assert lab.blind_spots is None
    assert not len(red_pairs(lab))
    with pytest.raises(ValueError, match=r"set lab\.curvature to one of balanced Forman"):
        lab.blind_figure()
    with pytest.raises(ValueError, match="curvature must be one of none, balanced Forman"):
        lab.curvature = "Ricci"


@pytest.mark.slow
def test_every_curvature_draws(lab):
    for title in list(lab.state.choices("curvature").values())[1:]:
        for among in ("edges", "pairs"):
            lab.curvature, lab.among = title, among
            assert lab.wait(60)
            assert not lab.shown()["wrong"], lab.shown()["status"]
            assert lab.shown()["panels"].count("<svg") == 3
            assert isinstance(lab.blind_figure(), go.Figure)


def test_a_model_trained_on_is_read_again():
    net = model()
    lab = sensitivity_lab(net, with_features(karate()))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.1)
    np.testing.assert_allclose(lab.matrix, expected())
    lab.refresh()
    assert lab.wait(60)
    data = with_features(karate())
    np.testing.assert_allclose(lab.matrix, sensitivity(net, data.x, data.edge_index).numpy())
    lab.close()


def test_your_own_module_and_what_goes_wrong_in_it():
    class Own(nn.Module):
        def __init__(self, wrong=False):
            super().__init__()
            self.conv, self.wrong = GCNConv(5, 3), wrong

        def forward(self, x, edge_index):
            out = self.conv(x, edge_index)
            return (out, None) if self.wrong else out

    data = with_features(karate())
    good = sensitivity_lab(Own(), data)
    assert good.matrix.shape == (34, 34)
    good.close()
    bad = sensitivity_lab(Own(wrong=True), data)
    assert "the model returned a tuple, not a tensor" in bad.shown()["status"]
    assert bad.shown()["wrong"]
    assert bad.pictures["matrix"].size == 0
    assert not bad.pictures["matrix"].stale
    assert bad.controls["stop"].disabled
    with pytest.raises(RuntimeError, match="there is no sensitivity of Own: ValueError"):
        _ = bad.matrix
    assert bad.picture().startswith(b"\x89PNG")
    bad.close()
    mended = sensitivity_lab(Own(wrong=True), data, readout=lambda output: output[0])
    assert mended.matrix.shape == (34, 34)
    mended.close()


def test_warnings_of_the_model_are_said():
    class Deaf(nn.Module):
        def forward(self, x, edge_index):
            return torch.ones_like(x)

    lab = sensitivity_lab(Deaf(), with_features(karate()))
    assert "no gradient reaches x" in lab.shown()["status"]
    assert "nothing reaches any node" in lab.shown()["summary"]
    lab.close()


class Slow(nn.Module):
    """A backward pass takes 50 ms; after ``free`` of them, they wait for ``go_on``."""

    def __init__(self):
        super().__init__()
        self.passes, self.free = [], math.inf
        self.waits, self.go_on = threading.Event(), threading.Event()

    def forward(self, x, edge_index):
        x = x * 1.0
        x.register_hook(self._count)
        return x.sum(1, keepdim=True) * torch.ones(1, 40)

    def _count(self, gradient):
        self.passes.append(None)
        time.sleep(0.05)
        if len(self.passes) > self.free:
            self.waits.set()
            assert self.go_on.wait(60)


def test_long_work_is_told_before_and_stops_at_once_and_goes_on(monkeypatch):
    monkeypatch.setattr(lab_module, "PATIENCE", 0.0)
    model = Slow()
    lab = sensitivity_lab(model, with_features(ring(200)), curvature="none")
    assert lab.wait(60)
    assert "Press Compute" in lab.shown()["progress"]
    assert not lab.controls["compute"].disabled
    assert lab.pictures["matrix"].stale
    with pytest.raises(RuntimeError, match="not computed yet"):
        _ = lab.matrix
    done = lab.shown()["rows"]
    model.free = len(model.passes) + 8
    lab.controls["compute"].click()
    assert model.waits.wait(60)
    lab.controls["stop"].click()
    passes = len(model.passes)
    model.go_on.set()
    assert lab.wait(60)
    assert "stopped at row" in lab.shown()["progress"]
    # what was begun is ended, and nothing more
    assert len(model.passes) <= passes + 4 * torch.get_num_threads()
    assert done <= lab.shown()["rows"] < 200
    assert not lab.controls["compute"].disabled
    lab.close()


def test_odd_graphs():
    none = torch.empty(2, 0, dtype=torch.int64)
    lonely = with_features(Data(edge_index=none, num_nodes=3))
    one_way = with_features(Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=4))
    single = with_features(Data(edge_index=none, num_nodes=1))
    loops = with_features(Data(edge_index=torch.tensor([[0, 0, 1], [0, 1, 0]]), num_nodes=2))
    for data in (lonely, one_way, single, loops):
        lab = sensitivity_lab(model(), data)
        lab.node = 0
        for among in ("edges", "pairs"):
            lab.among = among
            assert lab.wait(60)
            assert lab.matrix.shape == (data.num_nodes,) * 2
            assert (RESISTANCE in lab.decay) == (data is not one_way)
        assert lab.picture().startswith(b"\x89PNG")
        lab.close()


def test_what_cannot_be_shown_says_why():
    with pytest.raises(ValueError, match="no node features x"):
        sensitivity_lab(model(), karate())
    with pytest.raises(TooLargeError, match=r"1,600 nodes.*influence_by_hop"):
        sensitivity_lab(model(), with_features(grid(40, 40)))
    with pytest.raises(TypeError, match="Module"):
        sensitivity_lab({"a": "b"}, with_features(karate()))
    with pytest.raises(ValueError, match="give at least one model"):
        sensitivity_lab({}, with_features(karate()))
    with pytest.raises(ValueError, match="curvature must be one of"):
        sensitivity_lab(model(), with_features(karate()), curvature="x")


def test_pictures_and_files(lab, tmp_path):
    assert lab.picture("svg").lstrip().startswith(b"<?xml")
    for name in ("lab.png", "lab.svg", "lab.html", "lab.npy"):
        assert lab.save(tmp_path / name).stat().st_size > 1000
    np.testing.assert_array_equal(np.load(tmp_path / "lab.npy"), lab.matrix)
    with pytest.raises(ValueError, match=r"got 'lab\.txt'"):
        lab.save(tmp_path / "lab.txt")
    assert isinstance(lab.figure(), go.Figure)
