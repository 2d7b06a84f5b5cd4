"""apply_edits on small explicit tensors."""

import pytest
import torch

from workbench.rewiring import apply_edits
from workbench.topology import simple_graph

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def edits(*rows):
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3).T


def test_columns_keep_their_order_and_new_ones_follow():
    result = apply_edits(PATH, 4, edits((1, 3, 0), (-1, 1, 0), (1, 0, 2)))
    assert result.edge_index.tolist() == [[1, 2, 0, 3, 0, 2], [2, 1, 3, 0, 2, 0]]
    assert result.kept.tolist() == [False, False, True, True]
    assert result.added.tolist() == [[0, 0], [3, 2]]
    assert result.removed.tolist() == [[0], [1]]
    assert bool(result.score.isnan().all())


def test_there_and_back_again():
    removed_first = apply_edits(PATH, 3, edits((-1, 0, 1), (1, 0, 1)))
    assert torch.equal(removed_first.edge_index, PATH)
    added_first = apply_edits(PATH, 3, edits((1, 0, 2), (-1, 0, 2)))
    assert torch.equal(added_first.edge_index, PATH)
    assert added_first.edits.size(1) == 2


def test_loops_and_repeats():
    noisy = torch.tensor([[0, 1, 0, 1, 2], [1, 0, 1, 0, 2]])
    assert apply_edits(noisy, 3, edits((-1, 0, 1))).edge_index.tolist() == [[2], [2]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(1, 0, 1)], r"edit 0 adds the edge \(0, 1\), which is already there"),
        ([(-1, 2, 0)], r"edit 0 removes the edge \(0, 2\), which is not there"),
        ([(1, 0, 2), (1, 2, 0)], "edit 1 adds"),
        ([(2, 0, 2)], "edit 0 has sign 2"),
        ([(1, 0, 3)], "nodes 0 and 3"),
        ([(1, -1, 2)], "nodes -1 and 2"),
        ([(1, 1, 1)], "nodes 1 and 1"),
    ],
)
def test_impossible_edits(rows, message):
    with pytest.raises(ValueError, match=message):
        apply_edits(PATH, 3, edits(*rows))


def test_a_graph_that_has_been_read_before_changes_nothing():
    wanted = edits((1, 3, 0), (-1, 1, 0), (1, 0, 2))
    once, again = (
        apply_edits(PATH, 4, wanted),
        apply_edits(PATH, 4, wanted, graph=simple_graph(PATH, 4)),
    )
    for name in ("edge_index", "kept", "edits", "num_tied"):
        assert getattr(once, name).equal(getattr(again, name))
