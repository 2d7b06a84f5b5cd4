"""Whether the outputs of a notebook cell are the same to somebody who reads them.

Two machines add the same numbers in another order, and the last digits of a sum differ. So numbers
are compared as numbers, and everything else exactly: words, the names of traces, colors, how many
lines, traces and entries there are.

**A number in text** (streams, text/plain, text/html)

- that has neither a decimal point nor an exponent is an integer, and must be the same integer;
- else may differ by a millionth of itself, which lets rounding pass where all digits are printed;
- else may differ by one unit in its last printed place, where both show four significant digits or
  more, since the true value may lie on the edge between two prints: 0.4545 and 0.4546 are the same,
  0.455 and 0.456 are not, and nothing as large as a step of the third digit passes;
- else is 0 where it is below a millionth of a millionth of the largest such number of the output.

Where numbers are not printed equally wide, many spaces count as one, because a column of a table is
as wide as its widest number.

**A coordinate in an SVG** (where something stands and how large it is, the points of a path) is
judged by the size of the drawing: one unit in the last place passes where the drawing's largest
coordinate shows four digits or more.

**Numbers in the JSON of a plotly figure** are the same whether they are a list or the bytes of a
typed array. Integers must be the same integers; others may differ by a millionth of themselves, and
are 0 below a millionth of a millionth of the largest number of their array. Text in the JSON is
compared as text.

**Not compared** are the pixels of image/png and image/jpeg, which depend on fonts and browsers (the
numbers of a plotly figure stand in its JSON, beside the still); views of widgets, whose ids are
random; that something is compiled, once; execution counts, metadata and tracebacks.
"""

import base64
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

#: How far off a number may be that shows all its digits, as a share of it.
RELATIVE = 1e-6
#: What is 0 beside the largest number of the same array or text, as a share of that number.
ABSOLUTE = 1e-12
#: How many units of its last place a printed number must have to be off by one of them.
FOUR_DIGITS = 1000
#: Kinds of data that are not compared.
UNREAD = ("image/png", "image/jpeg", "application/vnd.jupyter.widget-view+json")
#: How much a message shows: differences of a cell, lines of a text, characters of a line.
DIFFERENCES, LINES, CHARACTERS = 20, 20, 160

NUMBER = re.compile(
    r"""(?<![\w#.])             # not inside a name, a color or a version
        (?:(?<!\))[+-])?        # a sign, but in 3-2 and (n)-2 a minus between two numbers
        (?:\d+(?:\.\d+)?|\.\d+)
        (?:[eE][+-]?\d+)?
        (?!\.?\d)               # 1.2.3 is a version
    """,
    re.VERBOSE | re.ASCII,
)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
MARGIN = re.compile(r"(^|\[)[ \t]+", re.MULTILINE)
SPACES = re.compile(r"[ \t]+")
DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
COORDINATES = re.compile(r'\s(?:d|points|viewBox|[xy][12]?|c[xy]|r[xy]?|width|height)="[^"]*"')
PATH = re.compile(r'(?<=\sd=")[^"]*')
#: Said by the first run on a machine alone (workbench.topology.compiled).
COMPILING = re.compile(r"^compiling, once: .*\n", re.MULTILINE)
COMMAND = re.compile(r"[a-df-zA-DF-Z]")


def differences(
    stored: Sequence[dict], computed: Sequence[dict], clean: Callable[[str], str] = str
) -> list[str]:
    """What a reader would call different, each with its place and both values.

    Args:
        stored: the outputs in the file of the notebook, in the form of nbformat.
        computed: the outputs of the run.
        clean: takes out of a text what no two runs share.
    """
    found = []
    both = map(without_compiling, (stored, computed))
    for number, outputs in enumerate(zip_longest(*both, fillvalue={}), start=1):
        before, after = map(_read, outputs)
        if before.keys() != after.keys():
            kinds = (", ".join(part) or "nothing" for part in (before, after))
            found.append("output {}: {} stored, {} computed".format(number, *kinds))
            continue
        for kind, old in before.items():
            new = after[kind]
            if isinstance(old, str) and isinstance(new, str):
                old, new = clean(old), clean(new)
            found += [f"output {number}, {kind}{what}" for what in _json_differences(old, new)]
    rest = [f"and {len(found) - DIFFERENCES} more differences"] * (len(found) > DIFFERENCES)
    return found[:DIFFERENCES] + rest


