"""The command line: what it prints, what it writes, and how it refuses."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import nbformat
import pytest
import torch

from workbench.cli import app as app_command
from workbench.cli import lab as lab_command
from workbench.cli import main, parser, serving


def run(capsys, *words: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of one command in this process."""
    code = main(words)
    out = capsys.readouterr()
    return code, out.out, out.err


def refused(capsys, *words: str) -> str:
    """The one line that says what was wrong."""
    code, _, err = run(capsys, *words)
    assert code == 2
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.fixture
def graphml(tmp_path) -> Path:
    """Two triangles joined by one edge, with names."""
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("d", "f")]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        '<graph edgedefault="undirected">',
        *(f'<node id="{name}"/>' for name in "abcdef"),
        *(f'<edge source="{u}" target="{v}"/>' for u, v in edges),
        "</graph>",
        "</graphml>",
    ]
    path = tmp_path / "my.graphml"
    path.write_text("\n".join(lines))
    return path


# ---------------------------------------------------------------- the whole program


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from workbench.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'numpy', 'jupyterlab', 'voila') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("lab", "app", "report", "rewire", "list", "doctor"):
        assert command in done.stdout


def test_a_mistake_in_a_subprocess_is_one_line_and_code_2(tmp_path):
    words = [sys.executable, "-m", "workbench.cli", "report", str(tmp_path / "absent.graphml")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "absent.graphml" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["report"],
        ["report", "karate", "--colour"],
        ["rewire", "karate", "--method", "gtr", "--num-edges", "-3", "-o", "x.npz"],
        ["list", "everything"],
        ["app", "chess"],
        ["lab", "--port", "eighty"],
    ],
    ids=" ".join,
)
def test_words_that_mean_nothing_end_with_code_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "error" in capsys.readouterr().err


def test_every_option_says_what_it_is():
    commands = next(a for a in parser()._actions if a.choices and not a.option_strings)
    for name, command in commands.choices.items():
        for action in command._actions:
            own = action.choices or action.help
            assert own, f"workbench {name} {action.option_strings or action.dest}"


# ---------------------------------------------------------------- report


def test_report_of_two_triangles(graphml, tmp_path, capsys):
    """Each triangle edge is 2/3 ohm, the bridge 1 ohm, so the far corners are 7/3 ohm apart."""
    page = tmp_path / "report.html"
    code, out, _ = run(capsys, "report", str(graphml), "--html", str(page))
    assert code == 0
    assert re.search(r"nodes +6 ", out)
    assert re.search(r"edges +7 ", out)
    assert re.search(r"components +1 ", out)
    assert re.search(r"diameter +3 hops", out)
    assert re.search(r"highest resistance +2\.33333 ohm", out)
    assert re.search(r"highest edge resistance +1 ohm", out)
    assert "c and d" in out
    assert "a bridge" in " ".join(out.split())
    # 6 triangle edges, the bridge, 4 pairs over two edges, 4 over three
    total = 6 * 2 / 3 + 1 + 4 * (2 / 3 + 1) + 4 * (2 / 3 + 1 + 2 / 3)
    assert re.search(rf"total resistance +{total:.6g} ohm", out)
    text = page.read_text()
    assert "2.33333 ohm" in text
    assert "Dotted: the 4 pairs of highest resistance" in text  # two corners on either side
    assert "A bridge: the only edge between 3 nodes and 3 nodes (c–d)" in text
    assert "Will rewiring pay here?" in text


def test_the_page_asks_for_nothing_else(graphml, tmp_path, capsys):
    page = tmp_path / "report.html"
    run(capsys, "report", str(graphml), "--html", str(page))
    text = page.read_text()
    outside = re.findall(r"(?:src|href|url|action)\s*[=(]\s*[\"']?(?!data:)[^\s\"'>)]+", text)
    assert outside == []
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == 1


def test_the_page_shows_names_as_text(tmp_path, capsys):
    path, page = tmp_path / "<b>&.csv", tmp_path / "report.html"
    path.write_text("source,target\n<script>alert(1)</script>,b\nb,c\n")
    assert run(capsys, "report", str(path), "--html", str(page))[0] == 0
    text = page.read_text()
    assert "<script>" not in text
    assert "<b>" not in text


