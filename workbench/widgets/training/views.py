"""What the training panel shows of its runs: texts, tables and the sensitivity matrices."""

import html
from collections.abc import Sequence

import numpy as np

from workbench.training import PairedProgress
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.training.named_run import GraphKey, NamedRun

#: Sensitivity of all pairs is drawn up to this many nodes.
SENSITIVITY_NODES = 300
#: Said of a run whose two graphs are not those that the lab shows now.
CHANGED = "the graph has changed since"


def progress_text(paired: PairedProgress) -> str:
    """Which run, and how long it still takes."""
    left = "" if paired.seconds_left is None else f", {_duration(paired.seconds_left)} left"
    return f"run {paired.run + 1} of {paired.runs} ({paired.side}){left}"


def runs_html(kept: Sequence[NamedRun], shown: NamedRun, now: GraphKey) -> str:
    """All runs as a table, what they say of each graph side by side; below, the one that is shown.

    A run of other graphs than ``now`` is grey, and says so.
    """
    metric = html.escape(shown.tasks[0].metric)
    head = f"run|{metric} before|after|change|95 % interval|pairs".split("|")
    rows = "".join(_row(run, run is shown, run.key != now) for run in kept)
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        '<div class="workbench-runs"><table class="workbench-best">'
        f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{_result_html(shown)}"
    )


def show_sensitivities(canvas: MatrixCanvas, run: NamedRun) -> None:
    """Both matrices on one logarithmic scale; where there are none, the title says why."""
    if run.sensitivities is None:
        large = run.key[0] > SENSITIVITY_NODES
        with canvas.hold_sync():
            canvas.size, canvas.values, canvas.stale = 0, b"", False
            canvas.title = (
                f"sensitivity is drawn up to {SENSITIVITY_NODES} nodes; beyond, call "
                "sensitivity(model, x, edge_index, nodes=...)"
                if large
                else "sensitivity is drawn once a pair of runs has ended"
            )
        return
    before, after = (one.numpy() for one in run.sensitivities)
    high = max(float(before.max()), float(after.max())) or 1.0
    scale = (high * 1e-6, high)
    with canvas.hold_sync():
        canvas.size, canvas.value_range = len(before), list(scale)
        canvas.values_before = levels(before, scale, log_scale=True)
        canvas.values = levels(after, scale, log_scale=True)
        canvas.title = "sensitivity ‖∂h(row)/∂x(column)‖ after training"
        canvas.stale = False


def _row(run: NamedRun, is_shown: bool, is_old: bool) -> str:
    name = html.escape(run.name)
    if is_old:
        name += f" <small>({CHANGED})</small>"
    cells = ["–"] * 4 + ["0"]
    if run.has_pair:
        found = run.runs.comparison()
        means = (np.mean(scores) for scores in _scores(run).values())
        ends = f"{found.low:+.3f} to {found.high:+.3f}" if found.low < found.high else "no spread"
        change = f"{found.mean:+.3f}"
        cells = [*(f"{mean:.3f}" for mean in means), change, ends, str(found.num_seeds)]
    kind = ' class="workbench-old"' * is_old
    mark = ' aria-current="true"' * is_shown
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr{kind}{mark}><th scope="row">{name}</th>{values}</tr>'


def _result_html(run: NamedRun) -> str:
    """Each seed of a run, and whether the difference is more than noise."""
    if not run.has_pair:
        return "<p>Stopped before a pair of runs ended; nothing to compare.</p>"
    each = "; ".join(
        f"{side} {', '.join(f'{score:.3f}' for score in scores)}"
        for side, scores in _scores(run).items()
    )
    return (
        f"<p><b>{html.escape(run.name)}</b>: {html.escape(run.runs.comparison().sentence)}</p>"
        f"<p>Each seed: {each}; guessing has {run.tasks[0].chance:.3f}.</p>"
    )


def _scores(run: NamedRun) -> dict[str, list[float]]:
    """The test scores of the runs that ended, by side."""
    return {
        side: [one.result["test"] for one in runs if not one.stopped]
        for side, runs in (("before", run.runs.before), ("after", run.runs.after))
    }


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
