"""Color tables that the canvases share: 256 colors that survive color blindness and print."""

from functools import cache

import numpy as np

#: Of more values a few far ones do not stretch the colors.
MANY = 100

#: colormap name in the browser -> its name in matplotlib
COLORMAPS = {"cividis": "cividis", "rdbu": "RdBu_r"}


@cache
def color_table(name: str) -> bytes:
    """256 colors of a colormap as bytes red, green, blue: entry 0 is the low end.

    ``cividis`` is sequential, ``rdbu`` diverging (blue low, white middle, red high).

    Raises:
        ValueError: for a name that is neither.
    """
    if name not in COLORMAPS:
        raise ValueError(f"colormap {name!r} is unknown; choose one of {', '.join(COLORMAPS)}")
    from matplotlib import colormaps  # a tenth of a second, paid by the first canvas only

    return colormaps[COLORMAPS[name]](range(256), bytes=True)[:, :3].tobytes()


def ink_on(color: np.ndarray) -> str:
    """Black or white, whichever has a contrast of 4.5 on a color of red, green, blue up to 255."""
    part = np.asarray(color) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return "#000" if linear @ np.array([0.2126, 0.7152, 0.0722]) > 0.179 else "#fff"


def color_span(values: np.ndarray) -> list[float]:
    """[low, high] of the finite values, to spread the colors over; [0, 1] where there are none.

    Values that are equal but for rounding, to the seven digits of a float32, are one number and get
    one color: their span is [low, low].
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return [0.0, 1.0]
    return _span(finite.min(), finite.max())


def inner_span(values: np.ndarray) -> tuple[list[float], list[bool]]:
    """``color_span`` without the far values of many, and whether there are any below and above.

    Of more than ``MANY`` values of a row it reaches from the least 1 % quantile of a row to the
    largest 99 % quantile; one that has no width is that of all.

    Args:
        values: ``[rows, values]``.
    """
    whole = color_span(values)
    rows = [row[np.isfinite(row)] for row in values]
    if max(map(len, rows), default=0) <= MANY:
        return whole, [False, False]
    ends = np.array([np.quantile(row, (0.01, 0.99)) for row in rows if row.size])
    low, high = _span(ends.min(), ends.max())
    if low == high:
        return whole, [False, False]
    return [low, high], [whole[0] < low, whole[1] > high]


def _span(low: float, high: float) -> list[float]:
    low, high = float(low), float(high)
    return [low, high if high - low > 1e-7 * max(abs(low), abs(high)) else low]
