"""One readable training loop, tasks in, runs on disk out."""

from workbench.training.compare import Comparison, paired_comparison
from workbench.training.first_use import warm_up
from workbench.training.loop import fit
from workbench.training.metrics import METRICS
from workbench.training.pairs import PairedProgress, PairedRuns, compare_training
from workbench.training.progress import Progress
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
