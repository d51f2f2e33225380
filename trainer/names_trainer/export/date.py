"""The date of an artifact."""

import os
import time

from names_predictor.errors import NamesError

LONGEST = 12
"""Digits of `SOURCE_DATE_EPOCH`, which makes 30,000 years."""


def export_date() -> int:
    """Return the seconds since 1970 that `SOURCE_DATE_EPOCH` sets, which are now without it.

    With it set, equal runs give equal files. See https://reproducible-builds.org/specs.

    Raises:
        NamesError: `SOURCE_DATE_EPOCH` is not a number.

    """
    date = os.environ.get("SOURCE_DATE_EPOCH", str(int(time.time())))
    if not (date.isdecimal() and len(date) <= LONGEST):
        raise NamesError(
            f"SOURCE_DATE_EPOCH: {date!r} is not a number of seconds: correct or unset it"
        )
    return int(date)
