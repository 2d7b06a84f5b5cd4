"""Tables and paragraphs at the width of the terminal."""

import shutil
import textwrap
from collections.abc import Sequence


def print_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in aligned columns; the last one wraps at the width of the terminal."""
    columns = list(zip(*([heading, *rows]), strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    left = sum(widths) + 2 * len(widths)
    room = max(shutil.get_terminal_size((110, 24)).columns - left, 24)
    for row in [heading, ["-" * width for width in widths] + ["-" * len(heading[-1])], *rows]:
        cells = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        first, *others = textwrap.wrap(row[-1], room) or [""]
        print((cells + first).rstrip())
        for line in others:
            print(" " * left + line)


def print_wrapped(lead: str, text: str) -> None:
    """A paragraph at the width of the terminal, hanging behind its lead."""
    width = max(shutil.get_terminal_size((110, 24)).columns, 40)
    hang = " " * len(lead.lstrip("\n"))
    print(textwrap.fill(text, width, initial_indent=lead, subsequent_indent=hang))