def without_compiling(outputs: Sequence[dict]) -> list[dict]:
    """Outputs without what is said where a kernel is compiled, and streams that it cut joined."""
    found: list[dict] = []
    for output in outputs:
        if output.get("output_type") == "stream":
            text = COMPILING.sub("", output["text"])
            if not text:
                continue
            if found and found[-1].get("name") == output["name"]:
                found[-1] = {**found[-1], "text": found[-1]["text"] + text}
                continue
            output = {**output, "text": text}
        found.append(output)
    return found


def _read(output: dict) -> dict[str, Any]:
    """The parts of an output that are compared, by kind."""
    match output.get("output_type"):
        case None:
            return {}
        case "stream":
            return {output["name"]: output["text"]}
        case "error":
            return {"error": f"{output['ename']}: {output['evalue']}"}
    return {kind: value for kind, value in output["data"].items() if kind not in UNREAD}


def _json_differences(stored: Any, computed: Any) -> Iterator[str]:
    """Differences between two values of JSON, each opening with its place within them."""
    arrays = _array(stored), _array(computed)
    if all(array is not None for array in arrays):
        yield from _array_differences(*arrays)
    elif isinstance(stored, dict) and isinstance(computed, dict):
        for key in stored | computed:
            if key not in computed:
                yield f".{key}: stored, not computed"
            elif key not in stored:
                yield f".{key}: computed, not stored"
            else:
                pair = stored[key], computed[key]
                yield from (f".{key}{what}" for what in _json_differences(*pair))
    elif isinstance(stored, list) and isinstance(computed, list):
        if len(stored) != len(computed):
            yield f": {len(stored)} entries stored, {len(computed)} computed"
        for index, pair in enumerate(zip(stored, computed, strict=False)):
            yield from (f"[{index}]{what}" for what in _json_differences(*pair))
    elif isinstance(stored, str) and isinstance(computed, str):
        yield from _text_differences(stored, computed)
    elif type(stored) is not type(computed) or stored != computed:
        yield f": {_excerpt(repr(stored))} stored, {_excerpt(repr(computed))} computed"


def _array(value: Any) -> np.ndarray | None:
    """The numbers of a typed array or a list, where a gap is nan, or one number; else None."""
    if isinstance(value, dict) and {"bdata", "dtype"} <= value.keys():
        shape = [int(length) for length in str(value.get("shape", -1)).split(",")]
        return np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).reshape(shape)
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        return None
    if array.dtype == object and {type(entry) for entry in array.flat} <= {int, float, type(None)}:
        array = array.astype(np.float64)
    return array if array.size and array.dtype.kind in "iuf" else None


def _array_differences(stored: np.ndarray, computed: np.ndarray) -> Iterator[str]:
    if stored.shape != computed.shape:
        shapes = (" x ".join(map(str, array.shape)) or "one" for array in (stored, computed))
        yield ": {} numbers stored, {} computed".format(*shapes)
        return
    if stored.dtype.kind == computed.dtype.kind == "f":
        sizes = abs(stored[np.isfinite(stored)])
        floor = ABSOLUTE * sizes.max(initial=0.0)
        alike = np.isclose(stored, computed, rtol=RELATIVE, atol=floor, equal_nan=True)
    else:
        alike = stored == computed
    if not alike.all():
        first = np.argwhere(~alike)[0]
        place = "".join(f"[{index}]" for index in first)
        old, new = (array[tuple(first)].item() for array in (stored, computed))
        others = f", and {count} more of {alike.size}" if (count := (~alike).sum() - 1) else ""
        yield f"{place}: {old!r} stored, {new!r} computed{others}"


