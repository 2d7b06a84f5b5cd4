"""What the expressivity lab shows of its state: functions from the state to buffers."""

from collections.abc import Mapping

import ipywidgets
import numpy as np

from workbench.diagnostics.expressivity.graph_pair import GraphPair
from workbench.diagnostics.expressivity.pair_coloring import PairColoring
from workbench.figures import coloring_picture
from workbench.figures.coloring import SAFE_CLASSES, class_table
from workbench.widgets.canvas.color_rounds import ColorRounds
from workbench.widgets.canvas.graph_canvas import NEVER, GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MISSING, MatrixCanvas
from workbench.widgets.expressivity.drawn_pair import DrawnPair
from workbench.widgets.expressivity.test_texts import text_of
from workbench.widgets.expressivity.words import item_name, verdict

#: All pairs of nodes are drawn up to here.
LARGEST_MATRIX = 300

#: Levels of a matrix cell; where there are more colors they repeat with the palette.
_LEVELS, _PERIOD = 255, 240


def new_pictures() -> dict[str, ipywidgets.Widget]:
    """Both graphs, their matrices, and the rounds that recolor them, by name."""
    found: dict[str, ipywidgets.Widget] = {}
    for which in "ab":
        found[which] = GraphCanvas(
            height=330,
            editable=False,
            classes=True,
            hides_picture=which == "a",
            file_prompt=f"open as graph {which}",
        )
    for which in "ab":
        found[f"matrix_{which}"] = MatrixCanvas(height=330, classes=True, title=which)
    found["rounds"] = ColorRounds(
        graph_a=found["a"],
        graph_b=found["b"],
        matrix_a=found["matrix_a"],
        matrix_b=found["matrix_b"],
    )
    return found


def show_pair(pair: DrawnPair, pictures: Mapping[str, ipywidgets.Widget]) -> None:
    """Send what does not change with the test."""
    for which, name in enumerate("ab"):
        canvas, matrix = pictures[name], pictures[f"matrix_{name}"]
        size = pair.sizes[which]
        source, target = pair.graphs[which].edge_index.cpu().numpy()
        ends = np.unique(np.sort(np.stack([source, target], axis=1), axis=1), axis=0)
        spans = np.zeros((len(ends), 4), dtype="<i4")
        spans[:, :2], spans[:, 3] = ends, NEVER
        with canvas.hold_sync(), matrix.hold_sync():
            canvas.picked = canvas.selection = matrix.selection = canvas.camera = []
            canvas.num_nodes = size
            canvas.positions = np.ascontiguousarray(pair.positions[which], "<f4").tobytes()
            canvas.spans = spans.tobytes()
            canvas.palette = matrix.palette = class_table()
            canvas.status = f"{name}: {pair.names[which]}, {size} nodes, {len(ends)} edges"
            canvas.color_range, canvas.color_label = [0.0, 255.0], "color"
            matrix.size = size if _has_matrix(pair) else 0


def show_colors(colored: PairColoring, pictures: Mapping[str, ipywidgets.Widget]) -> None:
    """Send every round of a test."""
    counts, drawn = colored.counts, _has_matrix(colored.pair)
    num_colors = counts.shape[2]
    pairs_counted = colored.pair_item is not None
    unit = "color" if num_colors < _LEVELS else f"color, modulo {_PERIOD},"
    said = text_of(colored.test).pairs if drawn else f"pairs are drawn up to {LARGEST_MATRIX} nodes"
    for which in "ab":
        matrix = pictures[f"matrix_{which}"]
        with matrix.hold_sync():
            matrix.title = f"{which}: {said}"
            matrix.unit = "class" if colored.distances is not None else unit
            matrix.missing = "not in the ego net" if pairs_counted else "not seen"
            matrix.rows, matrix.columns = ("u", "v") if pairs_counted else ("seen by", "node")
    nodes = [np.where(part >= 0, part, np.nan).astype("<f4") for part in colored.nodes]
    levels = [_levels(part) for part in colored.pairs] if drawn else [b"", b""]
    highest = max(int(part.max(initial=0)) for part in colored.nodes)
    found, rounds = colored.distinction.round, pictures["rounds"]
    with rounds.hold_sync():
        rounds.length, rounds.num_colors = colored.last, num_colors
        rounds.nodes_a, rounds.nodes_b = (part.tobytes() for part in nodes)
        rounds.pairs_a, rounds.pairs_b = levels
        rounds.counts = np.ascontiguousarray(counts, "<i4").tobytes()
        rounds.palette = class_table()
        rounds.items = item_name(colored)
        rounds.marks_pairs = pairs_counted and num_colors < _LEVELS
        rounds.numbered = highest >= SAFE_CLASSES
        rounds.witness = [colored.witness(0), colored.witness(1)]
        rounds.witness_from = -1 if found is None else found


def picture(colored: PairColoring, round: int, format: str) -> bytes:
    """Both graphs and the histogram after a round, as the bytes of a PNG, SVG or PDF file."""
    pair: DrawnPair = colored.pair
    found = colored.distinction.round
    late = found is not None and round >= found
    return coloring_picture(
        pair.positions,
        [data.edge_index.cpu().numpy() for data in pair.graphs],
        [part[round] for part in colored.nodes],
        colored.counts[round],
        titles=[f"{which}: {name}" for which, name in zip("ab", pair.names, strict=True)],
        marked=[colored.witness(which) if late else [] for which in (0, 1)],
        title=f"{verdict(colored)} (drawn: round {round})",
        format=format,
    )


def _has_matrix(pair: GraphPair) -> bool:
    return max(pair.sizes) <= LARGEST_MATRIX


def _levels(pairs: np.ndarray) -> bytes:
    levels = np.where(pairs < _LEVELS, pairs, pairs % _PERIOD)
    return np.where(pairs < 0, MISSING, levels).astype(np.uint8).tobytes()
