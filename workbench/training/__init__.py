"""One readable training loop, tasks in, runs on disk out."""

from workbench.training.arms import ArmComparison, ArmRuns, holm
from workbench.training.checkpoint import CheckpointWarning
from workbench.training.compare import Comparison, Interval, mean_interval, paired_comparison
from workbench.training.first_use import warm_up
from workbench.training.loop import fit
from workbench.training.model_for import model_for
from workbench.training.pair_head import OnPairs
from workbench.training.pairs import PairedProgress, PairedRuns, compare_training
from workbench.training.progress import Progress
from workbench.training.recipe import Recipe
from workbench.training.run import Curve, Run, RunFileError
from workbench.training.store import RunStore

__all__ = [
    "ArmComparison",
    "ArmRuns",
    "CheckpointWarning",
    "Comparison",
    "Curve",
    "Interval",
    "OnPairs",
    "PairedProgress",
    "PairedRuns",
    "Progress",
    "Recipe",
    "Run",
    "RunFileError",
    "RunStore",
    "compare_training",
    "fit",
    "holm",
    "mean_interval",
    "model_for",
    "paired_comparison",
    "warm_up",
]
