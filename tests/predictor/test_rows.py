import hmac
import io
import re
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.errors import NamesError
from names_predictor.formats import decoding, name_cache
from names_predictor.formats.base import InputError, InputOptions
from names_predictor.formats.decoding import TextFile, lines_of
from names_predictor.formats.name_cache import Cache
from names_predictor.formats.parallel import in_order
from names_predictor.formats.redaction import shown_name
from names_predictor.inference.cells import TEXT, new_columns
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import PredictionBatch


def read(
    content: bytes,
    block: int = decoding.BLOCK_BYTES,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> list[str]:
    options = InputOptions(encoding=encoding, errors=errors)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "BLOCK_BYTES", block)
        blocks = TextFile(io.BytesIO(content), "f", options).blocks()
        return [line for text in blocks for line in lines_of(text)]


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
    assert read(content, errors="flag") == expected


@given(st.text(alphabet="aé김\n\r\t \u2028", max_size=40).map(str.encode), st.integers(4, 12))
def test_blocks_do_not_show(content: bytes, block: int) -> None:
    expected = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=None).read()
    lines = expected.split("\n")
    assert read(content, block) == (lines if lines[-1] else lines[:-1])


@pytest.mark.parametrize("block", [4, 1000])
def test_an_invalid_byte_is_reported_with_its_line(block: int) -> None:
    with pytest.raises(InputError, match="f:4: byte 0xff is not UTF-8"):
        read(b"a\r\nbb\n\nc\xffc\nd\n", block)


def test_an_invalid_byte_is_shown_with_its_line_if_requested() -> None:
    message = r"f:2: byte 0xff is not UTF-8 in b'ab\\xff': name the file's --encoding \(from Excel"
    for content in (b"abc\nab\xff\nabd\n", b"abc\rab\xff\rabd\r"):
        with pytest.raises(InputError, match=message):
            list(TextFile(io.BytesIO(content), "f", InputOptions(verbose=True)).blocks())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("block", [7, 1000])
def test_an_invalid_byte_after_a_byte_order_mark_is_reported(encoding: str, block: int) -> None:
    wrong = b"\xff" if encoding == "utf-8" else "\udc00".encode(encoding, "surrogatepass")
    content = "\ufeffa\nbb\n\nc".encode(encoding) + wrong + "c\nd\n".encode(encoding)
    with pytest.raises(InputError, match="f:4: byte"):
        read(content, block, encoding.removesuffix("-le").removesuffix("-be"))


def text_cells(batch: PredictionBatch, labels: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*new_columns(TEXT, batch, labels)[0], strict=True))


def test_every_row_has_the_same_cells() -> None:
    nan = float("nan")
    batch = PredictionBatch(
        np.array([[0, 1], [1, 0], [1, 0]]),
        np.array([[0.75, 0.25], [nan, nan], [0.6, 0.4]], dtype=np.float32),
        [None, "blank", "low-confidence"],
        [],
        np.zeros((3, 0), dtype=np.float32),
    )
    assert text_cells(batch, ["One", "Two"]) == [
        ("One", "0.7500", "Two", "0.2500", ""),
        ("", "", "", "", "blank"),
        ("", "0.6000", "", "0.4000", "low-confidence"),
    ]
    distribution = np.array([[0.75, 0.25], [nan, nan], [0.4, 0.6]], dtype=np.float32)
    with_all = batch._replace(probabilities=distribution)
    assert [cells[4:] for cells in text_cells(with_all, ["One", "Two"])] == [
        ("0.7500", "0.2500", ""),
        ("", "", "blank"),
        ("0.4000", "0.6000", "low-confidence"),
    ]
    with_sets = batch._replace(candidates=[("One", "Two"), (), ("Two",)])
    assert [cells[4] for cells in text_cells(with_sets, ["One", "Two"])] == ["One|Two", "", "Two"]


NAMES = st.text(alphabet="abcxyzABÄé김 '\t", max_size=6)


