"""What a recipe asks for is what the optimizer does: rates, clipping, accumulation, patience."""

import math

import pytest
import torch
from torch import nn
from torch_geometric.data import Data

from workbench.models import GCN
from workbench.tasks import Task, ring_transfer
from workbench.training import Recipe, fit
from workbench.training.optimization import PLATEAU_EPOCHS, LearningRate, make_optimizer
from workbench.training.randomness import OwnRandomness


class Line(nn.Module):
    """The value is one weight times ``x``."""

    def __init__(self, start=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((1, 1), start, dtype=torch.float64))

    def forward(self, x, edge_index):
        return x @ self.weight


def line_task(values=(1.0, 1.0), **options):
    """One node a graph, x 1, the value given; so the loss is |weight - value|, or its square."""
    no_edge = torch.zeros(2, 0, dtype=torch.int64)

    def graph(value):
        y = torch.tensor([value], dtype=torch.float64)
        return Data(x=torch.ones(1, 1, dtype=torch.float64), edge_index=no_edge, y=y)

    graphs = [graph(value) for value in values]
    return Task("line", "graph", graphs, graphs, graphs, 1, 1, target="value", **options)


def model(seed=0):
    with OwnRandomness(seed):
        return GCN(5, 8, 5, num_layers=3, dropout=0.2)


def test_the_defaults_are_those_of_fit_without_a_recipe():
    task = ring_transfer(6, fill="noise", train=20)
    plain = fit(model(), task, epochs=3, batch_size=8)
    recipe = Recipe(epochs=3, batch_size=8)
    assert fit(model(), task, recipe).curve == plain.curve
    assert fit(model(), task, Recipe(), epochs=3, batch_size=8).curve == plain.curve
    assert recipe.learning_rate == 1e-2
    assert recipe.weight_decay == 5e-4
    assert Recipe().epochs == 100
    assert plain.arguments["optimizer"] == "adam"
    assert plain.arguments["batch_size"] == 8


def test_keywords_take_the_place_of_the_recipes():
    task = ring_transfer(6)
    made = fit(model(), task, Recipe(epochs=9, learning_rate=0.5), epochs=2, weight_decay=0.0)
    assert len(made.curve.val) == 2
    kept = {key: made.arguments[key] for key in ("epochs", "learning_rate", "weight_decay")}
    assert kept == {"epochs": 2, "learning_rate": 0.5, "weight_decay": 0.0}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25]),
        ("cosine", [0.25, 0.5, 0.75, 1.0, 1.0, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2]),
    ],
)
def test_the_rate_rises_in_warm_up_and_then_follows_its_schedule(schedule, expected):
    recipe = Recipe(epochs=4, warm_up=2, learning_rate=0.1, schedule=schedule)
    rate = LearningRate(recipe, 2)
    assert [rate.at(step) / 0.1 for step in range(8)] == pytest.approx(expected)


def test_a_plateau_halves_the_rate():
    rate = LearningRate(Recipe(schedule="plateau", learning_rate=0.8), 1)
    heard = []
    for epoch in range(2 * PLATEAU_EPOCHS + 2):
        heard.append(rate.at(epoch))
        rate.epoch_ended(better=epoch in (0, PLATEAU_EPOCHS - 1))
    assert heard == [0.8] * (2 * PLATEAU_EPOCHS) + [0.4] * 2


def test_the_rate_reaches_the_optimizer():
    line = Line()
    # plain gradient steps of |w - 5|: each moves by the rate, momentum adds 0.9 of the last move
    fit(line, line_task((5.0,)), Recipe(epochs=2, optimizer="sgd", warm_up=1, weight_decay=0.0))
    first = 0.01
    assert line.weight.item() == pytest.approx(first + 0.01 * (1 + 0.9))


