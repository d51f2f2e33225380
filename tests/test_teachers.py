import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import CommandLine, small_config

from names_predictor.artifact import read_artifact
from names_predictor.errors import NamesError
from names_trainer import config as config_module
from names_trainer.config import PRESETS, TrainConfig
from names_trainer.corpus import Row
from names_trainer.export import export
from names_trainer.model import NameLSTM, NgramTable, logits_of
from names_trainer.quantisation import rounded_to_int8
from names_trainer.runs import LESSONS_FILE, TEACHERS_FOLDER, Run, figures_in
from names_trainer.teachers import LABEL_WEIGHT, make_up_names, ngram_answer, read_lessons, teach
from names_trainer.training import learning_rate_at, train

TINY_TEACHER = TrainConfig(
    hidden_dim=8, embedding_dim=4, bidirectional=True, ngrams=3, num_epochs=2, schedule="one-cycle"
)


@pytest.fixture
def taught(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(config_module, "TEACHER", TINY_TEACHER)
    config = small_config(
        corpus, teachers=2, synthetic_names=200, int8_weights=True, schedule="one-cycle"
    )
    run = Run.create(tmp_path / "runs", config, "taught")
    seen: list[tuple[int, int]] = []
    teach(run, 2, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (4, 4)
    return run


def test_lessons_are_the_teachers_mean_answer(taught: Run) -> None:
    lessons = read_lessons(taught)
    task = taught.task
    rows = len(task.split.train)
    assert 0 < len(lessons.targets) - rows <= 200
    teachers = [Run.open(taught.folder / TEACHERS_FOLDER / str(i)) for i in (1, 2)]
    first, second = (
        logits_of(t.best_model(), lessons.ids, lessons.lengths).log_softmax(dim=1) for t in teachers
    )
    assert not torch.equal(first, second)
    made_up = make_up_names(task.split.train, 200, taught.config.seed)
    names = [*(row.name for row in task.split.train), *made_up]
    linear = torch.from_numpy(ngram_answer(task.split.train, names, task.labels))
    mean = ((first + second + linear) / 3).softmax(dim=1)
    torch.testing.assert_close(lessons.targets[rows:], mean[rows:], atol=1e-3, rtol=0)
    own = lessons.targets[torch.arange(rows), task.encode(task.split.train).targets]
    assert (own >= LABEL_WEIGHT - 1e-3).all()


def test_a_taught_run_learns_and_resumes_and_exports(taught: Run, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(taught.folder, tmp_path / "runs" / "broken"))
    assert [e.epoch for e in train(taught)] == [1, 2, 3]
    assert taught.epochs()[-1].validation_accuracy > 0.6
    for epoch in train(Run.open(broken)):
        if epoch.epoch == 1:
            break
    list(train(Run.open(broken)))
    for name in ("best.safetensors", "state.safetensors"):
        assert (broken / name).read_bytes() == (taught.folder / name).read_bytes()
    artifact, _ = export(taught, tmp_path / "artifact")
    assert read_artifact(tmp_path / "artifact").sha256 == artifact.sha256
    for weights in taught.best_model().parameters():
        assert torch.equal(rounded_to_int8(weights.detach()), weights)


def test_teachers_that_are_there_are_not_trained_again(taught: Run) -> None:
    before = (taught.folder / LESSONS_FILE).stat().st_mtime_ns
    teach(taught, 1, lambda done, total: pytest.fail("trained again"))
    (taught.folder / LESSONS_FILE).unlink()
    teach(taught, 1, lambda done, total: None)
    assert (taught.folder / LESSONS_FILE).stat().st_mtime_ns > before


def test_without_lessons_training_says_what_to_do(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus, teachers=1, synthetic_names=5))
    with pytest.raises(NamesError, match="names train --resume"):
        list(train(run))


def test_a_failed_teacher_is_told(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_module, "TEACHER", replace(TINY_TEACHER, learning_rate=1e30))
    run = Run.create(tmp_path, small_config(corpus, teachers=1, synthetic_names=5))
    with pytest.raises(NamesError, match="lower --learning-rate"):
        teach(run, 1, lambda done, total: None)


def test_made_up_names_run_like_their_label() -> None:
    rows = [Row("abab", "ab"), Row("ababab", "ab"), Row("xyxy", "xy"), Row("xyx", "xy")]
    names = make_up_names(rows, 40, 0)
    assert len(names) == len(set(names)) <= 40
    for name in names:
        assert 1 <= len(name) <= 6
        assert set(name) <= set("ab") or set(name) <= set("xy")
    assert make_up_names(rows, 40, 0) == names != make_up_names(rows, 40, 1)


def test_the_linear_teacher_knows_of_labels_that_it_never_saw() -> None:
    rows = [Row(name, label) for label in ("a", "c") for name in (label, label * 2, label * 3)]
    answer = ngram_answer(rows, ["aa", "cc"], ["a", "b", "c"])
    assert answer.argmax(axis=1).tolist() == [0, 2]
    assert (answer[:, 1] < -10).all()


def test_ngrams_of_a_name() -> None:
    table = NgramTable(3, 4)
    ids = torch.tensor([[5, 6, 7]])
    # With both ends 5 characters: 5 of one, 4 of two, 3 of three.
    assert table.buckets(ids).shape == (1, 12)
    assert table.buckets(torch.tensor([[5]])).shape == (1, 3 + 2 + 1)
    same, other = table.buckets(torch.tensor([[5, 6, 7], [5, 6, 8]]))
    assert torch.equal(table.buckets(ids)[0], same)
    assert (same != other).sum() == 1 + 2 + 2
    assert int(table.buckets(ids).max()) < NgramTable.BUCKETS


def test_the_table_adds_to_the_logits_and_drops_out_only_in_training() -> None:
    torch.manual_seed(0)
    model = NameLSTM(9, 3, 4, 5, ngrams=2).eval()
    ids = torch.randint(2, 9, (4, 5))
    before = model(ids)
    assert model.ngrams
    torch.nn.init.normal_(model.ngrams.table.weight)
    assert not torch.equal(model(ids), before)
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


def test_one_cycle_climbs_and_falls() -> None:
    config = TrainConfig(schedule="one-cycle", learning_rate=1.0)
    rates = [learning_rate_at(i / 1000, config) for i in range(1000)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(1.0, abs=1e-3)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-4
    assert learning_rate_at(0.3, TrainConfig()) == 0.01


def test_a_preset_and_what_stands_beside_it(
    corpus: Path, tmp_path: Path, names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_module, "TEACHER", TINY_TEACHER)
    options = ("--synthetic-names", 50, "--teachers", 1, "--num-epochs", 1, "--hidden-dim", 8)
    options += ("--float32-weights",)  # turns off what the preset turns on
    result = names(
        "train", "--preset", "small", "--data-dir", corpus, "--output", tmp_path, *options
    )
    assert result.code == 0, result.err
    assert "teachers: 2 of 2 epochs" in result.out
    assert "1 teachers trained" in result.out
    (folder,) = tmp_path.iterdir()
    config = Run.open(folder).config
    assert config == replace(
        PRESETS["small"],
        data_dir=str(corpus),
        synthetic_names=50,
        teachers=1,
        num_epochs=1,
        hidden_dim=8,
        int8_weights=False,
    )
    assert figures_in(folder)
    assert PRESETS["coursework"] == TrainConfig()
