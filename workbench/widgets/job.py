"""Work that must not block the notebook: one thread, the newest request wins.

A cell returns at once; a slider that moves faster than the work keeps only its last value; Stop
is heard at the next step of the work.
"""

import threading
import time
from collections.abc import Callable

#: Answers True when the work is no longer wanted.
ShouldStop = Callable[[], bool]


class Worker:
    """Runs requests one after another in a daemon thread.

    A request has a key. A newer request with the same key replaces one that still waits, and asks
    one that runs to stop. Keys run in the order in which they were first asked for.
    """

    def __init__(self, on_error: Callable[[Exception], None]):
        self._on_error = on_error
        self._changed = threading.Condition()
        self._waiting: dict[str, Callable[[ShouldStop], None]] = {}
        self._running: str | None = None
        self._stop_running = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """True while anything runs or waits."""
        with self._changed:
            return bool(self._waiting) or self._running is not None

    def submit(self, key: str, work: Callable[[ShouldStop], None]) -> None:
        """Ask for ``work(should_stop)`` to be run."""
        with self._changed:
            if self._closed:
                return
            if self._running == key:
                self._stop_running.set()
            self._waiting[key] = work
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def stop(self, key: str) -> None:
        """Forget a waiting request and ask a running one to stop."""
        with self._changed:
            self._waiting.pop(key, None)
            if self._running == key:
                self._stop_running.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits; False if ``timeout`` seconds pass first."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and self._running is None, timeout
            )

    def close(self) -> None:
        """Stop everything; later requests are ignored."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._stop_running.set()
            self._changed.notify_all()

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                key = next(iter(self._waiting))
                work = self._waiting.pop(key)
                self._running = key
                stop = self._stop_running = threading.Event()
            try:
                work(stop.is_set)
            except Exception as error:  # shown to the user; a thread has nobody else to tell
                self._on_error(error)
            finally:
                with self._changed:
                    self._running = None
                    self._changed.notify_all()


def patient(seconds: float, should_stop: ShouldStop) -> bool:
    """Wait for a hand that may still move; False if it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if should_stop():
            return False
        time.sleep(0.02)
    return not should_stop()
