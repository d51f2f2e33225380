"""From options to a job: what goes with what, and what is left out where nothing is given."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from names_predictor.cli.job import (
    ClusterJob,
    ExplainJob,
    Job,
    LabelsJob,
    ModelOptions,
    PredictJob,
)
from names_predictor.errors import NamesError
from names_predictor.formats.base import InputOptions
from names_predictor.formats.decoding import check_encoding
from names_predictor.inference.options import PredictOptions


@dataclass(frozen=True)
class Options:
    """The command line, parsed: a field an option, under its name, with its default."""

    files: tuple[str, ...] = ()
    artifacts: Path | None = None
    list_labels: bool = False
    labels: tuple[str, ...] | None = None
    prior: Path | None = None
    threads: int = 0
    top_k: int = 1
    min_probability: float = 0.0
    coverage: float | None = None
    distribution: bool = False
    codes: bool = False
    explain: str | None = None
    column: tuple[str, ...] = ()
    input_format: str | None = None
    delimiter: str | None = None
    no_header: bool = False
    sheet: str = ""
    null_value: tuple[str, ...] = ()
    encoding: str = "utf-8"
    errors: str = "strict"
    verbose: bool = False
    output: str | None = None
    format: str | None = None
    prefix: str = ""
    resume: bool = False
    spreadsheet_safe: bool = False
    hash_names: bool = False
    engine: str = "local"


def job_of(given: Mapping[str, Any]) -> Job:
    """Return the job of the options that are given, by their names; the others have defaults.

    Raises:
        NamesError: Options do not go with one another, or one has an impossible value.

    """
    values: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in given.items()
    }
    options = Options(**values)
    model = _model(options)
    if options.explain is not None:
        _check_alone("--explain", options, Options(
            explain=options.explain, artifacts=model.folder, labels=model.labels,
            prior=model.prior, threads=model.threads, verbose=options.verbose,
        ))  # fmt: skip
        return ExplainJob(options.explain, model)
    if options.list_labels:
        _check_alone("--list-labels", options, Options(
            list_labels=True, artifacts=model.folder, codes=options.codes,
            verbose=options.verbose,
        ))  # fmt: skip
        return LabelsJob(model, options.codes)
    check_encoding(options.encoding)
    return _cluster_job(options, model) if options.engine == "ray" else _predict_job(options, model)


def _check_alone(option: str, given: Options, alone: Options) -> None:
    """Raise `NamesError` for files, or where more is given than goes `alone` with an option."""
    if given.files:
        raise NamesError(f"{option}: takes no files: leave them out")
    for field in fields(Options):
        if getattr(given, field.name) != getattr(alone, field.name):
            other = field.name.replace("_", "-")
            raise NamesError(f"{option}: does not go with --{other}: leave it out")


def _model(options: Options) -> ModelOptions:
    return ModelOptions(options.artifacts, options.labels, options.prior, options.threads)


def _predicted(options: Options) -> PredictOptions:
    return PredictOptions(
        options.top_k, options.min_probability, options.coverage, options.distribution,
        options.prefix, options.codes,
    )  # fmt: skip


def _predict_job(options: Options, model: ModelOptions) -> PredictJob:
    if options.resume and not options.output:
        raise NamesError("--resume: only with --output, which holds what was done")
    return PredictJob(
        paths=options.files or ("-",),
        model=model,
        input=InputOptions(
            columns=options.column,
            encoding=options.encoding,
            errors=options.errors,
            verbose=options.verbose,
            header=not options.no_header,
            delimiter=options.delimiter or "",
            sheet=options.sheet,
            null_values=frozenset(text.strip() for text in options.null_value),
            is_list=options.input_format == "text",
        ),
        options=_predicted(options),
        input_format=options.input_format,
        format=options.format,
        output=options.output,
        resume=options.resume,
        spreadsheet_safe=options.spreadsheet_safe,
        hash_names=options.hash_names,
    )


def _cluster_job(options: Options, model: ModelOptions) -> ClusterJob:
    for given, option in (
        (options.hash_names, "--hash-names"),
        (options.spreadsheet_safe, "--spreadsheet-safe"),
        (options.resume, "--resume"),
        (options.delimiter, "--delimiter"),
        (options.no_header, "--no-header"),
        (options.sheet, "--sheet"),
    ):
        if given:
            raise NamesError(f"--engine ray: can't {option}: leave one of both out")
    if {options.format, options.input_format} - {None, "parquet"}:
        raise NamesError("--engine ray: reads and writes parquet: leave out the other format")
    if len(options.files) != 1 or len(options.column) != 1 or not options.output:
        raise NamesError(
            "--engine ray: give one pattern in quotes, such as 'people/*.parquet', or a folder; "
            "one --column; and --output with a folder"
        )
    return ClusterJob(
        options.files[0], options.output, options.column[0], model, _predicted(options),
        options.null_value,
    )  # fmt: skip
