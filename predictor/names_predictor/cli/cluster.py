"""`names-predict --engine ray`: which options it takes, and what it does."""

import argparse
import sys

from names_predictor.errors import NamesError


def predict_on_cluster(options: argparse.Namespace, prior: dict[str, float] | None) -> None:
    """Label Parquet files on a Ray cluster as the options say."""
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
    if len(options.files) != 1 or len(options.column or []) != 1 or not options.output:
        raise NamesError(
            "--engine ray: give one pattern in quotes, such as 'people/*.parquet', or a folder; "
            "one --column; and --output with a folder"
        )
    from names_predictor.artifact.store import chosen_folder
    from names_predictor.engines.labeller import NameLabeller
    from names_predictor.engines.ray import predict_with_ray

    labeller = NameLabeller(
        options.artifacts or chosen_folder(), options.column[0], options.top_k,
        options.min_probability, options.coverage, prior, options.prefix,
        options.distribution, options.null_value or (), options.labels,
    )  # fmt: skip
    done = predict_with_ray(options.files[0], options.output, labeller)
    sys.stderr.write(f"{done.files:,} files, {done.rows:,} rows, {done.seconds:.1f} s\n")
