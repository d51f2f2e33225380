"""A resumed run equals one that was not interrupted, and equal seeds give equal runs."""

import json
from pathlib import Path
from typing import get_args

import pytest
from conftest import small_config
from safetensors.torch import load_file, save_file

from names_predictor.errors import NamesError
from names_trainer.config import Optimizer
from names_trainer.models import ngrams
from names_trainer.runs.folders import BEST_FILE, CONFIG_FILE, METRICS_FILE, STATE_FILE
from names_trainer.runs.run import Run
from names_trainer.training.loop import train


def weights_of(run: Run) -> dict[str, bytes]:
    return {name: (run.folder / name).read_bytes() for name in (BEST_FILE, STATE_FILE)}


def figures_of(run: Run) -> list[dict[str, float]]:
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if k != "names_per_second"} for line in lines
    ]


def cut_off(run: Run, epochs: int) -> None:
    for epoch in train(run):
        if epoch.epoch == epochs:
            return


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_resumed_run_ends_with_the_weights_of_an_unbroken_one(
    corpus: Path, tmp_path: Path, optimizer: Optimizer, epochs: int
) -> None:
    config = small_config(corpus, optimizer=optimizer, dropout=0.3, num_layers=2)
    whole = Run.create(tmp_path / "whole", config)
    list(train(whole))
    broken = Run.create(tmp_path / "broken", config)
    cut_off(broken, epochs)
    again = Run.open(broken.folder)
    assert [e.epoch for e in train(again)] == list(range(epochs + 1, 4))
    assert weights_of(again) == weights_of(whole)
    assert figures_of(again) == figures_of(whole)


def test_a_resumed_run_with_a_large_table_ends_with_the_weights_of_an_unbroken_one(
    corpus: Path, tmp_path: Path
) -> None:
    config = small_config(corpus, ngrams=2, ngram_rows=2**16 + 1, ngram_dim=2, ngram_dropout=0.3)
    whole = Run.create(tmp_path / "whole", config)
    list(train(whole))
    broken = Run.create(tmp_path / "broken", config)
    cut_off(broken, 1)
    list(train(Run.open(broken.folder)))
    assert weights_of(broken) == weights_of(whole)
    assert figures_of(broken) == figures_of(whole)


@pytest.mark.parametrize("lost", ["state", "metrics and best are ahead"])
def test_resuming_from_a_half_saved_epoch(corpus: Path, tmp_path: Path, lost: str) -> None:
    """Killed between the files of an epoch: the state decides which epoch counts."""
    whole = Run.create(tmp_path / "whole", small_config(corpus))
    list(train(whole))
    broken = Run.create(tmp_path / "broken", small_config(corpus))
    cut_off(broken, 1)
    state = (broken.folder / STATE_FILE).read_bytes()
    cut_off(broken, 2)
    if lost == "state":
        (broken.folder / STATE_FILE).unlink()
    else:
        (broken.folder / STATE_FILE).write_bytes(state)
    list(train(Run.open(broken.folder)))
    assert weights_of(broken) == weights_of(whole)
    assert figures_of(broken) == figures_of(whole)


def test_metrics_of_fewer_epochs_than_the_state_are_damaged(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus))
    cut_off(run, 2)
    metrics = run.folder / METRICS_FILE
    metrics.write_text(metrics.read_text().splitlines()[0] + "\n")
    with pytest.raises(NamesError, match=r"metrics\.jsonl: damaged: remove the run's folder"):
        list(train(Run.open(run.folder)))


@pytest.mark.parametrize("metadata", [None, {"epoch": "one"}])
def test_a_state_without_its_epoch_is_refused(
    corpus: Path, tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    run = Run.create(tmp_path, small_config(corpus))
    cut_off(run, 1)
    state = run.folder / STATE_FILE
    save_file(load_file(state), state, metadata)
    with pytest.raises(NamesError, match=r"state\.safetensors: no epoch in it: train again"):
        list(train(Run.open(run.folder)))


def test_a_state_without_that_of_a_large_table_is_refused(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config(corpus, ngrams=1, ngram_rows=2**16 + 1, ngram_dim=2)
    run = Run.create(tmp_path, config)
    with monkeypatch.context() as patch:
        patch.setattr(ngrams, "DENSE_ROWS", 2**22)
        cut_off(run, 1)
    with pytest.raises(NamesError, match="not the state of this run's config: train again"):
        list(train(Run.open(run.folder)))


def test_the_state_of_another_optimizer_is_refused(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus))
    cut_off(run, 1)
    config = run.folder / CONFIG_FILE
    config.write_text(config.read_text(encoding="utf-8").replace("adamw", "nadam"), "utf-8")
    with pytest.raises(NamesError, match="not the state of this run's config: train again"):
        list(train(Run.open(run.folder)))


def test_the_same_seed_gives_the_same_run_and_another_does_not(
    corpus: Path, tmp_path: Path, finished_run: Run
) -> None:
    same, other = (Run.create(tmp_path, small_config(corpus, seed=seed)) for seed in (100, 101))
    list(train(same))
    list(train(other))
    assert weights_of(same) == weights_of(finished_run)
    assert figures_of(same) == figures_of(finished_run)
    assert weights_of(other) != weights_of(same)
