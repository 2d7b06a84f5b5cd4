"""Cells and table of BREC: every pair is in its place, and what is left out is shown."""

import pytest

from workbench.figures import brec_cells, brec_table_figure

SUBSETS = ["a", "a", "a", "b", "b"]
ROW = {
    "method": "2-fwl",
    "mode": "exact",
    "seeds": [],
    "sizes": {"a": 3, "b": 2},
    "by_subset": {"a": 2, "b": 0},
    "distinguished": 2,
    "of": 5,
    "cells": "DDnxx",
}


def test_every_pair_has_one_cell_by_subset():
    figure = brec_cells({"1-wl": "nnnnn", "2-fwl": "DDnxx"}, SUBSETS)
    shown = {}
    for trace in figure.data:
        for method, start, width, text in zip(
            trace.y, trace.base, trace.x, trace.hovertext, strict=True
        ):
            for column in range(round(start + 0.5), round(start + 0.5 + width)):
                assert (method, column) not in shown
                shown[method, column] = trace.hovertemplate.replace("%{hovertext}", text)
    assert len(shown) == 10
    assert figure.layout.yaxis.categoryarray == ("1-wl", "2-fwl")
    # one empty column between the subsets
    assert {column for _, column in shown} == {0, 1, 2, 4, 5}
    assert shown["2-fwl", 4] == "%{y}<br>pairs 3 to 4, b: left out<extra></extra>"
    assert figure.layout.xaxis.ticktext == ("a (3)", "b (2)")
    assert [note.text for note in figure.layout.annotations] == ["0 of 5", "2 of 5"]
    assert shown["2-fwl", 2] == "%{y}<br>pair 2, a: not told apart<extra></extra>"
    assert [trace.name for trace in figure.data] == ["told apart", "not told apart", "left out"]


def test_numbers_from_elsewhere_stand_below_and_are_marked():
    other = {"method": "N", "source": "elsewhere", "by_subset": {"a": 1}, "distinguished": 1}
    figure = brec_cells({"2-fwl": "DDnxx"}, SUBSETS, reference=[other])
    assert figure.layout.yaxis.categoryarray == ("2-fwl", "<i>N</i>")
    traces = [trace for trace in figure.data if "<i>N</i>" in trace.y]
    # one of a, two that are not; nothing of b, which is not known
    assert [(list(t.base), list(t.x), list(t.hovertext)) for t in traces] == [
        ([-0.5], [1], ["a: 1"]),
        ([0.5], [2], ["a: 1"]),
    ]
    assert all("computed elsewhere" in trace.hovertemplate for trace in traces)
    assert "so many, computed elsewhere" in [trace.name for trace in figure.data]
    assert [note.text for note in figure.layout.annotations] == ["2 of 5", "<i>1 of 5</i>"]
    with pytest.raises(ValueError, match="N has 4 of the 3 pairs of a"):
        brec_cells({}, SUBSETS, reference=[other | {"by_subset": {"a": 4}}])


def test_table():
    other = {"method": "N", "source": "elsewhere", "by_subset": {"a": 1}, "distinguished": 1}
    figure = brec_table_figure([ROW], reference=[other])
    columns = figure.data[0].cells["values"]
    assert [column[0] for column in columns] == ["2-fwl", "exact", "2", "0 (2 out)", "2"]
    # what others have computed is marked in every cell, and says where it is from
    known = ["N", "elsewhere", "1", "–", "1"]
    assert [column[1] for column in columns] == [f"<i>{cell}</i>" for cell in known]
    trained = brec_table_figure([{**ROW, "mode": "code", "seeds": [100, 200]}])
    assert trained.data[0].cells["values"][1] == ["code, 2 seeds"]


def test_what_is_refused():
    with pytest.raises(ValueError, match="x has 2 cells"):
        brec_cells({"x": "nn"}, SUBSETS)
    with pytest.raises(ValueError, match="each one of"):
        brec_cells({"x": "nnnn?"}, SUBSETS)
    with pytest.raises(ValueError, match="no row"):
        brec_table_figure([])
