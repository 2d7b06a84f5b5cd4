"""A real JupyterLab and a real Chromium for tests.

One server on a free port of this machine, in an empty folder, with its own settings and a token;
one page and one kernel, in which file after file opens its notebook (``shared``). Every address
that the page asks for is recorded; one outside this machine fails the test.

No test sleeps to let something happen: ``settle`` waits for the kernel and for frames that are
drawn, ``eventually`` and ``wait_until`` look until what is expected is there. Their limits are
those of a hang, not of a slow machine.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import nbformat
import pytest

REPOSITORY = Path(__file__).parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # WebGL in software, where there is no graphics card
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
HERE = {"127.0.0.1", "localhost", "::1"}

#: Seconds after which something that has not happened is taken for something that never will.
PATIENCE = 60

#: Labs end their threads, widgets leave the page, and the next file finds no name of the last one.
EMPTY_THE_KERNEL = """
import ipywidgets
for one in list(globals().values()):
    if type(one).__module__.startswith("workbench.widgets") and hasattr(one, "close"):
        one.close()
ipywidgets.Widget.close_all()
get_ipython().run_line_magic("reset", "-f")
__import__("gc").collect()
"""


def chromium_path() -> str:
    """Path of the Chromium to drive; without one the test skips, or fails in CI."""
    found = os.environ.get("WORKBENCH_CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM_NAMES)), None
    )
    if found and Path(found).exists():
        return found
    how = (
        f"no Chromium found ({'WORKBENCH_CHROMIUM=' + found if found else 'none on the PATH'}): "
        "install it (Debian: apt-get install chromium) or set WORKBENCH_CHROMIUM to its path"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(how, pytrace=False)
    pytest.skip(how)


class Server:
    """JupyterLab in a folder of its own."""

    def __init__(self, folder: Path):
        self.root = folder / "notebooks"
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
        for path in (self.root, settings):
            path.mkdir(parents=True)
        # no question about news, no look for updates
        (settings / "notification.jupyterlab-settings").write_text(
            json.dumps({"fetchNews": "false", "checkForUpdates": False})
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.token = secrets.token_hex(16)
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])
            ),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "OMP_NUM_THREADS": "1",
        }
        self.log = (folder / "server.log").open("w")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={self.port}",
                "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={self.root}",
                "--LabApp.expose_app_in_browser=True",
                "--LabApp.extension_manager=readonly",
                "--LabApp.collaborative=False",
            ],
            cwd=self.root,
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.url = f"http://127.0.0.1:{self.port}"

    def wait(self, seconds: float = 90) -> None:
        """Return when the server answers; fail with its log when it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api?token={self.token}", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        self.stop()
        pytest.fail(f"JupyterLab did not start:\n{Path(self.log.name).read_text()[-3000:]}")

    def stop(self) -> None:
        """End the server, and with it its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Lab:
    """A page with JupyterLab: open notebooks, run them, ask their kernel."""

    def __init__(self, page, server: Server):
        self.page, self.server = page, server
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.context.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        page.on("pageerror", self._fail)
        page.on("console", self._hear)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname not in HERE:
            self.outside.append(url)

    def _fail(self, error) -> None:
        # JupyterLab's own failures are not ours (it may take its splash screen away twice)
        frames = re.findall(r"\bat .*", error.stack or "")
        if not frames or not all("/static/lab/" in frame for frame in frames):
            self.errors.append(f"{error}\n{error.stack}")

    def _hear(self, message) -> None:
        # nor are its complaints
        ours = "anywidget" in message.text or message.location.get("url", "").startswith("blob:")
        if message.type == "error" and ours:
            self.errors.append(message.text)

    def write(self, name: str, cells: list[str]) -> str:
        """Write a notebook of code cells into the server's folder and return its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, self.server.root / name)
        return name

    def open(self, name: str) -> None:
        """Load JupyterLab with a notebook of the server's folder, and wait for its kernel."""
        workspace = secrets.token_hex(4)
        self.page.goto(
            f"{self.server.url}/lab/workspaces/{workspace}/tree/{quote(name)}"
            f"?token={self.server.token}"
        )
        self._opened(name)
        # the file browser takes room that the pictures need
        self.command("application:toggle-left-area")

    def turn_to(self, name: str, *, height: int = 900) -> None:
        """Open another notebook in the same page and kernel, in place of the one that is open."""
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size({"width": 1440, "height": height})
        self.ask(EMPTY_THE_KERNEL)
        self.page.evaluate(
            """async (path) => {
              const { shell, commands } = window.jupyterapp;
              const { id } = shell.currentWidget.sessionContext.session.kernel;
              // without the question whether to save
              for (const widget of [...shell.widgets("main")]) widget.dispose();
              const notebook = { path, factory: "Notebook", kernel: { id } };
              await commands.execute("docmanager:open", notebook);
            }""",
            name,
        )
        self._opened(name)
        self.outside.clear()
        self.errors.clear()

    def _opened(self, name: str) -> None:
        ready = f"""() => {{
          const panel = window.jupyterapp?.shell.currentWidget;
          return panel?.context?.path === {json.dumps(name)} && panel.context.isReady
            && Boolean(panel.content?.model?.cells?.length)
            && panel.sessionContext?.session?.kernel?.status === "idle";
        }}"""
        if not self._happens(ready, 90):
            pytest.fail(f"{name} did not open with a kernel: {self._state()}")

    def command(self, name: str, **options) -> None:
        """Run one of JupyterLab's commands."""
        self.page.evaluate(
            "([name, options]) => { window.jupyterapp.commands.execute(name, options); }",
            [name, options],
        )

    def run_all(self, seconds: float = 120) -> None:
        """Run every cell, wait until all are done, fail with the traceback of one that failed."""
        cells = """const panel = window.jupyterapp.shell.currentWidget;
          const cells = [...panel.content.model.cells].filter(
            (cell) => cell.type === "code" && cell.sharedModel.getSource().trim());
          const running = (cell) => (cell.executionState ?? "idle") !== "idle";
          const done = (cell) => cell.executionCount !== null && !running(cell);"""
        self.page.evaluate(
            """() => { for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells)
              if (cell.type === "code") cell.clearExecution(); }"""
        )
        self.command("notebook:run-all-cells")
        finished = f"""() => {{
          {cells}
          const failed = cells.some((cell) =>
            cell.outputs.toJSON().some((output) => output.output_type === "error"));
          const idle = panel.sessionContext.session.kernel.status === "idle";
          return failed || (cells.every(done) && idle);
        }}"""
        if not self._happens(finished, seconds):
            pytest.fail(f"the cells did not finish within {seconds} s: {self._state()}")
        errors = self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
              .filter((cell) => cell.type === "code")
              .flatMap((cell) => cell.outputs.toJSON())
              .filter((output) => output.output_type === "error")
              .map((output) => output.traceback.join("\\n"))"""
        )
        assert errors == [], "\n".join(errors)

    def _happens(self, condition: str, seconds: float) -> bool:
        """Whether a function of the page becomes true in time; looked at ten times a second."""
        from playwright.sync_api import TimeoutError

        try:
            # not per frame, as is the default: a page at rest may draw none
            self.page.wait_for_function(condition, timeout=1000 * seconds, polling=100)
        except TimeoutError:
            return False
        return True

    def _state(self) -> dict:
        return self.page.evaluate(
            """() => {
              const panel = window.jupyterapp?.shell.currentWidget;
              const kernel = panel?.sessionContext?.session?.kernel;
              const cells = [...(panel?.content?.model?.cells ?? [])];
              return {
                title: panel?.title.label, kernel: kernel?.status, link: kernel?.connectionStatus,
                cells: cells.map((cell) => [cell.executionCount, cell.executionState]) };
            }"""
        )

    def open_and_run(self, name: str, seconds: float = 120) -> None:
        """Open a notebook, run all its cells and wait."""
        self.open(name)
        self.run_all(seconds)

    def ask(self, code: str) -> str:
        """Run code in the open notebook's kernel and return what it prints."""
        answer = self.page.evaluate(
            """async (code) => {
              const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
              const future = kernel.requestExecute({ code, store_history: false });
              let text = "", error = null;
              future.onIOPub = ({ header, content }) => {
                if (header.msg_type === "stream" && content.name === "stdout") text += content.text;
                if (header.msg_type === "error") error = content.traceback.join("\\n");
              };
              const late = new Promise((resolve) => setTimeout(() => resolve("late"), 60_000));
              if ((await Promise.race([future.done, late])) === "late") error = "no answer in 60 s";
              return { text, error };
            }""",
            code,
        )
        assert answer["error"] is None, answer["error"]
        return answer["text"].strip()

    def wait_until(self, code: str, expected: str, seconds: float = PATIENCE) -> None:
        """Wait until the kernel prints ``expected`` for ``print(code)``."""
        self.eventually(
            lambda: self.ask(f"print({code})"), lambda seen: seen == expected, seconds=seconds
        )

    def eventually(
        self,
        look: Callable[[], Any],
        expected: Callable[[Any], object] = bool,
        *,
        seconds: float = PATIENCE,
    ) -> Any:
        """Look until what is seen is as expected, and return it; fail with what was seen last."""
        deadline = time.monotonic() + seconds
        while not expected(seen := look()):
            if time.monotonic() > deadline:
                pytest.fail(f"after {seconds} s it is {seen!r}")
            self.page.wait_for_timeout(30)
        return seen

    def settle(self) -> None:
        """Wait until the kernel has told the page everything, and the page has drawn it."""
        self.ask("")
        self.drawn()

    def drawn(self) -> None:
        """Wait for the frame after the one in which the page draws what it knows."""
        self.page.evaluate(
            """async () => {
              for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
            }"""
        )

    def theme(self, name: str) -> None:
        """Switch to ``JupyterLab Light`` or ``JupyterLab Dark`` and wait for its colors.

        And until the splash screen of the switch, which takes what a pointer does, has gone.
        """
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_function(
            """(name) => {
              const back = getComputedStyle(document.body).getPropertyValue("--jp-layout-color0");
              const light = ["white", "#fff", "#ffffff"].includes(back.trim());
              const splash = document.getElementById("jupyterlab-splash");
              const there = document.body.dataset.jpThemeName === name;
              return there && !splash && light === name.endsWith("Light");
            }""",
            arg=name,
            polling=100,
        )
        self.settle()

    def close(self) -> None:
        """Shut the kernel of the notebook down, so that they do not pile up over a session."""
        if self.page.is_closed():
            return
        self.page.evaluate(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()"
        )


