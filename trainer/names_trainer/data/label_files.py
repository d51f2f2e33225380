"""The files of a corpus in a folder: <Label>.txt, without hidden files and documents."""

import re
import shlex
from collections.abc import Collection
from pathlib import Path

from names_predictor.artifact.manifest import LONGEST_LABEL, is_label
from names_predictor.formats.compression import ENDINGS as COMPRESSED
from names_trainer.data.lines import FASTTEXT, CorpusError, is_fasttext
from names_trainer.data.tables import is_table

_DOCUMENT = re.compile(
    r"""(
        (?i: read[-_ ]?me | li[cs]en[cs]es? | lizenz | licen[cz]a | licencia | copying | copyright
           | notices? | change[-_ ]?log | contributing | code[-_]of[-_]conduct | citation
           | attributions? | disclaimer | liesmich | lies[-_ ]mich | lisez[-_ ]?moi | l[eé]ame
           | leeme | leggimi | leia[-_]?me | lees[-_ ]?mij | requirements | cmakelists )
        | AUTHORS | CHANGES | CONTRIBUTORS | CREDITS | HISTORY | INSTALL | MAINTAINERS | MANIFEST
        | NEWS | SECURITY | SOURCES? | THANKS | TODO | VERSION
    )([-_.(].*|\ \(?\d+\)?)?""",
    re.VERBOSE,
)
"""Stems of documents, such as README. Words that can be labels match in capitals only."""

VARIANTS = "variants.csv"
"""The file of romanisations in a folder of given names, which is no table of names."""

ORDERS = "orders.toml"
"""The file that describes how the full names of a label are written."""


def label_files(folder: Path) -> list[Path]:
    """Return the <Label>.txt (or .TXT) files in `folder`, sorted by label.

    Hidden files and documents, such as `README.txt`, are skipped.

    Raises:
        CorpusError: There is no such file, or one cannot be a file of a label.

    """
    files = [path for path in _text_files(folder) if not _DOCUMENT.fullmatch(path.stem)]
    if not files:
        raise CorpusError(f"{folder}: no <Label>.txt file in it: {_remedy(folder)}")
    for path in files:
        if is_fasttext(path):
            raise CorpusError(
                f"{path}: its lines begin with {FASTTEXT}: give the file itself: "
                f"--data {shlex.quote(str(path))}"
            )
        if not is_label(path.stem) or path.stem != path.stem.strip():
            raise CorpusError(
                f"{str(path)!r}: not a label: rename the file: printable, at most {LONGEST_LABEL} "
                "characters, no spaces around it"
            )
    return files


def documents(folder: Path) -> list[str]:
    """Return the names of the documents in `folder`."""
    return [path.name for path in _text_files(folder) if _DOCUMENT.fullmatch(path.stem)]


def other_labels(folder: Path, labels: Collection[str]) -> list[str]:
    """Return a note on the files of no label of the corpus, if there are any."""
    others = sorted({path.stem for path in label_files(folder)}.difference(labels))
    return [f"{folder}: left out {', '.join(others)}: no labels of the corpus"] if others else []


def left_out(folder: Path) -> list[str]:
    """Return the names of the skipped tables, compressed files and folders in `folder`."""
    return [
        path.name + "/" * path.is_dir()
        for path in _visible(folder)
        if path.is_dir() or is_table(path) or path.suffix.lower() in COMPRESSED
        if path.name != VARIANTS
    ]


def _text_files(folder: Path) -> list[Path]:
    """Return the `.txt` files by label."""
    texts = (path for path in _visible(folder) if path.name.lower().endswith(".txt"))
    files = (path for path in texts if not path.is_dir())
    return sorted(files, key=lambda path: (path.stem, path.name))


def _visible(folder: Path) -> list[Path]:
    """Return what is in `folder`, without hidden files, such as ._Greek.txt of macOS."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~$")))


def _remedy(folder: Path) -> str:
    if table := next(filter(is_table, _visible(folder)), None):
        return (
            f"give the file itself: --data {shlex.quote(str(table))} --column NAME "
            "--label-column LABEL"
        )
    return "one file a label, one name a line"
