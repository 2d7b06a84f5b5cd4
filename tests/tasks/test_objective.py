"""One contract over every level and target: shapes, losses in closed form, batches like graphs."""

import math
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch_geometric.data import Batch, Data

from workbench.tasks import LOSSES, METRICS, TARGETS, Objective, Scored, Task
from workbench.tasks.negatives import draw_negatives

LEVELS = ("node", "edge", "pair", "graph")
ALLOWED = [(level, target) for target, places in TARGETS.items() for level in places]
FORBIDDEN = [pair for pair in product(LEVELS, TARGETS) if pair not in ALLOWED]

#: Width of the output, by target.
WIDTH = {"class": 3, "multilabel": 3, "value": 2, "link": 4, "pointer": 4}


def graph(number, level, target, *, generator=None):
    """A path of ``number`` nodes with random answers of this kind."""
    draw = generator or torch.Generator().manual_seed(number)
    one_way = torch.stack([torch.arange(number - 1), torch.arange(1, number)])
    edge_index = torch.cat([one_way, one_way.flip(0)], dim=1)
    data = Data(x=torch.rand(number, 2, generator=draw), edge_index=edge_index)
    rows = {"node": number, "graph": 1}.get(level, edge_index.size(1))
    if level in ("edge", "pair"):
        data.edge_label_index = edge_index if level == "edge" else edge_index.flip(1)
    if level == "node":
        data.mask = torch.arange(number) % 3 != 1
    if target == "class":
        data.y = torch.randint(0, 3, (rows,), generator=draw)
    elif target == "link":
        data.y = torch.arange(rows) % 2
    elif target == "pointer":
        data.y = torch.randint(0, number, (rows,), generator=draw)
    elif target == "multilabel":
        data.y = torch.randint(0, 2, (rows, 3), generator=draw).float()
    else:
        data.y = torch.rand(rows, 2, generator=draw)
    return data


def output_of(batch, level, target, *, seed=0):
    """A random output of the shape that the contract asks for."""
    draw = torch.Generator().manual_seed(seed)
    rows = batch.num_nodes
    if level == "graph" and target != "pointer":
        rows = batch.num_graphs
    if level in ("edge", "pair") and target != "link":
        rows = batch.edge_label_index.size(1)
    width = 1 if (level, target) == ("graph", "pointer") else WIDTH[target]
    return torch.randn(rows, width, generator=draw)


def objective_of(level, target, **options):
    width = 1 if (level, target) == ("graph", "pointer") else WIDTH[target]
    return Objective(level, target, width, **options)


@pytest.mark.parametrize(("level", "target"), ALLOWED)
def test_every_target_is_trained_and_scored_at_its_levels(level, target):
    graphs = [graph(number, level, target) for number in (5, 8, 6)]
    width = objective_of(level, target).out_channels
    task = Task("t", level, graphs, graphs, graphs, 2, width, target=target)
    assert task.metric == next(iter(METRICS[target]))
    batch = Batch.from_data_list(graphs)
    output = output_of(batch, level, target).requires_grad_()
    scored = task.objective.read(output, batch)
    loss = task.objective.loss(scored)
    loss.backward()
    assert loss.shape == ()
    assert bool(torch.isfinite(output.grad).all())
    assert float(output.grad.abs().sum()) > 0
    for name in METRICS[target]:
        if (target, name) != ("class", "auroc"):  # for two classes alone
            scores = objective_of(level, target, metrics=(name,)).scores(scored)
            assert math.isfinite(scores[name])


@pytest.mark.parametrize(("level", "target"), ALLOWED)
def test_a_batch_is_its_graphs_one_after_another(level, target):
    graphs = [graph(number, level, target) for number in (5, 8, 6)]
    objective = objective_of(level, target)
    whole = Batch.from_data_list(graphs)
    output = output_of(whole, level, target)
    singles = [Batch.from_data_list([one]) for one in graphs]
    sizes = [output_of(one, level, target).size(0) for one in singles]
    parts = [
        objective.read(rows, one) for rows, one in zip(output.split(sizes), singles, strict=True)
    ]
    joined, scored = Scored.join(parts), objective.read(output, whole)
    assert torch.equal(joined.labels, scored.labels)
    torch.testing.assert_close(joined.scores, scored.scores)
    torch.testing.assert_close(objective.loss(joined), objective.loss(scored))
    assert objective.scores(joined) == pytest.approx(objective.scores(scored))
    if target == "link":
        assert torch.equal(joined.query, scored.query)


