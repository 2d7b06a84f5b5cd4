"""``workbench brec``: tests, our models and one's own, going on with a run, and refusals."""

import pytest

from workbench.cli import main
from workbench.training import BrecResult


def run(capsys, *words):
    code = main(["brec", *words])
    return code, capsys.readouterr()


@pytest.fixture
def here(tmp_path, monkeypatch, data_root):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(data_root))
    return tmp_path


def test_a_test(here, capsys):
    code, out = run(capsys, "--test", "2-FWL", "--subset", "Basic", "-o", "out.json")
    assert code == 0
    assert "2-fwl tells 60 of 400 pairs apart" in out.out
    assert "340 are left out and count as failures" in out.out
    assert BrecResult.load("out.json").by_subset["Basic"] == 60
    code, out = run(capsys, "2-fwl")
    assert code == 2
    assert "add --resume" in out.err
    code, out = run(capsys, "2-fwl", "--resume", "--subset", "Basic", "--subset", "extension")
    assert "160 of 400" in out.out


def test_our_control_and_a_function_of_ones_own(here, capsys):
    words = ("GIN", "--subset", "Strongly regular", "--seeds", "1", "--epochs", "0")
    code, out = run(capsys, *words, "--max-nodes", "17")
    assert code == 0
    assert "GIN tells 0 of 400 pairs apart in mode 'code'" in out.out
    assert "BREC would not take this result" in out.out
    (here / "mine.py").write_text(
        "import torch\n"
        "def degrees(edge_index, num_nodes):\n"
        "    return torch.bincount(edge_index[0], minlength=num_nodes)\n"
    )
    code, out = run(capsys, "mine:degrees", "--mode", "exact", "--subset", "Basic")
    assert "degrees tells 0 of 400 pairs apart, exactly" in out.out


def test_refusals(here, capsys):
    for words, message in (
        ((), "give MODEL or --test"),
        (("nope",), "package.module:ClassOrFunction"),
        (("2-fwl", "--mode", "code"), "2-fwl is a test"),
        (("no_such_module:Model",), "cannot import no_such_module"),
        (("json:nope",), "json has no class or function 'nope'"),
        (("json:dumps",), "cannot be called so; give the arguments with functools.partial"),
        (("2-fwl", "--subset", "basics"), "there are Basic, Simple regular"),
    ):
        code, out = run(capsys, *words)
        assert code == 2
        assert message in out.err
        assert out.err.count("\n") == 1
