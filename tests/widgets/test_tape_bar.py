"""The tape bar without a browser: cards that survive JSON."""

import base64
import json

import numpy as np
import pytest
import torch
import traitlets

from workbench.widgets.canvas.tape_bar import TapeBar


def decode(card):
    return np.frombuffer(base64.b64decode(card["values"]), "<f8")


@pytest.mark.parametrize("kind", [list, np.array, torch.from_numpy])
def test_card_values_keep_every_bit(kind):
    values = np.array([1 / 3, 0.0, -2.5, np.inf, np.nan])
    bar = TapeBar(length=4, cards=[{"name": "resistance", "values": kind(values)}])
    np.testing.assert_array_equal(decode(bar.cards[0]), values)


def test_cards_are_strict_json():
    bar = TapeBar(cards=[{"name": "diameter", "unit": "hops", "values": [float("inf"), 3]}])
    json.dumps(bar.cards, allow_nan=False)
    assert bar.cards[0] == {
        "name": "diameter",
        "unit": "hops",
        "help": "",
        "values": base64.b64encode(np.array([np.inf, 3.0]).tobytes()).decode(),
        "exact": True,
        "digits": 4,
        "reason": "",
        "note": "",
    }


def test_encoded_cards_pass_unchanged():
    bar = TapeBar(cards=[{"name": "gap", "values": [0.5]}])
    again = TapeBar(cards=bar.cards)
    assert again.cards == bar.cards


def test_values_of_a_card_are_one_row():
    with pytest.raises(traitlets.TraitError, match=r"card 'gap'.*got shape \(2, 2\)"):
        TapeBar(cards=[{"name": "gap", "values": [[1, 2], [3, 4]]}])


def test_an_unknown_field_of_a_card_is_refused():
    with pytest.raises(TypeError, match="units"):
        TapeBar(cards=[{"name": "gap", "values": [1.0], "units": "none"}])


def test_buttons_reach_the_kernel():
    bar, heard = TapeBar(length=3), []
    bar.on_msg(lambda _, content, __: heard.append(content["type"]))
    for kind in ("undo", "redo", "reset"):
        bar._handle_custom_msg({"type": kind}, [])
    assert heard == ["undo", "redo", "reset"]


def test_positions_are_not_negative():
    with pytest.raises(traitlets.TraitError):
        TapeBar(position=-1)
