"""CSV and TSV files: the names of one or more columns, every other cell kept."""

import csv
import io
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from names_predictor.formats import Labelling, cell_text, check_columns, format_of
from names_predictor.inputs import Decoding, InputError, decoded_blocks, open_input
from names_predictor.rows import Block, Cache, shown_name

BLOCK_RECORDS = 20_000

Record = list[str]


class TableReader:
    """Reads a file with a header, or several of the same columns."""

    def __init__(
        self,
        names_in: Sequence[str],
        added: Collection[str],
        decoding: Decoding,
        given: str | None = None,
    ) -> None:
        """Take the names from the columns `names_in`, joined by a space.

        `added` are the new columns' names. Where not `given`, each file's ending tells whether it
        is "csv" or "tsv".
        """
        self._names_in = names_in
        self._added = added
        self._decoding = decoding
        self._given = given
        self.columns: list[str] = []
        self.delimiter = ","

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Yield the records of one file after another; a block's `rows` are lists of cells.

        Raises `InputError` with the line number where a record is broken or has another number of
        cells than the header.
        """
        for path in paths:
            with open_input(path) as file:
                yield from self._of_file(decoded_blocks(file, path, *self._decoding), path)

    def records(self, block: Block) -> Iterable[Record]:
        """Return each row's cells."""
        records: list[Record] = block.rows or []
        return records

    def _of_file(self, text: Iterable[str], path: str) -> Iterator[Block]:
        lines = chain.from_iterable(io.StringIO(piece, newline="") for piece in text)
        first = next(lines, "")
        if not first:  # no header is no column either: there is nothing to ask for
            return
        delimiter = _delimiter(self._given or format_of(path), first)
        csv.field_size_limit(sys.maxsize)
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        records = _checked(reader, path)
        header = next(records)
        if not header:
            raise InputError(f"{path}:1: blank, but a header belongs there: remove the line")
        if not self.columns:
            check_columns(header, self._names_in, self._added, f"{path}:1", quoted=False)
            self.columns, self.delimiter = header, delimiter
        elif header != self.columns:
            raise InputError(f"{path}:1: other columns than in the file before: label it alone")
        at = [header.index(column) for column in self._names_in]
        block = list(islice(records, BLOCK_RECORDS))
        while True:  # a header without a record is a block too: it is to come out again
            yield Block([" ".join(record[i] for i in at) for record in block], block)
            if not (block := list(islice(records, BLOCK_RECORDS))):
                return


class TableWriter:
    """Writes each row's cells with what was asked about its name behind them, under a header."""

    def __init__(self, job: Labelling, delimiter: str, like: TableReader | None = None) -> None:
        """Cells are apart by `delimiter`, or as in the input, if that is a table to be `like`."""
        self._job = job
        self._delimiter = delimiter
        self._like = like
        self._cache = Cache(job.texts, len(job.added))

    def __call__(self, block: Block) -> bytes:
        """Return the block's records as text."""
        delimiter = self._like.delimiter if self._like else self._delimiter
        records = self._job.records(block)
        if not isinstance(self._job.reader, TableReader):  # what it reads is text as it is
            records = (list(map(cell_text, record)) for record in records)
        answers = self._cache.of(block.names)
        rows = [[*record, *cells] for record, cells in zip(records, answers, strict=True)]
        if block.first and self._job.reader.columns:
            show = shown_name(self._job.spreadsheet_safe, None, in_table=True)
            rows.insert(0, list(map(show, [*self._job.reader.columns, *self._job.added])))
        text = _as_csv(rows, delimiter)
        if "\r" in text:  # Python 3.11 leaves it bare, and what reads the file ends a row there
            text = "".join(
                _as_csv([row], delimiter, quoted=any("\r" in cell for cell in row)) for row in rows
            )
        return text.encode("utf-8", "replace")


def _as_csv(rows: Iterable[Record], delimiter: str, quoted: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
        lineterminator="\n",
    )
    writer.writerows(rows)
    return text.getvalue()


def _checked(reader: Any, path: str) -> Iterator[Record]:
    """Yield the records of a `csv.reader`; a blank line is one of empty cells."""
    width, begins = 0, 1
    try:
        for record in reader:
            width = width or len(record)
            if record and len(record) != width:
                raise InputError(
                    f"{path}:{reader.line_num}: {len(record)} cells, but the header has {width}: "
                    "mend this line"
                )
            yield record or [""] * width
            begins = reader.line_num + 1
    except csv.Error as problem:
        why = str(problem).replace("\t", "\\t")
        raise InputError(
            f"{path}:{begins}: not CSV: {why}: close the quotes that open in this row, and double "
            "those within a cell"
        ) from None


def _delimiter(format: str | None, header: str) -> str:
    """Return a tab for TSV, else what the header holds most of."""
    return "\t" if format == "tsv" else max(",;\t", key=header.count)
