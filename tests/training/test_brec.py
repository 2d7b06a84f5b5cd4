"""BREC end to end: exact tests, trained models, the control, stopping and going on."""

import json

import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.utils import to_dense_adj

from workbench.graphs import GraphPair, load_brec, path, ring, rook, shrikhande
from workbench.models import GCN, GIN
from workbench.training import BREC_SEEDS, BrecFileError, BrecResult, brec, brec_table


def triangles(count):
    edges = torch.cat([ring(3).edge_index + 3 * i for i in range(count)], dim=1)
    return Data(edge_index=edges, num_nodes=3 * count)


PAIRS = [
    GraphPair(0, "cycles", ring(6), triangles(2)),
    GraphPair(1, "cycles", ring(9), triangles(3)),
    GraphPair(2, "regular", rook(), shrikhande()),
]


def gin():
    return GIN(1, 8, 16, num_layers=3, level="graph", norm=None)


class Traces(nn.Module):
    """A model beyond 1-WL: closed walks of 3 to 6 steps, and a perceptron. Blind to rook(4)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 16))

    def forward(self, x, edge_index, batch):
        power = step = to_dense_adj(edge_index, batch) / 3
        traces = []
        for _ in range(5):
            power = power @ step
            traces.append(power.diagonal(dim1=1, dim2=2).sum(1))
        return self.net(torch.stack(traces[1:], dim=1))


class Numbered(nn.Module):
    """Not invariant: it reads the number of each node."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(40, 16))

    def forward(self, x, edge_index, batch):
        first = torch.searchsorted(batch, torch.arange(int(batch[-1]) + 1))
        source, target = edge_index - first[batch[edge_index[0]]]
        seen = self.weight[source] * self.weight[target].roll(1, dims=1)
        return torch.zeros(first.numel(), 16).index_add(0, batch[edge_index[0]], seen)


def return_probabilities(edge_index, num_nodes):
    walk = to_dense_adj(edge_index, max_num_nodes=num_nodes)[0].double()
    walk = walk / walk.sum(1, keepdim=True).clamp(min=1)
    powers = [torch.linalg.matrix_power(walk, k).diagonal() for k in range(1, 6)]
    return torch.stack(powers, dim=1)


def test_exact_tests_and_encodings():
    found = brec(test="2-fwl", pairs=PAIRS)
    assert found.cells == "DDn"
    assert found.by_subset == {"cycles": 2, "regular": 0}
    assert found.admissible
    assert brec(test="1-wl", pairs=PAIRS).cells == "nnn"
    assert brec(test="3-fwl", pairs=PAIRS).cells == "DDD"
    assert brec(test=return_probabilities, pairs=PAIRS).cells == "DDn"
    assert brec(test=return_probabilities, pairs=PAIRS).method == "return_probabilities"
    some = brec(test="2-fwl", pairs=PAIRS, subsets=["Regular"], max_nodes=20)
    assert some.cells == "xxn"
    assert "2 are left out and count as failures" in some.sentence
    assert brec(test="2-fwl", pairs=PAIRS, max_nodes=6).table().loc["total"].tolist() == [
        *(3, 1, 0, 0, 2)
    ]


@pytest.mark.parametrize("mode", ["code", "paper"])
def test_models(mode):
    control = brec(gin, mode=mode, pairs=PAIRS, seeds=2, epochs=3)
    assert control.per_seed == {100: 0, 200: 0}
    assert not control.unreliable
    assert not control.admissible  # two seeds of ten
    found = brec(Traces, mode=mode, pairs=PAIRS, seeds=2)
    assert found.cells == "DDn"
    assert found.sentence.startswith(f"Traces tells 2 of 3 pairs apart in mode '{mode}', best of 2")
    # a model that relabeling changes fails its reliability check, and so all of its pairs
    failed = brec(Numbered, mode="paper", pairs=PAIRS[:1], seeds=[1], epochs=2, alpha=0.999)
    assert failed.cells == "u"
    assert failed.distinguished == 0


