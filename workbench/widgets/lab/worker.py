"""Work that must not block the notebook: one thread, the newest request wins.

A cell returns at once; a slider that moves faster than the work keeps only its last value; Stop
is heard at the next step of the work.

Python cannot end while such a thread is inside compiled code: at its return the thread would be
torn down there, which aborts the whole process. So the end of the process asks every thread to stop
and waits for it.
"""

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from workbench.topology import hear_compiling

#: Answers True when the work is no longer wanted.
ShouldStop = Callable[[], bool]

#: Seconds that the end of the process waits for work that runs. Work that asks ``should_stop``
#: ends at once; one step of the largest graphs that the labs open takes a quarter of this.
_LONGEST_WAIT = 60.0


class Worker:
    """Runs requests one after another in a daemon thread.

    A request has a key. A newer request with the same key replaces one that still waits, and asks
    one that runs to stop. Keys run in the order in which they were first asked for; one with a
    delay lets the others pass until its time has come, or until somebody waits for the result.

    ``on_compiling`` hears where something is compiled meanwhile, see ``hear_compiling``.

    A process that ends stops the work, see ``end_all``.
    """

    def __init__(
        self,
        on_error: Callable[[Exception], None],
        on_compiling: Callable[[bool], None] | None = None,
    ):
        self._on_error = on_error
        self._heard = partial(hear_compiling, on_compiling) if on_compiling else nullcontext
        self._changed = threading.Condition()
        self._waiting: dict[str, tuple[float, Callable[[ShouldStop], None]]] = {}
        self._in_a_hurry = 0
        self._running: str | None = None
        self._stop_running = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        _workers.add(self)

    @property
    def busy(self) -> bool:
        """True while anything runs or waits."""
        with self._changed:
            return bool(self._waiting) or self._running is not None

    def submit(self, key: str, work: Callable[[ShouldStop], None], *, delay: float = 0.0) -> None:
        """Ask for ``work(should_stop)`` to be run, not before ``delay`` seconds have passed."""
        with self._changed:
            if self._closed:
                return
            if self._running == key:
                self._stop_running.set()
            self._waiting[key] = time.monotonic() + delay, work
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
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits; False if ``timeout`` seconds pass first.

        Delays end at once: who waits for the result moves nothing meanwhile.
        """
        with self._changed:
            self._in_a_hurry += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(
                    lambda: not self._waiting and self._running is None, timeout
                )
            finally:
                self._in_a_hurry -= 1

    def close(self) -> None:
        """Stop everything; later requests are ignored."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._stop_running.set()
            self._changed.notify_all()

    def end(self, until: float) -> None:
        """Wait for the thread of a closed worker, at most to ``until`` on the monotonic clock."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(until - time.monotonic(), 0.0))

    def _loop(self) -> None:
        while True:
            with self._changed:
                while (key := self._due()) is None:
                    if self._closed:
                        return
                    self._changed.wait(self._pause())
                _, work = self._waiting.pop(key)
                self._running = key
                stop = self._stop_running = threading.Event()
            try:
                with self._heard():
                    work(stop.is_set)
            except Exception as error:  # shown to the user; a thread has nobody else to tell
                self._on_error(error)
            finally:
                with self._changed:
                    self._running = None
                    self._changed.notify_all()

    def _due(self) -> str | None:
        """The key that runs next, if its time has come."""
        now = time.monotonic()
        due = (key for key, (at, _) in self._waiting.items() if self._in_a_hurry or at <= now)
        return next(due, None)

    def _pause(self) -> float | None:
        """Seconds until the first delay ends; None when nothing waits."""
        soonest = min((at for at, _ in self._waiting.values()), default=None)
        return None if soonest is None else max(soonest - time.monotonic(), 0.0)


#: Those that may still have a thread; one that nobody holds and whose thread has ended goes.
_workers: "weakref.WeakSet[Worker]" = weakref.WeakSet()


@atexit.register
def end_all() -> None:
    """Close every worker and wait for its thread; runs at the end of the process.

    All are asked to stop at once. A step that does not ask is waited for, up to a minute in all.
    """
    until, workers = time.monotonic() + _LONGEST_WAIT, list(_workers)
    for worker in workers:
        worker.close()
    for worker in workers:
        worker.end(until)
