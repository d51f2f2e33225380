import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from names_predictor import rows
from names_predictor.errors import NamesError
from names_predictor.model import Prediction
from names_predictor.rows import InputError, open_output, read_names, write_tsv


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
    file = io.StringIO()
    ranked = (("One", 0.75), ("Two", 0.25))
    predictions = [
        Prediction("a\tb", "One", 0.75, None, ranked),
        Prediction("", None, None, "blank"),
        Prediction("c", "One", 0.75, None, ranked[:1]),
    ]
    write_tsv(predictions, 2, file)
    assert file.getvalue() == (
        "a b\tOne\t0.7500\tTwo\t0.2500\t\n\t\t\t\t\tblank\nc\tOne\t0.7500\t\t\t\n"
    )


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
