"""Half-Hop: parity with the released code and PyG's transform, counts, self-loops, draws."""

import re

import pytest
import torch
from torch_geometric.data import Data

from conftest import load_oracle, oracle_graph
from workbench.graphs import ring
from workbench.rewiring import Rewire, half_hop, rewired_data

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def cases():
    """(graph, options, the arrays of the case, the features that went in)."""
    oracle = load_oracle("03g_halfhop.npz")
    for key in oracle:
        graph, case, *part = key.split("/")
        if part != ["edge_index"]:
            continue
        number = re.search(r"alpha([\d.]+)", case)
        drawn = re.search(r"p([\d.]+)_seed(\d+)", case)
        options = {"alpha": float(number[1])} if number else {}
        if drawn:
            generator = torch.Generator().manual_seed(int(drawn[2]))
            options |= {"p": float(drawn[1]), "generator": generator}
        arrays = {
            name.rsplit("/", 1)[1]: torch.from_numpy(oracle[name])
            for name in oracle
            if name.startswith(f"{graph}/{case}/")
        }
        yield graph, options, arrays, torch.from_numpy(oracle[f"{graph}/input_x"])


@pytest.mark.parity
def test_edges_nodes_and_features_are_the_released_ones():
    compared = 0
    for graph, options, arrays, x in cases():
        edge_index, num_nodes, _ = oracle_graph(graph)
        result = half_hop(edge_index, num_nodes, **options)
        assert torch.equal(result.edge_index, arrays["edge_index"].long()), graph
        data = rewired_data(Data(x=x, edge_index=edge_index), result)
        assert data.num_nodes == arrays["x"].size(0)
        torch.testing.assert_close(data.x, arrays["x"], rtol=0, atol=1e-6, msg=graph)
        slow = arrays["slow_node_mask"]
        new = data.get("is_new_node")
        assert torch.equal(slow, torch.zeros_like(slow) if new is None else new), graph
        if "node_mask_used" in arrays:
            into = arrays["node_mask_used"][edge_index[1]]
            assert torch.equal(result.kept, ~into), graph
        compared += 1
    assert compared > 0


def test_a_square_by_hand():
    """8 arcs become 8 slow nodes with three arcs each."""
    data = ring(4)
    result = half_hop(data.edge_index, 4)
    assert result.num_nodes == 12
    assert result.edge_index.size(1) == 24
    assert not bool(result.kept.any())
    for slow in range(4, 12):
        into, out = result.edge_index[0], result.edge_index[1]
        source, target = data.edge_index[:, slow - 4].tolist()
        assert sorted(into[out == slow].tolist()) == sorted([source, target])
        assert out[into == slow].tolist() == [target]


def test_only_edges_into_a_sampled_node_and_no_loops():
    edge_index = torch.tensor([[0, 1, 2, 2, 2], [1, 0, 2, 0, 0]])  # a loop and a repeat
    drawn = half_hop(edge_index, 3, p=0.5, generator=torch.Generator().manual_seed(1))
    whole = half_hop(edge_index, 3)
    assert whole.kept.tolist() == [False, False, True, False, False]
    assert whole.num_nodes == 3 + 4
    gone = edge_index[:, ~drawn.kept]
    sampled = set(gone[1].tolist())
    stay = edge_index[:, drawn.kept]
    assert all(u == v or v not in sampled for u, v in stay.T.tolist())
    assert torch.equal(half_hop(edge_index, 3, p=0.0).edge_index, edge_index)


def test_p_is_the_share_of_nodes():
    """Of 20,000 nodes of a ring, the edges into 0.3 go, within five standard deviations."""
    size = 20_000
    data = ring(size)
    kept = half_hop(data.edge_index, size, p=0.3).kept.double().mean()
    assert float(kept) == pytest.approx(0.7, abs=5 * (0.3 * 0.7 / size) ** 0.5)


def test_nothing_to_do():
    for num_nodes in (0, 1, 4):
        result = half_hop(NOTHING, num_nodes)
        assert result.num_nodes == num_nodes
        assert result.origin.size(1) == 0


def test_weights_are_refused():
    data = Data(edge_index=torch.tensor([[0, 1], [1, 0]]), edge_weight=torch.ones(2), num_nodes=2)
    with pytest.raises(ValueError, match="half_hop has no rule for the weights of edges"):
        Rewire("half_hop")(data)


@pytest.mark.parametrize("options", [{"p": 1.5}, {"alpha": -0.1}])
def test_options_out_of_range(options):
    with pytest.raises(ValueError, match=f"must be 0 to 1, got {next(iter(options.values()))}"):
        half_hop(NOTHING, 2, **options)
