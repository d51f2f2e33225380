import json
import random
import re
from pathlib import Path

import pytest
from conftest import CommandLine, write_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from names_trainer.config import Source
from names_trainer.data.corpus import Row, read_corpus, split_corpus
from names_trainer.data.lint import ENOUGH_NAMES, check_corpus


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corpus where the commands look for one."""
    write_corpus(tmp_path / "data" / "names")
    monkeypatch.chdir(tmp_path)


def write(folder: Path, **lines: list[bytes]) -> Path:
    for label, content in lines.items():
        (folder / f"{label}.txt").write_bytes(b"".join(line + b"\n" for line in content))
    return folder


def test_counts_and_ceilings(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann", b"ann", b"Bo", b"Cy"], Two=[b"Ann", b"Di"])
    check = check_corpus(Source(tmp_path))
    one, two = check.labels
    assert (one.lines, one.distinct, one.duplicates, one.shared) == (4, 3, 1, 1)
    assert (two.lines, two.distinct, two.duplicates, two.shared) == (2, 2, 0, 1)
    assert (check.lines, check.distinct_pairs, check.distinct_names) == (6, 5, 4)
    assert check.shared == {"ann": {"One": 2, "Two": 1}}
    assert check.ceiling_lines == pytest.approx(5 / 6)
    assert check.ceiling_pairs == pytest.approx(4 / 5)
    assert check.findings == ()


def test_findings_have_file_line_and_kind(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann", b" ", b"\xff", b"x" * 129, b"a/b", "d’Ö-k. l".encode()])
    check = check_corpus(Source(tmp_path))
    found = [(Path(f.file).name, f.line, f.kind) for f in check.findings]
    assert found == [
        ("One.txt", 2, "blank"),
        ("One.txt", 3, "undecodable"),
        ("One.txt", 4, "too-long"),
        ("One.txt", 5, "unusual"),
    ]
    assert check.findings[3].detail == "U+002F SOLIDUS"
    assert check.unusable == 2


def test_a_file_without_names_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann"], Two=[])
    check = check_corpus(Source(tmp_path))
    assert [(Path(f.file).name, f.kind) for f in check.findings] == [("Two.txt", "no name")]
    assert check.unusable == 1


def test_expected_leakage_is_what_random_splits_leak(tmp_path: Path) -> None:
    generator = random.Random(3)
    for label in ("One", "Two"):
        lines = [f"n{int(generator.expovariate(0.02))}".encode() for _ in range(400)]
        write(tmp_path, **{label: lines})
    check = check_corpus(Source(tmp_path))
    rows = read_corpus(Source(tmp_path))
    leaked = []
    for seed in range(60):
        split = split_corpus(rows, "random", seed)
        seen = {row.name for row in split.train}
        leaked.append(sum(row.name in seen for row in split.test) / len(split.test))
    assert 0.2 < check.leaked < 0.98
    assert check.leaked == pytest.approx(sum(leaked) / len(leaked), abs=0.02)


def test_labels_that_differ_in_case_or_space_are_found(tmp_path: Path) -> None:
    rows = "name,label\na,New Zealand\nb,greek\nc,Greek\nd,Greek\ne,New_Zealand\nf,New  zealand\n"
    (tmp_path / "t.csv").write_text(rows, encoding="utf-8")
    check = check_corpus(Source(tmp_path / "t.csv"))
    assert [(f.line, f.kind, f.detail.partition(":")[0]) for f in check.findings] == [
        (6, "similar-label", "New_Zealand and New Zealand"),
        (7, "similar-label", "New  zealand and New Zealand"),
        (3, "similar-label", "greek and Greek"),
    ]
    assert check.unusable == 0


def test_files_whose_names_differ_in_case_are_found(tmp_path: Path) -> None:
    write(tmp_path, Greek=[b"Ann"], greek=[b"Bo", b"Cy"], Greekish=[b"Di"])
    (finding,) = check_corpus(Source(tmp_path)).findings
    assert (Path(finding.file).name, finding.kind) == ("Greek.txt", "similar-label")


def test_findings_of_a_table_have_file_line_and_kind(tmp_path: Path) -> None:
    rows = [b"name,label", b"Ann,One", b" ,One", b"B\xff,One", b"x" * 129 + b",One", b"a/b,Two",
            b"Bo,", b"Bo,a\x1bb", b",Three"]  # fmt: skip
    path = tmp_path / "t.csv"
    path.write_bytes(b"\n".join(rows))
    check = check_corpus(Source(path))
    assert {f.file for f in check.findings} == {str(path)}
    assert [(f.line, f.kind) for f in check.findings] == [
        (3, "blank"),
        (4, "undecodable"),
        (5, "too-long"),
        (6, "unusual"),
        (7, "no-label"),
        (8, "unusable-label"),
        (9, "blank"),
    ]
    assert [(label.label, label.lines) for label in check.labels] == [
        ("One", 1),
        ("Three", 0),
        ("Two", 1),
    ]


def test_a_label_of_a_table_without_names_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,label\n" + "a,U\nb,V\nc,U\nd,V\ne,U\n,W\n")
    check = check_corpus(Source(tmp_path / "t.csv"))
    assert [(f.line, f.kind, f.detail) for f in check.findings] == [
        (7, "blank", ""),
        (7, "nameless-label", "W"),
    ]
    assert check.unusable == 0


def test_names_that_cannot_be_read_are_not_missing(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann"], Two=[b"\xff"])
    check = check_corpus(Source(tmp_path))
    assert [f.kind for f in check.findings] == ["undecodable"]
    assert check.unusable == 1
    path = tmp_path / "t"
    path.write_text("__label__One a\n__label__Two b\n__label__Three __label__Four c\n")
    assert check_corpus(Source(path)).unusable == 1


@pytest.mark.parametrize(
    ("rows", "message"), [("", "t.csv: no name in it"), ("a,U\nb,U\n", "t.csv: only one label")]
)
def test_a_corpus_that_training_refuses_is_refused(
    names: CommandLine, tmp_path: Path, rows: str, message: str
) -> None:
    (tmp_path / "t.csv").write_text(f"name,label\n{rows}")
    for command in (["data", "check"], ["train"]):
        result = names(*command, "--data", tmp_path / "t.csv")
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert message in result.err


def test_a_row_without_a_name_passes_as_in_training(names: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,label\na,U\nb,V\nc,V\nd,V\n,V\n,W\n")
    result = names("data", "check", "--data", tmp_path / "t.csv")
    assert (result.code, result.err) == (0, "")
    assert "all 4 lines can be used" in result.out
    assert "blank" in result.out


def test_a_corpus_too_small_to_split_fails_the_check(names: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,label\na,U\nb,V\n")
    result = names("data", "check", "--data", tmp_path / "t.csv")
    assert (result.code, result.err) == (1, "")
    assert "all 2 lines can be used" in result.out
    refused = names("train", "--data", tmp_path / "t.csv")
    assert refused.code == 2
    assert refused.err.removeprefix("error: ") in result.out


def test_a_table_is_checked_as_the_folder_of_the_same_names_is(tmp_path: Path) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    write(folder, One=[b"Ann", b"ann", b"Bo"], Two=[b"Ann", b"Di"])
    table = tmp_path / "t.tsv"
    table.write_text("label\tname\nOne\tAnn\nTwo\tAnn\nOne\tann\nOne\tBo\nTwo\tDi\n")
    assert check_corpus(Source(table)) == check_corpus(Source(folder))


def test_a_name_of_very_many_labels_counts_for_some_of_their_pairs(
    names: CommandLine, tmp_path: Path
) -> None:
    rows = [f"a,x{i:02}" for i in range(60)] + ["b,x58", "b,x59", "b,x00", "b,x01"] + ["c,y"] * 90
    (tmp_path / "t.csv").write_text("\n".join(["name,label", *rows]))
    out = names("data", "check", "--data", tmp_path / "t.csv", "--full").out
    assert "names under several labels: 2 (x00 and x01 2," in out
    assert "x58 and x59 2" not in out


@pytest.mark.usefixtures("corpus")
def test_data_check_for_people_and_machines(names: CommandLine) -> None:
    path = Path("data/names/Zed-like.txt")
    path.write_bytes(path.read_bytes() + b"Good\n\nB\xffd\nA+b\n")
    result = names("data", "check", "--full")
    assert result.code == 1
    assert f"{path}:62: blank" in result.out
    assert f"{path}:63: undecodable" in result.out
    assert f"{path}:64: unusual U+002B PLUS SIGN" in result.out
    assert "best accuracy of any classifier" in result.out
    assert names("data", "check").code == 1
    report = names("data", "check", "--json")
    assert report.code == 1
    content = json.loads(report.out)
    assert [f["kind"] for f in content["findings"]] == ["blank", "undecodable", "unusual"]
    assert sum(label["lines"] for label in content["labels"]) == content["lines"] == 182


@pytest.mark.usefixtures("corpus")
def test_data_check_of_a_clean_corpus_ends_with_0(names: CommandLine) -> None:
    result = names("data", "check", "--data-dir", "data/names")
    assert (result.code, result.err) == (0, "")


@pytest.mark.usefixtures("corpus")
def test_data_check_shows_labels_and_lines_as_they_are(names: CommandLine) -> None:
    shared = Path("data/names/Zed-like.txt").read_text(encoding="utf-8").split()[0]
    odd = Path("data/names/[red].txt")
    odd.write_text(f"{shared}\nx[bold]x\n", encoding="utf-8")
    out = names("data", "check", "--full").out
    assert f"{odd}:2: unusual U+005B LEFT SQUARE BRACKET" in out
    row = next(line for line in out.splitlines() if line.startswith("[red]"))
    assert re.search(r"\[red\]\W+2\W+2\W+0\W+1\W", row), row  # lines, distinct, duplicates, shared
    assert "Zed-like and [red] 1" in out
    assert re.search(r"unusual +1 +\[red\]\.txt:2 U\+005B", names("data", "check").out)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 5), st.randoms(use_true_random=False))
def test_enough_names_leave_no_split_empty(labels: int, generator: random.Random) -> None:
    """The check splits smaller corpora only, to find what training refuses."""
    names = [f"n{number}" for number in range(ENOUGH_NAMES * labels)]
    rows = [
        Row(name, f"label {label}")
        for name in names
        for label in generator.sample(range(labels), generator.randint(1, labels))
    ]
    assert all(split_corpus(rows, "grouped", generator.randint(0, 99)))
