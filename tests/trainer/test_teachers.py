import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import CommandLine, small_config

from names_predictor.artifact.store import read_artifact
from names_predictor.encoding import Vocabulary
from names_predictor.errors import NamesError
from names_trainer import config as config_module
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row, Split
from names_trainer.data.dataset import Dataset, auxiliary_rows
from names_trainer.distillation.pooling import pool_weights
from names_trainer.distillation.soft_labels import LABEL_WEIGHT, read_soft_labels, teach
from names_trainer.distillation.synthetic_names import synthetic_names
from names_trainer.export.export import export
from names_trainer.models.quantisation import rounded_matrix
from names_trainer.presets import PRESETS
from names_trainer.runs.folders import BEST_FILE, SOFT_LABELS_FILE, TEACHERS_FOLDER
from names_trainer.runs.run import Run, metrics_in
from names_trainer.training.loop import mask_other_task, order_of_epoch, train
from names_trainer.training.optimizer import learning_rate_at

TINY_TEACHER = TrainConfig(
    hidden_dim=8,
    embedding_dim=4,
    bidirectional=True,
    ngrams=3,
    num_epochs=2,
    member=1,
    schedule="one-cycle",
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


def test_soft_labels_are_kept_for_training_and_synthetic_names(taught: Run) -> None:
    soft_labels = read_soft_labels(taught)
    rows = len(taught.dataset.split.train)
    assert 0 < len(soft_labels.targets) - rows <= 200
    sums = soft_labels.targets.sum(dim=1)
    torch.testing.assert_close(sums, torch.ones_like(sums), atol=2e-3, rtol=0)
    own = soft_labels.targets[
        torch.arange(rows), taught.dataset.encode(taught.dataset.split.train).targets
    ]
    assert (own >= LABEL_WEIGHT - 1e-3).all()
    assert float(own.mean()) > 0.7  # most soft labels agree with the labels


def test_a_run_with_teachers_trains_resumes_and_exports(taught: Run, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(taught.folder, tmp_path / "runs" / "broken"))
    assert [e.epoch for e in train(taught, read_soft_labels(taught))] == [1, 2, 3]
    assert taught.epochs()[-1].validation_accuracy > 0.6
    for epoch in train(Run.open(broken), read_soft_labels(taught)):
        if epoch.epoch == 1:
            break
    list(train(Run.open(broken), read_soft_labels(taught)))
    for name in ("best.safetensors", "state.safetensors"):
        assert (broken / name).read_bytes() == (taught.folder / name).read_bytes()
    artifact, _ = export(taught, tmp_path / "artifact")
    assert read_artifact(tmp_path / "artifact").sha256 == artifact.sha256
    for weights in (w for w in taught.best_model().parameters() if w.ndim > 1):
        assert torch.equal(rounded_matrix(weights.detach()), weights)


def test_a_file_of_other_tensors_is_no_soft_labels(taught: Run) -> None:
    list(train(taught, read_soft_labels(taught)))
    shutil.copy(taught.folder / BEST_FILE, taught.folder / SOFT_LABELS_FILE)
    with pytest.raises(NamesError, match=r"soft_labels\.safetensors: damaged: remove the run's"):
        read_soft_labels(taught)


def test_teachers_that_are_there_are_not_trained_again(taught: Run) -> None:
    before = (taught.folder / SOFT_LABELS_FILE).stat().st_mtime_ns
    teach(taught, 1, lambda done, total: pytest.fail("trained again"))
    (taught.folder / SOFT_LABELS_FILE).unlink()
    weights = [*taught.folder.glob(f"{TEACHERS_FOLDER}/*/best.safetensors")]
    trained = [path.stat().st_mtime_ns for path in weights]
    teach(taught, 1, lambda done, total: None)
    assert [path.stat().st_mtime_ns for path in weights] == trained
    assert len(trained) == 2
    assert (taught.folder / SOFT_LABELS_FILE).stat().st_mtime_ns > before


def test_auxiliary_names_are_learnt_but_no_held_out_one(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_module, "TEACHER", TINY_TEACHER)
    config = small_config(corpus, teachers=1, synthetic_names=20, auxiliary_dir=str(tmp_path / "x"))
    split = Dataset.of(replace(config, auxiliary_dir="")).split
    tested, learnt = split.test[0], split.train[0]
    write_lines(tmp_path / "x" / "Zed-like.txt", [tested.name, learnt.name, "zakzakzakzak"])
    write_lines(tmp_path / "x" / "Other.txt", [split.validation[0].name, "aeaeaeaeae", "漢字"])
    run = Run.create(tmp_path / "runs", config, "taught")
    assert set(run.dataset.auxiliary) == {
        Row(learnt.name, "Zed-like"), Row("zakzakzakzak", "Zed-like"), Row("aeaeaeaeae", "Other"),
    }  # fmt: skip
    teach(run, 1, lambda done, total: None)
    soft_labels = read_soft_labels(run)
    assert soft_labels.targets.shape[1] == len(run.dataset.labels) == 3
    of_lists = set(synthetic_names(run.dataset.auxiliary, (20 - 3) // 2, config.seed))
    assert of_lists - {row.name for row in run.dataset.auxiliary}
    ids, lengths = run.dataset.vocabulary.encode(sorted({"zakzakzakzak", *of_lists}))
    seen = {tuple(filter(None, row)) for row in soft_labels.ids.tolist()}
    assert {tuple(i[:n]) for i, n in zip(ids.tolist(), lengths.tolist(), strict=True)} <= seen
    teacher = Run.open(run.folder / TEACHERS_FOLDER / "1")
    assert teacher.best_model().linear.out_features == 3 + 2
    (tmp_path / "x" / "Other.txt").write_text("aeaeaeaeaeae\n")
    with pytest.raises(NamesError, match="x: not the names"):
        Run.open(run.folder)


def test_a_held_out_name_is_recognised_without_its_marks(tmp_path: Path) -> None:
    split = Split((Row("lund", "a"),), (Row("ohara", "a"),), (Row("m\u00fcller", "b"),))
    write_lines(tmp_path / "A.txt", ["o'hara", "o-har\u00e1", "muller", "mullers"])
    write_lines(tmp_path / "B.txt", ["M\u00fcller", "m\u00fcllers"])
    vocabulary = Vocabulary.of(["o'har\u00e1-m\u00fcllersu"])
    rows = auxiliary_rows(str(tmp_path), split, vocabulary)
    assert rows == (Row("mullers", "A"), Row("m\u00fcllers", "B"))


def test_strokes_are_marks_and_vowel_signs_are_letters(tmp_path: Path) -> None:
    split = Split(
        (Row("a", "a"),), (Row("soko\u0142owski", "a"),), (Row("\u092a\u091f\u0947\u0932", "b"),)
    )
    write_lines(tmp_path / "A.txt", ["sokolowski", "\u092a\u093e\u091f\u093f\u0932"])
    write_lines(tmp_path / "B.txt", ["\u092a\u091f\u0947\u0932", "sokol"])
    vocabulary = Vocabulary.of(["sokolwi\u092a\u093e\u091f\u093f\u0932\u0947"])
    rows = auxiliary_rows(str(tmp_path), split, vocabulary)
    assert rows == (Row("sokol", "B"), Row("\u092a\u093e\u091f\u093f\u0932", "A"))


def test_auxiliary_names_of_one_label_are_refused_before_anything_is_trained(
    corpus: Path, tmp_path: Path
) -> None:
    write_lines(tmp_path / "x" / "Zed-like.txt", ["zakzak", "zekzek"])
    write_lines(tmp_path / "x" / "Han.txt", ["漢字"])
    config = small_config(corpus, teachers=1, auxiliary_dir=str(tmp_path / "x"))
    with pytest.raises(NamesError, match="names remain for fewer than two labels"):
        Dataset.of(config)


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_loss_of_a_row_has_the_labels_of_its_task_only() -> None:
    logits = torch.zeros(2, 5)
    priors = mask_other_task(logits, torch.tensor([1, 3]), num_own=2).softmax(dim=1)
    assert priors.tolist() == [[0.5, 0.5, 0, 0, 0], pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3])]
    assert mask_other_task(logits, torch.tensor([1, 3]), num_own=5) is logits


def test_an_epoch_has_as_many_auxiliary_rows_as_own_ones() -> None:
    torch.manual_seed(0)
    for auxiliary, drawn in ((0, 0), (5, 5), (50, 10)):
        order = order_of_epoch(10, 10 + auxiliary).tolist()
        assert len(order) == len(set(order)) == 10 + drawn
        assert set(range(10)) <= set(order) <= set(range(10 + auxiliary))


def test_pool_weights_recover_those_of_the_targets() -> None:
    torch.manual_seed(0)
    priors = torch.tensor([0.7, 0.2, 0.1]).log().expand(20_000, -1)
    one, other = (2 * torch.randn(20_000, 3).log_softmax(dim=1) + priors for _ in range(2))
    useless = torch.randn(20_000, 3)
    log_probs = torch.stack([one, other, useless, priors])
    drawn_by = torch.tensor([0.7, 0.3, 0.0, -0.4])
    targets = torch.tensordot(drawn_by, log_probs, dims=1).softmax(dim=1).multinomial(1)[:, 0]
    torch.testing.assert_close(pool_weights(log_probs, targets), drawn_by, atol=0.05, rtol=0)
    assert (pool_weights(-log_probs, targets)[:3] == 0).all()  # weights are not negative


def test_few_names_leave_the_teachers_about_equal_weights() -> None:
    right, wrong = torch.tensor([[-0.1, -2.4]]), torch.tensor([[-2.4, -0.1]])
    priors = torch.tensor([[0.5, 0.5]]).log()
    weights = pool_weights(torch.stack([right, wrong, priors]), torch.tensor([0]))
    assert 0.5 < weights[0] < 0.65
    assert 0.35 < weights[1] < 0.5
    assert weights[2] == 0


def test_without_teachers_nobody_learns_auxiliary_names() -> None:
    with pytest.raises(NamesError, match="--auxiliary-dir can't be x: only teachers"):
        TrainConfig(auxiliary_dir="x")


def test_without_soft_labels_training_is_an_error(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus, teachers=1, synthetic_names=5))
    with pytest.raises(NamesError, match="names train --resume"):
        list(train(run))


