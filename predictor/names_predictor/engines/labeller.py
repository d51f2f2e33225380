"""Label tables in a distributed engine: Ray Data, Spark or Dask.

    labeller = NameLabeller("artifacts", column="surname")
    ray.data.read_parquet("people/").map_batches(labeller)

Engines, pandas and pyarrow are imported only when their tables are labelled.
"""

import hashlib
import sys
from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from typing import Any, TypeVar, cast

import numpy as np

from names_predictor.artifact.store import artifact_folder, read_artifact
from names_predictor.errors import NamesError
from names_predictor.formats.arrow import column_at, has_field, with_columns
from names_predictor.inference.cells import VALUES, new_columns
from names_predictor.inference.labels import codes_of, copied_labels, label_ids
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.prior import copied_prior
from names_predictor.inference.sequences import listed, texts_of

Batch = TypeVar("Batch")

CHUNK_ROWS = 1 << 16
"""Rows that are labelled together, which bounds the memory."""

_predictors: dict[str, NamePredictor] = {}
"""The predictor of this process, since engines unpickle a labeller for every task."""


class NameLabeller:
    """A callable that adds the labels of names to a table.

    A table is a pandas DataFrame, a pyarrow Table or RecordBatch, or a dict of numpy arrays. The
    other columns, the order of the rows and the index are kept. A null is a blank name.

    The artifact is part of the pickled labeller, so workers need no copy of it. Each worker creates
    a session of one thread, since engines run one worker per core.
    """

    def __init__(
        self,
        artifacts: str | PathLike[str] | None,
        column: str,
        top_k: int = 1,
        min_probability: float = 0.0,
        coverage: float | None = None,
        prior: Mapping[str, float] | None = None,
        prefix: str = "",
        distribution: bool = False,
        null_values: Collection[str] = (),
        labels: Sequence[str] | None = None,
        codes: bool = False,
    ) -> None:
        """Read the artifact.

        Args:
            artifacts: Folder of the artifact, or an address `hf://owner/model@commit`; None for
                the folder in `NAMES_ARTIFACTS`, or the bundled model.
            column: Column of the names; `name.last` is a field of a struct.
            top_k: Number of labels per name.
            min_probability: Names with a lower probability get no label.
            coverage: Target coverage of the prediction sets; None for no sets.
            prior: Frequency of each label in the population, on any scale; None for that of the
                training names.
            prefix: Prefix of the new columns.
            distribution: Whether a column is added for the probability of each label.
            null_values: Names that are blank.
            labels: Labels to predict; None for all.
            codes: Whether a column is added for the ISO 639-3 code of each label.

        Raises:
            ArtifactError: The artifact is missing or damaged.
            NamesError: An option is invalid.

        """
        if not isinstance(column, str) or not column:
            raise NamesError(f"column can't be {column!r}: give the name of one")
        is_list = isinstance(null_values, Collection) and not isinstance(null_values, str)
        if not is_list or not all(isinstance(text, str) for text in null_values):
            raise NamesError(f"null_values can't be {null_values!r}: give a list of strings")
        self.column = column
        self._options = PredictOptions(
            top_k, min_probability, coverage, distribution, prefix, codes
        )
        self._artifact = read_artifact(artifact_folder(artifacts))
        self._null_values = frozenset(text.strip() for text in null_values)
        self._prior = copied_prior(prior)
        known = self._artifact.vocab.labels
        self._labels = tuple(known[i] for i in label_ids(copied_labels(labels), known))
        self._codes = codes_of(self._labels, self._artifact.vocab.codes) if codes else []
        options = repr((self._prior and sorted(map(repr, self._prior.items())), self._labels))
        self._digest = hashlib.sha256((self._artifact.digest + options).encode()).hexdigest()
        self._cells([])  # raises for an invalid prior here, not on the workers

    @property
    def columns(self) -> dict[str, str]:
        """The new columns in order, with the name of their type in Arrow, Spark and pandas."""
        return self._options.columns(self._labels)

    def __call__(self, batch: Batch) -> Batch:
        """Label a table.

        Args:
            batch: A pandas DataFrame, a pyarrow Table or RecordBatch, or a dict of numpy arrays.

        Returns:
            A table of the same type with the new columns after the others.

        Raises:
            NamesError: The column is missing or has values that are not text, or a new column is
                already there.

        """
        return cast(Batch, self._label(batch))

    def _label(self, batch: Any) -> Any:
        # Tables are recognised by their methods, because pandas or pyarrow may not be installed.
        if isinstance(batch, Mapping):
            self._check(list(batch))
            added = self._values(listed(batch[self.column]))
            kinds = {"string": np.object_, "double": np.float64}
            return dict(batch) | {n: np.array(added[n], kinds[k]) for n, k in self.columns.items()}
        if hasattr(batch, "append_column"):
            inside = [self.column] if has_field(batch.schema, self.column) else []
            self._check([*batch.schema.names, *inside])
            try:
                names = column_at(batch, self.column).to_pylist()
            except UnicodeDecodeError:  # pyarrow writes and reads such text without a check
                raise NamesError(
                    f"column {self.column!r}: holds bytes that are not UTF-8: write the file again"
                ) from None
            added = self._values(names)
            return with_columns(batch, added, self.columns)
        pandas = sys.modules.get("pandas")
        if pandas and isinstance(batch, pandas.DataFrame):
            self._check(list(batch.columns))
            added = self._values(batch[self.column].tolist())
            # With explicit types, since a batch without labels must have the same ones.
            return batch.assign(**{n: pandas.array(added[n], k) for n, k in self.columns.items()})
        kind, package = type(batch).__name__, type(batch).__module__.partition(".")[0]
        if package != "builtins":
            kind = f"{package}'s {kind}"
        raise NamesError(
            f"a batch of type {kind}: "
            "give a pandas DataFrame, a pyarrow Table or a dict of numpy arrays"
        )

    def _check(self, present: Sequence[str]) -> None:
        if present.count(self.column) != 1:
            others = f"is missing: choose one of {', '.join(map(str, present))}"
            problem = "occurs more than once: rename one" if self.column in present else others
            raise NamesError(f"column {self.column!r} {problem}")
        if taken := [name for name in self.columns if name in present]:
            raise NamesError(
                f"column {taken[0]!r} is there already: give a prefix for the new ones"
            )

    def _values(self, values: Sequence[Any]) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {name: [] for name in self.columns}
        texts = texts_of(values, f"column {self.column!r}")
        for start in range(0, len(texts), CHUNK_ROWS):
            names = texts[start : start + CHUNK_ROWS]
            if self._null_values:
                names = ["" if name.strip() in self._null_values else name for name in names]
            # Each distinct name is labelled once.
            number_of = {name: number for number, name in enumerate(dict.fromkeys(names))}
            numbers = [number_of[name] for name in names]
            for column, cells in zip(columns.values(), self._cells(list(number_of)), strict=True):
                column.extend(map(cells.__getitem__, numbers))
        return columns

    def _cells(self, names: Sequence[str]) -> list[list[Any]]:
        predictor = _predictors.get(self._digest)
        if predictor is None:
            predictor = NamePredictor(self._artifact, self._prior, self._labels)
            _predictors.clear()  # the processes of an engine live long
            _predictors[self._digest] = predictor
        batch = predictor.predict_batch(names, self._options)
        columns, _ = new_columns(VALUES, batch, predictor.labels, self._codes)
        return columns
