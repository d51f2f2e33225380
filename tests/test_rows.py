import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor import rows
from names_predictor.errors import NamesError
from names_predictor.model import Answers, NamePredictor
from names_predictor.rows import InputError, LineCache, open_output, read_names, tsv_lines


def lines_of(content: bytes, block: int = rows.BLOCK_BYTES) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BLOCK_BYTES", block)
        return [name for names in read_names(io.BytesIO(content), "f") for name in names]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb\rc\n\nd", ["a", "b", "c", "", "d"]),
        (b"\r", [""]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        (b"\xef\xbb\xbf", []),
        ("a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d"]),
        (b"a\0b\n", ["a\0b"]),
    ],
)
def test_lines(content: bytes, expected: list[str]) -> None:
    assert lines_of(content) == expected


@given(st.text(alphabet="aé김\n\r\t \u2028", max_size=40).map(str.encode), st.integers(4, 12))
def test_blocks_do_not_show(content: bytes, block: int) -> None:
    expected = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=None).read()
    lines = expected.split("\n")
    assert lines_of(content, block) == (lines if lines[-1] else lines[:-1])


@pytest.mark.parametrize("block", [4, 1000])
def test_a_wrong_byte_is_told_with_its_line(block: int) -> None:
    with pytest.raises(InputError, match="f:4: byte 0xff is not UTF-8"):
        lines_of(b"a\r\nbb\n\nc\xffc\nd\n", block)


def test_tsv_has_the_same_columns_in_every_row() -> None:
    nan = float("nan")
    answers = Answers(
        np.array([[0, 1], [1, 0], [1, 0]]),
        np.array([[0.75, 0.25], [nan, nan], [0.6, 0.4]], dtype=np.float32),
        [None, "blank", "low-confidence"],
        [],
    )
    assert tsv_lines(["a\tb", "", "c"], answers, ["One", "Two"]) == [
        "a b\tOne\t0.7500\tTwo\t0.2500\t\n",
        "\t\t\t\t\tblank\n",
        "c\t\t0.6000\tOne\t0.4000\tlow-confidence\n",
    ]
    with_sets = answers._replace(candidates=[("One", "Two"), (), ("Two",)])
    assert [
        line.split("\t")[5] for line in tsv_lines(["a", "", "c"], with_sets, ["One", "Two"])
    ] == [
        "One|Two",
        "",
        "Two",
    ]


NAMES = st.text(alphabet="abcxyzABÄé김 '\t", max_size=6)


@settings(deadline=None, max_examples=60)
@given(
    blocks=st.lists(st.lists(NAMES, max_size=12), max_size=6),
    top_k=st.integers(1, 5),
    min_probability=st.sampled_from([0.0, 0.4, 0.9]),
    coverage=st.sampled_from([None, 0.5, 0.9]),
    cached=st.integers(1, 20),
)
def test_the_fast_path_gives_what_the_plain_path_gives(
    predictor: NamePredictor,
    blocks: list[list[str]],
    top_k: int,
    min_probability: float,
    coverage: float | None,
    cached: int,
) -> None:
    wanted: dict[str, Any] = {
        "top_k": top_k,
        "min_probability": min_probability,
        "coverage": coverage,
    }

    def plain(name: str) -> str:
        (p,) = predictor.predict([name], **wanted)
        cells = [name.replace("\t", " ")]
        for label, probability in p.ranked:
            cells += [label, f"{probability:.4f}"]
        cells += [""] * (1 + 2 * top_k - len(cells))
        if p.reason == "low-confidence":
            cells[1] = ""
        return "\t".join([*cells, *(["|".join(p.candidates)] if coverage else []), p.reason or ""])

    def fast(names: list[str]) -> list[str]:
        assert len(set(names)) == len(names)
        return tsv_lines(names, predictor.answer(names, **wanted), predictor.labels)

    cache = LineCache(fast)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "CACHED_NAMES", cached)
        for names in blocks:
            assert cache.lines(names) == [f"{plain(name)}\n" for name in names]


def test_a_name_met_before_is_not_asked_again_and_the_cache_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def lines(names: list[str]) -> list[str]:
        asked.append(names)
        return [name.upper() for name in names]

    monkeypatch.setattr(rows, "CACHED_NAMES", 3)
    cache = LineCache(lines)
    assert cache.lines(["a", "b", "a"]) == ["A", "B", "A"]
    assert cache.lines(["b", "c"]) == ["B", "C"]
    assert cache.lines(["c", "d"]) == ["C", "D"]
    assert cache.lines(["d"]) == ["D"]
    assert asked == [["a", "b"], ["c"], ["c", "d"]]


def test_output_appears_only_when_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), open_output(target) as file:  # noqa: PT012
        file.write("half")
        raise ZeroDivisionError
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("out.tsv", "old")]
    with open_output(target) as file:
        file.write("new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("out.tsv", "new")]


def test_output_to_nowhere_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(NamesError, match="cannot be written"), open_output(tmp_path / "no" / "x"):
        pass
