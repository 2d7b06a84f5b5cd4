"""Edit tapes as JSON text: the base graph, the shown edits and the position."""

import json
import os
import tempfile
from pathlib import Path

import torch

from workbench.rewiring.tape import FOREVER, Edit, Tape

_FORMAT = "workbench edit tape"


def tape_to_json(tape: Tape) -> str:
    """The base graph, the shown edits and the position as JSON text; hidden tails are left out."""
    return json.dumps(
        {
            "format": _FORMAT,
            "version": 1,
            "num_nodes": tape.num_nodes,
            "edge_index": tape.base.tolist(),
            "edits": [[edit.sign, edit.u, edit.v, edit.by] for edit in tape.edits],
            "position": tape.position,
        }
    )


def save_tape(tape: Tape, path: str | Path) -> None:
    """Write a tape to a file: whole or not at all, also if the machine stops midway."""
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(tape_to_json(tape))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_tape(path: str | Path) -> Tape:
    """The tape in a file that ``save_tape`` wrote.

    Raises:
        ValueError: the file holds no such tape; the message names the file and the entry.
    """
    try:
        return tape_from_json(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def tape_from_json(text: str) -> Tape:
    """The tape that ``tape_to_json`` wrote; nothing in the text is executed.

    Raises:
        ValueError: the text is no such tape; the message names the entry at fault.
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
    if num_nodes > FOREVER:
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
    try:
        tape = Tape(edge_index, num_nodes)
    except ValueError as error:
        raise ValueError(f'"edge_index": {error}') from error
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
    try:
        tape.extend(edits)
    except ValueError as error:
        raise ValueError(f'"edits": {error}') from error
    position = _integer(state.get("position"), '"position"')
    if position > len(edits):
        raise ValueError(f'"position" is {position}, but the tape has {len(edits)} edits')
    tape.position = position
    return tape


def _integer(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise ValueError(f"{name} must be a whole number of at least 0, got {value!r}")
    return value
