"""The options of predictions and their columns; numpy is imported lazily."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from names_predictor.errors import NamesError


@dataclass(frozen=True)
class PredictOptions:
    """The options of predictions, which are validated.

    Attributes:
        top_k: Number of labels per name.
        min_probability: Names with a lower probability get no label; from 0 to 1.
        coverage: Target coverage of the prediction sets, between 0 and 1; None for no sets.
        distribution: Whether a column is added for the probability of each label.
        prefix: Prefix of the new columns.
        codes: Whether a column is added for the ISO 639-3 code of each label.

    Raises:
        NamesError: A value is invalid.

    """

    top_k: int = 1
    min_probability: float = 0.0
    coverage: float | None = None
    distribution: bool = False
    prefix: str = ""
    codes: bool = False

    def __post_init__(self) -> None:
        """Raise `NamesError` for an invalid value."""
        is_whole = isinstance(self.top_k, Integral) and not isinstance(self.top_k, bool)
        if not (is_whole and self.top_k >= 1):
            raise NamesError(f"top_k can't be {self.top_k!r}: give a whole number from 1")
        lowest = self.min_probability
        if not (isinstance(lowest, Real) and not isinstance(lowest, bool) and 0 <= lowest <= 1):
            raise NamesError(f"min_probability can't be {lowest!r}: give one from 0 to 1")
        if self.coverage is not None:
            from names_predictor.conformal import check_coverage  # imports numpy

            check_coverage(self.coverage)
        if not isinstance(self.prefix, str):
            raise NamesError(f"prefix can't be {self.prefix!r}: give a text")

    def columns(self, labels: Sequence[str]) -> dict[str, str]:
        """Return the new columns in order, with the name of their type in Arrow, Spark and pandas.

        The cells of `candidates` are labels separated by `|`.
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
