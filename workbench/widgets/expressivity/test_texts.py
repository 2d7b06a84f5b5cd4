"""What the expressivity lab says of each test."""

from dataclasses import dataclass

from workbench.diagnostics import TESTS


@dataclass(frozen=True)
class TestText:
    """How a test is shown.

    Attributes:
        title: its name.
        sentence: what is colored, and what it sees.
        pairs: what the matrix shows.
    """

    __test__ = False  # the name is no test of pytest's

    title: str
    sentence: str
    pairs: str


#: Test -> how it is shown; a test without a line here is shown by its name.
TEST_TEXTS: dict[str, TestText] = {
    "1-wl": TestText(
        "1-WL",
        "A node sees the colors of its neighbors. No message-passing network (GCN, GIN, GAT, ...) "
        "tells more apart.",
        "colors that a node sees",
    ),
    "spd-wl": TestText(
        "SPD-WL (shortest paths)",
        "A node sees every node's color with its distance in hops, as Graphormer does.",
        "distance in hops, as classes",
    ),
    "rd-wl": TestText(
        "RD-WL (resistance)",
        "A node sees every node's color with its effective resistance.",
        "effective resistance, as classes",
    ),
    "spd-rd-wl": TestText(
        "SPD and resistance",
        "A node sees every node's color with both distances.",
        "both distances, as classes",
    ),
    "rrwp-wl": TestText(
        "RRWP-WL (random walks)",
        "A node sees every node's color with the chances that a walk of 1, 2, ... 20 steps leads "
        "there, as GRIT does.",
        "landing probabilities, as classes",
    ),
    "ego-wl": TestText(
        "ego nets",
        "1-WL on the part of the graph within two hops of each node, with that node marked. A node "
        "has the color of its ego net.",
        "row: the ego net, column: a node in it",
    ),
    "1,1-wl": TestText(
        "1,1-WL (one node marked)",
        "1-WL on a copy of the graph for each node, with that node marked, as in node-marked "
        "subgraph networks. A node has the color of its copy.",
        "row: the marked node, column: a node",
    ),
    "dss-wl": TestText(
        "DSS-WL (copies that see each other)",
        "Copies with one node marked, where a node also sees itself and its neighbors over all "
        "copies, as in DSS-GNN.",
        "row: the marked node, column: a node",
    ),
    "2-wl": TestText(
        "2-WL (oblivious)",
        "A pair (u, v) sees the pairs (w, v) and, apart from them, the pairs (u, w). It is only as "
        "strong as 1-WL.",
        "colors of pairs",
    ),
    "delta-2-lwl": TestText(
        "δ-2-LWL (local)",
        "As 2-WL, but w is a neighbor of the node whose place it takes.",
        "colors of pairs",
    ),
    "delta-2-wl": TestText(
        "δ-2-WL",
        "As 2-WL, and it knows which w are neighbors of the node whose place they take.",
        "colors of pairs",
    ),
    "2-fwl": TestText(
        "2-FWL (folklore, = 3-WL)",
        "A pair (u, v) sees, for every node w, the colors of (w, v) and (u, w) together: the two "
        "other sides of a triangle. The bound of PPGN.",
        "colors of pairs",
    ),
    "3-wl": TestText(
        "3-WL (oblivious, = 2-FWL)",
        "A triple sees the triples with another node at its first place, at its second, and at its "
        "third, as three separate bags.",
        "colors of triples (u, v, v)",
    ),
    "3-fwl": TestText(
        "3-FWL (folklore, = 4-WL)",
        "A triple sees, for every node w, the three triples with w put in, together.",
        "colors of triples (u, v, v)",
    ),
    "1,2-wl": TestText(
        "1,2-WL (two nodes marked)",
        "1-WL on a copy of the graph for each ordered pair of nodes, both marked, as in I2-GNN. A "
        "pair has the color of its copy.",
        "colors of the copies marked at (u, v)",
    ),
}

#: Where "raise k" leads.
RAISED = {"1-wl": "2-fwl", "2-wl": "2-fwl", "3-wl": "3-fwl", "2-fwl": "3-fwl"}


def text_of(test: str) -> TestText:
    """How a test is shown."""
    return TEST_TEXTS.get(test) or TestText(
        test.upper(), "A test that has no description.", "colors"
    )


def menu() -> dict[str, str]:
    """Title -> test for a menu, weak ones first."""
    order = [*TEST_TEXTS, *(test for test in TESTS if test not in TEST_TEXTS)]
    return {text_of(test).title: test for test in order if test in TESTS}
