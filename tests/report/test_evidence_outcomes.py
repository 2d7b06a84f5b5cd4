"""Every piece of evidence in all that it can say: on the card, in its counts, in the terminal."""

import networkx as nx
import pytest
import torch

from workbench.cli import main
from workbench.graphs import barbell, karate, path
from workbench.report import report

#: What can be said. A bound from below cannot speak against, nor homophily for.
OUTCOMES = {
    (name, says)
    for name in (
        "squeeze beyond chance",
        "what few edges buy",
        "one narrow place",
        "signal across it",
        "labels nearby",
        "labels that new edges join",
        "what the task's pairs hear",
    )
    for says in ("for", "against", "open")
} - {("one narrow place", "against"), ("labels nearby", "for")}


def cases():
    halves = torch.arange(18) // 9
    for data, labels in (
        (path(3), torch.arange(3)),
        (path(3), torch.tensor([0, 1, 0])),
        (barbell(8, 2), halves),
        (karate(), torch.arange(34) % 7),
    ):
        yield data, {"y": labels}, {}
    for data, pair, num_layers in (
        (path(3), (0, 2), 1),
        (path(3), (0, 2), 4),
        (karate(), (0, 33), 4),
    ):
        yield data, {}, {"pairs": torch.tensor(pair).view(2, 1), "num_layers": num_layers}


def test_every_outcome_is_on_the_page_and_counted():
    seen = set()
    for data, attributes, options in cases():
        data = data.clone()
        for key, value in attributes.items():
            data[key] = value
        page = report(data, **options)
        verdict = page.verdict
        seen |= {(piece.name, piece.says) for piece in verdict.evidence}
        html = page.html()
        assert all(piece.name.replace("'", "&#x27;") in html for piece in verdict.evidence)
        assert "None" not in verdict.sentence
        graph = [piece.says for piece in verdict.evidence if piece.about == "graph"]
        if "of the graph" in verdict.sentence:
            assert f"{graph.count('against')} against, {graph.count('open')} n" in verdict.sentence
    assert seen == OUTCOMES


@pytest.mark.parametrize("name", ["path", "karate"])
def test_evidence_without_an_answer_is_open_in_the_terminal(name, tmp_path, capsys):
    graph = nx.path_graph(3) if name == "path" else nx.Graph(nx.karate_club_graph().edges)
    nx.set_node_attributes(graph, {v: v % (3 if name == "path" else 7) for v in graph}, "y")
    nx.write_gml(graph, file := str(tmp_path / "graph.gml"))
    assert main(["report", file]) == 0
    assert "open     labels that new edges join" in capsys.readouterr().out
