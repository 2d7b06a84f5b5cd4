"""The matrix of the rewiring lab: of all pairs, or among landmarks where that is too large."""

import numpy as np

from workbench.diagnostics import Stopped
from workbench.rewiring.tape.node_pairs import LANDMARKS, MATRICES, RESISTANCE
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.matrix_scale import Scale, shared_scale
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring.moment import Moment


def show_matrix(moment: Moment, canvas: MatrixCanvas, name: str, scale: str) -> None:
    """Send one of ``MATRICES`` at the current position, on one scale with the original graph."""
    start = moment.start
    if not start.pairs.dense:
        follows = name == RESISTANCE and start.pairs.landmarks() is not None
        if follows and canvas.size:
            return  # it greys until ``show_landmarks``
        computed = f"resistance among {LANDMARKS} landmark nodes is being computed"
        _show_none(canvas, computed if follows else start.pairs.too_large_text())
        return
    try:
        before, after, shared = scaled(moment, name, scale)
    except ValueError as error:  # such as gains beside weak links
        _show_none(canvas, f"{name} is not shown: {error}")
        return
    with canvas.hold_sync():
        canvas.size, canvas.title, canvas.unit = start.num_nodes, name, MATRICES[name][0]
        if not (_is_scaled(canvas, shared) and canvas.values_before):
            _put_scale(canvas, shared)
            canvas.values_before = _rows(before, shared, start.order)
        canvas.values = _rows(after, shared, start.order)
        canvas.values_position = moment.position


def show_landmarks(
    moment: Moment, canvas: MatrixCanvas, scale: str, should_stop: ShouldStop
) -> None:
    """On a large graph: resistance among its landmarks, on one scale with the original graph."""
    start = moment.start
    nodes = start.pairs.landmarks()
    if nodes is None:
        return
    try:
        before = start.pairs.among_landmarks((), should_stop)
        after = start.pairs.among_landmarks(moment.in_force, should_stop)
    except Stopped:
        return
    order = _spread(before)
    shared = shared_scale(before, after, logarithmic=scale == "log")
    with canvas.hold_sync():
        canvas.order = nodes.numpy()[order].astype("<i4").tobytes()
        canvas.title = f"resistance among {LANDMARKS} landmark nodes of {start.num_nodes:,}"
        canvas.size, canvas.unit = LANDMARKS, MATRICES[RESISTANCE][0]
        _put_scale(canvas, shared)
        canvas.values_before = _rows(before, shared, order)
        canvas.values = _rows(after, shared, order)
        canvas.values_position = moment.position


def scaled(moment: Moment, name: str, scale: str) -> tuple[np.ndarray, np.ndarray, Scale]:
    """One of ``MATRICES`` on the original graph and at the position, and their scale."""
    pairs = moment.start.pairs
    before, after = pairs.matrix(name), pairs.matrix(name, moment.in_force)
    return before, after, shared_scale(before, after, logarithmic=scale == "log")


def _show_none(canvas: MatrixCanvas, why: str) -> None:
    with canvas.hold_sync():
        canvas.size, canvas.values, canvas.values_before = 0, b"", b""
        canvas.unit, canvas.title = "", why


def _is_scaled(canvas: MatrixCanvas, scale: Scale) -> bool:
    ends = canvas.value_range, canvas.log_scale, canvas.clipped
    return ends == ([scale.low, scale.high], scale.logarithmic, [scale.below, scale.above])


def _put_scale(canvas: MatrixCanvas, scale: Scale) -> None:
    canvas.value_range, canvas.log_scale = [scale.low, scale.high], scale.logarithmic
    canvas.clipped = [scale.below, scale.above]


def _spread(resistance: np.ndarray) -> np.ndarray:
    """Rows component by component, the largest first, each along its widest direction."""
    component = np.isfinite(resistance).argmax(axis=1)  # the first row that is joined with it
    first, size = np.unique(component, return_counts=True)
    parts = [np.flatnonzero(component == first[at]) for at in np.argsort(-size, kind="stable")]
    return np.concatenate([part[_along(resistance[np.ix_(part, part)])] for part in parts])


def _along(resistance: np.ndarray) -> np.ndarray:
    """Rows sorted along the direction in which the resistances spread most."""
    mean = resistance.mean(axis=0)
    centered = resistance - mean - mean[:, None] + mean.mean()
    return np.argsort(np.linalg.eigh(-0.5 * centered)[1][:, -1], kind="stable")


def _rows(matrix: np.ndarray, scale: Scale, order: np.ndarray) -> bytes:
    """The levels of a matrix whose rows and columns are put in ``order``."""
    shown = np.frombuffer(scale.levels(matrix), np.uint8).reshape(matrix.shape)
    return shown.take(order, axis=0).take(order, axis=1).tobytes()