def look(lab: Lab, name: str) -> None:
    """Keep a picture of the page where ``WORKBENCH_SCREENSHOTS`` names a folder for them."""
    folder = os.environ.get("WORKBENCH_SCREENSHOTS")
    if folder:
        lab.page.screenshot(path=Path(folder) / f"{name}.png")


def drag_files(
    target, files: dict[str, bytes | int], events=("dragenter", "dragover", "drop")
) -> list[tuple[bool, bool]]:
    """Drag files from outside over an element and drop them there.

    ``files`` are names and contents (or only how many bytes). For each event: whether the page
    took it from the browser (``preventDefault``), and whether anybody above the element heard it.
    """
    answers = target.evaluate(
        """async (target, [files, events]) => {
          const data = new DataTransfer();
          for (const [name, content] of files) {
            const bytes = new Uint8Array(content);
            data.items.add(new File([bytes], name));
          }
          const answers = [];
          let heard = false;
          const hear = () => (heard = true);
          for (const name of events) {
            heard = false;
            document.body.addEventListener(name, hear);
            const event = new DragEvent(
              name, { dataTransfer: data, bubbles: true, cancelable: true, composed: true });
            target.dispatchEvent(event);
            document.body.removeEventListener(name, hear);
            answers.push([event.defaultPrevented, heard]);
          }
          return answers;
        }""",
        [
            [[name, list(c) if isinstance(c, bytes) else c] for name, c in files.items()],
            list(events),
        ],
    )
    return [tuple(answer) for answer in answers]


