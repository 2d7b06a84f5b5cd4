"""A moment of the rewiring lab as Python that reproduces it."""

import inspect
import textwrap
from collections.abc import Callable

from workbench import __version__
from workbench.rewiring import EDITS
from workbench.rewiring.declaration import declaration_of
from workbench.widgets.lab.options import option_code
from workbench.widgets.rewiring.moment import Moment


def code(moment: Moment) -> str:
    """Python that makes the graph at the current position, as text."""
    if moment.start.source:
        options = "".join(f", {name}={value!r}" for name, value in moment.start.opened_with.items())
        reader, open_line = "open_graph", f"data = open_graph({moment.start.source!r}{options})"
        head = []
    else:
        reader, open_line = "read_graph", 'data = read_graph("graph.npz")'
        head = ["# graph.npz is the graph before its edits: write_graph(data, 'graph.npz')"]
    made = _by_method if moment.made_by_method else _by_rows
    real = None
    if moment.start.left_out:
        head.append("from workbench.graphs import real_edges")
        real = "data = real_edges(data)  # an edge of weight 0 is none"
    return "\n".join(
        [
            f"# workbench {__version__}",
            *head,
            *made(moment, reader, open_line if real is None else f"{open_line}\n{real}"),
            "rewired = apply_edits(data.edge_index, data.num_nodes, edits)",
            "data = rewired_data(data, rewired)  # what belongs to kept edges stays",
            "",
        ]
    )


def _by_method(moment: Moment, reader: str, open_line: str) -> list[str]:
    declared, name = declaration_of(moment.function), moment.function.__name__
    reads = list(declared.reads)
    if moment.start.edge_weight is not None and declared.weighted == "used":
        reads.append("edge_weight")
    options = "".join(f", {key}=data.{key}" for key in reads) + option_code(moment.given)
    return [
        f"from workbench.graphs import {reader}",
        *_imports(moment.function, name),
        "",
        open_line,
        f"rewired = {name}(data.edge_index, data.num_nodes{options})",
        f"edits = rewired.edits[:, :{len(moment.in_force)}]  # of {len(moment.by_method)}",
    ]


def _imports(function: Callable, name: str) -> list[str]:
    """Lines that make a method known under its name; one's own comes with its source."""
    if EDITS.get(name) is function:
        return [f"from workbench.rewiring import {name}, apply_edits, rewired_data"]
    lines = ["from workbench.rewiring import apply_edits, rewired_data"]
    if function.__module__ != "__main__" and "<locals>" not in function.__qualname__:
        return [*lines, f"from {function.__module__} import {name}"]
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):
        return [*lines, "", f"# define {name} here: where it was defined is not known"]
    if source.startswith("@rewiring"):
        lines[0] += ", rewiring"
    return [*lines, "", "# as you defined it; import here what it uses beside this", source, ""]


def _by_rows(moment: Moment, reader: str, open_line: str) -> list[str]:
    return [
        "import torch",
        "",
        f"from workbench.graphs import {reader}",
        "from workbench.rewiring import apply_edits, rewired_data",
        "",
        open_line,
        "edits = [  # +1 adds, -1 removes",
        *(f"    ({e.sign:+d}, {e.u}, {e.v}),  # {e.by}" for e in moment.in_force),
        "]",
        "edits = torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T",
    ]
