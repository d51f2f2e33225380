"""Names as lines of UTF-8, which become text one by one when they are needed."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from names_predictor.inference.types import Numbers


class Lines(Sequence[str]):
    """Lines of UTF-8, each with a line feed at its end.

    A list of strings takes more time to make and to join than finding the words of its names.

    Attributes:
        content: The bytes.
        ends: The index of each line feed, int64 [lines].

    """

    def __init__(self, content: bytes, ends: Numbers | None = None) -> None:
        """Find the line feeds of `content`, unless they are given."""
        self.content = content
        if ends is None:
            ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n"))
        self.ends = ends

    @classmethod
    def of(cls, names: Sequence[str]) -> "Lines":
        """Return names as lines; a line feed within a name becomes a carriage return."""
        if isinstance(names, Lines):
            return names
        lines = cls("\n".join([*names, ""]).encode("utf-8", "surrogatepass"))
        return lines if len(lines) == len(names) else cls.of([n.replace("\n", "\r") for n in names])

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.ends)

    def __iter__(self) -> Iterator[str]:
        """Yield the lines as text."""
        return iter(self.content.decode("utf-8", "surrogatepass").split("\n")[:-1])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Lines": ...
    def __getitem__(self, index: int | slice) -> "str | Lines":
        """Return the text of a line, or consecutive lines."""
        if isinstance(index, slice):
            first, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError("a slice of lines has the step 1")
            start = self._start(first)
            ends = self.ends[first:stop]
            end = ends[-1] + 1 if len(ends) else start
            return Lines(self.content[start:end], ends - start)
        index = range(len(self))[index]
        content = self.content[self._start(index) : self.ends[index]]
        return content.decode("utf-8", "surrogatepass")

    @property
    def starts(self) -> Numbers:
        """The index of the first byte of each line, int64 [lines]."""
        return np.concatenate([[0], self.ends[:-1] + 1])[: len(self)]

    def take(self, rows: Numbers) -> "Lines":
        """Return the lines of these rows, in their order."""
        start = self.starts[rows]
        length = self.ends[rows] + 1 - start  # with the line feed
        after = np.cumsum(length)
        index = np.arange(length.sum()) + np.repeat(start - (after - length), length)
        return Lines(np.frombuffer(self.content, dtype=np.uint8)[index].tobytes(), after - 1)

    def _start(self, index: int) -> int:
        return int(self.ends[index - 1]) + 1 if index else 0
