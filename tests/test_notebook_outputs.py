"""What counts as the same output of a notebook: rounding does, any change that is read does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from notebook_outputs import differences

from workbench.topology.compiled import MESSAGE

ROOT = Path(__file__).parents[1]
VALUES = np.array([1.0, 123.456789, 0.000271828182845904, 0.0, 2 / 3, -4.5])


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def display(**data):
    kinds = {"html": "text/html", "plain": "text/plain", "png": "image/png"}
    kinds["plotly"] = "application/vnd.plotly.v1+json"
    named = {kinds[kind]: value for kind, value in data.items()}
    return nbformat.v4.new_output("display_data", data=named)


def in_text(values, name="sums", count=30):
    return stream(f"{name} of {count} nodes: {', '.join(map(repr, values.tolist()))}\n")


def in_tables(values, name="sums", count=30):
    table = pd.DataFrame({name: values}, index=range(count, count + len(values)))
    digits = {"float_format": lambda value: repr(float(value))}
    return display(html=table.to_html(**digits), plain=table.to_string(**digits))


def in_a_path(values, name="sums", count=30):
    points = "L".join(f"{x}.5 {float(y)!r}" for x, y in enumerate(values))
    path = f'<path class="line" stroke-width="{count}" d="M{points}"/>'
    return display(html=f'<svg viewBox="0 0 150 150">\n<text>{name}</text>{path}</svg>')


def in_a_figure(values, name="sums", count=30):
    trace = go.Scatter(x=np.arange(len(values)) + count, y=values, name=name)
    return display(plotly=json.loads(go.Figure(trace).to_json()))


def in_a_matrix(values, name="sums", count=30):
    trace = go.Heatmap(z=np.stack([values, values]), name=name, zmin=count)
    return display(plotly=json.loads(go.Figure(trace).to_json()))


def in_a_list(values, name="sums", count=30):
    figure = {"data": [{"x": [count], "y": values.tolist(), "name": name}], "layout": {}}
    return display(plotly=figure)


FORMS = (in_text, in_tables, in_a_path, in_a_figure, in_a_matrix, in_a_list)


@pytest.fixture(params=FORMS, ids=lambda form: form.__name__)
def form(request):
    return request.param


def test_a_figure_is_stored_as_bytes_and_as_lists():
    """The forms above are what they are called."""
    (trace,) = in_a_figure(VALUES)["data"]["application/vnd.plotly.v1+json"]["data"]
    assert set(trace["y"]) == {"bdata", "dtype"}
    (trace,) = in_a_matrix(VALUES)["data"]["application/vnd.plotly.v1+json"]["data"]
    assert set(trace["z"]) == {"bdata", "dtype", "shape"}


def test_the_same_is_the_same(form):
    assert differences([form(VALUES)], [form(VALUES)]) == []


def test_rounding_is_no_difference(form):
    up = np.where(VALUES == 0, 3e-17, np.nextafter(VALUES, np.inf))
    down = np.where(VALUES == 0, -1e-17, np.nextafter(VALUES, -np.inf))
    assert str(form(up)) != str(form(down))
    assert differences([form(up)], [form(down)]) == []


def test_minus_zero_is_zero(form):
    assert differences([form(VALUES)], [form(np.where(VALUES == 0, -0.0, VALUES))]) == []


@pytest.mark.parametrize("at", [1, 2, 4, 5])
def test_a_third_digit_is_a_difference(form, at):
    moved = VALUES.copy()
    # the drawing is 150 high: its third digit is that of the whole path
    moved[at] += 1.0 if form is in_a_path else 0.002 * abs(moved[at])
    (found, *_) = differences([form(VALUES)], [form(moved)])
    assert repr(float(VALUES[at])) in found
    assert repr(float(moved[at])) in found


def test_a_sign_is_a_difference(form):
    assert differences([form(VALUES)], [form(-VALUES)])


def test_a_word_is_a_difference(form):
    (found, *_) = differences([form(VALUES)], [form(VALUES, name="means")])
    assert "sums" in found
    assert "means" in found


def test_an_integer_is_a_difference(form):
    (found, *_) = differences([form(VALUES)], [form(VALUES, count=31)])
    assert "30" in found
    assert "31" in found


def test_another_length_is_a_difference(form):
    assert differences([form(VALUES)], [form(VALUES[:-1])])
    assert differences([form(VALUES[:-1])], [form(VALUES)])


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("0.4545", "0.4546"),  # four digits, on the edge between two prints
        ("9.999", "10.00"),
        ("1.000e-05", "1.001e-05"),
        ("390.649424", "390.649425"),
        ("-1.234", "-1.235"),
        ("0.3", "0.30000000000000004"),  # all digits are printed
        ("1e-16", "1.0000000000000002e-16"),
        ("[ 0. -1.]", "[-0. -1.]"),
        ("   -0.0  1.5\n    2.5  3.5", "    0.0  1.5\n    2.5  3.5"),
        ("sum 1.0, rest 3e-17", "sum 1.0, rest -1e-17"),
    ],
)
def test_printed_numbers_that_are_the_same(stored, computed):
    assert differences([stream(stored)], [stream(computed)]) == []
    assert differences([stream(computed)], [stream(stored)]) == []


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("0.455", "0.456"),
        ("0.0455", "0.0456"),
        ("15.5%", "15.4%"),
        ("99.9", "100.0"),
        ("0.4545", "0.4547"),
        ("1234", "1235"),
        ("1,234", "1,235"),
        ("1", "1.0"),
        ("1", "1.0000001"),
        ("0.1234567", "0.1234578"),
        ("3e-17", "-1e-17"),  # with nothing beside it that is larger
        ("+0.467", "-0.467"),
        ("1.0 2.0", "1.0  2.0"),
        ("if x:\n    0.5", "if x:\n  0.5"),
        ("#1e5000", "#1e5001"),
        ("plotly 7.1.1000", "plotly 7.1.1001"),
        ("layer1.5000", "layer1.5001"),
        ("4.5000 and 4", "4.5001 or 4"),
        ("nan", "0.5"),
    ],
)
def test_printed_numbers_that_are_not(stored, computed):
    assert differences([stream(stored)], [stream(computed)])
    assert differences([stream(computed)], [stream(stored)])


def test_a_drawing_has_one_size():
    """A tenth of a pixel is not seen in 900, and is all there is of a small bar."""

    def drawing(x="394.3", height="0.3", opacity="0.3", label="0.5"):
        bar = f'<rect x="{x}" y="12.0" height="{height}" opacity="{opacity}"/>'
        return [display(html=f'<svg viewBox="0 0 900 480">{bar}<text>{label}</text></svg>')]

    assert differences(drawing(), drawing(x="394.4", height="0.2")) == []
    for other in ({"x": "394.5"}, {"x": "395.3"}, {"opacity": "0.4"}, {"label": "0.6"}):
        assert differences(drawing(), drawing(**other))


def test_a_figure_is_compared_whole():
    def figure(*traces, **layout):
        return [display(plotly={"data": list(traces), "layout": layout})]

    line = {"type": "scatter", "name": "a", "x": [0, 1, None, 2], "y": [0.5, 1e-17, None, 1.0]}
    near = line | {"y": [0.5000000001, -3e-17, None, 1.0]}
    assert differences(figure(line), figure(near)) == []
    for other in (
        figure(line, line),
        figure(),
        figure(line | {"x": [0, 1, None, 3]}),
        figure(line | {"x": [0, 1, 1.5, 2]}),
        figure(line | {"name": "b"}),
        figure(line | {"mode": "lines"}),
        figure({key: value for key, value in line.items() if key != "name"}),
        figure(line, showlegend=True),
    ):
        assert differences(figure(line), other)
    assert differences(figure(line, showlegend=True), figure(line, showlegend=1))
    hover = ["a hears b: 1.234", "b hears a: 0.5"]
    assert differences(figure({"text": hover}), figure({"text": [hover[0], "b hears a: 0.6"]}))


def test_a_list_and_a_typed_array_of_the_same_numbers_are_the_same():
    stored, computed = in_a_figure(VALUES), in_a_list(VALUES)
    for output in (stored, computed):
        (trace,) = output["data"]["application/vnd.plotly.v1+json"]["data"]
        output["data"] = {"application/json": {"y": trace["y"]}}
    assert differences([stored], [computed]) == []


def test_each_output_has_its_like():
    one, other = stream("one"), display(plain="other")
    assert differences([one, other], [one, other]) == []
    assert differences([one, other], [other, one])
    assert differences([one], [one, other]) == ["output 2: nothing stored, text/plain computed"]
    assert differences([one, other], [one]) == ["output 2: text/plain stored, nothing computed"]
    assert differences([one], [stream("one", "stderr")])
    assert differences([other], [display(plain="other", html="other")])


def test_pixels_are_not_compared():
    assert differences([display(plain="a", png="AAAA")], [display(plain="a", png="BBBB")]) == []
    assert differences([display(plain="a", png="AAAA")], [display(plain="a")]) == []


def test_that_something_is_compiled_once_is_no_difference():
    said = stream(f"{MESSAGE}\n", "stderr")
    whole, cut = [stream("one\ntwo\n")], [stream("one\n"), said, stream("two\n")]
    assert differences(whole, cut) == differences(cut, whole) == []
    assert differences([], [said]) == []
    assert differences([], [stream(f"{MESSAGE}\nanother\n", "stderr")]) != []


def test_errors_are_compared_by_what_they_say():
    def error(says, where):
        return [nbformat.v4.new_output("error", ename="ValueError", evalue=says, traceback=[where])]

    assert differences(error("too large", "line 1"), error("too large", "line 2")) == []
    assert differences(error("too large", "line 1"), error("too small", "line 1"))


def test_what_no_two_runs_share_is_taken_out_first():
    def clean(text):
        return text.replace("monday", "DAY").replace("tuesday", "DAY")

    stored, computed = [stream("on monday 0.5")], [stream("on tuesday 0.5")]
    assert differences(stored, computed, clean=clean) == []
    assert differences(stored, computed)


def test_the_message_says_where_and_both_values():
    rows = [f"row {number}: {number}.25 ohm" for number in range(50)]
    later = [*rows[:11], "row 11: 11.75 ohm", *rows[12:40], "row 40: 40.75 ohm", *rows[41:]]
    (found,) = differences([stream("\n".join(rows))], [stream("\n".join(later))])
    assert found.splitlines() == [
        "output 1, stdout, line 12: 11.25 stored, 11.75 computed, and 1 more of 100 numbers",
        "  - row 11: 11.25 ohm",
        "  + row 11: 11.75 ohm",
    ]
    (found,) = differences([stream("a\nb\nc")], [stream("a\nB\nc\nd")])
    assert found.splitlines() == ["output 1, stdout:", "  - b", "  + B", "  + d"]

    moved = np.where(VALUES == 1.0, 1.5, VALUES)
    (found,) = differences([in_a_matrix(VALUES)], [in_a_matrix(moved)])
    kind = "application/vnd.plotly.v1+json"
    where = f"output 1, {kind}.data[0].z[0][0]"
    assert found == f"{where}: 1.0 stored, 1.5 computed, and 1 more of 12"


def test_a_long_message_is_cut():
    rows = [f"row {letter}" * 100 for letter in "abcdefghijklmnopqrstuvwxyz"]
    (found,) = differences([stream("\n".join(rows))], [stream("\n".join(rows).upper())])
    assert len(found) < 5000
    assert "32 more lines" in found
    traces = [{"name": letter} for letter in "abcdefghijklmnopqrstuvwxyz"]
    found = differences([display(plotly=traces)], [display(plotly=traces[1:] + traces[:1])])
    assert len(found) == 21
    assert found[-1] == "and 6 more differences"


@pytest.mark.slow
def test_pytest_compares_notebooks_in_this_way(tmp_path):
    """The hook, the kernel, nbval and the sanitizers together, on cells that agree or do not."""
    cells = {
        "print('sum', 0.1 + 0.2)": ("sum 0.3", "passed"),
        "print('0.4546 ohm')": ("0.4545 ohm", "passed"),
        "print('took 3.5 s')": ("took 4.5 s", "passed"),
        "print('0.455 ohm')": ("0.456 ohm", "failed"),
        "print('4 nodes')": ("5 nodes", "failed"),
        "print('likely')": ("doubtful", "failed"),
        "import os; print(os.environ['MKL_CBWR'])": ("COMPATIBLE", "passed"),
    }
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source, execution_count=1, outputs=[stream(text + "\n")])
            for source, (text, _) in cells.items()
        ]
    )
    for name in ("conftest.py", "tests/run_notebooks.py", "tests/notebook_outputs.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks" / "some.ipynb")
    arguments = ["--nbval", "--nbval-current-env", "-rA", "-p", "no:jaxtyping"]
    arguments += [f"--nbval-sanitize-with={ROOT / 'tests' / 'sanitize.cfg'}", "--color=no"]
    environment = os.environ | {"PYTEST_ADDOPTS": "", "MKL_CBWR": "COMPATIBLE"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", f"--rootdir={tmp_path}", *arguments, "notebooks"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    for number, (_, outcome) in enumerate(cells.values()):
        assert f"{outcome.upper()} notebooks/some.ipynb::Cell {number}" in done.stdout, done.stdout
    assert "output 1, stdout, line 1: 0.456 stored, 0.455 computed" in done.stdout
    assert "  - doubtful\n  + likely" in done.stdout
