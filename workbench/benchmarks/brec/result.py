"""What a run of BREC gives, and its file."""

import json
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

FORMAT = "workbench.brec"
FORMAT_VERSION = 1

#: What can become of a pair, and its letter in ``BrecResult.cells``.
STATUSES: dict[str, str] = {
    "distinguished": "D",
    "not distinguished": "n",
    "unreliable": "u",
    "left out": "x",
}

#: BREC asks for ten seeds: 100, 200, ..., 1000.
BREC_SEEDS = tuple(range(100, 1001, 100))


class BrecFileError(ValueError):
    """A file is no record of a BREC run, or one of another run."""


@dataclass(frozen=True)
class BrecOutcome:
    """What became of one pair under one seed.

    Attributes:
        pair: number of the pair.
        seed: of the model; None in mode ``"exact"``.
        status: a key of ``STATUSES``.
        statistic, reliability: of ``reliable_paired_comparison``; None in mode ``"exact"``.
        on_edge: the last digits of a sum decide; see ``ReliableComparison``.
        reason: why the pair was left out, or empty.
        seconds: how long it took.
    """

    pair: int
    seed: int | None
    status: str
    statistic: float | None = None
    reliability: float | None = None
    on_edge: bool = False
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class BrecResult:
    """A run of BREC: what was asked, with what, and what became of every pair.

    Every pair of the collection counts. One that was not asked, did not fit or was not reached is
    left out, and left out is a failure. A pair whose reliability check fails under any seed is a
    failure under all of them.

    Attributes:
        method: name of the model or test.
        mode: ``"exact"``, ``"code"`` or ``"paper"``.
        arguments: settings of the run.
        seeds: those that were asked for; empty in mode ``"exact"``.
        subsets: subset of each pair of the collection, in order.
        outcomes: of the pairs that were run or refused, for each seed.
        versions: of python, torch, torch_geometric and workbench.
        seconds: of all outcomes together, over every resumed part.
        stopped: the run ended before its last pair did.
    """

    method: str
    mode: str
    arguments: dict
    seeds: tuple[int, ...]
    subsets: tuple[str, ...]
    outcomes: tuple[BrecOutcome, ...]
    versions: dict[str, str]
    seconds: float
    stopped: bool

    @property
    def unreliable(self) -> frozenset[int]:
        """Pairs whose reliability check failed under some seed."""
        return frozenset(o.pair for o in self.outcomes if o.status == "unreliable")

    @property
    def on_edge(self) -> frozenset[int]:
        """Pairs of which the last digits of a sum decide under some seed."""
        return frozenset(o.pair for o in self.outcomes if o.on_edge)

    def statuses(self, seed: int | None = None) -> list[str]:
        """Status of every pair of the collection under one seed; the best one if not given."""
        seed = self.best_seed if seed is None else seed
        found = ["left out"] * len(self.subsets)
        for outcome in self.outcomes:
            if outcome.seed == seed:
                found[outcome.pair] = outcome.status
        for pair in self.unreliable:
            found[pair] = "unreliable"
        return found

    @property
    def best_seed(self) -> int | None:
        """The seed with the most distinguished pairs, as BREC reports; None in mode "exact"."""
        if not self.seeds:
            return None
        counts = Counter(
            outcome.seed
            for outcome in self.outcomes
            if outcome.status == "distinguished" and outcome.pair not in self.unreliable
        )
        return max(self.seeds, key=lambda seed: counts[seed])

    @property
    def distinguished(self) -> int:
        """Number of distinguished pairs, under the best seed."""
        return self.statuses().count("distinguished")

    @property
    def per_seed(self) -> dict[int, int]:
        """Number of distinguished pairs under each seed."""
        return {seed: self.statuses(seed).count("distinguished") for seed in self.seeds}

    @property
    def by_subset(self) -> dict[str, int]:
        """Number of distinguished pairs of each subset, under the best seed."""
        found = dict.fromkeys(self.subsets, 0)
        for subset, status in zip(self.subsets, self.statuses(), strict=True):
            found[subset] += status == "distinguished"
        return found

    @property
    def admissible(self) -> bool:
        """Whether BREC would take it: ten seeds (exact: none), all pairs reliable, not stopped."""
        if self.mode == "exact":
            return not self.unreliable and not self.stopped
        return len(self.seeds) >= len(BREC_SEEDS) and not self.unreliable and not self.stopped

    @property
    def cells(self) -> str:
        """A letter of ``STATUSES`` for each pair, under the best seed."""
        return "".join(STATUSES[status] for status in self.statuses())

    @property
    def sentence(self) -> str:
        """The result in words, with what it does not show."""
        text = f"{self.method} tells {self.distinguished} of {len(self.subsets)} pairs apart"
        left = self.statuses().count("left out")
        if self.mode == "exact":
            text += ", exactly and without training"
        else:
            some = f"{len(self.seeds)} seed{'s' * (len(self.seeds) > 1)}"
            spread = f" ({min(self.per_seed.values())} to {max(self.per_seed.values())})"
            text += f" in mode {self.mode!r}, best of {some}{spread * (len(self.seeds) > 1)}"
            if len(self.seeds) < len(BREC_SEEDS):
                text += f"; BREC asks for {len(BREC_SEEDS)}"
        if self.unreliable:
            text += f"; {len(self.unreliable)} fail the reliability check and count as failures"
        if left:
            text += f"; {left} are left out and count as failures"
        if self.on_edge:
            pairs = f"{len(self.on_edge)} pair{'s' * (len(self.on_edge) > 1)}"
            text += f"; of {pairs} the last digits decide, so another processor may find otherwise"
        return text + ("; the run was stopped." if self.stopped else ".")

    def table(self) -> pd.DataFrame:
        """Counts by subset and in total, under the best seed."""
        statuses, rows = self.statuses(), {}
        for subset in [*dict.fromkeys(self.subsets), "total"]:
            part = [
                status
                for status, other in zip(statuses, self.subsets, strict=True)
                if subset in (other, "total")
            ]
            rows[subset] = {"pairs": len(part), **{s: part.count(s) for s in STATUSES}}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("subset")

    def row(self) -> dict:
        """The result without its outcomes: what stored tables and figures are made of."""
        reasons = Counter(o.reason for o in self.outcomes if o.status == "left out")
        return {
            "method": self.method,
            "mode": self.mode,
            "seeds": list(self.seeds),
            "distinguished": self.distinguished,
            "of": len(self.subsets),
            "sizes": dict(Counter(self.subsets)),
            "by_subset": self.by_subset,
            "per_seed": {str(seed): count for seed, count in self.per_seed.items()},
            "unreliable": sorted(self.unreliable),
            "on_edge": sorted(self.on_edge),
            "left_out": dict(reasons),
            "admissible": self.admissible,
            "cells": self.cells,
            "seconds": round(self.seconds, 3),
            "arguments": self.arguments,
            "versions": self.versions,
        }

    def save(self, path: str | Path) -> Path:
        """Write the whole result as JSON; the file appears whole or not at all."""
        record = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        return write_whole(Path(path), json.dumps(record, indent=1, allow_nan=False) + "\n")

    @staticmethod
    def load(path: str | Path) -> "BrecResult":
        """Read what ``save`` wrote.

        Raises:
            BrecFileError: the file is no such record.
            FileNotFoundError: there is no such file.
        """
        try:
            record = json.loads(Path(path).read_text(encoding="utf-8"))
            if (record.pop("format"), record.pop("version")) != (FORMAT, FORMAT_VERSION):
                raise BrecFileError(f"{path} is no result of BREC of this version")
            record["outcomes"] = tuple(BrecOutcome(**outcome) for outcome in record["outcomes"])
            record["seeds"], record["subsets"] = tuple(record["seeds"]), tuple(record["subsets"])
            return BrecResult(**record)
        except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
            raise BrecFileError(f"{path} is no result of BREC: {error}") from None


