"""Colors and one plotly template that reads well on a light and on a dark page."""

import plotly.graph_objects as go

#: Okabe-Ito, safe for color-blind readers; methods and runs take them in this order.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442")
BEFORE, AFTER, REMOVED = "#E69F00", "#0072B2", "#D55E00"
GRAY = "#808080"
SEQUENTIAL, DIVERGING = "Cividis", "RdBu_r"

# automargin: a long label widens its margin instead of being cut
AXIS = {
    "gridcolor": "rgba(128,128,128,.2)",
    "zeroline": False,
    "linecolor": GRAY,
    "automargin": True,
}

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        colorway=OKABE_ITO,
        font={"family": "system-ui, sans-serif", "size": 13, "color": GRAY},
        title={"font": {"size": 14}, "x": 0.02, "xanchor": "left"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 36, "b": 44},
        xaxis=AXIS,
        yaxis=AXIS,
        # nothing leaves this machine: no button sends a figure to anybody's cloud
        modebar={"remove": ["sendChartToCloud"]},
        # on the left: the tool bar comes in the corner on the right
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        hoverlabel={"font": {"family": "system-ui, sans-serif"}},
        colorscale={"sequential": SEQUENTIAL, "diverging": DIVERGING},
    )
)


def translucent(color: str, alpha: float) -> str:
    """``#RRGGBB`` as an ``rgba(...)`` string."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
