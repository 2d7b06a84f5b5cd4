"""From a few characters to a graph: ``karate``, ``grid:6x7``, ``Cora``, ``roads.graphml``."""

import inspect
import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data import Data

from workbench.data_sets import DATASETS, find_single_graphs
from workbench.graphs import generators
from workbench.graphs.attributes import undirected
from workbench.graphs.datasets.published import load_dataset
from workbench.graphs.files.build import Weight
from workbench.graphs.files.formats import SUFFIXES, suffix_of
from workbench.graphs.files.reading import read_graph
from workbench.graphs.objects import from_object

#: Every generator by its name.
GRAPHS: dict[str, Callable[..., Data]] = {
    "path": generators.path,
    "ring": generators.ring,
    "complete": generators.complete,
    "star": generators.star,
    "barbell": generators.barbell,
    "lollipop": generators.lollipop,
    "clique_path": generators.clique_path,
    "crossed_ring": generators.crossed_ring,
    "tree": generators.tree,
    "grid": generators.grid,
    "grid_with_holes": generators.grid_with_holes,
    "random_regular": generators.random_regular,
    "erdos_renyi": generators.erdos_renyi,
    "sbm": generators.sbm,
    "ring_of_cliques": generators.ring_of_cliques,
    "csl": generators.csl,
    "rook": generators.rook,
    "shrikhande": generators.shrikhande,
    "strongly_regular": generators.strongly_regular,
    "petersen": generators.petersen,
    "karate": generators.karate,
    "les_miserables": generators.les_miserables,
}

#: One text for ``open_graph`` by generator, of a size that draws well.
EXAMPLES: dict[str, str] = {
    "path": "path:10",
    "ring": "ring:20",
    "complete": "complete:8",
    "star": "star:9",
    "barbell": "barbell:10,3",
    "lollipop": "lollipop:8,6",
    "clique_path": "clique_path:20",
    "crossed_ring": "crossed_ring:20",
    "tree": "tree:4",
    "grid": "grid:6x7",
    "grid_with_holes": "grid_with_holes:15x20",
    "random_regular": "random_regular:30,3",
    "erdos_renyi": "erdos_renyi:40,0.12",
    "sbm": "sbm:20+20,0.3,0.02",
    "ring_of_cliques": "ring_of_cliques:5,5",
    "csl": "csl:41,3",
    "rook": "rook:4",
    "shrikhande": "shrikhande",
    "strongly_regular": "strongly_regular:16,5,0,2",
    "petersen": "petersen",
    "karate": "karate",
    "les_miserables": "les_miserables",
}


def open_graph(
    text: Any,
    *,
    root: str | Path | None = None,
    directed: bool | None = None,
    source: str | None = None,
    target: str | None = None,
    weight: Weight = None,
    header: bool | None = None,
) -> Data:
    """The graph that ``text`` names or is: a file, a generator or a data set, sought in this order.

    - a path to a file: ``read_graph``, of a file with several graphs one by its number,
      ``graphs.g6:3``;
    - ``name`` or ``name:parameters``, a generator of ``GRAPHS``: ``karate``, ``ring:20``,
      ``barbell:10,3``, ``grid:6x7``, ``sbm:20+20,0.3,0.02``, ``erdos_renyi:40,0.1,seed=3``. Random
      graphs take ``seed`` (0 unless given), so that a text always means the same graph;
    - a data set: ``Cora``, ``minnesota``; of those with many graphs one by its number, ``MUTAG:7``.

    Upper and lower case, and ``-`` and ``_``, make no difference in names. Of anything but text or
    a path ``from_object`` makes the graph: networkx, igraph, a matrix, a table of edges.

    Args:
        text: what to open, or a graph in memory.
        root: folder of the data sets, as in ``load_dataset``.
        directed: False takes every edge both ways, as ``undirected``; True keeps the arcs of a
            file that does not say that its edges are directed.
        source, target, weight, header: how to read a file, as in ``read_graph``.

    Raises:
        FileNotFoundError: ``text`` is a path, or ends like a graph file, and there is no such file.
        TypeError: what is given is no graph.
        ValueError: nothing has that name (the message lists close ones), or the parameters do not
            fit.

    Examples:
        >>> from workbench.graphs import open_graph
        >>> open_graph("karate").num_nodes
        34
        >>> open_graph("grid:6x7").num_nodes
        42
        >>> open_graph("barbell:10,3").num_nodes
        23
    """
    how = {"source": source, "target": target, "weight": weight, "header": header}
    if not isinstance(text, str | Path):
        return _in_memory(text, directed, how)
    text = str(text).strip()
    path, index = _path_and_index(text)
    plain = text.partition(":")[0].strip().lower().replace("-", "_").replace(" ", "_")
    a_path = suffix_of(path) in SUFFIXES or len(path.parts) > 1
    if path.is_file() and (a_path or plain not in GRAPHS):
        return read_graph(path, directed=directed, index=index, **how)
    if a_path:
        near = get_close_matches(path.name, _files_beside(path), n=3)
        hint = f"; beside it there is {', '.join(near)}" if near else ""
        raise FileNotFoundError(f"no file {text!r}{hint}")
    for option, value in how.items():
        if value is not None:
            raise ValueError(f"{option}={value!r} says how to read a file; {text!r} is none")
    if directed:
        raise ValueError(f"directed=True is for files that do not say it; {text!r} is none")
    data = _open_name(text, plain, root)
    return data if directed is None else undirected(data)


