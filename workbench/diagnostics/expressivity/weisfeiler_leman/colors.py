"""Color refinement, one function for each family of tests."""

from torch import Tensor

from workbench.cost import check_count, diagnostic
from workbench.diagnostics.expressivity.weisfeiler_leman import items
from workbench.diagnostics.expressivity.weisfeiler_leman.coloring import Coloring, coloring
from workbench.diagnostics.expressivity.weisfeiler_leman.pair_classes import DISTANCES
from workbench.diagnostics.expressivity.weisfeiler_leman.prepared import prepare, split
from workbench.diagnostics.expressivity.weisfeiler_leman.refine import check_least
from workbench.typing import EdgeIndex


@diagnostic(
    of="node",
    multigraph=True,
    seconds=lambda n, m: 2e-6 * (n + m),
    bytes=lambda n, m: 200.0 * n + 100.0 * m,
)
def wl_colors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    node_labels: Tensor | None = None,
    edge_labels: Tensor | None = None,
    batch: Tensor | None = None,
    max_rounds: int | None = None,
) -> Coloring:
    """1-WL, color refinement: the bound of every message-passing network.

        c'(v) = ( c(v), {{ (label of u -> v, c(u)) : u -> v }} )

    Args:
        edge_index: ``[2, edges]``; a node sees along edges that come in, as messages travel. For
            undirected graphs both directions.
        num_nodes: number of nodes, of all graphs together.
        node_labels: ``[nodes]`` or ``[nodes, channels]``; nodes with equal rows start with one
            color. All equal if not given.
        edge_labels: ``[edges]`` or ``[edges, channels]``, in the same way.
        batch: ``[nodes]``: the graph of each node, ascending, as in a PyG ``Batch``; colors are
            shared by all graphs. A number left out is an empty graph, as PyG's pooling counts it.
            One graph if not given.
        max_rounds: stop after this many rounds; to stability if not given.

    Returns:
        ``Coloring`` of the nodes, on the device of ``edge_index``.

    A self-loop is an edge that a node sees itself by. A repeated edge counts once for each label it
    has; the tests on tuples take the set of its labels. Isolated nodes see nothing. Weights are not
    read; pass them as ``edge_labels``. Every round costs O(nodes + edges); the stable partition is
    verified, without a hash.

    Raises:
        TypeError: ``edge_index`` is not int64.
        ValueError: an index is out of range, labels have the wrong length, or ``batch`` is not
            sorted or split by an edge.
        TooLargeError: there are so many rounds that their colors fill half of the free memory.

    Examples:
        >>> from workbench.diagnostics import wl_colors
        >>> from workbench.graphs import path
        >>> colors = wl_colors(path(4).edge_index, 4).colors  # equal under the reflection
        >>> len(colors), len(colors.unique())
        (4, 2)

    References:
        Weisfeiler and Leman 1968. Xu, Hu, Leskovec and Jegelka, How powerful are graph neural
        networks?, ICLR 2019, arXiv 1810.00826.
    """
    whole, start = prepare(edge_index, num_nodes, node_labels, edge_labels, batch)
    return _color(items.batch_items(whole, start, edge_index.device), edge_index, max_rounds)


