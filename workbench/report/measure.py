"""One number of a report, and the budget of seconds that the numbers share."""

import math
import time
from dataclasses import dataclass

from workbench.diagnostics import estimate


@dataclass(frozen=True)
class Measure:
    """One row.

    Attributes:
        group: which part of the report it belongs to.
        name: what was measured.
        low, high: the value, or bounds of it where the two differ.
        unit: of the value, empty where it has none.
        sure: "exact", "bounds", or how far off the value may be.
        meaning: what a reader can take from it.
    """

    group: str
    name: str
    low: float
    high: float
    unit: str
    sure: str
    meaning: str

    @property
    def value(self) -> float:
        """The value; the middle of its bounds."""
        return self.low if self.low == self.high else (self.low + self.high) / 2

    @property
    def text(self) -> str:
        """The value with its unit, as it is shown."""
        text = round_digits(self.low)
        if self.low != self.high and not math.isnan(self.low):
            text = f"{round_digits(self.low, 4)} to {round_digits(self.high, 4)}"
        return f"{text} {self.unit}".rstrip()


def exact(group: str, name: str, value: float, unit: str, meaning: str) -> Measure:
    """A row whose value is exact."""
    return Measure(group, name, float(value), float(value), unit, "exact", meaning)


def settle_digits(value: float, *, scale: float = 0.0) -> float:
    """A number to twelve digits, so that the last ones of a sum cannot turn it up or down after.

    It is 0 where it is below a millionth of a millionth of ``scale``: the size of the terms, for a
    difference that may be nothing but rounding.
    """
    return 0.0 if abs(value) < 1e-12 * scale else float(f"{value:.12g}")


def round_digits(value: float, digits: int = 6) -> str:
    """A number to so many digits, with commas up to ten million."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    value = float(f"{settle_digits(value):.{digits}g}")
    return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e7 or value == 0 else f"{value:.{digits}g}"


def percent(share: float) -> str:
    """A share in percent: to a tenth, and small ones to two digits."""
    share = settle_digits(share, scale=1.0)
    text = settle_digits(100 * share)
    return f"{text:.1f}%" if abs(share) >= 0.01 or share == 0 else f"{text:.2g}%"


#: How many times the seconds that were asked for may pass before a measure is stopped.
PATIENCE = 4


class Budget:
    """Seconds that are left by the estimates, and what they did not suffice for.

    Estimates count and no clock, so that a report does not depend on what else the machine does;
    only where one was far too low, ``end`` is when to give up.
    """

    def __init__(self, seconds: float, num_nodes: int, num_edges: int):
        self.left = self.seconds = seconds
        self.end = time.monotonic() + PATIENCE * seconds
        self.sizes = {"num_nodes": num_nodes, "num_edges": num_edges}
        self.left_out: list[str] = []

    def allows(self, name: str, *, shown: str | None = None, note: bool = True) -> bool:
        """Whether a diagnostic fits; if not, it is noted with the reason."""
        expected = estimate(name, **self.sizes)
        if not expected.exact:
            why = expected.why.split(";")[0]
        elif expected.seconds > self.left:
            why = (
                f"about {round_digits(expected.seconds, 2)} s more, of {self.seconds:.3g} s in all"
            )
        else:
            self.left -= expected.seconds
            return True
        if note:
            self.left_out.append(f"{shown or name} ({why})")
        return False
