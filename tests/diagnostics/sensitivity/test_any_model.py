"""Whatever a model does to its tensors and gradients, what differentiates it agrees with torch."""

import itertools
import re
import warnings
from contextlib import contextmanager
from functools import cache

import pytest
import torch
from model_family import AROUND, BETWEEN, FAR, GATHERS, GRAPHS, NOT_LINEAR, SCALES, SUMS, generated
from torch.autograd.functional import hessian, jacobian

from workbench.capture import capture
from workbench.diagnostics import (
    approximate_sensitivity,
    effective_range,
    hessian_range,
    hop_distance,
    influence_by_hop,
    jacobian_range,
    mixed_influence,
    sensitivity,
)
from workbench.diagnostics.sensitivity.sparse_backward import record
from workbench.graphs import ring

SAMPLES = [generated(seed) for seed in range(200)]


@cache
def whole(sample):
    """The Jacobian as torch takes it, [outputs, inputs, out, in]; the error where it takes none."""
    run = lambda x: sample.model(x.clone(), sample.edge_index)  # noqa: E731
    try:
        return jacobian(run, sample.x).transpose(1, 2).double()
    except RuntimeError as error:
        return error


def close(sample, found, expected):
    """To rounding; where the model computes in half precision, to that of it."""
    rounding = 1e-9 if sample.x.dtype == torch.float64 else 1e-4
    rounding = 3e-2 if "half precision inside" in sample.parts else rounding
    torch.testing.assert_close(found, expected, rtol=rounding, atol=rounding, equal_nan=True)


def refused(sample, function, reason, **options):
    """As torch does."""
    with pytest.raises(RuntimeError, match=re.escape(str(reason)[:40])):
        function(sample.model, sample.x, sample.edge_index, **options)


@contextmanager
def refusals(sample, *reasons, allowed):
    """A number is right or refused for one of the reasons, where that is allowed."""
    try:
        yield
    except ValueError as error:
        if not allowed or not any(reason in str(error) for reason in reasons):
            raise


def norms_of_blocks(sample, blocks):
    given = sample.model, sample.x, sample.edge_index
    close(sample, sensitivity(*given), blocks.square().sum((2, 3)).sqrt())
    if sample.number % 2:
        close(sample, sensitivity(*given, norm="l1", nodes=[0]), blocks[:1].abs().sum((2, 3)))
    else:
        spectral = torch.linalg.matrix_norm(blocks, ord=2)
        close(sample, sensitivity(*given, norm="spectral"), spectral)


def random_sums(sample, blocks):
    """Of one channel they are exact."""
    given = sample.model, sample.x, sample.edge_index
    with refusals(sample, "not linear", allowed=sample.parts & NOT_LINEAR):
        found = approximate_sensitivity(*given, readout=lambda h: h[:, :1], num_probes=2)
        close(sample, found.value, blocks[:, :, 0].square().sum(2))


def sums_by_hop(sample, blocks):
    given, size = (sample.model, sample.x, sample.edge_index), blocks.abs().sum((2, 3))
    hops = hop_distance(sample.edge_index, len(sample.x)).T
    most = len(sample.model.layers)
    expected = torch.stack([(size * (hops == hop)).sum(1) for hop in range(most + 1)], 1)
    found = effective_range(*given, max_hops=most).influence
    close(sample, found.total, expected)
    close(sample, found.range, jacobian_range(size * (hops <= most), hops.T))
    cut = (None, False, True)[sample.number % 3]
    # a model that sees farther, and a graph that cannot be cut
    with refusals(sample, "is not true", "cannot be cut", allowed=cut or sample.parts & FAR):
        close(sample, influence_by_hop(*given, num_layers=most, cut=cut).total, expected)


def second_derivatives(sample, blocks):
    given = sample.model, sample.x, sample.edge_index
    square = lambda output: output[:, 0].square().sum()  # noqa: E731
    try:
        expected = hessian(lambda x: square(sample.model(x.clone(), sample.edge_index)), sample.x)
    except RuntimeError as error:
        refused(sample, mixed_influence, error, readout=square)
        return
    expected = expected.abs().double().sum((1, 3))
    close(sample, mixed_influence(*given, readout=square), expected)
    if sample.number % 4 == 0 and bool(expected.isfinite().all()):
        hops = hop_distance(sample.edge_index, len(sample.x))
        found = hessian_range(*given, hops, readout=square, normalized=False)
        close(sample, found, jacobian_range(expected, hops, normalized=False))


