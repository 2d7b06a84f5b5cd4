"""What the training panel shows of its runs: texts, curves and the sensitivity matrices."""

import html

import numpy as np
from torch import Tensor

from workbench.tasks import Task
from workbench.training import PairedProgress, PairedRuns
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels


def progress_text(paired: PairedProgress) -> str:
    """Which run, and how long it still takes."""
    left = "" if paired.seconds_left is None else f", {_duration(paired.seconds_left)} left"
    return f"run {paired.run + 1} of {paired.runs} ({paired.side}){left}"


def result_html(runs: PairedRuns, task: Task) -> str:
    """Scores before and after, and whether the difference is more than noise."""
    if all(run.stopped for run in runs.after):
        return "<p>Stopped before a pair of runs ended; nothing to compare.</p>"
    rows = []
    for name, group in (("before", runs.before), ("after", runs.after)):
        scores = [run.result["test"] for run in group if not run.stopped]
        each = ", ".join(f"{score:.3f}" for score in scores)
        rows.append(f"<tr><th>{name}</th><td>{np.mean(scores):.3f}</td><td>{each}</td></tr>")
    return (
        f'<table class="workbench-best"><tr><th></th><th>test {task.metric}</th>'
        f"<th>each seed (chance {task.chance:.3f})</th></tr>{''.join(rows)}</table>"
        f"<p>{html.escape(runs.comparison().sentence)}</p>"
    )


def show_sensitivities(canvas: MatrixCanvas, before: Tensor, after: Tensor) -> None:
    """Both matrices on one logarithmic scale."""
    values = before.numpy(), after.numpy()
    high = max(float(v.max()) for v in values) or 1.0
    scale = (high * 1e-6, high)
    with canvas.hold_sync():
        canvas.size, canvas.value_range = before.size(0), list(scale)
        canvas.values_before = levels(values[0], scale, log_scale=True)
        canvas.values = levels(values[1], scale, log_scale=True)
        canvas.title = "sensitivity ‖∂h(row)/∂x(column)‖ after training"
        canvas.stale = False


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