def test_report_counts_what_it_leaves_out(tmp_path, capsys):
    path = tmp_path / "g.npz"
    import numpy as np

    edges = np.array([[0, 1, 1, 2, 0, 3, 3], [1, 0, 2, 1, 0, 4, 4]])
    edges = np.concatenate([edges, edges[::-1]], axis=1)
    np.savez(path, edge_index=edges, num_nodes=6)
    code, out, _ = run(capsys, "report", str(path))
    assert code == 0
    assert re.search(r"components +3 ", out)
    assert "∞ ohm" in out
    assert re.search(r"total resistance within +5 ohm", out)  # path of 3: 1 + 1 + 2; an edge: 1


@pytest.mark.parametrize(("graph", "nodes"), [("path:1", 1), ("path:2", 2), ("ring:3", 3)])
def test_report_of_the_smallest_graphs(graph, nodes, tmp_path, capsys):
    page = tmp_path / "r.html"
    code, out, _ = run(capsys, "report", graph, "--html", str(page))
    assert code == 0
    assert re.search(rf"nodes +{nodes} ", out)
    assert "<svg" in page.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("fills_in", [False, True])
def test_report_of_a_graph_too_large_for_a_matrix_says_how_sure_it_is(
    fills_in, capsys, monkeypatch
):
    from workbench.diagnostics import resistance_of_edges, total_resistance
    from workbench.diagnostics.resistance import pair_sums, resistance_sparse
    from workbench.graphs import grid
    from workbench.report import extremes

    data = grid(40, 40)
    exact = float(total_resistance(data.edge_index, 1600))
    highest = float(resistance_of_edges(data.edge_index, 1600).max())
    monkeypatch.setattr(extremes, "LONGEST_SECONDS", 0.0)
    if fills_in:
        for module in (pair_sums, resistance_sparse):
            monkeypatch.setattr(module, "plan", lambda adjacency, **options: None)
    code, out, _ = run(capsys, "report", "grid:40x40")
    assert code == 0
    assert re.search(r"highest resistance +[\d.]+ ohm +± 0.1%, of [\d,]+ pairs", out)
    if not fills_in:
        total = re.search(r"total resistance +(\S+) ohm +exact", out)[1]
        assert float(total.replace(",", "")) == pytest.approx(exact, rel=1e-5)
        edge = float(re.search(r"highest edge resistance +([\d.]+) ohm +exact", out)[1])
        assert edge == pytest.approx(highest, rel=1e-5)
        return
    found = re.search(r"total resistance +(\S+) ohm +± (\S+) standard error", out)
    total, error = (float(number.replace(",", "")) for number in found.groups())
    assert abs(total - exact) <= 5 * error + 1e-3 * exact
    edge = float(re.search(r"highest edge resistance +([\d.]+) ohm +± 0.1%, of the 64", out)[1])
    assert 0.95 * highest <= edge <= 1.001 * highest


def test_a_bridge_is_the_highest_edge_of_a_large_graph(capsys, monkeypatch):
    from workbench.report import extremes

    monkeypatch.setattr(extremes, "LONGEST_SECONDS", 0.0)
    code, out, _ = run(capsys, "report", "barbell:6,0")
    assert code == 0
    assert re.search(r"highest edge resistance +1 ohm +exact", out)
    assert "5 and 6; a bridge" in " ".join(out.split())


def test_report_of_a_model(tmp_path, capsys):
    page = tmp_path / "report.html"
    words = ["report", "karate", "--model", "GCN", "--num-layers", "3", "--html", str(page)]
    code, out, err = run(capsys, *words)
    assert code == 0
    assert err == ""
    assert re.search(r"An untrained GCN of 3 layers: effective range [\d.]+ hops", out)
    assert "An untrained GCN of 3 layers on this graph" in page.read_text()
    assert "no model 'Perceptron'; there are" in refused(
        capsys, "report", "karate", "--model", "Perceptron"
    )


def test_report_of_a_model_with_attention_between_all_nodes(tmp_path, capsys):
    page = tmp_path / "report.html"
    words = ["barbell:10,3", "--model", "GPS", "--num-layers", "3", "--html", str(page)]
    code, out, err = run(capsys, "report", *words)
    assert (code, err) == (0, "")
    assert re.search(r"An untrained GPS of 3 layers: effective range [\d.]+ hops", out)
    assert "The model reaches farther than its 3 layers" in " ".join(out.split())
    assert "The model reaches farther than its 3 layers" in page.read_text()


