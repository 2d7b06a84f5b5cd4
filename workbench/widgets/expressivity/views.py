"""What the expressivity lab shows of its state: functions from the state to buffers."""

from collections.abc import Sequence

import numpy as np

from workbench.figures import coloring_picture
from workbench.figures.coloring import SAFE_CLASSES, class_table
from workbench.widgets.canvas.color_rounds import ColorRounds
from workbench.widgets.canvas.graph_canvas import NEVER, GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MISSING, MatrixCanvas
from workbench.widgets.expressivity.state import LARGEST_MATRIX, Colored, Pair
from workbench.widgets.expressivity.words import item_name, verdict

#: Levels of a matrix cell; where there are more colors they repeat with the palette.
_LEVELS, _PERIOD = 255, 240


def show_pair(pair: Pair, graphs: Sequence[GraphCanvas], matrices: Sequence[MatrixCanvas]) -> None:
    """Send what does not change with the test."""
    for which, (canvas, matrix) in enumerate(zip(graphs, matrices, strict=True)):
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
            canvas.status = f"{'ab'[which]}: {pair.names[which]}, {size} nodes, {len(ends)} edges"
            canvas.color_range, canvas.color_label = [0.0, 255.0], "color"
            matrix.size = size if max(pair.sizes) <= LARGEST_MATRIX else 0


def show_colors(colored: Colored, rounds: ColorRounds, matrices: Sequence[MatrixCanvas]) -> None:
    """Send every round of a test."""
    counts, text = colored.counts, colored.text
    num_colors = counts.shape[2]
    pairs_counted = text.pair is not None
    unit = "color" if num_colors < _LEVELS else f"color, modulo {_PERIOD},"
    for matrix, which in zip(matrices, "ab", strict=True):
        drawn = colored.pairs[0] is not None
        with matrix.hold_sync():
            said = text.pairs if drawn else f"pairs are drawn up to {LARGEST_MATRIX} nodes"
            matrix.title = f"{which}: {said}"
            matrix.unit = "class" if colored.distances is not None else unit
            matrix.missing = "not in the ego net" if pairs_counted else "not seen"
            matrix.rows, matrix.columns = ("u", "v") if pairs_counted else ("seen by", "node")
    nodes = [np.where(part >= 0, part, np.nan).astype("<f4") for part in colored.nodes]
    levels = [_levels(part) for part in colored.pairs]
    highest = max(int(part.max(initial=0)) for part in colored.nodes)
    found = colored.distinction.round
    with rounds.hold_sync():
        rounds.length, rounds.num_colors = colored.last, num_colors
        # where the graphs part, or where nothing changes any more
        rounds.position = colored.last if found is None else found
        rounds.nodes_a, rounds.nodes_b = (part.tobytes() for part in nodes)
        rounds.pairs_a, rounds.pairs_b = levels
        rounds.counts = np.ascontiguousarray(counts, "<i4").tobytes()
        rounds.palette = class_table()
        rounds.items = item_name(colored)
        rounds.marks_pairs = pairs_counted and num_colors < _LEVELS
        rounds.numbered = highest >= SAFE_CLASSES
        rounds.witness = [colored.witness(0), colored.witness(1)]
        rounds.witness_from = -1 if found is None else found


def picture(colored: Colored, round: int, format: str = "png") -> bytes:
    """Both graphs and the histogram after a round, as the bytes of a PNG or SVG file."""
    pair, found = colored.pair, colored.distinction
    late = found.round is not None and round >= found.round
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


def _levels(pairs: np.ndarray | None) -> bytes:
    if pairs is None:
        return b""
    levels = np.where(pairs < _LEVELS, pairs, pairs % _PERIOD)
    return np.where(pairs < 0, MISSING, levels).astype(np.uint8).tobytes()
