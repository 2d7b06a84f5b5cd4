"""Colors of classes and the still picture of a pair."""

import numpy as np
import pytest

from workbench.figures import coloring_picture
from workbench.figures.coloring import CLASS_COLORS, SAFE_CLASSES, readable_on

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
RING = np.array([[0, 1, 2, 3], [1, 2, 3, 0]])


def linear(color: str) -> np.ndarray:
    channel = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def perceived(color: str, simulate: np.ndarray) -> np.ndarray:
    """OKLab of a color through a matrix on linear light."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(cones @ np.clip(simulate @ linear(color), 0, 1))


# Machado, Oliveira and Fernandes 2009, severity 1
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)


@pytest.mark.parametrize("eyes", [np.eye(3), DEUTERANOPIA, PROTANOPIA])
@pytest.mark.parametrize(("count", "apart"), [(SAFE_CLASSES, 0.07), (len(CLASS_COLORS), 0.06)])
def test_colors_stay_apart_for_all_eyes(eyes, count, apart):
    # 0.02 in OKLab is about what can just be seen side by side
    seen = np.array([perceived(color, eyes) for color in CLASS_COLORS[:count]])
    distance = np.linalg.norm(seen[:, None] - seen, axis=2) + 9 * np.eye(count)
    assert distance.min() > apart


def test_text_is_black_on_bright_and_white_on_dark():
    assert readable_on("#F0E442") == "#000"
    assert readable_on("#0072B2") == "#fff"


@pytest.mark.parametrize(
    ("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_a_picture_of_two_graphs(format, start):
    colors = np.array([0, 1, 0, -1]), np.array([0, 1, 12, 1])
    counts = np.zeros((2, 60), dtype=int)
    counts[0, :55], counts[1, 10:] = 1, 2
    arguments = [SQUARE, SQUARE], [RING, RING], colors, counts
    made = coloring_picture(*arguments, marked=([0], []), title="a pair", format=format)
    assert made.startswith(start)
    assert made == coloring_picture(
        *arguments, marked=([0], []), title="a pair", format=format
    )  # the same bytes


def test_graphs_without_edges_or_counts():
    nothing = np.zeros((2, 0), dtype=int)
    assert coloring_picture(
        [SQUARE[:1], SQUARE], [nothing, RING], [[0], [0] * 4], np.array([[1], [4]])
    )


def test_another_format():
    with pytest.raises(ValueError, match="'png' or 'svg' or 'pdf', got 'gif'"):
        coloring_picture([SQUARE] * 2, [RING] * 2, [[0] * 4] * 2, [[4], [4]], format="gif")
