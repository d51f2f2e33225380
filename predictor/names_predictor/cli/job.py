"""The jobs of `names-predict`, the defaults of its options, and the job of a command line."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from names_predictor.errors import NamesError
from names_predictor.fingerprint import NO_EFFECT
from names_predictor.formats.base import InputOptions
from names_predictor.formats.decoding import check_encoding
from names_predictor.inference.options import PredictOptions

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Made = TypeVar("Made", bound="DataclassInstance")
Given = Mapping[str, Any]


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
    """Label the rows of files and folders, or with the engine ray those of Parquet files.

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
    engine: Literal["local", "ray"] = field(default="local", metadata=NO_EFFECT)
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


Job = PredictJob | ExplainJob | LabelsJob

DEFAULTS = {
    of_job.name: of_job.default
    for made in (ModelOptions, InputOptions, PredictOptions, PredictJob)
    for of_job in fields(made)
}


def job_of(given: Given, option_of: Mapping[str, str]) -> Job:
    """Return the job of a command line.

    Args:
        given: Values of the given options, by the field of the job that they set.
        option_of: The option of each field; of several conflicts, the first is reported.

    Raises:
        NamesError: Options contradict each other, or one is invalid.

    """
    values = dict(given)
    for name in values.keys() & {"paths", "columns"}:
        values[name] = tuple(values[name])
    if "null_values" in values:
        values["null_values"] = frozenset(map(str.strip, values["null_values"]))
    changed = {
        name: option
        for name, option in option_of.items()
        if name in values and values[name] != DEFAULTS.get(name)
    }
    model = _made(ModelOptions, values)
    if "explain" in values:
        _check_alone("explain", "folder labels prior threads verbose", values, changed)
        return ExplainJob(values["explain"], model)
    if "list_labels" in values:
        _check_alone("list_labels", "folder codes verbose", values, changed)
        return LabelsJob(model, "codes" in values)
    if values.get("prior") == Path("-") and "-" in values.get("paths", DEFAULTS["paths"]):
        raise NamesError("--prior -: standard input has the names: name a file")
    if repeated := [c for c, n in Counter(values.get("columns", ())).items() if n > 1]:
        raise NamesError(f"--column {repeated[0]!r}: given twice: leave one out")
    check_encoding(values.get("encoding", "utf-8"))
    if "engine" in changed:
        _check_cluster(values, changed)
    if "resume" in values and not values.get("output"):
        raise NamesError("--resume: needs --output, the file to continue")
    return _made(
        PredictJob,
        values,
        model=model,
        input=_made(InputOptions, values, is_list=values.get("input_format") == "text"),
        options=_made(PredictOptions, values),
    )


def _made(kind: type[Made], values: Given, **others: Any) -> Made:
    """Return a dataclass with the values of its fields, the other ones given, and defaults."""
    return kind(**{f.name: values[f.name] for f in fields(kind) if f.name in values}, **others)


def _check_alone(option: str, allowed: str, values: Given, changed: Mapping[str, str]) -> None:
    """Raise `NamesError` for files, and for options other than `allowed` ones."""
    if paths := values.get("paths"):
        if option == "explain" and all(map(str.isalpha, paths)):
            import shlex

            name = shlex.quote(" ".join([values[option], *paths]))
            raise NamesError(f"{changed[option]}: takes one name: put it in quotes: {name}")
        raise NamesError(f"{changed[option]}: takes no files: leave them out")
    for name, other in changed.items():
        if name not in (option, *allowed.split()):
            raise NamesError(f"{changed[option]}: does not go with {other}: leave it out")


def _check_cluster(values: Given, changed: Mapping[str, str]) -> None:
    """Raise `NamesError` for what the engine ray cannot do."""
    for name in (
        *("hash_names", "spreadsheet_safe", "resume", "delimiter", "header", "sheet"),
        *("encoding", "errors", "threads", "verbose"),
    ):
        if name in changed:
            raise NamesError(f"--engine ray: does not support {changed[name]}: leave one out")
    if {values.get("format"), values.get("input_format")} - {None, "parquet"}:
        raise NamesError("--engine ray: reads and writes parquet: leave out the other format")
    paths, columns = values.get("paths", ()), values.get("columns", ())
    if len(paths) != 1 or len(columns) != 1 or not values.get("output"):
        raise NamesError(
            "--engine ray: give one pattern in quotes, such as 'people/*.parquet', or a folder; "
            "one --column; and --output with a folder"
        )
