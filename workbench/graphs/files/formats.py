"""Which format a file has: by what it holds where that is plain, else by the end of its name."""

import io
import re
import zipfile
from pathlib import Path

from workbench.graphs.files.disk import GraphFileError

#: The formats by the end of the file's name.
SUFFIXES = {
    ".graphml": "GraphML",
    ".gml": "GML",
    ".gexf": "GEXF",
    ".json": "JSON",
    ".csv": "csv",
    ".txt": "edge list",
    ".tsv": "edge list",
    ".edges": "edge list",
    ".edgelist": "edge list",
    ".adjlist": "adjacency list",
    ".mtx": "Matrix Market",
    ".net": "Pajek",
    ".g6": "graph6",
    ".graph6": "graph6",
    ".s6": "sparse6",
    ".sparse6": "sparse6",
    ".d6": "digraph6",
    ".digraph6": "digraph6",
    ".npz": "npz",
    ".pt": "PyG",
}

#: The formats of these hold one graph a line.
LINE_FORMATS = ("graph6", "sparse6", "digraph6")

_MARKS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x93NUMPY": "a single numpy array",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite data base",
    b"\x7fELF": "a program",
    b"MATLAB 5.0": "a MATLAB file",
}

_PICKLE = (
    "pickles can run code when they are opened, so they stay shut. Where you trust it, convert "
    "it with two lines of Python: graph = pickle.load(open({name!r}, 'rb')); "
    "networkx.write_graphml(graph, {new!r})"
)


def suffix_of(path: Path) -> str:
    """The end of a file's name, without the ``.gz`` of a packed one."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix


def file_format(path: Path) -> str:
    """Format of a file that is to be written, by its suffix.

    Raises:
        GraphFileError: the suffix is not among ``SUFFIXES``.
    """
    suffix = path.suffix.lower()
    if suffix in (".gz", ".zip", ".bz2", ".xz"):
        raise GraphFileError(path, "compressed files are not written; leave out " + suffix)
    if suffix not in SUFFIXES:
        raise GraphFileError(path, f"unknown suffix {path.suffix!r}; known are {_known_formats()}")
    return SUFFIXES[suffix]


def content_format(path: Path, content: bytes) -> str:
    """Format of a file by its content where this is plain, else by its suffix, else a table.

    Raises:
        GraphFileError: the content is of another kind: a picture, a page, a pickle, an archive.
    """
    suffix = suffix_of(path)
    by_name = SUFFIXES.get(suffix)
    for mark, kind in _MARKS.items():
        if content.startswith(mark):
            _refuse(path, kind)
    if suffix in (".pkl", ".pickle", ".gpickle", ".p") or re.match(rb"\x80[\x02-\x05]", content):
        new = Path(path.name.split(".")[0] + ".graphml").name
        raise GraphFileError(path, _PICKLE.format(name=path.name, new=new))
    if content.startswith(b"PK"):
        return _in_archive(path, content, by_name)
    if by_name in ("npz", "PyG"):
        if by_name == "PyG":
            _refuse(path, "no file that torch.save writes")
        raise GraphFileError(path, "no npz file (a zip of arrays); write it with numpy.savez")
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    found = _by_head(path, head, by_name)
    return found or by_name or "edge list"


def _by_head(path: Path, head: bytes, by_name: str | None) -> str | None:
    """What the first bytes of a text say."""
    lower = head.lower()
    if lower.startswith((b"<!doctype html", b"<html")) and by_name not in ("GraphML", "GEXF"):
        _refuse(path, "an HTML page; where it shows a file, download the raw file")
    if lower.startswith(b"<") and by_name not in ("GraphML", "GEXF"):
        for mark, kind in ((b"<graphml", "GraphML"), (b"<gexf", "GEXF")):
            if mark in lower or mark.replace(b"<", b":") in lower:
                return kind
        if by_name is None or lower.startswith((b"<?xml", b"<svg")):
            _refuse(path, "an XML document, but no GraphML and no GEXF")
    if by_name in ("GraphML", "GEXF"):
        other = "GEXF" if by_name == "GraphML" else "GraphML"
        return other if f"<{other.lower()}".encode() in lower else by_name
    if lower.startswith(b"%%matrixmarket"):
        return "Matrix Market"
    for kind in LINE_FORMATS:
        if lower.startswith(b">>" + kind.encode()):
            return kind
    if by_name not in ("csv", "edge list", "adjacency list", None):
        return by_name
    if re.match(rb"(?:[#%].*\n\s*)*\*(?:network|vertices)\b", lower):
        return "Pajek"
    if re.match(rb'(?:creator\s+"[^"]*"\s+|#.*\s+|version\s+\S+\s+)*graph\s*\[', lower):
        return "GML"
    if re.match(rb'[{\[]\s*[\[{"]', lower):
        return "JSON"
    return by_name


def _in_archive(path: Path, content: bytes, by_name: str | None) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except Exception:  # zipfile raises many kinds over a damaged archive
        if by_name == "npz":
            raise GraphFileError(path, "the npz file (a zip of arrays) is damaged") from None
        _refuse(path, "a compressed zip archive that is damaged")
    if any(name.endswith(".npy") for name in names):
        return "npz"
    if any(name.endswith("data.pkl") for name in names):
        return "PyG"
    if "[Content_Types].xml" in names:
        _refuse(path, "an Office document; export it as csv")
    if by_name == "npz":
        first = names[0] if names else None
        problem = "no array; expected the .npy members of an npz"
        raise GraphFileError(path, problem, key=first)
    _refuse(path, "a compressed zip archive; unpack it first")


def _refuse(path: Path, kind: str):
    if suffix_of(path) in SUFFIXES:
        raise GraphFileError(path, f"no graph file: its content is {kind}")
    problem = (
        f"unknown suffix {path.suffix!r}, and its content is {kind}; known are {_known_formats()}"
    )
    raise GraphFileError(path, problem)


def _known_formats() -> str:
    return ", ".join(sorted(SUFFIXES))
