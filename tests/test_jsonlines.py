"""JSON lines: a line stays as it is, and a bad one is told with its number."""

import json
from pathlib import Path

import pytest
from conftest import CommandLine


@pytest.fixture(autouse=True)
def workplace(artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("artifacts").symlink_to(artifact_folder)


def test_a_json_line_stays_as_it_is(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text(
        '{"id": 1e2,"n":0.10000000000000000001, "name": "abc" }\r\n'
        "\n"
        ' {"name": null, "x": {"y": [1, {}]}}\n'
        '{"é": "\\u00e9", "name": "\\ud83d\\ude00"}',
        encoding="utf-8",
    )
    result = names_predict("people.jsonl", "--column", "name")
    assert result.code == 0, result.err
    first, blank, null, last = result.out.splitlines()
    assert first.startswith('{"id": 1e2,"n":0.10000000000000000001, "name": "abc", "label": "lab')
    assert json.loads(first)["reason"] is None
    assert isinstance(json.loads(first)["probability"], float)
    answer = '"label": null, "probability": null, "reason": '
    assert blank == "{" + answer + '"blank"}'
    assert null == '{"name": null, "x": {"y": [1, {}]}, ' + answer + '"blank"}'
    assert last == '{"é": "\\u00e9", "name": "\\ud83d\\ude00", ' + answer + '"unknown-script"}'


def test_what_is_hashed_or_guarded_leaves_the_rest_of_a_line(names_predict: CommandLine) -> None:
    line = (
        ' { "id":12345678901234567890.10,"f" : 1e400, "name": "a\\u0062c", "x":[1, {}],"=n":"=1"}'
    )
    Path("people.jsonl").write_text(line + "\n{}\n")
    options = ("people.jsonl", "--column", "name", "--errors", "flag")
    hashed, _ = names_predict(*options, "--hash-names").out.splitlines()
    begun = '{"id": 12345678901234567890.10, "f": 1e400, "name": "'
    assert hashed.startswith(begun)
    assert '", "x": [1, {}], "=n": "=1", "label": "lab' in hashed
    assert len(json.loads(hashed)["name"]) == 64
    safe, empty = names_predict(*options, "--spreadsheet-safe").out.splitlines()
    assert safe.startswith(begun + 'abc", "x": [1, {}], "=n": "\'=1", "label": "lab')
    assert json.loads(empty)["reason"] == "blank"


def test_blank_lines_alone_make_a_table_of_blank_names(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text("\n\n")
    options = ("people.jsonl", "--column", "name", "--format", "csv")
    assert names_predict(*options).out == "name,label,probability,reason\n,,,blank\n,,,blank\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"name": "a"', "not a JSON object: correct it"),
        ('["a"]', "not a JSON object"),
        ("5", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        (
            '{"surname": "a"}',
            "no key 'name' among surname: add it, or flag such rows with --errors",
        ),
        ('{"name": 5}', "under 'name' stands int, not text"),
        ('{"name": "a", "label": "b"}', "key 'label' is there already: give a --prefix"),
    ],
)
def test_a_bad_json_line_is_told_with_its_number(
    names_predict: CommandLine, line: str, message: str
) -> None:
    Path("people.ndjson").write_text(f'{{"name": "abc"}}\n\n{line}\n')
    result = names_predict("people.ndjson", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"people.ndjson:3: {message}" in result.err


def test_flagged_json_lines(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_bytes(b'{"name": "a\xffb"}\n{"id": 1}\n{}\n')
    result = names_predict("people.jsonl", "--column", "name", "--errors", "flag")
    assert result.code == 0, result.err
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [row["reason"] for row in found] == ["undecodable", "blank", "blank"]
    assert list(found[1]) == ["id", "label", "probability", "reason"]


def test_a_flagged_line_that_is_no_object_comes_out_whole(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text('5\n{"name": "a\n{"name": "abc"}\n')
    options = ("people.jsonl", "--column", "name", "--errors", "flag")
    found = [json.loads(line) for line in names_predict(*options).out.splitlines()]
    assert [row["reason"] for row in found] == ["malformed", "malformed", None]
    assert [row["line"] for row in found[:2]] == ["5", '{"name": "a']
    table = names_predict(*options, "--format", "csv").out.splitlines()
    assert [row.rpartition(",")[2] for row in table] == ["reason", "malformed", "malformed", ""]
