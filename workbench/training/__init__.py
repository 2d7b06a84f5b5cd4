"""One readable training loop, tasks in, runs on disk out."""

from workbench.training.brec import BrecProgress, brec
from workbench.training.brec_result import (
    BREC_SEEDS,
    BrecFileError,
    BrecOutcome,
    BrecResult,
    brec_table,
)
from workbench.training.compare import Comparison, paired_comparison
from workbench.training.first_use import warm_up
from workbench.training.graph_families import FamilySplit, family_split
from workbench.training.loop import fit
from workbench.training.metrics import METRICS
from workbench.training.pairs import PairedProgress, PairedRuns, compare_training
from workbench.training.progress import Progress
from workbench.training.relabeling import EmbeddingDistance, embedding_distance
from workbench.training.reliable_comparison import (
    ReliableComparison,
    reliable_paired_comparison,
)
from workbench.training.run import Curve, Run, RunFileError, list_runs

__all__ = [
    "BREC_SEEDS",
    "METRICS",
    "BrecFileError",
    "BrecOutcome",
    "BrecProgress",
    "BrecResult",
    "Comparison",
    "Curve",
    "EmbeddingDistance",
    "FamilySplit",
    "PairedProgress",
    "PairedRuns",
    "Progress",
    "ReliableComparison",
    "Run",
    "RunFileError",
    "brec",
    "brec_table",
    "compare_training",
    "embedding_distance",
    "family_split",
    "fit",
    "list_runs",
    "paired_comparison",
    "reliable_paired_comparison",
    "warm_up",
]
