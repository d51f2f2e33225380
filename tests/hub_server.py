"""A replacement of the Hugging Face Hub on localhost, with the calls for loading and pushing.

Requests and responses have the form that huggingface_hub sends and reads. Like the real Hub, it
redirects requests for large files to another host, here localhost in place of 127.0.0.1.
"""

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from names_predictor.artifact.hub import SETTINGS

TOKEN = "hf_of_the_tests"
LARGE = ".onnx"
"""The ending of files that are stored separately, by their SHA-256."""


@dataclass
class Repository:
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    private: bool = False

    def commit(self, files: dict[str, bytes], ref: str = "main") -> str:
        """Add files to those of the branch; return the new commit."""
        whole = self.commits.get(self.refs.get(ref, ""), {}) | files
        content = repr((len(self.commits), sorted(whole.items()))).encode()
        commit = hashlib.sha1(content).hexdigest()
        self.commits[commit] = whole
        self.refs[ref] = commit
        return commit


class Hub(http.server.ThreadingHTTPServer):
    """The server; `sent` replaces the content of a file in a response."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.stored: dict[str, bytes] = {}
        self.sent: dict[str, bytes] = {}
        self.sizes: dict[str, int] = {}
        self.refused = 0
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self, method: str = "") -> list[str]:
        return [path for made, path, _ in self.requests if method in ("", made)]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def handle_any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(size)
        self.server.requests.append((self.command, self.path, dict(self.headers.items())))
        if self.server.refused:
            self.error(self.server.refused)
            return
        address = urlsplit(self.path)
        path, query = unquote(address.path), parse_qs(address.query)
        routes = (
            (r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", self.info),
            (r"/api/models/([^/]+/[^/]+)/preupload/(.+)", self.preupload),
            (r"/api/models/([^/]+/[^/]+)/commit/(.+)", self.commit),
            (r"/api/repos/create", self.create),
            (r"/api/validate-yaml", self.validate),
            (r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", self.batch),
            (r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.resolve),
            (r"/stored/(\w+)", self.storage),
        )
        for pattern, answer in routes:
            if match := re.fullmatch(pattern, path):
                self.query = query
                answer(*match.groups())
                return
        self.error(404)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def reply(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def reply_json(self, content: Any, status: int = 200) -> None:
        self.reply(json.dumps(content).encode(), status, Content_Type="application/json")

    def error(self, status: int, code: str = "") -> None:
        self.reply(b"{}", status, **({"X_Error_Code": code} if code else {}))

    def found(self, name: str, revision: str | None = None) -> tuple[str, dict[str, bytes]] | None:
        """Return a commit and its files, or send an error."""
        repository = self.server.repositories.get(name)
        if repository is None or (repository.private and not self.may_write()):
            self.error(404, "RepoNotFound")
            return None
        commit = repository.refs.get(revision or "main", revision or "")
        if revision and commit not in repository.commits:
            self.error(404, "RevisionNotFound")
            return None
        return commit, repository.commits.get(commit, {})

    def may_write(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def info(self, name: str, revision: str | None) -> None:
        if not (found := self.found(name, revision)):
            return
        commit, files = found
        sizes = {path: len(content) for path, content in files.items()} | self.server.sizes
        siblings = [
            {"rfilename": path} | ({"size": sizes[path]} if "blobs" in self.query else {})
            for path in files
        ]
        private = self.server.repositories[name].private
        self.reply_json(
            {"id": name, "sha": commit or None, "siblings": siblings, "private": private}
        )

    def resolve(self, name: str, revision: str, path: str) -> None:
        if not (found := self.found(name, revision)):
            return
        commit, files = found
        if path not in files:
            self.error(404, "EntryNotFound")
            return
        content = files[path]
        if not path.endswith(LARGE):
            etag = hashlib.sha1(content).hexdigest()
            sent = self.server.sent.get(path, content)
            length = len(content) if self.command == "HEAD" else len(sent)
            headers = {"ETag": f'"{etag}"', "X_Repo_Commit": commit, "Content_Length": str(length)}
            self.reply(sent, **headers)
            return
        oid = hashlib.sha256(content).hexdigest()
        self.server.stored[oid] = self.server.sent.get(path, content)
        self.reply(
            b"", 302, X_Repo_Commit=commit, X_Linked_ETag=f'"{oid}"',
            X_Linked_Size=str(len(content)),
            Location=f"http://localhost:{self.server.server_address[1]}/stored/{oid}",
        )  # fmt: skip

    def storage(self, oid: str) -> None:
        if self.command == "PUT":
            self.server.stored[oid] = self.body
            self.reply(b"")
        else:
            self.reply(self.server.stored[oid])

    def create(self) -> None:
        request = json.loads(self.body)
        name = f"{request['organization']}/{request['name']}"
        if not self.may_write():
            self.error(401)
        elif request["organization"] == "other":
            self.error(403)
        elif name in self.server.repositories:
            self.reply_json({"url": f"{self.server.url}/{name}"}, 409)
        else:
            self.server.repositories[name] = Repository(
                private=request.get("visibility") == "private" or bool(request.get("private"))
            )
            self.reply_json({"url": f"{self.server.url}/{name}"})

    def validate(self) -> None:
        content = json.loads(self.body)["content"]
        errors = []
        if not (content.startswith("---\n") and "\n---\n" in content):
            errors.append({"message": "no YAML"})
        if "license: unheard-of\n" in content:
            errors.append({"message": '"license" must be one of [apache-2.0, mit]'})
        self.reply_json({"errors": errors}, 400 if errors else 200)

    def preupload(self, name: str, revision: str) -> None:
        modes = {True: "lfs", False: "regular"}
        files = [
            {
                "path": f["path"],
                "uploadMode": modes[f["path"].endswith(LARGE)],
                "shouldIgnore": False,
            }
            for f in json.loads(self.body)["files"]
        ]
        self.reply_json({"files": files})

    def batch(self, name: str) -> None:
        objects = [
            o | {"actions": {"upload": {"href": f"{self.server.url}/stored/{o['oid']}"}}}
            for o in json.loads(self.body)["objects"]
        ]
        self.reply_json({"transfer": "basic", "objects": objects})

    def commit(self, name: str, revision: str) -> None:
        if not self.may_write():
            self.error(403)
            return
        files = {}
        for line in map(json.loads, self.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.stored[value["oid"]]
        commit = self.server.repositories[name].commit(files, revision)
        url = f"{self.server.url}/{name}/commit/{commit}"
        self.reply_json({"success": True, "commitUrl": url, "commitOid": commit})


@contextmanager
def running_hub() -> Iterator[Hub]:
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever, args=(0.02,))
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()


def use_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let huggingface_hub, which reads its variables when it is imported, use this server."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
