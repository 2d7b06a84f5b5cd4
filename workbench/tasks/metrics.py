"""Scores of an output, by torchmetrics, each with the direction in which it is better."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.tasks.ranking import hits_at_1, hits_at_3, hits_at_10, mrr


def accuracy(logits: Float[Tensor, "rows classes"], labels: Int64[Tensor, " rows"]) -> float:
    """Share of rows whose largest logit is at the label."""
    # importing torchmetrics takes two seconds, which the first look at a task should not pay
    from torchmetrics.functional.classification import multiclass_accuracy

    classes = logits.size(1)
    share = multiclass_accuracy(logits, labels, num_classes=classes, average="micro")
    # torchmetrics answers in float32: without its tail, 0.2 is 0.2
    return round(float(share), 7)


def macro_f1(logits: Float[Tensor, "rows classes"], labels: Int64[Tensor, " rows"]) -> float:
    """Mean over classes of the F1 score; classes neither among labels nor answers are left out."""
    from torchmetrics.functional.classification import multiclass_f1_score

    classes = logits.size(1)
    found = multiclass_f1_score(logits, labels, num_classes=classes, average="macro")
    return round(float(found), 7)


def class_auroc(logits: Float[Tensor, "rows classes"], labels: Int64[Tensor, " rows"]) -> float:
    """Area under the ROC curve of the second of two classes.

    Raises:
        ValueError: there are more than two classes, or only one of them is among the labels.
    """
    if logits.size(1) != 2:
        raise ValueError(f"auroc of a class is for two classes; the model has {logits.size(1)}")
    return binary_auroc(logits[:, 1] - logits[:, 0], labels)


def binary_auroc(scores: Float[Tensor, " rows"], labels: Int64[Tensor, " rows"]) -> float:
    """Chance that a positive is scored above a negative; of equal scores half counts.

    Raises:
        ValueError: there is no positive or no negative.
    """
    from torchmetrics.functional.classification import binary_auroc as area

    _both(labels)
    return float(area(_ranks(scores), labels))


def binary_average_precision(
    scores: Float[Tensor, " rows"], labels: Int64[Tensor, " rows"]
) -> float:
    """Sum over thresholds of the precision, times what the recall grows by; ties are one step.

    Raises:
        ValueError: there is no positive or no negative.
    """
    from torchmetrics.functional.classification import binary_average_precision as area

    _both(labels)
    return float(area(_ranks(scores), labels))


def average_precision(
    logits: Float[Tensor, "rows labels"], labels: Float[Tensor, "rows labels"]
) -> float:
    """Unweighted mean over labels of the average precision, as for Peptides-func.

    Entries that are NaN are not known, and left out; so is a label of whose known entries all or
    none are positive.

    Raises:
        ValueError: no label is left.
    """
    return _over_labels(binary_average_precision, logits, labels)


def auroc(logits: Float[Tensor, "rows labels"], labels: Float[Tensor, "rows labels"]) -> float:
    """Unweighted mean over labels of the area under the ROC curve; left out as in AP.

    Raises:
        ValueError: no label is left.
    """
    return _over_labels(binary_auroc, logits, labels)


def mae(values: Float[Tensor, "rows columns"], labels: Float[Tensor, "rows columns"]) -> float:
    """Mean absolute error over all known entries, in the unit of the labels."""
    from torchmetrics.functional.regression import mean_absolute_error

    return float(mean_absolute_error(*_known(values, labels)))


def rmse(values: Float[Tensor, "rows columns"], labels: Float[Tensor, "rows columns"]) -> float:
    """Square root of the mean squared error over all known entries, in the unit of the labels."""
    from torchmetrics.functional.regression import mean_squared_error

    return float(mean_squared_error(*_known(values, labels), squared=False))


def r2(values: Float[Tensor, "rows columns"], labels: Float[Tensor, "rows columns"]) -> float:
    """Share of the variance that is explained, the mean over columns; a constant column is 0.

    Raises:
        ValueError: a column has fewer than two known entries.
    """
    from torchmetrics.functional.regression import r2_score

    shares = []
    for one, label in zip(values.T, labels.T, strict=True):
        one, label = _known(one, label)
        if label.numel() < 2:
            raise ValueError(
                "r2 needs two known values in each column; choose mae or a larger part"
            )
        same = bool((label == label[0]).all())
        shares.append(0.0 if same else float(r2_score(one, label)))
    return sum(shares) / len(shares)


@dataclass(frozen=True)
class Metric:
    """A score and how to read it.

    Attributes:
        function: of scores and labels, and of the number of the query of each pair if ``by_query``.
        higher_is_better: the direction.
        by_query: pairs are ranked among those of the same source.
        low: the least that it can be.
        high: the most that it can be.
    """

    function: Callable[..., float]
    higher_is_better: bool = True
    by_query: bool = False
    low: float = 0.0
    high: float = 1.0


#: Target -> name -> metric; the first of each target is its default.
METRICS: dict[str, dict[str, Metric]] = {
    "class": {
        "accuracy": Metric(accuracy),
        "macro_f1": Metric(macro_f1),
        "auroc": Metric(class_auroc),
    },
    "multilabel": {"average_precision": Metric(average_precision), "auroc": Metric(auroc)},
    "value": {
        "mae": Metric(mae, higher_is_better=False, high=math.inf),
        "rmse": Metric(rmse, higher_is_better=False, high=math.inf),
        "r2": Metric(r2, low=-math.inf),
    },
    "link": {
        "mrr": Metric(mrr, by_query=True),
        "hits_at_1": Metric(hits_at_1, by_query=True),
        "hits_at_3": Metric(hits_at_3, by_query=True),
        "hits_at_10": Metric(hits_at_10, by_query=True),
        "average_precision": Metric(binary_average_precision),
        "auroc": Metric(binary_auroc),
    },
    "pointer": {"accuracy": Metric(accuracy)},
}


def score_range(name: str) -> tuple[float, float]:
    """The least and the most that the score of a name can be; no limit where no metric has it."""
    for known in METRICS.values():
        if name in known:
            return known[name].low, known[name].high
    return -math.inf, math.inf


def _ranks(scores: Tensor) -> Tensor:
    """The order of the scores as numbers between 0 and 1, equal where they are equal.

    torchmetrics takes numbers outside 0 to 1 for logits and squashes them: in single precision
    large ones would become one, and a tie.
    """
    rank = torch.unique(scores, return_inverse=True)[1].double()
    return rank / max(float(rank.max()), 1.0)


def _both(labels: Tensor) -> None:
    if bool((labels == labels[:1]).all()):
        kind = (
            "none" if not labels.numel() else "only negatives" if not labels[0] else "no negative"
        )
        raise ValueError(
            f"a ranking is scored over positives and negatives; this part has {kind}: give a "
            "larger part or another metric"
        )


def _over_labels(metric: Callable, logits: Tensor, labels: Tensor) -> float:
    found = []
    for one, label in zip(logits.T, labels.T, strict=True):
        known = ~label.isnan()
        ones = label[known] > 0
        if bool(ones.any()) and not bool(ones.all()):
            found.append(metric(one[known], ones.long()))
    if not found:
        raise ValueError(
            f"none of {labels.size(1)} labels has both a positive and a negative in this part of "
            f"{labels.size(0)} rows; give a larger part"
        )
    return sum(found) / len(found)


def _known(values: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    known = ~labels.isnan()
    if not bool(known.any()):
        raise ValueError(f"none of the values in this part of {labels.size(0)} rows is known")
    return values[known].double(), labels[known].double()
