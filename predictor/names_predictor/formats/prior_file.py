"""A file with a prior: the frequency of each label."""

from pathlib import Path

from names_predictor.formats.base import InputError, shown_path
from names_predictor.formats.compression import open_input
from names_predictor.formats.detection import kind_of


def read_prior(path: Path) -> dict[str, float]:
    """Read a prior: lines of label, tab or comma, frequency on any scale.

    Args:
        path: The file.

    Returns:
        The frequency of each label.

    Raises:
        InputError: The file cannot be read, or a line is invalid; the message has its number.

    """
    prior: dict[str, float] = {}
    where = shown_path(str(path))
    try:
        with open_input(str(path)) as (file, _):
            content = file.read()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        what = kind_of(content)[0] or "not UTF-8"
        raise InputError(f"{where}: {what}: write lines such as Greek,0.25, in UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        label, separator, frequency = line.rpartition("\t" if "\t" in line else ",")
        label = label.strip()
        if separator and label in prior:
            raise InputError(f"{where}:{number}: label {label!r} is there already: give it once")
        try:
            value = float(frequency)
        except ValueError:
            value = -1.0
        if not separator or not value >= 0:
            raise InputError(
                f"{where}:{number}: not a label and its frequency, a number from 0: write lines "
                "such as Greek,0.25"
            )
        prior[label] = value
    return prior
