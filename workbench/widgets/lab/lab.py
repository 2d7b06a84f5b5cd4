"""What every lab is: settings, pictures, commands, a thread, and one line that tells."""

import html
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets

from workbench.figures.still import FORMATS
from workbench.widgets.lab.controls import button, setting_control
from workbench.widgets.lab.state import LabState
from workbench.widgets.lab.status_line import StatusLine
from workbench.widgets.lab.still_picture import StillPicture
from workbench.widgets.lab.worker import Worker

#: Up to this many nodes everything is there at once; beyond, the status line tells what is not yet.
QUICK_NODES = 400


def command(method: Callable) -> Callable:
    """Mark a method of a lab as something that a person can have done: ``lab.do(NAME)``."""
    method.is_command = True
    return method


class Lab(StillPicture, ipywidgets.VBox):
    """A state that settings and commands change, and pictures that follow it.

    A lab of its own is ``class MyLab(Lab, state=MyState)``: every setting of ``MyState`` becomes
    ``lab.NAME``, to read and to set; every method that is a ``command`` can be asked for by name.

    Attributes:
        state: the settings, and what they are applied to.
        controls: the control of each setting, and the buttons, by name.
        pictures: the live pictures by name, such as ``"graph"`` and ``"matrix"``.
        worker: the thread behind them.
    """

    commands: ClassVar[tuple[str, ...]] = ()
    #: The call that makes such a lab, for ``code``.
    made_by: ClassVar[str] = ""

    def __init_subclass__(cls, state: type[LabState] | None = None, **options: Any):
        super().__init_subclass__(**options)
        for name, setting in (state.settings() if state else {}).items():
            if hasattr(Lab, name):
                raise TypeError(f"a setting cannot be called {name}: every lab has that already")
            if name not in vars(cls):
                setattr(cls, name, _setting(name, setting.about))
        marked = (n for n in dir(cls) if getattr(getattr(cls, n, None), "is_command", False))
        cls.commands = tuple(marked)

    def __init__(self, state: LabState):
        self.state = state
        self.controls: dict[str, ipywidgets.Widget] = {}
        self.pictures: dict[str, ipywidgets.Widget] = {}
        self.worker = Worker(self.tell_error, self._say_compiling)
        self._links: list[ipywidgets.Widget] = []
        self._said = self._working = self._compiled = ""
        self._wrong = False
        self._status = StatusLine()
        self._status.add_class("workbench-status")
        super().__init__()
        self.add_class("workbench-lab")

    # ---- what the cell below can use -----------------------------------------------------

    def do(self, name: str, *values: Any) -> Any:
        """Set a setting to a value, or have a command done, by its name.

        Raises:
            ValueError: there is no such setting or command, or it refuses the values.
        """
        if name in self.commands:
            return getattr(self, name)(*values)
        settings = self.state.settings()
        if name not in settings:
            raise ValueError(
                f"{name!r} is no setting ({', '.join(settings)}) and no command "
                f"({', '.join(self.commands)}) of this lab"
            )
        if len(values) != 1:
            raise ValueError(f"{name} is a setting and takes one value, got {len(values)}")
        return setattr(self, name, *values)

    def shown(self) -> dict[str, Any]:
        """What the page shows: every setting, the line that tells, and what ``texts`` adds."""
        told = {"status": self._said, "wrong": self._wrong, "working": self._work_text()}
        return vars(self.state.now()) | told | self.texts()

    def texts(self) -> dict[str, Any]:
        """What else the page tells, by name; each lab has its own."""
        return {}

    def code(self) -> str:
        """Python that makes a lab with these settings."""
        name = self.made_by.partition("(")[0]
        lines = [f"from workbench.widgets import {name}", "", f"lab = {self.made_by}"]
        lines += [f"lab.{name} = {value!r}" for name, value in self.state.changes().items()]
        return "\n".join([*lines, ""])

    def picture(self, format: str = "png") -> bytes:
        """What the lab shows as the bytes of a PNG, SVG or PDF file."""
        raise NotImplementedError

    def formats(self) -> dict[str, Callable[[Path], object]]:
        """What writes a file, by the ending of its name."""
        return {
            f".{format}": lambda path: path.write_bytes(self.picture(path.suffix[1:]))
            for format in FORMATS
        }

    def save(self, path: str | Path) -> Path:
        """Write what the lab shows; the ending of ``path`` says as what.

        Raises:
            ValueError: nothing is written with this ending; the message lists those that are.
        """
        path, formats = Path(path), self.formats()
        write = formats.get(path.suffix)
        if write is None:
            raise ValueError(f"path must end in {', '.join(formats)}; got {path.name!r}")
        write(path)
        return path

    def wait(self, timeout: float = 60.0) -> bool:
        """Block until everything asked for is on the page; False after ``timeout`` seconds."""
        return self.worker.wait(timeout)

    def close(self) -> None:
        """Stop the thread, remove the lab from the page and let go of what it holds."""
        self.worker.close()
        self.state.unobserve_all()
        for widget in [*_parts(self), *self._links]:
            widget.unobserve_all()
            if widget is not self:
                widget.close()
        super().close()

    def __del__(self) -> None:
        if not sys.is_finalizing():  # then the process lets go of everything, and has no page
            super().__del__()

    # ---- for the labs themselves ----------------------------------------------------------

    def control(self, name: str) -> ipywidgets.Widget:
        """Make the control of a setting."""
        self.controls[name] = made = setting_control(self.state, name, self.tell_error)
        return made

    def button(
        self, name: str, title: str, about: str, *values: Any, **options: Any
    ) -> ipywidgets.Button:
        """Make the button of a command; what it raises is told on the page.

        One that gives the command ``values`` is ``controls["NAME VALUE"]``.
        """
        made = button(title, about, lambda: self._try(name, *values), **options)
        self.controls[" ".join(map(str, [name, *values]))] = made
        return made

    def when(self, *names: str, then: Callable[[], object]) -> None:
        """Have ``then`` called where one of these settings changes."""
        self.state.observe(lambda _: then(), list(names))

    def link(self, name: str, *widgets: ipywidgets.Widget) -> None:
        """Have the pictures share a trait in the browser, without the kernel."""
        first, *others = widgets
        self._links += [ipywidgets.jslink((first, name), (other, name)) for other in others]

    def follow(self, name: str, leader: ipywidgets.Widget, *widgets: ipywidgets.Widget) -> None:
        """Have a trait of pictures follow another's in the browser, one way only."""
        self._links += [ipywidgets.jsdlink((leader, name), (other, name)) for other in widgets]

    def choose_on(self, graph: ipywidgets.Widget) -> None:
        """Have the setting ``node`` be what is chosen on the picture of the graph, both ways."""

        def chosen(_: Any) -> None:
            self.state.node = graph.selection[0] if graph.selection else None

        def choose() -> None:
            node = self.state.node
            if (graph.selection[0] if graph.selection else None) != node:
                graph.picked = graph.selection = [] if node is None else [node]

        graph.observe(chosen, "selection")
        self.when("node", then=choose)

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Tell what was done, or what went wrong."""
        self._said, self._wrong = text, wrong
        self._tell()

    def tell_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        notes = " ".join(getattr(error, "__notes__", ()))
        self.say(f"{error} {notes}".strip() or type(error).__name__, wrong=True)

    @contextmanager
    def tell_work(self, text: str) -> Iterator[None]:
        """While something is computed, tell so behind what was said."""
        self._working = text
        self._tell()
        try:
            yield
        finally:
            self._working = ""
            self._tell()

    def store_picture(self, delay: float = 0.0) -> None:
        """Store the picture of what is shown, once the hand rests."""
        self.worker.submit("picture", self._store_picture, delay=delay)

    def _try(self, name: str, *values: Any) -> None:
        try:
            self.do(name, *values)
        except Exception as error:  # it is for the person who clicked, not for the log
            self.tell_error(error)

    def _say_compiling(self, begins: bool) -> None:
        self._compiled = "compiling, once: some seconds" if begins else ""
        self._tell()

    def _work_text(self) -> str:
        return " ".join(filter(None, (self._working, self._compiled)))

    def _tell(self) -> None:
        kind = "workbench-wrong" if self._wrong else "workbench-fine"
        text = f'<span class="{kind}">{html.escape(self._said)}</span>' if self._said else ""
        if doing := self._work_text():
            text += f' <span class="workbench-fine">{html.escape(doing)}</span>'
        self._status.value = text


def _setting(name: str, about: str) -> property:
    def put(lab: Lab, value: Any) -> None:
        # checked here, so that a cell shows the error without the lines of traitlets around it
        setattr(lab.state, name, lab.state.check(name, value))

    return property(lambda lab: getattr(lab.state, name), put, doc=about)


def _parts(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """A widget, and every widget that it holds, shown or not, with their layouts and styles."""
    seen: dict[int, Any] = {}
    ahead: list[Any] = [widget]
    while ahead:
        one = ahead.pop()
        if id(one) in seen:
            continue
        if isinstance(one, ipywidgets.Widget):
            seen[id(one)] = one
            ahead += vars(one).values()  # its traits are a dict among them
        elif isinstance(one, dict | list | tuple):
            seen[id(one)] = one
            ahead += one.values() if isinstance(one, dict) else one
    return [one for one in seen.values() if isinstance(one, ipywidgets.Widget)]
