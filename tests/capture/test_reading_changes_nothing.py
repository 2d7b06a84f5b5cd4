"""What is read does not change what the model gives, and is what the model gave."""

import copy

import pytest
import torch
from torch import nn

from workbench.capture import capture, capture_attention, capture_values


class Attends(nn.Module):
    def __init__(self, need_weights: bool = False):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.need_weights = need_weights

    def forward(self, x, **masks):
        return self.attention(x, x, x, need_weights=self.need_weights, **masks)[0]


def masks(kind: str, blocked: bool) -> dict[str, torch.Tensor]:
    """Two graphs of 3 nodes; where ``blocked``, node 1 may look at nobody."""
    mask = torch.eye(3).bool().logical_not()
    mask[1] = blocked
    padding = torch.tensor([[False, False, False], [False, True, True]])
    if kind == "padding":
        return {"key_padding_mask": padding | (blocked & torch.tensor([[False], [True]]))}
    if kind == "numbers":
        return {"attn_mask": torch.zeros(3, 3).masked_fill(mask, -torch.inf)}
    if kind == "each head":
        return {"attn_mask": mask.expand(4, 3, 3)}
    if kind == "both":
        return {"attn_mask": mask, "key_padding_mask": padding}
    return {"attn_mask": mask}


@pytest.mark.parametrize("keep_graph", [False, True])
@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize("kind", ["truth", "numbers", "each head", "both", "padding"])
def test_a_query_that_may_look_at_nobody_gives_what_it_gave(kind, blocked, keep_graph):
    torch.manual_seed(3)
    model, x, given = Attends().eval(), torch.randn(2, 3, 8), masks(kind, blocked)
    expected = model(x, **given)
    with capture_attention(model, keep_graph=keep_graph) as read, capture_values(model):
        found = model(x, **given)
    torch.testing.assert_close(found, expected, equal_nan=True, rtol=1e-5, atol=1e-6)
    entries = read["attention"]
    assert entries.weight.isfinite().all()
    total = entries.dense().sum(-1)
    looks = entries.allowed_pairs().any(-1)
    torch.testing.assert_close(total, looks.float().expand_as(total))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_reading_in_training_mode_draws_the_same_dropout(dropout):
    model, x = Attends(), torch.randn(2, 3, 8)
    model.attention.dropout = dropout
    torch.manual_seed(1)
    expected = model(x)
    torch.manual_seed(1)
    with capture_attention(model):
        found = model(x)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


class InPlace(nn.Module):
    """Each layer's output is changed in place by what follows."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        hidden = self.act(self.first(x))
        return self.second(hidden).mul_(3)


@pytest.mark.parametrize("keep_graph", [False, True])
def test_what_a_later_step_changes_in_place_is_shown_as_it_was(keep_graph):
    torch.manual_seed(0)
    model, x = InPlace(), torch.randn(6, 4, requires_grad=True)
    first = model.first(x).detach()
    second = model.second(first.relu()).detach()
    assert (first < 0).any()
    expected = model(x)
    (plain,) = torch.autograd.grad(expected.sum(), x)
    with capture(model, "first", "second", "act", keep_graph=keep_graph) as captured:
        output = model(x)
    torch.testing.assert_close(captured["first"].detach(), first)
    torch.testing.assert_close(captured["second"].detach(), second)
    torch.testing.assert_close(captured["act"].detach(), first.relu())
    torch.testing.assert_close(output, expected)
    (found,) = torch.autograd.grad(output.sum(), x, retain_graph=True)
    torch.testing.assert_close(found, plain)
    if keep_graph:
        # what is kept stands in the graph: output by captured, captured by input
        (by_second,) = torch.autograd.grad(output.sum(), captured["second"], retain_graph=True)
        torch.testing.assert_close(by_second, torch.full_like(second, 3.0))
        (by_input,) = torch.autograd.grad(captured["first"].sum(), x)
        torch.testing.assert_close(by_input, model.first.weight.sum(0).expand(6, 4))
    assert not copy.copy(model)._forward_hooks


class Through(nn.Module):
    """What it gives is what it was given, and the model changes both at once afterwards."""

    def __init__(self):
        super().__init__()
        self.same = nn.Identity()

    def forward(self, x):
        hidden = 2 * x
        self.same(hidden).add_(1)
        return 5 * hidden


def test_what_is_gone_is_refused_and_the_model_gives_what_it_gave():
    model, x = Through(), torch.ones(2, 2, requires_grad=True)
    expected = model(x)
    with capture(model, "same", keep_graph=True) as captured:
        output = model(x)
    assert torch.equal(output, expected)
    with pytest.raises(RuntimeError, match="'same' gave a tensor that the model changed in place"):
        captured["same"]
    with pytest.raises(RuntimeError, match="changed in place"):
        captured.calls("same")
    assert torch.equal(capture(model, "same").run(x)["same"], 2 * x)
