"""Graph files on disk: the error that names the fault, bytes and text in, and atomic writing."""

import os
import re
import tempfile
import zlib
from pathlib import Path

#: A file that unpacks to more bytes than this is refused.
MOST_BYTES = 2 * 2**30


class GraphFileError(ValueError):
    """A file that is no graph file: says which file, which line or key, and what was expected.

    Attributes:
        path: the file.
        line: number of the line at fault, counted from 1, where there is one.
        key: the key at fault in an npz file, where there is one.
        graphs: how many graphs the file holds, where one must be chosen.
    """

    def __init__(
        self,
        path: Path | str,
        problem: str,
        *,
        line: int | None = None,
        key: str | None = None,
        graphs: int | None = None,
    ):
        problem = " ".join(problem.split())  # one sentence, though a name in it may be anything
        problem = problem if len(problem) < 360 else f"{problem[:340]} ..."
        at = f", line {line}" if line is not None else f", key {key!r}" if key is not None else ""
        super().__init__(f"{path}{at}: {problem}")
        self.path, self.line, self.key, self.graphs = Path(path), line, key, graphs


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked if gzip packed them.

    Raises:
        GraphFileError: a folder, an empty file, or an archive that is damaged, of another kind, or
            unpacks to more than ``MOST_BYTES``.
    """
    if path.is_dir():
        raise GraphFileError(path, "a folder; expected a file")
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = _unpack(path, content)
    if content.startswith((b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")):
        raise GraphFileError(path, "the file is compressed; unpack it first")
    if not content.strip():
        raise GraphFileError(path, "the file is empty")
    return content


def _unpack(path: Path, content: bytes) -> bytes:
    unpack = zlib.decompressobj(wbits=31)
    try:
        found = unpack.decompress(content, MOST_BYTES + 1)
    except zlib.error as error:
        raise GraphFileError(path, f"the compressed (gzip) file is damaged: {error}") from None
    if len(found) > MOST_BYTES:
        problem = f"it unpacks to more than the {MOST_BYTES:.3g} bytes allowed; unpack it first"
        raise GraphFileError(path, problem)
    if not unpack.eof:
        raise GraphFileError(path, "the compressed (gzip) file is damaged: it ends early")
    return found


def decode(path: Path, content: bytes) -> tuple[str, list[str]]:
    """The text behind the bytes, with ``\\n`` at the line ends, and what had to be guessed.

    UTF-8, UTF-16 with a byte order mark, else the letters of Western Europe (latin-1).

    Raises:
        GraphFileError: the bytes are no text.
    """
    notes = []
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise GraphFileError(path, "the file is no UTF-16, though it begins as such") from None
        byte = content[error.start]
        text = content.decode("latin-1" if 0x80 <= byte < 0xA0 else "cp1252", errors="replace")
        line = content[: error.start].count(b"\n") + 1
        notes.append(f"read as latin-1, since byte {byte:#04x} on line {line} is not UTF-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    strange = re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text)
    if strange is not None or ("\ufffd" in text and notes):
        at = strange.start() if strange else text.index("\ufffd")
        line = text[:at].count("\n") + 1
        what = "a zero byte" if text[at] == "\0" else f"the character {text[at]!r}"
        raise GraphFileError(path, f"{what}: this is no text file", line=line)
    return text, notes


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
