"""``workbench brec``: tests, our models and one's own, going on with a run, and refusals."""

import pytest

from workbench.benchmarks import BrecResult
from workbench.cli import main


def run(capsys, *words):
    code = main(["brec", *words])
    return code, capsys.readouterr()


@pytest.fixture
def here(tmp_path, monkeypatch, data_root):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(data_root))
    return tmp_path


@pytest.mark.slow
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


@pytest.mark.slow
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


OWN = """
import torch
from beside import steps

def numbers(edge_index, num_nodes, *, scale=1.0):
    return torch.arange(num_nodes) * scale

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(1, 16)

    def forward(self, x, edge_index, batch):
        return self.net(torch.zeros(int(batch[-1]) + 1, 1).index_add(0, batch, x))
"""


@pytest.mark.slow
def test_files_of_ones_own(here, capsys, monkeypatch):
    (here / "json.py").write_text(OWN)
    (here / "beside.py").write_text("steps = 3\n")
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    words = ("--subset", "Simple regular", "--seeds", "1", "--epochs", "0", "--max-nodes", "7")
    code, out = run(capsys, "../json.py:Model", *words)
    assert (code, out.err) == (0, "")
    assert "Model tells 0 of 400 pairs apart in mode 'code'" in out.out
    # an encoding needs no --mode, and one that reads the numbers of nodes is found out
    code, out = run(capsys, "../json.py:numbers", *words)
    assert "numbers tells 0 of 400 pairs apart, exactly" in out.out
    assert "fail the reliability check" in out.out
    assert "(Simple regular) differs from its own relabeling" in out.out
    code, out = run(capsys, f"{here}/json.py:numbers", "--mode", "paper")
    assert code == 2
    assert "numbers is an encoding; it has no mode 'paper', only 'exact'" in out.err
    (here / "wrong.py").write_text("def (:\n")
    code, out = run(capsys, "../wrong.py:Model")
    assert "cannot import ../wrong.py" in out.err


def test_refusals(here, capsys):
    for words, message in (
        ((), "give MODEL or --test"),
        (("nope",), "package.module:ClassOrFunction"),
        (("2-fwl", "--mode", "code"), "2-fwl is a test"),
        (("no_such_module:Model",), "cannot import no_such_module"),
        (("json:nope",), "json has no class or function 'nope'"),
        (("json:dumps",), "neither a model nor an encoding: a model is made without arguments"),
        (("GIN", "--mode", "exact"), "GIN is a model, which is trained; it has the modes 'code'"),
        (("--test", "GIN"), "GIN is no test but a model"),
        (("own.py:Model",), "there is no file own.py"),
        (("..own:Model",), "..own is no name of a module"),
        (("2-fwl", "--subset", "basics"), "there are Basic, Simple regular"),
    ):
        code, out = run(capsys, *words)
        assert code == 2
        assert message in out.err
        assert out.err.count("\n") == 1
