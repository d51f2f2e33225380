"""JSON lines: an object a line, the names under one or more keys, every other key kept."""

import json
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from names_predictor.errors import NamesError
from names_predictor.formats import Labelling, plain_text
from names_predictor.inputs import Decoding, InputError, open_input, read_names
from names_predictor.rows import Block, Cache
from names_predictor.series import text_of

Record = dict[str, Any]


class JsonReader:
    """Reads objects, a line each; a blank line is one without keys."""

    def __init__(
        self, names_in: Sequence[str], added: Collection[str], decoding: Decoding, flat: bool
    ) -> None:
        """Take the names from the keys `names_in`, joined by a space.

        `added` are the new keys. Where the rows are to become a table, `flat`, its columns are the
        keys of the first block.
        """
        self._names_in = names_in
        self._added = frozenset(added)
        self._decoding = decoding
        self._flat = flat
        self._begun = False
        self.columns = list(names_in)  # of a table without rows

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Yield the rows of one file after another; a block's `rows` are lines and their objects.

        Raises `InputError` with the line number for a line that is no object, has no name or one
        that is no text, or does not fit the table. Where undecodable bytes are let through, so is
        an object without the key: its name is blank.
        """
        for path in paths:
            done = 0
            with open_input(path) as file:
                for lines in read_names(file, path, *self._decoding):
                    yield self._block(lines, path, done)
                    done += len(lines)

    def records(self, block: Block) -> Iterable[Sequence[Any]]:
        """Return each row's values in the order of `columns`, None where there is none."""
        return ([record.get(key) for key in self.columns] for _, record in block.rows or [])

    def _block(self, lines: list[str], path: str, done: int) -> Block:
        rows = []
        names = []
        for number, line in enumerate(lines, done + 1):
            try:
                record = _record(line)
                names.append(self._name(record) if line.strip() else "")
            except ValueError as problem:
                raise InputError(f"{path}:{number}: {problem}") from None
            rows.append((line, record))
        if self._flat:
            self._fit(rows, path, done)
        return Block(names, rows)

    def _name(self, record: Record) -> str:
        parts = []
        for key in self._names_in:
            if key not in record and self._decoding.errors == "strict":
                raise ValueError(f"no key {key!r}: add it, or flag such rows with --errors flag")
            text = text_of(record.get(key))
            if text is None:
                kind = type(record[key]).__name__
                raise ValueError(f"under {key!r} stands {kind}, not text: make it a string")
            parts.append(text)
        if not self._added.isdisjoint(record):
            taken = next(key for key in record if key in self._added)
            raise ValueError(f"key {taken!r} is there already: give a --prefix")
        return " ".join(parts)

    def _fit(self, rows: Sequence[tuple[str, Record]], path: str, done: int) -> None:
        if not self._begun:
            self._begun = True
            keys = dict.fromkeys(key for _, record in rows for key in record)
            self.columns = list(keys) or self.columns
        known = frozenset(self.columns)
        for number, (_, record) in enumerate(rows, done + 1):
            if not record.keys() <= known:
                raise InputError(
                    f"{path}:{number}: a key that none of the first lines has: give --format jsonl"
                )


def _record(line: str) -> Record:
    """Return the object in a line; raises `ValueError`, which says what is wrong."""
    if not line.strip():
        return {}
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # the message of either would quote, or say nothing
        record = None
    if not isinstance(record, dict):
        raise ValueError("not a JSON object: mend this line")
    return record


class JsonWriter:
    """Writes an object a row: what stood in it, then the answer; null where there is none.

    The text of a JSON line stays as it was up to its closing brace, so that numbers keep their
    digits.
    """

    def __init__(self, job: Labelling) -> None:
        self._job = job
        self._cache = Cache(self._ends, len(job.added))

    def __call__(self, block: Block) -> bytes:
        """Return the block's lines."""
        ends = self._cache.of(block.names)
        rows = zip(self._begun(block), ends, strict=True)
        # An object without keys has no comma behind them.
        lines = (f"{begun}, {end}" if len(begun) > 1 else begun + end for begun, end in rows)
        return "".join(lines).encode("utf-8", "replace")

    def _begun(self, block: Block) -> Iterator[str]:
        """Yield each row as JSON without its closing brace."""
        job = self._job
        if isinstance(job.reader, JsonReader):
            changed = bool(job.salt or job.spreadsheet_safe)
            for line, record in block.rows or []:
                if changed and record:
                    yield "{" + ", ".join(_shown(line, job))
                else:
                    yield line.strip()[:-1].rstrip() or "{"
            return
        columns = job.reader.columns
        if len(set(columns)) < len(columns):
            raise NamesError("two columns of one name: JSON can't hold both: rename one")
        for record in job.records(block):
            values = {k: _finite(v) for k, v in zip(columns, record, strict=True)}
            yield json.dumps(values, ensure_ascii=False, default=plain_text)[:-1]

    def _ends(self, names: list[str]) -> list[str]:
        columns = [(json.dumps(n, ensure_ascii=False), kind) for n, kind in self._job.added.items()]
        ends = []
        for cells in self._job.texts(names):
            of_row = (
                f"{name}: {_json(cell, kind)}"
                for (name, kind), cell in zip(columns, cells, strict=True)
            )
            ends.append(", ".join(of_row) + "}\n")
        return ends


def _shown(line: str, job: Labelling) -> Iterator[str]:
    """Yield the members of the object in `line`, their text as it stands but for what is shown."""
    decode = json.JSONDecoder().raw_decode
    at = _no_space(line, line.index("{") + 1)
    while line[at] != "}":
        at_key = at
        key, end_of_key = decode(line, at)
        at_value = _no_space(line, line.index(":", end_of_key) + 1)
        value, end = decode(line, at_value)
        show = job.shown(key)
        text = line[at_value:end]
        if show and isinstance(value, str):
            text = json.dumps(show(value), ensure_ascii=False)
        yield f"{line[at_key:end_of_key]}: {text}"
        at = _no_space(line, end)
        at = _no_space(line, at + 1) if line[at] == "," else at


def _no_space(line: str, at: int) -> int:
    while line[at].isspace():
        at += 1
    return at


def _finite(value: Any) -> Any:
    """Return a value with null for each number in it that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):  # Parquet's maps are lists of pairs
        return list(map(_finite, value))
    if isinstance(value, dict):
        return {key: _finite(of_key) for key, of_key in value.items()}
    return value


def _json(cell: str, kind: str) -> str:
    if not cell:
        return "null"
    return cell if kind == "double" else json.dumps(cell, ensure_ascii=False)
