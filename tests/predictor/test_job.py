"""The command line as one frozen job, and the differences of jobs that --resume notices."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import LETTERS, CommandLine, random_model

from names_predictor.artifact.store import Artifact, write_artifact
from names_predictor.cli.job import ExplainJob, LabelsJob, PredictJob
from names_predictor.cli.parser import parse, parser
from names_predictor.errors import NamesError
from names_predictor.fingerprint import NO_EFFECT, fingerprint
from names_predictor.formats.base import InputOptions
from names_predictor.formats.parallel import in_order
from names_trainer.onnx_graph.encoder import to_onnx

CHANGES_ROWS = {
    "labels": ["--labels", "one,two"],
    "top_k": ["--top-k", "2"],
    "min_probability": ["--min-probability", "0.5"],
    "coverage": ["--coverage", "0.9"],
    "distribution": ["--distribution"],
    "codes": ["--codes"],
    "columns": ["--column", "name"],
    "delimiter": ["--delimiter", "|"],
    "header": ["--no-header"],
    "sheet": ["--sheet", "people"],
    "null_values": ["--null-value", "NULL"],
    "encoding": ["--encoding", "latin-1"],
    "errors": ["--errors", "flag"],
    "prefix": ["--prefix", "x_"],
    "spreadsheet_safe": ["--spreadsheet-safe"],
    "hash_names": ["--hash-names"],
}
CHANGES_NO_ROW = {
    "threads": ["--threads", "2"],
    "verbose": ["--verbose"],
    "output": ["--output", "out.tsv"],
    "resume": ["--output", "out.tsv", "--resume"],
}
BY_CONTENT = {
    "paths": ["names.txt"],
    "folder": ["--artifacts", "folder"],
    "prior": ["--prior", "prior.txt"],
    "input_format": ["--input-format", "csv"],
    "format": ["--format", "csv"],
}
"""Options with a name; their contents are compared in addition to the job's options."""

OTHER_JOBS = {"explain", "list_labels", "engine", "help", "version"}


def test_every_option_is_known_to_change_rows_or_not() -> None:
    known = CHANGES_ROWS.keys() | CHANGES_NO_ROW.keys() | BY_CONTENT.keys() | OTHER_JOBS
    assert {option.dest for option in parser()._actions} == known


@pytest.mark.parametrize("arguments", CHANGES_ROWS.values())
def test_an_option_that_changes_rows_makes_another_job(arguments: list[str]) -> None:
    assert fingerprint(parse(arguments)) != fingerprint(parse([]))


@pytest.mark.parametrize("arguments", [*CHANGES_NO_ROW.values(), *BY_CONTENT.values()])
def test_other_options_leave_a_job_the_same(arguments: list[str]) -> None:
    assert parse(arguments) != parse([])
    assert fingerprint(parse(arguments)) == fingerprint(parse([]))


def test_a_new_field_is_compared_unless_it_is_marked() -> None:
    @dataclass(frozen=True)
    class LaterInput(InputOptions):
        new: str = ""

    @dataclass(frozen=True)
    class LaterJob(PredictJob):
        newer: tuple[str, ...] = ()
        unrelated: int = field(default=0, metadata=NO_EFFECT)

    jobs = [
        LaterJob(input=LaterInput()),
        LaterJob(input=LaterInput(new="a")),
        LaterJob(input=LaterInput(), newer=("a",)),
    ]
    assert len({str(fingerprint(job)) for job in jobs}) == 3
    assert fingerprint(LaterJob(unrelated=1)) == fingerprint(LaterJob())


def test_null_values_have_no_order() -> None:
    one, other = ["--null-value", "NULL"], ["--null-value", "none"]
    assert fingerprint(parse([*one, *other])) == fingerprint(parse([*other, *one]))


