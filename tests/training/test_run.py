import json
import math
import os

import pytest

from workbench.training import Curve, Run, RunFileError


def test_a_saved_run_comes_back(a_run, tmp_path):
    run = a_run(curve=Curve((1.0, 0.5), (1.1, 0.9), (0.2, 0.4)))
    path = run.save(tmp_path / "new" / "folder")
    assert path.parent == tmp_path / "new" / "folder"
    assert Run.load(path) == run


def test_infinities_become_null_and_come_back_as_nan(a_run, tmp_path):
    path = a_run().save(tmp_path)
    assert json.loads(path.read_text())["curve"]["val_loss"] == [1.1, None]
    assert math.isnan(Run.load(path).curve.val_loss[1])


def test_every_record_has_a_name_of_its_own_in_its_folder(a_run, tmp_path):
    paths = {a_run().save(tmp_path) for _ in range(5)}
    assert len(paths) == 5
    assert {path.parent for path in paths} == {tmp_path}


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_no_file(a_run, tmp_path, monkeypatch, broken):
    def crash(*arguments):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, broken, crash)
    with pytest.raises(OSError, match="the disk is full"):
        a_run().save(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("seed"), "lacks the key 'seed'"),
        (lambda r: r.update(seed="0"), "'seed' must be int, got str"),
        (lambda r: r.update(seed=True), "'seed' must be int, got bool"),
        (lambda r: r.update(seconds="x"), "'seconds' must be float, got str"),
        (lambda r: r.update(format="other"), "format is not 'workbench.run'"),
        (lambda r: r.update(version=9), "has version 9; this workbench reads 1"),
        (lambda r: r["curve"].update(val=[0.1]), "lengths differ"),
        (lambda r: r["curve"].update(val=[0.1, "x"]), "curve.val holds something"),
        (lambda r: r["curve"].pop("val"), "lacks the key 'val'"),
        (lambda r: r["result"].pop("test"), "lacks result.test"),
        (lambda r: r["result"].update(test="1"), "result.test must be a number"),
        (lambda r: r["result"].update(test_scores={"mae": "x"}), "result.test_scores must be"),
    ],
)
def test_a_file_that_is_no_record_names_the_key_at_fault(a_run, tmp_path, change, message):
    path = a_run().save(tmp_path)
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(RunFileError, match=message) as error:
        Run.load(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\x80\x04K\x01.", b"[1]", b"null"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=r"x\.json is no"):
        Run.load(path)
