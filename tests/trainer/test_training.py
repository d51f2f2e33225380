import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from conftest import small_config
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

from names_predictor.encoding import UNKNOWN
from names_predictor.errors import NamesError
from names_trainer.config import Optimizer, TrainConfig
from names_trainer.export.export import export
from names_trainer.models.lstm import NameLSTM, batches_by_length, logits_of, new_model
from names_trainer.pipeline import fit
from names_trainer.runs.folders import (
    BEST_FILE,
    STATE_FILE,
    TEST_FILE,
    new_folder,
    newer_untested,
    newest_run,
)
from names_trainer.runs.run import Run, best_epoch, metrics_in
from names_trainer.training.loop import train
from names_trainer.training.optimizer import learning_rate_at, new_optimizers


@given(st.lists(st.integers(1, 9), min_size=1, max_size=60), st.integers(1, 9))
def test_batches_hold_every_row_once_and_one_length_each(
    lengths: list[int], batch_size: int
) -> None:
    batches = batches_by_length(torch.tensor(lengths), batch_size)
    assert sorted(i for batch in batches for i in batch.tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= batch_size
        assert len({lengths[i] for i in batch}) == 1


@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_model_equals_packed_sequences(
    num_layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    model = NameLSTM(
        TrainConfig(embedding_dim=6, hidden_dim=9, num_layers=num_layers), 20, 4
    ).eval()
    lengths = torch.randint(1, 8, (40,))
    ids = torch.randint(1, 20, (40, 7)) * (torch.arange(7) < lengths[:, None])
    packed = pack_padded_sequence(
        model.embedding(ids), lengths, batch_first=True, enforce_sorted=False
    )
    _, (hidden, _) = model.lstm(packed)
    monkeypatch.setattr("names_trainer.models.lstm.WORDS_PER_BATCH", 7)
    found = logits_of(model, ids, torch.arange(40)[:, None])
    torch.testing.assert_close(found, model.linear(hidden[-1]))


def test_a_run_learns_and_has_a_best_epoch(finished_run: Run) -> None:
    epochs = finished_run.epochs()
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert max(e.validation_accuracy for e in epochs) > 0.6
    best = best_epoch(epochs, finished_run.config)
    assert best.validation_accuracy == max(e.validation_accuracy for e in epochs)
    data = finished_run.dataset.encode(finished_run.dataset.split.validation)
    logits = logits_of(finished_run.best_model(), data.ids, data.words)
    accuracy = (logits.argmax(dim=1) == data.targets).double().mean()
    assert float(accuracy) == best.validation_accuracy


def test_best_epoch_prefers_lower_loss_among_equals(finished_run: Run) -> None:
    epoch = finished_run.epochs()[0]
    epochs = [
        replace(epoch, epoch=i, validation_accuracy=accuracy, validation_loss=loss)
        for i, accuracy, loss in [(1, 0.7, 0.5), (2, 0.8, 0.9), (3, 0.8, 0.6), (4, 0.8, 0.6)]
    ]
    assert best_epoch(epochs, finished_run.config).epoch == 3


@pytest.mark.parametrize("kind", [{"member": 1}, {"teachers": 1}])
def test_teachers_and_students_keep_the_epoch_with_the_lowest_loss(
    finished_run: Run, kind: dict[str, int]
) -> None:
    epoch = finished_run.epochs()[0]
    epochs = [
        replace(epoch, epoch=i, validation_accuracy=accuracy, validation_loss=loss)
        for i, accuracy, loss in [(1, 0.8, 0.6), (2, 0.7, 0.5), (3, 0.7, 0.5), (4, 0.9, 0.7)]
    ]
    assert best_epoch(epochs, replace(finished_run.config, **kind)).epoch == 2


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
@pytest.mark.parametrize("rows", [2**16, 2**16 + 1])
def test_adam_changes_only_the_rows_of_a_batch_in_a_large_table(
    optimizer: Optimizer, rows: int
) -> None:
    """Other optimisers, and Adam in a small table, let all rows decay."""
    config = TrainConfig(
        embedding_dim=2, hidden_dim=2, ngrams=1, ngram_rows=rows, ngram_dim=2, optimizer=optimizer
    )
    model = NameLSTM(config, 9, 3)
    assert model.ngrams is not None
    table = model.ngrams.table.weight
    torch.nn.init.ones_(table)
    optimizers = new_optimizers(config, model)
    ids = torch.tensor([[2, 3, 4]])
    model(ids, torch.tensor([[0]]))[0, 0].backward()
    for one in optimizers:
        one.step()
    changed = (table != 1).any(dim=1).nonzero().flatten().tolist()
    only_batch = rows > 2**16 and optimizer in ("adam", "adamw")
    of_batch = sorted(set(model.ngrams.buckets(ids)[0].tolist()))
    assert changed == (of_batch if only_batch else list(range(rows)))


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Let torch use two threads, as in a user's process, and restore the number after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_a_run_has_one_thread_and_the_caller_his_own(
    corpus: Path, tmp_path: Path, finished_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    forward = NameLSTM.forward

    def watched(model: NameLSTM, ids: Tensor, words: Tensor) -> Tensor:
        threads.append(torch.get_num_threads())
        return forward(model, ids, words)

    monkeypatch.setattr(NameLSTM, "forward", watched)
    run = Run.create(tmp_path, small_config(corpus))
    for _ in train(run):
        assert torch.get_num_threads() == 2
    fit(run)
    export(run, tmp_path / "artifact")
    assert set(threads) == {1}
    assert torch.get_num_threads() == 2
    for name in (BEST_FILE, STATE_FILE):
        assert (run.folder / name).read_bytes() == (finished_run.folder / name).read_bytes()
    with pytest.raises(NamesError, match="lower --learning-rate"):
        list(train(Run.create(tmp_path, small_config(corpus, optimizer="sgd", learning_rate=1e30))))
    assert torch.get_num_threads() == 2


def test_the_unknown_character_is_learnt(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus, weight_decay=0.0, optimizer="sgd"))
    torch.manual_seed(run.config.seed * 1_000_003)
    before = new_model(run.dataset, run.config).embedding.weight[UNKNOWN]
    list(train(run))
    assert not torch.equal(run.best_model().embedding.weight[UNKNOWN], before)


def test_test_metrics_are_those_of_the_best_weights(finished_run: Run) -> None:
    metrics = fit(finished_run)
    assert metrics_in(finished_run.folder) == metrics
    assert metrics.rows == len(finished_run.dataset.split.test)
    for label in metrics.per_label:
        rows = [row for row in finished_run.dataset.split.test if row.label == label.label]
        assert label.rows == len(rows)


def test_a_run_of_another_version_counts_in_no_study(finished_run: Run, tmp_path: Path) -> None:
    content = json.loads((finished_run.folder / TEST_FILE).read_text(encoding="utf-8"))
    for label in content["per_label"]:
        label["support"] = label.pop("rows")  # as in 0.1.0, whose network is another one
    (tmp_path / TEST_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(NamesError, match="of another version: remove the run's folder"):
        metrics_in(tmp_path)


def test_vocabulary_is_that_of_the_training_split(finished_run: Run) -> None:
    characters = set().union(*(row.name for row in finished_run.dataset.split.train))
    assert set(finished_run.dataset.vocabulary.characters) == characters


def test_a_changed_corpus_is_not_resumed(corpus: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(corpus, tmp_path / "data"))
    run = Run.create(tmp_path / "runs", small_config(data))
    with (data / "Клич.txt").open("a", encoding="utf-8") as file:
        file.write("another\n")
    with pytest.raises(NamesError, match="not the names"):
        Run.open(run.folder)


def test_a_nan_loss_is_an_error(corpus: Path, tmp_path: Path) -> None:
    config = small_config(corpus, optimizer="sgd", learning_rate=1e30)
    with pytest.raises(NamesError, match="lower --learning-rate"):
        list(train(Run.create(tmp_path, config)))


def test_a_run_without_an_epoch_has_no_weights(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus))
    with pytest.raises(NamesError, match="no finished epoch yet: train it first"):
        run.best_model()


@pytest.mark.parametrize("name", [BEST_FILE, STATE_FILE])
def test_damaged_weights_are_an_error(finished_run: Run, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(finished_run.folder, tmp_path / "run"))
    (folder / name).write_bytes((folder / name).read_bytes()[:100])
    run = Run.open(folder)
    with pytest.raises(NamesError, match=f"{name}: damaged"):
        run.best_model() if name == BEST_FILE else list(train(run))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("hidden_dim", 0),
        ("num_layers", -1),
        ("num_epochs", 0),
        ("embedding_dim", 0),
        ("dropout", 1.0),
        ("ngrams", 9),
        ("ngram_rows", 0),
        ("ngram_rows", 2**22 + 1),
        ("ngram_dim", 0),
        ("label_power", 1.5),
        ("forms", -0.1),
        ("ngram_dropout", 1.0),
        ("batch_size", 10**20),
        ("num_epochs", 10**20),
        ("learning_rate", 0.0),
        ("learning_rate", 10**400),
        ("learning_rate", float("nan")),
        ("weight_decay", -0.1),
        ("seed", -1),
        ("split", "other"),
        ("optimizer", "other"),
    ],
)
def test_impossible_settings_are_refused(name: str, value: Any) -> None:
    shown = "inf" if value == 10**400 else value
    with pytest.raises(NamesError, match=f"--{name.replace('_', '-')} can't be {shown}"):
        TrainConfig(**{name: value})


