"""Decay, blind spots and influence by hop: what the figures and the still pictures show."""

import re

import numpy as np
import pytest
import torch

from workbench.figures import (
    blind_spot_figure,
    blind_spot_picture,
    decay_curves,
    decay_panels,
    decay_picture,
    influence_bars,
    sensitivity_picture,
)
from workbench.figures.blind_spots import DRAWN_POINTS, detection_border, missed_sentence

CURVE = ([1.0, 2.0, 3.0], [1.0, 0.1, 0.0], [0.1, np.nan, 0.0])
BLIND = {
    "curvature": [-1.0, -0.5, 0.2, 0.4],
    "sensitivity": [0.1, 5.0, 0.05, 0.0],
    "squashed": [True, False, True, True],
    "detected": [True, True, False, False],
}
PATH = np.array([[0, 1], [1, 2]])
POSITIONS = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])


def test_a_model_has_one_color_and_one_place_in_the_legend_in_all_panels():
    figure = decay_panels({"hops": {"a": CURVE, "b": CURVE}, "ohm": {"b": CURVE, "a": CURVE}})
    lines = [t for t in figure.data if t.name]
    assert [t.name for t in lines if t.showlegend] == ["a", "b"]
    assert figure.layout.xaxis2.title.text == "ohm"
    assert figure.layout.yaxis2.matches == "y"
    assert figure.layout.yaxis.type == "log"


def test_what_a_logarithm_cannot_show_is_left_out():
    band, line = decay_curves({"a": CURVE}).data
    np.testing.assert_allclose(line.y, [1, 0.1])
    np.testing.assert_allclose(band.y, [1.2, 0.1, 0.1, 0.8])  # an error of nan has no band


def test_blind_spots_are_red_and_counted():
    figure = blind_spot_figure(
        **BLIND, threshold=[0.2] * 4, pairs=[[0, 1, 2, 3], [4, 5, 6, 7]], measure="Forman"
    )
    red = next(t for t in figure.data if t.name.startswith("squashed and missed"))
    assert red.name == "squashed and missed (2)"
    assert red.marker.color == "#D55E00"
    np.testing.assert_allclose(red.x, [0.2, 0.4])
    np.testing.assert_allclose(red.y, [0.05, 0.025])  # 0 at the lower end of the axis
    assert red.customdata.tolist() == [["from 2 to 6", "0.05"], ["from 3 to 7", "0"]]
    assert figure.layout.title.text == "Forman misses 2 of 3 squashed edges: MOSR 0.667"
    assert [(s.x0, s.y0) for s in figure.layout.shapes] == [(0, 0), (0, 0.2)]
    texts = {note.text: note.y for note in figure.layout.annotations}
    assert texts["squashed ↓"] == pytest.approx(np.log10(0.2))  # where plotly puts it on the line


def test_nothing_squashed_is_said():
    text = missed_sentence([False] * 3, [True] * 3, measure="Forman", among="pairs")
    assert text == "none of 3 pairs is squashed by Forman's threshold: no MOSR"


def test_the_border_of_detection():
    assert detection_border([-1, -0.5, 0, 2], [True, True, False, False]) == 0
    assert detection_border([-3, -2, -1], [True, False, False]) == -2.5
    assert detection_border([1, 2], [False, False]) == 0
    assert detection_border([1, 2], [True, True]) is None
    assert detection_border([], []) is None


def test_a_crowd_is_sampled_and_says_so():
    many = 3 * DRAWN_POINTS
    flags = np.zeros(many, dtype=bool)
    figure = blind_spot_figure(np.ones(many), np.ones(many), flags, flags)
    crowd = figure.data[0]
    assert len(crowd.x) == DRAWN_POINTS
    assert crowd.name == f"not squashed ({many:,}, {DRAWN_POINTS:,} drawn)"


def test_influence_bars_mark_the_range():
    figure = influence_bars(
        {"a": torch.tensor([1.0, 2.0]), "b": [2, 1]}, {"a": 0.5, "b": float("nan")}
    )
    assert [bar.name for bar in figure.data if bar.type == "bar"] == ["a", "b"]
    marks = [(mark.x[0], mark.text) for mark in figure.data if mark.type == "scatter"]
    assert marks == [(0.5, "range 0.50")]  # and none for what has no range
    assert len(influence_bars({}).data) == 0


@pytest.mark.parametrize("format", ["png", "svg"])
def test_stills_are_images_that_ask_nothing_of_the_network(format):
    def all_of_them():
        yield decay_picture({"hops": {"a": CURVE, "b": CURVE}}, format=format)
        yield decay_picture({"hops": {}}, format=format)
        yield blind_spot_picture(**BLIND, threshold=[0.2] * 4, format=format)
        none = {name: [] for name in BLIND}
        yield blind_spot_picture(**none, format=format)
        yield sensitivity_picture(
            POSITIONS,
            PATH,
            np.eye(3),
            node_values=[0, np.nan, 1],
            marked=[1],
            missed=[[0], [1]],
            decay={"hops": {"a": CURVE}},
            blind={**BLIND, "threshold": None, "measure": "Forman", "among": "edges"},
            format=format,
        )
        yield sensitivity_picture(POSITIONS, PATH, None, format=format)

    for one, again in zip(all_of_them(), all_of_them(), strict=True):
        assert one == again
        if format == "png":
            assert one[:8] == b"\x89PNG\r\n\x1a\n"
        else:
            assert b"<svg" in one
            assert not re.search(rb'href="http', one)


def test_stills_refuse_other_formats():
    for draw in (decay_picture, lambda p, **o: blind_spot_picture(**BLIND, **o)):
        with pytest.raises(ValueError, match="'jpg'"):
            draw({}, format="jpg")
    with pytest.raises(ValueError, match="'jpg'"):
        sensitivity_picture(POSITIONS, PATH, None, format="jpg")
