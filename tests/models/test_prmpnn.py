"""PR-MPNN: parity of candidates and of the rewired graphs; what is drawn, and what it does."""

import json

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from conftest import ORACLES, load_oracle, oracle_graph
from workbench.capture import capture
from workbench.cost import TooLargeError
from workbench.graphs import path, ring
from workbench.models import PRMPNN, Candidates, call, prepare
from workbench.models.exactly_k import Chosen
from workbench.models.prmpnn import _pairs


def files(pattern):
    return sorted(f"07_models/{found.name}" for found in ORACLES.glob(f"07_models/{pattern}"))


@pytest.mark.parity
@pytest.mark.parametrize("name", files("prmpnn_candidates*.npz"))
def test_candidates_are_as_far_apart_as_the_released_ones(name):
    arrays = load_oracle(name)
    for case in sorted({key.rsplit("/", 1)[0] for key in arrays}):
        graph, pool = case.split("/pool")
        edge_index, size, _ = oracle_graph(graph)
        data = Candidates(int(pool))(Data(edge_index=edge_index, num_nodes=size))
        theirs = {tuple(pair) for pair in arrays[f"{case}/candidate"].tolist()}
        ours = {tuple(pair) for pair in data.candidate_index.T.tolist()}
        assert len(ours) == data.candidate_index.size(1) == len(theirs), case
        # they may differ among pairs at the smallest distance only
        released = map(tuple, arrays[f"{case}/candidate"].tolist())
        distance = dict(zip(released, arrays[f"{case}/distance"], strict=True))
        last = min(distance.values())
        assert {pair for pair in theirs if distance[pair] > last} <= ours, case


@pytest.mark.parity
@pytest.mark.parametrize("name", files("prmpnn_model_*.npz"))
def test_rewired_graphs_are_the_released_ones(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    with np.load(ORACLES / name) as file:
        said = json.loads(str(file["meta"]))["parameters"]
    edge_index, batch = arrays["edge_index"], arrays["batch"]
    size, graphs, draws = batch.numel(), int(batch.max()) + 1, said["VE"]
    candidates = arrays["candidate_global"].T
    pairs, pair_of = _pairs(edge_index, size)
    heads, training = said["ensemble"], said["rewirer_training"]
    if draws > 1 and not training:
        pytest.skip("the release draws here outside training, and the file has no noise for it")
    added = Chosen(said["add_k"], "official", deletes=False).train(training)
    kept = Chosen(said["del_k"], "official", deletes=True).train(training)
    of_pairs = batch[pairs[0]]
    most = int(torch.bincount(of_pairs).max())
    more = added(arrays["addition_logits"], batch[candidates[0]], graphs)
    parts = [key.split("/")[0] for key in arrays if key.endswith("/edge_weight")]
    for draw in range(draws):
        noise = arrays["uniform_del"][draw][:, :most] if training else None
        less = kept(arrays["deletion_logits"], of_pairs, graphs, noise)
        for head in range(heads):
            shift = (head * draws + draw) * size
            for part in parts:
                found = {}
                if part == "rewired0":
                    for (u, v), weight in zip(candidates.T.tolist(), more[:, head], strict=True):
                        found[u, v] = found[v, u] = float(weight)
                deletes = not said["separate"] or part == "rewired1"
                for (u, v), pair in zip(edge_index.T.tolist(), pair_of.tolist(), strict=True):
                    found[u, v] = float(less[pair, head]) if deletes else 1.0
                ends = arrays[f"{part}/edge_index"] - shift
                own = ((ends >= 0) & (ends < size)).all(0)
                weights = arrays[f"{part}/edge_weight"][own].tolist()
                expected = dict(zip(map(tuple, ends[:, own].T.tolist()), weights, strict=True))
                if not training:
                    found = {pair: weight for pair, weight in found.items() if weight}
                assert found.keys() == expected.keys()
                for pair, weight in expected.items():
                    assert found[pair] == pytest.approx(weight, abs=1e-9), pair


def build(data, **options):
    torch.manual_seed(0)
    model = PRMPNN(2, 8, 3, **{"num_layers": 2, **options}).double().eval()
    data.x = torch.randn(data.num_nodes, 2, dtype=torch.float64)
    return model, prepare(model, data)


def test_candidates_are_the_pairs_farthest_apart():
    found = Candidates(3)(path(5)).candidate_index
    assert set(map(tuple, found.T.tolist())) >= {(0, 4)}
    assert found.shape == (2, 3)
    everything = Candidates(100)(path(5)).candidate_index
    assert set(map(tuple, everything.T.tolist())) == {
        (u, v) for v in range(5) for u in range(v - 1)
    }
    apart = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=4)  # directed, 3 alone
    found = Candidates(3)(apart).candidate_index
    assert set(map(tuple, found.T.tolist())) == {(0, 3), (1, 3), (2, 3)}
    assert repr(Candidates(7)) == "Candidates(7)"


