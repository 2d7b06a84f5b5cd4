"""The page of a report: what is drawn where, and nothing from elsewhere."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from workbench.figures.drawing import DRAWN_EDGES, DRAWN_NODES, drawing_svg
from workbench.figures.page import CardLine, Section, report_body, report_page
from workbench.figures.sparklines import bars_svg, lines_svg


def circles(svg: str) -> np.ndarray:
    """Centers of the nodes, in order."""
    found = re.findall(r'class="node" cx="([-\d.]+)" cy="([-\d.]+)"', svg)
    return np.array(found, dtype=float)


def test_the_drawing_is_scaled_evenly_and_y_points_up():
    svg = drawing_svg([[0, 0], [2, 0], [2, 1]], [[0, 1], [1, 2]], width=300, height=300)
    at = circles(svg)
    assert at[1, 0] - at[0, 0] == pytest.approx(2 * (at[1, 1] - at[2, 1]), abs=0.2)
    assert (at.min(axis=0) >= 0).all()
    assert (at.max(axis=0) <= 300).all()


def test_each_undirected_edge_is_drawn_once():
    edges = np.array([[0, 1, 1, 2, 2, 2], [1, 0, 2, 1, 2, 1]])
    svg = drawing_svg(np.random.default_rng(0).normal(size=(3, 2)), edges)
    (path,) = re.findall(r'class="edge"[^>]* d="([^"]*)"', svg)
    assert path.count("M") == 2


def test_the_marked_pair_joins_its_two_nodes_and_places_are_numbered():
    marks = [np.array([[1], [2]]), np.array([[0], [1]])]
    svg = drawing_svg([[0, 0], [1, 0], [1, 1]], [[0, 1], [1, 2]], pairs=[[0], [2]], marks=marks)
    at = circles(svg)
    ends = re.search(r'class="pair"[^>]* d="M([-\d.]+) ([-\d.]+)L([-\d.]+) ([-\d.]+)"', svg)
    assert [float(x) for x in ends.groups()] == pytest.approx([*at[0], *at[2]], abs=0.11)
    assert svg.count('class="end"') == 2
    first = re.search(r'class="mark place-1"[^>]* d="M([-\d.]+) ([-\d.]+)L', svg)
    assert [float(x) for x in first.groups()] == pytest.approx([*at[1]], abs=0.11)
    assert svg.count('class="badge') == 2


def test_badges_at_one_place_stand_apart():
    same = np.array([[0], [1]])
    svg = drawing_svg([[0, 0], [1, 0]], [[0], [1]], marks=[same, same, same])
    spots = re.findall(r'class="badge[^>]*><circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert len(set(spots)) == 3


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_graphs_are_drawn(count):
    svg = drawing_svg(np.zeros((count, 2)), np.zeros((2, 0), dtype=int))
    ElementTree.fromstring(svg)
    assert svg.count('class="node"') == count
    assert "nan" not in svg


def test_a_large_graph_is_sampled():
    count = 3 * DRAWN_NODES
    walk = np.arange(count)
    pos = np.stack([np.cos(walk), np.sin(walk)], axis=1)
    svg = drawing_svg(pos, np.stack([walk[:-1], walk[1:]]))
    assert len(circles(svg)) <= DRAWN_NODES
    (path,) = re.findall(r'class="edge"[^>]* d="([^"]*)"', svg)
    assert path.count("M") <= DRAWN_EDGES


def body(**changes) -> str:
    """A report of one of each part."""
    parts = {
        "card": ("likely", "because", [CardLine("for", "n", "1", "exact", "why")], "trust"),
        "drawing": drawing_svg([[0, 0]], [[], []]),
        "caption": "c",
        "places": ["one"],
        "sections": [Section("s", [("n", "1", "exact", "m")])],
    }
    return report_body("t", "i", **(parts | changes))


def test_what_comes_in_is_text_on_the_page():
    svg = drawing_svg([[0, 0], [1, 1]], [[0], [1]], pairs=[[0], [1]], names=["<i>", '"&'])
    ElementTree.fromstring(svg)
    text = body(
        card=("doubtful", "<em>", [CardLine("open", "<q>", "<q>", "<q>", "<q>")], "<q>"),
        drawing=svg,
        caption="<u>",
        places=["<s>"],
        sections=[Section("<sub>", [("<b>", "1 & 2", "exact", "<script>")])],
        left_out=["<sup>"],
    )
    for tag in ("<em>", "<q>", "<u>", "<s>", "<sub>", "<b>", "<script", "<sup>", "<i>"):
        assert tag not in text
    assert "1 &amp; 2" in text


def test_the_page_names_no_other_machine():
    page = report_page("t", body())
    assert "//" not in page
    assert "prefers-color-scheme: dark" in page


def test_every_rule_stays_inside_the_report():
    """A notebook around it keeps its own look."""
    style = re.search(r"<style>(.*?)</style>", body(), re.S)[1]
    rules = re.findall(r"([^{}]+)\{", re.sub(r"@media[^{]*\{", "", style))
    selectors = [part.strip() for rule in rules for part in rule.split(",")]
    assert all(part.startswith(".gw-report") for part in selectors if part), selectors


def test_charts_are_well_formed_and_scaled_from_zero():
    bars = bars_svg([1.0, 4.0, 0.0], [0.1, 0.2, float("nan")], unit="<hops>")
    ElementTree.fromstring(bars)
    heights = [float(h) for h in re.findall(r'class="bar"[^>]* height="([\d.]+)"', bars)]
    assert heights[1] == pytest.approx(4 * heights[0], rel=0.01)
    assert heights[2] == 0
    lines = lines_svg({"a": [1.0, float("nan"), 0.5]}, ["encoder", "layers.0", "layers.1"])
    ElementTree.fromstring(lines)
    assert "nan" not in lines
    ElementTree.fromstring(bars_svg([]))
    ElementTree.fromstring(lines_svg({"a": []}, []))