def test_report_without_a_model_speaks_of_none(capsys, tmp_path):
    page = tmp_path / "report.html"
    code, out, _ = run(capsys, "report", "barbell:5,1", "--html", str(page))
    assert code == 0
    assert "Will rewiring pay here? Likely." in out
    assert "1. A corridor of 2 edges" in out
    assert "untrained" not in out + page.read_text()
    assert "None" not in page.read_text()


@pytest.mark.parametrize("graph", ["complete:5", "ring:3", "star:6"])
def test_degrees_that_no_other_graph_has_raise_no_note(graph, capsys):
    code, out, err = run(capsys, "report", graph)
    assert (code, err) == (0, "")
    assert "Will rewiring pay here? Unlikely." in out


def test_report_of_a_graph_whose_weights_are_0(tmp_path, capsys):
    path = tmp_path / "dead.csv"
    path.write_text("source,target,weight\na,b,0\nb,c,0\nc,d,0\n")
    page = tmp_path / "report.html"
    code, out, _ = run(capsys, "report", str(path), "--html", str(page))
    assert code == 0
    assert "Will rewiring pay" not in out
    assert "Nothing to rewire" in page.read_text()


def test_report_leaves_out_what_takes_too_long(capsys):
    code, out, _ = run(capsys, "report", "grid:20x20", "--seconds", "0")
    assert code == 0
    assert "Left out: " in out
    assert "of 0 s in all" in " ".join(out.split())


# ---------------------------------------------------------------- rewire


def test_rewire_writes_a_graph_with_the_edges_it_names(graphml, tmp_path, capsys):
    from workbench.graphs import read_graph

    out_path = tmp_path / "out.graphml"
    words = ["rewire", str(graphml), "--method", "gtr", "--num-edges", "2", "-o", str(out_path)]
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert len(re.findall(r"^  \+ \w \w$", out, re.M)) == 2
    assert "before" in out
    assert "after" in out
    before, after = read_graph(graphml), read_graph(out_path)
    assert after.num_nodes == 6
    assert after.edge_index.size(1) == before.edge_index.size(1) + 4


@pytest.mark.parametrize("ending", ["npz", "gml", "csv", "edgelist", "g6"])
def test_rewire_writes_every_form(ending, tmp_path, capsys):
    path = tmp_path / f"out.{ending}"
    words = ["rewire", "barbell:5,1", "--method", "fosr", "--num-edges", "1", "-o", str(path)]
    assert run(capsys, *words)[0] == 0
    code, out, _ = run(capsys, "report", str(path))
    assert code == 0
    assert re.search(r"nodes +11 ", out)
    assert re.search(r"edges +23 ", out)  # two cliques of 10, a path of 2, one new


def test_the_same_seed_gives_the_same_file(tmp_path, capsys):
    words = ["rewire", "grid:5x5", "--method", "random_edges", "--num-edges", "4", "-o"]
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for path, seed in zip(paths, (7, 7, 8), strict=True):
        run(capsys, *words, str(path), "--seed", str(seed))
    same, again, other = (path.read_bytes() for path in paths)
    assert same == again != other


def test_every_method_runs_from_the_command_line(tmp_path, capsys):
    from workbench.rewiring import REWIRINGS

    for name, method in REWIRINGS.items():
        out = tmp_path / f"{name}.npz"
        words = ["rewire", "barbell:5,1", "--method", name, "-o", str(out)]
        if "x" in method.declaration.reads:
            said = refused(capsys, *words)
            assert f"{name} reads x of a graph, and this one has no x" in said
        elif method.declaration.kind == "layers":
            said = refused(capsys, *words)
            assert f"no graph file holds; in Python, Rewire('{name}')(data)" in said
            assert not out.exists()
        elif method.declaration.kind == "edits":
            assert f"{name} needs --num-edges" in refused(capsys, *words)
            assert run(capsys, *words, "--num-edges", "1")[0] == 0
        else:
            assert "has no budget of edges" in refused(capsys, *words, "--num-edges", "1")
            code, said, _ = run(capsys, *words)
            assert code == 0
            assert re.search(rf"{name} keeps \d+ of 44 directed edges and adds \d+", said)


