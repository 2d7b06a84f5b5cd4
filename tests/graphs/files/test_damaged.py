"""Files cut, doubled, swapped: each opens or is refused in one sentence, and soon.

``WORKBENCH_FUZZ=10000 pytest tests/graphs/files/test_damaged.py`` tries as many damaged files in
all; the ordinary run tries some hundreds.
"""

import os
import random
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest

from workbench.graphs import GraphFileError, read_graph

FILES = Path(__file__).parents[2] / "files"
SOURCES = sorted(path for path in FILES.iterdir() if path.stat().st_size)
TRIES = max(int(os.environ.get("WORKBENCH_FUZZ", "600")) // len(SOURCES), 1)

#: What damages a text more than a stray byte does.
PIECES = [b"1e999", b"-1", b"nan", b"99999999999999999999", b"\xff", b"\0", b'"', b"<", b"[", b"{"]
PIECES += [b";", b",", b"\t", b"\n\n", b"# ", b"%", b"*", b"\xef\xbb\xbf", b"4000000000", b"]"]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The bytes with one to three pieces cut, doubled, swapped or replaced."""
    for _ in range(chance.randint(1, 3)):
        by_line = chance.random() < 0.4
        parts = content.split(b"\n") if by_line else [bytes([byte]) for byte in content]
        if not parts:
            break
        at, to = sorted(chance.randrange(len(parts) + 1) for _ in range(2))
        to = min(to, at + chance.choice([1, 4, 40]))
        kind = chance.choice(["cut", "double", "swap", "put", "end"])
        if kind == "cut":
            del parts[at:to]
        elif kind == "double":
            parts[to:to] = parts[at:to] * chance.choice([1, 1, 20])
        elif kind == "swap":
            other = chance.randrange(len(parts))
            at = min(at, len(parts) - 1)
            parts[at], parts[other] = parts[other], parts[at]
        elif kind == "put":
            parts.insert(at, chance.choice(PIECES))
        else:
            parts = parts[:at]
        content = (b"\n" if by_line else b"").join(parts)
    return content


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(source, tmp_path):
    chance, original = random.Random(source.name), source.read_bytes()
    path = tmp_path / f"damaged{''.join(source.suffixes)}"
    for trial in range(TRIES):
        path.write_bytes(damaged(original, chance))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert read_graph(path).num_nodes >= 0
            except GraphFileError as error:
                said = str(error)
                assert "\n" not in said, f"trial {trial}: {said}"
                assert len(said) < 500, f"trial {trial}: {said}"
                assert said.startswith(str(path))


def test_an_array_that_unpacks_to_gigabytes_is_named_and_not_unpacked(tmp_path):
    """Zeros pack into a thousandth; the head says how much they are."""
    import numpy as np

    path = tmp_path / "graph.npz"
    np.savez(path, edge_index=np.array([[0, 1], [1, 2]]))
    head = np.lib.format.header_data_from_array_1_0(np.zeros(1))
    head["shape"] = (2**25,)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("cache.npy", "w", force_zip64=True) as stream,
    ):
        np.lib.format.write_array_header_1_0(stream, head)
        for _ in range(16):
            stream.write(bytes(2**24))
    assert path.stat().st_size < 1e6
    tracemalloc.start()
    with pytest.warns(UserWarning, match=r"left out: cache \(2\.7e\+08 bytes of another size"):
        assert read_graph(path).num_nodes == 3
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_sizes_that_a_file_only_claims_cost_nothing(tmp_path):
    claims = {
        "own.txt": "# graph-workbench: undirected, 4000000000 nodes\n0\t1\n1\tx\n",
        "big.net": "*Vertices 999999999\n*Edges\n1 2\n",
        "big.mtx": "%%MatrixMarket matrix array real general\n90000 90000\n1\n",
        "full.mtx": "%%MatrixMarket matrix coordinate real general\n3 3 4000000000\n1 2 1\n",
        "big.s6": ":~~~~~~~~?\n",
        "big.d6": "&~~~~~~~~\n",
    }
    for name, text in claims.items():
        path = tmp_path / name
        path.write_text(text)
        tracemalloc.start()
        with pytest.raises(GraphFileError):
            read_graph(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6, name
        tracemalloc.stop()
