"""A graph in one page: its numbers, its worst bottlenecks, and whether rewiring may pay."""

from workbench.report.bottlenecks import Bottleneck, bottlenecks
from workbench.report.evidence import Evidence
from workbench.report.graph_report import Report, report
from workbench.report.measure import Measure
from workbench.report.model_summary import ModelSummary, summarize_model
from workbench.report.summary import Summary, summarize
from workbench.report.verdict import Verdict, rewiring_verdict

__all__ = [
    "Bottleneck",
    "Evidence",
    "Measure",
    "ModelSummary",
    "Report",
    "Summary",
    "Verdict",
    "bottlenecks",
    "report",
    "rewiring_verdict",
    "summarize",
    "summarize_model",
]