def what_is_read_inside(sample, blocks):
    """Values of a run in which it is read, and derivatives with respect to x and to that."""

    def slopes(output, *of):
        seed = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view(output.shape)
        return torch.autograd.grad(output, of, seed, allow_unused=True, materialize_grads=True)

    start = sample.x.clone().requires_grad_()
    first = sample.model.layers[0](start * 1.0, sample.edge_index)
    output = first
    for layer in sample.model.layers[1:]:
        output = layer(output, sample.edge_index)
    if not output.requires_grad:
        return
    expected = slopes(output, start, first)
    again = sample.x.clone().requires_grad_()
    with capture(sample.model, "layers.*", keep_graph=True) as read:
        found = sample.model(again * 1.0, sample.edge_index)
    torch.testing.assert_close(found, output, rtol=0, atol=0, equal_nan=True)
    for one, other in zip(slopes(found, again, read["layers.0"]), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


#: Each with the models that it is asked of: the slower two share them.
WAYS = {
    norms_of_blocks: SAMPLES,
    random_sums: SAMPLES,
    sums_by_hop: [sample for sample in SAMPLES if sample.number // 2 % 2],
    second_derivatives: [sample for sample in SAMPLES if not sample.number // 2 % 2],
    what_is_read_inside: SAMPLES,
}


@pytest.mark.parametrize("way", WAYS)
def test_derivatives_are_those_of_torch(way):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no gradient reaches x, in some
        for sample in WAYS[way]:
            edges, x, blocks = sample.edge_index.clone(), sample.x.clone(), whole(sample)
            try:
                if isinstance(blocks, RuntimeError):
                    refused(sample, sensitivity, blocks)
                else:
                    way(sample, blocks)
            except BaseException as error:
                error.add_note(sample.name)
                raise
            assert torch.equal(edges, sample.edge_index), sample.name
            assert torch.equal(x, sample.x), sample.name


def test_values_while_recording_are_those_of_torch():
    for sample in SAMPLES:
        if isinstance(whole(sample), RuntimeError):
            continue
        start = sample.x.clone().requires_grad_()
        run = lambda of=sample, start=start: of.model(start * 1.0, of.edge_index)  # noqa: E731
        bound = 1e-12 if sample.x.dtype == torch.float64 else 1e-5
        try:
            found = record(run)[0], run()
            torch.testing.assert_close(*found, rtol=bound, atol=bound, equal_nan=True)
        except AssertionError as error:
            error.add_note(sample.name)
            raise


def test_every_part_is_there():
    drawn = [part for sample in SAMPLES for part in sample.parts]
    for part in itertools.chain(GATHERS, BETWEEN, SCALES, SUMS, AROUND):
        assert drawn.count(part) >= 3, part
    assert {sample.graph for sample in SAMPLES} == set(GRAPHS)


class Of(torch.nn.Module):
    """A model made of one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, edge_index, **given):
        return self.function(x, edge_index, **given)


def test_gradients_that_do_not_add_up_are_refused_where_sums_are_taken():
    x, edges = torch.ones(6, 3).double(), ring(6).edge_index

    def guided(x, e):
        h = x * 1.0
        h.register_hook(lambda gradient: gradient.clamp(min=0))
        return torch.cat([h, -h], 1)

    found = sensitivity(Of(guided), x, edges, norm="l1")
    torch.testing.assert_close(found, 3.0 * torch.eye(6).double())  # -h gives nothing
    with pytest.raises(ValueError, match=r"not linear.*sensitivity"):
        approximate_sensitivity(Of(guided), x, edges)
    by_hop = influence_by_hop(Of(guided), x, edges, num_layers=0)
    torch.testing.assert_close(by_hop.total[:, 0], 3.0 * torch.ones(6).double())
    with pytest.raises(ValueError, match="cannot be cut: a hook"):
        influence_by_hop(Of(guided), x, edges, num_layers=0, cut=True)


def test_balls_that_hear_from_each_other_are_no_answer():
    """All nodes hear from the one that is first, which in a union of balls is another's."""
    triangles = torch.tensor([[0, 1, 2, 3, 4, 5], [1, 2, 0, 4, 5, 3]])
    edges = torch.cat([triangles, triangles.flip(0)], 1)
    model = Of(lambda x, e: x + torch.zeros_like(x).index_add(0, e[1], x[torch.zeros_like(e[0])]))
    x = torch.ones(6, 3).double()
    for cut in (None, False, True):
        with pytest.raises(ValueError, match=r"is not true|cannot be cut"):
            influence_by_hop(model, x, edges, num_layers=1, cut=cut)


def test_nodes_of_one_pass_that_hear_from_each_other_are_told():
    """Of a long ring, node 6 k hears from node 6 k + 12, which shares its pass."""
    edges, x = ring(60).edge_index, torch.ones(60, 2).double()
    far = (torch.arange(60) % 6 == 0).double()[:, None]
    model = Of(lambda x, e: x + far * x.roll(-12, 0))
    with pytest.raises(ValueError, match="is not true"):
        influence_by_hop(model, x, edges, num_layers=1, cut=False, nodes=[0, 12, 24, 36])


def test_module_hooks_see_one_pass_at_a_time():
    """They keep what they got until the pass is through the module, whatever thread it is in."""
    sample = generated(0)
    hooked = type(sample.model)([("x[source]", "nothing", "none", "index_add_", "hooked module")])
    edges, x = ring(40).edge_index, torch.linspace(-1, 1, 120).double().view(40, 3)
    blocks = jacobian(lambda x: hooked(x.clone(), edges), x).transpose(1, 2)
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        found = sensitivity(hooked, x, edges)
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(found, blocks.square().sum((2, 3)).sqrt())


def test_an_infinite_weight_is_infinite_beside_a_gradient_of_zero():
    weight = torch.tensor([[torch.inf], [1.0]]).double()
    edges, x = torch.tensor([[0, 1], [1, 2]]), torch.ones(3, 1).double()

    def model(x, e):
        return torch.zeros(3, 1).double().index_add(0, e[1], x[e[0]] * weight)

    blocks = jacobian(lambda x: model(x, edges), x).transpose(1, 2)
    expected = blocks.abs().sum((2, 3))
    found = sensitivity(Of(model), x, edges, norm="l1")
    assert bool(expected.isnan().any())
    torch.testing.assert_close(found, expected, equal_nan=True)


def test_what_a_model_writes_into_its_inputs_stays_inside():
    edges, x, weight = ring(5).edge_index, torch.ones(5, 2).double(), torch.ones(10, 1).double()

    def model(x, e, edge_weight):
        edge_weight.mul_(0.5)
        e.copy_(e.flip(0))
        return torch.zeros_like(x).index_add(0, e[1], x[e[0]] * edge_weight)

    kept = edges.clone()
    for options in ({"max_hops": 1}, {"num_layers": 1, "cut": True}):
        found = influence_by_hop(Of(model), x, edges, inputs={"edge_weight": weight}, **options)
        torch.testing.assert_close(found.total, torch.tensor([[0.0, 2.0]] * 5).double())
    assert torch.equal(edges, kept)
    assert torch.equal(weight, torch.ones_like(weight))


@pytest.mark.parametrize(
    ("function", "advice"),
    [(torch.fft.fft, "view_as_real"), (torch.Tensor.to_sparse, "to_dense")],
)
def test_outputs_without_one_real_number_for_each_place(function, advice):
    x, edges = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), ring(4).edge_index
    with pytest.raises(ValueError, match=re.escape(advice)):
        sensitivity(Of(lambda x, e: function(x)), x, edges)


@pytest.mark.parametrize("norm", ["frobenius", "l1", "spectral"])
def test_no_channels(norm):
    x, edges = torch.zeros(4, 0), ring(4).edge_index
    model = Of(lambda x, e: x.sum(1, keepdim=True))
    assert sensitivity(model, x, edges, norm=norm).tolist() == torch.zeros(4, 4).tolist()
