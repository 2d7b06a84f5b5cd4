"""One readable training loop, tasks in, runs on disk out."""

from workbench.training.compare import (
    Comparison,
    PairedProgress,
    PairedRuns,
    compare_training,
    paired_comparison,
)
from workbench.training.loop import Progress, fit, warm_up
from workbench.training.metrics import METRICS
from workbench.training.run import Curve, Run, RunFileError, list_runs

__all__ = [
    "METRICS",
    "Comparison",
    "Curve",
    "PairedProgress",
    "PairedRuns",
    "Progress",
    "Run",
    "RunFileError",
    "compare_training",
    "fit",
    "list_runs",
    "paired_comparison",
    "warm_up",
]
