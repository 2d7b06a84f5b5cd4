"""Numbers for colors that stay what they are from round to round."""

import numpy as np


def steady(rounds: list[np.ndarray]) -> list[np.ndarray]:
    """Color numbers that stay: of a class that splits, the largest part keeps its number.

    Args:
        rounds: ``[items]`` colors of each round, each refining the one before.
    """
    shown: list[np.ndarray] = []
    taken = 0
    for colors in rounds:
        unique, first, inverse, count = np.unique(
            colors, return_index=True, return_inverse=True, return_counts=True
        )
        parent = shown[-1][first] if shown else np.arange(unique.size)
        order = np.lexsort((first, -count, parent))
        number = np.empty(unique.size, dtype=np.int64)
        if not shown:
            number[np.lexsort((first, -count))] = np.arange(unique.size)
            taken = unique.size
        else:
            keeps = np.diff(parent[order], prepend=-1) != 0
            number[order[keeps]] = parent[order[keeps]]
            new = order[~keeps]
            number[new] = taken + np.arange(new.size)
            taken += new.size
        shown.append(number[inverse.ravel()])
    return shown


def first_numbers(rounds: list[np.ndarray], shown: np.ndarray) -> list[np.ndarray]:
    """The same colors, numbered anew so that those of the items ``shown`` come first."""
    most = max((int(colors.max(initial=-1)) for colors in rounds), default=-1) + 1
    seen = np.concatenate([np.unique(colors[shown]) for colors in rounds])
    ours = seen[np.sort(np.unique(seen, return_index=True)[1])]
    others = np.setdiff1d(np.arange(most), ours)
    number = np.empty(most, dtype=np.int64)
    number[np.concatenate([ours, others])] = np.arange(most)
    return [number[colors] for colors in rounds]