def test_a_whole_number_is_a_number() -> None:
    whole: Any = 1
    assert repr(TrainConfig(learning_rate=whole)) == repr(TrainConfig(learning_rate=1.0))


def test_both_directions_are_for_teachers() -> None:
    with pytest.raises(NamesError, match=r"--bidirectional can.t be True: only teachers"):
        TrainConfig(bidirectional=True)
    assert TrainConfig(ngrams=3, bidirectional=True, member=1).ngrams == 3


def test_newest_run(tmp_path: Path, finished_run: Run) -> None:
    for name in ("20260101-1", "20260102-1"):
        shutil.copytree(finished_run.folder, tmp_path / name)
    (tmp_path / "20260103-1").mkdir()
    assert newest_run(tmp_path).name == "20260102-1"
    assert newer_untested(tmp_path, tmp_path / "20260101-1") is None
    with pytest.raises(NamesError, match="no unfinished run"):
        newest_run(tmp_path, unfinished=True)
    (tmp_path / "20260101-1" / "test.json").unlink()
    assert newest_run(tmp_path, unfinished=True).name == "20260101-1"
    (tmp_path / "20260101-1").rename(tmp_path / "20260104-1")
    assert newest_run(tmp_path).name == "20260102-1"  # one that was stopped is not better
    assert newer_untested(tmp_path, tmp_path / "20260102-1") == tmp_path / "20260104-1"
    shutil.rmtree(tmp_path / "20260102-1")
    assert newest_run(tmp_path).name == "20260104-1"


