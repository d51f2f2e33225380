import random
import shlex
import shutil
from pathlib import Path
from typing import get_args

import pytest
from conftest import CommandLine
from hypothesis import assume, given
from hypothesis import strategies as st

from names_predictor.errors import NamesError
from names_trainer.config import Source, SplitStrategy, TrainConfig
from names_trainer.data.corpus import (
    Row,
    read_corpus,
    split_corpus,
)
from names_trainer.data.dataset import Dataset
from names_trainer.data.lines import CorpusError
from names_trainer.data.sources import notices
from names_trainer.study.study import SPLITS

ROWS = st.lists(
    st.builds(Row, st.text("abcd", min_size=1, max_size=4), st.sampled_from("XYZ")),
    min_size=12,
    max_size=200,
)


def write(folder: Path, **files: bytes) -> Path:
    for label, content in files.items():
        (folder / f"{label}.txt").write_bytes(content)
    return folder


def test_the_ending_may_be_in_capitals(tmp_path: Path) -> None:
    write(tmp_path, One=b"ab\n", Two=b"cd\n")
    (tmp_path / "Three.TXT").write_text("ef\n")
    (tmp_path / "LICENSE").write_text("none of the labels\n")
    assert read_corpus(Source(tmp_path)) == [Row("ab", "One"), Row("ef", "Three"), Row("cd", "Two")]


HIDDEN = ["._One.txt", "._Two.txt", ".txt", ".One.txt", ".DS_Store"]
DOCUMENTS = [
    "README.txt", "readme.TXT", "Read Me.txt", "read_me.txt", "README-de.txt", "README (1).txt",
    "LICENSE.txt", "License.txt", "licence.txt", "LICENSE-MIT.txt", "LICENSE.names.txt",
    "NOTICE.txt", "COPYING.txt", "CHANGELOG.txt", "Change Log.txt", "LIESMICH.txt", "liesmich.txt",
    "LISEZ-MOI.txt", "Lizenz.txt", "AUTHORS.txt", "TODO.txt", "requirements.txt", "CITATION.txt",
]  # fmt: skip
LABELS = [
    "Authors", "News", "History", "License plates", "Noticed", "Reader", "Copyrighted", "Greek",
    "README2go", "Norwegian (Bokmål)", "Sources of light", "_hidden",
]  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_file_is_no_label(tmp_path: Path, name: str) -> None:
    write(tmp_path, One=b"ab\n", Two=b"cd\n")
    (tmp_path / name).write_bytes(b"\0\5\x16\7\xff")
    source = Source(tmp_path)
    assert read_corpus(source) == [Row("ab", "One"), Row("cd", "Two")]
    assert notices(source, 2) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_passed_over_with_a_notice(tmp_path: Path, name: str) -> None:
    write(tmp_path, One=b"ab\n", Two=b"cd\n")
    (tmp_path / name).write_bytes(b"Names of birds.\n\xff\n")
    source = Source(tmp_path)
    assert read_corpus(source) == [Row("ab", "One"), Row("cd", "Two")]
    (notice,) = notices(source, 2)
    assert f"passed over {name}: " in notice


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_resembles_a_document_is_kept(tmp_path: Path, label: str) -> None:
    write(tmp_path, **{"One": b"ab\n", label: b"cd\n"})
    source = Source(tmp_path)
    assert {row.label for row in read_corpus(source)} == {"One", label}
    assert notices(source, 2) == []


@pytest.mark.parametrize(
    "command", [["train", "--num-epochs", 1, "--hidden-dim", 4], ["data", "check"]]
)
def test_the_notice_is_one_line_on_stderr(
    names: CommandLine, corpus: Path, tmp_path: Path, command: list[object]
) -> None:
    folder = Path(shutil.copytree(corpus, tmp_path / "names"))
    for name in ("README.txt", "LICENSE.txt", "._Zed-like.txt"):
        (folder / name).write_text("Not a name\n", encoding="utf-8")
    result = names(*command, "--data-dir", folder, *(["--output", tmp_path] * ("train" in command)))
    assert result.code == 0
    assert result.err.startswith(f"note: {folder}: passed over LICENSE.txt, README.txt: ")
    assert result.err.count("\n") == 1
    assert "README " not in result.out


def test_skipped_files_of_every_folder_are_reported(
    names: CommandLine, corpus: Path, tmp_path: Path
) -> None:
    folders = [Path(shutil.copytree(corpus, tmp_path / name)) for name in ("own", "other")]
    for folder in folders:
        (folder / "NOTICE.txt").write_text("Not a name\n", encoding="utf-8")
    options = ["--auxiliary-dir", folders[1], "--teachers", 1]
    small = ["--num-epochs", 1, "--hidden-dim", 4, "--output", tmp_path / "runs"]
    result = names("train", "--data", folders[0], *options, *small, "--jobs", 1)
    assert result.code == 0, result.err
    notes = [line.partition(": passed over NOTICE.txt: ")[0] for line in result.err.splitlines()]
    assert notes == [f"note: {folder}" for folder in folders]