@diagnostic(
    of="node",
    seconds=lambda n, m: 1e-7 * n**2 + 2.5e-11 * n**3,
    bytes=lambda n, m: 40.0 * n**2,
    limit=items.MOST_NODES["distance_wl_colors"],
    instead="wl_colors",
)
def distance_wl_colors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    distance: str | Tensor = "shortest-path",
    node_labels: Tensor | None = None,
    batch: Tensor | None = None,
    max_rounds: int | None = None,
) -> Coloring:
    """GD-WL: every node sees every node with its distance, as graph transformers do.

        c'(v) = ( c(v), {{ (d(v, u), c(u)) : u in V }} )

    Args:
        edge_index: ``[2, edges]``, both directions.
        num_nodes: number of nodes, of all graphs together.
        distance: ``"shortest-path"``, ``"resistance"``, ``"both"``, ``"rrwp"`` (where walks
            from the node that sees, along the edges, are after up to 20 steps), or ``[nodes,
            nodes]`` numbers of your own (blocks of a batch on the diagonal), row = the node that
            sees.
        node_labels, batch, max_rounds: as in ``wl_colors``.

    Returns:
        ``Coloring`` of the nodes. Real distances count as equal where sorted values lie closer
        than 1e-8 of themselves (numbers of your own: of the largest of all); exact equality of
        reals is not decidable in floating point.

    Self-loops and repeats do not change shortest paths or resistance. ``inf`` between components is
    a distance like any other. O(nodes^2) of each graph per round.

    Raises:
        ValueError: the distance is unknown, has the wrong shape, or holds nan; what ``wl_colors``
            raises.
        TooLargeError: a graph has more nodes than ``LIMITS["distance_wl_colors"]``.

    Examples:
        >>> from workbench.diagnostics import distance_wl_colors
        >>> from workbench.graphs import path
        >>> colors = distance_wl_colors(path(4).edge_index, 4).colors  # equal under the reflection
        >>> len(colors), len(colors.unique())
        (4, 2)

    References:
        Zhang, Luo, Wang and He, Rethinking the expressive power of GNNs via graph biconnectivity,
        ICLR 2023, arXiv 2301.09505. Ma et al., GRIT, ICML 2023, arXiv 2305.17589 (RRWP).
    """
    if isinstance(distance, Tensor):
        if distance.shape != (num_nodes, num_nodes):
            shape = list(distance.shape)
            raise ValueError(f"distance is {shape}, not [{num_nodes}, {num_nodes}]")
    elif distance not in DISTANCES:
        raise ValueError(f"distance must be one of {', '.join(DISTANCES)}, got {distance!r}")
    graphs = split(*prepare(edge_index, num_nodes, node_labels, None, batch))
    built = items.distance_items(graphs, edge_index.device, distance=distance)
    return _color(built, edge_index, max_rounds)


@diagnostic(
    of="pair",
    multigraph=True,
    seconds=lambda n, m: 4e-7 * n**3,
    bytes=lambda n, m: 120.0 * n**2 * (n + 1),
    limit=items.MOST_NODES["kwl_colors"],
    instead="fwl_colors(k=1)",
)
def kwl_colors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    k: int = 2,
    near: str = "all",
    node_labels: Tensor | None = None,
    edge_labels: Tensor | None = None,
    batch: Tensor | None = None,
    max_rounds: int | None = None,
) -> Coloring:
    """Oblivious k-WL on ordered k-tuples, and its local variants.

        c'(v) = ( c(v), ( {{ c(v[w/i]) : w }} )_{i = 1..k} )

    Args:
        edge_index, num_nodes, node_labels, edge_labels, batch, max_rounds: as in ``wl_colors``.
        k: size of the tuples, 1 or more.
        near: which w are put in at place i: ``"all"`` nodes (k-WL), ``"neighbors"`` of v_i only
            (delta-k-LWL), or all of them, told apart by whether they are neighbors (delta-k-WL).

    Returns:
        ``Coloring`` of the ordered tuples, first by their isomorphism type.

    On graphs without repeated edges oblivious 2-WL is as strong as 1-WL, and k-WL as strong as
    folklore (k-1)-WL (``fwl_colors``), which is the cheaper one to run. O(k nodes^(k+1)) per round.

    Raises:
        ValueError: ``k`` is below 1, ``near`` is unknown; what ``wl_colors`` raises.
        TooLargeError: the tuples would not fit into half of the free memory.

    Examples:
        >>> from workbench.diagnostics import kwl_colors
        >>> from workbench.graphs import path
        >>> colors = kwl_colors(path(4).edge_index, 4).colors  # equal under the reflection
        >>> len(colors), len(colors.unique())
        (16, 8)

    References:
        Cai, Fürer and Immerman 1992. Morris, Rattan and Mutzel, Weisfeiler and Leman go sparse,
        NeurIPS 2020, arXiv 1904.01543.
    """
    check_least("k", k, 1)
    check_count("k", k, 100)
    if near not in ("all", "neighbors", "told-apart"):
        raise ValueError(f'near must be "all", "neighbors" or "told-apart", got {near!r}')
    graphs = split(*prepare(edge_index, num_nodes, node_labels, edge_labels, batch))
    return _color(
        items.tuple_items(graphs, edge_index.device, k=k, near=near), edge_index, max_rounds
    )


