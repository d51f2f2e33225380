"""Draw the pictures of page.md, with the bundled model: `python docs/page_pictures.py`.

Needs chromium, a font with Chinese characters, and npm for the page itself.
"""

import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from names_predictor.artifact.store import RELEASED, read_artifact
from names_trainer.page.page import PageOptions, build_page

DOCS = Path(__file__).parent
NAME = "Elif Demir"
SEVERAL = "Elif Demir\nNguyen Van Anh\nLee\nSofia Lindqvist\nChukwuemeka"
PICTURES: dict[str, tuple[str, list[str]]] = {
    "page-light.png": (NAME, ["--window-size=1000,960"]),
    "page-several.png": (SEVERAL, ["--window-size=1000,940"]),
    "page-dark-phone.png": (
        NAME,
        ["--window-size=390,844", "--force-device-scale-factor=2", "--force-dark-mode"],
    ),
}
"""For each file, what is typed, and options of chromium."""

TIME = 10_000_000
"""Milliseconds of the page's own clock, in which the model starts; they take some seconds."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Write nothing."""


def main() -> None:
    """Make the page, open it in chromium and write its pictures."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page"
        build_page(read_artifact(RELEASED), page, PageOptions())
        shutil.copy(page / "share.png", DOCS / "page-share.png")
        handler = partial(Quiet, directory=str(page))
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for name, (typed, options) in PICTURES.items():
                command = [
                    *("chromium", "--headless", "--no-sandbox", "--disable-gpu"),
                    *("--hide-scrollbars", f"--user-data-dir={folder}/{name}", *options),
                    *(f"--virtual-time-budget={TIME}", f"--screenshot={DOCS / name}"),
                    f"http://127.0.0.1:{server.server_port}/#{quote(typed)}",
                ]
                subprocess.run(command, check=True, capture_output=True)
            server.shutdown()


if __name__ == "__main__":
    main()
