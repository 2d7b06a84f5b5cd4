"""Benchmarks of the field, run exactly as published."""

from workbench.benchmarks.brec.brec import BrecProgress, brec
from workbench.benchmarks.brec.graph_families import FamilySplit, family_split
from workbench.benchmarks.brec.relabeling import EmbeddingDistance, embedding_distance
from workbench.benchmarks.brec.reliable_comparison import (
    ReliableComparison,
    reliable_paired_comparison,
)
from workbench.benchmarks.brec.result import (
    BREC_SEEDS,
    BrecFileError,
    BrecOutcome,
    BrecResult,
    brec_table,
)

__all__ = [
    "BREC_SEEDS",
    "BrecFileError",
    "BrecOutcome",
    "BrecProgress",
    "BrecResult",
    "EmbeddingDistance",
    "FamilySplit",
    "ReliableComparison",
    "brec",
    "brec_table",
    "embedding_distance",
    "family_split",
    "reliable_paired_comparison",
]
