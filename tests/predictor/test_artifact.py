import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import random_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from names_predictor.artifact import store as artifact_module
from names_predictor.artifact.manifest import SCHEMA_VERSION, ArtifactError, checksum
from names_predictor.artifact.store import (
    MODEL_FILE,
    NEXT_MODEL_FILE,
    RELEASED,
    VOCAB_FILE,
    Artifact,
    chosen_folder,
    read_artifact,
    write_artifact,
)
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer.onnx_graph.encoder import to_onnx

GROUP = {"labels": [0, 1, 2, 3, 4], "rows": 9, "millionths": [400_000, 500_000]}


@pytest.fixture
def folder(artifact_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(artifact_folder, tmp_path / "copy"))


def change_vocab(folder: Path, **changes: object) -> None:
    content = json.loads((folder / VOCAB_FILE).read_text(encoding="utf-8"))
    del content["checksum"]
    content |= changes
    content = {"checksum": checksum(content)} | content
    (folder / VOCAB_FILE).write_text(json.dumps(content), encoding="utf-8")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    model, vocab = random_model("abc", 3)
    artifact = Artifact(to_onnx(model, vocab), vocab)
    write_artifact(tmp_path / "new" / "folder", artifact)
    assert read_artifact(tmp_path / "new" / "folder") == artifact
    assert {p.name for p in (tmp_path / "new" / "folder").iterdir()} == {MODEL_FILE, VOCAB_FILE}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "upgrade names-predictor"),
        ({"schema_version": 0}, "export the model again"),
        ({"schema_version": "1"}, "no schema_version"),
        ({"sha256": "0" * 64}, "SHA-256 differs"),
        ({"normalisation": "other"}, "normalisation 'other' is unknown"),
        ({"labels": ["one"]}, "'labels'"),
        ({"labels": ["one", "one"]}, "'labels'"),
        ({"labels": ["one", 2]}, "'labels'"),
        ({"labels": None}, "'labels'"),
        ({"labels": ["one", "two\t"]}, "'labels'"),
        ({"labels": ["one", "\x1b[2J"]}, "'labels'"),
        ({"labels": ["one", "\ud800"]}, "'labels'"),
        ({"characters": "aa"}, "'characters'"),
        ({"max_length": 0}, "'max_length'"),
        ({"max_length": True}, "'max_length'"),
        ({"max_length": 10**9}, "'max_length'"),
        ({"temperatures": [10**400]}, "'temperatures'"),
        ({"temperatures": [1.0, 1e-300]}, "'temperatures'"),
        ({"temperatures": []}, "'temperatures'"),
        ({"temperatures": 1.0}, "'temperatures'"),
        ({"label_shares": [0.2, 0.2, 0.2, 0.2, 10**400]}, "'label_shares'"),
        ({"conformal": [GROUP | {"rows": 10**400}]}, "'conformal'"),
        ({"conformal": [GROUP | {"labels": [0, 1, 2, 3, 4.5]}]}, "'conformal'"),
        ({"checksum": 0}, "damaged or edited"),
        ({"temperatures": [0]}, "'temperatures'"),
        ({"temperatures": [float("nan")]}, "'temperatures'"),
        ({"provenance": []}, "'provenance'"),
        ({"label_shares": [0.5, 0.5]}, "'label_shares'"),
        ({"label_shares": [0.2, 0.2, 0.2, 0.2, "x"]}, "'label_shares'"),
        ({"label_shares": [0.2, 0.2, 0.2, 0.4, 0]}, "'label_shares'"),
        ({"label_shares": [0.2, 0.2, 0.2, 0.4, 5e-324]}, "'label_shares'"),
        ({"labels": ["one", "two", "three", "four", "x" * 201]}, "'labels'"),
        ({"conformal": []}, "'conformal'"),
        ({"conformal": ["x"]}, "'conformal'"),
        ({"conformal": [{"labels": [0], "rows": 1, "millionths": [500_000]}]}, "'conformal'"),
        ({"conformal": [GROUP | {"millionths": [5, 4]}]}, "'conformal'"),
        ({"conformal": [GROUP | {"millionths": [5] * 10}]}, "'conformal'"),
        ({"conformal": [GROUP | {"rows": "9"}]}, "'rows'"),
        ({"conformal": [GROUP | {"rows": -1, "millionths": []}]}, "'conformal'"),
        ({"conformal": [GROUP | {"millionths": []}]}, "'conformal'"),
        ({"conformal": [GROUP | {"millionths": [5, 1_000_001]}]}, "'conformal'"),
        ({"conformal": [GROUP | {"millionths": [-1, 5]}]}, "'conformal'"),
        ({"conformal": [GROUP | {"millionths": [4, 5.0]}]}, "'conformal'"),
        ({"conformal": [GROUP | {"labels": [False, 1, 2, 3, 4]}]}, "'conformal'"),
        ({"codes": None}, "'codes'"),
        ({"codes": {}}, "'codes'"),
        ({"codes": ["xxx"]}, "'codes'"),
        ({"codes": {"label 9": "xxx"}}, "'codes'"),
        ({"codes": {"label 0": ""}}, "'codes'"),
        ({"codes": {"label 0": 3}}, "'codes'"),
        ({"codes": {"label 0": "x x"}}, "'codes'"),
        ({"codes": {"label 0": "x\t"}}, "'codes'"),
        ({"codes": {"label 0": "x" * 36}}, "'codes'"),
        ({"labels": [], "label_shares": [], "conformal": []}, "'labels'"),
    ],
)
def test_an_invalid_vocab_is_rejected(
    folder: Path, changes: dict[str, object], message: str
) -> None:
    change_vocab(folder, **changes)
    with pytest.raises(ArtifactError, match=message):
        read_artifact(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON: .*: restore it or export again"),
        ("{", "not valid JSON"),
        ("[]", "not the vocab.json of a model"),
        ("null", "not the vocab.json of a model"),
        ("[" * 100_000, "not valid JSON"),
        ('{"schema_version": 1}', "export the model again"),
    ],
)
def test_a_damaged_vocab_is_refused(folder: Path, text: str, message: str) -> None:
    (folder / VOCAB_FILE).write_text(text)
    with pytest.raises(ArtifactError, match=f"{VOCAB_FILE}: .*{message}"):
        read_artifact(folder)


