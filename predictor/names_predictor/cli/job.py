"""The jobs of `names-predict`: what a command line asks for, each as one frozen value."""

from dataclasses import dataclass, field
from pathlib import Path

from names_predictor.fingerprint import NO_EFFECT
from names_predictor.formats.base import InputOptions
from names_predictor.inference.options import PredictOptions


@dataclass(frozen=True)
class ModelOptions:
    """Which model predicts, and for which population.

    The paths of the folder and of the prior do not identify a job; their contents do (see
    `job_fingerprint`).
    """

    folder: Path | None = field(default=None, metadata=NO_EFFECT)
    labels: tuple[str, ...] | None = None
    prior: Path | None = field(default=None, metadata=NO_EFFECT)
    threads: int = field(default=0, metadata=NO_EFFECT)


@dataclass(frozen=True)
class PredictJob:
    """Files whose rows are labelled, how they are read, and how and where they are written.

    `paths` may be folders. Formats default to those of the file endings; paths and formats are
    compared after they are resolved.
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
    """One name whose prediction is explained."""

    name: str
    model: ModelOptions


@dataclass(frozen=True)
class LabelsJob:
    """The list of a model's labels, with their `codes` if wanted."""

    model: ModelOptions
    codes: bool = False


@dataclass(frozen=True)
class ClusterJob:
    """Parquet files that fit a pattern, labelled on a Ray cluster into a folder."""

    pattern: str
    output: str
    column: str
    model: ModelOptions
    options: PredictOptions
    null_values: tuple[str, ...] = ()


Job = PredictJob | ExplainJob | LabelsJob | ClusterJob
