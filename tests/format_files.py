"""Files of every format, written and read back by other libraries than the predictor's."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.cell import WriteOnlyCell

Rows = list[dict[str, Any]]


def written(format: str, rows: Rows) -> str:
    """Write rows of `name` and `note` (of a list only the names); return the file's name."""
    path = Path(f"people.{format}")
    if format == "parquet":
        schema = pa.schema({"note": pa.string(), "name": pa.string()})
        pq.write_table(pa.Table.from_pylist(rows, schema), path)
    elif format == "json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif format == "xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in [["note", "name"], *([row["note"], row["name"]] for row in rows)]:
            sheet.append([text_cell(sheet, value) for value in row])
        book.save(path)
    elif format == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif format == "text":
        path.write_text("".join(row["name"] + "\n" for row in rows), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["note", "name"], delimiter=",\t"[format == "tsv"])
            writer.writeheader()
            writer.writerows(rows)
    return str(path)


def text_cell(sheet: Any, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # also of text that begins with =
    return cell


def read(format: str, path: Path, columns: list[str]) -> Rows:
    """Read what was written; of text and tables every cell is text, an empty one is None."""
    if format == "parquet":
        return pq.read_table(path).to_pylist()
    if format == "xlsx":
        columns, *cells = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active.values
        return [dict(zip(columns, row, strict=True)) for row in cells]
    text = path.read_text(encoding="utf-8")
    if format == "json":
        return json.loads(text)
    if format == "jsonl":
        return [json.loads(line) for line in text.split("\n")[:-1]]
    delimiter = "," if format == "csv" else "\t"
    if format == "text":
        cells = [line.split("\t") for line in text.split("\n")[:-1]]
    else:
        columns, *cells = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [dict(zip(columns, row, strict=True)) for row in cells]
