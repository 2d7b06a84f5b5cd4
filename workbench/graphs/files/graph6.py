"""graph6: one undirected graph a line, as the collections of small graphs come."""

from pathlib import Path

import networkx as nx

from workbench.graphs.files.disk import GraphFileError


def graph6_lines(path: Path, text: str) -> list[tuple[int, str]]:
    """(number of the line, graph6 string) of every graph of a file."""
    lines = [(i, line.strip()) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    return [(i, line.removeprefix(">>graph6<<")) for i, line in lines if line != ">>graph6<<"]


def choose_graph6(path: Path, text: str, index: int | None) -> nx.Graph:
    """The only graph of a file, or the one that ``index`` chooses.

    Raises:
        GraphFileError: the file holds several graphs and none is chosen, no such graph, or it is
            malformed.
    """
    lines = graph6_lines(path, text)
    if index is None and len(lines) != 1:
        raise GraphFileError(
            path,
            f"the file holds {len(lines)} graphs; choose one: read_graph(path, index=0), ..., "
            f"index={len(lines) - 1}, or take all: read_graphs(path)",
        )
    if index is not None and not 0 <= index < len(lines):
        raise GraphFileError(path, f"no graph {index}; the file holds 0 to {len(lines) - 1}")
    return parse_graph6(path, *lines[index or 0])


def parse_graph6(path: Path, number: int, line: str) -> nx.Graph:
    """One graph.

    Raises:
        GraphFileError: names the line at fault.
    """
    if line.startswith((":", "&", ";")):
        raise GraphFileError(path, "sparse6 or digraph6; expected graph6", line=number)
    strange = [c for c in line if not 63 <= ord(c) <= 126]
    if strange:
        problem = f"character {strange[0]!r}; graph6 uses those from '?' to '~'"
        raise GraphFileError(path, problem, line=number)
    try:
        return nx.from_graph6_bytes(line.encode("ascii"))
    except IndexError:
        problem = "no graph6: the line ends before its number of nodes is complete"
        raise GraphFileError(path, problem, line=number) from None
    except (nx.NetworkXError, ValueError) as error:
        raise GraphFileError(path, f"no graph6: {error}", line=number) from None