@pytest.mark.parametrize(("level", "target"), FORBIDDEN)
def test_a_target_without_a_place_at_a_level_is_refused(level, target):
    with pytest.raises(ValueError, match=f"a {target} is predicted at the level .*{level!r}"):
        Objective(level, target, 4)


@pytest.mark.parametrize(("level", "target"), ALLOWED)
def test_an_output_of_another_shape_says_what_was_needed(level, target):
    batch = Batch.from_data_list([graph(number, level, target) for number in (5, 8)])
    for wrong in (output_of(batch, level, target)[1:], torch.zeros(13, 7)):
        with pytest.raises(ValueError, match=rf"the model gave \[{wrong.size(0)}.*needs \["):
            objective_of(level, target).read(wrong, batch)
    with pytest.raises(ValueError, match="the model gave a tuple"):
        objective_of(level, target).read((wrong,), batch)


def test_losses_are_those_of_the_closed_forms():
    logits, classes = torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.tensor([1, 0])
    one = Objective("graph", "class", 2).loss(Scored(logits, classes))
    assert float(one) == pytest.approx((math.log(2) + math.log(1 + math.exp(-2))) / 2)
    labels = torch.tensor([[1.0, math.nan], [0.0, 1.0]])
    several = Objective("graph", "multilabel", 2).loss(Scored(logits, labels))
    # known are logits 0, 2 and 0 with labels 1, 0 and 1
    expected = (math.log(2) + math.log(1 + math.exp(2)) + math.log(2)) / 3
    assert float(several) == pytest.approx(expected)
    away = Scored(logits, torch.tensor([[1.0, math.nan], [5.0, -1.0]]))
    assert LOSSES["value"] == ("absolute_error", "squared_error")
    assert float(Objective("graph", "value", 2).loss(away)) == pytest.approx((1 + 3 + 1) / 3)
    squared = Objective("graph", "value", 2, loss_name="squared_error")
    assert float(squared.loss(away)) == pytest.approx((1 + 9 + 1) / 3)
    link = Objective("pair", "link", 2).loss(Scored(torch.tensor([0.0, 2.0]), classes))
    assert float(link) == pytest.approx((math.log(2) + math.log(1 + math.exp(2))) / 2)


def test_a_batch_of_which_nothing_is_known_teaches_nothing():
    scores = torch.ones(2, 3, requires_grad=True)
    loss = Objective("graph", "value", 3).loss(Scored(scores, torch.full((2, 3), math.nan)))
    loss.backward()
    assert float(loss) == 0
    assert not bool(scores.grad.any())


def test_a_pointer_is_a_softmax_over_the_nodes_of_its_graph():
    graphs = [graph(number, "graph", "pointer") for number in (3, 5)]
    batch = Batch.from_data_list(graphs)
    output = torch.randn(8, generator=torch.Generator().manual_seed(1))
    objective = Objective("graph", "pointer", 1)
    expected = [
        -F.log_softmax(part, dim=0)[int(one.y)]
        for part, one in zip(output.split([3, 5]), graphs, strict=True)
    ]
    found = objective.loss(objective.read(output, batch))
    torch.testing.assert_close(found, torch.stack(expected).mean())


def test_nodes_ask_with_one_half_and_answer_with_the_other():
    graphs = [graph(number, "node", "pointer") for number in (3, 5)]
    batch = Batch.from_data_list(graphs)
    output = torch.randn(8, 6, generator=torch.Generator().manual_seed(1))
    objective = Objective("node", "pointer", 6)
    rows = []
    for part, one in zip(output.split([3, 5]), graphs, strict=True):
        table = F.log_softmax(part[:, :3] @ part[:, 3:].T / 3**0.5, dim=1)
        rows += [-table[v, one.y[v]] for v in range(one.num_nodes) if one.mask[v]]
    found = objective.loss(objective.read(output, batch))
    torch.testing.assert_close(found, torch.stack(rows).mean())
    with pytest.raises(ValueError, match="nodes point by 5 channels; give an even number"):
        Objective("node", "pointer", 5)


def test_links_are_inner_products_or_scores_of_ones_own():
    batch = Batch.from_data_list([graph(4, "pair", "link")])
    objective = Objective("pair", "link", 3)
    vectors = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    scored = objective.read(vectors, batch)
    pairs = batch.edge_label_index.T.tolist()
    expected = [float(vectors[u] @ vectors[v]) for u, v in pairs]
    assert scored.scores.tolist() == pytest.approx(expected)
    assert torch.equal(objective.read(scored.scores, batch).scores, scored.scores)


