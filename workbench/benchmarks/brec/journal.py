"""The outcomes of a run of BREC on disk, so that a rerun goes on where it ended."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path

from workbench.benchmarks.brec.result import BrecFileError, BrecOutcome, write_whole


class Journal:
    """A header that says which run it is, and a line for each outcome."""

    def __init__(self, path: Path, header: dict):
        self.path = path
        header = json.loads(json.dumps(header))  # as it comes back from disk
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        if lines and not lines[-1].endswith(b"\n"):  # cut off while it was written
            lines.pop()
            write_whole(path, b"".join(lines).decode())
        there = _parse(path, lines[0]) if lines else header
        if not there.keys() >= {"method", "mode", "arguments"}:
            raise BrecFileError(f"{path} is no journal of BREC; choose another directory")
        # a run without any outcome, such as one that failed at its start, binds nobody
        self.fresh = json.dumps(header) + "\n" if len(lines) < 2 else ""
        if not self.fresh and there != header:
            other = [key for key in header if there.get(key) != header[key]]
            raise BrecFileError(
                f"{path} is of another run: {', '.join(other) or 'its format'} differs (there "
                f"{[there.get(key) for key in other]}, here {[header[key] for key in other]}); "
                "choose another directory, or delete that one"
            )
        names = {field.name for field in fields(BrecOutcome)}
        read = [_parse(path, line) for line in lines[1:]]
        if any(set(line) != names for line in read):
            raise BrecFileError(f"{path} holds a line that is no outcome of a pair")
        self.outcomes = [BrecOutcome(**line) for line in read]

    def append(self, outcome: BrecOutcome) -> None:
        """Add one outcome; it is on disk when this returns."""
        line = json.dumps(asdict(outcome), allow_nan=False) + "\n"
        if self.fresh:
            write_whole(self.path, self.fresh + line)
            self.fresh = ""
            return
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def _parse(path: Path, line: bytes) -> dict:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BrecFileError(f"{path} is no journal of BREC: {line[:60]!r}")
    return found
