"""The jobs of `names-predict`, with the defaults of its options."""

from dataclasses import dataclass, field
from pathlib import Path

from names_predictor.fingerprint import NO_EFFECT
from names_predictor.formats.base import InputOptions
from names_predictor.inference.options import PredictOptions


@dataclass(frozen=True)
class ModelOptions:
    """The model and the population.

    The paths of the folder and of the prior do not identify a job; their contents do (see
    `job_fingerprint`).
    """

    folder: Path | None = field(default=None, metadata=NO_EFFECT)
    labels: tuple[str, ...] | None = None
    prior: Path | None = field(default=None, metadata=NO_EFFECT)
    threads: int = field(default=0, metadata=NO_EFFECT)


@dataclass(frozen=True)
class PredictJob:
    """Label the rows of files and folders.

    Formats default to those of the file endings; paths and formats are compared after they are
    resolved.
    """

    paths: tuple[str, ...] = field(default=("-",), metadata=NO_EFFECT)
    model: ModelOptions = field(default_factory=ModelOptions)
    input: InputOptions = field(default_factory=InputOptions)
    options: PredictOptions = field(default_factory=PredictOptions)
    input_format: str | None = field(default=None, metadata=NO_EFFECT)
    format: str | None = field(default=None, metadata=NO_EFFECT)
    output: str | None = field(default=None, metadata=NO_EFFECT)
    resume: bool = field(default=False, metadata=NO_EFFECT)
    spreadsheet_safe: bool = False
    hash_names: bool = False


@dataclass(frozen=True)
class ExplainJob:
    """Explain the label of one name."""

    name: str
    model: ModelOptions


@dataclass(frozen=True)
class LabelsJob:
    """List the labels of a model, and their `codes` if requested."""

    model: ModelOptions
    codes: bool = False


@dataclass(frozen=True)
class ClusterJob:
    """Label the Parquet files of a pattern on a Ray cluster, into a folder."""

    pattern: str
    output: str
    column: str
    model: ModelOptions
    options: PredictOptions
    null_values: frozenset[str] = frozenset()


Job = PredictJob | ExplainJob | LabelsJob | ClusterJob
