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


def brec_cells(cells: Mapping[str, str], subsets: Sequence[str], *, row_height: int = 34):
    """One cell for each pair, a row for each method, subsets side by side.

    Args:
        cells: method -> a letter of ``CELLS`` for each pair, as ``BrecResult.cells`` has them.
        subsets: subset of each pair, in order; pairs of one subset stand together.
        row_height: pixels.

    Raises:
        ValueError: a method has another number of cells than there are pairs, or an unknown letter.
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
    figure = go.Figure()
    for number, (letter, (meaning, color)) in enumerate(CELLS.items()):
        if not any(letter in row for row in cells.values()):
            continue
        width = at - gap
        z = [[None] * width for _ in cells]
        text = [[""] * width for _ in cells]
        for line, (method, row) in enumerate(cells.items()):
            for pair, found in enumerate(row):
                if found == letter:
                    z[line][place[pair]] = number
                    text[line][place[pair]] = f"{method}<br>pair {pair}, {subsets[pair]}: {meaning}"
        figure.add_heatmap(
            z=z,
            text=text,
            y=list(cells),
            hovertemplate="%{text}<extra></extra>",
            colorscale=[[0, color], [1, color]],
            showscale=False,
            ygap=3,
            xgap=0.5 if width < 250 else 0,
        )
        marker = {"color": color, "size": 11, "symbol": "square"}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=meaning)
    for line, total in enumerate(totals):
        figure.add_annotation(
            x=1, xref="paper", xanchor="left", xshift=8, y=line, text=total, showarrow=False
        )
    figure.update_layout(template=TEMPLATE, height=150 + row_height * len(cells), showlegend=True)
    figure.update_layout(
        legend={"y": -0.02, "yanchor": "top", "x": 0, "xanchor": "left", "itemclick": False},
        margin={"t": 96, "r": 110, "b": 40},
    )
    ticks = [f"{name} ({size})" for name, size in groups]
    figure.update_xaxes(tickvals=middles, ticktext=ticks, tickangle=-25, side="top", showgrid=False)
    # the last subsets are narrow, and their names may stand out to the right
    figure.update_xaxes(ticklabeloverflow="allow", ticks="", automargin=False)
    figure.update_xaxes(range=[-0.5, at - gap - 0.5], showline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, showline=False, type="category")
    return figure


def brec_table_figure(rows: Sequence[Mapping], *, reference: Sequence[Mapping] = ()):
    """Counts by subset, a line for each method; those of others stand below, marked as such.

    Args:
        rows: as ``BrecResult.row`` makes them: ``method``, ``mode``, ``by_subset``,
            ``sizes``, ``distinguished``, ``of``, ``seeds`` and ``cells``.
        reference: numbers from elsewhere: ``method``, ``by_subset`` (a dash is shown for a
            subset that it lacks), ``distinguished`` and ``source``.

    Raises:
        ValueError: there is no row.
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
        seeds = f", {len(row['seeds'])} seeds" if row["seeds"] else ""
        lines.append([row["method"], row["mode"] + seeds, *counts, str(row["distinguished"])])
    for row in reference:
        known = [row["by_subset"].get(name) for name in subsets]
        counts = ["–" if count is None else str(count) for count in known]
        lines.append([row["method"], row["source"], *counts])
        lines[-1].append(str(row["distinguished"]))
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
    extra = 20 * sum(" out)" in cell for line in lines for cell in line)
    height = 110 + 28 * len(lines) + min(extra, 22 * len(lines))
    figure.update_layout(template=TEMPLATE, height=height, margin={"t": 16, "b": 8, "l": 8, "r": 8})
    return figure
