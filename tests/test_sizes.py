"""Every size that a person can type is taken, or refused before the work.

In a process of its own, as ``test_choices``; a call that did not end would be shown by name.
"""

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
failed, asked = [], 0
for one in options("diagnostics", "encodings", "rewiring", "graphs", "tasks", "report"):
    if inspect.isclass(one.function):
        continue  # the width of a layer is the memory of its weights
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
assert asked > 80, asked
print("\n".join(failed) or "all came to an end")
"""


def test_a_number_of_eight_digits_ends_or_is_refused():
    assert printed_by(SCRIPT) == "all came to an end"
