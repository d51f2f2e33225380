"""What is predicted for every name, and the columns it gives; imports no numpy by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from names_predictor.errors import NamesError


@dataclass(frozen=True)
class PredictOptions:
    """What is predicted for every name, validated when it is made.

    Args:
        top_k: Labels to rank, from 1.
        min_probability: A name whose best label is less probable has no label, from 0 to 1.
        coverage: How often prediction sets contain the right label, between 0 and 1; None for no
            sets.
        distribution: Whether rows get every label's probability.
        prefix: What the names of the new columns begin with.
        codes: Whether each label is followed by its ISO 639 code.

    Raises:
        NamesError: A value is of another type or range.

    """

    top_k: int = 1
    min_probability: float = 0.0
    coverage: float | None = None
    distribution: bool = False
    prefix: str = ""
    codes: bool = False

    def __post_init__(self) -> None:
        """Raise `NamesError` for an option of another type or range."""
        if not is_whole(self.top_k, least=1):
            raise NamesError(f"top_k can't be {self.top_k!r}: give a whole number from 1")
        share = self.min_probability
        if not (isinstance(share, Real) and not isinstance(share, bool) and 0 <= share <= 1):
            raise NamesError(f"min_probability can't be {share!r}: give one from 0 to 1")
        if self.coverage is not None:
            from names_predictor.conformal import check_coverage  # imports numpy

            check_coverage(self.coverage)
        if not isinstance(self.prefix, str):
            raise NamesError(f"prefix can't be {self.prefix!r}: give a text")

    def columns(self, labels: Sequence[str]) -> dict[str, str]:
        """Return the new columns in order, each with its type, as Arrow, Spark and pandas call it.

        `candidates` holds labels separated by `|`.
        """
        columns = {}
        for rank in range(1, min(self.top_k, len(labels)) + 1):
            number = f"_{rank}" if rank > 1 else ""
            columns[f"label{number}"] = "string"
            if self.codes:
                columns[f"code{number}"] = "string"
            columns[f"probability{number}"] = "double"
        if self.coverage is not None:
            columns["candidates"] = "string"
        if self.distribution:
            columns |= {f"p_{label}": "double" for label in labels}
        columns["reason"] = "string"
        return {self.prefix + name: kind for name, kind in columns.items()}


def is_whole(value: Any, least: int) -> bool:
    """Whether a value is a whole number, numpy's too, from `least` on."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least
