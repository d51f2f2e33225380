"""The download, from a server on localhost that serves intact, wrong and truncated files."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CommandLine

from names_predictor.errors import NamesError
from names_trainer.data import download as fetch
from names_trainer.data.download import fetch_names18

CONTENT = {name: f"names of {name}\n".encode() * 50 for name in fetch.SHA256}


class Server(http.server.ThreadingHTTPServer):
    wrong: str | None = None
    broken: str | None = None
    missing: str | None = None
    requests = 0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        name = self.path.removeprefix("/names/")
        if name == self.server.missing:
            self.send_error(404)
            return
        content = CONTENT[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if name == self.server.wrong:
            content = content.replace(b"names", b"NAMES")
        if name == self.server.broken:
            content = content[: len(content) // 2]  # and the connection is closed
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(fetch, "SHA256", hashes)
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/names/"


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_files_arrive_and_are_not_fetched_again(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "names18"
    assert list(fetch_names18(folder, url(server))) == list(fetch.SHA256)
    assert kept(folder) == CONTENT
    assert server.requests == 18
    assert list(fetch_names18(folder, url(server))) == list(fetch.SHA256)
    assert server.requests == 18


def test_a_damaged_file_is_fetched_again(server: Server, tmp_path: Path) -> None:
    list(fetch_names18(tmp_path, url(server)))
    (tmp_path / "Greek.txt").write_bytes(b"half")
    list(fetch_names18(tmp_path, url(server)))
    assert kept(tmp_path) == CONTENT
    assert server.requests == 19


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ("wrong", "SHA-256 differs"),
        ("broken", "no connection, or it broke"),
        ("missing", r"Greek\.txt: the server answers 404: nothing was kept"),
    ],
)
def test_a_failed_download_leaves_no_file(
    server: Server, tmp_path: Path, trouble: str, message: str
) -> None:
    setattr(server, trouble, "Greek.txt")
    with pytest.raises(NamesError, match=message):
        list(fetch_names18(tmp_path, url(server)))
    assert kept(tmp_path) == {}


def test_a_full_disk_is_not_taken_for_a_broken_connection(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pooch.retrieve", no_space)
    with pytest.raises(NamesError, match="cannot be written: No space left on device"):
        list(fetch_names18(tmp_path, url(server)))
    assert kept(tmp_path) == {}


def test_an_invalid_address(tmp_path: Path) -> None:
    for address in (f"{tmp_path}/", "file:///names/"):
        with pytest.raises(NamesError, match="not an address: give --base-url"):
            list(fetch_names18(tmp_path / "x", address))


def test_no_network(tmp_path: Path, names: CommandLine) -> None:
    result = names("data", "fetch", "--output", tmp_path, "--base-url", "http://127.0.0.1:9/names/")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "no connection" in result.err
    assert kept(tmp_path) == {}


def test_the_command_prints_the_folder(server: Server, tmp_path: Path, names: CommandLine) -> None:
    result = names("data", "fetch", "--output", tmp_path / "n", "--base-url", url(server)[:-1])
    assert (result.code, result.err) == (0, "")
    assert result.out == f"18 files in {tmp_path / 'n'}\n"
