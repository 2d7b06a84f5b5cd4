"""The loop: hash what is seen, renumber, stop where nothing splits, verify.

A hash can only merge colors by mistake, never split them. So what the loop ends with is the stable
partition or coarser; and if every color's items see the same multisets, it is stable, hence exact.
Where two multisets share a hash the check says so, and the loop goes on with another hash.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import index

import numpy as np
import torch
from torch import Tensor

from workbench.cost import MEMORY_SHARE, TooLargeError, available_bytes
from workbench.diagnostics.expressivity.weisfeiler_leman import hashing
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Relation

#: Collisions of a 64-bit hash are so rare that a second one would be a defect.
_MOST_SEEDS = 8

#: Bytes for which nobody asks what is free.
_LITTLE = 1_000_000

Hash = Callable[[np.ndarray, int], np.ndarray]
Check = Callable[[np.ndarray, int], bool]


@dataclass(frozen=True)
class Refined:
    """Colors after each round, and whether the last is stable."""

    rounds: list[np.ndarray]
    stable: bool


def refine(
    color: np.ndarray,
    hash_of: Hash,
    check: Check,
    *,
    max_rounds: int | None = None,
    enough: Callable[[np.ndarray, int], bool] | None = None,
) -> Refined:
    """Refine until stable.

    Args:
        color: first colors ``[items]``, numbered from 0.
        hash_of: (colors, seed) -> hash of what each item sees.
        check: (colors, number of colors) -> whether equal colors see equal things.
        max_rounds: end after this many rounds.
        enough: (colors, number of colors) -> end here, although it may not be stable.

    Raises:
        TypeError: ``max_rounds`` is no integer.
        ValueError: ``max_rounds`` is negative.
        TooLargeError: the colors of all rounds would not fit into half of the free memory.
    """
    if max_rounds is not None:
        check_least("max_rounds", max_rounds, 0)
    color = np.ascontiguousarray(color, dtype=np.int64)
    rounds, count = [color], int(color.max(initial=-1)) + 1
    for seed in range(1, _MOST_SEEDS + 1):
        while max_rounds is None or len(rounds) <= max_rounds:
            if enough is not None and enough(rounds[-1], count):
                return Refined(rounds, False)
            finer = np.empty_like(color)
            found = hashing.renumber(rounds[-1], hash_of(rounds[-1], seed), finer)
            if found == count:
                break
            rounds.append(finer)
            count = found
            filled = len(rounds) * color.nbytes
            if filled > _LITTLE and filled > MEMORY_SHARE * available_bytes():
                raise TooLargeError(
                    f"the colors of {color.size:,} items after {len(rounds) - 1:,} rounds fill "
                    "half of the free memory, and they are not stable yet; give max_rounds"
                )
        else:
            return Refined(rounds, False)
        if check(rounds[-1], count):
            return Refined(rounds, True)
    raise RuntimeError(f"{_MOST_SEEDS} different 64-bit hashes collided; please report the graph")


def check_least(name: str, value: object, least: int) -> None:
    """Raise unless ``value`` is an integer of at least ``least``.

    Raises:
        TypeError: it is no integer.
        ValueError: it is too small.
    """
    try:
        index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def relation_loop(relation: Relation, device: torch.device) -> tuple[Hash, Check]:
    """Both steps for the items of a relation: compiled loops, or torch where it is on CUDA."""
    table = relation.indptr, relation.neighbor, relation.label
    kinds = int(relation.label.max(initial=0)) + 1

    def hash_views(colors: np.ndarray, seed: int) -> np.ndarray:
        result = np.empty(colors.size, np.uint64)
        hashing.hash_seen(*table, colors, np.uint64(seed), kinds, result)
        return result

    def verify(colors: np.ndarray, count: int) -> bool:
        return hashing.sees_equal(*table, colors, count)

    return TorchHash(relation, device) if device.type != "cpu" else hash_views, verify


class TorchHash:
    """``hash_seen`` by torch, for CUDA: the same sums, with wrap-around in int64."""

    def __init__(self, relation: Relation, device: torch.device):
        row = np.repeat(np.arange(relation.color.size), np.diff(relation.indptr))
        self.row = torch.from_numpy(row).to(device)
        self.neighbor = torch.from_numpy(relation.neighbor).to(device)
        self.label = torch.from_numpy(relation.label).to(device)

    def __call__(self, colors: np.ndarray, seed: int) -> np.ndarray:
        """Hash of what each item sees."""
        scrambled = mix(torch.from_numpy(colors).to(self.row.device) + seed)
        seen = scrambled[self.neighbor] * (mix(-1 - self.label - seed) | 1)
        total = torch.zeros_like(scrambled).index_add_(0, self.row, seen)
        return total.cpu().numpy().view(np.uint64)


def mix(value: Tensor) -> Tensor:
    """``hashing.mix`` of int64 numbers, taken as 64 bits without a sign."""
    value = value + _as_signed(0x9E3779B97F4A7C15)
    value = (value ^ _shift(value, 30)) * _as_signed(0xBF58476D1CE4E5B9)
    value = (value ^ _shift(value, 27)) * _as_signed(0x94D049BB133111EB)
    return value ^ _shift(value, 31)


def _shift(value: Tensor, bits: int) -> Tensor:
    return (value >> bits) & ((1 << (64 - bits)) - 1)


def _as_signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
