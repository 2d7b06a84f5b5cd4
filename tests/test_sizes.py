"""Every size that a person can type is taken, or refused before the work.

In a process of its own, as ``test_choices``; a call that did not end would be shown by name.
"""

import pytest

from conftest import printed_by

SCRIPT = r"""
import inspect
import sys

from public_options import options

TYPED = 99_999_999
#: What is no size.
OTHER = {"seed", "split", "layer", "u", "v"}
#: Asked of a graph that has no more to give, so that any budget ends.
ENDS = {
    "num_edges", "max_rounds", "max_hops", "remote", "num_bins", "count", "width", "batch_add",
    "batch_remove", "iterations", "top_k", "k", "minimum", "degree", "radius", "num_probes", "hops",
}
#: Widths that the data have, not the person.
OF_DATA = {"in_channels", "out_channels", "edge_channels"}
#: Of what a graph has, a module takes so many at most; and delays that never come.
ENDS |= {"num_hops", "nu", "num_add", "num_delete", "num_candidates"}
failed, asked = [], 0
PARTS = "diagnostics", "encodings", "rewiring", "graphs", "tasks", "report", "models"
for one in options(*PARTS):
    if inspect.isclass(one.function) and one.name in OF_DATA:
        continue
    of_graph = one.name == "num_nodes" and not one.called.startswith("graphs.")
    if int not in one.kinds or one.name in OTHER or of_graph:
        continue
    asked += 1
    called = f"{one.called}, {one.name}"
    print(called, file=sys.stderr, flush=True)
    try:
        one.function(**one.needed, **{one.name: TYPED})
    except (ValueError, TypeError):
        pass  # refused, or it needs more than is known here
    except Exception as error:
        failed.append(f"{called}: {type(error).__name__}: {error}")
    else:
        if one.name not in ENDS:
            failed.append(f"{called}: took it")
assert asked > 100, asked
print("\n".join(failed) or "all came to an end")
"""


@pytest.mark.slow
def test_a_number_of_eight_digits_ends_or_is_refused():
    assert printed_by(SCRIPT) == "all came to an end"
