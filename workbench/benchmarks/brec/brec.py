"""BREC: which of 400 pairs of graphs a test, an encoding or a trained model tells apart."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from workbench.benchmarks.brec.encoding import Encoding
from workbench.benchmarks.brec.exact import exact_outcome
from workbench.benchmarks.brec.journal import Journal
from workbench.benchmarks.brec.options import (
    check_options,
    chosen_seeds,
    describe,
    fingerprint,
    pairs_of_subsets,
)
from workbench.benchmarks.brec.pair import Features, Settings, train_pair
from workbench.benchmarks.brec.result import BREC_SEEDS, BrecOutcome, BrecResult
from workbench.graphs.datasets.expressiveness import GraphPair, load_brec
from workbench.training.run import versions


@dataclass(frozen=True)
class BrecProgress:
    """Where a run of BREC stands; callbacks get one after every epoch and every pair.

    Attributes:
        pair: the pair at work, or the one that has ended.
        seed: of the model; None in mode ``"exact"``.
        epoch: epochs of this pair that have ended.
        loss: mean loss of that epoch; None in mode ``"exact"``.
        outcome: of the pair, in the call that follows its end; else None.
        done: pairs that have ended, over all seeds, those of earlier runs among them.
        total: pairs over all seeds.
        distinguished: how many of those that ended were told apart.
        seconds_elapsed: since the start of this call.
        seconds_left: estimated from the pairs of this call; None until one has ended.
    """

    pair: GraphPair
    seed: int | None
    epoch: int
    loss: float | None
    outcome: BrecOutcome | None
    done: int
    total: int
    distinguished: int
    seconds_elapsed: float
    seconds_left: float | None


def brec(
    make_model: Callable[[], nn.Module] | None = None,
    *,
    mode: str | None = None,
    test: str | Encoding | None = None,
    subsets: Sequence[str] | None = None,
    seeds: int | Sequence[int] = BREC_SEEDS,
    features: Features | None = None,
    name: str | None = None,
    max_nodes: int | None = None,
    epochs: int = 20,
    learning_rate: float = 1e-4,
    weight_decay: float = 1e-4,
    batch_size: int = 16,
    loss_threshold: float = 0.2,
    num_copies: int = 32,
    relabeling_seed: int = 2022,
    alpha: float = 0.05,
    callbacks: Sequence[Callable[[BrecProgress], object]] = (),
    device: torch.device | str = "cpu",
    directory: str | Path | None = None,
    pairs: Sequence[GraphPair] | None = None,
    root: str | Path | None = None,
) -> BrecResult:
    """Run BREC: exactly with a test or an encoding, or with a model trained on every pair.

    - mode ``"exact"``: ``test`` is a key of ``TESTS``, or an encoding, ``(edge_index, num_nodes) ->
      [nodes, channels]``, whose rows are the first colors of 1-WL (equal within 1e-8 of the
      largest value of a channel). Nothing is trained. An encoding whose colors differ between a
      graph and one of three relabelings of it fails the reliability check of that pair.
    - mode ``"code"``, BREC's released procedure: for every pair and seed a fresh model is trained
      to embed 32 relabelings of both graphs apart (cosine loss, Adam, batches of 8 couples, up to
      20 epochs, ended where the mean loss is below 0.2), and ``reliable_paired_comparison``
      decides, with a second block of relabelings of one of the graphs as the reliability check.
    - mode ``"paper"``: the same with Hotelling's statistic at level ``alpha``.

    A pair whose reliability check fails under one seed is a failure under all. A pair that is left
    out (not in ``subsets``, too large, not reached) is a failure. A model bounded by 1-WL, such as
    GIN on features that are all 1, must tell 0 pairs apart: run one as a control.

    Args:
        make_model: makes a model with new random weights, called as ``model(x, edge_index,
            batch) -> [graphs, channels]``; for modes ``"code"`` and ``"paper"``. BREC uses 16
            channels; mode ``"paper"`` needs fewer channels than copies. Batch normalization sees
            both graphs of a couple; take another.
        mode: ``"exact"``, ``"code"`` or ``"paper"``; unless given, ``"exact"`` with a ``test`` and
            ``"code"`` with a model.
        test: for mode ``"exact"``.
        subsets: names of ``BREC_SUBSETS``; all if not given.
        seeds: which (BREC: 100, 200, ..., 1000), or how many of these. Fewer than ten are
            reported as such. A pair's weights depend on the seed and the pair alone.
        features: (edge_index, num_nodes) -> ``[nodes, channels]`` input, computed on each relabeled
            copy; ``x`` of the graphs, else a single 1, if not given.
        name: of the method in tables; else that of the test or model.
        max_nodes: leave out pairs of larger graphs.
        epochs: of every pair, like the options below.
        learning_rate: of Adam.
        weight_decay: of Adam.
        batch_size: graphs in each step; couples stay together.
        loss_threshold: training ends below this mean loss.
        num_copies: relabelings of each graph.
        relabeling_seed: of the relabelings, the same under all ``seeds``.
        alpha: level in mode ``"paper"``.
        callbacks: each is called with a ``BrecProgress`` after every epoch and pair; one that
            returns True stops the run. ``KeyboardInterrupt`` stops it too and is not raised again.
        device: where models are trained.
        directory: folder for ``journal.jsonl``, which holds each outcome as soon as it is known,
            and ``result.json``. A call with the same settings and directory goes on where the
            journal ends, with more subsets and seeds if asked for.
        pairs: other pairs than BREC's, numbered 0, 1, 2, ...
        root: folder of the data sets, as in ``load_brec``.

    Returns:
        ``BrecResult``.

    Raises:
        ValueError: the options do not fit each other or are out of range, the model gives no
            graph embedding, or an encoding holds nan or does not fit its graph.
        TypeError: an encoding gives no tensor, or a model, a maker of models and an encoding are
            taken for each other.
        BrecFileError: ``directory`` holds a run with other settings or other pairs.
        FileNotFoundError: BREC is not on disk; says how to get it.

    Examples:
        >>> from workbench.benchmarks import brec
        >>> from workbench.graphs import GraphPair, cfi, ring
        >>> base = ring(4).edge_index
        >>> pairs = [GraphPair(0, "CFI", cfi(base, 4), cfi(base, 4, twisted=True))]
        >>> [brec(test=test, pairs=pairs).distinguished for test in ("1-wl", "2-fwl")]
        [0, 1]

    References:
        Wang and Zhang, An empirical study of realized GNN expressiveness, ICML 2024,
        arXiv 2304.07702; repository GraphPKU/BREC at 966b5ed, base/test_BREC.py.
    """
    mode = mode or ("code" if test is None else "exact")
    settings = Settings(
        epochs=epochs,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        batch_size=batch_size,
        loss_threshold=loss_threshold,
        num_copies=num_copies,
        relabeling_seed=relabeling_seed,
        mode=mode,
        alpha=alpha,
    )
    check_options(make_model, test, settings, features)
    pairs = load_brec(root) if pairs is None else list(pairs)
    asked = pairs_of_subsets(pairs, subsets)
    seeds = () if mode == "exact" else chosen_seeds(seeds)
    device = torch.device(device)
    name, arguments = describe(make_model, test, settings, features, name, max_nodes, device)

    header = {"method": name, "mode": mode, "arguments": arguments, "versions": versions()}
    header["pairs"] = fingerprint(pairs)
    journal = None if directory is None else Journal(Path(directory) / "journal.jsonl", header)
    outcomes = [] if journal is None else list(journal.outcomes)
    known = {(outcome.pair, outcome.seed) for outcome in outcomes}
    work = [(seed, pair) for seed in seeds or (None,) for pair in asked]
    left = [(seed, pair) for seed, pair in work if (pair.number, seed) not in known]
    start, ended, stopped = time.perf_counter(), 0, False

    def report(pair, seed, epoch, loss, outcome=None) -> None:
        now = time.perf_counter() - start
        progress = BrecProgress(
            pair,
            seed,
            epoch,
            loss,
            outcome,
            len(work) - len(left) + ended,
            len(work),
            sum(o.status == "distinguished" for o in outcomes),
            now,
            now / ended * (len(left) - ended) if ended else None,
        )
        if any([callback(progress) for callback in callbacks]):
            raise _Stop

    try:
        for seed, pair in left:
            began = time.perf_counter()
            last = [0, None]

            def after_epoch(epoch, loss, pair=pair, seed=seed, last=last) -> None:
                last[:] = epoch, loss
                report(pair, seed, epoch, loss)

            if max_nodes is not None and _largest(pair) > max_nodes:
                found = {"status": "left out", "reason": f"more than {max_nodes} nodes"}
            elif mode == "exact":
                found = exact_outcome(pair, test)
            else:
                found = train_pair(make_model, pair, seed, settings, features, device, after_epoch)
            seconds = round(time.perf_counter() - began, 6)
            outcome = BrecOutcome(pair.number, seed, seconds=seconds, **found)
            outcomes.append(outcome)
            ended += 1
            if journal is not None:
                journal.append(outcome)
            report(pair, seed, *last, outcome)
    except (_Stop, KeyboardInterrupt):
        stopped = ended < len(left)

    # a journal may hold more than was asked for this time
    wanted = {(pair.number, seed) for seed, pair in work}
    outcomes = [outcome for outcome in outcomes if (outcome.pair, outcome.seed) in wanted]
    result = BrecResult(
        method=name,
        mode=mode,
        arguments=arguments,
        seeds=seeds,
        subsets=tuple(pair.subset for pair in pairs),
        outcomes=tuple(sorted(outcomes, key=lambda o: (o.seed or 0, o.pair))),
        versions=versions(),
        seconds=sum(outcome.seconds for outcome in outcomes),
        stopped=stopped,
    )
    if directory is not None:
        result.save(Path(directory) / "result.json")
    return result


class _Stop(Exception):
    """A callback asked for the end of the run."""


def _largest(pair: GraphPair) -> int:
    return max(pair.first.num_nodes, pair.second.num_nodes)