def test_new_nodes_and_directions_are_written(tmp_path, capsys):
    from workbench.graphs import read_graph

    out = tmp_path / "out.graphml"
    words = ["rewire", "karate", "-o", str(out), "--method"]
    _, said, _ = run(capsys, *words, "virtual_node")
    assert "keeps 156 of 156 directed edges and adds 68; 1 new node\n" in said
    assert "both ways" not in said
    found = read_graph(out)
    assert (found.num_nodes, found.edge_index.size(1)) == (35, 156 + 68)
    _, said, _ = run(capsys, *words, "digl", "--top-k", "4", "--t", "2")
    assert "measured with each edge both ways: of two weights the mean" in said
    found = read_graph(out, directed=True)
    assert found.edge_index.size(1) == 4 * 34
    _, said, _ = run(capsys, *words, "digl", "--alpha", "0.1")
    into = torch.zeros(34).double()
    found = read_graph(out, directed=True)
    into.index_add_(0, found.edge_index[1], found.edge_weight.double())
    torch.testing.assert_close(into, torch.ones(34).double(), rtol=1e-5, atol=0)


def test_a_method_that_goes_by_direction_takes_a_directed_graph(tmp_path, capsys):
    from workbench.graphs import read_graph

    path, out = tmp_path / "arcs.csv", tmp_path / "out.npz"
    path.write_text("source,target\na,b\nb,c\nc,d\n")
    words = ["rewire", str(path), "--directed", "-o", str(out), "--method"]
    assert "--undirected" in refused(capsys, *words, "gtr", "--num-edges", "1")
    code, said, _ = run(capsys, *words, "half_hop", "--alpha", "0.25")
    assert code == 0
    assert "keeps 0 of 3 directed edges and adds 9; 3 new nodes" in said
    assert read_graph(out).num_nodes == 7


def test_a_methods_own_options_are_converted_by_its_signature():
    from workbench.cli.own_options import GIVEN, own_parameters, parse_options

    def method(
        edge_index,
        num_nodes,
        *,
        num_edges: int = 1,
        edge_weight: torch.Tensor | None = None,
        temperature: float = 1.0,
        variant: Literal["paper", "official"] = "paper",
        steps: int | None = None,
        strict: bool = True,
        generator: torch.Generator | None = None,
    ):
        """Nothing."""

    words = ["--temperature", "0.5", "--variant=official", "--steps", "none", "--strict", "false"]
    own = own_parameters(method, without=GIVEN | {"num_edges"})
    assert parse_options("m", own, words) == {
        "temperature": 0.5,
        "variant": "official",
        "steps": None,
        "strict": False,
    }
    for wrong, said in [
        (["--variant", "mine"], "paper, official"),
        (["--steps", "2.5"], "2.5"),
        (["--tau", "3"], "temperature"),
        (["--edge-weight", "3"], "its own options: temperature"),
        (["--steps"], "needs a value"),
        (["stray"], "stray"),
    ]:
        with pytest.raises(ValueError, match=re.escape(said)):
            parse_options("m", own, wrong)


def test_rewire_leaves_edges_of_weight_0_out(tmp_path, capsys):
    """A square with one diagonal of weight 0: the diagonal may be added, and its column goes."""
    from workbench.graphs import read_graph

    path, out = tmp_path / "square.csv", tmp_path / "out.csv"
    path.write_text("source,target,weight\n0,1,2\n1,2,2\n2,3,2\n3,0,2\n0,2,0\n")
    words = ["rewire", str(path), "--method", "gtr", "--num-edges", "2", "-o", str(out)]
    code, said, _ = run(capsys, *words)
    assert code == 0
    assert "2 of 10 directed edges have weight 0 and are left out" in said
    changed = read_graph(out)
    assert changed.num_edges == 12
    assert float(changed.edge_weight.min()) == 1.0


@pytest.mark.parametrize(("num_edges", "said"), [("3", "3 were asked for: every pair"), ("0", "")])
def test_rewire_says_why_there_are_fewer_edits(num_edges, said, tmp_path, capsys):
    words = ["rewire", "complete:6", "--method", "gtr", "--num-edges", num_edges, "-o"]
    assert main([*words, str(tmp_path / "out.npz")]) == 0
    out = capsys.readouterr().out
    assert "0 edits by gtr" in out
    assert ("asked for" in out) == bool(said)
    assert said in out


@pytest.mark.parametrize("ending", [".graphml", ".npz"])
def test_rewire_into_a_folder_that_is_not_there(ending, tmp_path, capsys):
    path = tmp_path / "none" / f"o{ending}"
    words = ["rewire", "karate", "--method", "gtr", "--num-edges", "1", "-o", str(path)]
    assert main(words) != 0
    error = capsys.readouterr().err
    assert f"{path}: the folder {path.parent} does not exist" in error
    assert ".o." not in error


