"""Collections of graphs that are hard to tell apart: what is in them, and what is refused."""

from collections import Counter

import numpy as np
import pytest

from workbench.graphs import (
    BREC_SUBSETS,
    STRONGLY_REGULAR,
    GraphFileError,
    load_brec,
    load_cexp,
    load_connected_graphs,
    load_csl,
    load_exp,
    load_strongly_regular,
)


def test_brec(data_root):
    pairs = load_brec(data_root)
    assert Counter(pair.subset for pair in pairs) == BREC_SUBSETS
    assert list(dict.fromkeys(pair.subset for pair in pairs)) == list(BREC_SUBSETS)
    assert [pair.number for pair in pairs] == list(range(400))
    for pair in pairs:
        assert pair.first.num_nodes == pair.second.num_nodes
        assert pair.first.num_edges == pair.second.num_edges
    assert min(p.first.num_nodes for p in pairs) == 7
    assert max(p.first.num_nodes for p in pairs) == 198


def test_formulas(data_root):
    for load in (load_exp, load_cexp):
        graphs = load(data_root)
        assert len(graphs) == 1200
        assert [int(g.y) for g in graphs[:4]] == [1, 0, 1, 0]
        for data in graphs[::100]:
            assert data.x.shape == (data.num_nodes, 1)
            assert data.is_undirected()
            assert not data.has_self_loops()
    exp = load_exp(data_root)
    assert np.mean([g.num_nodes for g in exp]) == pytest.approx(44.4, abs=0.1)
    assert np.mean([g.num_edges / 2 for g in exp]) == pytest.approx(55.1, abs=0.1)


def test_regular_graphs(data_root):
    graphs = load_csl(data_root)
    assert [int(g.y) for g in graphs] == list(range(10))
    assert {(g.num_nodes, g.num_edges) for g in graphs} == {(41, 164)}
    sizes = {"sr16622": 2, "sr251256": 15, "sr261034": 10, "sr281264": 4, "sr291467": 41}
    for name, count in sizes.items():
        nodes, degree, *_ = STRONGLY_REGULAR[name]
        graphs = load_strongly_regular(name, data_root)
        assert len(graphs) == count
        assert {(g.num_nodes, g.num_edges) for g in graphs} == {(nodes, nodes * degree)}


def test_connected_graphs(data_root):
    counts = [len(load_connected_graphs(n, data_root)) for n in range(2, 8)]
    assert counts == [1, 2, 6, 21, 112, 853]  # OEIS A001349


def test_what_is_missing_or_wrong_is_said(tmp_path, data_root):
    with pytest.raises(FileNotFoundError, match=r"brec_pairs.g6.*GraphPKU/BREC.*WORKBENCH_DATA"):
        load_brec(tmp_path)
    with pytest.raises(FileNotFoundError, match="geng -c 5"):
        load_connected_graphs(5, tmp_path)
    with pytest.raises(ValueError, match="2 to 8, got 9"):
        load_connected_graphs(9)
    with pytest.raises(ValueError, match="no family 'sr1'; there are sr16622"):
        load_strongly_regular("sr1")
    (tmp_path / "brec").mkdir()
    (tmp_path / "brec" / "brec_pairs.g6").write_text("C~\nC]\n")
    index = tmp_path / "brec" / "brec_index.csv"
    index.write_text("line_a,line_b,subset\n0,1,Basic\n2,3,Basic\n")
    with pytest.raises(GraphFileError, match="names lines 2 and 3; brec_pairs"):
        load_brec(tmp_path)
    index.write_text("line_a,subset\n0,Basic\n")
    with pytest.raises(GraphFileError, match="line_b"):
        load_brec(tmp_path)
    (tmp_path / "expressiveness").mkdir()
    np.savez(tmp_path / "expressiveness" / "exp.npz", num_nodes=[2])
    with pytest.raises(GraphFileError, match="edge_index"):
        load_exp(tmp_path)
