"""The tape against a naive model, its spans against its graphs, and its files."""

import json

import pytest
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from workbench.graphs import karate
from workbench.rewiring import Edit, Tape, gtr
from workbench.topology import both_directions

NODES = 6
PAIRS = [(u, v) for u in range(NODES) for v in range(u + 1, NODES)]


def graph_of(pairs):
    columns = torch.tensor(sorted(pairs), dtype=torch.int64).reshape(-1, 2).T
    return both_directions(*columns)


def as_set(edge_index):
    return {(u, v) for u, v in edge_index.T.tolist() if u < v}


class TapeMachine(RuleBasedStateMachine):
    """The model: every place is the path that leads there, and three dictionaries hold the rest.

    ``shown[path]`` is the edit that the line goes on with from there, ``undone[path]`` the one that
    was undone there last, ``displaced[path]`` what was shown where the last edit of the path came.
    Edits are numbered, since two may be equal.
    """

    @initialize(pairs=st.sets(st.sampled_from(PAIRS)))
    def start(self, pairs):
        self.base = set(pairs)
        self.tape = Tape(graph_of(pairs), NODES)
        self.edits: list[Edit] = []
        self.path: tuple[int, ...] = ()
        self.shown: dict[tuple[int, ...], int | None] = {}
        self.undone: dict[tuple[int, ...], int | None] = {}
        self.displaced: dict[tuple[int, ...], int | None] = {}

    @property
    def line(self):
        """The path of the whole line that is shown."""
        path = ()
        while (number := self.shown.get(path)) is not None:
            path += (number,)
        return path

    def edges(self, position=None):
        present = set(self.base)
        for number in self.path if position is None else self.line[:position]:
            present ^= {(self.edits[number].u, self.edits[number].v)}
        return present

    def put(self, edit):
        self.edits.append(edit)
        here, self.path = self.path, (*self.path, len(self.edits) - 1)
        self.displaced[self.path] = self.shown.get(here)
        self.shown[here], self.undone[here] = self.path[-1], None

    @rule(pair=st.sampled_from(PAIRS), by=st.sampled_from(["hand", "gtr"]))
    def do(self, pair, by):
        edit = Edit(-1 if pair in self.edges() else 1, *pair, by)
        with pytest.raises(ValueError, match="at this position"):
            self.tape.do(Edit(-edit.sign, *pair, by))
        self.tape.do(edit)
        self.put(edit)

    @rule(pairs=st.lists(st.sampled_from(PAIRS), max_size=4))
    def extend(self, pairs):
        present, edits = self.edges(), []
        for pair in pairs:
            edits.append(Edit(-1 if pair in present else 1, *pair, "method"))
            present ^= {pair}
        self.tape.extend(edits)
        for edit in edits:
            self.put(edit)

    @rule()
    def undo(self):
        undone = self.tape.undo()
        if not self.path:
            assert undone is None
            return
        assert undone is self.edits[self.path[-1]]
        gone, self.path = self.path, self.path[:-1]
        if self.displaced[gone] is not None:
            self.shown[self.path] = self.displaced[gone]
        self.undone[self.path] = gone[-1]

    @rule()
    def redo(self):
        number = self.undone.get(self.path)
        number = self.shown.get(self.path) if number is None else number
        assert self.tape.can_redo == (number is not None)
        done = self.tape.redo()
        if number is None:
            assert done is None
            return
        assert done is self.edits[number]
        self.shown[self.path], self.undone[self.path] = number, None
        self.path += (number,)

    @rule(steps=st.integers(0, 4))
    def scrub(self, steps):
        """Back by some of the edits, or to the end where there are not so many."""
        self.path = self.path[:-steps] if 0 < steps <= len(self.path) else self.line
        self.tape.position = len(self.path)

    @invariant()
    def same_state(self):
        if not hasattr(self, "tape"):
            return
        assert self.tape.edits == tuple(self.edits[number] for number in self.line)
        assert self.tape.position == len(self.path)
        assert self.tape.can_undo == bool(self.path)
        assert len(self.tape) == len(self.line)
        assert as_set(self.tape.edge_index()) == self.edges()
        spans = self.tape.spans().tolist()
        for position in range(len(self.line) + 1):
            drawn = {(u, v) for u, v, start, end in spans if start <= position < end}
            assert drawn == self.edges(position) == as_set(self.tape.edge_index(position))
        again = Tape.from_json(self.tape.to_json())
        assert again.edits == self.tape.edits
        assert again.position == self.tape.position
        assert torch.equal(again.base, self.tape.base)


