"""Expected times from every state of a Markov chain to every other, without subtraction.

A state j with rates r_jl to the states that are left, and mass m_j, is left after m_j / s_j on
average, s_j = sum_l r_jl. Whoever comes to j goes on to l with chance r_jl / s_j; so

    r_kl += r_kj r_jl / s_j,   m_k += r_kj m_j / s_j

takes j out, and the times between the others stay. On the way back

    H_jl = m_j / s_j + sum_k (r_jk / s_j) H_kl.

Only positive numbers are added, so that each time is exact however far the rates lie apart. Each
state has to be among the last once: half of the states is taken out, then the other half instead,
and the same again within what is left. All of it takes 4 / 3 n^3 multiplications.

References:
    Grassmann, Taksar and Heyman, Regenerative analysis and steady state distributions for Markov
    chains, Operations Research 33, 1985. Kemeny and Snell, Finite Markov Chains, 1960.
"""

from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit

#: States between two products of matrices; of few states there is none.
_TOGETHER, _SMALL = 48, 200


def first_passage(
    rates: Float64[np.ndarray, "states states"], mass: Float64[np.ndarray, " states"]
) -> Float64[np.ndarray, "states states"]:
    """Row = from, column = to; 0 on the diagonal.

    Args:
        rates: not negative, 0 on the diagonal; every state can be reached from every other.
        mass: of each state, so that it is left after mass / (sum of its row) on average: the sum
            itself where each step takes 1.
    """
    size = mass.size
    result = np.zeros((size, size))
    if size == 1:
        return result
    half, step = size // 2, size if size <= _SMALL else _TOGETHER
    for turn, count in ((1, half), (-1, size - half)):
        inner, left = rates[::turn, ::turn].copy(), mass[::turn].copy()
        blocks = [(low, min(low + step, count), low + step) for low in range(0, count, step)]
        for low, high, end in blocks:
            _take_out(inner, left, low, high, min(end, size))
            if end < size:
                inner[end:, end:] += inner[end:, low:high] @ inner[low:high, end:]
        times = np.zeros((size, size - count))
        times[count:] = first_passage(inner[count:, count:], left[count:])
        for low, high, end in reversed(blocks):
            if end < size:
                times[low:high] = inner[low:high, end:] @ times[end:]
            _bring_back(inner, left, low, high, min(end, size), times)
        result[::turn, ::turn][:, count:] = times
    return result


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _take_out(rates, mass, low, high, end):
    """States ``low`` to ``high``: row j becomes its chances, ``mass[j]`` its time.

    Of rows from ``end`` on only the columns before it are brought up to date.
    """
    size = mass.size
    for j in range(low, high):
        chance, total = rates[j, j + 1 :], 0.0
        for k in range(chance.size):
            total += chance[k]
        for k in range(chance.size):
            chance[k] /= total
        mass[j] /= total
        for k in range(j + 1, size):
            rate = rates[k, j]
            if rate > 0.0:
                row = rates[k, j + 1 :] if k < end else rates[k, j + 1 : end]
                for i in range(row.size):
                    row[i] += rate * chance[i]
                mass[k] += rate * mass[j]


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _bring_back(rates, mass, low, high, end, times):
    """Times from states ``low`` to ``high``, which hold what leads over those from ``end`` on."""
    for j in range(high - 1, low - 1, -1):
        row = times[j]
        for i in range(row.size):
            row[i] += mass[j]
        for k in range(j + 1, end):
            chance = rates[j, k]
            if chance > 0.0:
                there = times[k]
                for i in range(row.size):
                    row[i] += chance * there[i]
