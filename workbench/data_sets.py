"""Which data sets there are, and where they lie: what can be said without torch and PyG.

It stands outside ``graphs``, whose import loads both; ``graphs.datasets.published`` loads the data.
"""

import os
from dataclasses import dataclass
from pathlib import Path

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


def data_folder() -> Path:
    """Where data sets are sought and land: ``$WORKBENCH_DATA``, else ``data/``.

    ``data/`` is the checkout's, where the package runs from one, else the working folder's.
    """
    if chosen := os.environ.get("WORKBENCH_DATA"):
        return Path(chosen).expanduser()
    return _own_folder()


def _own_folder() -> Path:
    checkout = Path(__file__).parents[1]
    return (checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()) / "data"


def find_single_graphs(root: str | Path | None = None) -> dict[str, Path]:
    """The single-graph npz files below a root and below ``data_folder()``, by name."""
    found: dict[str, Path] = {}
    for place in places(Path(root).expanduser() if root is not None else data_folder()):
        for folder in SINGLE_GRAPHS:
            for path in sorted((place / folder).glob("*.npz")):
                found.setdefault(path.stem, path)
    return found


def places(place: Path) -> list[Path]:
    """Where files are sought that may lie below ``place``: there, then where data sets land."""
    return list(dict.fromkeys([place, data_folder(), store()]))


def may_write(folder: Path) -> bool:
    """Whether new files may go into a folder, or into the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    # the mode counts for root too, whom the system always lets write
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


def store() -> Path:
    """Where copies and downloads go: ``data_folder()``, or ``data/`` if that is an archive."""
    place = data_folder()
    return place if may_fill(place) else _own_folder()


def may_fill(place: Path) -> bool:
    """Whether data sets may be put into a root: it can be written to and is no archive."""
    return may_write(place) and not (place / "pyg").is_dir()