def test_rewire_refuses_what_it_does_not_know(tmp_path, capsys):
    out = str(tmp_path / "x.npz")
    base = ["rewire", "karate", "--num-edges", "1", "-o"]
    assert "magic" in refused(capsys, *base, out, "--method", "magic")
    assert "--colour" in refused(capsys, *base, out, "--method", "gtr", "--colour", "red")
    assert "xyz" in refused(capsys, *base, str(tmp_path / "out.xyz"), "--method", "gtr")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- bad files


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.graphml", "<graphml><graph>\n<node id='a'>\n</graph></graphml>", "line 3"),
        ("ragged.csv", "source,target\na,b\nc\n", "3"),
        ("short.npz", "no zip file at all", "npz"),
        ("graph.docx", "words", "docx"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(name, content, said, tmp_path, capsys):
    path = tmp_path / name
    path.write_text(content)
    message = refused(capsys, "report", str(path))
    assert name in message
    assert said in message.replace(name, "", 1) or said in name


def test_a_name_that_is_no_graph_is_refused(capsys):
    assert "barbel:5,1" in refused(capsys, "report", "barbel:5,1")


def test_a_directed_graph_is_refused_until_it_is_made_undirected(tmp_path, capsys):
    path = tmp_path / "arcs.graphml"
    path.write_text(
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed">'
        '<node id="a"/><node id="b"/><node id="c"/>'
        '<edge source="a" target="b"/><edge source="b" target="c"/></graph></graphml>'
    )
    assert "--undirected" in refused(capsys, "report", str(path))
    code, out, _ = run(capsys, "report", str(path), "--undirected")
    assert code == 0
    assert re.search(r"edges +2 ", out)


def test_flags_say_how_a_file_is_to_be_read(tmp_path, capsys):
    from workbench.graphs import read_graph

    path, out = tmp_path / "mine.csv", tmp_path / "out.graphml"
    path.write_text("a,b,c,length\n1,2,4,0.5\n2,3,1,1.5\n3,4,9,2.5\n")
    rewire = ["rewire", str(path), "--method", "gtr", "--num-edges", "1", "-o", str(out)]
    code, _, err = run(capsys, *rewire, "--source", "a", "--target", "2", "--weight", "c")
    assert code == 0
    assert "note: mine.csv: further columns" in err
    back = read_graph(out)
    pairs = dict(
        zip(map(tuple, back.edge_index.T.tolist()), back.edge_weight.tolist(), strict=True)
    )
    assert [pairs[0, 1], pairs[1, 2], pairs[2, 3]] == [4.0, 1.0, 9.0]
    # what belongs to the edges that stay is written too; the new one has none of it
    assert sorted(back.edge_length.tolist()) == [0.0, 0.0, 0.5, 0.5, 1.5, 1.5, 2.5, 2.5]
    assert "weight='length'" in run(capsys, "report", str(path))[2]
    code, _, err = run(capsys, "report", str(path), "--directed")
    assert (code, "add --undirected" in err) == (2, True)
    for words in (["--weight", "none"], ["--header", "yes"]):
        code, out_, err = run(capsys, "report", str(path), *words)
        assert (code, re.search(r"edges +3 ", out_) is None) == (0, False)
    assert "no column 'z'" in refused(capsys, "report", str(path), "--source", "z")
    with pytest.raises(SystemExit):
        main(["report", str(path), "--directed", "--undirected"])


def test_of_two_weights_the_mean_is_taken_everywhere(tmp_path, capsys):
    from workbench.graphs import read_graph

    path, out = tmp_path / "mine.edges", tmp_path / "out.edgelist"
    path.write_text("% asym\n0 1 2\n1 0 4\n1 2 5\n")
    words = ["rewire", str(path), "--undirected", "--method", "gtr", "--num-edges", "0"]
    code, _, err = run(capsys, *words, "-o", str(out))
    assert code == 0
    assert "1 pair has two weights, one each way: the mean is taken" in err
    assert read_graph(out).edge_weight.tolist() == [3.0, 3.0, 5.0, 5.0]


def test_a_pickle_stays_shut_and_the_way_on_is_said(tmp_path, capsys):
    path = tmp_path / "mine.gpickle"
    path.write_bytes(b"\x80\x04junk")
    assert "networkx.write_graphml(graph, 'mine.graphml')" in refused(capsys, "report", str(path))


def test_one_graph_of_a_file_by_its_number(tmp_path, capsys):
    path = tmp_path / "three.g6"
    path.write_text("A_\nDQc\nBw\n")
    code, out, _ = run(capsys, "report", f"{path}:2")
    assert code == 0
    assert re.search(r"nodes +3 ", out)


def test_debug_shows_the_traceback(tmp_path):
    with pytest.raises((ValueError, OSError)):
        main(["--debug", "report", str(tmp_path / "absent.graphml")])


# ---------------------------------------------------------------- list, doctor


def test_list_names_every_entry_with_its_options(capsys):
    from workbench.models import MODELS
    from workbench.rewiring import REWIRINGS

    code, out, _ = run(capsys, "list")
    assert code == 0
    for name in [*MODELS, *REWIRINGS]:
        assert re.search(rf"^  {name}\(.*\)$", out, re.M), name
    code, out, _ = run(capsys, "list", "rewirings")
    assert out.count("\n") == 1 + 2 * len(REWIRINGS)
    kinds = re.findall(r"^      \[(\w+)\] ", out, re.M)
    assert kinds == [method.declaration.kind for method in REWIRINGS.values()]
    assert "should_stop" not in out


def test_doctor_finds_this_environment_ready(capsys):
    code, out, _ = run(capsys, "doctor")
    assert code == 0, out
    for name in ("python", "torch", "device", "compiled loops", "Chromium", "data sets"):
        assert re.search(rf"^(ok|note) +{re.escape(name)} ", out, re.M), name


def test_doctor_says_what_is_missing_and_how_to_get_it(capsys, monkeypatch):
    from importlib.metadata import PackageNotFoundError

    from workbench.cli import doctor

    real = doctor.version

    def version(name):
        if name == "voila":
            raise PackageNotFoundError(name)
        return "0.1" if name == "numba" else real(name)

    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert re.search(r"^missing +voila +not installed\n +-> pip install", out, re.M)
    assert re.search(r"^missing +numba +0\.1, but >=", out, re.M)
    assert re.search(r"^note +Chromium .*\n +-> apt-get install chromium", out, re.M)


def test_doctor_finds_what_is_installed_and_does_not_load(capsys, monkeypatch):
    from workbench.cli import doctor

    def import_module(name):
        if name == "numba":
            raise OSError("libllvmlite.so: wrong ELF class")

    monkeypatch.setattr(doctor.importlib, "import_module", import_module)
    code, out, _ = run(capsys, "doctor", "--load")
    assert code == 1
    told = r"^missing +numba +does not load: libllvmlite.so: wrong ELF class\n +-> pip install .*"
    assert re.search(told + "--force-reinstall", out, re.M)
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "were not loaded, so whether they work is not known: workbench doctor --load" in out


def test_doctor_finds_files_that_are_gone_without_loading(capsys, monkeypatch):
    from workbench.cli import doctor

    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "torch" else name)
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert re.search(
        r"^missing +torch +\S+ is noted as installed, but its files are gone$", out, re.M
    )


