"""Models from the Hub, against a stand-in on localhost that serves them right, wrong and broken."""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CommandLine, Result
from hub_server import TOKEN, Hub, Repository, running_hub, use_hub

from names_predictor.artifact import hub as hub_module
from names_predictor.artifact.hub import Address, address_of
from names_predictor.artifact.manifest import ArtifactError
from names_predictor.artifact.store import MODEL_FILE, VOCAB_FILE, read_artifact
from names_predictor.engines.labeller import NameLabeller
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor

MODEL = "hf://some/model"


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture
def hub(server: Hub, artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A Hub with one model, and an empty cache."""
    use_hub(server, monkeypatch, tmp_path)
    server.sent, server.sizes, server.refused = {}, {}, 0
    server.requests.clear()
    repository = server.repositories["some/model"] = Repository()
    files = {path.name: path.read_bytes() for path in artifact_folder.iterdir()}
    repository.commit(files | {"weights.bin": b"not for us"})
    return server


def commit_of(hub: Hub) -> str:
    return hub.repositories["some/model"].refs["main"]


def test_a_branch_becomes_the_commit_that_it_is_at(hub: Hub, artifact_folder: Path) -> None:
    commit = commit_of(hub)
    for revision in ("", "@main"):
        predictor = NamePredictor.load(MODEL + revision)
        assert predictor.artifact == read_artifact(artifact_folder)
        assert predictor.artifact.source == f"{MODEL}@{commit}"
        assert repr(predictor).endswith(f" from {MODEL}@{commit}>")
        assert repr(pickle.loads(pickle.dumps(predictor))) == repr(predictor)
    hub.repositories["some/model"].commit({"README.md": b"newer"})
    newer = NamePredictor.load(MODEL).artifact.source
    assert newer == f"{MODEL}@{commit_of(hub)}" != f"{MODEL}@{commit}"


def test_only_both_files_are_downloaded_and_once(hub: Hub) -> None:
    source = f"{MODEL}@{commit_of(hub)}"
    NamePredictor.load(source)
    downloaded = [path.rpartition("/")[2] for path in hub.paths("GET") if "/resolve/" in path]
    stored = [path for path in hub.paths("GET") if "/stored/" in path]
    assert downloaded == [VOCAB_FILE]
    assert len(stored) == 1
    hub.requests.clear()
    NamePredictor.load(source)
    assert hub.paths() == []


def test_the_token_goes_to_the_hub_alone(hub: Hub) -> None:
    NamePredictor.load(MODEL)
    hosts = {
        headers["Host"].partition(":")[0]: headers.get("Authorization")
        or headers.get("authorization")
        for _, _, headers in hub.requests
    }
    assert hosts == {"127.0.0.1": f"Bearer {TOKEN}", "localhost": None}


def test_without_a_network_a_commit_in_the_cache_will_do(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    source = f"{MODEL}@{commit_of(hub)}"
    NamePredictor.load(source)
    hub.requests.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert NamePredictor.load(source).artifact.source == source
    for address in (MODEL, f"{MODEL}@main", f"{MODEL}@{'0' * 40}"):
        with pytest.raises(NamesError, match=r"offline mode is enabled.*: check the connection"):
            NamePredictor.load(address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert NamePredictor.load(source).artifact.source == source
    with pytest.raises(NamesError, match=r"refused.*: check the connection to http"):
        NamePredictor.load(MODEL)
    assert hub.paths() == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hf://some/other", "answers 404: no such model, or a private one"),
        ("hf://some/model@other", "no such commit, branch or tag"),
        (f"hf://some/model@{'0' * 40}", "no such commit, branch or tag"),
        ("hf://model", "not the address of a model: write hf://owner/model"),
        ("hf://some/model/file", "not the address of a model"),
        ("hf://some/model@", "not the address of a model"),
        ("hf://some/model@a b", "not the address of a model"),
        ("hf://some/mo--del", "mo--del"),
        ("hf://../model", "not the address of a model"),
    ],
)
def test_what_is_not_there(hub: Hub, address: str, message: str) -> None:
    with pytest.raises(NamesError, match=message) as problem:
        NamePredictor.load(address)
    assert "\n" not in str(problem.value)
    assert str(problem.value).startswith("hf://")


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "not signed in"), (403, "no access"), (404, "no such model"), (500, "500")],
)
def test_a_refusal_is_one_line(hub: Hub, status: int, message: str) -> None:
    hub.refused = status
    with pytest.raises(NamesError, match=f"answers {status}: .*{message}") as problem:
        NamePredictor.load(MODEL)
    assert "\n" not in str(problem.value)


def test_a_hub_that_names_no_commit_is_not_believed(hub: Hub) -> None:
    hub.repositories["some/model"].refs["main"] = "../../../etc"
    with pytest.raises(NamesError, match="names no commit"):
        NamePredictor.load(MODEL)


def test_a_private_model_needs_the_token(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repositories["some/model"].private = True
    assert NamePredictor.load(MODEL)
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    with pytest.raises(NamesError, match="HF_TOKEN"):
        NamePredictor.load(MODEL)


@pytest.mark.parametrize("name", [MODEL_FILE, VOCAB_FILE])
def test_a_file_that_is_missing_or_too_large_is_not_downloaded(hub: Hub, name: str) -> None:
    hub.sizes = {name: 1 << 40}
    with pytest.raises(NamesError, match=f"{name} is larger than [0-9,]+ bytes, as no names"):
        NamePredictor.load(MODEL)
    repository = hub.repositories["some/model"]
    del repository.commits[repository.refs["main"]][name]
    with pytest.raises(NamesError, match=f"has no {name}: it is not a names model"):
        NamePredictor.load(MODEL)
    assert not [path for path in hub.paths() if "/resolve/" in path]


@pytest.mark.parametrize("name", [MODEL_FILE, VOCAB_FILE])
def test_a_file_that_is_cut_off_is_not_kept(hub: Hub, artifact_folder: Path, name: str) -> None:
    hub.sent = {name: (artifact_folder / name).read_bytes()[:-9]}
    with pytest.raises(NamesError, match="Consistency check failed"):
        NamePredictor.load(MODEL)
    hub.sent = {}
    assert NamePredictor.load(MODEL)


@pytest.mark.parametrize("name", [MODEL_FILE, VOCAB_FILE])
def test_a_file_of_other_content_is_refused(hub: Hub, artifact_folder: Path, name: str) -> None:
    content = bytearray((artifact_folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    hub.sent = {name: bytes(content)}
    with pytest.raises(ArtifactError, match=r"(SHA-256 differs|damaged|not valid JSON)") as problem:
        NamePredictor.load(MODEL)
    cached = str(problem.value).partition("to download it again, delete ")[2]
    assert Path(cached).name == "models--some--model"
    assert str(problem.value).startswith(f"{MODEL}@{commit_of(hub)}: ")


def test_a_graph_that_no_names_model_has_is_refused(hub: Hub, artifact_folder: Path) -> None:
    from conftest import random_model

    from names_predictor.artifact.store import Artifact

    _, vocab = random_model("abc", 3)
    stranger = Artifact(b"\x08\x08:\x04evil", vocab)
    hub.repositories["some/model"].commit(
        {MODEL_FILE: stranger.model, VOCAB_FILE: vocab.to_json(stranger.sha256).encode()}
    )
    with pytest.raises(ArtifactError, match=MODEL_FILE):
        NamePredictor.load(MODEL)


def test_the_command_line_shows_the_commit(
    hub: Hub, names_predict: CommandLine, names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = f"{MODEL}@{commit_of(hub)}"
    labels = "".join(f"label {i}\n" for i in range(5))
    expected = Result(0, labels, f"pinned: {pinned}\n")
    assert names_predict("--list-labels", "--artifacts", MODEL) == expected
    assert names_predict("--list-labels", "--artifacts", pinned) == Result(0, labels, "")
    monkeypatch.setenv("NAMES_ARTIFACTS", f"{MODEL}@main")
    assert names_predict("--list-labels") == expected
    result = names("inspect", MODEL, "--json")
    assert (result.code, result.err) == (0, f"pinned: {pinned}\n")
    failed = names_predict("--list-labels", "--artifacts", "hf://some/other")
    assert (failed.code, failed.err.count("\n")) == (2, 1)


def test_a_labeller_takes_an_address(hub: Hub) -> None:
    labelled = NameLabeller(MODEL, "name")({"name": ["abc"]})
    assert labelled["label"][0].startswith("label ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf://a/b", Address("a/b")),
        ("hf://a/b@v1.0", Address("a/b", "v1.0")),
        ("hf://a/b@refs/pr/1", Address("a/b", "refs/pr/1")),
        ("hf/a/b", None),
        ("/hf:/a/b", None),
        ("models/hf", None),
    ],
)
def test_addresses_and_folders_are_distinguished(text: str, expected: Address | None) -> None:
    found = address_of(Path(text))
    assert found == expected
    assert found is None or str(found) == text


def test_without_the_library_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(NamesError, match=r"pip install 'names-predictor\[hub\]'"):
        NamePredictor.load(MODEL)


def test_a_process_of_its_own_reports_nothing(hub: Hub, tmp_path: Path) -> None:
    """The variables are real here: the library is imported by the command."""
    removed = (*hub_module.SETTINGS, "DO_NOT_TRACK", "DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in removed}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "AI_AGENT": "x"}
    done = subprocess.run(
        [sys.executable, "-m", "names_predictor", "--list-labels", "--artifacts", MODEL],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"pinned: {MODEL}@{commit_of(hub)}\n"
    assert {path for path in hub.paths() if "model" not in path and "/stored/" not in path} == set()
    agents = {
        headers.get("user-agent") or headers.get("User-Agent") for *_, headers in hub.requests
    }
    assert len(agents) == 1
    assert "torch" not in f"{agents}"
    assert "agent" not in f"{agents}"
