"""`names release` trains the default model reproducibly."""

from pathlib import Path

import pytest
from conftest import CommandLine, small_config

from names_predictor.artifact.store import CARD_FILE, MODEL_FILE, VOCAB_FILE, read_artifact
from names_trainer import config as config_module
from names_trainer.config import TrainConfig
from names_trainer.export import release as release_module
from names_trainer.export.release import RELEASE
from names_trainer.models.quantisation import quantise
from names_trainer.onnx_graph import lstm

TEACHER = TrainConfig(
    hidden_dim=8, embedding_dim=4, bidirectional=True, ngrams=3, num_epochs=1, member=1
)


@pytest.fixture
def tiny(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    config = small_config(corpus, teachers=1, synthetic_names=50, num_epochs=2)
    monkeypatch.setattr(config_module, "TEACHER", TEACHER)
    monkeypatch.setattr(release_module, "RELEASE", config)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    return config


def test_the_same_three_files_come_out_again(
    tiny: TrainConfig, names: CommandLine, tmp_path: Path
) -> None:
    written = []
    for folder in ("a", "b"):
        result = names("release", "--output", tmp_path / folder, "--jobs", 1)
        assert result.code == 0, result.err
        assert f"{tmp_path / folder / CARD_FILE} from the release settings" in result.out
        written.append({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()})
    assert set(written[0]) == {CARD_FILE, MODEL_FILE, VOCAB_FILE}
    assert written[0] == written[1]
    artifact = read_artifact(tmp_path / "a")
    assert b"MatMulInteger" in artifact.model
    assert TrainConfig(**artifact.vocab.provenance["config"]) == tiny
    assert artifact.vocab.provenance["exported"] == "2026-01-01T00:00:00Z"


def test_floats_are_exported_where_8_bits_cost_accuracy(
    tiny: TrainConfig, names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lstm, "quantise", lambda part: quantise(-part))
    assert names("release", "--output", tmp_path, "--jobs", 1).code == 0
    assert b"MatMulInteger" not in read_artifact(tmp_path).model
    monkeypatch.setattr("names_trainer.export.parity.TOLERANCE", 0.0)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert names("release", "--output", tmp_path, "--jobs", 1).code == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_without_the_corpus_a_line_says_so(
    names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = names("release")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"{RELEASE.data_dir}: no such folder" in result.err
    assert not list(tmp_path.iterdir())
