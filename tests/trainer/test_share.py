"""A push to the Hub and a download from it, with a server on localhost in its place."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import CommandLine
from hub_server import TOKEN, Hub, Repository, running_hub, use_hub

from names_predictor.artifact.hub import SETTINGS
from names_predictor.artifact.store import CARD_FILE, MODEL_FILE, VOCAB_FILE, read_artifact
from names_predictor.inference.predictor import NamePredictor
from names_trainer.runs.run import Run

README_FILE = "README.md"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as server:
        use_hub(server, monkeypatch, tmp_path)
        monkeypatch.chdir(tmp_path)
        yield server


def test_what_is_pushed_is_loaded_back(hub: Hub, finished_run: Run, names: CommandLine) -> None:
    result = names("export", "--run", finished_run.folder, "--push", "me/new-model")
    assert result.code == 0, result.err
    (commit,) = hub.repositories["me/new-model"].commits
    pinned = f"hf://me/new-model@{commit}"
    assert result.out.splitlines()[-1] == f"pushed {pinned}"
    files = hub.repositories["me/new-model"].commits[commit]
    assert set(files) == {MODEL_FILE, VOCAB_FILE, README_FILE}
    assert not hub.repositories["me/new-model"].private
    predictor, own = NamePredictor.load(pinned), NamePredictor.load("artifacts")
    assert predictor.artifact.source == pinned
    assert predictor.artifact.model == own.artifact.model
    words = ["Kova", "Zaktzu", "ioua"]
    assert predictor.predict(words, coverage=0.9) == own.predict(words, coverage=0.9)


def test_where_the_names_stood_is_not_pushed(
    hub: Hub, finished_run: Run, names: CommandLine
) -> None:
    folder = Path(finished_run.config.data_dir)
    assert folder.is_absolute()
    assert names("export", "--run", finished_run.folder, "--push", "me/model").code == 0
    (files,) = hub.repositories["me/model"].commits.values()
    for content in files.values():
        assert str(folder.parent).encode() not in content
    provenance = json.loads(files[VOCAB_FILE])["provenance"]
    own = json.loads((Path("artifacts") / VOCAB_FILE).read_text("utf-8"))["provenance"]
    assert own["config"].pop("data_dir") == str(folder)
    assert provenance["config"].pop("data_dir") == folder.name
    assert provenance == own
    assert f"| {VOCAB_FILE} | {len(files[VOCAB_FILE]):,} bytes" in files[README_FILE].decode()


def test_a_model_from_the_hub_names_no_file_to_evaluate(
    hub: Hub, finished_run: Run, names: CommandLine
) -> None:
    assert names("export", "--run", finished_run.folder).code == 0
    assert names("evaluate", "--artifacts", "artifacts").code == 0
    files = {path.name: path.read_bytes() for path in Path("artifacts").iterdir()}
    hub.repositories["some/model"] = Repository()
    commit = hub.repositories["some/model"].commit(files)
    result = names("evaluate", "--artifacts", f"hf://some/model@{commit}")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"hf://some/model@{commit}: its training data is missing" in result.err
    data = finished_run.config.data_dir
    assert names("evaluate", "--artifacts", "hf://some/model", "--data", data).code == 0


def test_the_card_becomes_the_readme(hub: Hub, finished_run: Run, names: CommandLine) -> None:
    for more in ([], ["--license", "cc-by-4.0"]):
        result = names("export", "--run", finished_run.folder, "--push", "me/model", *more)
        assert result.code == 0, result.err
        repository = hub.repositories["me/model"]
        readme = repository.commits[repository.refs["main"]][README_FILE].decode()
        _, head, card = readme.split("---\n", 2)
        assert yaml.safe_load(head) == {
            "library_name": "names-predictor",
            "pipeline_tag": "text-classification",
            "tags": ["names-predictor", "onnx"],
        } | ({"license": "cc-by-4.0"} if more else {})
        local = (Path("artifacts") / CARD_FILE).read_text("utf-8")
        differing = set(local.strip().splitlines()) ^ set(card.strip().splitlines())
        places = (f"| {VOCAB_FILE} | ", "names-predict names.txt --artifacts DIR ")
        assert all(line.startswith(places) for line in differing)
        assert "# DIR: hf://me/model\n" in card
    assert len(repository.commits) == 2


def test_a_private_model_is_never_public(hub: Hub, finished_run: Run, names: CommandLine) -> None:
    push = ("export", "--run", finished_run.folder, "--private", "--push")
    assert names(*push, "me/secret").code == 0
    assert hub.repositories["me/secret"].private
    assert names(*push, "me/secret").code == 0
    hub.repositories["me/open"] = Repository()
    result = names(*push, "me/open")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "hf://me/open: is public: nothing was pushed" in result.err
    assert hub.repositories["me/open"].commits == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--push", "model"], "not the address of a model: write hf://owner/model"),
        (["--push", "me/model@v1"], "leave out what follows the @"),
        (["--push", "me/model", "--license", "my own"], "--license my own: give an identifier"),
        (["--private"], "--private, --license: only with --push"),
        (["--license", "mit"], "--private, --license: only with --push"),
    ],
)
def test_a_push_that_must_fail_does_not_export(
    hub: Hub, finished_run: Run, names: CommandLine, arguments: list[str], message: str
) -> None:
    result = names("export", "--run", finished_run.folder, *arguments)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err
    assert not Path("artifacts").exists()
    assert hub.paths() == []


def test_no_token(
    hub: Hub, finished_run: Run, names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    result = names("export", "--run", finished_run.folder, "--push", "me/model")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "no token: set HF_TOKEN" in result.err
    assert not Path("artifacts").exists()


@pytest.mark.parametrize(
    ("repository", "token", "message"),
    [
        ("other/model", TOKEN, "answers 403: no access"),
        ("me/model", "hf_wrong", "answers 401: not signed in"),
    ],
)
def test_a_refused_push_leaves_the_export(
    hub: Hub, finished_run: Run, names: CommandLine, monkeypatch: pytest.MonkeyPatch,
    repository: str, token: str, message: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("HF_TOKEN", token)
    result = names("export", "--run", finished_run.folder, "--push", repository)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err
    assert "wrote artifacts/model.onnx" in result.out
    assert "pushed" not in result.out
    assert read_artifact(Path("artifacts"))
    assert hub.repositories == {}


def test_a_licence_that_the_hub_does_not_know(
    hub: Hub, finished_run: Run, names: CommandLine
) -> None:
    push = ("--push", "me/model", "--license", "unheard-of")
    result = names("export", "--run", finished_run.folder, *push)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert 'refused: Invalid metadata in README.md. - "license" must be one of' in result.err
    assert hub.repositories["me/model"].commits == {}


def test_no_network(
    hub: Hub, finished_run: Run, names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    result = names("export", "--run", finished_run.folder, "--push", "me/model")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "check the connection to http://127.0.0.1:9" in result.err


def test_a_process_of_its_own_needs_no_other_server(
    hub: Hub, finished_run: Run, tmp_path: Path
) -> None:
    """With real variables; with Xet, it would request a server that does not exist."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "names_trainer", "export", "--run", finished_run.folder]
    done = subprocess.run(
        [*command, "--push", "me/model"], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert [path for path in hub.paths("PUT") if path.startswith("/stored/")]
    agents = {
        headers.get("user-agent") or headers.get("User-Agent") for *_, headers in hub.requests
    }
    assert not [agent for agent in agents if "torch" in f"{agent}"]
