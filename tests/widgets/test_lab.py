"""What all labs share: settings declared once, commands by name, and an end that leaves nothing."""

import gc
import time
import weakref

import ipywidgets
import numpy as np
import pytest
import torch

from workbench.graphs import karate
from workbench.models import GAT, GCN
from workbench.widgets import attention_lens, expressivity_lab, rewiring_lab, sensitivity_lab
from workbench.widgets.lab.lab import Lab, command
from workbench.widgets.lab.state import LabState, Setting
from workbench.widgets.lab.status_line import StatusLine


class ToyState(LabState):
    color = Setting("red", "What it is painted in.", choices=["red", "blue"])
    size = Setting(3, "How large it is.", low=1, high=9)
    bold = Setting(False, "Whether lines are thick.")
    node = Setting(None, "The node that is held.", optional=True, high=4)


class Toy(Lab, state=ToyState):
    made_by = "toy(3)"

    def __init__(self):
        super().__init__(ToyState())
        self.seen = []
        self.when("color", "size", then=lambda: self.seen.append((self.color, self.size)))
        names = ("color", "size", "bold")
        buttons = [self.button("grow", "Grow", "By one."), self.button("break_down", "Break", "")]
        self.children = [*(self.control(name) for name in names), *buttons, self._status]

    @command
    def grow(self, by: int = 1) -> None:
        self.size = self.size + by

    @command
    def break_down(self) -> None:
        raise OSError("the paint is dry")

    def picture(self, format="png"):
        return format.encode()


@pytest.fixture
def toy():
    toy = Toy()
    yield toy
    toy.close()


def test_a_setting_is_an_attribute_a_control_and_a_name(toy):
    toy.color = "blue"
    assert toy.controls["color"].value == "blue"
    toy.controls["color"].value = "red"
    assert toy.color == toy.state.color == toy.shown()["color"] == "red"
    toy.do("size", 5)
    assert toy.controls["size"].value == 5
    assert toy.seen == [("blue", 3), ("red", 3), ("red", 5)]
    assert type(toy).color.__doc__ == "What it is painted in."
    assert toy.controls["color"].tooltip == "What it is painted in."
    assert isinstance(toy.controls["bold"], ipywidgets.Checkbox)


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        ("color", "green", ValueError, "color must be one of red, blue; got 'green'"),
        ("size", 10, ValueError, "size must be from 1 to 9, got 10"),
        ("size", 2.5, TypeError, "size must be a whole number from 1 to 9, got 2.5"),
        ("size", True, TypeError, "size must be a whole number from 1 to 9, got True"),
        ("bold", 1, TypeError, "bold must be True or False, got 1"),
        ("node", 5, ValueError, "node must be from 0 to 4, got 5"),
        (
            "weight",
            5,
            ValueError,
            r"'weight' is no setting \(color, size, bold, node\) and no comm",
        ),
    ],
)
def test_what_a_setting_refuses(toy, name, value, error, text):
    before = toy.state.now()
    with pytest.raises(error, match=text):
        toy.do(name, value)
    assert toy.state.now() == before


def test_commands_by_name_and_by_button(toy):
    toy.do("grow")
    toy.do("grow", 2)
    toy.controls["grow"].click()
    assert toy.size == 7
    toy.controls["break_down"].click()
    assert toy.shown()["status"] == "the paint is dry"
    assert toy.shown()["wrong"]
    with pytest.raises(OSError, match="dry"):
        toy.do("break_down")
    with pytest.raises(ValueError, match="takes one value, got 2"):
        toy.do("size", 1, 2)


def test_other_choices_and_bounds(toy):
    toy.color = "blue"
    toy.state.offer("color", {"a": "blue", "b": "green"})
    assert toy.color == "blue"
    assert toy.controls["color"].options == (("a", "blue"), ("b", "green"))
    toy.state.offer("color", ["black"])
    assert toy.color == toy.controls["color"].value == "black"
    toy.state.bound("size", 5, 6)
    assert toy.size == toy.controls["size"].value == 5
    assert toy.controls["size"].max == 6
    assert Toy().color == "red"  # of another lab nothing changed


