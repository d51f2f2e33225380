"""A page in headless Chromium, in which a script of the test runs and posts its results."""

import json
import queue
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import HANGS

from names_predictor.artifact.store import Artifact
from names_trainer.page.page import PageError, PageOptions, build_page


class Found(NamedTuple):
    """The results of the script, and the paths that the browser requested."""

    seen: dict[str, Any]
    requests: list[str]


class Served(SimpleHTTPRequestHandler):
    """Serves a folder, and receives the results of the test's script."""

    def __init__(self, *arguments: Any, found: queue.Queue[Any], requests: list[str], **rest: Any):
        self.found, self.requests = found, requests
        super().__init__(*arguments, **rest)

    def do_POST(self) -> None:
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        self.requests.append(self.path)


def built_page(artifact: Artifact, folder: Path, options: PageOptions) -> Path:
    """Build the page in a folder; skip the test where npm or chromium is missing."""
    if not shutil.which("chromium"):
        pytest.skip("no chromium: make browser")
    try:
        build_page(artifact, folder / "page", options)
    except PageError as error:
        pytest.skip(str(error))
    return folder / "page"


def in_chromium(page: Path, script: Path, work: dict[str, Any], profile: Path) -> Found:
    """Run the script next to the page; `work.json` is its input."""
    (page / "work.json").write_text(json.dumps(work))
    shutil.copy(script, page / "test.js")
    (page / "test.html").write_text(
        '<!doctype html><meta charset="utf-8"><script type="module" src="test.js"></script>'
    )
    found: queue.Queue[Any] = queue.Queue()
    requests: list[str] = []
    handler = partial(Served, directory=str(page), found=found, requests=requests)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            "chromium",
            *["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            *["--disable-background-networking", "--remote-debugging-port=0"],
            f"--user-data-dir={profile}",
            f"http://127.0.0.1:{server.server_port}/test.html",
        ]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            seen = found.get(timeout=HANGS)
        finally:
            browser.terminate()
            browser.wait(HANGS)
            server.shutdown()
    assert "error" not in seen, seen["error"]
    return Found(seen, requests)
