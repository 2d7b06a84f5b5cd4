"""What 1-WL leaves possible on real data sets, against numbers computed for the field's cards."""

import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import wl_upper_bound
from workbench.graphs import load_dataset, path, ring, star

#: Name, labels or not -> (isomorphism classes, unique, accuracy after 0, 1, 2, ... rounds, rounds
#: until the classes are those of isomorphism): the cards' numbers, by nauty.
EXPECTED = {
    ("MUTAG", True): (175, 0.8723, [0.9309, 0.9574, 0.9947, 1.0], 4),
    ("MUTAG", False): (139, 0.5798, [0.8617, 0.9149, 0.9628, 0.9681], 4),
    ("ENZYMES", True): (595, 0.9833, [0.8133, 1.0], 1),
    ("ENZYMES", False): (595, 0.9833, [0.3850, 0.9883, 1.0], 2),
    ("PROTEINS", False): (996, 0.8643, [0.7323, 0.9524, 0.9748], 2),
    ("IMDB-BINARY", False): (537, 0.4210, [0.6060, 0.8860], 1),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "with_labels"), EXPECTED)
def test_real_data(name, with_labels, data_root, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(data_root))
    graphs = load_dataset(name)
    plain = [
        Data(edge_index=g.edge_index, num_nodes=g.num_nodes, x=g.x if with_labels else None)
        for g in graphs
    ]
    found = wl_upper_bound(plain, torch.tensor([int(g.y) for g in graphs]))
    classes, unique, accuracy, rounds = EXPECTED[name, with_labels]
    assert found.classes_limit == classes
    assert found.unique[-1].item() == pytest.approx(unique, abs=5e-5)
    assert found.accuracy[: len(accuracy)].tolist() == pytest.approx(accuracy, abs=5e-5)
    assert found.rounds_to_isomorphism == rounds
    assert found.identified[-1] == 1.0  # 1-WL is as good as isomorphism here
    assert found.accuracy[-1].item() == found.accuracy_limit


def test_by_hand():
    two_triangles = torch.tensor([[0, 1, 2, 3, 4, 5], [1, 2, 0, 4, 5, 3]])
    both = torch.cat([two_triangles, two_triangles.flip(0)], dim=1)
    graphs = [ring(6), Data(edge_index=both, num_nodes=6), path(6), star(6)]
    found = wl_upper_bound(graphs, torch.tensor([0, 1, 0, 1]))
    assert found.accuracy.tolist() == [0.5, 0.75, 0.75, 0.75][: found.accuracy.numel()]
    assert found.unique[-1] == 0.5
    assert found.identified[-1] == 0.5  # the hexagon and the triangles are one class
    assert found.classes_limit == 4
    assert found.rounds_to_isomorphism is None
    finer = wl_upper_bound(graphs, torch.tensor([0, 1, 0, 1]), test="2-fwl")
    assert finer.accuracy[-1] == finer.identified[-1] == 1.0
    with pytest.raises(ValueError, match="3 labels for 4 graphs"):
        wl_upper_bound(graphs, torch.zeros(3))
