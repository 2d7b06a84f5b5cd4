"""Graph files on disk: the error that names the fault, text in, and atomic writing."""

import os
import tempfile
from pathlib import Path

#: The formats by the end of the file's name.
SUFFIXES = {
    ".graphml": "GraphML",
    ".gml": "GML",
    ".csv": "csv",
    ".txt": "edge list",
    ".tsv": "edge list",
    ".edges": "edge list",
    ".edgelist": "edge list",
    ".g6": "graph6",
    ".graph6": "graph6",
    ".npz": "npz",
}


class GraphFileError(ValueError):
    """A file that is no graph file: says which file, which line or key, and what was expected.

    Attributes:
        path: the file.
        line: number of the line at fault, counted from 1, where there is one.
        key: the key at fault in an npz file, where there is one.
    """

    def __init__(
        self, path: Path | str, problem: str, *, line: int | None = None, key: str | None = None
    ):
        at = f", line {line}" if line is not None else f", key {key!r}" if key is not None else ""
        super().__init__(f"{path}{at}: {problem}")
        self.path, self.line, self.key = Path(path), line, key


def file_format(path: Path) -> str:
    """Format of a file by its suffix.

    Raises:
        GraphFileError: the suffix is not among ``SUFFIXES``.
    """
    suffix = path.suffix.lower()
    if suffix in (".gz", ".zip", ".bz2", ".xz"):
        raise GraphFileError(path, "the file is compressed; unpack it first")
    if suffix not in SUFFIXES:
        raise GraphFileError(
            path, f"unknown suffix {path.suffix!r}; known are {', '.join(sorted(SUFFIXES))}"
        )
    return SUFFIXES[suffix]


def read_text(path: Path) -> str:
    """Text of a UTF-8 file (or UTF-16 with a byte order mark), with ``\\n`` at the line ends.

    Raises:
        GraphFileError: the file is empty, compressed, or no text.
    """
    content = path.read_bytes()
    if not content.strip():
        raise GraphFileError(path, "the file is empty")
    if content.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh")):
        raise GraphFileError(path, "the file is compressed; unpack it first")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise GraphFileError(
            path,
            f"byte {content[error.start]:#04x} is not UTF-8; save the file as UTF-8 text",
            line=line,
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise GraphFileError(path, "a zero byte: this is no text file", line=line)
    return text


def check_folder(path: Path) -> None:
    """Whether there is a folder to write ``path`` into.

    Raises:
        FileNotFoundError: the folder does not exist.
        NotADirectoryError: it is a file.
    """
    folder = path.parent
    if not folder.exists():
        raise FileNotFoundError(f"{path}: the folder {folder} does not exist; make it first")
    if not folder.is_dir():
        raise NotADirectoryError(f"{path}: {folder} is a file, not a folder")


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path``, then put it in its place: never half a file.

    Raises:
        OSError: it cannot be written; the message names ``path``.
    """
    check_folder(path)
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:  # its own message names the draft
        raise type(error)(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(draft, 0o666 & ~mask)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