def _text_differences(stored: str, computed: str) -> Iterator[str]:
    stored, computed = _spread(stored), _spread(computed)
    if _widths(stored) != _widths(computed):
        stored, computed = (SPACES.sub(" ", MARGIN.sub(r"\1", t)) for t in (stored, computed))
    if NUMBER.split(stored) != NUMBER.split(computed):
        yield ":\n" + _changed_lines(stored, computed)
        return
    before, after = _printed(stored), _printed(computed)
    largest = max((abs(number.value) for number in before if not number.is_integer), default=0)
    floor = Decimal(ABSOLUTE) * largest
    differ = [pair for pair in zip(before, after, strict=True) if not _alike(*pair, floor)]
    if differ:
        old, new = differ[0]
        line = stored.count("\n", 0, old.start) + 1
        others = f", and {len(differ) - 1} more of {len(before)} numbers" * (len(differ) > 1)
        yield (
            f", line {line}: {old.text} stored, {new.text} computed{others}\n"
            f"  - {_excerpt(stored, old.start)}\n  + {_excerpt(computed, new.start)}"
        )


class _Printed(NamedTuple):
    """A number in a text; ``size`` is that of the drawing whose coordinate it is, if it is one."""

    text: str
    start: int
    size: Decimal | None

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)

    @property
    def is_integer(self) -> bool:
        return INTEGER.fullmatch(self.text) is not None


def _printed(text: str) -> list[_Printed]:
    """The numbers of a text, in order."""
    sizes = {}
    for drawing in DRAWING.finditer(text):
        spans = [match.span() for match in COORDINATES.finditer(text, *drawing.span())]
        inside = [number for span in spans for number in NUMBER.finditer(text, *span)]
        size = max((abs(Decimal(number[0])) for number in inside), default=None)
        sizes |= {number.start(): size for number in inside}
    return [_Printed(n[0], n.start(), sizes.get(n.start())) for n in NUMBER.finditer(text)]


def _alike(stored: _Printed, computed: _Printed, floor: Decimal) -> bool:
    """Whether two printed numbers are the same; nothing is smaller than ``floor``."""
    old, new = stored.value, computed.value
    if stored.is_integer or computed.is_integer:
        return stored.is_integer and computed.is_integer and old == new
    off = abs(old - new)
    if off <= max(Decimal(RELATIVE) * max(abs(old), abs(new)), floor):
        return True
    unit = Decimal(1).scaleb(min(number.as_tuple().exponent for number in (old, new)))
    shown = min(abs(old), abs(new)) if stored.size is None else stored.size
    return off <= unit and shown >= FOUR_DIGITS * unit


def _widths(text: str) -> list[int]:
    """How wide each number of a text is printed."""
    return [len(number[0]) for number in NUMBER.finditer(text)]


def _spread(text: str) -> str:
    """The text with spaces around the commands of paths, so that their numbers stand alone."""
    return DRAWING.sub(
        lambda drawing: PATH.sub(lambda path: COMMAND.sub(r" \g<0> ", path[0]), drawing[0]), text
    )


def _changed_lines(stored: str, computed: str) -> str:
    """The lines that differ, in the form of a diff."""
    lines = difflib.unified_diff(stored.splitlines(), computed.splitlines(), lineterm="", n=0)
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    rest = [f"  ... {len(changed) - LINES} more lines"] * (len(changed) > LINES)
    return "\n".join([f"  {line[0]} {_excerpt(line[1:])}" for line in changed[:LINES]] + rest)


def _excerpt(text: str, at: int = 0) -> str:
    """The line of a text around a place, cut where it is long."""
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    start = max(start, at - CHARACTERS // 2)
    return text[start : end if end >= 0 else None][:CHARACTERS].strip()
