"""The table of labels next to a corpus, `labels.csv`: the language of each label.

It has a row per label, with the columns `label` and `iso639_3`, which may be empty.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from names_predictor.errors import NamesError

TABLE = "labels.csv"
LABEL, CODE = "label", "iso639_3"


def label_codes(labels: Sequence[str], corpus: Path, table: Path | None = None) -> dict[str, str]:
    """Return the ISO 639-3 codes of the labels that have one, in the order of `labels`.

    By default, the table is `labels.csv` in one of the two folders above the corpus. It is skipped
    if the corpus does not exist or a column is missing.

    Raises:
        NamesError: The given `table` cannot be read or has none of the labels, or a code is
            invalid.

    """
    if table:
        found = [(table, _read(table))]
    else:
        above = list(corpus.absolute().parents)[:2] if corpus.exists() else []
        found = [(folder / TABLE, _read_if_one(folder / TABLE)) for folder in above]
    path, codes = next((pair for pair in found if pair[1]), (table, {}))
    known = {label: codes[label] for label in labels if codes.get(label)}
    if table and not known:
        raise NamesError(f"{table}: has no {CODE} of any of the model's labels: name another table")
    for label, code in known.items():
        if not re.fullmatch("[a-z]{3}", code):
            raise NamesError(
                f"{path}: {CODE} of {label}: {code[:40]!r} is not three small letters: correct it"
            )
    return known


def _read_if_one(path: Path) -> dict[str, str]:
    try:
        return _read(path)
    except NamesError:
        return {}


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {LABEL, CODE} <= set(rows.fieldnames or ()):
                raise NamesError(f"{path}: give it the columns {LABEL} and {CODE}")
            codes: dict[str, str] = {}
            for row in rows:
                code = (row[CODE] or "").strip()
                if codes.setdefault(row[LABEL], code) != code:
                    raise NamesError(f"{path}: two codes of {row[LABEL]}: remove one")
            return codes
    except OSError as problem:
        raise NamesError(f"{path}: cannot be read: {problem.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise NamesError(f"{path}: not a CSV file in UTF-8: save it as one") from None
