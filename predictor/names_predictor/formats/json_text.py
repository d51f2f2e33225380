"""JSON as it stands in a text: the elements of an array, without a change to their digits."""

import json
import re
from collections.abc import Iterator

from names_predictor.formats.base import InputError

BLOCK_ELEMENTS = 10_000
"""Elements of an array that are labelled at once."""

MOST_ELEMENT = 1 << 26
"""Characters that an element may have, so that memory does not grow with a broken file."""

decode = json.JSONDecoder().raw_decode
"""Returns the value that begins at a place in a text, and where it ends."""

_LINE_ENDS = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")
_SPACES = re.compile(r"[ \t\r\n]*")


def elements(blocks: Iterator[str], path: str) -> Iterator[list[str]]:
    """Yield the texts of an array's elements, each on one line; memory holds one block of them.

    Raises:
        InputError: The text is no array, or ends within it.

    """
    found: list[str] = []
    buffer = begun = ""
    number = 1
    for block in blocks:
        buffer += block
        at = after_space(buffer, 0)
        if not begun and at < len(buffer):
            if buffer[at] != "[":
                raise InputError(f"{path}: not an array: is it --input-format jsonl?")
            begun, at = "[", at + 1
        while begun in ("[", ","):
            at = after_space(buffer, at)
            if at < len(buffer) and buffer[at] == "]" and begun == "[":
                begun, at = "]", at + 1
                break
            try:
                _, end = decode(buffer, at)
            except (ValueError, RecursionError):
                if len(buffer) - at > MOST_ELEMENT:
                    raise InputError(f"{path}: element {number}: not JSON, or too large") from None
                break  # the rest of it comes with the next block, or never
            after = after_space(buffer, end)
            if after == len(buffer):
                break  # a number may go on
            if buffer[after] not in ",]":
                raise InputError(f"{path}: element {number}: no comma behind it: not a JSON array")
            # Outside of strings a line end means nothing; in one it can't be.
            found.append(_LINE_ENDS.sub(" ", buffer[at:end]))
            number += 1
            begun, at = buffer[after], after + 1
            if len(found) == BLOCK_ELEMENTS:
                yield found
                found = []
        buffer = buffer[at:]
    if buffer.strip() or begun not in ("", "]"):
        raise InputError(f"{path}: element {number}: not JSON, or cut off: get the whole file")
    if found:
        yield found


def after_space(text: str, at: int) -> int:
    """Return where the white space at `at` ends."""
    match = _SPACES.match(text, at)
    return match.end() if match else at
