"""Small charts as SVG, colored by the page around them."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_LEFT, _TOP, _BOTTOM = 44, 24, 40


def bars_svg(
    values: Sequence[float],
    errors: Sequence[float] | None = None,
    *,
    unit: str = "",
    width: int = 440,
    height: int = 200,
) -> str:
    """Bars from 0, one for each value, numbered from 0 below.

    Args:
        values: their heights, not negative.
        errors: one standard error for each, drawn as whiskers of two; or None.
        unit: what the numbers below count.
        width: of the view box.
        height: of the view box.
    """
    values = np.asarray(values, dtype=np.float64)
    spread = np.zeros_like(values) if errors is None else 2 * np.nan_to_num(np.asarray(errors))
    top = float(np.max(values + spread, initial=0.0)) or 1.0
    floor, room = height - _BOTTOM, height - _BOTTOM - _TOP
    step = (width - _LEFT - 8) / max(len(values), 1)
    parts = [*_frame(width, height, top)]
    for k, value in enumerate(values):
        x, tall = _LEFT + (k + 0.15) * step, room * value / top
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{floor - tall:.1f}" width="{0.7 * step:.1f}" '
            f'height="{tall:.1f}"><title>{k} {escape(unit)}: {value:.3g}</title></rect>'
        )
        if spread[k] > 0:
            low = floor - room * max(value - spread[k], 0) / top
            high = floor - room * (value + spread[k]) / top
            middle = x + 0.35 * step
            parts.append(f'<path class="whisker" d="M{middle:.1f} {low:.1f}V{high:.1f}"/>')
        if step >= 18 or k % 2 == 0:
            parts.append(_label(x + 0.35 * step, floor + 16, str(k), "middle"))
    parts.append(_label((_LEFT + width) / 2, height - 6, unit, "middle"))
    return "\n".join([*parts, "</svg>"])


def lines_svg(
    lines: Mapping[str, Sequence[float]],
    names: Sequence[str],
    *,
    width: int = 440,
    height: int = 200,
) -> str:
    """A few lines on one scale from 0, with a key above.

    Args:
        lines: values of each line, by its name; at most three.
        names: what each place along the lines is.
        width: of the view box.
        height: of the view box.
    """
    finite = [v for values in lines.values() for v in values if np.isfinite(v)]
    top = max(finite, default=1.0) or 1.0
    floor, room = height - _BOTTOM, height - _BOTTOM - _TOP
    step = (width - _LEFT - 24) / max(len(names) - 1, 1)
    parts, x = [*_frame(width, height, top)], _LEFT
    for number, (name, values) in enumerate(lines.items(), start=1):
        points = [
            f"{_LEFT + 10 + k * step:.1f} {floor - room * v / top:.1f}"
            for k, v in enumerate(values)
            if np.isfinite(v)
        ]
        parts.append(f'<path class="line place-{number}" d="M{"L".join(points)}"/>')
        parts.append(f'<path class="line place-{number}" d="M{x} 10h16"/>')
        parts.append(_label(x + 21, 14, name, "start"))
        x += 40 + 6.4 * len(name)
    every = max(-(-len(names) // 9), 1)
    for k in range(0, len(names), every):
        name = names[k].removeprefix("layers.")
        parts.append(_label(_LEFT + 10 + k * step, floor + 16, name, "middle"))
    parts.append(_label((_LEFT + width) / 2, height - 6, "after layer", "middle"))
    return "\n".join([*parts, "</svg>"])


def _frame(width: int, height: int, top: float) -> list[str]:
    floor = height - _BOTTOM
    return [
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="chart">',
        f'<path class="axis" d="M{_LEFT} {_TOP}V{floor}H{width - 8}"/>',
        _label(_LEFT - 6, _TOP + 8, f"{top:.2g}", "end"),
        _label(_LEFT - 6, floor, "0", "end"),
    ]


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
