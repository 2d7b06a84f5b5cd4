"""The state of a run on disk after each epoch, so that a killed run goes on to the same end.

A checkpoint holds tensors, numbers and text, and is read without running anything that a file may
hold. It is written under another name and renamed, and the one before it is kept: whatever moment a
run is killed at, one of the two is whole.
"""

import hashlib
import io
import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workbench.graphs.files.disk import write_atomically
from workbench.tasks import Task
from workbench.training.recipe import Recipe

FORMAT = "workbench.checkpoint"
FORMAT_VERSION = 1


class CheckpointWarning(UserWarning):
    """A checkpoint cannot be read; the message says why and what the run starts from."""


@dataclass(frozen=True)
class Checkpoint:
    """Where the state of one run is kept.

    Attributes:
        path: the file; ``<path>.before`` is the one of an epoch earlier.
        identity: what the run is, by name; a state of another run is refused.
    """

    path: Path
    identity: dict[str, Any]

    def save(self, state: dict[str, Any]) -> None:
        """Write the state; the one that is there becomes the one before."""
        content = io.BytesIO()
        told = {"format": FORMAT, "version": FORMAT_VERSION, "identity": self._identity()}
        body = io.BytesIO()
        torch.save(state, body)
        # a digest, since a flipped byte within a tensor would load without a word
        digest = hashlib.sha256(body.getvalue()).hexdigest()
        content.write(json.dumps({**told, "sha256": digest}).encode() + b"\n" + body.getvalue())
        if self.path.exists():
            os.replace(self.path, self._before())
        write_atomically(self.path, content.getvalue())

    def load(self) -> dict[str, Any] | None:
        """The newest state that is whole, or None.

        A damaged file is said in a ``CheckpointWarning``, and renamed to ``<path>.damaged``.

        Raises:
            ValueError: the state is of another run; the message says what differs.
        """
        for path, other in (
            (self.path, "the one before it, if that is there"),
            (self._before(), ""),
        ):
            if not path.is_file():
                continue
            try:
                return self._read(path)
            except _DamagedError as error:
                # out of the way, or the next save would put it in the place of the whole one before
                aside = self.path.with_name(f"{self.path.name}.damaged")
                os.replace(path, aside)
                goes_on = f"the run starts from {other or 'its first epoch'}"
                warnings.warn(
                    f"{path} {error}; it is now {aside.name}, and {goes_on}",
                    CheckpointWarning,
                    stacklevel=3,
                )
        return None

    def _read(self, path: Path) -> dict[str, Any]:
        head, _, body = path.read_bytes().partition(b"\n")
        try:
            head = json.loads(head)
            of_ours = head["format"] == FORMAT and head["version"] == FORMAT_VERSION
        except (ValueError, KeyError, TypeError):
            of_ours = False
        if not of_ours:
            raise _DamagedError(f"is no checkpoint of version {FORMAT_VERSION}")
        if hashlib.sha256(body).hexdigest() != head.get("sha256"):
            raise _DamagedError(
                f"is damaged: its {len(body):,} bytes are not those that were written"
            )
        identity = self._identity()
        there = head.get("identity", {})
        other = [key for key in {**identity, **there} if there.get(key) != identity.get(key)]
        if other:
            was = ", ".join(f"{key}={_short(there.get(key))}" for key in other)
            now = ", ".join(f"{key}={_short(identity.get(key))}" for key in other)
            raise ValueError(
                f"{path} is of another run: it has {was}, this run has {now}; choose another file, "
                "or delete that one"
            )
        return torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)

    def _identity(self) -> dict[str, Any]:
        return json.loads(json.dumps(self.identity))

    def _before(self) -> Path:
        return self.path.with_name(f"{self.path.name}.before")


class _DamagedError(Exception):
    """What is wrong with a file."""


def identity(arguments: dict[str, Any], task: Task, recipe: Recipe, seed: int) -> dict[str, Any]:
    """What a state must agree on; more epochs are welcome where no rate depends on them."""
    free = recipe.schedule in ("constant", "plateau")
    told = {key: value for key, value in arguments.items() if key != "epochs" or not free}
    return {**told, "seed": seed, "data": fingerprint(task), "metric": task.metric}


def fingerprint(task: Task) -> str:
    """A digest of all that a task's graphs hold, each distinct graph once."""
    digest, seen = hashlib.sha256(task.name.encode()), {}
    for part in ("train", "val", "test"):
        for graph in getattr(task, part):
            number = seen.setdefault(id(graph), len(seen))
            digest.update(f"{part}{number}".encode())
            if number < len(seen) - 1:
                continue
            for key, value in sorted(graph.to_dict().items()):
                if isinstance(value, torch.Tensor):
                    digest.update(f"{key}{list(value.shape)}{value.dtype}".encode())
                    digest.update(value.detach().cpu().contiguous().numpy().tobytes())
                else:
                    digest.update(f"{key}{value!r}".encode())
    return digest.hexdigest()[:16]


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
