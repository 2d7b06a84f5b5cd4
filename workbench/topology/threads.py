"""Small matrices on one thread.

A linear-algebra library starts threads for a matrix of eighteen rows as well, and waits for them: a
call of a tenth of a millisecond takes fifty where another program holds the other core.
"""

import threading
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

#: Rows of the largest matrix that one thread does as fast as several.
SMALL = 256


class _OneThread:
    """Counts who is inside, in whatever thread: the first switches, the last switches back."""

    def __init__(self):
        self._lock, self._inside = threading.Lock(), 0
        self._libraries: list | None = None
        self._before: list[int] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._libraries is None:
                self._libraries = _libraries()
            if self._inside == 0:
                self._before = [library.get_num_threads() for library in self._libraries]
                self._set([1] * len(self._before))
            self._inside += 1

    def __exit__(self, *exception) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._set(self._before)

    def _set(self, counts: list[int]) -> None:
        for library, count in zip(self._libraries, counts, strict=True):
            # the library hears one thread only, the first that spoke; here the lock decides
            if clear := getattr(library, "clear_controlling_thread", None):
                clear(force=True)
            library.set_num_threads(count)


def _libraries() -> list:
    import scipy.linalg  # noqa: F401  it brings a library of its own, which must be there by now
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().lib_controllers
    return [one for one in found if one.internal_api == "openblas" and one.get_num_threads() > 1]


_ONE_THREAD = _OneThread()


def one_thread(size: int) -> AbstractContextManager:
    """Within it NumPy's and SciPy's linear algebra runs on one thread, if ``size`` rows are few.

    Examples:
        >>> import numpy
        >>> from workbench.topology import one_thread
        >>> with one_thread(2):
        ...     numpy.linalg.det(numpy.eye(2)).item()
        1.0
    """
    return _ONE_THREAD if size <= SMALL else nullcontext()


def eigh(
    matrix: Float64[Tensor, "nodes nodes"],
) -> tuple[Float64[Tensor, " nodes"], Float64[Tensor, "nodes nodes"]]:
    """Eigenvalues, ascending, and eigenvectors, on the device of the matrix.

    Examples:
        >>> import torch
        >>> from workbench.topology import eigh
        >>> values, vectors = eigh(torch.diag(torch.tensor([3.0, 1.0]).double()))
        >>> values.tolist(), vectors.abs().tolist()
        ([1.0, 3.0], [[0.0, 1.0], [1.0, 0.0]])
    """
    if matrix.device.type != "cpu" or matrix.size(0) > SMALL:
        return tuple(torch.linalg.eigh(matrix))
    with one_thread(matrix.size(0)):
        values, vectors = np.linalg.eigh(matrix.numpy())
    return torch.from_numpy(values), torch.from_numpy(vectors)


def eigvalsh(matrix: Float64[Tensor, "nodes nodes"]) -> Float64[Tensor, " nodes"]:
    """Eigenvalues, ascending, on the device of the matrix.

    Examples:
        >>> import torch
        >>> from workbench.topology import eigvalsh
        >>> eigvalsh(torch.diag(torch.tensor([3.0, 1.0, 2.0]).double())).tolist()
        [1.0, 2.0, 3.0]
    """
    if matrix.device.type != "cpu" or matrix.size(0) > SMALL:
        return torch.linalg.eigvalsh(matrix)
    with one_thread(matrix.size(0)):
        return torch.from_numpy(np.linalg.eigvalsh(matrix.numpy()))


def product(
    a: Float64[Tensor, "rows inner"], b: Float64[Tensor, "inner columns"]
) -> Float64[Tensor, "rows columns"]:
    """``a @ b``, on the device of both.

    Examples:
        >>> import torch
        >>> from workbench.topology import product
        >>> product(torch.eye(2).double(), torch.ones(2, 1).double()).tolist()
        [[1.0], [1.0]]
    """
    if a.device.type != "cpu" or max(*a.shape, *b.shape) > SMALL:
        return a @ b
    with one_thread(max(a.shape)):
        return torch.from_numpy(a.numpy() @ b.numpy())