def test_a_folder_in_a_corpus_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, One=b"ab\n", Two=b"cd\n")
    (tmp_path / "old.txt").mkdir()
    assert {row.label for row in read_corpus(Source(tmp_path))} == {"One", "Two"}
    (notice,) = notices(Source(tmp_path), 2)
    assert ": left out old.txt/: " in notice


def test_romanisations_of_given_names_are_not_reported_as_left_out(tmp_path: Path) -> None:
    write(tmp_path, One=b"ab\n", Two=b"cd\n")
    for name in ("variants.csv", "people.csv"):
        (tmp_path / name).write_text("One,ab,ac\n")
    (notice,) = notices(Source(tmp_path), 2)
    assert ": left out people.csv: " in notice


@pytest.mark.parametrize("name", ["train.csv", "a b.jsonl", "names.parquet", "x.tsv.gz"])
def test_a_folder_of_tables_has_a_remedy(tmp_path: Path, name: str) -> None:
    for other in (name, "README.txt", "._a.csv", "other"):
        (tmp_path / other).write_bytes(b"")
    with pytest.raises(CorpusError) as raised:
        read_corpus(Source(tmp_path))
    path = shlex.quote(str(tmp_path / name))
    assert f"give the file itself: --data {path} --column NAME --label-column" in str(raised.value)


@given(ROWS, st.integers(0, 1000))
def test_grouped_split_never_leaks_and_loses_nothing(rows: list[Row], seed: int) -> None:
    try:
        split = split_corpus(rows, "grouped", seed)
    except CorpusError:
        assume(False)
    splits = [
        {row.name for row in subset} for subset in (split.train, split.validation, split.test)
    ]
    assert not splits[0] & splits[1]
    assert not splits[0] & splits[2]
    assert not splits[1] & splits[2]
    assert sorted(split.train + split.validation + split.test) == sorted(set(rows))
    assert {row.label for row in split.train} == {row.label for row in rows}


@given(ROWS, st.integers(0, 1000))
def test_random_split_keeps_every_line_and_is_80_10_10(rows: list[Row], seed: int) -> None:
    split = split_corpus(rows, "random", seed)
    assert sorted(split.train + split.validation + split.test) == sorted(rows)
    assert len(split.test) == len(split.validation) == max(round(len(rows) / 10), 1)


@given(ROWS, st.randoms(use_true_random=False))
def test_a_split_depends_on_the_seed_and_not_on_the_order_of_lines(
    rows: list[Row], generator: random.Random
) -> None:
    mixed = list(rows)
    generator.shuffle(mixed)
    for strategy in SPLITS:
        try:
            assert split_corpus(rows, strategy, 1) == split_corpus(mixed, strategy, 1)
        except CorpusError:
            assume(False)