def test_a_failed_teacher_is_an_error(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_module, "TEACHER", replace(TINY_TEACHER, learning_rate=1e30))
    run = Run.create(tmp_path, small_config(corpus, teachers=1, synthetic_names=5))
    with pytest.raises(NamesError, match="lower --learning-rate"):
        teach(run, 1, lambda done, total: None)


def test_synthetic_names_resemble_their_label() -> None:
    rows = [Row("abab", "ab"), Row("ababab", "ab"), Row("xyxy", "xy"), Row("xyx", "xy")]
    names = synthetic_names(rows, 40, 0)
    assert len(names) == len(set(names)) <= 40
    for name in names:
        assert 1 <= len(name) <= 6
        assert set(name) <= set("ab") or set(name) <= set("xy")
    assert synthetic_names(rows, 40, 0) == names != synthetic_names(rows, 40, 1)


def test_one_cycle_climbs_and_falls() -> None:
    config = TrainConfig(schedule="one-cycle", learning_rate=1.0)
    rates = [learning_rate_at(i / 1000, config) for i in range(1000)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(1.0, abs=1e-3)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-4
    assert learning_rate_at(0.3, TrainConfig()) == 0.01


def test_a_preset_and_other_options(
    corpus: Path, tmp_path: Path, names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_module, "TEACHER", TINY_TEACHER)
    options = ("--synthetic-names", 50, "--teachers", 1, "--num-epochs", 1, "--hidden-dim", 8)
    options += ("--float32-weights",)  # disables what the preset enables
    result = names(
        "train", "--preset", "small", "--data-dir", corpus, "--output", tmp_path, *options
    )
    assert result.code == 0, result.err
    assert "teachers: 2 of 2 epochs" in result.out
    assert "1 teacher trained" in result.out
    assert "may get further" not in result.out  # its schedule ends with the best epoch anyway
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
    assert metrics_in(folder)
    assert PRESETS["coursework"] == TrainConfig()
