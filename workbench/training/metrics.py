"""Scores of a classifier, by torchmetrics; higher is better."""

from jaxtyping import Float, Int64
from torch import Tensor


def accuracy(logits: Float[Tensor, "rows classes"], labels: Int64[Tensor, " rows"]) -> float:
    """Share of rows whose largest logit is at the label."""
    # importing torchmetrics takes two seconds, which the first look at a task should not pay
    from torchmetrics.functional.classification import multiclass_accuracy

    classes = logits.size(1)
    share = multiclass_accuracy(logits, labels, num_classes=classes, average="micro")
    # torchmetrics answers in float32: without its tail, 0.2 is 0.2
    return round(float(share), 7)


#: Name, as in ``Task.metric`` -> function of logits and labels.
METRICS: dict = {"accuracy": accuracy}