TapeMachine.TestCase.settings = settings(
    max_examples=50,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTape = TapeMachine.TestCase


@pytest.fixture
def tape():
    path = graph_of([(0, 1), (1, 2), (2, 3)])
    return Tape(path, 4, [Edit(1, 0, 3, "gtr"), Edit(-1, 1, 2), Edit(1, 0, 2, "gtr")])


def test_a_hand_edit_in_the_middle_starts_a_tail_and_undo_brings_the_old_back(tape):
    old = tape.edits
    tape.position = 1
    tape.do(Edit(1, 1, 3))
    assert tape.edits == (old[0], Edit(1, 1, 3))
    assert tape.undo() == Edit(1, 1, 3)
    assert (tape.edits, tape.position) == (old, 1)
    assert tape.redo() == Edit(1, 1, 3)
    assert (tape.edits, tape.position) == ((old[0], Edit(1, 1, 3)), 2)


def test_it_reads_as_a_list_of_its_edits():
    edits = [Edit(1, 0, 2, "hand"), Edit(1, 1, 3, "hand"), Edit(-1, 0, 2, "hand")]
    tape = Tape(graph_of({(0, 1)}), NODES, edits)
    tape.position = 1
    assert list(tape) == edits
    assert (tape[0], tape[-1], tape[:2]) == (edits[0], edits[-1], tuple(edits[:2]))
    assert [edit.sign for edit in tape] == [1, 1, -1]
    assert edits[1] in tape
    with pytest.raises(IndexError):
        tape[3]
    assert tape.position == 1


def test_redo_leads_to_what_was_put_after_an_undo_and_not_to_what_was_undone():
    tape = Tape(graph_of([(0, 1)]), 4)
    undone, put = Edit(1, 0, 2), Edit(1, 0, 3)
    tape.do(undone)
    tape.undo()
    tape.do(put)
    tape.position = 0
    assert tape.redo() == put
    assert (tape.edits, tape.position) == ((put,), 1)


def test_what_was_redone_is_no_longer_what_was_undone_last():
    """Back to the first of two lines by undo, redo leads along the one that is shown."""
    tape = Tape(graph_of([(0, 1)]), 4)
    old, new = Edit(1, 0, 2), Edit(1, 0, 3)
    tape.do(old)
    tape.position = 0
    tape.do(new)
    tape.undo()
    assert tape.redo() == new
    tape.position = 0
    tape.do(old)
    tape.position = 0
    assert tape.redo() == old


def test_a_second_reset_loses_nothing(tape):
    edits = tape.edits
    tape.reset()
    tape.reset()
    tape.redo()
    assert (tape.edits, tape.position) == (edits, 1)


def test_undo_and_redo_walk_along_the_tape(tape):
    assert [tape.undo().sign for _ in range(3)] == [1, -1, 1]
    assert tape.undo() is None
    assert len(tape) == 3
    assert [tape.redo() for _ in range(4)] == [*tape.edits, None]


def test_reset_hides_and_redo_shows_again(tape):
    edits = tape.edits
    tape.reset()
    assert (tape.edits, tape.position) == ((), 0)
    assert as_set(tape.edge_index()) == {(0, 1), (1, 2), (2, 3)}
    tape.redo()
    assert (tape.edits, tape.position) == (edits, 1)


def test_spans(tape):
    forever = 2**31 - 1
    assert tape.spans().dtype == torch.int32
    assert tape.spans().tolist() == [
        [0, 1, 0, forever],
        [1, 2, 0, 2],
        [2, 3, 0, forever],
        [0, 3, 1, forever],
        [0, 2, 3, forever],
    ]


def test_a_method_s_edits_on_the_tape(tape):
    edge_index = tape.edge_index(0)
    rewired = gtr(edge_index, 4, num_edges=2)
    made = Tape(edge_index, 4, [Edit(s, u, v, "gtr") for s, u, v in rewired.edits.T.tolist()])
    assert torch.equal(made.rows(), rewired.edits)
    assert torch.equal(made.edge_index(), rewired.edge_index)


def test_a_refused_edit_changes_nothing(tape):
    before = tape.to_json()
    with pytest.raises(ValueError, match=r"edit 1: cannot add the edge \(0, 1\): it is already"):
        tape.extend([Edit(1, 1, 3), Edit(1, 0, 1)])
    with pytest.raises(ValueError, match=r"cannot remove the edge \(1, 2\): it is not there"):
        tape.do(Edit(-1, 2, 1))
    for node in (4, 9):
        with pytest.raises(ValueError, match=f"node {node} does not exist; nodes are 0 to 3"):
            tape.do(Edit(1, 0, node))
    with pytest.raises(ValueError, match="position must be 0 to 3"):
        tape.position = 4
    with pytest.raises(TypeError, match="takes Edit"):
        tape.extend(iter([None]))
    assert tape.to_json() == before


def test_edits_check_themselves():
    assert Edit(1, 5, 2) == Edit(1, 2, 5)
    with pytest.raises(ValueError, match="two different nodes, got 3 and 3"):
        Edit(1, 3, 3)
    with pytest.raises(ValueError, match="got 0"):
        Edit(0, 1, 2)


def test_save_and_load(tape, tmp_path):
    path = tmp_path / "edits.json"
    tape.position = 2
    tape.save(path)
    tape.save(path)
    again = Tape.load(path)
    assert (again.edits, again.position) == (tape.edits, 2)
    assert [p.name for p in tmp_path.iterdir()] == ["edits.json"]


def test_a_failed_save_leaves_the_old_file(tape, tmp_path, monkeypatch):
    path = tmp_path / "edits.json"
    tape.save(path)
    before = path.read_text()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    tape.do(Edit(1, 1, 3))
    with pytest.raises(OSError, match="disk full"):
        tape.save(path)
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["edits.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "a poem"}, '"format"'),
        ({"version": 2}, '"version" is 2'),
        ({"num_nodes": -1}, '"num_nodes"'),
        ({"num_nodes": True}, '"num_nodes"'),
        ({"num_nodes": 2**40}, '"num_nodes"'),
        ({"num_nodes": 2}, '"edge_index": edge_index holds nodes 0 to 3'),
        ({"edge_index": [[0], [1, 2]]}, '"edge_index" has rows of 1 and 2'),
        ({"edge_index": [[0, 1], [1, "0"]]}, r'"edge_index"\[1\]\[1\]'),
        ({"edge_index": [[0], [1]]}, "to_undirected"),
        ({"edge_index": 7}, '"edge_index" must be two lists'),
        ({"edits": {}}, '"edits" must be a list'),
        ({"edits": [[1, 0, 3, "x"], [1, 0]]}, r'"edits"\[1\]'),
        ({"edits": [[1, 0, 3.5, "x"]]}, r'a node of "edits"\[0\] must be a whole number'),
        ({"edits": [[1, 0, 3, None]]}, r'"edits"\[0\] must have a sign'),
        ({"edits": [[[], 0, 3, "x"]]}, r'"edits"\[0\] must have a sign'),
        ({"edits": [[1.0, 0, 3, "x"]]}, r'"edits"\[0\] must have a sign'),
        ({"edits": [[True, 0, 3, "x"]]}, r'"edits"\[0\] must have a sign'),
        ({"edits": [[1, 2, 2, "x"]]}, r'"edits"\[0\]: an edge joins two different nodes'),
        ({"edits": [[1, 0, 3, "x"], [1, 3, 0, "x"]]}, "edit 1: cannot add the edge"),
        ({"position": 9}, '"position" is 9, but the tape has 3 edits'),
        ({"position": None}, '"position"'),
    ],
)
def test_malformed_files_name_the_entry(tape, tmp_path, change, message):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(json.loads(tape.to_json()) | change))
    with pytest.raises(ValueError, match=f"bad.json: .*{message}"):
        Tape.load(path)


