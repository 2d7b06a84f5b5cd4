"""A whole number that somebody wrote in code, checked before it reaches a control that clips."""

import operator


def whole_number(value: object, what: str, low: int, high: int) -> int:
    """``value`` as an int.

    Raises:
        TypeError: it is no whole number, or a bool.
        ValueError: it is not from ``low`` to ``high``.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"{what} must be a whole number from {low} to {high}, got {value!r}")
    if not low <= number <= high:
        raise ValueError(f"{what} must be from {low} to {high}, got {value!r}")
    return number
