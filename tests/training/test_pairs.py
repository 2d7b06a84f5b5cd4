import pytest
import torch

from workbench.models import GCN
from workbench.tasks import ring_transfer
from workbench.training import compare_training


def make_model():
    return GCN(5, 16, 5, num_layers=3, dropout=0.1)


def shortcut(data):
    """A ring with an edge from its source to its target."""
    half = data.num_nodes // 2
    data = data.clone()
    data.edge_index = torch.cat([data.edge_index, torch.tensor([[0, half], [half, 0]])], dim=1)
    return data


def test_a_shortcut_is_found_to_help():
    before = ring_transfer(8)  # four hops, three layers: it cannot be learned
    pair = compare_training(make_model, before, before.map(shortcut), seeds=[3, 5], epochs=60)
    assert pair.seeds == (3, 5)
    assert [run.seed for run in pair.before] == [run.seed for run in pair.after] == [3, 5]
    assert [run.result["test"] for run in pair.before] == [0.2, 0.2]
    comparison = pair.comparison()
    assert comparison.mean > 0.4  # least of a seed, of eight: 0.6
    assert "accuracy changes by +" in comparison.sentence
    assert len(pair.before_models) == len(pair.after_models) == 2


def test_on_the_same_task_nothing_differs_and_the_caller_is_not_disturbed(tmp_path):
    task = ring_transfer(6)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    pair = compare_training(make_model, task, task, seeds=2, epochs=3, directory=tmp_path)
    assert torch.equal(torch.rand(3), expected)
    for before, after in zip(pair.before, pair.after, strict=True):
        assert before.curve == after.curve
    assert pair.before[0].curve != pair.before[1].curve
    assert len(list(tmp_path.glob("*.json"))) == 4


def test_progress_counts_over_all_runs_and_stopping_begins_no_other():
    heard = []

    def stop(paired):
        heard.append(paired)
        return paired.run == 2 and paired.progress.step == 2

    task = ring_transfer(6)
    pair = compare_training(make_model, task, task, seeds=3, epochs=4, callbacks=[stop])
    assert pair.stopped
    assert (len(pair.before), len(pair.after)) == (2, 1)
    assert pair.seeds == (0, 1)
    assert [p.side for p in heard if p.progress.step == 1] == [
        "before",
        "before",
        "after",
        "after",
        "before",
        "before",
    ]
    assert heard[-1].runs == 6
    assert heard[-1].seconds_left > 0
    # the pair that ended counts, the half one does not
    assert pair.comparison().num_seeds == 1


def test_nothing_ended_nothing_to_compare():
    task = ring_transfer(6)
    pair = compare_training(make_model, task, task, callbacks=[lambda paired: True])
    assert len(pair.before) == 1
    assert pair.after == ()
    with pytest.raises(ValueError, match="no pair of runs ended"):
        pair.comparison()


def test_tasks_that_one_model_cannot_fit_are_refused():
    with pytest.raises(ValueError, match=r"one in_channels.*before has 5, after has 4"):
        compare_training(make_model, ring_transfer(6), ring_transfer(6, num_classes=4))
    with pytest.raises(ValueError, match=r"one or more different numbers, got \[1, 1\]"):
        compare_training(make_model, ring_transfer(6), ring_transfer(6), seeds=[1, 1])
    with pytest.raises(ValueError, match=r"one or more different numbers, got \[\]"):
        compare_training(make_model, ring_transfer(6), ring_transfer(6), seeds=0)


def test_more_seeds_join_the_pairs_that_ended():
    task = ring_transfer(6)
    first = compare_training(make_model, task, task.map(shortcut), seeds=2, epochs=2)

    def stop(paired):
        return paired.run == 3

    more = compare_training(
        make_model, task, task.map(shortcut), seeds=[5, 6, 7], epochs=2, callbacks=[stop]
    )
    assert (len(more.before), len(more.after)) == (2, 2)  # the second pair was stopped
    both = first.union(more)
    assert both.seeds == (0, 1, 5)
    assert both.before == (*first.before, more.before[0])
    assert both.after == (*first.after, more.after[0])
    assert both.after_models[2] is more.after_models[0]
    assert both.stopped
    assert both.comparison().num_seeds == 3
    with pytest.raises(ValueError, match=r"seeds \[0, 1\] are in both"):
        first.union(both)