@pytest.mark.parametrize("name", [MODEL_FILE, VOCAB_FILE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}: no such file"):
        read_artifact(folder)


def test_a_folder_without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAMES_ARTIFACTS", raising=False)
    monkeypatch.chdir(folder.parent)
    (folder.parent / "artifacts").symlink_to(folder)
    assert chosen_folder() == Path("artifacts")
    user, mode = os.geteuid(), folder.stat().st_mode
    try:
        folder.chmod(0)
        if user == 0:  # who may look into everything
            os.seteuid(65534)
        assert chosen_folder() == RELEASED
        if user == 0:  # who lets others look into the folder above
            os.seteuid(0)
            folder.parent.chmod(0o755)
            os.seteuid(65534)
            assert chosen_folder() == Path("artifacts")
        with pytest.raises(ArtifactError, match="cannot be read: Permission denied"):
            read_artifact(folder)
    finally:
        os.seteuid(user)
        folder.chmod(mode)


def test_labels_that_do_not_fit_the_graph_are_refused(folder: Path) -> None:
    group = {"labels": [0, 1], "rows": 2, "millionths": [1, 2]}
    change_vocab(folder, labels=["one", "two"], label_shares=[0.5, 0.5], conformal=[group])
    with pytest.raises(ArtifactError, match="2 labels: export it again"):
        NamePredictor.load(folder)


def test_more_characters_than_in_the_graph_are_refused(folder: Path) -> None:
    content = json.loads((folder / VOCAB_FILE).read_text(encoding="utf-8"))
    change_vocab(folder, characters=content["characters"] + "ж")
    with pytest.raises(ArtifactError, match="onnxruntime can't run it"):
        NamePredictor.load(folder)


def test_labels_in_another_order_than_in_the_graph_are_refused(folder: Path) -> None:
    change_vocab(folder, labels=[f"label {i}" for i in (1, 0, 2, 3, 4)])
    with pytest.raises(ArtifactError, match="its labels or versions are not"):
        NamePredictor.load(folder)


def test_a_model_that_onnxruntime_refuses_is_one_clear_error() -> None:
    _, vocab = random_model("abc", 3)
    with pytest.raises(ArtifactError, match="damaged or not the ONNX file"):
        NamePredictor(Artifact(b"no model at all", vocab))


@pytest.mark.parametrize("calls", range(1, 5))
def test_a_cut_off_export_leaves_a_whole_artifact(
    folder: Path, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off the write before each of its four steps on the disk."""
    old = read_artifact(folder)
    model, vocab = random_model("abc", 3, seed=1)
    new = Artifact(to_onnx(model, vocab), vocab)
    left = [calls]

    def counted(step: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*arguments: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return step(*arguments)

        return wrapper

    monkeypatch.setattr("names_predictor.artifact.store.write_synced", counted(_write))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    with pytest.raises(KeyboardInterrupt):
        write_artifact(folder, new)
    monkeypatch.undo()
    assert read_artifact(folder) == (new if calls == 4 else old)
    assert (folder / NEXT_MODEL_FILE).exists() == (calls > 1)
    write_artifact(folder, new)
    assert read_artifact(folder) == new


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_full_disk_leaves_the_folder_as_it_was(
    folder: Path, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    model, vocab = random_model("abc", 3, seed=1)
    left = [written]

    def until_full(path: Path, content: bytes) -> None:
        path.write_bytes(content if left[0] else content[:5])
        if not left[0]:
            raise OSError(28, "No space left on device")
        left[0] -= 1

    monkeypatch.setattr("names_predictor.artifact.store.write_synced", until_full)
    with pytest.raises(ArtifactError, match="cannot be written: No space left on device"):
        write_artifact(folder, Artifact(to_onnx(model, vocab), vocab), "card")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("calls", range(1, 5))
def test_a_cut_off_export_after_a_cut_off_one_leaves_a_whole_artifact(
    folder: Path, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was killed before its last step, so that its model has only its next name."""
    made = []
    for seed in (1, 2):
        model, vocab = random_model("abc", 3, seed=seed)
        made.append(Artifact(to_onnx(model, vocab), vocab))
    first, second = made
    model_before = (folder / MODEL_FILE).read_bytes()
    write_artifact(folder, first)
    (folder / MODEL_FILE).replace(folder / NEXT_MODEL_FILE)
    (folder / MODEL_FILE).write_bytes(model_before)
    assert read_artifact(folder) == first
    left = [calls]

    def cut_off(path: Path, content: bytes) -> None:
        left[0] -= 1
        if left[0] == 0:
            path.write_bytes(content[:10])
            raise KeyboardInterrupt
        path.write_bytes(content)

    monkeypatch.setattr("names_predictor.artifact.store.write_synced", cut_off)
    if calls <= 2:
        with pytest.raises(KeyboardInterrupt):
            write_artifact(folder, second)
    else:
        write_artifact(folder, second)
    assert read_artifact(folder) == (first if calls <= 2 else second)


@pytest.mark.parametrize("exports", [1, 2])
def test_exports_that_come_between_two_reads_are_not_mixed_in(
    folder: Path, exports: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the second, vocab.json is again what was read first."""
    old = read_artifact(folder)
    model, vocab = random_model("abc", 3, seed=1)
    new = Artifact(to_onnx(model, vocab), vocab)
    read = artifact_module.read_at_most
    reads = []

    def read_and_export(path: Path, most: int) -> bytes:
        content = read(path, most)
        reads.append(path.name)
        if len(reads) <= exports:
            write_artifact(folder, (new, old)[len(reads) - 1])
        return content

    monkeypatch.setattr(artifact_module, "read_at_most", read_and_export)
    assert read_artifact(folder) == (new, old)[exports - 1]
    assert len(reads) > 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
KEYS = [
    *("schema_version", "characters", "labels", "normalisation", "max_length", "temperatures"),
    *("label_shares", "conformal", "sha256", "provenance"),
]


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, min_size=1, max_size=2))
def test_any_vocab_is_rejected_or_predicts(
    artifact_folder: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    shutil.copytree(artifact_folder, tmp_path, dirs_exist_ok=True)
    change_vocab(tmp_path, **changes)
    problem = ""
    try:
        (prediction,) = NamePredictor.load(tmp_path).predict(["abc"], coverage=0.9)
    except ArtifactError as refusal:
        problem = str(refusal)
    assert "\n" not in problem
    assert problem or prediction.reason or 0 < prediction.probability <= 1


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_a_text_that_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(NamesError, match="folder: not a path of this system"):
        NamePredictor.load(path)


def test_a_vocab_with_lone_surrogates_has_a_digest(folder: Path) -> None:
    whole = read_artifact(folder)
    change_vocab(folder, provenance={"made": "\ud800"})
    assert read_artifact(folder).digest != whole.digest


@pytest.mark.parametrize("depth", [17, 500, 900])
def test_a_deep_vocab_is_refused(folder: Path, depth: int) -> None:
    deep: Any = {}
    for _ in range(depth):
        deep = {"a": deep}
    change_vocab(folder, provenance=deep)
    with pytest.raises(ArtifactError, match=VOCAB_FILE):
        read_artifact(folder)


@pytest.mark.parametrize("old", ['"temperatures": [1.0', '"labels"', "abc"])
def test_a_damaged_value_is_rejected(folder: Path, old: str) -> None:
    text = (folder / VOCAB_FILE).read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, old[:-1] + chr(ord(old[-1]) ^ 1), 1)
    (folder / VOCAB_FILE).write_text(changed, encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"damaged|not valid JSON"):
        read_artifact(folder)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
