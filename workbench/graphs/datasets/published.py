"""Published data sets: PyG's classes and single-graph files, found on disk or downloaded by PyG."""

import io
import os
import shutil
import tempfile
from contextlib import nullcontext, redirect_stderr
from dataclasses import dataclass
from pathlib import Path

from torch_geometric.data import Data, InMemoryDataset

from workbench.graphs.files.npz import load_npz

#: Folders of a root that hold single graphs as npz files.
SINGLE_GRAPHS = ("", "graphs", "road", "node")


@dataclass(frozen=True)
class Source:
    """Where PyG keeps one data set.

    Attributes:
        maker: PyG's class.
        folder: our name of the folder that is the class's root.
        raw: the raw files' folder below that root.
        probe: a raw file that must be there.
        option: the class's ``name``, or None where it takes none.
    """

    maker: str
    folder: str
    raw: str
    probe: str
    option: str | None = None


def _sources() -> dict[str, Source]:
    found = {}
    for name in ("Cora", "CiteSeer", "PubMed"):
        probe = f"ind.{name.lower()}.allx"
        found[name] = Source("Planetoid", "planetoid", f"{name}/raw", probe, name)
    for name in (
        *("MUTAG", "PROTEINS", "ENZYMES", "NCI1", "NCI109", "DD", "PTC_MR"),
        *("IMDB-BINARY", "IMDB-MULTI", "REDDIT-BINARY", "REDDIT-MULTI-5K", "COLLAB"),
    ):
        found[name] = Source("TUDataset", "tu", f"{name}/raw", f"{name}_A.txt", name)
    edges = "out1_graph_edges.txt"
    for name in ("texas", "cornell", "wisconsin"):
        found[name] = Source("WebKB", "webkb", f"{name}/raw", edges, name)
    for name in ("chameleon", "squirrel"):
        raw = f"{name}/geom_gcn/raw"
        found[name] = Source("WikipediaNetwork", "wikipedia", raw, edges, name)
    found["actor"] = Source("Actor", "actor", "raw", "film_split_0.6_0.2_0.npz")
    for name in ("roman_empire", "amazon_ratings", "minesweeper", "tolokers", "questions"):
        found[name] = Source(
            "HeterophilousGraphDataset", "heterophilous", f"{name}/raw", f"{name}.npz", name
        )
    for name in ("usa", "brazil", "europe"):
        found[f"airports-{name}"] = Source(
            "Airports", "airports", f"{name}/raw", f"{name}-airports.edgelist", name
        )
    found["email-eu-core"] = Source("EmailEUCore", "email-eu-core", "raw", "email-Eu-core.txt")
    found["polblogs"] = Source("PolBlogs", "polblogs", "raw", "adjacency.tsv")
    return found


#: The data sets of PyG's classes, by name.
DATASETS: dict[str, Source] = _sources()

# single graphs that no PyG class loads
_ELSEWHERE = {
    "minnesota": (
        "the Minnesota road network is pygsp/data/minnesota.mat in the repository epfl-lts2/pygsp; "
        "convert it with pygsp.graphs.Minnesota() and numpy.savez(path, edge_index=..., "
        "num_nodes=2642, directed=False, pos=...)"
    ),
}


def data_folder() -> Path:
    """Where data sets are sought and land: ``$WORKBENCH_DATA``, else ``data/``.

    ``data/`` is the checkout's, where the package runs from one, else the working folder's.
    """
    if chosen := os.environ.get("WORKBENCH_DATA"):
        return Path(chosen).expanduser()
    return _own_folder()


def _own_folder() -> Path:
    checkout = Path(__file__).parents[3]
    return (checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()) / "data"


