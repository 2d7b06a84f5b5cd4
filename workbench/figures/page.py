"""The report of a graph as HTML: one file that asks for nothing else, or a part of a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from workbench.figures.page_style import STYLE

ANSWERS = {
    "likely": "Likely",
    "doubtful": "Doubtful",
    "unlikely": "Unlikely",
    "none": "Nothing to rewire",
}
SAYS = {"for": "Speaks for it", "against": "Speaks against it", "open": "Says neither"}


@dataclass(frozen=True)
class CardLine:
    """One piece of evidence: says is "for", "against" or "open"."""

    says: str
    name: str
    value: str
    sure: str
    why: str


@dataclass(frozen=True)
class Section:
    """A table: rows of (name, value with its unit, how sure it is, what it means)."""

    title: str
    rows: Sequence[tuple[str, str, str, str]]


def verdict_html(answer: str, sentence: str, lines: Sequence[CardLine], *, about: str = "") -> str:
    """The verdict card.

    Args:
        answer: "likely", "doubtful", "unlikely" or "none".
        sentence: the reason.
        lines: what was weighed.
        about: how far the card is to be trusted.
    """
    groups = []
    for says, title in SAYS.items():
        items = "".join(
            f"<li><strong>{escape(line.name)}</strong> {escape(line.value)}."
            f"<small>{escape(line.sure)}. {escape(_capital(line.why))}.</small></li>"
            for line in lines
            if line.says == says
        )
        if items:
            groups.append(f'<div class="{says}"><h3>{title}</h3><ul>{items}</ul></div>')
    return (
        f'<section class="card {escape(answer)}"><h2>Will rewiring pay here? '
        f'<span class="answer">{ANSWERS[answer]}</span></h2><p>{escape(sentence)}</p>'
        f'<div class="evidence">{"".join(groups)}</div>'
        + (f'<p class="caveat">{escape(about)}</p>' if about else "")
        + "</section>"
    )


def section_html(section: Section) -> str:
    """One table."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td class="value">{escape(value)}<small>{escape(sure)}</small></td>'
        f"<td>{escape(_capital(meaning))}</td></tr>"
        for name, value, sure, meaning in section.rows
    )
    return (
        f"<section><h2>{escape(section.title)}</h2><table><tbody>{body}</tbody></table></section>"
    )


def report_body(
    title: str,
    intro: str,
    *,
    card: tuple[str, str, Sequence[CardLine], str],
    drawing: str,
    caption: str,
    places: Sequence[str],
    elsewhere: str = "",
    sections: Sequence[Section],
    model: tuple[str, Sequence[tuple[str, str]]] = ("", ()),
    left_out: Sequence[str] = (),
) -> str:
    """The report with its style, for a page or for the output of a cell.

    Args:
        title: heading.
        intro: one paragraph below it.
        card: (answer, sentence, lines, about) of the verdict.
        drawing: an ``<svg>``.
        caption: what the drawing shows beside the places.
        places: a sentence for each numbered place.
        elsewhere: a sentence below them, or nothing.
        sections: the tables.
        model: name and (caption, ``<svg>``) charts of a model; no name, no section.
        left_out: what was not measured, with the reason.
    """
    named = "".join(
        f'<li class="place-{number}"><span class="number">{number}</span>{escape(text)}</li>'
        for number, text in enumerate(places, start=1)
    )
    charts = "".join(
        f"<figure>{svg}<figcaption>{escape(text)}</figcaption></figure>" for text, svg in model[1]
    )
    parts = [
        f"<style>{STYLE}</style>",
        '<div class="gw-report">',
        f"<h1>{escape(title)}</h1><p>{escape(intro)}</p>",
        verdict_html(*card[:3], about=card[3]),
        f"<h2>{'The worst places' if places else 'The graph'}</h2>" if drawing else "",
        f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>" if drawing else "",
        f'<ol class="places">{named}</ol>' if places else "",
        f"<p>{escape(elsewhere)}</p>" if elsewhere else "",
        f"<section><h2>{escape(model[0])} on this graph</h2>"
        f'<div class="charts">{charts}</div></section>'
        if model[0]
        else "",
        *map(section_html, sections),
        f'<p class="caveat">Left out: {escape("; ".join(left_out))}.</p>' if left_out else "",
        "</div>",
    ]
    return "\n".join(filter(None, parts))


def report_page(title: str, body: str) -> str:
    """The whole page around what ``report_body`` gave."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>body {{ margin: 0; background: #fff; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14171a; }} }}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