@diagnostic(
    of="pair",
    multigraph=True,
    # pairs, and five rounds
    seconds=lambda n, m: 1e-8 * n**3 + 1e-6 * n**2,
    bytes=lambda n, m: 80.0 * n**2,
    limit=items.MOST_NODES["fwl_colors"],
    instead="subgraph_wl_colors",
    advice="it is weaker",
)
def fwl_colors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    k: int = 2,
    node_labels: Tensor | None = None,
    edge_labels: Tensor | None = None,
    batch: Tensor | None = None,
    max_rounds: int | None = None,
) -> Coloring:
    """Folklore k-WL: pairs (k = 2) or triples (k = 3) of nodes; as strong as (k+1)-WL.

        c'(v) = ( c(v), {{ (c(v[w/1]), ..., c(v[w/k])) : w in V }} )

    Args:
        edge_index, num_nodes, node_labels, edge_labels, batch, max_rounds: as in ``wl_colors``.
        k: 1 (which is 1-WL), 2 or 3.

    Returns:
        ``Coloring`` of the ordered tuples, first by their isomorphism type.

    Self-loops and the direction of edges are part of the type. O(nodes^(k+1)) per round and
    O(nodes^k) numbers of memory.

    Raises:
        ValueError: ``k`` is not 1, 2 or 3; what ``wl_colors`` raises.
        TooLargeError: the tuples would not fit, or the largest graph is above the limit.

    Examples:
        >>> from workbench.diagnostics import fwl_colors
        >>> from workbench.graphs import path
        >>> colors = fwl_colors(path(4).edge_index, 4).colors  # equal under the reflection
        >>> len(colors), len(colors.unique())
        (16, 8)

    References:
        Cai, Fürer and Immerman, Combinatorica 12, 1992. Maron et al., Provably powerful graph
        networks, NeurIPS 2019, arXiv 1905.11136.
    """
    if k not in (1, 2, 3):
        raise ValueError(f"k must be 1, 2 or 3, got {k}")
    check_least("k", k, 1)
    if k == 1:
        return wl_colors(
            edge_index,
            num_nodes,
            node_labels=node_labels,
            edge_labels=edge_labels,
            batch=batch,
            max_rounds=max_rounds,
        )
    graphs = split(*prepare(edge_index, num_nodes, node_labels, edge_labels, batch))
    return _color(items.folklore_items(graphs, edge_index.device, k=k), edge_index, max_rounds)


