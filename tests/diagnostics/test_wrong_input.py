"""Wrong input is refused by what the caller gave, not by what torch made of it."""

import json
import subprocess
import sys

import pytest
import torch

from workbench.diagnostics import (
    blind_pairs,
    blind_spots,
    decay_fit,
    dirichlet_energy,
    distance_to_mean,
    effective_rank,
    mad_gap,
    mean_average_distance,
    rank_correlation,
    rank_one_distance,
    sensitivity_decay,
    smoothing_by_layer,
    stable_rank,
)
from workbench.graphs import ring

NAN, INF = float("nan"), float("inf")

# In a process of its own: in this one jaxtyping's check of the annotations would speak first.
CALLS = """
import inspect, json, torch
from workbench.diagnostics import DIAGNOSTICS
from workbench.graphs import ring

ones, columns = torch.ones, ring(4).edge_index
WRONG = {
    "edge_weight": {
        "[2]": ones(2), "[8, 1]": ones(8, 1), "[1, 8]": ones(1, 8), "[]": torch.tensor(1.0),
        "[4]": ones(4), "list": [1.0] * 8, "complex64": ones(8, dtype=torch.complex64),
        "nan": torch.full((8,), torch.nan), "-1.0": -ones(8),
    },
    "pairs": {
        "[3, 2]": torch.zeros(3, 2).long(), "[1, 2]": torch.zeros(1, 2).long(),
        "list": [[0], [1]], "float32": torch.zeros(2, 1), "0 to 9": torch.tensor([[0], [9]]),
        "[2]": torch.tensor([0, 1]),
    },
    "num_nodes": {"None": None, "2.0": 2.0, "'4'": "4", "-1": -1},
    "edge_index": {
        "list": columns.tolist(), "[8, 2]": columns.T, "float32": columns.float(),
        "[8]": columns[0], "NoneType": None,
    },
}
WRONG["other_weight"] = WRONG["edge_weight"]
WRONG["other"] = WRONG["edge_index"]
RIGHT = {
    "edge_index": columns, "other": columns, "num_nodes": 4, "num_layers": 2,
    "pairs": columns, "labels": torch.tensor([0, 0, 1, 1]), "x": torch.eye(4),
    "states": [torch.eye(4)], "curvature": ones(8).double(), "sensitivity": ones(4, 4).double(),
}
told = []
for name, function in DIAGNOSTICS.items():
    parameters = inspect.signature(function).parameters
    needed = [k for k, p in parameters.items() if p.default is p.empty]
    if not set(needed) <= set(RIGHT):
        continue
    for argument, values in WRONG.items():
        for came, value in values.items() if argument in parameters else ():
            try:
                function(**{k: RIGHT[k] for k in needed} | {argument: value})
                error = None
            except Exception as caught:
                error = caught
            told.append([name, argument, came, type(error).__name__, str(error)])
print(json.dumps(told))
"""