def test_whole_numbers_of_other_libraries_are_whole_numbers(toy):
    toy.state.offer("color", {"one": 1, "two": 2})
    toy.color, toy.size, toy.node = np.int64(2), np.int32(5), torch.tensor(3)
    assert (toy.color, toy.size, toy.node) == (2, 5, 3)
    with pytest.raises(ValueError, match="color must be one of 1, 2; got True"):
        toy.color = True


@pytest.mark.parametrize(("name", "value"), [("color", "green"), ("size", 10), ("node", 2.5)])
def test_a_refusal_shows_no_lines_of_traitlets_in_a_cell(toy, name, value):
    """Not two screens of another library before the one sentence."""
    with pytest.raises((ValueError, TypeError)) as caught:
        setattr(toy, name, value)
    assert not any("traitlets" in str(entry.path) for entry in caught.traceback)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_what_is_told_is_on_the_page_as_text(toy):
    toy.say("a < b & c")
    line = next(one for one in toy.children if isinstance(one, StatusLine))
    assert line.value == '<span class="workbench-fine">a &lt; b &amp; c</span>'


def test_repr_and_code_tell_what_was_changed(toy):
    assert repr(toy.state) == "ToyState()"
    toy.size, toy.bold = 4, True
    assert repr(toy.state) == "ToyState(size=4, bold=True)"
    code = "from workbench.widgets import toy\n\nlab = toy(3)\nlab.size = 4\nlab.bold = True\n"
    assert toy.code() == code


def test_a_file_of_each_format_and_no_other(toy, tmp_path):
    assert toy.save(tmp_path / "a.svg").read_bytes() == b"svg"
    with pytest.raises(ValueError, match=r"path must end in \.png, \.svg, \.pdf; got 'a\.gif'"):
        toy.save(tmp_path / "a.gif")


def test_a_setting_may_not_take_the_name_of_what_every_lab_has():
    class Bad(LabState):
        layout = Setting(1, "")

    with pytest.raises(TypeError, match="a setting cannot be called layout"):

        class _(Lab, state=Bad):
            pass


def made_sensitivity_lab():
    data = karate()
    data.x = torch.randn(34, 4, generator=torch.Generator().manual_seed(0))
    lab = sensitivity_lab(GCN(4, 4, 2, num_layers=2), data)
    assert lab.wait()
    return lab


def made_attention_lens():
    data = karate()
    data.x = torch.randn(34, 4, generator=torch.Generator().manual_seed(0))
    lens = attention_lens(GAT(4, 4, 2, num_layers=2), data)
    lens.layer = 1
    assert lens.wait()
    return lens


def made_expressivity_lab():
    lab = expressivity_lab("two spiders")
    lab.controls["test"].value = "spd-wl"
    lab.do("run")
    assert lab.wait()
    return lab


def made_rewiring_lab():
    """After a training, too; the boxes and buttons that are hidden count."""
    lab = rewiring_lab("barbell:5,2", num_edges=2)
    for _ in range(2):
        lab.do("option", "variant", "official")
        assert lab.wait()
        lab.training.epochs = lab.training.seeds = 1
        lab.training.start()
        assert lab.training.wait()
    lab.controls |= {f"training {k}": v for k, v in lab.training.controls.items()}
    lab.pictures |= {f"training {k}": v for k, v in lab.training.pictures.items()}
    return lab


MADE = [Toy, made_sensitivity_lab, made_attention_lens, made_expressivity_lab, made_rewiring_lab]


@pytest.mark.parametrize("make", MADE)
def test_a_closed_lab_is_gone(make):
    lab = make()
    held = [weakref.ref(lab), weakref.ref(lab.state)]
    held += [weakref.ref(w) for w in [*lab.pictures.values(), *lab.controls.values()]]
    lab.close()
    for part in {lab, getattr(lab, "training", lab)}:
        part.worker.end(until=time.monotonic() + 60)  # its thread holds it until it has ended
    del part
    assert all(widget().comm is None for widget in [held[0], *held[2:]])
    del lab
    gc.collect()
    assert [ref() for ref in held] == [None] * len(held)
