"""What all still pictures share: a transparent page, gray text, bytes of a PNG, SVG or PDF file."""

import io

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from workbench.figures.theme import GRAY

#: What still pictures are written as.
FORMATS = ("png", "svg", "pdf")

#: Gray reads on a light and on a dark page.
_LOOK = {
    "text.color": GRAY,
    "axes.labelcolor": GRAY,
    "axes.edgecolor": GRAY,
    "axes.titlecolor": GRAY,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRAY,
    "grid.alpha": 0.2,
    "grid.linewidth": 0.6,
}


def look():
    """A context in which matplotlib makes axes that suit a light and a dark page."""
    return rc_context(_LOOK)


def bare(width: float, height: float) -> Figure:
    """An empty figure of so many inches with a transparent background."""
    figure = Figure(figsize=(width, height), dpi=96, layout="constrained")
    figure.patch.set_alpha(0)
    return figure


def image(figure: Figure, format: str) -> bytes:
    """The figure as the bytes of a file; equal figures give equal bytes.

    Raises:
        ValueError: ``format`` is none of ``"png"``, ``"svg"`` and ``"pdf"``.
    """
    check_format(format)
    buffer = io.BytesIO()
    if format == "png":
        FigureCanvasAgg(figure).print_png(buffer)
    elif format == "pdf":
        # fonts are embedded as TrueType, which journals ask for and editors can edit
        with rc_context({"pdf.fonttype": 42}):
            FigureCanvasPdf(figure).print_pdf(buffer, metadata={"CreationDate": None})
    else:
        # without a salt of its own, matplotlib numbers the parts of an SVG at random; text stays
        # text, in the font of the page
        fonts = {"font.family": "sans-serif", "svg.fonttype": "none"}
        with rc_context({"svg.hashsalt": "workbench", **fonts}):
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def check_format(format: str) -> None:
    """Raise where no still picture has this format.

    Raises:
        ValueError: so it is.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be {' or '.join(map(repr, FORMATS))}, got {format!r}")
