"""The record of a training run, and its file."""

import json
import math
import platform
import re
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch_geometric

import workbench
from workbench.graphs.files.disk import write_atomically

FORMAT = "workbench.run"
FORMAT_VERSION = 1


class RunFileError(ValueError):
    """A file is no record of a run; the message names the file and the key at fault."""


@dataclass(frozen=True)
class Curve:
    """What each ended epoch measured, in order: epoch e is entry e - 1.

    Attributes:
        train_loss: mean loss of the epoch's optimizer steps.
        val_loss: loss on the validation part after the epoch.
        val: score on the validation part after the epoch.
    """

    train_loss: tuple[float, ...] = ()
    val_loss: tuple[float, ...] = ()
    val: tuple[float, ...] = ()

    def extend(self, train_loss: float, val_loss: float, val: float) -> "Curve":
        """The curve with one epoch more."""
        return Curve((*self.train_loss, train_loss), (*self.val_loss, val_loss), (*self.val, val))


@dataclass(frozen=True)
class Run:
    """One training run: what was asked for, with what, and what came out.

    Attributes:
        arguments: of ``fit``, with the model's name and architecture and the task's name.
        seed: of the order of graphs and of dropout.
        versions: of python, torch, torch_geometric and workbench.
        device: where it trained.
        curve: losses and scores of the ended epochs.
        result: ``metric``, its ``test`` and ``val`` value at ``best_epoch``, ``chance``, the test
            score of guessing, ``higher_is_better``, and all scores of that epoch by their names,
            ``test_scores`` and ``val_scores``. Values are None if no epoch ended.
        stopped: the run ended before its last epoch did.
        started: date and time (UTC, ISO 8601).
        seconds: how long it took.
    """

    arguments: dict
    seed: int
    versions: dict[str, str]
    device: str
    curve: Curve
    result: dict
    stopped: bool
    started: str
    seconds: float

    def save(self, directory: str | Path) -> Path:
        """Write the record as a JSON file with a new name in ``directory``; return its path.

        The file appears whole or not at all: it is written under another name and then renamed.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        record = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        text = json.dumps(_without_infinities(record), indent=1, allow_nan=False)
        when = re.sub(r"[^0-9T]", "", self.started.split("+")[0])
        what = f"{self.arguments.get('model', 'model')}-{self.arguments.get('task', 'task')}"
        what = re.sub(r"[^A-Za-z0-9]+", "-", what).strip("-")[:60]
        path = directory / f"{when}-{what}-seed{self.seed}-{uuid.uuid4().hex[:8]}.json"
        write_atomically(path, f"{text}\n".encode())
        return path

    @staticmethod
    def load(path: str | Path) -> "Run":
        """Read a record that ``save`` wrote.

        Raises:
            RunFileError: the file is no JSON, or no record of a run, or lacks a key or has
                another type there.
            FileNotFoundError: there is no such file.
        """
        path = Path(path)
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunFileError(f"{path} is not JSON: {error}") from None
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise RunFileError(f"{path} is no record of a run: its format is not {FORMAT!r}")
        if record.get("version") != FORMAT_VERSION:
            raise RunFileError(
                f"{path} has version {record.get('version')!r}; this workbench reads "
                f"{FORMAT_VERSION}"
            )
        fields = {key: _field(record, key, kind, path) for key, kind in _FIELDS.items()}
        curve = {key: _field(fields["curve"], key, list, path) for key in _CURVE}
        for key, values in curve.items():
            if not all(value is None or _is_number(value) for value in values):
                raise RunFileError(f"{path}: curve.{key} holds something that is no number")
            curve[key] = tuple(math.nan if value is None else float(value) for value in values)
        lengths = {key: len(values) for key, values in curve.items()}
        if len(set(lengths.values())) > 1:
            raise RunFileError(f"{path}: the curve's lengths differ: {lengths}")
        result = fields["result"]
        for key in ("metric", "test", "val", "best_epoch", "chance"):
            if key not in result:
                raise RunFileError(f"{path} lacks result.{key}")
            if key != "metric" and result[key] is not None and not _is_number(result[key]):
                raise RunFileError(f"{path}: result.{key} must be a number, got {result[key]!r}")
        for key in ("test_scores", "val_scores"):
            scores = result.get(key, {})
            if not isinstance(scores, dict) or not all(map(_is_number, scores.values())):
                raise RunFileError(f"{path}: result.{key} must be numbers by name, got {scores!r}")
        return Run(**{**fields, "curve": Curve(**curve), "seconds": float(fields["seconds"])})


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torch_geometric": torch_geometric.__version__,
        "workbench": workbench.__version__,
    }


_FIELDS = {
    "arguments": dict,
    "seed": int,
    "versions": dict,
    "device": str,
    "curve": dict,
    "result": dict,
    "stopped": bool,
    "started": str,
    "seconds": float,
}
_CURVE = ("train_loss", "val_loss", "val")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _field(record: dict, key: str, kind: type, path: Path) -> object:
    if key not in record:
        raise RunFileError(f"{path} lacks the key {key!r}")
    value = record[key]
    fits = _is_number(value) if kind is float else isinstance(value, kind)
    if not fits or (kind is int and isinstance(value, bool)):
        raise RunFileError(f"{path}: {key!r} must be {kind.__name__}, got {type(value).__name__}")
    return value


def _without_infinities(value: object) -> object:
    """JSON has no infinity and no NaN: they become null."""
    if isinstance(value, dict):
        return {key: _without_infinities(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_infinities(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
