"""Lines of bytes: they are the names of the text, and written with the same cells."""

from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.formats.base import Block, InputOptions
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.text import LineReader, LineWriter
from names_predictor.inference.lines import Lines
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor

NAMES = st.lists(st.text("abcéß王 -'.\0\t\r\x85\ud800", max_size=9), max_size=30)


@given(names=NAMES, first=st.integers(-3, 33), last=st.integers(-3, 33))
def test_lines_are_the_names(names: list[str], first: int, last: int) -> None:
    lines = Lines.of(names)
    assert list(lines) == names
    assert [lines[i] for i in range(len(names))] == names
    assert list(lines[first:last]) == names[first:last]
    assert [lines[first:last][i] for i in range(len(names[first:last]))] == names[first:last]


def test_a_name_with_a_line_feed_is_one_line() -> None:
    assert list(Lines.of(["a", "b\nc", "\n"])) == ["a", "b\rc", "\r"]
    with pytest.raises(ValueError, match="step"):
        Lines(b"a\nb\n")[::2]
    with pytest.raises(IndexError):
        Lines(b"a\n")[1]


@given(
    names=st.lists(
        st.text("abcéß王 -'.\0\x85", max_size=12) | st.just("x" * 200), min_size=1, max_size=40
    ),
    options=st.builds(
        PredictOptions,
        top_k=st.integers(1, 3),
        min_probability=st.sampled_from([0.0, 0.5]),
        coverage=st.sampled_from([None, 0.9]),
        distribution=st.booleans(),
    ),
)
def test_lines_of_bytes_are_written_as_those_of_text(
    predictor: NamePredictor, names: list[str], options: PredictOptions
) -> None:
    job = Labelling(LineReader(InputOptions()), predictor, options, counts=True)
    with pytest.MonkeyPatch.context() as patch:
        write = LineWriter(job, InputOptions())
        patch.setattr("names_predictor.formats.rows.Cache.is_mostly_new", lambda *_: True)
        lines = Lines.of(names)
        of_bytes, of_text = write(Block(lines, lines)), write(Block(names, names))
    assert of_bytes.content.decode() == of_text.content.decode()
    assert of_bytes.reasons == of_text.reasons


@pytest.mark.parametrize(
    "changed", [["--spreadsheet-safe"], ["--hash-names"], ["--null-value", "x1"], []]
)
def test_a_long_file_is_written_as_its_parts_are(
    tmp_path: Path,
    names_predict: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    changed: list[str],
) -> None:
    monkeypatch.setenv("NAMES_SALT", "salt")
    generator = np.random.default_rng(0)
    letters = generator.choice(list("aeionrst łé-'="), (3000, 12))
    names = ["".join(row) for row in letters] + ["x1", "", "王小明"]
    whole, part = tmp_path / "whole.txt", tmp_path / "part.txt"
    whole.write_text("\n".join(names), encoding="utf-8")  # without a line feed at its end
    options = ["--input-format", "text", *changed]
    expected = ""
    for start in range(0, len(names), 500):
        part.write_text("\n".join([*names[start : start + 500], ""]), encoding="utf-8")
        expected += names_predict(str(part), *options).out
    assert names_predict(str(whole), *options).out == expected


def test_a_lone_surrogate_is_undecodable_in_a_long_file(
    tmp_path: Path, names_predict: CommandLine
) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(b"a+2AA-b\n" * 3000)  # UTF-7 of U+D800
    run = names_predict(str(path), "--encoding", "utf-7")
    assert run.out.splitlines() == ["a?b\t\t\tundecodable"] * 3000


def test_a_tab_in_a_long_file_is_a_space(tmp_path: Path, names_predict: CommandLine) -> None:
    path = tmp_path / "names.txt"
    path.write_text("".join(f"n{i}\tx\n" for i in range(3000)), encoding="utf-8")
    rows = names_predict(str(path), "--input-format", "text").out.splitlines()
    assert [row.split("\t")[0] for row in rows] == [f"n{i} x" for i in range(3000)]


def test_malformed_rows_are_so_in_text_too(tmp_path: Path, names_predict: CommandLine) -> None:
    path = tmp_path / "names.csv"
    path.write_text("name,x\nabc,1\nabe\n,2\nabd,2,3\n", encoding="utf-8")
    run = names_predict(
        str(path), "--column", "name", "--errors", "flag", "--format", "text", "--top-k", "2"
    )
    assert [row.split("\t")[-1] for row in run.out.splitlines()] == [
        "", "malformed", "blank", "malformed"
    ]  # fmt: skip
