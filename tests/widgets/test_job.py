import threading
import time

from workbench.widgets.job import Worker


def test_runs_what_it_is_asked():
    seen = []
    worker = Worker(on_error=seen.append)
    worker.submit("a", lambda stop: seen.append("a"))
    worker.submit("b", lambda stop: seen.append("b"))
    assert worker.wait(5)
    assert seen == ["a", "b"]
    assert not worker.busy


def test_newest_request_wins_and_the_running_one_is_asked_to_stop():
    started, seen = threading.Event(), []

    def slow(stop):
        started.set()
        while not stop():
            time.sleep(0.001)
        seen.append("stopped")

    worker = Worker(on_error=seen.append)
    worker.submit("key", slow)
    assert started.wait(5)
    for value in range(5):
        worker.submit("key", lambda stop, value=value: seen.append(value))
    assert worker.wait(5)
    assert seen == ["stopped", 4]


def test_an_error_is_told_and_the_next_request_still_runs():
    errors, seen = [], []
    worker = Worker(on_error=errors.append)
    worker.submit("a", lambda stop: 1 / 0)
    worker.submit("b", lambda stop: seen.append("b"))
    assert worker.wait(5)
    assert [type(e) for e in errors] == [ZeroDivisionError]
    assert seen == ["b"]


def test_a_delay_lets_others_pass_and_starts_anew_with_a_newer_request():
    seen, done = [], threading.Event()
    worker = Worker(on_error=seen.append)
    begun = time.monotonic()
    worker.submit("rest", lambda stop: seen.append("dropped"), delay=0.2)
    worker.submit("rest", lambda stop: (seen.append("rest"), done.set()), delay=0.3)
    worker.submit("now", lambda stop: seen.append("now"))
    assert done.wait(5)
    assert time.monotonic() - begun >= 0.3
    assert seen == ["now", "rest"]


def test_who_waits_ends_the_delays_and_a_stopped_one_never_runs():
    seen = []
    worker = Worker(on_error=seen.append)
    worker.submit("first", lambda stop: worker.submit("second", seen.append, delay=3600), delay=60)
    worker.submit("stopped", lambda stop: seen.append("stopped"), delay=60)
    worker.stop("stopped")
    assert worker.busy
    assert worker.wait(5)
    assert len(seen) == 1
    assert not worker.busy


def test_stop_and_close():
    started, seen = threading.Event(), []

    def slow(stop):
        started.set()
        while not stop():
            time.sleep(0.001)
        seen.append("stopped")

    worker = Worker(on_error=seen.append)
    worker.submit("key", slow)
    started.wait(5)
    worker.submit("later", lambda stop: seen.append("later"))
    worker.stop("later")
    worker.stop("key")
    assert worker.wait(5)
    assert seen == ["stopped"]
    worker.close()
    worker.submit("key", lambda stop: seen.append("after close"))
    assert seen == ["stopped"]
    assert not worker.wait(0.05) or seen == ["stopped"]
