"""A run that was broken off, or killed, goes on to the end that it would have had, bit for bit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch_geometric.data import Data

from workbench.graphs import karate
from workbench.models import GCN, GIN
from workbench.tasks import graph_values, held_out_links, ring_transfer
from workbench.training import CheckpointWarning, Recipe, fit
from workbench.training.checkpoint import fingerprint
from workbench.training.randomness import OwnRandomness


def rings(count=24):
    """Rings of 3 to 8 nodes with their size, and random numbers as features."""
    draw = torch.Generator().manual_seed(0)
    graphs = []
    for i in range(count):
        size = 3 + i % 6
        one_way = torch.stack([torch.arange(size), (torch.arange(size) + 1) % size])
        edge_index = torch.cat([one_way, one_way.flip(0)], dim=1)
        x = torch.rand(size, 4, generator=draw)
        graphs.append(Data(x=x, edge_index=edge_index, y=torch.tensor([float(size)])))
    return graphs


TASKS = {
    "node classes": lambda: ring_transfer(6, fill="noise", train=40),
    "graph values": lambda: graph_values(rings()),
    "links": lambda: held_out_links(karate()),
}
RECIPES = {
    "adam": Recipe(epochs=6, batch_size=4),
    "plateau": Recipe(epochs=6, batch_size=8, schedule="plateau", optimizer="sgd"),
    "cosine": Recipe(epochs=6, batch_size=4, schedule="cosine", warm_up=2, accumulate=2),
    "patience": Recipe(epochs=6, batch_size=4, patience=1, optimizer="adamw", clip_norm=0.1),
}


def model_for(task, maker=GCN):
    with OwnRandomness(0):
        return maker(
            task.in_channels,
            8,
            task.out_channels,
            num_layers=2,
            level="graph" if task.level == "graph" else "node",
            dropout=0.3,
        )


def kill_at(epoch, step):
    """A callback that breaks a run off as a crash would: nothing is put in order behind it."""

    def crash(progress):
        if (progress.epoch, progress.step) == (epoch, step) or progress.epoch > epoch:
            raise RuntimeError("the power is gone")

    return crash


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.values(), other.values(), strict=True))


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", TASKS)
def test_a_broken_run_ends_like_a_whole_one(name, recipe, tmp_path):
    task, recipe = TASKS[name](), RECIPES[recipe]
    whole = model_for(task)
    expected = fit(whole, task, recipe, seed=3)
    file = tmp_path / "state"
    for epoch in (2, 4):  # in the middle of an epoch where it has several steps
        steps = {"node classes": 10, "graph values": 5, "links": 1}[name] // recipe.accumulate
        model = model_for(task)
        crash = kill_at(epoch, (epoch - 1) * steps + 1)
        if len(expected.curve.val) >= epoch:
            with pytest.raises(RuntimeError, match="the power is gone"):
                fit(model, task, recipe, seed=3, checkpoint=file, callbacks=[crash])
    model, heard = model_for(task, GCN), []
    made = fit(model, task, recipe, seed=3, checkpoint=file, callbacks=[heard.append])
    assert made.curve == expected.curve
    assert made.result == expected.result
    assert made.stopped is expected.stopped is False
    assert same(model.state_dict(), whole.state_dict())
    assert [p.epoch for p in heard if p.epoch_ended][-1:] == [len(expected.curve.val)]
    assert len({p.epoch for p in heard}) < len(expected.curve.val)


def test_a_rate_that_a_plateau_halved_stays_halved(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.training.optimization.PLATEAU_EPOCHS", 2)
    task, file = ring_transfer(8), tmp_path / "state"  # two layers cannot learn it
    recipe = Recipe(epochs=12, schedule="plateau", optimizer="sgd", learning_rate=3.0)
    whole = fit(model_for(task), task, recipe)
    constant = fit(model_for(task), task, recipe.with_options(schedule="constant"))
    assert whole.curve != constant.curve
    for epochs in (7, 10, 12):
        made = fit(model_for(task), task, recipe, epochs=epochs, checkpoint=file)
    assert made.curve == whole.curve


def test_a_run_that_ended_is_not_trained_again_and_may_be_trained_on(tmp_path):
    task, file, heard = ring_transfer(6), tmp_path / "state", []
    first = fit(model_for(task), task, epochs=3, checkpoint=file)
    model = model_for(task)
    again = fit(model, task, epochs=3, checkpoint=file, callbacks=[heard.append])
    assert heard == []
    assert (again.curve, again.result) == (first.curve, first.result)
    assert again.started == first.started
    longer = fit(model_for(task), task, epochs=7, checkpoint=file)
    assert longer.curve == fit(model_for(task), task, epochs=7).curve
    with pytest.raises(ValueError, match="holds 7 epochs, 5 were asked for"):
        fit(model_for(task), task, epochs=5, checkpoint=file)


def test_a_stopped_run_goes_on_after_its_last_whole_epoch(tmp_path):
    task, file = ring_transfer(6, fill="noise", train=40), tmp_path / "state"
    recipe = Recipe(epochs=5, batch_size=8)
    stopped = fit(
        model_for(task), task, recipe, checkpoint=file, callbacks=[lambda p: p.step == 13]
    )
    assert stopped.stopped
    model, whole = model_for(task), model_for(task)
    assert fit(model, task, recipe, checkpoint=file).curve == fit(whole, task, recipe).curve
    assert same(model.state_dict(), whole.state_dict())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"learning_rate": 0.5}, r"learning_rate=0\.01, this run has learning_rate=0\.5"),
        ({"seed": 4}, "seed=0, this run has seed=4"),
        ({"maker": GIN}, "model='GCN'"),
        ({"task": lambda: ring_transfer(6, fill="noise", train=40)}, "num_graphs=.5, 5, 5."),
        ({"recipe": Recipe(schedule="cosine")}, "schedule='constant'"),
    ],
)
def test_the_state_of_another_run_is_refused(tmp_path, change, what):
    task, file = ring_transfer(6), tmp_path / "state"
    fit(model_for(task), task, epochs=2, checkpoint=file)
    before = file.read_bytes()
    task = change.pop("task", lambda: task)()
    model = model_for(task, change.pop("maker", GCN))
    with pytest.raises(ValueError, match=f"state is of another run: it has .*{what}"):
        fit(model, task, **{"epochs": 2, **change}, checkpoint=file)
    assert file.read_bytes() == before


def test_a_rate_that_falls_to_the_last_step_is_not_made_longer(tmp_path):
    task, file = ring_transfer(6), tmp_path / "state"
    recipe = Recipe(epochs=3, schedule="linear")
    fit(model_for(task), task, recipe, checkpoint=file)
    with pytest.raises(ValueError, match="epochs=3, this run has epochs=4"):
        fit(model_for(task), task, recipe, epochs=4, checkpoint=file)


def test_other_data_under_the_same_name_are_another_run():
    task = graph_values(rings())
    prints = {fingerprint(task), fingerprint(graph_values(rings()))}
    assert len(prints) == 1
    for key in ("x", "y", "edge_index"):
        changed = rings()
        changed[5][key] = changed[5][key] + (1 if key != "edge_index" else 0)
        changed[5].edge_index = (
            changed[5].edge_index.flip(1) if key == "edge_index" else (changed[5].edge_index)
        )
        prints.add(fingerprint(graph_values(changed)))
    assert len(prints) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-200] + bytes([content[-200] ^ 1]) + content[-199:],
        lambda content: b"",
        lambda content: b"\x80\x04K\x01.",
        lambda content: b"[1]\n" + content,
    ],
)
def test_a_damaged_state_is_said_and_the_one_before_it_is_taken(tmp_path, damage):
    task, file = ring_transfer(6), tmp_path / "state"
    expected = fit(model_for(task), task, epochs=6)
    fit(model_for(task), task, epochs=4, checkpoint=file)
    wrong, heard = damage(file.read_bytes()), []
    file.write_bytes(wrong)
    before = (tmp_path / "state.before").read_bytes()
    model = model_for(task)
    with pytest.warns(CheckpointWarning), pytest.raises(RuntimeError):
        fit(model, task, epochs=6, checkpoint=file, callbacks=[kill_at(4, 4)])
    assert (tmp_path / "state.before").read_bytes() == before
    assert (tmp_path / "state.damaged").read_bytes() == wrong
    file.write_bytes(wrong)
    with pytest.warns(CheckpointWarning, match="damaged, and the run starts from the one before"):
        made = fit(model_for(task), task, epochs=6, checkpoint=file, callbacks=[heard.append])
    assert heard[0].epoch == 4  # three epochs are in the one before
    assert made.curve == expected.curve
    for one in (file, tmp_path / "state.before"):
        one.write_bytes(damage(one.read_bytes()))
    with pytest.warns(CheckpointWarning, match="starts from its first epoch"):
        made = fit(model_for(task), task, epochs=6, checkpoint=file)
    assert made.curve == expected.curve


def test_a_full_disk_leaves_a_whole_state(tmp_path, monkeypatch):
    task, file = ring_transfer(6), tmp_path / "state"
    fsync, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) == 3:
            raise OSError("the disk is full")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="the disk is full"):
        fit(model_for(task), task, epochs=6, checkpoint=file)
    monkeypatch.undo()
    heard = []
    made = fit(model_for(task), task, epochs=6, checkpoint=file, callbacks=[heard.append])
    assert heard[0].epoch == 3
    assert made.curve == fit(model_for(task), task, epochs=6).curve


CHILD = """
import sys, time
import test_checkpoint as here
from workbench.training import fit
task = here.TASKS["graph values"]()
model = here.model_for(task)
slow = lambda progress: time.sleep(0.02)
fit(model, task, here.Recipe(epochs=200, batch_size=4), checkpoint=sys.argv[1], callbacks=[slow])
"""


@pytest.mark.slow
def test_a_killed_process_is_gone_on_with(tmp_path):
    file = tmp_path / "state"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(file)], env={**os.environ, "PYTHONPATH": path}
    )
    try:
        while not file.with_name("state.before").exists():  # two epochs are done
            assert child.poll() is None
            time.sleep(0.01)
    finally:
        child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    task, recipe, heard = TASKS["graph values"](), Recipe(epochs=200, batch_size=4), []

    def stop_at_30(progress):
        heard.append(progress.epoch)
        return progress.epoch == 30

    model, whole = model_for(task), model_for(task)
    made = fit(model, task, recipe, checkpoint=file, callbacks=[stop_at_30])
    assert 2 <= heard[0] < 30
    assert made.curve == fit(whole, task, recipe, callbacks=[stop_at_30]).curve
    assert same(model.state_dict(), whole.state_dict())
