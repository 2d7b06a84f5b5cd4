import pytest
import torch

from workbench.graphs import GraphFileError, generators, open_graph, write_graph


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("karate", generators.karate()),
        ("ring:20", generators.ring(20)),
        (" Ring : 20 ", generators.ring(20)),
        ("barbell:10,3", generators.barbell(10, 3)),
        ("barbell:10", generators.barbell(10)),
        ("barbell:clique_size=4,path_length=2", generators.barbell(4, 2)),
        ("grid:6x7", generators.grid(6, 7)),
        ("grid:6,7", generators.grid(6, 7)),
        ("clique-path:20", generators.clique_path(20)),
        ("Les Miserables", generators.les_miserables()),
        ("rook", generators.rook()),
    ],
)
def test_names_of_generators(text, data):
    found = open_graph(text)
    assert torch.equal(found.edge_index, data.edge_index)
    assert found.name == data.name


def test_random_graphs_have_a_seed():
    first, again = open_graph("erdos_renyi:40,0.1"), open_graph("erdos_renyi:40,0.1,seed=0")
    assert torch.equal(first.edge_index, again.edge_index)
    other = open_graph("erdos_renyi:40,0.1,seed=1")
    assert not torch.equal(first.edge_index, other.edge_index)
    holes = open_graph("grid_with_holes:15x20,share=0.1,seed=2")
    generator = torch.Generator().manual_seed(2)
    expected = generators.grid_with_holes(15, 20, share=0.1, generator=generator)
    assert torch.equal(holes.edge_index, expected.edge_index)
    assert open_graph("sbm:20+30,0.3,0.02").y.bincount().tolist() == [20, 30]


def test_files(tmp_path, monkeypatch):
    data = generators.barbell(5, 2)
    write_graph(data, tmp_path / "mine.graphml")
    assert torch.equal(open_graph(str(tmp_path / "mine.graphml")).edge_index, data.edge_index)
    monkeypatch.chdir(tmp_path)
    assert torch.equal(open_graph("mine.graphml").edge_index, data.edge_index)
    with pytest.raises(FileNotFoundError, match=r"no file 'mne\.graphml'; beside it .*mine"):
        open_graph("mne.graphml")
    with pytest.raises(FileNotFoundError, match="no file"):
        open_graph("nowhere/mine.csv")


def test_a_file_is_opened_by_its_content_whatever_it_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.mine").write_text("% sym unweighted\n1 2\n2 3\n")
    (tmp_path / "mine.cites").write_text("1\t2\n2\t3\n")
    (tmp_path / "edges").write_text("1 2\n2 3\n")
    write_graph(generators.path(3), "mine.graphml")
    (tmp_path / "mine.graphml").rename("mine.xml")
    for name in ("out.mine", "mine.cites", "edges", "mine.xml"):
        assert open_graph(name).num_edges == 4, name
    (tmp_path / "notes.docx").write_text("words")
    with pytest.raises(GraphFileError, match=r"notes\.docx, line 1: 1 column \('words'\)"):
        open_graph("notes.docx")


def test_one_graph_of_a_file_with_several(tmp_path):
    path = tmp_path / "file.g6"
    path.write_text("A_\nDQc\nBw\n")
    assert [open_graph(f"{path}:{at}").num_nodes for at in range(3)] == [2, 5, 3]
    with pytest.raises(GraphFileError, match="no graph 3; the file holds 0 to 2"):
        open_graph(f"{path}:3")
    with pytest.raises(GraphFileError, match=r"or file\.g6:0, \.\.\. by name"):
        open_graph(str(path))


def test_options_say_how_to_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("a,b,c\n1,2,3\n2,3,1\n")
    found = open_graph(str(path), source="a", target="c", weight="b", directed=True)
    assert found.edge_index.tolist() == [[0, 1], [2, 0]]
    assert found.edge_weight.tolist() == [2.0, 3.0]
    with pytest.raises(ValueError, match="weight='b' says how to read a file; 'karate' is none"):
        open_graph("karate", weight="b")
    with pytest.raises(ValueError, match="directed=True is for files"):
        open_graph("karate", directed=True)
    assert open_graph("karate", directed=False).num_edges == generators.karate().num_edges


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("karat", "no graph 'karat'; did you mean karate"),
        ("ring-of-clique:3,4", "did you mean ring_of_cliques"),
        ("core", "did you mean Cora or cornell"),
        ("", "no graph ''"),
        ("xyzzy", "generator .*ring:20.*data set .*Cora"),
        ("ring", "missing a required argument: 'num_nodes'.* as in 'ring:20'"),
        ("ring:2", "at least 3, got 2"),
        ("ring:many", "holds 'many', no number; ring takes num_nodes"),
        ("ring:20,3", "too many positional arguments"),
        ("ring:20,seed=3", "gives 'seed'; ring takes num_nodes, as in"),
        ("ring:2.5", "num_nodes"),
        ("karate:3", "karate takes no parameters"),
        ("grid:6x7x8", "too many positional arguments"),
        ("erdos_renyi:10,2", "from 0 to 1; got 2"),
        ("erdos_renyi:10,.1,seed=.5", "a seed is an integer"),
        ("complete:100000", "ask for a smaller graph"),
        ("random_regular:5,3", "use num_nodes=6"),
    ],
)
def test_what_cannot_be_opened_says_what_to_write(text, message):
    with pytest.raises(ValueError, match=message):
        open_graph(text)


def test_data_sets(data_root, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    cora = open_graph("cora", root=data_root)
    assert (cora.num_nodes, cora.edge_index.size(1), cora.name) == (2708, 10556, "Cora")
    roads = open_graph("Minnesota", root=data_root)
    assert (roads.num_nodes, roads.edge_index.size(1), roads.name) == (2642, 6606, "minnesota")
    molecule = open_graph("MUTAG:7", root=data_root)
    assert (molecule.num_nodes, molecule.name) == (20, "MUTAG:7")
    with pytest.raises(ValueError, match="188 graphs; choose one, from 'MUTAG:0' to 'MUTAG:187'"):
        open_graph("mutag", root=data_root)
    with pytest.raises(ValueError, match="188 graphs, from 0 on; there is no '188'"):
        open_graph("MUTAG:188", root=data_root)
    with pytest.raises(ValueError, match="did you mean minnesota"):
        open_graph("minesota", root=data_root)
