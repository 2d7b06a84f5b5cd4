"""Published data sets: PyG's classes and single-graph files, found on disk or downloaded by PyG."""

import io
import shutil
import tempfile
from contextlib import nullcontext, redirect_stderr
from pathlib import Path

from torch_geometric.data import Data, InMemoryDataset

from workbench.data_sets import (
    DATASETS,
    Source,
    data_folder,
    find_single_graphs,
    may_fill,
    may_write,
    places,
    store,
)
from workbench.graphs.files.npz import load_npz

# single graphs that no PyG class loads
_ELSEWHERE = {
    "minnesota": (
        "the Minnesota road network is pygsp/data/minnesota.mat in the repository epfl-lts2/pygsp; "
        "convert it with pygsp.graphs.Minnesota() and numpy.savez(path, edge_index=..., "
        "num_nodes=2642, directed=False, pos=...)"
    ),
}


def load_dataset(name: str, *, root: str | Path | None = None) -> InMemoryDataset | Data:
    """A published data set: a PyG data set, or a ``Data`` if it is a single graph.

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

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from workbench.graphs import load_dataset, path, write_graph
        >>> with TemporaryDirectory() as folder:
        ...     write_graph(path(3), f"{folder}/three.npz")
        ...     print(load_dataset("three", root=folder).num_nodes)
        3
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


def _pyg_dataset(name: str, source: Source, place: Path) -> InMemoryDataset:
    import torch_geometric.datasets  # slow to import, and needed here only

    base = next(filter(None, (_find(source, p) for p in places(place))), None)
    if base is None:
        base = (place if may_fill(place) else store()) / source.folder
    elif not may_write(base) or base.parent.name == "pyg":
        base = _copy(source, base)
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
        for folder in (raw, *raw.parents):
            if folder == place or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
        # the traceback of the connection says nothing that this sentence does not
        raise FileNotFoundError(
            f"{name} is not on disk and could not be downloaded ({type(error).__name__}: {error}); "
            f'where there is a network, workbench.graphs.load_dataset("{name}") downloads it; or '
            f"put its raw files ({source.probe}, ...) into {raw}"
        ) from None


def _find(source: Source, place: Path) -> Path | None:
    """The root for PyG's class below ``place``, if its raw files are there."""
    for folder in (f"pyg/{source.folder}", source.folder, source.maker, ""):
        base = place / folder
        if (base / source.raw / source.probe).is_file():
            return base
    return None


def _copy(source: Source, base: Path) -> Path:
    """The same raw files in the store, copied unless they are there."""
    new = store() / source.folder
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