@diagnostic(
    of="pair",
    multigraph=True,
    seconds=lambda n, m: 2e-7 * n * (n + 2.0 * m),
    bytes=lambda n, m: 80.0 * n * (n + 2.0 * m),
    limit=items.MOST_NODES["klwl_colors"],
    instead="wl_colors",
)
def klwl_colors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    k: int = 1,
    l: int = 1,  # noqa: E741 - the paper's name
    node_labels: Tensor | None = None,
    edge_labels: Tensor | None = None,
    batch: Tensor | None = None,
    max_rounds: int | None = None,
) -> Coloring:
    """k,l-WL: every ordered l-tuple of nodes is marked in a copy of the graph, and k-WL run there.

    Args:
        edge_index, num_nodes, node_labels, edge_labels, batch, max_rounds: as in ``wl_colors``.
        k: the test that runs in each copy: 1 for 1-WL, from 2 on oblivious k-WL.
        l: how many nodes are marked, each with a mark of its own; 0 gives plain k-WL.

    Returns:
        ``Coloring`` of (l marked nodes, k-tuple of nodes), and of (l marked nodes, -1, ...), which
        stands for the copy as a whole and sees all of its tuples.

    1,1-WL bounds node-marked subgraph networks, 1,2-WL the pair-marked ones. It is bounded by
    (k+l)-WL. O(nodes^l (nodes + edges)) per round for k = 1, O(k nodes^(k+l+1)) beyond.

    Raises:
        ValueError: ``k`` is below 1, or ``l`` is negative; what ``wl_colors`` raises.
        TooLargeError: the copies would not fit into half of the free memory.

    Examples:
        >>> from workbench.diagnostics import klwl_colors
        >>> from workbench.graphs import path
        >>> colors = klwl_colors(path(4).edge_index, 4).colors  # equal under the reflection
        >>> len(colors), len(colors.unique())
        (20, 10)

    References:
        Zhou, Wang and Zhang, From relational pooling to subgraph GNNs, ICML 2023,
        arXiv 2305.04963.
    """
    check_least("k", k, 1)
    check_least("l", l, 0)
    check_count("k", k, 100)
    check_count("l", l, 100)
    graphs = split(*prepare(edge_index, num_nodes, node_labels, edge_labels, batch))
    built = items.marked_items(graphs, edge_index.device, marks=l, k=k)
    return _color(built, edge_index, max_rounds)


@diagnostic(
    of="pair",
    multigraph=True,
    seconds=lambda n, m: 6e-7 * n * (n + 2.0 * m),
    bytes=lambda n, m: 200.0 * n * (n + 2.0 * m),
    limit=items.MOST_NODES["subgraph_wl_colors"],
    instead="wl_colors",
)
def subgraph_wl_colors(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    policy: str = "dss",
    radius: int = 2,
    node_labels: Tensor | None = None,
    edge_labels: Tensor | None = None,
    batch: Tensor | None = None,
    max_rounds: int | None = None,
) -> Coloring:
    """Subgraph tests beyond plain marking: ego nets, and copies that see each other.

    Args:
        edge_index, num_nodes, node_labels, edge_labels, batch, max_rounds: as in ``wl_colors``.
        policy: ``"ego"`` refines each node's ego net with its root marked; ``"dss"`` refines all
            node-marked copies, where a node also sees itself and its neighbors over all copies.
        radius: of the ego nets, in hops; ``"dss"`` takes whole graphs.

    Returns:
        ``Coloring`` of (root, node), of (root, -1), the copy as a whole, and under ``"dss"`` of
        (-1, node), the node's summary over all copies, which takes rounds of its own.

    Plain node marking is ``klwl_colors(k=1, l=1)``.

    Raises:
        ValueError: ``policy`` is unknown or ``radius`` is below 1; what ``wl_colors`` raises.
        TooLargeError: the copies would not fit into half of the free memory.

    Examples:
        >>> from workbench.diagnostics import subgraph_wl_colors
        >>> from workbench.graphs import path
        >>> colors = subgraph_wl_colors(path(4).edge_index, 4).colors  # equal under the reflection
        >>> len(colors), len(colors.unique())
        (24, 12)

    References:
        Bevilacqua et al., Equivariant subgraph aggregation networks, ICLR 2022,
        arXiv 2110.02910. Zhang and Li, Nested graph neural networks, NeurIPS 2021,
        arXiv 2110.13197.
    """
    if policy not in ("ego", "dss"):
        raise ValueError(f'policy must be "ego" or "dss", got {policy!r}')
    check_least("radius", radius, 1)
    graphs = split(*prepare(edge_index, num_nodes, node_labels, edge_labels, batch))
    built = items.subgraph_items(graphs, edge_index.device, policy=policy, radius=radius)
    return _color(built, edge_index, max_rounds)


def _color(built: items.Items, edge_index: Tensor, max_rounds: int | None) -> Coloring:
    found = built.refine(max_rounds=max_rounds)
    return coloring(found, built.nodes, built.start, edge_index.device)
