"""Scores against closed forms, and against a second computation that shares nothing with them."""

import math
import subprocess
import sys

import pytest
import torch

from workbench.tasks import METRICS
from workbench.tasks.ranking import ranks


def score(target, name, *arguments):
    return METRICS[target][name].function(*map(torch.as_tensor, arguments))


def slow_average_precision(scores, labels):
    """Over each threshold: precision times what the recall grows by."""
    found, before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        chosen = [label for s, label in zip(scores, labels, strict=True) if s >= threshold]
        recall = sum(chosen) / sum(labels)
        found += sum(chosen) / len(chosen) * (recall - before)
        before = recall
    return found


def slow_area(scores, labels):
    """Over all pairs of a positive and a negative: is the positive above?"""
    pairs = [
        (a > b) + (a == b) / 2
        for a, positive in zip(scores, labels, strict=True)
        for b, other in zip(scores, labels, strict=True)
        if positive and not other
    ]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1.0, 0.1, 100.0])
def test_average_precision_and_area_are_those_of_the_definition(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    # whole numbers, so that there are ties
    scores = (torch.randint(0, 9, (40,), generator=generator) - 4) * scale
    labels = (torch.rand(40, generator=generator) < 0.3).long()
    plain = scores.tolist(), labels.tolist()
    found = score("link", "average_precision", scores, labels)
    assert found == pytest.approx(slow_average_precision(*plain), abs=1e-6)
    found = score("link", "auroc", scores, labels)
    assert found == pytest.approx(slow_area(*plain), abs=1e-6)
    two = torch.stack([-scores, scores], dim=1)
    assert score("class", "auroc", two, labels) == pytest.approx(found)


def test_large_logits_are_not_squashed_into_one_tie():
    scores, labels = torch.tensor([40.0, 41.0, 42.0]), torch.tensor([0, 1, 1])
    assert score("link", "auroc", scores, labels) == 1.0
    assert score("link", "average_precision", scores, labels) == 1.0


def test_several_labels_leave_out_what_is_not_known_and_what_is_one_sided():
    nan = math.nan
    labels = torch.tensor([[1.0, 0, 1, nan], [0, 0, nan, nan], [1, 0, 0, nan], [0, 0, 1, 1]])
    logits = torch.tensor([[2.0, 1, 1, 1], [3, 1, 9, 1], [1, 1, 0, 1], [0, 1, -1, 1]])
    # of the second and fourth all or none are positive; the third is known of three rows
    first = slow_average_precision([2, 3, 1, 0], [1, 0, 1, 0])
    third = slow_average_precision([1, 0, -1], [1, 0, 1])
    found = score("multilabel", "average_precision", logits, labels)
    assert found == pytest.approx((first + third) / 2, abs=1e-6)
    with pytest.raises(ValueError, match="none of 1 labels has both a positive and a negative"):
        score("multilabel", "auroc", logits[:, 1:2], labels[:, 1:2])


def test_macro_f1_is_the_mean_over_classes():
    labels = torch.tensor([0, 0, 1, 1, 1])
    logits = torch.eye(3)[[0, 1, 1, 1, 0]]
    # class 0: 1 hit of 2 and 2; class 1: 2 of 3 and 3; the third class is nowhere
    assert score("class", "macro_f1", logits, labels) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_errors_of_values_are_in_their_unit():
    values = torch.tensor([[1.0, 4.0], [2.0, 0.0], [3.0, 0.0]])
    labels = torch.tensor([[2.0, 1.0], [2.0, math.nan], [5.0, 4.0]])
    assert score("value", "mae", values, labels) == pytest.approx((1 + 3 + 0 + 2 + 4) / 5)
    assert score("value", "rmse", values, labels) == pytest.approx(((1 + 9 + 4 + 16) / 5) ** 0.5)
    # column 1: mean 3, squares 1, 1, 4 against 5; column 2: mean 2.5, squares 9, 16 against 4.5
    expected = ((1 - 5 / 6) + (1 - 25 / 4.5)) / 2
    assert score("value", "r2", values, labels) == pytest.approx(expected)
    with pytest.raises(ValueError, match="none of the values in this part of 1 rows is known"):
        score("value", "mae", values[:1, :1], torch.tensor([[math.nan]]))
    directions = {name: metric.higher_is_better for name, metric in METRICS["value"].items()}
    assert directions == {"mae": False, "rmse": False, "r2": True}


def slow_ranks(scores, labels, query):
    found = []
    for s, label, q in zip(scores, labels, query, strict=True):
        others = [
            o for o, other, r in zip(scores, labels, query, strict=True) if r == q and not other
        ]
        if label and others:
            found.append(1 + sum(o > s for o in others) + sum(o == s for o in others) / 2)
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_a_rank_counts_the_negatives_of_the_same_source(seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, 6, (60,), generator=generator).float()
    labels = (torch.rand(60, generator=generator) < 0.3).long()
    query = torch.randint(0, 8, (60,), generator=generator)
    slow = slow_ranks(scores.tolist(), labels.tolist(), query.tolist())
    assert sorted(ranks(scores, labels, query).tolist()) == slow
    inverse = sum(1 / rank for rank in slow) / len(slow)
    assert score("link", "mrr", scores, labels, query) == pytest.approx(inverse)
    for k in (1, 3, 10):
        share = sum(rank <= k for rank in slow) / len(slow)
        assert score("link", f"hits_at_{k}", scores, labels, query) == pytest.approx(share)


def test_scoring_all_alike_earns_the_middle_and_other_partners_do_not_count():
    labels, query = torch.tensor([1, 1, 0, 0, 0, 0]), torch.zeros(6, dtype=torch.int64)
    assert ranks(torch.zeros(6), labels, query).tolist() == [3.0, 3.0]
    assert ranks(torch.tensor([1.0, 9, 0, 0, 0, 0]), labels, query).tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="no true pair has a negative with the same source"):
        ranks(torch.zeros(2), torch.tensor([1, 0]), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="this part has no negative"):
        score("link", "auroc", torch.zeros(2), torch.ones(2).long())
    with pytest.raises(ValueError, match="this part has only negatives"):
        score("link", "auroc", torch.zeros(2), torch.zeros(2).long())


def test_torchmetrics_is_loaded_by_the_first_score_and_asks_no_network():
    code = """
import socket, sys

def refuse(*arguments, **options):
    raise OSError("a socket was opened")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import torch
import workbench.tasks, workbench.training
print("torchmetrics" in sys.modules)
for target, metrics in workbench.tasks.METRICS.items():
    for name, metric in metrics.items():
        scores, labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])
        query = (torch.zeros(2).long(),) if metric.by_query else ()
        if target in ("multilabel", "value"):
            labels = torch.eye(2)
        metric.function(scores[0] if target == "link" else scores, labels, *query)
print("torchmetrics" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