# ---------------------------------------------------------------- lab, app


def test_lab_opens_the_notebooks_of_the_checkout():
    assert lab_command.folder() == Path(__file__).parents[1] / "notebooks"


def test_an_installed_copy_puts_notebooks_here_and_overwrites_nothing(tmp_path, monkeypatch):
    package, here, signatures = (tmp_path / name for name in ("package", "here", "signatures"))
    (package / "notebooks" / "images").mkdir(parents=True)
    here.mkdir()
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    for name in ("00_tour.ipynb", "01_rewiring_lab.ipynb"):
        (package / "notebooks" / name).write_text(notebook)
    (package / "notebooks" / "images" / "lab.png").write_bytes(b"picture")
    monkeypatch.setattr(lab_command, "_PACKAGE", package)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(signatures))
    monkeypatch.chdir(here)

    folder = lab_command.folder()
    assert folder == here / "workbench-notebooks"
    assert (folder / "images" / "lab.png").read_bytes() == b"picture"
    mine = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("my own")]))
    (folder / "01_rewiring_lab.ipynb").write_text(mine)
    same = lab_command.copy_notebooks(package / "notebooks", folder)
    assert [path.name for path in same] == ["00_tour.ipynb"]
    assert "my own" in (folder / "01_rewiring_lab.ipynb").read_text()

    notary = nbformat.sign.NotebookNotary()
    assert notary.check_signature(nbformat.read(folder / "00_tour.ipynb", as_version=4))
    assert not notary.check_signature(nbformat.read(folder / "01_rewiring_lab.ipynb", as_version=4))


