"""Every option that is a word refuses others by name, and lists those that it knows.

In a process of its own: the checks of annotations in the test run would refuse them first.
"""

import pytest

from conftest import printed_by

SCRIPT = r"""
import typing

from public_options import options

WORD = "no such word"
#: Words that are no choice but a name, a sentence, a unit, a file or a device.
FREE = {
    "device", "name", "title",
}
failed, asked = [], 0
for one in options(
    "diagnostics", "encodings", "rewiring", "tasks", "training", "models", "benchmarks"
):
    listed = [
        word
        for kind in one.kinds
        if typing.get_origin(kind) is typing.Literal
        for word in typing.get_args(kind)
    ]
    words = [word for word in listed if isinstance(word, str)]
    if one.name in FREE and not words or not (words or isinstance(one.default, str)):
        continue
    asked += 1
    called = f"{one.called}, {one.name}"
    try:
        one.function(**one.needed, **{one.name: WORD})
    except (ValueError, KeyError) as error:
        lacks = [word for word in words or [one.default] if str(word) not in str(error)]
        if WORD not in str(error) or lacks:
            failed.append(f"{called}: {error} (lacks {lacks})")
    except Exception as error:
        failed.append(f"{called}: {type(error).__name__}: {error}")
    else:
        failed.append(f"{called}: took it")
assert asked > 60, asked
print("\n".join(failed) or "all refused")
"""


@pytest.mark.slow
def test_a_word_that_is_no_choice_is_refused_by_name():
    assert printed_by(SCRIPT) == "all refused"
