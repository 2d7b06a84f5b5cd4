import os
import shutil
import socket
import stat
from pathlib import Path

import pytest
import torch

from workbench.graphs import data_folder, find_single_graphs, load_dataset


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty folder for what is copied or downloaded; no address can be reached."""
    folder = tmp_path / "store"
    monkeypatch.setenv("WORKBENCH_DATA", str(folder))

    def refuse(*_, **__):
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return folder


def listing(root):
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


#: Name, its folder in the archive, graphs, nodes and stored edges of the first.
COUNTS = [
    ("Cora", "planetoid", 1, 2708, 10556),
    ("CiteSeer", "planetoid", 1, 3327, 9104),
    ("MUTAG", "tu", 188, 17, 38),
    ("PROTEINS", "tu", 1113, 42, 162),
    ("ENZYMES", "tu", 600, 37, 168),
    ("NCI1", "tu", 4110, 21, 42),
    ("IMDB-BINARY", "tu", 1000, 20, 146),
    ("texas", "webkb", 1, 183, 325),
    ("Wisconsin", "webkb", 1, 251, 515),
    ("chameleon", "wikipedia", 1, 2277, 36101),
    ("actor", "actor", 1, 7600, 30019),
    ("minesweeper", "heterophilous", 1, 10000, 78804),
    ("airports-usa", "airports", 1, 1190, 13599),
    ("email-eu-core", "email-eu-core", 1, 1005, 25571),
    ("polblogs", "polblogs", 1, 1490, 19025),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "folder", "graphs", "nodes", "edges"), COUNTS)
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_published_counts_from_an_archive(data_root, store, name, folder, graphs, nodes, edges):
    before = listing(data_root / "pyg" / folder)
    dataset = load_dataset(name, root=data_root)
    assert len(dataset) == graphs
    assert (dataset[0].num_nodes, dataset[0].edge_index.size(1)) == (nodes, edges)
    # what PyG writes lands in the store, never in the archive
    assert listing(data_root / "pyg" / folder) == before
    assert (store / folder).is_dir()
    assert not list(store.rglob(".raw.*"))


def test_a_second_loading_copies_nothing(data_root, store):
    load_dataset("MUTAG", root=data_root)
    before = listing(store)
    again = load_dataset("mutag", root=data_root)
    assert len(again) == 188
    assert listing(store) == before
    # and the store alone is enough
    assert len(load_dataset("MUTAG")) == 188


def test_the_archive_may_be_the_data_folder_itself(data_root, store, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(data_root))
    monkeypatch.setattr("workbench.data_sets._own_folder", lambda: store)
    before = listing(data_root / "pyg" / "tu")
    assert len(load_dataset("MUTAG")) == 188
    assert listing(data_root / "pyg" / "tu") == before
    assert (store / "tu" / "MUTAG" / "processed").is_dir()


@pytest.mark.parametrize("layout", ["{}/raw", "TUDataset/{}/raw", "tu/{}/raw"])
def test_layouts_of_a_root_that_can_be_written(data_root, store, tmp_path, layout):
    root = tmp_path / "root"
    raw = root / layout.format("MUTAG")
    raw.mkdir(parents=True)
    for file in (data_root / "pyg" / "tu" / "MUTAG" / "raw").iterdir():
        shutil.copyfile(file, raw / file.name)
    assert len(load_dataset("MUTAG", root=root)) == 188
    assert (raw.parent / "processed").is_dir()
    assert not store.exists()


def test_a_read_only_root_is_never_written_to(data_root, store, tmp_path):
    root = tmp_path / "root"
    raw = root / "MUTAG" / "raw"
    raw.mkdir(parents=True)
    for file in (data_root / "pyg" / "tu" / "MUTAG" / "raw").iterdir():
        shutil.copyfile(file, raw / file.name)
    folders = [root, root / "MUTAG", raw]
    for folder in folders:
        os.chmod(folder, stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert len(load_dataset("MUTAG", root=root)) == 188
        assert not (root / "MUTAG" / "processed").exists()
        assert (store / "tu" / "MUTAG" / "processed").is_dir()
    finally:
        for folder in folders:
            os.chmod(folder, stat.S_IRWXU)


def test_a_download_that_fails_says_where_to_put_the_files(store, tmp_path):
    raw = tmp_path / "root" / "planetoid" / "Cora" / "raw"
    for _ in range(2):  # what a failed download leaves must not pass for data
        with pytest.raises(FileNotFoundError, match=r"put its raw files \(ind\.cora\.allx"):
            load_dataset("Cora", root=tmp_path / "root")
    assert not raw.exists() or not any(raw.iterdir())
    with pytest.raises(FileNotFoundError) as caught:
        load_dataset("Cora", root=tmp_path / "root")
    assert str(raw) in str(caught.value)


def test_single_graphs(data_root, store):
    for name, nodes, edges in (
        ("minnesota", 2642, 2 * 3303),
        ("euroroad", 1174, 2 * 1417),
        ("US-power-grid", 4941, 2 * 6594),
        ("dolphins", 62, 2 * 159),
        ("pubmed_structure", 19717, 88648),
        ("squirrel_filtered", 2223, 2 * 46998),
    ):
        data = load_dataset(name, root=data_root)
        assert (data.num_nodes, data.edge_index.size(1)) == (nodes, edges)
    assert load_dataset("minnesota", root=data_root).pos.shape == (2642, 2)
    assert len(load_dataset("dolphins", root=data_root).labels) == 62
    assert load_dataset("celegansneural", root=data_root).is_directed()
    assert not store.exists()


def test_what_is_not_there_says_how_to_get_it(store, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"pygsp.*road/minnesota\.npz"):
        load_dataset("minnesota", root=tmp_path)
    with pytest.raises(ValueError, match=r"no data set 'nonsense'\. PyG loads Cora"):
        load_dataset("nonsense", root=tmp_path)


def test_the_folder_of_the_data(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("WORKBENCH_DATA")
    assert data_folder().name == "data"


def test_single_graphs_are_found_by_name(tmp_path, store):
    from workbench.graphs import generators, write_graph

    for folder in ("", "graphs", "road"):
        (tmp_path / folder).mkdir(exist_ok=True)
    write_graph(generators.ring(5), tmp_path / "graphs" / "mine.npz")
    write_graph(generators.ring(6), tmp_path / "Other.npz")
    assert set(find_single_graphs(tmp_path)) == {"mine", "Other"}
    assert torch.equal(
        load_dataset("other", root=tmp_path).edge_index, generators.ring(6).edge_index
    )


def test_without_a_choice_the_folder_is_the_checkouts(monkeypatch, tmp_path):
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert data_folder() == Path(__file__).parents[3] / "data"


def test_a_download_that_fails_is_one_sentence_and_leaves_no_folder(tmp_path, monkeypatch):
    import torch_geometric.datasets

    def no_network(root, **options):
        (Path(root) / options["name"] / "raw").mkdir(parents=True)
        raise OSError("Name or service not known")

    monkeypatch.setattr(torch_geometric.datasets, "Planetoid", no_network)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r'load_dataset\("Cora"\) downloads it') as caught:
        load_dataset("cora", root=tmp_path)
    assert "OSError: Name or service not known" in str(caught.value)
    assert caught.value.__suppress_context__, "the traceback of the connection is shown, too"
    assert list(tmp_path.iterdir()) == []