def drag_from_disk(
    lab: Lab, target, paths: list[Path], events=("dragEnter", "dragOver", "drop")
) -> None:
    """Drag files of this machine over the middle of an element, as the browser itself tells it."""
    box = target.bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    client = lab.page.context.new_cdp_session(lab.page)
    for name in events:
        client.send("Input.dispatchDragEvent", {"type": name, **place, "data": data})
    client.detach()


@pytest.fixture(scope="package")
def jupyter_server(tmp_path_factory):
    """One JupyterLab for all browser tests; needs a Chromium to make sense."""
    chromium_path()
    server = Server(tmp_path_factory.mktemp("jupyter"))
    server.wait()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def chromium():
    """One Chromium for all browser tests, and no longer: Playwright's event loop ends with it."""
    path = chromium_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def new_lab(chromium, server: Server, *, scale: float = 1):
    """A page of 1440 x 900 pixels with JupyterLab; at the end no request may have left here.

    ``scale`` is the number of device pixels per pixel, 2 on many laptops.
    """
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, device_scale_factor=scale
    )
    context.set_default_timeout(1000 * PATIENCE)
    lab = Lab(context.new_page(), server)
    try:
        yield lab
        lab.close()
    finally:
        context.close()
    assert lab.outside == [], "requests to other machines"


@pytest.fixture(scope="package")
def shared(chromium, jupyter_server):
    """One page and one kernel for file after file: loading and importing take many seconds."""
    with new_lab(chromium, jupyter_server) as lab:
        lab.open_and_run(lab.write("first.ipynb", ["import workbench.widgets"]))
        yield lab


@pytest.fixture(scope="module")
def notebook(shared):
    """What opens a notebook of the server's folder in the shared page and runs it.

    At the end of the file nothing may have been asked of other machines, and nothing have failed.
    """

    def run(name: str, *, height: int = 900, seconds: float = 180) -> Lab:
        shared.turn_to(name, height=height)
        shared.run_all(seconds)
        return shared

    yield run
    assert shared.outside == [], "requests to other machines"
    assert shared.errors == []


@pytest.fixture
def lab(chromium, jupyter_server):
    """JupyterLab in a page and with a kernel of its own."""
    with new_lab(chromium, jupyter_server) as lab:
        yield lab


@pytest.fixture
def page(lab):
    """The page of ``lab``: 1440 x 900 pixels, every request recorded."""
    return lab.page