# What is called in that process, too, with the type of the error and parts of its message.
SMALL = {
    "attention_entropy(torch.eye(4).long())": (TypeError, ["torch.int64", "use .double()"]),
    "attention_entropy(torch.eye(4).tolist())": (TypeError, ["attention", "list"]),
    "attention_entropy(spread, mask=ones(4, 4))": (TypeError, ["mask", "float32", "mask > 0"]),
    "attention_entropy(spread, mask=ones(4, 4).long())": (TypeError, ["mask", "int64"]),
    "attention_by_hop(spread, square, mask=ones(4, 4))": (TypeError, ["mask", "float32"]),
    "attention_by_hop(spread, square.tolist())": (TypeError, ["tensor", "list"]),
    "attention_rollout([spread])": (ValueError, ["a list of [heads, nodes, nodes]", "got [4, 4]"]),
    "attention_rollout([[1.0]])": (TypeError, ["attention must be a tensor, got list"]),
    "attention_rollout(spread)": (ValueError, ["[layers, heads, nodes, nodes]", "got [4, 4]"]),
    "attention_rollout(spread[None, None], branch=[1.0])": (TypeError, ["branch", "list"]),
    "value_weighted_attention(spread[None], [1.0])": (TypeError, ["values", "list"]),
    "rank_correlation(square, square, mask=ones(4, 4))": (TypeError, ["mask", "float32"]),
    "rank_correlation(square + 0j, square)": (TypeError, ["complex128", ".abs()"]),
    "effective_rank(torch.rand(2, 4, 3))": (
        ValueError,
        ["[nodes, channels]", "[2, 4, 3]", "batch"],
    ),
    "distance_to_mean(torch.rand(4))": (ValueError, ["[nodes, channels]", "[4]", "unsqueeze(-1)"]),
    "stable_rank([[1.0]])": (TypeError, ["x must be a tensor", "list", "as_tensor"]),
    "smoothing_by_layer([torch.eye(4), ones(3, 2)], columns, 4)": (
        ValueError,
        ["states[1] must be [4, channels]", "got [3, 2]"],
    ),
    "homophily(columns, 4, [0, 1, 0, 1])": (TypeError, ["labels", "list", "as_tensor(labels)"]),
    "label_informativeness(columns, 4, [0, 1, 0, 1])": (TypeError, ["labels", "list"]),
    "blind_spots(columns, ones(8).double(), square[:2])": (
        ValueError,
        ["sensitivity must be [nodes, nodes]", "[2, 4]", "without nodes="],
    ),
    "blind_pairs(columns, 4, ones(8).double(), square[:2])": (
        ValueError,
        ["sensitivity must be [nodes, nodes]", "[2, 4]", "without nodes="],
    ),
    "blind_spots(columns, ones(8).double(), square[:3, :3])": (
        ValueError,
        ["nodes up to 3", "rows for 0 to 2", "of one graph"],
    ),
    "blind_spots(columns, ones(8, 1).double(), square)": (ValueError, ["shape [8]", "got [8, 1]"]),
    "blind_spots(columns, [1.0], square)": (TypeError, ["curvature must be a tensor, got list"]),
    "sensitivity_decay(square[:2], square[:2])": (ValueError, ["[2, 4]", "[nodes, nodes]"]),
    "decay_fit(square.tolist(), square)": (TypeError, ["sensitivity must be a tensor, got list"]),
    "decay_fit(-square, square)": (ValueError, ["not be negative, got -1.0 in row 0", "norm"]),
}
# What only the annotations' check refuses, and works.
WORKS = [
    "blind_spots(columns, ones(8), square.float()).rate",
    "blind_pairs(columns, 4, ones(8), square.float()).rate",
    "attention_distance(spread, square.long())",
    "effective_resistance(columns, 4, ones(8).long())[0, 0]",
    "effective_resistance(columns, torch.tensor(4), ones(8))[0, 0]",
]
HERE = """
import json, sys, torch
from workbench.diagnostics import *
from workbench.graphs import ring

ones, columns = torch.ones, ring(4).edge_index
spread, square = ones(4, 4) / 4, ones(4, 4).double()
told = {}
for text in json.load(sys.stdin):
    try:
        told[text] = [None, str(eval(text))]
    except Exception as error:
        told[text] = [type(error).__name__, str(error)]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told():
    out = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


@pytest.fixture(scope="module")
def small():
    asked = json.dumps([*SMALL, *WORKS])
    command = [sys.executable, "-c", HERE]
    out = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


@pytest.mark.parametrize("call", SMALL)
def test_what_came_is_named(small, call):
    error, parts = SMALL[call]
    came, message = small[call]
    assert came == error.__name__, message
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize("call", WORKS)
def test_other_number_types_work(small, call):
    assert small[call][0] is None, small[call][1]


@pytest.mark.parametrize(
    "argument", ["edge_weight", "other_weight", "pairs", "num_nodes", "edge_index", "other"]
)
def test_every_diagnostic_names_what_is_wrong_and_what_came(told, argument):
    here = [entry for entry in told if entry[1] == argument]
    assert len(here) >= 12
    wrong = [
        entry
        for entry in here
        if entry[3] not in ("TypeError", "ValueError")
        or not entry[4].startswith(f"{argument} ")
        or entry[2] not in entry[4]
        # a negative number says itself what to do
        or ("; " not in entry[4] and entry[2] != "-1")
    ]
    assert wrong == []


def test_every_function_of_weights_pairs_and_sizes_is_asked(told):
    assert len({name for name, argument, *_ in told if argument == "edge_weight"}) > 35
    assert len({name for name, argument, *_ in told if argument == "num_nodes"}) > 45
    assert {"resistance_of_pairs", "commute_time_of_pairs", "topological_concentration"} <= {
        name for name, argument, *_ in told if argument == "pairs"
    }


@pytest.mark.parametrize(
    ("came", "advice"),
    [("[8, 1]", "squeeze(-1)"), ("[1, 8]", "squeeze(0)"), ("[]", "expand(8)"), ("[4]", "both")],
)
def test_the_shape_of_weights_tells_what_to_do(told, came, advice):
    (message,) = {m for _, argument, c, _, m in told if argument == "edge_weight" and c == came}
    assert advice in message


# ---- nan and inf -----------------------------------------------------------------------------

EDGES = ring(10).edge_index
ON_STATES = {
    "dirichlet_energy": lambda x: dirichlet_energy(x, EDGES, 10),
    "mean_average_distance": mean_average_distance,
    "mean_average_distance of pairs": lambda x: mean_average_distance(x, EDGES),
    "mad_gap": lambda x: mad_gap(x, EDGES, 10, near=1, remote=4),
    "effective_rank": effective_rank,
    "stable_rank": stable_rank,
    "rank_one_distance": rank_one_distance,
    "distance_to_mean": distance_to_mean,
}


@pytest.mark.parametrize("name", ON_STATES)
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_states_that_are_no_numbers_are_refused_by_their_row(name, value, capfd):
    x = torch.ones(10, 3)
    x[7, 1] = value
    with pytest.raises(ValueError, match=rf"x must be finite, got {value} in row 7 .* 1 with nan"):
        ON_STATES[name](x)
    with pytest.raises(ValueError, match=r"in row 0 .* 10 with nan"):
        ON_STATES[name](torch.full((10, 3), value))
    assert capfd.readouterr().err == ""  # nothing of the linear algebra beneath


def test_layers_are_named():
    x = torch.ones(10, 3)
    with pytest.raises(ValueError, match=r"states\[1\] must be finite, got nan in row 0"):
        smoothing_by_layer([x, x * NAN], EDGES, 10)


def matrix():
    return torch.rand(10, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def spoiled(row, column, value=NAN):
    result = matrix()
    result[row, column] = value
    return result


@pytest.mark.parametrize("value", [NAN, INF])
def test_a_sensitivity_that_is_no_number_is_refused(value):
    bad, curvature = spoiled(3, 2, value), torch.linspace(-1, 1, 20, dtype=torch.float64)
    for call in (
        lambda: blind_spots(EDGES, curvature, bad),
        lambda: blind_pairs(EDGES, 10, curvature, bad),
        lambda: decay_fit(bad, matrix()),
    ):
        with pytest.raises(ValueError, match=r"sensitivity must be finite, got .* in row 3"):
            call()
    curvature[5] = value
    with pytest.raises(ValueError, match=r"curvature must be finite, got .* in row 5"):
        blind_spots(EDGES, curvature, matrix())


def test_the_curvature_of_a_loop_does_not_matter():
    edges = torch.cat([EDGES, torch.tensor([[0], [0]])], dim=1)
    curvature = torch.linspace(-1, 1, 20, dtype=torch.float64)
    with_loop = torch.cat([curvature, torch.full((1,), NAN, dtype=torch.float64)])
    expected = blind_spots(EDGES, curvature, matrix()).rate
    assert torch.equal(blind_spots(edges, with_loop, matrix()).rate, expected)


@pytest.mark.parametrize("value", [NAN, INF])
def test_ranks_need_numbers_where_pairs_count(value):
    bad = spoiled(4, 2, value)
    with pytest.raises(ValueError, match=r"a must be finite, got .* in row 4"):
        rank_correlation(bad, matrix())
    # the diagonal, and pairs out of reach, do not count
    b = spoiled(4, 2, INF)
    assert rank_correlation(bad, b).isfinite()
    assert rank_correlation(spoiled(4, 4, value), matrix()).isfinite()


# ---- what works ------------------------------------------------------------------------------


def test_decay_takes_single_precision_and_whole_numbers():
    hops = (torch.arange(10)[:, None] - torch.arange(10)).abs()
    exact = torch.exp(-0.5 * hops.double())
    for sensitivity, distance in ((exact.float(), hops.double()), (exact, hops)):
        assert float(decay_fit(sensitivity, distance).rate) == pytest.approx(0.5, rel=1e-6)
        found = sensitivity_decay(sensitivity, distance)
        assert found.mean.tolist() == pytest.approx(torch.exp(-0.5 * torch.arange(10)).tolist())
        assert found.distance.tolist() == list(range(10))
        assert found.distance.dtype == torch.float64
