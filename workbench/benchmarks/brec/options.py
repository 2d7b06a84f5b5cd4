"""What a run of BREC is asked for: checked, completed and put into words."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict

from torch import nn

from workbench.benchmarks.brec.encoding import encodes, method_name
from workbench.benchmarks.brec.pair import Settings
from workbench.benchmarks.brec.result import BREC_SEEDS
from workbench.diagnostics import TESTS
from workbench.graphs.datasets.expressiveness import GraphPair
from workbench.training.randomness import OwnRandomness


def pairs_of_subsets(pairs: Sequence[GraphPair], subsets: Sequence[str] | None) -> list[GraphPair]:
    """The pairs of the chosen subsets, in order."""
    if not pairs:
        raise ValueError("there are no pairs; give at least one GraphPair, or none for BREC's 400")
    numbers = [pair.number for pair in pairs]
    if numbers != list(range(len(pairs))):
        wrong = next(at for at, number in enumerate(numbers) if number != at)
        raise ValueError(
            f"pairs must be numbered 0, 1, 2, ... in order; pair {wrong} has the number "
            f"{numbers[wrong]}"
        )
    names = list(dict.fromkeys(pair.subset for pair in pairs))
    chosen = names if subsets is None else [subsets] if isinstance(subsets, str) else list(subsets)
    plain = {name.lower(): name for name in names}
    unknown = [subset for subset in chosen if subset.lower() not in plain]
    if unknown or not chosen:
        raise ValueError(f"no subset {unknown}; there are {', '.join(names)}")
    chosen = {plain[subset.lower()] for subset in chosen}
    return [pair for pair in pairs if pair.subset in chosen]


def chosen_seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds themselves, of a number or a list."""
    if isinstance(seeds, int):
        if not 1 <= seeds <= len(BREC_SEEDS):
            raise ValueError(f"seeds={seeds} is how many of BREC's {len(BREC_SEEDS)}; or list them")
        return BREC_SEEDS[:seeds]
    seeds = tuple(seeds)
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ValueError(f"seeds must be different numbers from 0 up, got {list(seeds)}")
    return seeds


def check_options(make_model, test, settings: Settings, features) -> None:
    """Refuse options that do not fit each other."""
    if settings.mode not in ("exact", "code", "paper"):
        raise ValueError(f'mode must be "exact", "code" or "paper"; got {settings.mode!r}')
    exact = settings.mode == "exact"
    if exact and (test is None or make_model is not None or features is not None):
        raise ValueError('mode "exact" takes a test= and no model or features; nothing is trained')
    if not exact and (make_model is None or test is not None):
        raise ValueError(f'mode {settings.mode!r} takes a model; test= is for mode "exact"')
    if isinstance(test, str) and test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}, or a function; got {test!r}")
    if test is not None and not isinstance(test, str) and not encodes(test):
        raise TypeError(
            "test must be a key of TESTS or an encoding, called as test(edge_index, num_nodes); "
            + (
                f"{method_name(test, 'what was given')} makes a model: give it as make_model, in "
                'mode "code" or "paper"'
                if encodes(test) is False
                else f"got {test!r}"
            )
        )
    if isinstance(make_model, nn.Module):
        raise TypeError(
            "make_model must make a fresh model at each call, as lambda: GIN(1, 16, 16, "
            f"num_layers=4, level='graph') does; got a {type(make_model).__name__} that is made"
        )
    if make_model is not None and encodes(make_model) is not False:
        raise TypeError(
            f"make_model must make a model when it is called without arguments; "
            f"{method_name(make_model, repr(make_model))} "
            + (
                'takes a graph: give it as test=, in mode "exact", or as features='
                if encodes(make_model)
                else "cannot be called so; give the arguments with functools.partial"
            )
        )
    if settings.epochs < 0 or settings.num_copies < 2 or settings.batch_size < 2:
        raise ValueError(
            "epochs must not be negative, num_copies and batch_size at least 2; got epochs="
            f"{settings.epochs}, num_copies={settings.num_copies}, "
            f"batch_size={settings.batch_size}"
        )


def fingerprint(pairs: Sequence[GraphPair]) -> str:
    """A hash of what the pairs hold: subsets, graphs and their features."""
    found = hashlib.sha256()
    for pair in pairs:
        found.update(repr((pair.number, pair.subset)).encode())
        for data in (pair.first, pair.second):
            found.update(repr(data.num_nodes).encode())
            for key in ("edge_index", "x", "edge_attr"):
                if (part := data.get(key)) is not None:
                    found.update(repr((key, str(part.dtype), tuple(part.shape))).encode())
                    found.update(part.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def describe(make_model, test, settings, features, name, max_nodes, device) -> tuple[str, dict]:
    """Name of the method, and the settings that a result depends on."""
    limits = {} if max_nodes is None else {"max_nodes": max_nodes}
    if settings.mode == "exact":
        known = test if isinstance(test, str) else method_name(test, "encoding")
        return name or known, {"test": known, **limits}
    with OwnRandomness(0):
        model = make_model()
    if not isinstance(model, nn.Module):
        raise TypeError(f"make_model must make an nn.Module; it made a {type(model).__name__}")
    arguments = {
        "model": type(model).__name__,
        "architecture": repr(model),
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "features": None if features is None else method_name(features, "features"),
        **{key: value for key, value in asdict(settings).items() if key != "mode"},
        **limits,
        "device": str(device),
    }
    return name or type(model).__name__, arguments
