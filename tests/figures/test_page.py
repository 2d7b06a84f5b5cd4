"""The page of a report: what is drawn where, and nothing from elsewhere."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from workbench.figures.page import DRAWN_EDGES, DRAWN_NODES, graph_svg, report_page


def circles(svg: str) -> np.ndarray:
    """Centers of the nodes, in order."""
    found = re.findall(r'class="node" cx="([-\d.]+)" cy="([-\d.]+)"', svg)
    return np.array(found, dtype=float)


def test_the_drawing_is_scaled_evenly_and_y_points_up():
    svg = graph_svg([[0, 0], [2, 0], [2, 1]], [[0, 1], [1, 2]], width=300, height=300)
    at = circles(svg)
    assert at[1, 0] - at[0, 0] == pytest.approx(2 * (at[1, 1] - at[2, 1]), abs=0.2)
    assert (at.min(axis=0) >= 0).all()
    assert (at.max(axis=0) <= 300).all()


def test_each_undirected_edge_is_drawn_once():
    edges = np.array([[0, 1, 1, 2, 2, 2], [1, 0, 2, 1, 2, 1]])
    svg = graph_svg(np.random.default_rng(0).normal(size=(3, 2)), edges)
    (path,) = re.findall(r'class="edge"[^>]* d="([^"]*)"', svg)
    assert path.count("M") == 2


def test_the_marked_pair_joins_its_two_nodes():
    svg = graph_svg([[0, 0], [1, 0], [1, 1]], [[0, 1], [1, 2]], pair=(0, 2), edge=(1, 2))
    at = circles(svg)
    ends = re.search(r'class="pair"[^>]* d="M([-\d.]+) ([-\d.]+)L([-\d.]+) ([-\d.]+)"', svg)
    assert [float(x) for x in ends.groups()] == pytest.approx([*at[0], *at[2]], abs=0.11)
    assert svg.count('class="end"') == 2
    assert svg.count('class="hot"') == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_graphs_are_drawn(count):
    svg = graph_svg(np.zeros((count, 2)), np.zeros((2, 0), dtype=int))
    ElementTree.fromstring(svg)
    assert svg.count('class="node"') == count
    assert "nan" not in svg


def test_a_large_graph_is_sampled():
    count = 3 * DRAWN_NODES
    walk = np.arange(count)
    pos = np.stack([np.cos(walk), np.sin(walk)], axis=1)
    svg = graph_svg(pos, np.stack([walk[:-1], walk[1:]]))
    assert len(circles(svg)) <= DRAWN_NODES
    (path,) = re.findall(r'class="edge"[^>]* d="([^"]*)"', svg)
    assert path.count("M") <= DRAWN_EDGES


def test_what_comes_in_is_text_on_the_page():
    svg = graph_svg([[0, 0], [1, 1]], [[0], [1]], pair=(0, 1), names=["<i>", '"&'])
    rows = [("<b>", "1 & 2", "exact", "<script>")]
    page = report_page("a < b", "c > d", rows, svg, "<u>")
    for tag in ("<b>", "<script", "<u>", "<i>"):
        assert tag not in page
    ElementTree.fromstring(svg)
    assert "a &lt; b" in page


def test_the_page_names_no_other_machine():
    page = report_page("t", "i", [("n", "1", "exact", "m")], graph_svg([[0, 0]], [[], []]), "c")
    assert "//" not in page
    assert "prefers-color-scheme: dark" in page
