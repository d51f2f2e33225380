"""The command `names-predict`."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from names_predictor.cli import standard_output
from names_predictor.cli.interrupts import stop_once
from names_predictor.cli.parser import parse
from names_predictor.errors import NamesError, has_style, visible

if TYPE_CHECKING:
    from names_predictor.cli.job import Job, PredictJob


def run(job: "Job") -> None:
    """Run a job: label files, explain one name, or list the labels."""
    # Imported late, since --help does not need onnxruntime.
    from names_predictor.cli.job import ExplainJob, LabelsJob, PredictJob

    prior = None
    if job.model.prior:  # read once: it may be a pipe
        from names_predictor.formats.prior_file import read_prior

        prior = read_prior(job.model.prior)
    if isinstance(job, PredictJob) and job.engine == "ray":
        _label_on_cluster(job, prior)
        return
    if sys.stdout is None and not (isinstance(job, PredictJob) and job.output):
        raise NamesError("standard output: is closed: name a file with --output")
    if isinstance(job, PredictJob):
        _check_files(job.paths)
    from names_predictor.artifact.store import RELEASED
    from names_predictor.cli import rows, streams
    from names_predictor.cli.model import model_folder
    from names_predictor.inference.labels import codes_of
    from names_predictor.inference.predictor import NamePredictor

    salt = rows.salt_of(job) if isinstance(job, PredictJob) else None
    folder = model_folder(job.model.folder)
    predictor = NamePredictor.load(folder, prior, job.model.labels)
    place = predictor.artifact.source or f"the model in {folder}"
    name = "the bundled model" if folder == RELEASED else place
    model = f"{name} ({len(predictor.labels)} labels)"
    match job:
        case LabelsJob():
            lines = list(predictor.labels)
            if job.codes:
                codes = codes_of(predictor.labels, predictor.vocab.codes)
                lines = [f"{label}\t{code}" for label, code in zip(lines, codes, strict=True)]
            standard_output.write([f"{line}\n".encode() for line in lines])
        case ExplainJob():
            explanation = streams.drawn_explanation(predictor, job.name)
            streams.print_note(model)
            standard_output.write([explanation])
        case PredictJob():
            streams.run(rows.prepared_job(job, predictor, prior, salt), model)


def _label_on_cluster(job: "PredictJob", prior: Mapping[str, float] | None) -> None:
    """Label Parquet files on a Ray cluster and print their number."""
    from names_predictor.cli.model import model_folder
    from names_predictor.engines.labeller import NameLabeller
    from names_predictor.engines.ray import predict_with_ray

    labeller = NameLabeller(
        model_folder(job.model.folder),
        job.input.columns[0],
        prior=prior,
        null_values=job.input.null_values,
        labels=job.model.labels,
        **vars(job.options),
    )
    done = predict_with_ray(job.paths[0], str(job.output), labeller)
    sys.stderr.write(f"{done.files:,} files, {done.rows:,} rows, {done.seconds:.1f} s\n")


def _check_files(files: Sequence[str]) -> None:
    """Raise `NamesError` for missing files, with a hint at what may be meant."""
    missing = [path for path in files if path != "-" and not os.path.lexists(path)]
    if not missing:
        return
    if not missing[0] or "://" in missing[0]:
        raise NamesError(f"{missing[0]!r}: not a path of this machine: name a file")
    if all(part.isalpha() for path in files for part in path.replace("-", " ").split()):
        import shlex

        name = " ".join(files)
        raise NamesError(
            f"{name}: no such file: to label one name, names-predict --explain {shlex.quote(name)}"
        )
    from difflib import get_close_matches

    path = Path(missing[0])
    try:
        there = [entry.name for entry in path.parent.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        there = []
    except OSError as problem:
        raise NamesError(f"{path}: cannot be read: {problem.strerror}") from None
    close = get_close_matches(path.name, there, 1, cutoff=0.75)
    hint = f"did you mean {path.with_name(close[0])}?" if close else "check the path"
    raise NamesError(f"{path}: no such file: {hint}")


def _can_resume(job: "Job | None") -> bool:
    """Whether --resume can continue the --output of an interrupted job."""
    from names_predictor.cli.job import PredictJob
    from names_predictor.formats.output import companions

    if not isinstance(job, PredictJob) or not job.output or "-" in job.paths:
        return False
    if job.hash_names and "NAMES_SALT" not in os.environ:
        return False
    part, journal = companions(Path(job.output).resolve())
    return part.exists() and journal.exists()


def _fill_closed_streams() -> None:
    """Open the null device for each closed standard stream, such as by `2>&-`.

    Otherwise the next opened file gets the number of the stream, and the text that is printed.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, that of the stream
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", errors="backslashreplace")


def main() -> None:
    """Run the command line; user errors are one line and exit code 2."""
    _fill_closed_streams()
    is_stopped = stop_once()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    job: Job | None = None
    try:
        job = parse()
        run(job)
    except (Exception, KeyboardInterrupt) as problem:
        if is_stopped() or isinstance(problem, KeyboardInterrupt):
            _stop(job)
        if isinstance(problem, MemoryError):
            _print_error("not enough memory: give it more, or --threads 1")
        elif isinstance(problem, NamesError):
            _print_error(str(problem))
        else:
            raise
        sys.exit(2)


def command() -> NoReturn:
    """Run the command line and end the process.

    Memory is not freed at the end, and seldom searched for cyclic garbage, of which imports make
    little. Each would add a tenth to the time of one name.
    """
    gc.set_threshold(100_000)
    with suppress(KeyboardInterrupt):  # once all is written there is nothing to stop
        main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(0)


def _stop(job: "Job | None") -> NoReturn:
    """End the process after Ctrl-C, with exit code 130."""
    how = "; continue with --resume" if _can_resume(job) else ""
    sys.stderr.write(f"stopped{how}\n")
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(130)  # without waiting for blocks that are discarded
    sys.exit(130)


def _print_error(message: str) -> None:
    colour = sys.stderr.isatty() and has_style()
    red, plain = ("\033[31m", "\033[0m") if colour else ("", "")
    sys.stderr.write(f"{red}error: {visible(message)}{plain}\n")