def test_a_renamed_run_is_older_than_one_with_a_stamp(finished_run: Run, tmp_path: Path) -> None:
    for name in ("20260101-120000-1x16", "renamed"):
        shutil.copytree(finished_run.folder, tmp_path / name)
    assert newest_run(tmp_path).name == "20260101-120000-1x16"


def test_a_new_run_is_the_newest_after_the_clock_was_set_back(tmp_path: Path) -> None:
    (tmp_path / "29991231-235959-1x16").mkdir()
    assert new_folder(tmp_path, TrainConfig()).name.startswith("30000101-000000-")


def test_unknown_characters_are_classified_by_their_script(tmp_path: Path) -> None:
    corpus = tmp_path / "names"
    corpus.mkdir()
    for label, first in {"Han": 0x4E00, "Hangul": 0xAC00, "other": 0x100}.items():
        names = [chr(first + i) for i in range(0, 800, 2)]
        (corpus / f"{label}.txt").write_text("\n".join(names), encoding="utf-8")
    run = Run.create(tmp_path / "runs", small_config(corpus, num_epochs=8))
    assert (
        set()
        .union(*(row.name for row in run.dataset.split.test))
        .isdisjoint(run.dataset.vocabulary.characters)
    )
    assert len(list(train(run))) == 8
    assert fit(run).accuracy > 0.95


@pytest.mark.parametrize("optimizer", ["adamw", "nadam", "radam"])
def test_weights_decay_independently_of_gradients(optimizer: Any) -> None:
    model = torch.nn.Linear(2, 2)
    torch.nn.init.ones_(model.weight)
    config = TrainConfig(optimizer=optimizer, learning_rate=0.1, weight_decay=0.01)
    (one,) = new_optimizers(config, model)
    model.weight.grad = torch.zeros(2, 2)
    one.step()
    assert model.weight.flatten().tolist() == pytest.approx([1 - 0.1 * 0.01] * 4)


def test_a_one_cycle_run_warms_up_for_a_seventh() -> None:
    config = TrainConfig(schedule="one-cycle", learning_rate=1.0)
    rates = [learning_rate_at(number / 1000, config) for number in range(1000)]
    assert rates.index(max(rates)) == 150
    assert rates[75] == pytest.approx(0.5)
