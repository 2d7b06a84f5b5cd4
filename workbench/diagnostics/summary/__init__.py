"""A graph in one page: its numbers, its worst bottlenecks, and whether rewiring may pay."""

from workbench.diagnostics.summary.bottlenecks import Bottleneck, bottlenecks
from workbench.diagnostics.summary.evidence import Evidence
from workbench.diagnostics.summary.measure import Measure
from workbench.diagnostics.summary.model_summary import ModelSummary, summarize_model
from workbench.diagnostics.summary.summary import Summary, summarize
from workbench.diagnostics.summary.verdict import Verdict, rewiring_verdict

__all__ = [
    "Bottleneck",
    "Evidence",
    "Measure",
    "ModelSummary",
    "Summary",
    "Verdict",
    "bottlenecks",
    "rewiring_verdict",
    "summarize",
    "summarize_model",
]
