import numpy as np
import plotly.graph_objects as go
import pytest

from workbench import figures
from workbench.figures import (
    attention_bars,
    attention_maps,
    blind_spot_figure,
    brec_cells,
    brec_table_figure,
    decay_curves,
    decay_panels,
    graph_figure,
    heatmaps,
    influence_bars,
    interval_figure,
    picture,
    tape_curves,
    training_curves,
)
from workbench.figures.graph import edge_difference, segments

POSITIONS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
RING = np.array([[0, 1, 2, 3, 1, 2, 3, 0], [1, 2, 3, 0, 0, 1, 2, 3]])
# the ring without edge (2, 3) and with the diagonal (0, 2)
EDITED = np.array([[0, 1, 0, 0, 0], [1, 2, 3, 2, 0]])


def test_edge_difference_ignores_direction_loops_and_repeats():
    kept, added, removed = edge_difference(RING, EDITED)
    assert kept.T.tolist() == [[0, 1], [0, 3], [1, 2]]
    assert added.T.tolist() == [[0, 2]]
    assert removed.T.tolist() == [[2, 3]]


def test_segments_are_separated_by_gaps():
    x, y = segments(POSITIONS, np.array([[0, 1], [1, 2]]))
    np.testing.assert_array_equal(x, [0, 1, np.nan, 1, 1, np.nan])
    np.testing.assert_array_equal(y, [0, 0, np.nan, 0, 1, np.nan])


def test_graph_figure_draws_each_edge_once_and_links_the_views():
    figure = graph_figure(POSITIONS, RING, EDITED, node_values=np.arange(8).reshape(2, 4))
    by_name = {(t.name, t.xaxis): t for t in figure.data if t.mode == "lines"}
    assert len(by_name["edge", "x"].x) == 3 * 4
    assert len(by_name["edge", "x2"].x) == 3 * 3
    assert len(by_name["added", "x2"].x) == len(by_name["removed", "x2"].x) == 3
    assert figure.layout.xaxis2.matches == "x"
    assert figure.layout.coloraxis.colorscale is not None


def test_heatmaps_share_one_scale_and_leave_infinity_blank():
    matrix = np.array([[0.0, np.inf], [2.0, 1.0]])
    figure = heatmaps([matrix, 2 * matrix], ["a", "b"], order=[1, 0])
    assert [t.coloraxis for t in figure.data] == ["coloraxis", "coloraxis"]
    np.testing.assert_array_equal(figure.data[0].z, [[1, 2], [np.nan, 0]])
    logarithm = heatmaps([matrix], ["a"], log=True).data[0].z
    np.testing.assert_allclose(logarithm, [[np.nan, np.nan], [np.log10(2), 0]])


def test_training_curves_show_each_seed_and_the_mean():
    figure = training_curves([[3, 2, 1], [1, 2]], [[5, 5]])
    means = [t for t in figure.data if t.showlegend is not False]
    np.testing.assert_allclose(means[0].y, [2, 2])
    np.testing.assert_allclose(means[1].y, [5, 5])
    assert len(figure.data) == 5
    assert len(training_curves([], []).data) == 0


def test_decay_band_stays_positive_on_its_logarithmic_axis():
    figure = decay_curves({"before": ([1, 2], [1.0, 0.1], [0.4, 0.2])})
    assert min(figure.data[0].y) > 0
    assert figure.layout.yaxis.type == "log"


def test_other_curves():
    assert len(tape_curves({"R": {"gtr": [3, 2], "fosr": [3, 1]}}, position=1).data) == 2
    figure = interval_figure({"gtr": (0.1, -0.1, 0.3)})
    assert figure.data[0].error_x.array[0] == pytest.approx(0.2)


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
@pytest.mark.parametrize("nodes", [1, 4])
def test_picture_is_an_image_that_asks_nothing_of_the_network(format, nodes):
    positions = POSITIONS[:nodes]
    ring = RING if nodes == 4 else np.zeros((2, 0), dtype=int)
    edited = EDITED if nodes == 4 else ring
    matrix = np.full((nodes, nodes), np.inf)
    values = np.full((2, nodes), 3.0)
    out = picture(positions, ring, edited, node_values=values, matrix=matrix, format=format)
    if format == "png":
        assert out[:8] == b"\x89PNG\r\n\x1a\n"
    elif format == "pdf":
        assert out[:5] == b"%PDF-"
        assert b"/FontFile2" in out  # the font travels with it
    else:
        assert b"<svg" in out
        assert b'href="http' not in out
    assert out == picture(positions, ring, edited, node_values=values, matrix=matrix, format=format)


def test_picture_refuses_other_formats():
    with pytest.raises(ValueError, match="'jpg'"):
        picture(POSITIONS, RING, RING, format="jpg")


def test_figures_are_plotly():
    assert isinstance(graph_figure(POSITIONS, RING, RING), go.Figure)


ROW = {
    "method": "1-wl",
    "mode": "exact",
    "seeds": [],
    "sizes": {"a": 2},
    "by_subset": {"a": 0},
    "distinguished": 0,
    "of": 2,
    "cells": "nn",
}
FIGURES = {
    "graph": lambda: graph_figure(POSITIONS, RING, EDITED),
    "matrices": lambda: heatmaps([np.eye(2)], ["a"]),
    "training": lambda: training_curves([[1.0]], [[1.0]]),
    "decay": lambda: decay_curves({"a": ([1, 2], [1.0, 0.1], [0.1, 0.1])}),
    "tape": lambda: tape_curves({"R": {"gtr": [1, 2]}}),
    "interval": lambda: interval_figure({"gtr": (0.1, 0.0, 0.2)}),
    "influence": lambda: influence_bars({"GCN": [0.5, 0.5]}),
    "maps": lambda: attention_maps({"entropy": np.eye(2)}, ["a", "b"]),
    "bars": lambda: attention_bars([0, 1], [0, 1], [0.5, 0.5], [0.5, 0.5]),
    "panels": lambda: decay_panels({"hops": {"a": ([1, 2], [1.0, 0.1], [0.1, 0.1])}}),
    "cells": lambda: brec_cells({"1-wl": "nn"}, ["a", "a"]),
    "table": lambda: brec_table_figure([ROW]),
    "blind": lambda: blind_spot_figure(
        curvature=np.ones(2),
        sensitivity=np.ones(2),
        squashed=np.ones(2, bool),
        detected=np.zeros(2, bool),
        threshold=np.array(1.0),
        measure="Forman",
        among="edges",
        pairs=np.zeros((2, 2), int),
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_offers_to_send_itself_to_a_cloud(name):
    layout = FIGURES[name]().layout
    assert "sendChartToCloud" in layout.template.layout.modebar.remove


def test_every_figure_is_asked_about():
    made = {name for name in figures.__all__ if "picture" not in name}
    assert made == {name for make in FIGURES.values() for name in make.__code__.co_names} & made
