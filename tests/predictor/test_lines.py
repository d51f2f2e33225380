"""Lines of bytes: they are the names of the text, and written with the same cells."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.formats import labelling, line_cache, text
from names_predictor.formats.base import Block, InputOptions
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.line_cache import Cells, LineCache
from names_predictor.formats.name_cache import SAMPLE
from names_predictor.formats.text import LineReader, joined, line_writer
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
    write = line_writer(job)
    of_text = write(Block(names, names))
    for _ in range(2):  # computed, then cached
        lines = Lines.of(names)
        of_bytes = write(Block(lines, lines))
        assert of_bytes.content.decode() == of_text.content.decode()
        assert of_bytes.reasons == of_text.reasons


def upper(lines: Lines) -> Cells:
    """Return cells of the lines themselves, in capitals, as wide as the longest."""
    texts = np.array([line.upper().encode() + b"!" for line in lines])
    return texts[:, None].view(np.uint8)


LINES = st.lists(st.text("abß\0", max_size=4) | st.text("ab", min_size=21, max_size=26), max_size=9)


@given(blocks=st.lists(LINES, max_size=9), most=st.integers(1, 12))
def test_cells_of_recurring_lines_are_those_computed(blocks: list[list[str]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_cache, "CACHED_LINES", most)
        cache = LineCache(upper)
        for names in blocks:
            cells = cache.of(Lines.of(names * 3))
            found = [row.tobytes().rstrip(b"\0").decode() for row in cells]
            assert found == [f"{name.upper()}!" for name in names * 3]


def test_a_recurring_line_is_computed_once() -> None:
    computed: list[list[str]] = []

    def work(lines: Lines) -> Cells:
        computed.append(list(lines))
        return upper(lines)

    cache, long = LineCache(work), "x" * 24
    for names in (["b", "a", "b", "a"], ["a", "c", "a"], [long, long, "a"]):
        cache.of(Lines.of(names))
    assert computed == [["a", "b"], ["c"], [long, long]]
    new = [f"n{i}" for i in range(SAMPLE)]
    for _ in range(2):
        cache.of(Lines.of(new * 2))  # the first of which are all new
    assert computed[3:] == [new * 2] * 2


def test_lines_next_to_a_very_long_one_are_not_copied() -> None:
    given: list[Lines] = []

    def work(lines: Lines) -> Cells:
        given.append(lines)
        return upper(lines)

    lines = Lines.of(["a", "x" * 1000, "a"])
    assert len(LineCache(work).of(lines)) == 3
    assert given == [lines]


def test_threads_share_a_cache_that_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_cache, "CACHED_LINES", 40)
    cache = LineCache(upper)
    generator = np.random.default_rng(0)
    blocks = [[f"n{n}" for n in generator.integers(0, 99, 60).tolist()] * 2 for _ in range(200)]
    with ThreadPoolExecutor(4) as pool:
        for names, cells in zip(blocks, pool.map(cache.of, map(Lines.of, blocks)), strict=True):
            found = [row.tobytes().rstrip(b"\0").decode() for row in cells]
            assert found == [f"{name.upper()}!" for name in names]


@given(names=st.lists(st.text("abß", max_size=4)), data=st.data())
def test_lines_can_be_taken_in_any_order(names: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.sampled_from(range(len(names))) if names else st.nothing()))
    taken = Lines.of(names).take(np.array(rows, dtype=np.int64))
    assert list(taken) == [names[row] for row in rows]
    assert list(Lines(taken.content)) == list(taken)


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


def test_windows_line_ends_change_nothing(tmp_path: Path, names_predict: CommandLine) -> None:
    names = ["abc", "O'abe", "", "x y z"] * 1000
    path = tmp_path / "names.txt"
    path.write_bytes("\r\n".join(names).encode())
    of_windows = names_predict(str(path)).out
    path.write_bytes("\n".join(names).encode())
    assert of_windows == names_predict(str(path)).out


def test_a_carriage_return_before_a_windows_line_end_ends_a_line(
    tmp_path: Path, names_predict: CommandLine
) -> None:
    path = tmp_path / "names.txt"
    for times in (2, 3000):  # a short block, long ones
        path.write_bytes(b"abc\r\r\nabe\r\n" * times)
        rows = names_predict(str(path)).out.splitlines()
        assert [row.split("\t")[0] for row in rows] == ["abc", "", "abe"] * times


def test_a_block_of_short_lines_is_divided(
    tmp_path: Path, names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "names.txt"
    path.write_text("".join(f"{'abc'[i % 3]}{i % 7}\n" for i in range(9000)), encoding="utf-8")
    whole = names_predict(str(path)).out
    monkeypatch.setattr(text, "MOST_LINES", 999)
    reader = text.LineReader(InputOptions())
    assert [len(block.names) for block in reader.blocks([str(path)])] == [999] * 9 + [9]
    assert names_predict(str(path)).out == whole


def test_a_block_with_large_cells_is_written_in_parts(
    tmp_path: Path, names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "names.txt"
    path.write_text("".join(f"{'abc'[i % 3]}{i % 7}\n" for i in range(9000)), encoding="utf-8")
    options = [str(path), "--coverage", "0.9", "--top-k", "2"]
    formats = ("text", "csv", "jsonl")
    whole = [names_predict(*options, "--format", format).out for format in formats]
    widths = []
    monkeypatch.setattr(labelling, "MOST_CELL_BYTES", 1 << 16)
    monkeypatch.setattr(text, "joined", lambda *of: widths.append(of[1].size) or joined(*of))
    assert [names_predict(*options, "--format", format).out for format in formats] == whole
    assert len(widths) > 10
    assert max(widths) <= 1 << 16


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "xlsx"])
def test_rows_stay_in_place_in_divided_blocks(
    tmp_path: Path, names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    rows = [f"{i},abc{i % 7},x" if i % 5 else f"{i}" for i in range(1, 100)]
    (tmp_path / "t.csv").write_text("\n".join(["id,name,note", *rows]), encoding="utf-8")
    options = (tmp_path / "t.csv", "--column", "name", "--errors", "flag")
    outputs = [tmp_path / f"{name}.{format}" for name in ("whole", "parts")]
    assert names_predict(*options, "--output", outputs[0]).code == 0
    monkeypatch.setattr(labelling, "MOST_CELL_BYTES", 200)
    assert names_predict(*options, "--output", outputs[1]).code == 0
    if format in ("csv", "jsonl"):
        assert outputs[0].read_bytes() == outputs[1].read_bytes()
    options = ("--column", "name", "--prefix", "p_", "--format", "csv")
    again = [names_predict(output, *options).out for output in outputs]
    assert again[0] == again[1]
    assert again[0].count("malformed") == 19


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
