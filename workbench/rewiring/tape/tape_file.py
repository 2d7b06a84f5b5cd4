"""Edit tapes as JSON text: what a file holds, entry by entry, and how it is written."""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.rewiring.tape.edit import Edit

_FORMAT = "workbench edit tape"

#: Nodes are kept as int32 where a canvas draws them.
MOST_NODES = 2**31 - 1


@dataclass(frozen=True)
class TapeEntries:
    """The entries of a tape's text, each well-formed; whether they fit together, the tape says."""

    num_nodes: int
    edge_index: Int64[Tensor, "2 edges"]
    edits: list[Edit]
    position: int


def tape_text(num_nodes: int, edge_index: Tensor, edits: Iterable[Edit], position: int) -> str:
    """A tape as JSON text."""
    return json.dumps(
        {
            "format": _FORMAT,
            "version": 1,
            "num_nodes": num_nodes,
            "edge_index": edge_index.tolist(),
            "edits": [[edit.sign, edit.u, edit.v, edit.by] for edit in edits],
            "position": position,
        }
    )


def write_whole(text: str, path: str | Path) -> None:
    """Write a file: whole or not at all, also if the machine stops midway."""
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_tape_text(text: str) -> TapeEntries:
    """The entries of what ``tape_text`` wrote; nothing in the text is executed.

    Raises:
        ValueError: an entry is missing or malformed; the message names it.
    """
    try:
        state = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"no JSON text: {error}") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise ValueError(f'no edit tape: the entry "format" must be "{_FORMAT}"')
    if state.get("version") != 1:
        raise ValueError(f'"version" is {state.get("version")!r}; this reader knows version 1')
    num_nodes = _integer(state.get("num_nodes"), '"num_nodes"')
    if num_nodes > MOST_NODES:
        raise ValueError(f'"num_nodes" is {num_nodes}, more than a tape can number')
    rows = state.get("edge_index")
    if not isinstance(rows, list) or len(rows) != 2 or not all(isinstance(r, list) for r in rows):
        raise ValueError('"edge_index" must be two lists of nodes')
    if len(rows[0]) != len(rows[1]):
        raise ValueError(f'"edge_index" has rows of {len(rows[0])} and {len(rows[1])} nodes')
    for at, row in enumerate(rows):
        for column, node in enumerate(row):
            _integer(node, f'"edge_index"[{at}][{column}]')
    edge_index = torch.tensor(rows, dtype=torch.int64).reshape(2, -1)
    entries = state.get("edits")
    if not isinstance(entries, list):
        raise ValueError('"edits" must be a list')
    edits = []
    for at, entry in enumerate(entries):
        if not isinstance(entry, list) or len(entry) != 4:
            raise ValueError(f'"edits"[{at}] must be [sign, u, v, by], got {entry!r}')
        sign, u, v, by = entry
        if sign not in (1, -1) or isinstance(sign, (bool, float)) or not isinstance(by, str):
            raise ValueError(
                f'"edits"[{at}] must have a sign of 1 or -1 and a text at the end, got {entry!r}'
            )
        for node in (u, v):
            _integer(node, f'a node of "edits"[{at}]')
        try:
            edits.append(Edit(sign, u, v, by))
        except ValueError as error:
            raise ValueError(f'"edits"[{at}]: {error}') from error
    position = _integer(state.get("position"), '"position"')
    return TapeEntries(num_nodes, edge_index, edits, position)


def _integer(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise ValueError(f"{name} must be a whole number of at least 0, got {value!r}")
    return value