def test_the_penalty_of_adamw_is_taken_off_the_weights():
    line = Line(2.0)
    recipe = Recipe(epochs=1, optimizer="adamw", learning_rate=0.1, weight_decay=0.5)
    fit(line, line_task((5.0,)), recipe)
    # a step of Adam is the rate; before it, w loses rate * penalty * w
    assert line.weight.item() == pytest.approx(2.0 * (1 - 0.05) + 0.1, rel=1e-6)
    groups = make_optimizer(model(), recipe).param_groups
    assert [group["weight_decay"] for group in groups] == [0.0, 0.5]
    assert all(p.dim() <= 1 for p in groups[0]["params"])


def test_clipping_bounds_the_step():
    for clip_norm, moved in ((None, 100.0), (0.5, 0.5), (1000.0, 100.0)):
        line = Line()
        recipe = Recipe(
            epochs=1, optimizer="sgd", learning_rate=1.0, weight_decay=0.0, clip_norm=clip_norm
        )
        fit(line, line_task((50.0,), loss="squared_error"), recipe)
        assert line.weight.item() == pytest.approx(moved, rel=1e-5)


def test_accumulated_batches_make_one_step_of_their_mean():
    values = (1.0, 2.0, 3.0, 4.0, 9.0, 9.0)
    task = line_task(values, loss="squared_error")
    recipe = Recipe(epochs=3, optimizer="sgd", learning_rate=0.01, weight_decay=0.0)
    together, apart, heard = Line(), Line(), []
    fit(together, task, recipe.with_options(batch_size=6))
    fit(
        apart,
        task,
        recipe.with_options(batch_size=2, accumulate=3),
        callbacks=[lambda progress: heard.append(progress.step)],
    )
    assert apart.weight.item() == pytest.approx(together.weight.item(), rel=1e-12)
    assert heard[-1] == 3
    # a last group that is not full is the mean of what it holds
    single = Line()
    fit(single, task, recipe.with_options(batch_size=6, accumulate=4))
    assert single.weight.item() == together.weight.item()


def test_patience_ends_a_run_that_is_whole():
    line = Line(1.0)  # it begins at its best, and each step leads away or oscillates
    recipe = Recipe(epochs=50, optimizer="sgd", learning_rate=1.0, weight_decay=0.0, patience=4)
    made = fit(line, line_task((1.0, 1.0)), recipe.with_options(learning_rate=3.0))
    assert not made.stopped
    assert len(made.curve.val) == made.result["best_epoch"] + 4
    assert made.result["val"] == min(made.curve.val)


def test_the_best_epoch_of_an_error_is_its_least():
    line = Line()
    recipe = Recipe(epochs=8, optimizer="sgd", learning_rate=0.6, weight_decay=0.0)
    made = fit(line, line_task((1.0,)), recipe)
    best = made.curve.val.index(min(made.curve.val))
    assert made.result["best_epoch"] == best + 1
    assert made.result["val"] == min(made.curve.val) < max(made.curve.val)
    assert abs(line.weight.item() - 1.0) == pytest.approx(made.result["test"])
    assert made.result["higher_is_better"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1; got epochs=0"),
        ({"weight_decay": -1.0}, "weight_decay must be at least 0; got weight_decay=-1.0"),
        ({"weight_decay": math.nan}, "weight_decay must be at least 0"),
        ({"learning_rate": math.inf}, "learning_rate must be above 0; got learning_rate=inf"),
        ({"clip_norm": 0.0}, "clip_norm must be above 0, or None; got clip_norm=0.0"),
        ({"patience": 0}, "patience must be at least 1, or None; got patience=0"),
        ({"warm_up": 5, "epochs": 5}, "shorter than the run; got warm_up=5 of epochs=5"),
        ({"optimizer": "lion"}, "optimizer must be one of adam, adamw, sgd; got 'lion'"),
        ({"schedule": "step"}, "schedule must be one of constant.*got 'step'"),
    ],
)
def test_an_option_out_of_its_range_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**options)


def test_a_recipe_has_no_other_options():
    with pytest.raises(
        TypeError, match="a recipe has no option 'lr'; it has epochs, learning_rate"
    ):
        Recipe().with_options(lr=1.0)
    with pytest.raises(TypeError, match="recipe"):
        fit(Line(), line_task(), {"epochs": 1})