def _in_memory(value: Any, directed: bool | None, how: dict[str, Any]) -> Data:
    """The graph that a value is; only a table is read in one way or another."""
    given = {name: option for name, option in how.items() if option is not None}
    if "header" in given or (given and type(value).__name__ != "DataFrame"):
        raise ValueError(f"{', '.join(given)} say how to read a file; the graph is in memory")
    data = from_object(value, directed=directed, **given)
    return undirected(data) if directed is False else data


def _path_and_index(text: str) -> tuple[Path, int | None]:
    """The file that a text names, and the number of a graph in it."""
    path = Path(text).expanduser()
    name, colon, number = text.rpartition(":")
    if colon and number.isdecimal() and not path.exists() and Path(name).expanduser().is_file():
        return Path(name).expanduser(), int(number)
    return path, None


def _open_name(text: str, plain: str, root: str | Path | None) -> Data:
    """The graph of a generator or a data set."""
    parameters = text.partition(":")[2]
    if plain in GRAPHS:
        return _generate(plain, parameters)
    names = {key.lower().replace("-", "_"): key for key in (*DATASETS, *find_single_graphs(root))}
    if plain in names:
        return _from_dataset(names[plain], parameters, root)
    near = get_close_matches(plain, [*GRAPHS, *names], n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(names.get(n, n) for n in near)}?" if near else "."
    raise ValueError(
        f"no graph {text!r}{hint} Give a file ({', '.join(sorted(SUFFIXES))}), a generator "
        f"({', '.join(EXAMPLES.values())}), or a data set ({', '.join(names.values())})"
    )


def _files_beside(path: Path) -> list[str]:
    folder = path.parent
    return [file.name for file in folder.iterdir()] if folder.is_dir() else []


def _generate(name: str, parameters: str) -> Data:
    make = GRAPHS[name]
    signature = inspect.signature(make)
    random = "generator" in signature.parameters
    takes = [p for p in signature.parameters if p != "generator"] + ["seed"] * random
    usage = f"{name} takes {', '.join(takes) or 'no parameters'}, as in {EXAMPLES[name]!r}"
    values, named = [], {}
    for part in filter(None, re.split(r",|x(?=[\d.])", parameters.replace(" ", ""))):
        key, equals, value = part.rpartition("=")
        if equals and (key not in takes or key in named):
            raise ValueError(f"{name}:{parameters} gives {key!r}; {usage}")
        try:
            number = _number(value)
        except ValueError:
            raise ValueError(f"{name}:{parameters} holds {value!r}, no number; {usage}") from None
        if equals:
            named[key] = number
        else:
            values.append(number)
    if random:
        seed = named.pop("seed", 0)
        if not isinstance(seed, int):
            raise ValueError(f"{name}:{parameters} has seed={seed}; a seed is an integer")
        named["generator"] = torch.Generator().manual_seed(seed)
    if name == "sbm" and values and isinstance(values[0], int):
        values[0] = [values[0]]
    try:
        signature.bind(*values, **named)
    except TypeError as error:
        raise ValueError(f"{name}:{parameters} does not fit ({error}); {usage}") from None
    try:
        return make(*values, **named)
    except TypeError as error:
        raise ValueError(f"{name}:{parameters} does not fit: {error}; {usage}") from None


def _number(text: str) -> int | float | list[int]:
    if "+" in text:
        return [int(part) for part in text.split("+")]
    try:
        return int(text)
    except ValueError:
        return float(text)


def _from_dataset(name: str, parameters: str, root: str | Path | None) -> Data:
    dataset = load_dataset(name, root=root)
    if isinstance(dataset, Data):
        count, graph = 1, lambda _: dataset
    else:
        count, graph = len(dataset), lambda index: dataset[index]
    if not parameters and count > 1:
        raise ValueError(
            f"{name} holds {count} graphs; choose one, from '{name}:0' to '{name}:{count - 1}'"
        )
    if parameters and not (parameters.isdecimal() and int(parameters) < count):
        raise ValueError(f"{name} holds {count} graphs, from 0 on; there is no {parameters!r}")
    data = graph(int(parameters or 0))
    data.name = f"{name}:{parameters}" if parameters else name
    return data
