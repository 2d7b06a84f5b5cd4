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
from workbench.diagnostics.sensitivity.sparse_backward import recorded

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
            found = recorded(run)[0], run()
            torch.testing.assert_close(*found, rtol=bound, atol=bound, equal_nan=True)
        except AssertionError as error:
            error.add_note(sample.name)
            raise


def test_every_part_is_there():
    drawn = [part for sample in SAMPLES for part in sample.parts]
    for part in itertools.chain(GATHERS, BETWEEN, SCALES, SUMS, AROUND):
        assert drawn.count(part) >= 3, part
    assert {sample.graph for sample in SAMPLES} == set(GRAPHS)
