"""Split the text of a JSON array into its elements, whose text is kept."""

import json
import re
from collections.abc import Iterator

from names_predictor.formats.base import InputError

BLOCK_ELEMENTS = 10_000
"""Elements of a block."""

MOST_ELEMENT = 1 << 26
"""Highest number of characters of an element, which bounds the memory for a damaged file."""

decode = json.JSONDecoder().raw_decode
"""Parses the value at an offset of a text; returns it, and the offset after it."""

_LINE_ENDS = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")
_SPACES = re.compile(r"[ \t\r\n]*")


def elements(blocks: Iterator[str], path: str) -> Iterator[list[str]]:
    """Yield blocks of the elements of an array, each as text on one line.

    Args:
        blocks: The text of the array, in pieces.
        path: The file, for errors.

    Raises:
        InputError: The text is not an array, or ends early.

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
                break  # it continues in the next block
            after = after_space(buffer, end)
            if after == len(buffer):
                break  # a number may continue in the next block
            if buffer[after] not in ",]":
                raise InputError(f"{path}: element {number}: no comma after it: not a JSON array")
            # Line ends are white space: strings cannot contain them.
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
    """Return the offset after the white space at the offset `at`."""
    match = _SPACES.match(text, at)
    return match.end() if match else at
