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