def finite(value: float | None) -> float | None:
    """JSON has no infinity and no NaN."""
    return None if value is None or not math.isfinite(value) else value


def write_whole(path: Path, text: str) -> Path:
    """Write a file under another name and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
    return path


def brec_table(rows: Sequence[dict], *, reference: Sequence[dict] = ()) -> pd.DataFrame:
    """Rows of ``BrecResult.row`` as one table: a column for each subset, and the total.

    Rows of ``reference`` stand below: ``method``, ``by_subset`` (where a subset is missing, its
    cell is), ``distinguished``, and ``source``, which stands for the mode.

    Examples:
        >>> from workbench.benchmarks import brec, brec_table
        >>> from workbench.graphs import GraphPair, rook, shrikhande
        >>> pairs = [GraphPair(0, "Strongly regular", rook(4), shrikhande())]
        >>> brec_table([brec(test="2-fwl", pairs=pairs).row()])[["method", "mode"]].values.tolist()
        [['2-fwl', 'exact']]
    """
    table = [
        {"method": row["method"], "mode": row["mode"], **row["by_subset"]}
        | {"total": row["distinguished"], "of": row["of"], "seeds": len(row["seeds"])}
        | {"left out": row["cells"].count("x"), "seconds": row["seconds"]}
        for row in rows
    ]
    table += [
        {"method": row["method"], "mode": row["source"], **row["by_subset"]}
        | {"total": row["distinguished"]}
        for row in reference
    ]
    found = pd.DataFrame(table)
    # a missing number must not make decimals of the others
    whole = [name for name in found if name not in ("method", "mode", "seconds")]
    return found.astype(dict.fromkeys(whole, "Int64")) if reference else found