def test_as_many_nodes_as_can_be_numbered_are_read_and_not_one_more(tape, monkeypatch):
    monkeypatch.setattr("workbench.rewiring.tape.tape_file.MOST_NODES", 4)
    assert Tape.from_json(tape.to_json()).num_nodes == 4
    with pytest.raises(ValueError, match='"num_nodes" is 5, more than'):
        Tape.from_json(json.dumps(json.loads(tape.to_json()) | {"num_nodes": 5}))


@pytest.mark.parametrize("content", [b"", b"[1, 2", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.json"):
        Tape.load(path)


def test_a_thousand_moves_leave_nothing_behind(tape):
    before = len(tape.to_json())
    for at in range(1000):
        tape.position = at % 4
    tape.position = 3
    assert len(tape.to_json()) == before
    assert [tape.undo() for _ in range(3)] == list(reversed(tape.edits))


def test_replace_is_one_command():
    """Undone by one undo, wherever one came from, also where the new line is empty."""
    data = karate()
    mine = [Edit(1, 9, 16), Edit(1, 15, 20)]
    for other in ([], [Edit(1, 4, 8, "gtr"), Edit(1, 4, 9, "gtr")]):
        for position in range(3):
            tape = Tape(data.edge_index, data.num_nodes, mine)
            tape.position = position
            tape.replace(other)
            assert (tape.edits, tape.position) == (tuple(other), len(other))
            tape.do(Edit(-1, 0, 1))
            tape.undo()
            assert tape.undo() is None
            assert (tape.edits, tape.position) == (tuple(mine), position)
            assert tape.redo() is None
            assert tape[: tape.position] == tuple(other)
            tape.undo()
            tape.do(Edit(-1, 0, 2))  # what was undone is behind a new edit now
            assert tape.edits == (*mine[:position], Edit(-1, 0, 2))
            with pytest.raises(ValueError, match="already there"):
                tape.replace([Edit(1, 0, 1)])
            assert tape.edits == (*mine[:position], Edit(-1, 0, 2))
