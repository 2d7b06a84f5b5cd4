import subprocess
import sys

CALLS = """
import scipy.sparse
import torch
from workbench.diagnostics import effective_resistance

for matrix in (
    torch.eye(3).to_sparse(),
    torch.eye(3).to_sparse_csr(),
    scipy.sparse.eye(3),
    scipy.sparse.eye_array(3).tocsr(),
):
    try:
        effective_resistance(matrix, 3)
    except TypeError as error:
        print(error)
"""


def test_a_sparse_matrix_is_told_how_to_become_edges():
    run = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=True)
    said = run.stdout.splitlines()
    assert len(said) == 4
    assert all("got a sparse matrix [3, 3]; use torch_geometric.utils" in text for text in said)