def test_a_line_is_one_of_three_jobs() -> None:
    job = parse(["names.txt"])
    assert isinstance(job, PredictJob)
    assert job.engine == "local"
    assert hash(parse(["names.txt"])) == hash(parse(["names.txt"]))  # frozen through and through
    assert isinstance(parse(["--explain", ""]), ExplainJob)
    assert isinstance(parse(["--list-labels"]), LabelsJob)
    ray = ["--engine", "ray", "people/", "--column", "name", "--output", "labelled"]
    on_cluster = parse(ray)
    assert isinstance(on_cluster, PredictJob)
    assert on_cluster.engine == "ray"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--explain", "abc", "names.txt"], "--explain: takes no files"),
        (["--explain", "abc", "--null-value", "x"], "--explain: does not go with --null-value"),
        (["--list-labels", "--prior", "x"], "--list-labels: does not go with --prior"),
        (["--explain", "abc", "--no-header"], "--explain: does not go with --no-header"),
        (["--list-labels", "--sheet", "x", "--top-k", "2"], "does not go with --top-k"),
        (["--explain", "abc", "--list-labels"], "--explain: does not go with --list-labels"),
        (["--encoding", "none"], "--encoding"),
        (["--resume"], "--resume: needs --output"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(NamesError, match=message):
        parse(arguments)


def test_an_option_with_its_default_goes_with_any_other() -> None:
    defaults = ["--top-k", "1", "--engine", "local", "--errors", "strict", "--output", "-"]
    assert isinstance(parse(["--explain", "abc", *defaults]), ExplainJob)


@pytest.fixture
def cut_off(
    artifact_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names_predict: CommandLine,
) -> list[str]:
    """The arguments of a job that stopped at a broken second file, its first rows done."""
    monkeypatch.chdir(tmp_path)
    Path("one.txt").write_text("abc\n")
    Path("two.txt").write_bytes(b"\xff\n")
    arguments = ["one.txt", "two.txt", "--artifacts", str(artifact_folder), "--output", "out.tsv"]
    assert "the 1 rows before are in out.tsv.part" in names_predict(*arguments).err
    return [*arguments, "--resume"]


@pytest.mark.parametrize(
    "more",
    [
        ["--top-k", 2],
        ["--errors", "flag"],
        ["--encoding", "ascii"],
        ["--input-format", "csv"],
    ],
)
def test_a_job_of_other_options_is_not_resumed(
    names_predict: CommandLine, cut_off: list[str], more: list[object]
) -> None:
    result = names_predict(*cut_off, *more)
    assert (result.code, "written by a job with another input, model or options" in result.err) == (
        2,
        True,
    )


def test_a_job_of_another_format_is_not_resumed(
    names_predict: CommandLine, cut_off: list[str]
) -> None:
    cut_off[cut_off.index("out.tsv")] = "out"
    assert "the 1 rows before are in out.part" in names_predict(*cut_off, "--format", "csv").err
    result = names_predict(*cut_off, "--format", "jsonl")
    assert (result.code, "written by a job with another input" in result.err) == (2, True)


def test_a_job_of_another_version_is_not_resumed(
    names_predict: CommandLine, cut_off: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("names_predictor.cli.rows.__version__", "0.0.0")
    result = names_predict(*cut_off)
    assert (result.code, "written by a job with another input" in result.err) == (2, True)


def test_a_job_labels_with_the_given_number_of_threads(
    names_predict: CommandLine,
    artifact_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = []

    def noted(work: Any, items: Any, threads: int) -> Any:
        given.append(threads)
        return in_order(work, items, threads)

    monkeypatch.setattr("names_predictor.cli.rows.in_order", noted)
    (tmp_path / "x.txt").write_text("abc\n")
    path = tmp_path / "x.txt"
    assert names_predict(path, "--threads", 3, "--artifacts", artifact_folder).code == 0
    assert given == [3]


def write_later(path: str, content: str, seconds: int) -> None:
    state = Path(path).stat()
    Path(path).write_text(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + seconds * 10**9))


@pytest.mark.parametrize(("content", "seconds"), [("xyz\n", 1), ("abcd\n", 0)])
def test_a_job_is_not_resumed_after_its_input_has_changed(
    names_predict: CommandLine, cut_off: list[str], content: str, seconds: int
) -> None:
    write_later("one.txt", content, seconds)
    result = names_predict(*cut_off)
    assert (result.code, "written by a job with another input" in result.err) == (2, True)


def test_a_job_of_another_model_or_prior_is_not_resumed(
    names_predict: CommandLine, cut_off: list[str]
) -> None:
    model, vocab = random_model(LETTERS, 5, seed=1)
    write_artifact(Path("other"), Artifact(to_onnx(model, vocab), vocab))
    Path("prior.csv").write_text("label 1,1\n")
    for more in (["--artifacts", "other"], ["--prior", "prior.csv"]):
        result = names_predict(*cut_off, *more)
        assert (result.code, "written by a job with another input" in result.err) == (2, True)


def test_a_job_of_another_salt_is_not_resumed(
    names_predict: CommandLine, cut_off: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    *arguments, _ = cut_off
    hashed = [*arguments, "--hash-names"]
    monkeypatch.setenv("NAMES_SALT", "one")
    assert "the 1 rows before" in names_predict(*hashed).err
    monkeypatch.setenv("NAMES_SALT", "other")
    assert "written by a job with another input" in names_predict(*hashed, "--resume").err
    monkeypatch.setenv("NAMES_SALT", "one")
    assert "byte 0xff" in names_predict(*hashed, "--resume").err


@pytest.mark.parametrize("more", [[], ["--threads", 1], ["--verbose"]])
def test_the_same_job_is_resumed(
    names_predict: CommandLine, cut_off: list[str], more: list[object]
) -> None:
    assert "byte 0xff" in names_predict(*cut_off, *more).err
