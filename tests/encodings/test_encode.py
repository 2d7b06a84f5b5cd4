import pytest
import torch
from torch_geometric.data import Batch, Data

from workbench.encodings import ENCODINGS, Encode, rrwp
from workbench.graphs import grid, ring


def test_what_models_ask_for_is_written_under_its_name():
    data = ring(5)
    assert Encode("random_walk", num_steps=3)(data).rwse.shape == (5, 3)
    waves = Encode("laplacian_eigenvectors", num_frequencies=6)(data)
    assert waves.laplacian_eigenvectors.shape == (5, 6)
    assert waves.laplacian_eigenvalues.shape == (1, 6)
    assert sorted(set(data.keys()) & {"rwse", "laplacian_eigenvectors", "rrwp"}) == []


def test_pairs_are_listed_from_what_is_read_to_who_reads():
    data = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=4)
    found = Encode("rrwp", num_steps=3)(data)
    dense = torch.zeros(4, 4, 3)
    dense[found.rrwp_index[1], found.rrwp_index[0]] = found.rrwp
    assert torch.equal(dense, rrwp(data.edge_index, 4, num_steps=3).float())
    # walks start at the reader: 0 comes to 1 and to 2, and nobody comes to 0
    assert found.rrwp_index.T.tolist() == [[0, 0], [1, 0], [2, 0], [1, 1], [2, 1], [2, 2], [3, 3]]


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_graphs_join_in_a_batch(name):
    graphs = [Encode(name)(graph) for graph in (grid(3, 3), ring(4), ring(7))]
    batch = Batch.from_data_list(graphs)
    for number, graph in enumerate(graphs):
        again = batch.get_example(number)
        for key, value in graph.to_dict().items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(again[key], value), key
    if name == "rrwp":
        whole = Encode(name)(Data(edge_index=batch.edge_index, num_nodes=batch.num_nodes))
        assert torch.equal(whole.rrwp_index, batch.rrwp_index)
        torch.testing.assert_close(whole.rrwp, batch.rrwp)


def test_values_have_the_type_of_the_features():
    data = ring(4)
    assert Encode("random_walk")(data).rwse.dtype == torch.float32
    data.x = torch.ones(4, 1, dtype=torch.float64)
    assert Encode("random_walk")(data).rwse.dtype == torch.float64
    data.x = torch.ones(4, 1, dtype=torch.int64)
    assert Encode("rrwp")(data).rrwp.dtype == torch.float32


def test_repr_tells_every_option_because_stored_data_are_keyed_by_it():
    assert repr(Encode("random_walk")) == "Encode('random_walk', weighted=False, num_steps=16)"
    assert repr(Encode("rrwp", num_steps=4)) != repr(Encode("rrwp", num_steps=5))
    assert "constant=True" in repr(Encode("laplacian_eigenvectors", constant=True))


def test_weights_count_where_asked_for():
    data = Data(edge_index=torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]), num_nodes=3)
    with pytest.raises(ValueError, match=r"needs data\.edge_weight, and the data have"):
        Encode("random_walk", weighted=True)(data)
    data.edge_weight = torch.tensor([1.0, 1.0, 3.0, 3.0])
    plain = Encode("random_walk", num_steps=2)(data).rwse
    weighted = Encode("random_walk", num_steps=2, weighted=True)(data).rwse
    assert plain[0].tolist() == [0, 0.5]
    assert weighted[0].tolist() == [0, 0.25]


def test_what_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no encoding 'rwse'; there are random_walk, "):
        Encode("rwse")
    with pytest.raises(TypeError, match="rrwp has no option 'steps'; it has num_steps"):
        Encode("rrwp", steps=4)


def test_encodings_that_count_edges_have_no_weights():
    with pytest.raises(ValueError, match="shortest_path counts edges, which weights do not change"):
        Encode("shortest_path", weighted=True)


def test_what_was_stored_is_read_again_and_known_by_content(tmp_path, monkeypatch):
    calls = []

    def counted(edge_index, num_nodes, *, num_steps=16, edge_weight=None):
        calls.append(num_steps)
        return ENCODINGS_BEFORE(edge_index, num_nodes, num_steps=num_steps, edge_weight=edge_weight)

    ENCODINGS_BEFORE = ENCODINGS["random_walk"]
    monkeypatch.setitem(ENCODINGS, "random_walk", counted)
    data, encode = grid(3, 3), Encode("random_walk", cache=tmp_path)
    first = encode(data).rwse
    assert torch.equal(encode(grid(3, 3)).rwse, first)
    assert len(calls) == 1
    encode(ring(9))  # as many nodes, other edges
    Encode("random_walk", cache=tmp_path, num_steps=4)(data)
    lone = data.clone()
    lone.pos, lone.num_nodes = None, 10
    encode(lone)
    assert calls == [16, 16, 4, 16]
    data.edge_weight = torch.rand(1) + torch.arange(data.num_edges) * 0
    Encode("random_walk", cache=tmp_path, weighted=True)(data)
    assert len(calls) == 5
    assert len(list(tmp_path.iterdir())) == 5


def test_a_file_that_is_broken_is_made_again(tmp_path):
    encode = Encode("rrwp", cache=tmp_path)
    expected = encode(ring(5)).rrwp
    for content in (b"", b"no tensors", b"PK\x03\x04half"):
        [file] = tmp_path.iterdir()
        file.write_bytes(content)
        assert torch.equal(encode(ring(5)).rrwp, expected)
    assert "cache" not in repr(encode)  # it changes no number
