"""BREC's pairs as cells: one row for each method, colored by what became of the pair."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import plotly.graph_objects as go

from workbench.figures.theme import OKABE_ITO, TEMPLATE

#: Letter of a cell -> (what it means, color). Gray tones that read on light and on dark pages.
CELLS: dict[str, tuple[str, str]] = {
    "D": ("told apart", OKABE_ITO[2]),
    "n": ("not told apart", "rgba(128,128,128,.28)"),
    "u": ("unreliable", OKABE_ITO[3]),
    "x": ("left out", OKABE_ITO[1]),
}

#: The same for numbers from elsewhere: so many of a subset, and the rest of it.
ELSEWHERE: dict[str, tuple[str, str]] = {
    "c": ("so many, computed elsewhere", OKABE_ITO[0]),
    "r": ("", CELLS["n"][1]),
}


def brec_cells(
    cells: Mapping[str, str],
    subsets: Sequence[str],
    *,
    reference: Sequence[Mapping] = (),
    row_height: int = 34,
):
    """One cell for each pair, a row for each method, subsets side by side.

    Args:
        cells: method -> a letter of ``CELLS`` for each pair, as ``BrecResult.cells`` has them.
        subsets: subset of each pair, in order; pairs of one subset stand together.
        reference: numbers from elsewhere, as in ``brec_table_figure``: below, in italics and in a
            color of their own, as many cells of a subset as were told apart; nothing where the
            number of a subset is not known.
        row_height: pixels.

    Raises:
        ValueError: a method has another number of cells than there are pairs, or an unknown letter;
            a number from elsewhere is larger than its subset.

    Examples:
        >>> from workbench.figures import brec_cells
        >>> figure = brec_cells({"1-wl": "nnn", "2-fwl": "DDn"}, ["Basic", "Basic", "CFI"])
        >>> len(figure.data)
        2
    """
    count, letters = len(subsets), list(CELLS)
    for method, row in cells.items():
        if len(row) != count or set(row) - set(letters):
            raise ValueError(
                f"{method} has {len(row)} cells of {sorted(set(row))}; expected {count}, "
                f"each one of {letters}"
            )
    groups = [(name, len(list(group))) for name, group in groupby(subsets)]
    gap = max(1, count // 100)
    place, middles, at = [], [], 0
    for _, size in groups:
        place += range(at, at + size)
        middles.append(at + (size - 1) / 2)
        at += size + gap
    totals = [f"{row.count('D')} of {count}" for row in cells.values()]
    totals += [f"<i>{row['distinguished']} of {count}</i>" for row in reference]
    others = {f"<i>{row['method']}</i>": row for row in reference}
    cells = dict(cells) | {label: _letters(row, groups) for label, row in others.items()}
    figure = go.Figure()
    for letter, (meaning, color) in (CELLS | ELSEWHERE).items():
        # neighbors with one letter are one bar: a page holds every bar as text
        runs = [
            (method, run)
            for method, row in cells.items()
            for run in _runs(row, subsets)
            if row[run[0]] == letter
        ]
        if not runs:
            continue
        said = []
        for method, run in runs:
            subset = subsets[run[0]]
            ends = f"pair {run[0]}" if len(run) == 1 else f"pairs {run[0]} to {run[-1]}"
            # which pairs others mean is not known
            known = others[method]["by_subset"][subset] if method in others else 0
            said.append(f"{subset}: {known}" if method in others else f"{ends}, {subset}")
        figure.add_bar(
            orientation="h",
            base=[place[run[0]] - 0.5 for _, run in runs],
            x=[len(run) for _, run in runs],
            y=[method for method, _ in runs],
            width=0.86,
            marker={"color": color, "line": {"width": 0}},
            hovertext=said,
            hovertemplate="%{y}<br>%{hovertext}"
            + (f": {meaning}" if letter in CELLS else ", computed elsewhere")
            + "<extra></extra>",
            name=meaning,
            showlegend=bool(meaning),
        )
    figure.update_layout(barmode="overlay")
    for line, total in enumerate(totals):
        figure.add_annotation(
            x=1, xref="paper", xanchor="left", xshift=8, y=line, text=total, showarrow=False
        )
    figure.update_layout(template=TEMPLATE, height=174 + row_height * len(cells), showlegend=True)
    figure.update_layout(
        legend={"y": -0.02, "yanchor": "top", "x": 0, "xanchor": "left", "itemclick": False},
        margin={"t": 120, "r": 130, "b": 40},
    )
    ticks = [f"{name} ({size})" for name, size in groups]
    figure.update_xaxes(tickvals=middles, ticktext=ticks, tickangle=-40, side="top", showgrid=False)
    # the last subsets are narrow, and their names may stand out to the right
    figure.update_xaxes(ticklabeloverflow="allow", ticks="", automargin=False)
    figure.update_xaxes(range=[-0.5, at - gap - 0.5], showline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, showline=False, type="category")
    figure.update_yaxes(categoryorder="array", categoryarray=list(cells))
    return figure


def _runs(row: str, subsets: Sequence[str]) -> list[range]:
    """Neighboring pairs of one subset with one letter."""
    runs, at = [], 0
    for _, group in groupby(zip(row, subsets, strict=True)):
        end = at + len(list(group))
        runs.append(range(at, end))
        at = end
    return runs


def _letters(row: Mapping, groups: Sequence[tuple[str, int]]) -> str:
    """Letters for numbers by subset: the first cells of each, blanks where nothing is known."""
    letters = ""
    for subset, size in groups:
        known = row["by_subset"].get(subset)
        if known is not None and not 0 <= known <= size:
            raise ValueError(f"{row['method']} has {known} of the {size} pairs of {subset}")
        letters += " " * size if known is None else "c" * known + "r" * (size - known)
    return letters


def brec_table_figure(rows: Sequence[Mapping], *, reference: Sequence[Mapping] = ()):
    """Counts by subset, a line for each method; those of others stand below, in italics.

    Args:
        rows: as ``BrecResult.row`` makes them: ``method``, ``mode``, ``by_subset``,
            ``sizes``, ``distinguished``, ``of``, ``seeds`` and ``cells``.
        reference: numbers from elsewhere: ``method``, ``by_subset`` (a dash is shown for a
            subset that it lacks), ``distinguished`` and ``source``, which stands for the mode.

    Raises:
        ValueError: there is no row.

    Examples:
        >>> from workbench.figures import brec_table_figure
        >>> counts = {"by_subset": {"Basic": 2}, "sizes": {"Basic": 3}, "distinguished": 2, "of": 3}
        >>> row = {"method": "2-fwl", "mode": "exact", "seeds": [], "cells": "DDn"} | counts
        >>> figure = brec_table_figure([row])
        >>> figure.data[0].type
        'table'
    """
    if not rows:
        raise ValueError("there is no row to show")
    subsets = list(rows[0]["by_subset"])
    lines = []
    for row in rows:
        sizes, skipped, at = row["by_subset"], {}, 0
        for name, size in row["sizes"].items():
            skipped[name] = row["cells"][at : at + size].count("x")
            at += size
        counts = [
            f"{sizes[name]}" + (f" ({skipped[name]} out)" if skipped[name] else "")
            for name in subsets
        ]
        many = len(row["seeds"])
        seeds = f", {many} seed{'s' * (many > 1)}" if many else ""
        lines.append([row["method"], row["mode"] + seeds, *counts, str(row["distinguished"])])
    for row in reference:
        known = [row["by_subset"].get(name) for name in subsets]
        counts = ["–" if count is None else str(count) for count in known]
        line = [row["method"], row["source"], *counts, str(row["distinguished"])]
        lines.append([f"<i>{cell}</i>" for cell in line])
    names = ["method", "mode", *subsets, f"of {rows[0]['of']}"]
    line = {"color": "rgba(128,128,128,.3)", "width": 1}
    clear = "rgba(0,0,0,0)"
    align = ["left", "left", *["right"] * (len(names) - 2)]
    figure = go.Figure(
        go.Table(
            columnwidth=[2.2, 2.4, *[1.3] * (len(names) - 2)],
            header={
                "values": [f"<b>{name}</b>" for name in names],
                "align": align,
                "fill": {"color": clear},
                "line": line,
            },
            cells={
                "values": [list(column) for column in zip(*lines, strict=True)],
                "align": align,
                "fill": {"color": clear},
                "line": line,
                "height": 26,
            },
        )
    )
    tall = sum(any(" out)" in cell for cell in line) or len(line[1]) > 24 for line in lines)
    height = 110 + 28 * len(lines) + 22 * tall
    figure.update_layout(template=TEMPLATE, height=height, margin={"t": 16, "b": 8, "l": 8, "r": 8})
    return figure