def load_dataset(name: str, *, root: str | Path | None = None) -> InMemoryDataset | Data:
    """A published data set: a PyG data set, or a ``Data`` where it is a single graph.

    Names of ``DATASETS`` go through PyG's class; others are npz files, ``<root>/<name>.npz`` or in
    the folders ``graphs``, ``road`` and ``node`` below it. Upper and lower case make no difference.
    The raw files of a PyG class are sought below the root, then below ``data_folder()``, as
    ``planetoid/Cora/raw``, ``pyg/planetoid/Cora/raw``, ``Planetoid/Cora/raw`` or ``Cora/raw``.

    PyG writes what it has processed beside the raw files. A root that is read-only, or that holds
    an archive in a folder ``pyg``, is never written to: the raw files are copied to
    ``data_folder()`` first. What is on no disk is downloaded by PyG, into a root that can be
    written to. PyG's Planetoid files are pickles: take them from a publisher that you trust.

    Args:
        name: name of the data set.
        root: folder of the data sets; ``data_folder()`` unless given.

    Raises:
        ValueError: nothing has that name.
        FileNotFoundError: the data are on no disk and could not be downloaded; says where to put
            them.
    """
    place = Path(root).expanduser() if root is not None else data_folder()
    plain = name.lower().replace("-", "_")
    known = {key.lower().replace("-", "_"): key for key in DATASETS}
    if plain in known:
        return _pyg_dataset(known[plain], DATASETS[known[plain]], place)
    single = {key.lower().replace("-", "_"): path for key, path in find_single_graphs(root).items()}
    if plain in single:
        data = load_npz(single[plain])
        data.name = single[plain].stem
        return data
    if plain in _ELSEWHERE:
        raise FileNotFoundError(
            f"{name} is not on disk, and PyG has no class for it: {_ELSEWHERE[plain]}, then put "
            f"it at {place / 'road' / plain}.npz"
        )
    raise ValueError(
        f"no data set {name!r}. PyG loads {', '.join(DATASETS)}; single graphs found under "
        f"{place} are {', '.join(find_single_graphs(root)) or 'none'}"
    )


def find_single_graphs(root: str | Path | None = None) -> dict[str, Path]:
    """The single-graph npz files below a root and below ``data_folder()``, by name."""
    found: dict[str, Path] = {}
    for place in _places(Path(root).expanduser() if root is not None else data_folder()):
        for folder in SINGLE_GRAPHS:
            for path in sorted((place / folder).glob("*.npz")):
                found.setdefault(path.stem, path)
    return found


def _places(place: Path) -> list[Path]:
    return list(dict.fromkeys([place, data_folder(), _store()]))


def _pyg_dataset(name: str, source: Source, place: Path) -> InMemoryDataset:
    import torch_geometric.datasets  # slow to import, and needed here only

    base = next(filter(None, (_find(source, p) for p in _places(place))), None)
    if base is None:
        base = (place if _may_fill(place) else _store()) / source.folder
    elif not _may_write(base) or base.parent.name == "pyg":
        base = _copied(source, base)
    maker = getattr(torch_geometric.datasets, source.maker)
    arguments = {} if source.option is None else {"name": source.option}
    # a download shows its progress; processing what is on disk says nothing of use
    on_disk = (base / source.raw / source.probe).is_file()
    try:
        with redirect_stderr(io.StringIO()) if on_disk else nullcontext():
            return maker(str(base), **arguments)
    except Exception as error:
        raw = base / source.raw
        if on_disk:
            raise
        # PyG takes the folder that it made for a failed download for a finished one
        if raw.is_dir() and not any(raw.iterdir()):
            raw.rmdir()
        raise FileNotFoundError(
            f"{name} is not on disk and could not be downloaded ({type(error).__name__}: {error}); "
            f"put its raw files ({source.probe}, ...) into {raw}"
        ) from error


def _find(source: Source, place: Path) -> Path | None:
    """The root for PyG's class below ``place``, if its raw files are there."""
    for folder in (f"pyg/{source.folder}", source.folder, source.maker, ""):
        base = place / folder
        if (base / source.raw / source.probe).is_file():
            return base
    return None


def _may_write(folder: Path) -> bool:
    """Whether new files may go into a folder, or into the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    # the mode counts for root too, whom the system always lets write
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


def _store() -> Path:
    """Where copies and downloads go: ``data_folder()``, or ``data/`` if that is an archive."""
    place = data_folder()
    return place if _may_fill(place) else _own_folder()


def _may_fill(place: Path) -> bool:
    """Whether data sets may be put into a root: it can be written to and is no archive."""
    return _may_write(place) and not (place / "pyg").is_dir()


def _copied(source: Source, base: Path) -> Path:
    """The same raw files in the store, copied unless they are there."""
    new = _store() / source.folder
    raw = new / source.raw
    if not (raw / source.probe).is_file():
        raw.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=raw.parent, prefix=".raw."))
        try:
            for file in (base / source.raw).iterdir():
                shutil.copyfile(file, draft / file.name)
            draft.chmod(0o755)
            if not (raw / source.probe).is_file():
                shutil.rmtree(raw, ignore_errors=True)
                draft.rename(raw)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return new
