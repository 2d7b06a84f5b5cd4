"""Exactly k of several: parity of the released circuit, brute force, and draws."""

from itertools import combinations

import pytest
import torch

from conftest import ORACLES, load_oracle
from workbench.cost import TooLargeError
from workbench.models.exactly_k import NEVER, Chosen, draw, marginals


def files(pattern):
    return sorted(f"07_models/{found.name}" for found in ORACLES.glob(f"07_models/{pattern}"))


def read(name):
    return {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}


def every(items, k):
    """All choices of k, a row each."""
    choices = list(combinations(range(items), k))
    table = torch.zeros(len(choices), items, dtype=torch.float64)
    for row, chosen in enumerate(choices):
        table[row, list(chosen)] = 1
    return table


@pytest.mark.parity
@pytest.mark.parametrize("name", files("prmpnn_simple_marginals*.npz"))
def test_the_released_marginals_are_those_of_another_score(name):
    arrays = read(name)
    for case in sorted({key.split("/")[0] for key in arrays}):
        k = torch.full((3,), int(case.split("_k")[1].split("_")[0]))
        expected = arrays[f"{case}/log_marginals"].exp()
        theta = arrays[f"{case}/theta_eff"].clamp(min=NEVER)
        torch.testing.assert_close(marginals(theta, k), expected, rtol=0, atol=1e-10)
        if f"{case}/marginals_bruteforce" in arrays:
            brute = arrays[f"{case}/marginals_bruteforce"]
            torch.testing.assert_close(marginals(theta, k), brute, rtol=0, atol=1e-10)
        # and the release's own way from the score, its derivative too
        scores = arrays[f"{case}/scores"].clone().requires_grad_()
        rows, items = scores.shape
        graph = torch.arange(rows).repeat_interleave(items)
        chosen = Chosen(int(k[0]), "official", deletes=False).train()
        found = chosen(scores.reshape(-1, 1), graph, rows).view(rows, items)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
        (found * arrays[f"{case}/cotangent"]).sum().backward()
        torch.testing.assert_close(scores.grad, arrays[f"{case}/grad"], rtol=0, atol=1e-10)


@pytest.mark.parity
@pytest.mark.parametrize("name", files("prmpnn_simple_sampler*.npz"))
def test_the_released_draws_are_the_largest_after_noise(name):
    arrays = read(name)
    for case in sorted({key.split("/")[0] for key in arrays}):
        scores, k = arrays[f"{case}/scores"], int(arrays[f"{case}/k"])
        graphs, items, heads = scores.shape
        graph = torch.arange(graphs).repeat_interleave(items)
        # what stands in the file as a draw of additions is here one of deletions, of -score
        deletes = Chosen(k, "official", deletes=True)
        for uniform, samples in zip(
            arrays[f"{case}/uniform"], arrays[f"{case}/samples"], strict=True
        ):
            kept = deletes.train()(-scores.flatten(0, 1), graph, graphs, uniform[:, :items])
            found = (1 - kept).view(graphs, items, heads)
            torch.testing.assert_close(found, samples, rtol=0, atol=1e-10)
        found = (1 - deletes.eval()(-scores.flatten(0, 1), graph, graphs)).view_as(scores)
        mask = arrays[f"{case}/validation1_mask"][0].double()
        torch.testing.assert_close(found, mask, rtol=0, atol=0)
        adds = Chosen(k, "official", deletes=False)
        weights = arrays[f"{case}/validation1_marginals"]
        for training, expected in ((True, weights), (False, weights * mask)):
            found = adds.train(training)(scores.flatten(0, 1), graph, graphs).view_as(scores)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("items", "k"), [(1, 1), (4, 2), (6, 1), (6, 5), (7, 3), (5, 5)])
def test_marginals_are_those_of_all_choices(items, k):
    theta = torch.randn(2, items, dtype=torch.float64, generator=torch.Generator().manual_seed(k))
    theta.requires_grad_()
    choices = every(items, k)
    chance = torch.softmax(theta @ choices.T, dim=1)
    found = marginals(theta, torch.tensor([k, k]))
    torch.testing.assert_close(found, chance @ choices, rtol=0, atol=1e-12)
    torch.testing.assert_close(found.sum(1), torch.full((2,), float(k), dtype=torch.float64))
    weight = torch.randn(2, items, dtype=torch.float64)
    one, two = (
        torch.autograd.grad((value * weight).sum(), theta)[0] for value in (found, chance @ choices)
    )
    torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


def test_rows_of_different_size_do_not_hear_of_each_other():
    theta = torch.tensor([[0.3, -1.0, 2.0], [0.5, NEVER, NEVER], [NEVER] * 3]).requires_grad_()
    found = marginals(theta, torch.tensor([2, 1, 0]))
    alone = marginals(theta[:1], torch.tensor([2]))
    torch.testing.assert_close(found[:1], alone)
    assert found[1:].tolist() == [[1, 0, 0], [0, 0, 0]]
    found.sum().backward()
    assert torch.isfinite(theta.grad).all()


def test_draws_follow_the_law():
    theta = torch.tensor([[1.0, 0.0, -1.0, 0.5, -0.5]])
    count, k = 20_000, 2
    generator = torch.Generator().manual_seed(0)
    uniform = torch.rand(count, 5, generator=generator)
    found = draw(theta.repeat(count, 1), torch.full((count,), k), uniform).double()
    assert bool((found.sum(1) == k).all())
    choices = every(5, k)
    chance = torch.softmax(theta[0].double() @ choices.T, 0)
    seen = ((found @ choices.T) == k).double().mean(0)
    # four standard errors of a share
    assert bool(((seen - chance).abs() < 4 * (chance * (1 - chance) / count).sqrt()).all())


def test_a_draw_counts_and_has_the_derivative_of_its_probability():
    scores = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    graph = torch.tensor([1, 0, 1, 1, 0, 1])  # in no order
    chosen = Chosen(2, "paper", deletes=False)
    weight = torch.arange(12.0, dtype=torch.float64).view(6, 2)
    drawn, chance = chosen.train()(scores, graph, 3), chosen.eval()(scores, graph, 3)
    assert set(drawn.detach().round(decimals=9).flatten().tolist()) <= {0, 1}
    for part in (drawn, chance):
        total = torch.zeros(3, 2, dtype=torch.float64).index_add(0, graph, part)
        torch.testing.assert_close(total, torch.tensor([[2.0] * 2, [2] * 2, [0] * 2]).double())
    one, two = (
        torch.autograd.grad((part * weight).sum(), scores, retain_graph=True)[0]
        for part in (drawn, chance)
    )
    torch.testing.assert_close(one, two)
    kept = Chosen(2, "paper", deletes=True).eval()(scores, graph, 3)
    torch.testing.assert_close(kept, 1 - chosen(-scores, graph, 3))


def test_tables_that_would_fill_the_memory_are_refused():
    with pytest.raises(TooLargeError, match=r"choosing 9,000 of 100,000 edges in 1 graphs"):
        marginals(torch.zeros(1, 100_000), torch.tensor([9_000]))