def given(*words: str):
    """The options of a command."""
    return parser().parse_args(words)


def test_lab_arguments(monkeypatch):
    monkeypatch.setattr(serving, "is_root", lambda: False)
    plain = lab_command.arguments(Path("/n"), serving.chosen_server(given("lab")))
    assert "--ServerApp.root_dir=/n" in plain
    assert "--LabApp.news_url=None" in plain
    assert not any(
        word.startswith(("--no-browser", "--ServerApp.ip", "--allow-root")) for word in plain
    )
    monkeypatch.setattr(serving, "is_root", lambda: True)
    chosen = serving.chosen_server(given("lab", "--container", "--port", "8000"))
    boxed = lab_command.arguments(Path("/n"), chosen)
    assert {"--no-browser", "--ServerApp.ip=0.0.0.0", "--allow-root"} <= set(boxed)
    assert "--ServerApp.port=8000" in boxed
    assert not any("token" in word or "password" in word for word in boxed)
    chosen = serving.chosen_server(given("lab", "--allow-root", "--ip", "10.0.0.7"))
    assert {"--ServerApp.ip=10.0.0.7", "--allow-root"} <= set(
        lab_command.arguments(Path("/n"), chosen)
    )


def test_an_app_that_others_can_reach_asks_for_a_token(monkeypatch):
    monkeypatch.setattr(serving, "is_root", lambda: False)
    words = ("app", "rewiring")
    here = app_command.arguments(Path("/n"), serving.chosen_server(given(*words)), theme="light")
    assert not any("ip" in word or "token" in word for word in here)
    chosen = serving.chosen_server(given(*words, "--ip", "0.0.0.0"))
    there = app_command.arguments(Path("/n"), chosen, theme="light")
    assert {"--Voila.ip=0.0.0.0", "--token"} <= set(there)


@pytest.mark.parametrize("words", [["lab"], ["app", "rewiring", "karate"]], ids=" ".join)
def test_root_is_told_the_two_ways_on(words, monkeypatch, capsys):
    monkeypatch.setattr(serving, "is_root", lambda: True)
    said = refused(capsys, *words)
    assert "you are root" in said
    assert "as another user" in said
    assert f"workbench {words[0]} --allow-root" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["lab"], "with --ip 0.0.0.0 and a published port only (docker run -p 8888:8888)"),
        (["app", "rewiring"], "docker run -p 8866:8866"),
        (["lab", "--port", "9000"], "docker run -p 9000:9000"),
        (["lab", "--ip", "127.0.0.1"], "with --ip 0.0.0.0 and a published port only"),
        (["lab", "--ip", "0.0.0.0"], "with a published port only"),
        (["lab", "--container"], "with a published port only"),
    ],
)
def test_in_a_container_it_is_said_how_to_see_the_page(words, told, monkeypatch, capsys):
    monkeypatch.setattr(serving, "is_root", lambda: False)
    monkeypatch.setattr(serving, "in_container", lambda: True)
    serving.chosen_server(given(*words))
    assert told in capsys.readouterr().err
    monkeypatch.setattr(serving, "in_container", lambda: False)
    serving.chosen_server(given(*words))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv", "container"])
def test_a_container_is_known_by_its_marks(mark, tmp_path):
    assert not serving.in_container(tmp_path, {})
    if "/" in mark or mark.startswith("."):
        (tmp_path / mark).parent.mkdir(exist_ok=True)
        (tmp_path / mark).touch()
        assert serving.in_container(tmp_path, {})
    else:
        assert serving.in_container(tmp_path, {mark: "podman"})


def test_the_warm_up_behind_jupyter_is_gone_when_it_ends(monkeypatch):
    started = []
    real = subprocess.Popen

    def popen(words, **options):
        started.append((words, real([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)))
        return started[0][1]

    monkeypatch.setattr(lab_command.subprocess, "Popen", popen)
    with lab_command.background_warm_up():
        ((words, process),) = started
        assert words[-4:] == ["-m", "workbench.cli", "doctor", "--warm-up"]
        assert process.poll() is None
    assert process.poll() is not None