def test_grouped_split_is_stratified() -> None:
    sizes = {"A": 1000, "B": 200, "C": 30, "D": 3, "E": 1}
    rows = [Row(f"{label}{i}", label) for label, size in sizes.items() for i in range(size)]
    split = split_corpus(rows, "grouped", 100)
    for label, size in sizes.items():
        counts = [
            sum(row.label == label for row in subset)
            for subset in (split.train, split.validation, split.test)
        ]
        tenth = {"D": 1, "E": 0}.get(label, size // 10)
        assert counts == [size - 2 * tenth, tenth, tenth]


@pytest.mark.parametrize("strategy", get_args(SplitStrategy))
def test_another_seed_is_another_split(strategy: SplitStrategy) -> None:
    letters = "abcdefghij"
    rows = [Row(a + b + c, "AB"[ord(c) % 2]) for a in letters for b in letters for c in letters]
    one, two = split_corpus(rows, strategy, 1), split_corpus(rows, strategy, 2)
    assert set(one.test) != set(two.test)
    assert one.fingerprint() != two.fingerprint()
    assert one.fingerprint() == split_corpus(rows[::-1], strategy, 1).fingerprint()


def test_a_rare_split_trains_on_what_is_common_and_keeps_spellings_together() -> None:
    letters = "abcdefghijklm"
    names = [a + b + c for a in letters for b in letters for c in letters]
    spelt = [name.replace("a", "\u00e1") for name in names]
    rows = [Row(name, label) for label in "AB" for name in dict.fromkeys([*names, *spelt])]
    counts = {row: len(rows) - i for i, row in enumerate(rows)}
    split = split_corpus(rows, "rare", 3, counts)
    common = {row.name for row in rows[:300]}
    assert common <= {row.name for row in split.train if row.label == "A"}
    splits = [
        {row.name.replace("\u00e1", "a") for row in subset}
        for subset in (split.train, split.validation, split.test)
    ]
    assert not any(splits[i] & splits[j] for i in range(3) for j in range(i))
    for subset in (split.validation, split.test):
        assert len(subset) / len(rows) == pytest.approx(0.04, abs=0.02)


def test_a_rare_split_trains_on_a_common_name_without_letters() -> None:
    rows = [Row(name, label) for label in "AB" for name in map(str, range(500))]
    counts = {row: 1 + (row.name == "7") for row in rows}
    for seed in range(60):
        assert Row("7", "A") in split_corpus(rows, "rare", seed, counts).train


def test_a_rare_split_without_counts_does_not_go_by_the_alphabet() -> None:
    letters = "abcdefghijklmnopqrst"
    rows = [Row(a + b + c, "A") for a in "xy" for b in letters for c in letters]
    split = split_corpus(rows, "rare", 3)
    assert {row.name for row in rows[:300]} & {row.name for row in split.test}
    assert len(split.test) == pytest.approx(500 / 20, abs=10)
    assert split_corpus(rows[::-1], "rare", 3) == split


def test_a_rare_split_holds_out_names_of_a_label_of_few() -> None:
    letters = "abcdefghijklmnop"
    rows = [Row(a + b, "A") for a in letters for b in letters]
    split = split_corpus(rows, "rare", 3)
    for subset in (split.validation, split.test):
        assert len(subset) == pytest.approx(len(rows) / 2 / 20, abs=5)


def test_a_rare_split_of_too_few_names_has_a_remedy() -> None:
    rows = [Row(a + b, "AB"[b == "y"]) for a in "abcd" for b in "xy"]
    with pytest.raises(CorpusError, match="give the labels more names, or use --split grouped"):
        split_corpus(rows, "rare", 1)


def test_a_name_of_two_labels_stays_together() -> None:
    rows = [Row(f"n{i}", label) for i in range(50) for label in "AB"]
    split = split_corpus(rows, "grouped", 7)
    assert len(split.test) == 10
    for subset in (split.train, split.validation, split.test):
        assert {row.name for row in subset if row.label == "A"} == {
            row.name for row in subset if row.label == "B"
        }


def test_a_name_of_two_labels_counts_for_the_rarer_one() -> None:
    rows = [Row(f"n{i}", label) for label, size in (("A", 200), ("B", 20)) for i in range(size)]
    for seed in range(5):
        split = split_corpus(rows, "grouped", seed)
        for subset in (split.validation, split.test):
            assert sum(row.label == "B" for row in subset) == 2


def test_reading_normalises_and_keeps_duplicates(tmp_path: Path) -> None:
    write(tmp_path, One=b"\xef\xbb\xbfAb\r\nAB \n\n", Two="Cd\nE\u0301f".encode())
    assert read_corpus(Source(tmp_path)) == [
        Row("ab", "One"),
        Row("ab", "One"),
        Row("cd", "Two"),
        Row("éf", "Two"),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no <Label>.txt file"),
        ({"One": b"a\n"}, "only one label"),
        ({"One": b"a\n", "Two": b""}, r"Two\.txt: no name in it"),
        ({"One": b"a\n", "Two": b"b\n\xff\n"}, r"Two\.txt:2: undecodable"),
        ({"One": b"a\n", "Two": b"b" * 129}, r"Two\.txt:1: too-long"),
        ({"One": b"a\n", "Two ": b"b\n"}, r"Two \.txt': not a label: rename the file: printable"),
    ],
)
def test_an_error_in_a_corpus_has_its_place(
    tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(CorpusError, match=message):
        read_corpus(Source(write(tmp_path, **files)))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        read_corpus(Source(tmp_path / "nowhere"))


def test_too_few_names_to_split() -> None:
    with pytest.raises(CorpusError, match="leave no validation split"):
        split_corpus([Row("a", "One"), Row("b", "Two")], "grouped", 1)


def test_a_random_split_may_leave_one_label_to_learn() -> None:
    rows = [Row("a" * n, "One") for n in range(1, 40)] + [Row("b", "Two")]
    with pytest.raises(NamesError, match="40 rows leave only one label in the training split"):
        Dataset.of(TrainConfig(split="random", seed=0), rows)
    for seed in (0, 1, 2):
        dataset = Dataset.of(TrainConfig(split="grouped", seed=seed), rows)
        assert {row.label for row in dataset.split.train} == {"One", "Two"}
