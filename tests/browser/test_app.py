"""``workbench app rewiring`` as a person meets it: a page with the lab, from this machine alone."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser

HERE = {"127.0.0.1", "localhost", "::1"}


@pytest.fixture(scope="module")
def app(chromium, tmp_path_factory):
    """Address of a running app on a barbell; ended after the tests of this file."""
    folder = tmp_path_factory.mktemp("app")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    words = ["app", "rewiring", "barbell:6,2", "--no-browser", "--allow-root", "--port", str(port)]
    words += ["--method", "fosr", "--num-edges", "3"]
    log = (folder / "app.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.cli", *words],
        cwd=folder,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, f"{address}/voila/api/shutdown/none", Path(log.name))
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait(process: subprocess.Popen, address: str, log: Path, seconds: float = 90) -> None:
    """Return when the server answers anything, without starting a kernel by asking for the page."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start:\n{log.read_text()[-3000:]}")


def test_the_lab_is_served_and_no_request_leaves_this_machine(app, page, tmp_path):
    outside, failed = [], []
    page.context.on("request", lambda request: _note(request.url, outside))
    page.on("websocket", lambda socket: _note(socket.url, outside))
    page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
    page.goto(app)
    error = "[data-mime-type='application/vnd.jupyter.stderr']"
    page.locator(f"#rendered_cells canvas, {error}").first.wait_for(timeout=120_000)
    assert page.locator(error).all_inner_texts() == []
    slider = page.locator(".wb-tape input[type=range]")
    slider.wait_for()
    page.screenshot(path=tmp_path / "app.png")
    assert page.title() == "Rewiring lab: barbell:6,2"
    page.get_by_text("edit 3 of 3").wait_for()
    slider.focus()
    slider.press("Home")
    page.wait_for_function("document.querySelector('.wb-count').innerText.includes('edit 0 of')")
    assert outside == []
    assert [url for url in failed if "font" in url or "css" in url] == []


def _note(url: str, outside: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob", "about") and parts.hostname not in HERE:
        outside.append(url)
