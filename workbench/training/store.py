"""A folder of runs: appended to, read as a table, asked by its columns."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.training.run import Run, RunFileError

#: The columns that every table has, in this order; what else the records hold follows.
COLUMNS = [
    *("started", "task", "model", "seed", "epochs", "learning_rate", "batch_size"),
    *("metric", "test", "val", "best_epoch", "chance", "stopped", "seconds", "device", "file"),
]


class RunStore:
    """The records of runs in one folder, a JSON file each.

    Any number of processes may append at once: each record is a file of its own with a name that
    no other has, and appears whole or not at all. Files that are no record are named and left out.

    Args:
        directory: the folder; made when the first run is appended.
    """

    def __init__(self, directory: str | Path):
        self.directory = Path(directory)

    def append(self, run: Run) -> Path:
        """Write the record of a run; return the path of its file."""
        return run.save(self.directory)

    def load(self, file: str) -> Run:
        """The run of one file, as the table's column ``file`` names it.

        Raises:
            FileNotFoundError: there is no such file.
            RunFileError: it is no record of a run.
        """
        return Run.load(self.directory / file)

    def table(self) -> pd.DataFrame:
        """The runs, a row each, oldest first.

        Columns: started, task, model, seed, epochs, learning_rate, batch_size, metric, test, val,
        best_epoch, chance, stopped, seconds, device, file; then the other arguments of the runs by
        their names, and each score as ``test_<name>`` and ``val_<name>``. Where a run has no such
        value, it is missing. A file that is no record is left out with a warning that says why;
        ``.attrs["unreadable"]`` has the reasons by file name.
        """
        unreadable: dict[str, str] = {}
        rows = [_row(run, file) for file, run in self._runs(unreadable)]
        more = dict.fromkeys(key for row in rows for key in row if key not in COLUMNS)
        table = pd.DataFrame(rows, columns=[*COLUMNS, *more])
        table = table.sort_values("started", kind="stable", ignore_index=True)
        table.attrs["unreadable"] = unreadable
        return table

    def query(self, **wanted: Any) -> pd.DataFrame:
        """The rows of ``table()`` that have these values: ``query(model="GCN", seed=[0, 1])``.

        A list, tuple, set or range takes any of its values; None takes what is missing.

        Raises:
            ValueError: the table has no such column.
        """
        table = self.table()
        for column, value in wanted.items():
            if column not in table.columns:
                raise ValueError(
                    f"{self.directory} has no column {column!r}; it has {', '.join(table.columns)}"
                )
            if value is None:
                chosen = table[column].isna()
            elif isinstance(value, list | tuple | set | range):
                chosen = table[column].isin(list(value))
            else:
                chosen = table[column] == value
            unreadable = table.attrs
            table = table[chosen].reset_index(drop=True)
            table.attrs = unreadable
        return table

    def runs(self, **wanted: Any) -> list[Run]:
        """The records themselves of the rows of ``query(**wanted)``, with their curves."""
        return [self.load(file) for file in self.query(**wanted)["file"]]

    def __len__(self) -> int:
        return len(self._files())

    def __repr__(self) -> str:
        return f"RunStore({str(self.directory)!r}, {len(self)} files)"

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("*.json"))

    def _runs(self, unreadable: dict[str, str]) -> Iterator[tuple[str, Run]]:
        for path in self._files():
            try:
                yield path.name, Run.load(path)
            except (RunFileError, OSError) as error:
                unreadable[path.name] = str(error)
                warnings.warn(f"left out of the table: {error}", stacklevel=4)


def _row(run: Run, file: str) -> dict[str, Any]:
    """What the table shows of a run."""
    plain = {
        key: value
        for key, value in {**run.arguments, **run.result, **vars(run)}.items()
        if value is None or isinstance(value, str | int | float | bool)
    }
    scores = {
        f"{part}_{name}": value
        for part in ("test", "val")
        for name, value in run.result.get(f"{part}_scores", {}).items()
    }
    return {**plain, **scores, "file": file}