@settings(max_examples=60)
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

    def plain(name: str) -> tuple[str, ...]:
        (p,) = predictor.predict([name], **wanted)
        cells: list[str] = []
        for label, probability in p.ranked:
            cells += [label, f"{probability:.4f}"]
        cells += [""] * (2 * top_k - len(cells))
        if p.reason == "low-confidence":
            cells[: 2 * top_k : 2] = [""] * top_k
        return (*cells, *(["|".join(p.candidates)] if coverage else []), p.reason or "")

    def fast(names: list[str]) -> list[tuple[str, ...]]:
        batch = predictor.predict_batch(names, PredictOptions(**wanted))
        return text_cells(batch, predictor.labels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(name_cache, "CACHED_NAMES", cached)
        cache = Cache(fast)
        for names in blocks:
            assert cache.of(names) == [plain(name) for name in names]


def test_a_repeated_name_is_computed_once_and_the_cache_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested: list[list[str]] = []

    def lines(names: list[str]) -> list[str]:
        requested.append(names)
        return [name.upper() for name in names]

    monkeypatch.setattr(name_cache, "CACHED_NAMES", 3)
    cache = Cache(lines)
    assert cache.of(["a", "b", "a", "b"]) == ["A", "B", "A", "B"]
    assert cache.of(["b", "c"]) == ["B", "C"]
    assert cache.of(["c", "d"]) == ["C", "D"]
    assert cache.of(["d"]) == ["D"]
    assert requested == [["a", "b"], ["c"], ["d"]]
    assert cache.of(["c", "d"]) == ["C", "D"]
    assert requested.pop() == ["c"]  # it was full, and cleared
    long = "e" * (name_cache.CACHED_LENGTH + 1)
    assert cache.of([long, "d"]) == [long.upper(), "D"]
    assert cache.of([long, "d"]) == [long.upper(), "D"]
    assert requested[3:] == [[long], [long]]


def test_mostly_new_names_are_not_cached() -> None:
    requested: list[list[str]] = []

    def lines(names: list[str]) -> list[str]:
        requested.append(names)
        return [name.upper() for name in names]

    cache = Cache(lines)
    for _ in range(2):
        assert cache.of(["a", "b", "a", "c"]) == ["A", "B", "A", "C"]
    assert requested == [["a", "b", "a", "c"]] * 2
    many = [f"n{i}" for i in range(name_cache.SAMPLE)] * 2  # whose first half is new
    assert cache.of(many) == [name.upper() for name in many]
    assert requested[2:] == [many]


def test_results_come_in_order_and_few_are_held() -> None:
    drawn = []

    def items() -> Iterator[int]:
        for i in range(50):
            drawn.append(i)
            yield i

    def slow_at_first(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0)
        return item

    results = []
    for result in in_order(slow_at_first, items(), 3):
        results.append(result)
        assert len(drawn) <= len(results) + 3
    assert results == list(range(50))


def test_a_system_without_threads_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(NamesError, match="the system starts no more threads: allow more"):
        list(in_order(abs, range(3), 2))


def test_an_error_in_the_middle_comes_through() -> None:
    def work(item: int) -> int:
        return 1 // (item - 2)

    results = in_order(work, range(5), 2)
    assert [next(results), next(results)] == [-1, -1]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("before", [1, 2, 9])
def test_what_was_read_before_an_error_comes_out_first(before: int) -> None:
    def items() -> Iterator[int]:
        yield from range(before)
        raise NamesError("wrong")

    results = in_order(str, items(), 3)
    assert [next(results) for _ in range(before)] == [str(i) for i in range(before)]
    with pytest.raises(NamesError, match="wrong"):
        next(results)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@x", "'@x"),
        ("  +1", "'  +1"),
        ("-", "'-"),
        ("\tx", "' x"),
        ("O'Neill", "O'Neill"),
        ("a=b", "a=b"),
    ],
)
def test_a_spreadsheet_computes_no_name(name: str, shown: str) -> None:
    assert shown_name(True, None)(name) == shown
    assert shown_name(False, None)(name) == name.replace("\t", " ")


def test_equal_names_have_equal_hashes() -> None:
    one, other = shown_name(False, b"salt"), shown_name(False, b"other")
    assert one("Novák") == one("Novák") != other("Novák")
    assert re.fullmatch("[0-9a-f]{64}", one("Novák"))
    expected = hmac.new(b"salt", "Novák".encode(), "sha256").hexdigest()
    assert one("Novák") == expected


def test_a_mark_does_not_make_a_script_known(predictor: NamePredictor) -> None:
    (one,) = predictor.predict(["\u738b'\u5c0f"])
    assert (one.label, one.reason) == (None, "unknown-script")
