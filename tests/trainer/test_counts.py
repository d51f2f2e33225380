"""Corpora with the number of people per name: lines `name<TAB>count`."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from conftest import CommandLine, small_config

from names_predictor.errors import NamesError
from names_trainer.config import Source, TrainConfig
from names_trainer.data.corpus import Row, read_corpus, read_counted
from names_trainer.data.dataset import Dataset
from names_trainer.runs.run import Run
from names_trainer.training.loop import order_of_epoch, train


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    folder = tmp_path / "counted"
    folder.mkdir()
    for label, letters in (("One", "abcd"), ("Two", "wxyz")):
        names = [a + b + c for a in letters for b in letters for c in letters[:2]]
        lines = [f"{name}\t{(n + 1) ** 2}" for n, name in enumerate(names)]
        (folder / f"{label}.txt").write_text("\n".join(lines))
    return folder


def test_a_count_is_not_in_the_name(tmp_path: Path) -> None:
    (tmp_path / "One.txt").write_text("ab\t25\nAB\t5\nc d\n")
    (tmp_path / "Two.txt").write_text("x\t3\ny\n")
    rows, counts = read_counted(Source(tmp_path))
    assert rows == read_corpus(Source(tmp_path))
    assert [row.name for row in rows] == [
        "ab",
        "ab",
        "c d",
        "x",
        "y",
    ]
    assert counts[Row("ab", "One")] == 30
    assert counts[Row("c d", "One")] == counts[Row("y", "Two")] == 1


@pytest.mark.parametrize(
    "number", ["0", "-1", "1.5", "12.0", "1,234", " 12 ", "1e6", "10000000001"]
)
def test_a_number_that_is_no_count_is_refused(
    counted: Path, names: CommandLine, number: str
) -> None:
    with (counted / "One.txt").open("a") as file:
        file.write(f"\nef\t{number}\n")
    with pytest.raises(NamesError, match=r"One.txt:33: no-count line"):
        read_counted(Source(counted))
    result = names("data", "check", "--data", counted)
    assert result.code == 1
    assert "write a number from 1 to 10^10" in result.out


def test_a_tab_within_a_name_is_refused(counted: Path, names: CommandLine) -> None:
    with (counted / "One.txt").open("a") as file:
        file.write("\nef\tnote\n")
    with pytest.raises(NamesError, match=r"One.txt:33: tab line: remove the tab, or write a space"):
        read_counted(Source(counted))
    result = names("data", "check", "--data", counted)
    assert result.code == 1
    assert "remove the tab, or write a space" in result.out


def test_a_number_of_thousands_of_digits_is_no_count(counted: Path) -> None:
    with (counted / "One.txt").open("a") as file:
        file.write(f"\nab\t{'9' * 5000}\ncd\t{'0' * 5000}7\n")
    with pytest.raises(NamesError, match=r"One.txt:33: no-count line"):
        read_counted(Source(counted))


def test_a_count_power_without_counts_is_noted(
    counted: Path, corpus: Path, names: CommandLine
) -> None:
    options = ["--count-power", 0.1, "--num-epochs", 1, "--hidden-dim", 4]
    result = names("train", "--data", corpus, *options)
    assert (result.code, result.err) == (
        0, "note: --count-power has no effect: no name has a count\n",
    )  # fmt: skip
    assert names("train", "--data", counted, *options).err == ""


def test_files_without_counts_are_as_they_were(corpus: Path) -> None:
    config = small_config(corpus)
    rows, counts = read_counted(Source(corpus))
    assert counts == {}
    dataset = Dataset.of(config, rows)
    assert dataset.weights(len(dataset.split.train), 0.5) is None
    assert Dataset.of(config).corpus_fingerprint == dataset.corpus_fingerprint


def test_more_names_than_torch_can_draw_are_an_error(
    counted: Path, tmp_path: Path, names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("names_trainer.data.dataset.MOST_DRAWN", 50)
    arguments = ("train", "--data", counted, "--output", tmp_path / "runs", "--hidden-dim", 4)
    result = names(*arguments, "--num-epochs", 1)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith("error: 52 names: ")
    assert "--count-power 0" in result.err
    assert names(*arguments, "--num-epochs", 1, "--count-power", 0).code == 0


def test_names_are_drawn_by_their_tempered_counts_within_a_label(counted: Path) -> None:
    dataset = Dataset.of(TrainConfig(data_dir=str(counted)))
    rows = dataset.split.train
    weights = dataset.weights(len(rows) + 2, 0.5)
    assert weights is not None
    assert weights[-2:].tolist() == [1, 1]
    assert weights.dtype == torch.float64  # of millions of names, single precision draws too few
    assert dataset.weights(len(rows), 0) is None
    for label in ("One", "Two"):
        of_label = [i for i, row in enumerate(rows) if row.label == label]
        roots = torch.tensor(
            [float(dataset.counts[rows[i]]) ** 0.5 for i in of_label], dtype=torch.float64
        )
        assert torch.allclose(weights[of_label], roots / roots.mean())
    torch.manual_seed(0)
    drawn = Counter(
        i for _ in range(400) for i in order_of_epoch(len(rows), len(rows), weights[:-2]).tolist()
    )
    expected = weights[:-2] / weights[:-2].sum() * 400 * len(rows)
    for i, number in enumerate(expected.tolist()):
        assert abs(drawn[i] - number) < 6 * number**0.5 + 6


def test_counts_change_a_run_and_its_fingerprint(counted: Path, tmp_path: Path) -> None:
    losses = []
    for power in (0.0, 0.5):
        run = Run.create(tmp_path / "runs", small_config(counted, count_power=power))
        losses.append([epoch.train_loss for epoch in train(run)])
        again = Run.create(tmp_path / "runs", small_config(counted, count_power=power))
        assert [epoch.train_loss for epoch in train(again)] == losses[-1]
    assert losses[0] != losses[1]
    before = Dataset.of(small_config(counted)).corpus_fingerprint
    path = counted / "One.txt"
    path.write_text(path.read_text().replace("\t1\n", "\t2\n"))
    assert Dataset.of(small_config(counted)).corpus_fingerprint != before


def test_a_run_with_other_counts_is_not_resumed(counted: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(counted))
    Run.open(run.folder)
    for path in counted.glob("*.txt"):
        path.write_text(path.read_text().replace("\t1", "\t2"))
    with pytest.raises(NamesError, match="not the names that"):
        Run.open(run.folder)


def test_the_commands_take_counts(names: CommandLine, counted: Path, tmp_path: Path) -> None:
    result = names("data", "check", "--data", counted)
    assert result.code == 0, result.out
    small = ("--hidden-dim", 8, "--embedding-dim", 4, "--num-epochs", 1)
    runs = ("--data", counted, "--output", tmp_path / "runs", *small)
    assert names("train", *runs, "--count-power", "1").code == 0
    result = names("train", *runs, "--count-power", "2")
    assert (result.code, "--count-power can't be 2.0: give a number" in result.err) == (2, True)
