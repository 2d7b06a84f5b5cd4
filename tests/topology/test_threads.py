import threading

import pytest
import torch

from workbench.topology import eigh, eigvalsh, one_thread, product
from workbench.topology.threads import SMALL, _libraries


@pytest.fixture
def libraries():
    """NumPy's and SciPy's, on two threads for the time of a test."""
    import numpy  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(internal_api="openblas").lib_controllers
    before = [one.get_num_threads() for one in found]
    for one in found:
        one.set_num_threads(2)
    yield found
    for one, count in zip(found, before, strict=True):
        one.set_num_threads(count)


def counts(libraries):
    return {one.get_num_threads() for one in libraries}


def test_a_small_matrix_has_one_thread_and_the_rest_what_they_had(libraries, monkeypatch):
    monkeypatch.setattr("workbench.topology.threads._ONE_THREAD._libraries", _libraries())
    if not libraries:
        pytest.skip("neither NumPy nor SciPy is built on OpenBLAS here")
    with one_thread(SMALL):
        assert counts(libraries) == {1}
        with one_thread(3):
            assert counts(libraries) == {1}
        assert counts(libraries) == {1}
    assert counts(libraries) == {2}
    with one_thread(SMALL + 1):
        assert counts(libraries) == {2}
    with pytest.raises(ZeroDivisionError), one_thread(2):
        1 / 0  # noqa: B018
    assert counts(libraries) == {2}


def test_the_last_of_several_threads_switches_back(libraries, monkeypatch):
    monkeypatch.setattr("workbench.topology.threads._ONE_THREAD._libraries", _libraries())
    if not libraries:
        pytest.skip("neither NumPy nor SciPy is built on OpenBLAS here")
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with one_thread(2):
            inside.set()
            leave.wait()

    other = threading.Thread(target=stay)
    other.start()
    inside.wait()
    with one_thread(2):
        pass
    assert counts(libraries) == {1}
    leave.set()
    other.join()
    assert counts(libraries) == {2}


@pytest.mark.parametrize("size", [0, 1, 5, SMALL, SMALL + 1])
def test_they_give_what_torch_gives(size):
    draw = torch.Generator().manual_seed(size)
    matrix = torch.randn(size, size, generator=draw, dtype=torch.float64)
    matrix = matrix + matrix.T
    values, vectors = eigh(matrix)
    torch.testing.assert_close(values, torch.linalg.eigvalsh(matrix))
    torch.testing.assert_close(eigvalsh(matrix), values)
    torch.testing.assert_close(
        product(product(vectors, values.diag()), vectors.T.contiguous()), matrix
    )
