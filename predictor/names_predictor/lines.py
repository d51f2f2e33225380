"""Plain lists: a name a line in, name and answer a line out, no header."""

from collections.abc import Iterable, Iterator, Sequence

from names_predictor.formats import Labelling
from names_predictor.inputs import Decoding, open_input, read_names
from names_predictor.rows import Block, Cache, shown_name


class LineReader:
    """Reads a name a line."""

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding
        self.columns = ["name"]

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Yield the rows of one file after another."""
        for path in paths:
            with open_input(path) as file:
                yield from map(Block, read_names(file, path, *self._decoding))

    def records(self, block: Block) -> Iterable[Sequence[str]]:
        """Return each row's cells."""
        return ([name] for name in block.names)


class LineWriter:
    """Writes each name, with what was asked about it, as a line apart by tabs."""

    def __init__(self, job: Labelling) -> None:
        self._job = job
        self._show = shown_name(job.spreadsheet_safe, job.salt)
        self._cache = Cache(self._lines, len(job.added))

    def __call__(self, block: Block) -> bytes:
        """Return the block's lines."""
        return "".join(self._cache.of(block.names)).encode("utf-8", "replace")

    def _lines(self, names: list[str]) -> list[str]:
        rows = zip(names, self._job.texts(names), strict=True)
        return ["\t".join((self._show(name), *cells)) + "\n" for name, cells in rows]