def test_drawn_negatives_are_no_links_and_stay_in_their_graph():
    graphs = [graph(number, "pair", "link") for number in (5, 30, 12)]
    for one in graphs:
        one.y = torch.ones_like(one.y)
    batch = Batch.from_data_list(graphs)
    objective = Objective("pair", "link", 3, negatives=4)
    drawn = objective.prepare(batch, torch.Generator().manual_seed(0))
    again = objective.prepare(batch, torch.Generator().manual_seed(0))
    other = objective.prepare(batch, torch.Generator().manual_seed(1))
    assert torch.equal(drawn.edge_label_index, again.edge_label_index)
    assert not torch.equal(drawn.edge_label_index, other.edge_label_index)
    count = batch.y.numel()
    assert batch.edge_label_index.size(1) == count  # the batch itself is as it was
    source, target = drawn.edge_label_index[:, count:]
    assert not drawn.y[count:].any()
    assert source.tolist() == batch.edge_label_index[0].repeat_interleave(4).tolist()
    assert torch.equal(batch.batch[source], batch.batch[target])
    true = {tuple(pair) for pair in batch.edge_label_index.T.tolist()}
    assert not true & {tuple(pair) for pair in drawn.edge_label_index[:, count:].T.tolist()}
    assert bool((source != target).all())
    # every node that may be drawn is, and evenly
    many = draw_negatives(
        torch.tensor([[0], [1]]), torch.tensor([0, 5]), 6000, torch.Generator().manual_seed(2)
    )
    counts = many[1].bincount(minlength=5).tolist()
    assert counts[:2] == [0, 0]
    assert all(1800 < count < 2200 for count in counts[2:])


def test_graphs_that_give_negatives_get_none():
    """Whatever stands beside them in the batch."""
    true, both = graph(12, "pair", "link"), graph(9, "pair", "link")
    true.y = torch.ones_like(true.y)
    objective = Objective("pair", "link", 3, negatives=2)
    for graphs in ([true, both], [both, true]):
        batch = Batch.from_data_list(graphs)
        drawn = objective.prepare(batch, torch.Generator().manual_seed(0))
        count = batch.y.numel()
        of = batch.batch[drawn.edge_label_index[0, count:]].tolist()
        assert of == [graphs.index(true)] * 2 * true.y.numel()
    alone = objective.prepare(both, torch.Generator())  # a graph by itself
    assert torch.equal(alone.y, both.y)


def test_a_node_joined_to_all_others_has_no_negative():
    true = torch.tensor([[0, 0, 1], [1, 2, 0]])
    drawn = draw_negatives(true, torch.tensor([0, 3]), 2, torch.Generator().manual_seed(0))
    assert drawn.T.tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "colour"}, "target must be one of class, multilabel.*got 'colour'"),
        ({"metrics": ("mae",)}, "a metric of a class must be one of accuracy.*got 'mae'"),
        ({"loss_name": "hinge"}, "the loss of a class must be one of cross_entropy; got 'hinge'"),
        ({"negatives": 2}, "negatives=2 of a class: negatives are drawn for links"),
        ({"target": "link", "level": "pair", "negatives": 0}, "at least 1 for each true pair"),
    ],
)
def test_a_name_that_is_none_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Objective(**{"level": "graph", "target": "class", "out_channels": 2, **options})


def test_links_need_negatives_to_be_scored():
    true = graph(5, "pair", "link")
    true.y = torch.ones_like(true.y)
    both = graph(5, "pair", "link")
    options = {"in_channels": 2, "out_channels": 4, "target": "link"}
    Task("t", "pair", [true], [both], [both], **options, negatives=1)
    with pytest.raises(ValueError, match=r"train\[0\] of task 't' has true pairs alone"):
        Task("t", "pair", [true], [both], [both], **options)
    with pytest.raises(ValueError, match=r"test\[0\] of task 't' has true pairs alone"):
        Task("t", "pair", [true], [both], [true], **options, negatives=1)
    outside = graph(5, "pair", "link")
    outside.edge_label_index = outside.edge_label_index + 1
    with pytest.raises(ValueError, match="pairs of the nodes 1 to 5; the graph has 5 nodes"):
        Task("t", "pair", [outside], [both], [both], **options)
    outside.edge_label_index = outside.edge_label_index.float()
    with pytest.raises(ValueError, match=r"expected int64 \[2, pairs\]"):
        Task("t", "pair", [outside], [both], [both], **options)
