"""The order in which a sparse graph is best eliminated: approximate minimum degree."""

from typing import no_type_check

import numpy as np
from numba import njit


def elimination_order(
    start: np.ndarray, neighbor: np.ndarray, *, most_operations: float = np.inf
) -> tuple[np.ndarray, np.ndarray, float]:
    """Nodes in an order that keeps the meshes small which elimination leaves behind.

    Always the node next whose neighbors, counting those that earlier eliminations joined, are
    fewest, by the upper bound of Amestoy, Davis and Duff. Nodes that the elimination can no longer
    tell apart go together, as one block. Nodes of more than 10 sqrt(n) neighbors go last.

    Args:
        start: ``[nodes + 1]`` where the neighbors of each node start.
        neighbor: their numbers; every edge both ways, once, no self-loops.
        most_operations: give up when the factor takes more multiplications than this.

    Returns:
        (order ``[nodes]``, block_start ``[blocks + 1]``, operations): the blocks are stretches of
        ``order``. If it gave up, ``order`` is incomplete and ``operations`` above the limit.

    References:
        Amestoy, Davis and Duff, An approximate minimum degree ordering algorithm, SIAM J. Matrix
        Anal. Appl. 17, 1996.
    """
    size = start.size - 1
    dense = max(16, int(10 * size**0.5))
    order, block_start, operations = _minimum_degree(
        start.astype(np.int64), neighbor.astype(np.int32), dense, float(most_operations)
    )
    return order, block_start, operations


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _minimum_degree(start, neighbor, dense, most_operations):
    """The quotient graph: a list per variable (elements first, then variables), one per element.

    ``weight`` is the number of nodes that a variable stands for: 0 once it is gone, negative while
    it is in the element being made. ``outside[e] - flag`` is the weight of what element e has
    beyond that; 0 once it is absorbed. Numbers of nodes are int32, so that more of the lists, which
    are read in no order, stays in the cache.
    """
    size = start.size - 1
    work = np.empty(neighbor.size + 4 * size + 16, dtype=np.int32)
    work[: neighbor.size] = neighbor
    free = neighbor.size
    begin, length = start[:-1].copy(), (start[1:] - start[:-1]).astype(np.int32)
    num_elements = np.zeros(size, dtype=np.int32)
    weight, degree = np.ones(size, dtype=np.int32), length.copy()
    head = np.full(size + 1, -1, dtype=np.int32)  # by degree, linked both ways
    after, before = np.full(size, -1, dtype=np.int32), np.full(size, -1, dtype=np.int32)
    outside, flag = np.ones(size, dtype=np.int64), 2
    stamp, mark = np.zeros(size, dtype=np.int64), 0
    bucket, chain = np.full(size + 1, -1, dtype=np.int32), np.full(size, -1, dtype=np.int32)
    key = np.zeros(size, dtype=np.int32)
    follow, tail = (
        np.full(size, -1, dtype=np.int32),
        np.arange(size, dtype=np.int32),
    )  # nodes behind a variable
    order, block_start = np.empty(size, dtype=np.int64), np.zeros(size + 1, dtype=np.int64)
    blocks, done, operations, least, longest = 0, 0, 0.0, 0, 1

    remaining = 0
    for i in range(size - 1, -1, -1):
        if degree[i] > dense:
            weight[i] = 0
        else:
            remaining += 1
            after[i] = head[degree[i]]
            if after[i] >= 0:
                before[after[i]] = i
            head[degree[i]] = i

    while remaining > 0:
        while head[least] < 0:
            least += 1
        pivot = head[least]
        head[least] = after[pivot]
        if head[least] >= 0:
            before[head[least]] = -1
        pivot_weight = weight[pivot]
        weight[pivot] = -pivot_weight

        # the new element: what the pivot sees, through its elements (absorbed now) and directly
        need = length[pivot]
        for q in range(begin[pivot], begin[pivot] + num_elements[pivot]):
            need += length[work[q]]
        if free + need > work.size:
            larger = np.empty(2 * work.size + need, dtype=np.int32)
            larger[:free] = work[:free]
            work = larger
        made, external = free, 0
        for k in range(num_elements[pivot] + 1):
            if k < num_elements[pivot]:
                e = work[begin[pivot] + k]
                low, high = begin[e], begin[e] + length[e]
                outside[e] = 0
            else:
                low, high = begin[pivot] + num_elements[pivot], begin[pivot] + length[pivot]
            for q in range(low, high):
                i = work[q]
                if weight[i] > 0:
                    external += weight[i]
                    weight[i] = -weight[i]
                    work[free] = i
                    free += 1
                    if after[i] >= 0:
                        before[after[i]] = before[i]
                    if before[i] >= 0:
                        after[before[i]] = after[i]
                    else:
                        head[degree[i]] = after[i]
        begin[pivot], length[pivot] = made, free - made

        # what each neighboring element has beyond the new one
        for q in range(made, free):
            i = work[q]
            for k in range(begin[i], begin[i] + num_elements[i]):
                e = work[k]
                if outside[e] >= flag:
                    outside[e] += weight[i]
                elif outside[e] != 0:
                    outside[e] = degree[e] + flag + weight[i]

        # new lists and degrees; elements that lie within the new one go, and so do variables
        # that see nothing but it: they are eliminated with the pivot
        for q in range(made, free):
            i = work[q]
            write, seen, code = begin[i], 0, 0
            for k in range(begin[i], begin[i] + num_elements[i]):
                e = work[k]
                if outside[e] > flag:
                    seen += outside[e] - flag
                    work[write] = e
                    write += 1
                    code += e
                else:
                    outside[e] = 0
            elements_end = write
            for k in range(begin[i] + num_elements[i], begin[i] + length[i]):
                j = work[k]
                if weight[j] > 0:
                    seen += weight[j]
                    work[write] = j
                    write += 1
                    code += j
            if seen == 0:
                external += weight[i]
                pivot_weight -= weight[i]
                weight[i] = 0
                follow[tail[pivot]] = i
                tail[pivot] = tail[i]
            else:
                degree[i] = min(degree[i], seen)
                num_elements[i] = elements_end - begin[i] + 1
                work[write] = work[elements_end]
                work[elements_end] = work[begin[i]]
                work[begin[i]] = pivot
                length[i] = write - begin[i] + 1
                key[i] = code % size
                chain[i] = bucket[key[i]]
                bucket[key[i]] = i
        degree[pivot] = external
        longest = max(longest, external)
        flag += longest + 1

        # variables with equal lists can no longer be told apart
        for q in range(made, free):
            first = work[q]
            if weight[first] == 0:
                continue
            i, bucket[key[first]] = bucket[key[first]], -1
            while i >= 0 and chain[i] >= 0:
                mark += 1
                for k in range(begin[i], begin[i] + length[i]):
                    stamp[work[k]] = mark
                last, j = i, chain[i]
                while j >= 0:
                    same = length[j] == length[i] and num_elements[j] == num_elements[i]
                    k = begin[j]
                    while same and k < begin[j] + length[j]:
                        same = stamp[work[k]] == mark
                        k += 1
                    if same:
                        weight[i] += weight[j]
                        weight[j] = 0
                        follow[tail[i]] = j
                        tail[i] = tail[j]
                        chain[last] = chain[j]
                    else:
                        last = j
                    j = chain[j]
                i = chain[i]

        # back into the lists by degree
        remaining -= pivot_weight
        write = made
        for q in range(made, free):
            i = work[q]
            if weight[i] == 0:
                continue
            weight[i] = -weight[i]
            fresh = min(degree[i] + external, remaining) - weight[i]
            degree[i] = max(fresh, 0)
            least = min(least, degree[i])
            before[i], after[i] = -1, head[degree[i]]
            if after[i] >= 0:
                before[after[i]] = i
            head[degree[i]] = i
            work[write] = i
            write += 1
        length[pivot], free = write - made, write
        outside[pivot] = 1 if write > made else 0
        weight[pivot] = 0
        i = pivot
        while i >= 0:
            order[done] = i
            done += 1
            i = follow[i]
        blocks += 1
        block_start[blocks] = done
        operations += pivot_weight * float(pivot_weight + external) ** 2
        if operations > most_operations:
            return order[:done], block_start[: blocks + 1], operations

    if done < size:
        for i in range(size):
            if start[i + 1] - start[i] > dense:
                order[done] = i
                done += 1
        blocks += 1
        block_start[blocks] = done
    return order, block_start[: blocks + 1], operations