def test_as_many_edges_as_said_are_added_and_go():
    model, data = build(ring(8), num_add=3, num_delete=2, num_heads=4)
    for training in (True, False):
        with capture(model.train(training), "added", "kept") as inside:
            call(model, data)
        three, six = torch.full((4,), 3.0).double(), torch.full((4,), 6.0).double()
        torch.testing.assert_close(inside["added"].sum(0), three)
        torch.testing.assert_close(inside["kept"].sum(0), six)  # of 8 undirected edges


def test_draws_differ_and_answers_outside_training_do_not():
    model, data = build(ring(8), num_add=3, num_delete=2)

    def answers():
        return {tuple(call(model, data).flatten().tolist()) for _ in range(5)}

    assert len(answers()) == 1
    model.train()
    assert len(answers()) > 1


@pytest.mark.parametrize("variant", ["paper", "official"])
@pytest.mark.parametrize(("num_add", "num_delete"), [(3, 0), (0, 3), (0, 0)])
def test_it_may_only_add_or_only_delete_or_neither(variant, num_add, num_delete):
    model, data = build(ring(8), num_add=num_add, num_delete=num_delete, variant=variant)
    model.train()
    out = call(model, data)
    assert torch.isfinite(out).all()
    out.sum().backward()
    for key, parameter in model.named_parameters():
        scores = num_add + num_delete or not key.startswith("scorer")
        assert (parameter.grad is not None) == bool(scores), key


def test_what_the_scores_prefer_is_added():
    model, data = build(path(10), num_add=1, num_delete=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    wanted = (torch.tensor([0, 9]) == data.candidate_index.T).all(1)
    for _ in range(60):  # that the ends are joined is all that is asked for
        with capture(model, "added", keep_graph=True) as inside:
            call(model, data)
        loss = -inside["added"][wanted].log().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with capture(model, "added") as inside:
        call(model, data)
    assert float(inside["added"][wanted]) > 0.9


def test_added_edges_have_features_0():
    model, data = build(ring(6), edge_channels=2)
    data.edge_attr = torch.randn(12, 2, dtype=torch.float64)
    with capture(model, "edge_encoder.linear") as inside:
        call(model, data)
    of_edges, of_added = inside["edge_encoder.linear"]
    assert torch.equal(of_edges, model.edge_encoder.linear(data.edge_attr))
    assert torch.equal(of_added, model.edge_encoder.linear.bias.expand_as(of_added))


def test_a_wrong_option_says_what_came_in():
    for options, said in (
        ({"num_add": -1}, "got -1, 5 and 2"),
        ({"num_heads": 0}, "num_heads must be at least 1, got 0"),
        ({"num_candidates": -1}, "num_candidates must not be negative, got -1"),
        ({"variant": "mine"}, "got 'mine'"),
    ):
        with pytest.raises(ValueError, match=said):
            PRMPNN(2, 8, 3, num_layers=1, **options)
    large = Data(edge_index=torch.zeros(2, 0, dtype=torch.int64), num_nodes=5_001)
    with pytest.raises(TooLargeError, match="of 5,001 nodes"):
        Candidates()(large)
