"""A folder of runs: as a table, by its columns, with what is damaged named, from two processes."""

import subprocess
import sys

import pytest

from workbench.training import RunStore


@pytest.fixture
def filled(a_run):
    """Fill a folder with three runs."""
    return lambda folder: fill(folder, a_run)


def fill(folder, a_run):
    store = RunStore(folder)
    arguments = {"model": "GCN", "task": "t", "epochs": 2, "optimizer": "adam"}
    store.append(a_run(2, "2025-01-03T00:00:00+00:00", arguments=arguments))
    store.append(a_run(1, "2025-01-02T00:00:00+00:00", arguments={**arguments, "model": "GIN"}))
    scores = {"test_scores": {"mae": 0.5, "rmse": 0.75}, "val_scores": {"mae": 0.25}}
    result = {"metric": "mae", "test": 0.5, "val": 0.25, "best_epoch": 1, "chance": 2.0, **scores}
    del arguments["optimizer"]
    store.append(a_run(0, "2025-01-04T00:00:00+00:00", arguments=arguments, result=result))
    return store


def test_the_table_has_a_row_for_each_run_oldest_first(tmp_path, filled):
    table = filled(tmp_path / "new" / "folder").table()
    assert table["seed"].tolist() == [1, 2, 0]
    assert table["model"].tolist() == ["GIN", "GCN", "GCN"]
    assert table["test_rmse"].tolist()[2] == 0.75
    assert table["test_rmse"].isna().tolist() == [True, True, False]
    assert table["optimizer"].isna().tolist() == [False, False, True]
    assert table["stopped"].tolist() == [False] * 3


def test_it_is_asked_by_its_columns(tmp_path, filled, a_run):
    store = filled(tmp_path)
    assert store.query(model="GCN")["seed"].tolist() == [2, 0]
    assert store.query(model="GCN", seed=2)["seed"].tolist() == [2]
    assert store.query(seed=[0, 1])["seed"].tolist() == [1, 0]
    assert store.query(optimizer=None)["seed"].tolist() == [0]
    assert store.query(model="PNA").empty
    assert [run.seed for run in store.runs(metric="mae")] == [0]
    assert store.runs(metric="mae")[0].curve.train_loss == a_run().curve.train_loss
    with pytest.raises(ValueError, match=r"no column 'modell'; it has started, task, model"):
        store.query(modell="GCN")
    assert len(store) == 3


def test_what_is_damaged_is_named_and_left_out(tmp_path, filled):
    store = filled(tmp_path)
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"format": "x"}')
    (tmp_path / ".half.tmp").write_text("{")
    with pytest.warns(UserWarning, match=r"broken\.json is not JSON") as heard:
        table = store.query(model="GCN")
    assert len(heard) == 2
    assert table["seed"].tolist() == [2, 0]
    assert sorted(table.attrs["unreadable"]) == ["broken.json", "other.json"]


def test_an_empty_folder_gives_an_empty_table(tmp_path):
    assert RunStore(tmp_path / "none").table().empty
    assert "test" in RunStore(tmp_path).table().columns


@pytest.mark.slow
def test_two_processes_append_at_once(tmp_path):
    code = (
        "import sys\n"
        "from workbench.training import Curve, Run, RunStore\n"
        "for number in range(20):\n"
        "    RunStore(sys.argv[1]).append(Run({'model': 'M', 'task': 't'}, number, {}, 'cpu',\n"
        "        Curve(), {'metric': 'm', 'test': None, 'val': None, 'best_epoch': None,\n"
        "        'chance': 0.0}, False, '2025-01-01T00:00:00+00:00', 0.0))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    table = RunStore(tmp_path).table()
    assert sorted(table["seed"].tolist()) == sorted([*range(20)] * 2)
    assert table.attrs["unreadable"] == {}
