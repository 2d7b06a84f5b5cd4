"""Numbers of all heads: each is what the function of one head says."""

import torch

from workbench.capture import capture_attention
from workbench.diagnostics import (
    attention_distance,
    attention_entropy,
    attention_resistance_correlation,
    effective_resistance,
    hop_distance,
)
from workbench.diagnostics.attention.head_measures import head_measures, heads_of
from workbench.graphs import karate
from workbench.models import GAT, GPS


def read(kind):
    data = karate()
    data.x = torch.randn(34, 5, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    model = kind(5, 8, 3, num_layers=2).eval()
    found = capture_attention(model).run(data.x, data.edge_index)
    return data, [call for name in found for call in found.calls(name)]


def test_along_edges_a_query_chooses_among_its_neighbors():
    data, calls = read(GAT)
    hops = hop_distance(data.edge_index, 34)
    resistance = effective_resistance(data.edge_index, 34)
    found = head_measures(calls, hops, resistance)
    for layer, call in enumerate(calls):
        dense, mask = call.dense(), call.allowed_pairs()
        assert torch.equal(
            found.entropy[layer, : call.num_heads], attention_entropy(dense, mask=mask)
        )
        assert torch.equal(found.distance[layer, : call.num_heads], attention_distance(dense, hops))
        expected = attention_resistance_correlation(dense, resistance, hops, mask=mask).resistance
        torch.testing.assert_close(
            found.resistance[layer, : call.num_heads], expected, equal_nan=True
        )


def test_between_all_nodes_it_chooses_among_all():
    data, calls = read(GPS)
    found = head_measures(calls, hop_distance(data.edge_index, 34))
    assert found.resistance is None
    for layer, call in enumerate(calls):
        attention, mask = heads_of(call)
        assert mask is None
        assert torch.equal(found.entropy[layer], attention_entropy(attention))


def test_heads_that_a_layer_lacks_are_nan():
    data, calls = read(GPS)
    wide = calls[0]
    narrow = type(wide)(
        wide.weight[:2], wide.pairs, wide.column, wide.num_nodes, wide.num_columns, wide.batch
    )
    found = head_measures([wide, narrow], hop_distance(data.edge_index, 34))
    assert found.entropy.isnan().tolist() == [[False] * 4, [False, False, True, True]]
