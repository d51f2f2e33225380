"""JSON lines and JSON arrays of objects; all keys are kept.

Objects are copied as text up to their closing brace, so that numbers keep their digits.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from names_predictor.formats.base import (
    Block,
    InputError,
    InputOptions,
    Style,
    Written,
    cell_text,
    plain_text,
    shown_path,
)
from names_predictor.formats.columns import as_in, chosen_columns, listed_columns, refuse_repeated
from names_predictor.formats.decoding import TextReader, lines_of
from names_predictor.formats.json_text import after_space, decode, elements
from names_predictor.formats.labelling import Labelling
from names_predictor.inference.cells import TEXT, Kind
from names_predictor.inference.sequences import text_of

Record = dict[str, Any]

_quoted = json.JSONEncoder(ensure_ascii=False).encode


class JsonRow(NamedTuple):
    """An object and its text."""

    text: str
    record: Record


class JsonReader(TextReader[list[JsonRow]]):
    """A reader of objects, on lines or in arrays.

    A blank line is an object without keys. A string is a name: an object with the key `name`.
    """

    def __init__(self, is_array: bool, options: InputOptions) -> None:
        """Set whether a file is an array, and the options.

        The columns of rows that are written as a table are the keys in the first block.
        """
        super().__init__(options)
        self._added = frozenset(options.added)
        self._is_array = is_array
        self._begun = False
        self.columns = list(options.columns)  # of a table without rows
        self.names_in = options.columns

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[list[JsonRow]]]:
        """Yield the rows of all files; the `rows` of a block are `JsonRow`s.

        With `errors` "flag", an object without the key has a blank name.

        Raises:
            InputError: A line or element is not an object, has no name or one that is not text, or
                does not fit the table; the message has its number.

        """
        for number, path in enumerate(map(shown_path, paths)):
            done = 0
            with self._open(paths, number) as blocks:
                for texts in elements(blocks, path) if self._is_array else map(lines_of, blocks):
                    yield self._block(texts, path, done)
                    done += len(texts)

    def records(self, block: Block[list[JsonRow]]) -> Iterable[Sequence[Any]]:
        """Return the values of each row in the order of `columns`, None for a missing key."""
        return ([record.get(key) for key in self.columns] for _, record in block.rows or [])

    def style(self) -> Style:
        """Return the style of the first file of lines; that of an array is the default."""
        return Style() if self._is_array else super().style()

    def _block(self, texts: list[str], path: str, done: int) -> Block[list[JsonRow]]:
        rows: list[JsonRow] = []
        names: list[str] = []
        malformed = []
        for number, given in enumerate(texts, done + 1):
            where = self._where(path, number)
            name = ""
            row = JsonRow("", {})
            try:
                row = _record(given)
                text, record = row
                if text.strip():
                    self._choose_keys(record, where)
                    name = self._name(record, where, number == 1)
            except ValueError as problem:
                if self._options.errors == "strict":
                    raise InputError(f"{where}: {problem}") from None
                if not self._options.is_flat:
                    row = JsonRow(_quoted({"line": given}), {"line": given})
                malformed.append(number - done - 1)
            names.append(name)
            rows.append(row)
        if self._options.is_flat:
            self._fit(rows, path, done)
        return Block(names, rows, malformed=tuple(malformed))

    def _choose_keys(self, record: Record, where: str) -> None:
        """Take the only key of the first object as that of the names, if none is requested."""
        if not self.names_in and record:
            keys = sorted(record, key=lambda key: not isinstance(record[key], str))  # texts first
            self.names_in = chosen_columns(keys, self._options, where, "JSON objects")
            self.columns = self.columns or list(self.names_in)

    def _name(self, record: Record, where: str, is_first: bool) -> str:
        cells = []
        lists_keys = is_first or self._options.verbose  # those of other rows may be names
        for number, key in enumerate(self.names_in):
            there, value = value_at(record, key)
            if not there and (shown := as_in(list(record), key)) != key:
                there, value = True, record[shown]
                self.names_in = (*self.names_in[:number], shown, *self.names_in[number + 1 :])
            if not there and self._options.errors == "strict":
                among = f" among {listed_columns(list(record))}" if lists_keys and record else ""
                raise ValueError(
                    f"no key {key!r}{among}: add it, or flag such rows with --errors flag"
                )
            is_scalar = self._options.takes_scalars and isinstance(value, int)  # or a boolean
            text = cell_text(value) if is_scalar else text_of(value)
            if text is None:
                kind = type(value).__name__
                raise ValueError(f"the value of {key!r} is {kind}, not text: make it a string")
            cells.append(text)
        if not self._added.isdisjoint(record):
            taken = next(key for key in record if key in self._added)
            raise InputError(f"{where}: key {taken!r} is there already: choose a --prefix")
        return self._options.name_of(cells)

    def _fit(self, rows: Sequence[JsonRow], path: str, done: int) -> None:
        if not self._begun:
            self._begun = True
            keys = dict.fromkeys(key for row in rows for key in row.record)
            self.columns = list(keys) or self.columns
        known = frozenset(self.columns)
        for number, row in enumerate(rows, done + 1):
            if not row.record.keys() <= known:
                raise InputError(
                    f"{self._where(path, number)}: a key that none of the first rows has: write "
                    "JSON lines, such as --output names.jsonl"
                )

    def _where(self, path: str, number: int) -> str:
        """Return the place of a row, for errors."""
        return f"{path}: element {number}" if self._is_array else f"{path}:{number}"


def value_at(record: Record, key: str) -> tuple[bool, Any]:
    """Return whether a record has a key, and its value; `name.last` is `last` within `name`.

    Raises:
        ValueError: A value that should have a field is not an object.

    """
    if key in record:
        return True, record[key]
    value: Any = record
    path = key.split(".")
    for depth, inner in enumerate(path):
        if value is None:
            return True, None
        if not isinstance(value, dict):
            outer, kind = ".".join(path[:depth]), type(value).__name__
            raise ValueError(f"the value of {outer!r} is {kind}, not an object: make it one")
        if inner not in value:
            return False, None
        value = value[inner]
    return True, value


def _record(text: str) -> JsonRow:
    """Return an object with its text; raises `ValueError` with the reason if it is not one."""
    if not text.strip():
        return JsonRow(text, {})
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):  # whose messages could quote the input
        record = None
    if text.strip() == "null":
        return JsonRow("", {})
    if isinstance(record, str):
        record = {"name": record}
        text = f'{{"name": {text.strip()}}}'
    if text.strip() == "{":
        raise ValueError("an object over several lines: give each on one, as `jq -c .` writes it")
    if not isinstance(record, dict):
        raise ValueError(
            "not a JSON object: give an object a line or an array of them, or flag such rows with "
            "--errors flag"
        )
    return JsonRow(text, record)


def json_writer(is_array: bool, job: Labelling) -> Callable[[Block[list[JsonRow]]], Written]:
    """Return a function that writes a block: the keys of each row, then the new ones.

    Args:
        is_array: Whether objects become elements of an array, with commas between them, rather
            than lines.
        job: What is written; a new key without a value is null.

    """
    cells_of = job.cells(_JSON)
    keys = [_quoted(name).replace("%", "%%") for name in job.added]
    added = ", ".join([f"{key}: %s" for key in keys]) + "}"

    def write(block: Block[list[JsonRow]]) -> Written:
        cells = cells_of(block)
        rows = zip(_begun(job, block), cells, strict=True)
        # An object without keys has no comma after them.
        objects = [begun + (", " if len(begun) > 1 else "") + added % end for begun, end in rows]
        if is_array:
            text = ",\n".join(objects)
        else:
            _, line_end = job.reader.style() if job.as_read else Style()
            text = "".join([row + line_end for row in objects])
        content = text.encode("utf-8", "replace")
        reasons = (of_row[-1].removeprefix("null").strip('"') for of_row in cells)
        return job.written(content, reasons, block)

    return write


def _begun(job: Labelling, block: Block[list[JsonRow]]) -> Iterator[str]:
    """Yield each row as JSON without its closing brace."""
    if job.as_read:
        changed = bool(job.salt or job.spreadsheet_safe)
        hashed = frozenset(block.malformed) if job.salt else frozenset()
        for number, (text, keys) in enumerate(block.rows or []):
            if number in hashed:
                yield _quoted(dict(zip(keys, job.hashed(keys.values()), strict=True)))[:-1]
            elif changed and keys:
                yield "{" + ", ".join(_shown(text, job))
            else:
                yield text.strip()[:-1].rstrip() or "{"
        return
    columns = job.reader.columns
    refuse_repeated(columns, "JSON")
    for record in job.records(block):
        values = {k: _finite(v) for k, v in zip(columns, record, strict=True)}
        yield json.dumps(values, ensure_ascii=False, default=plain_text)[:-1]


def json_array(_: Labelling, blocks: Iterator[Written]) -> Iterator[Written]:
    """Yield the blocks of elements as the text of one array."""
    before = b"[\n"
    for written in blocks:
        if written.content:
            yield written._replace(content=before + written.content)
            before = b",\n"
    yield Written(b"[]\n" if before == b"[\n" else b"\n]\n", 0)


def _shown(text: str, job: Labelling, path: str = "") -> Iterator[str]:
    """Yield the members of the object in `text`, with hashed or spreadsheet-safe values."""
    at = after_space(text, text.index("{") + 1)
    while text[at] != "}":
        at_key = at
        key, end_of_key = decode(text, at)
        at_value = after_space(text, text.index(":", end_of_key) + 1)
        value, end = decode(text, at_value)
        of_value = text[at_value:end]
        show = None if path and path + key not in job.reader.names_in else job.shown(path + key)
        if isinstance(value, dict) and job.holds_names(path + key):
            of_value = "{" + ", ".join(_shown(of_value, job, f"{path}{key}.")) + "}"
        elif show and isinstance(value, str):
            of_value = _quoted(show(value))
        yield f"{text[at_key:end_of_key]}: {of_value}"
        at = after_space(text, end)
        at = after_space(text, at + 1) if text[at] == "," else at


def _finite(value: Any) -> Any:
    """Return a value with None for each infinite or NaN number in it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):  # maps of Parquet are lists of pairs
        return list(map(_finite, value))
    if isinstance(value, dict):
        return {key: _finite(of_key) for key, of_key in value.items()}
    return value


_JSON = Kind(
    lambda texts, numbers: TEXT.texts([_quoted(t) if t else "null" for t in texts], numbers),
    lambda probabilities: [digits or "null" for digits in TEXT.numbers(probabilities)],
)
"""Columns of `TEXT` as JSON."""