def test_equal_seeds_give_equal_results_and_the_caller_is_not_disturbed():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = brec(Traces, pairs=PAIRS, seeds=[3, 4], epochs=2)
    assert torch.equal(torch.rand(3), expected)
    other = brec(Traces, pairs=PAIRS[:2], seeds=[4], epochs=2)
    # neither the other seeds nor the other pairs change it
    statistics = {(o.pair, o.seed): o.statistic for o in first.outcomes}
    assert [statistics[o.pair, o.seed] for o in other.outcomes] == [
        o.statistic for o in other.outcomes
    ]
    assert statistics[1, 3] != statistics[1, 4]


def test_a_stopped_run_goes_on(tmp_path):
    heard = []

    def stop(progress):
        heard.append(progress)
        return progress.done == 2

    options = {"pairs": PAIRS, "seeds": [1, 2], "epochs": 2, "directory": tmp_path}
    part = brec(gin, callbacks=[stop], **options)
    assert part.stopped
    assert len(part.outcomes) == 2
    assert [p.epoch for p in heard[:3]] == [1, 2, 2]
    assert heard[2].outcome == part.outcomes[0]
    assert (heard[-1].done, heard[-1].total) == (2, 6)
    assert heard[-1].seconds_left > 0
    assert part.cells.count("x") == 1
    # a line that was cut off while it was written is run again
    with open(tmp_path / "journal.jsonl", "a") as file:
        file.write('{"pair": 2, "se')
    heard.clear()
    whole = brec(gin, callbacks=[lambda progress: heard.append(progress)], **options)
    assert heard[0].done == 2
    assert not whole.stopped
    assert len(whole.outcomes) == 6
    assert whole.outcomes[:2] == part.outcomes
    again = brec(gin, **options)
    assert again == whole == BrecResult.load(tmp_path / "result.json")
    fresh = brec(gin, **{**options, "directory": tmp_path / "other"})
    assert [o.statistic for o in fresh.outcomes] == [o.statistic for o in whole.outcomes]
    with pytest.raises(BrecFileError, match="is of another run: arguments differs"):
        brec(gin, **{**options, "epochs": 3})
    with pytest.raises(BrecFileError, match="is of another run: method, arguments differs"):
        brec(lambda: GCN(1, 8, 16, num_layers=2, level="graph", norm=None), **options)
    with pytest.raises(BrecFileError, match="no result of BREC"):
        BrecResult.load(tmp_path / "journal.jsonl")


def test_rows_are_stored_and_shown(tmp_path):
    rows = [brec(test=test, pairs=PAIRS).row() for test in ("1-wl", "2-fwl")]
    assert json.loads(json.dumps(rows)) == rows
    table = brec_table(rows)
    assert table["total"].tolist() == [0, 2]
    assert table["cycles"].tolist() == [0, 2]


def test_what_is_refused(tmp_path):
    with pytest.raises(ValueError, match='mode "exact" takes a test='):
        brec(gin, mode="exact", pairs=PAIRS)
    with pytest.raises(ValueError, match="mode 'code' takes a model"):
        brec(mode="code", pairs=PAIRS)
    with pytest.raises(ValueError, match="test must be one of 1-wl"):
        brec(test="4-fwl", pairs=PAIRS)
    with pytest.raises(ValueError, match=r"no subset \['cfi'\]; there are cycles, regular"):
        brec(test="1-wl", pairs=PAIRS, subsets=["cfi"])
    with pytest.raises(ValueError, match="seeds=11 is how many of BREC's 10"):
        brec(gin, pairs=PAIRS, seeds=11)
    with pytest.raises(TypeError, match="it made a dict"):
        brec(dict, pairs=PAIRS)
    with pytest.raises(TypeError, match="must make a fresh model at each call"):
        brec(gin(), pairs=PAIRS)
    with pytest.raises(ValueError, match=r"BREC needs a graph embedding, \[16, channels\]"):
        brec(lambda: GIN(1, 8, 16, num_layers=1), pairs=PAIRS, seeds=1)
    with pytest.raises(ValueError, match="pairs must be numbered"):
        brec(test="1-wl", pairs=[GraphPair(3, "", path(3), path(4))])
    assert BREC_SEEDS == (100, 200, 300, 400, 500, 600, 700, 800, 900, 1000)


def test_basic_pairs_of_the_collection(data_root):
    pairs = load_brec(data_root)[:2]
    assert brec(gin, pairs=pairs, seeds=1, epochs=2).distinguished == 0
    assert brec(Traces, pairs=pairs, seeds=1).distinguished == 2
