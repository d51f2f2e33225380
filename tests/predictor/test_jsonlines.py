"""JSON lines: a line stays as it is, and a bad one is reported with its number."""

import json
import os
import threading
from pathlib import Path

import pytest
from conftest import CommandLine, enter_workplace

from names_predictor.formats import decoding, json_text

workplace = pytest.fixture(autouse=True)(enter_workplace)


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
    assert last == '{"é": "\\u00e9", "name": "\\ud83d\\ude00", ' + answer + '"blank"}'


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_made_of_an_array_end_with_a_line_feed(names_predict: CommandLine, end: str) -> None:
    elements = end.join(['[{"name": "abc"},', '{"name": "abd"}', "]", ""])
    Path("people.json").write_text(elements, newline="")
    options = ("--column", "name", "--output", "out.jsonl")
    assert names_predict("people.json", *options).code == 0
    content = Path("out.jsonl").read_bytes()
    assert (content.count(b"\n"), content.count(b"\r")) == (2, 0)


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


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_lone_surrogate_is_written_as_a_question_mark(
    names_predict: CommandLine, format: str
) -> None:
    Path("people.jsonl").write_text('{"name": "=\\ud800"}\n')
    options = ("people.jsonl", "--column", "name", "--format", format, "--spreadsheet-safe")
    result = names_predict(*options)
    assert result.code == 0, result.err
    assert "'=?" in result.out


def test_a_row_that_is_a_text_is_copied_as_text(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text(' "\\ud800No\\u0077ak"\n"abc"\n')
    first, second = names_predict("people.jsonl", "--column", "name").out.splitlines()
    assert first.startswith(r'{"name": "\ud800No\u0077ak", ')
    assert second.startswith('{"name": "abc", ')


def test_a_percent_sign_in_a_prefix_stays(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text('{"name": ""}\n')
    result = names_predict("people.jsonl", "--column", "name", "--prefix", "%s_")
    new = {"%s_label": None, "%s_probability": None, "%s_reason": "blank"}
    assert json.loads(result.out) == {"name": ""} | new


def test_blank_lines_alone_make_a_table_of_blank_names(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text("\nnull\n")
    options = ("people.jsonl", "--column", "name", "--format", "csv")
    assert names_predict(*options).out == "name,label,probability,reason\n,,,blank\n,,,blank\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"name": "a"', "not a JSON object: give an object a line"),
        ("{", "an object over several lines: give each on one, as `jq -c .` writes it"),
        ('["a"]', "not a JSON object"),
        ("5", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        (
            '{"surname": "a"}',
            "no key 'name': add it, or flag such rows with --errors flag",
        ),
        ('{"name": 5}', "the value of 'name' is int, not text"),
        ('{"name": "a", "label": "b"}', "key 'label' is there already: choose a --prefix"),
    ],
)
def test_an_error_in_json_has_the_line_number(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 16)
    Path("people.ndjson").write_text(f'{{"name": "abc"}}\n\n{line}\n')
    result = names_predict("people.ndjson", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"people.ndjson:3: {message}" in result.err


def test_keys_of_later_objects_are_not_quoted(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text('{"name": "abc"}\n{"Jan Kowalski": 1}\n')
    result = names_predict("people.jsonl", "--column", "name")
    assert result.err == (
        "error: people.jsonl:2: no key 'name': add it, or flag such rows with --errors flag\n"
    )
    result = names_predict("people.jsonl", "--column", "name", "--verbose")
    assert "no key 'name' among Jan Kowalski: add it" in result.err


def test_two_columns_of_one_name_are_named(names_predict: CommandLine) -> None:
    Path("people.csv").write_text("id,x,name,x\n1,2,abc,3\n")
    for output, what in (("a.jsonl", "JSON"), ("a.parquet", "Parquet")):
        result = names_predict("people.csv", "--column", "name", "--output", output)
        assert f"two columns 'x', which {what} cannot have: rename one" in result.err


def test_flagged_json_lines(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_bytes(b'{"name": "a\xffb"}\n{"id": 1}\n{}\n')
    result = names_predict("people.jsonl", "--column", "name", "--errors", "flag")
    assert result.code == 0, result.err
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [row["reason"] for row in found] == ["undecodable", "blank", "blank"]
    assert list(found[1]) == ["id", "label", "probability", "reason"]


def test_a_flagged_line_that_is_no_object_comes_out_whole(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 4)
    Path("people.jsonl").write_text('5\n{"name": "a\n{"name": "abc"}\n')
    options = ("people.jsonl", "--column", "name", "--errors", "flag")
    found = [json.loads(line) for line in names_predict(*options).out.splitlines()]
    assert [row["reason"] for row in found] == ["malformed", "malformed", None]
    assert [row["line"] for row in found[:2]] == ["5", '{"name": "a']
    table = names_predict(*options, "--format", "csv").out.splitlines()
    assert [row.rpartition(",")[2] for row in table] == ["reason", "malformed", "malformed", ""]


def test_a_row_without_a_usable_name_keeps_its_values_in_a_table(
    names_predict: CommandLine,
) -> None:
    Path("x.jsonl").write_text('{"id": 7, "name": 5.5}\nno\n{"id": 8, "name": "abc"}\n')
    options = ("--column", "name", "--errors", "flag", "--format", "csv")
    rows = names_predict("x.jsonl", *options).out.splitlines()
    assert rows[:3] == ["id,name,label,probability,reason", "7,5.5,,,malformed", ",,,,malformed"]
    assert rows[3].startswith("8,abc,label ")


def test_a_malformed_row_is_hashed_whole(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text('{"name": "Kowalski", }\n["Kowalski"]\n')
    Path("people.csv").write_text("id,name\nKowalski\n1,Kowalski,Kowalski\n")
    for file in ("people.jsonl", "people.csv"):
        for format in ("jsonl", "csv", "text"):
            options = ("--column", "name", "--errors", "flag", "--hash-names", "--format", format)
            result = names_predict(file, *options)
            assert result.out.count("malformed") == 2, result.err
            assert "Kowalski" not in result.out


def test_json_of_a_pipe_loses_nothing(names_predict: CommandLine) -> None:
    os.mkfifo("people.json")
    for content, code, out in (
        ('[{"name": "abc"}]', 0, '[\n{"name": "abc", '),
        ('{"name": "abc"}\n', 2, ""),
    ):
        writer = threading.Thread(target=Path("people.json").write_text, args=[content])
        writer.start()
        result = names_predict("people.json", "--column", "name")
        writer.join()
        assert result.code == code, result.err
        assert result.out.startswith(out)
        assert ("is it --input-format jsonl?" in result.err) == (code == 2)


def test_an_array_comes_out_as_an_array(names_predict: CommandLine) -> None:
    Path("x.json").write_text('\ufeff [ {"n": 1.10,\n "name": "abc"},\n\n{"name": null} ]\n')
    result = names_predict("x.json", "--column", "name")
    assert result.code == 0, result.err
    assert result.out.startswith('[\n{"n": 1.10, "name": "abc", "label": "label ')
    assert [row["reason"] for row in json.loads(result.out)] == [None, "blank"]
    Path("x.json").write_text("[]")
    assert names_predict("x.json", "--column", "name").out == "[]\n"


def test_a_json_file_of_lines_comes_out_as_lines(names_predict: CommandLine) -> None:
    Path("x.json").write_text('{"surname":"abc"}\n{"surname":"abd"}\n')
    found = [json.loads(line) for line in names_predict("x.json").out.splitlines()]
    assert [list(row) for row in found] == [["surname", "label", "probability", "reason"]] * 2


@pytest.mark.parametrize("content", ['["abc", "abd"]', '"abc"\n"abd"\n'])
def test_texts_are_names(names_predict: CommandLine, content: str) -> None:
    Path("x.json").write_text(content)
    found = names_predict("x.json", "--format", "csv").out.splitlines()
    assert [row.split(",")[0] for row in found] == ["name", "abc", "abd"]


@pytest.mark.parametrize("block", [1, 2, 7, 1000])
def test_an_array_is_read_in_pieces(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", block)
    monkeypatch.setattr(json_text, "BLOCK_ELEMENTS", 2)
    rows = [{"name": name, "x": [{"]": "[,"}, -1.5e3]} for name in ("abc", "a\\\"'é", "abd", "")]
    Path("x.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    result = names_predict("x.json", "--column", "name")
    assert result.code == 0, result.err
    assert [{k: row[k] for k in ("name", "x")} for row in json.loads(result.out)] == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"name": "abc"}', "x.json: element 1: not JSON, or cut off"),
        ('[{"name": "abc"}, {"name": ', "x.json: element 2: not JSON, or cut off"),
        ('[{"name": "abc"} {"name": "abd"}]', "x.json: element 1: no comma after it"),
        ('[{"name": "abc"}] x', "x.json: element 2: not JSON, or cut off"),
        ("[5]", "x.json: element 1: not a JSON object"),
        ('{"people": [\n{"name": "abc"}]}', "x.json:1: not a JSON object"),
        ('[{"a": "abc", "b": 1}]', "x.json: element 1: JSON objects of 2 columns (a, b)"),
    ],
)
def test_a_bad_array_is_one_line(names_predict: CommandLine, content: str, message: str) -> None:
    Path("x.json").write_text(content)
    result = names_predict("x.json")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def test_a_late_key_of_an_array_is_reported_with_its_element(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_text, "BLOCK_ELEMENTS", 2)
    rows = [{"name": "abc"}, {"name": "abd"}, {"name": "abe"}, {"name": "abf", "new": 1}]
    Path("x.json").write_text(json.dumps(rows))
    result = names_predict("x.json", "--column", "name", "--format", "csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "x.json: element 4: a key that none of the first rows has" in result.err


def test_fields_within_fields(names_predict: CommandLine) -> None:
    Path("x.jsonl").write_text(
        '{"id": 1, "name": {"first": "ab", "last": "c"}}\n'
        '{"name": {"first": "ab", "last": "c", "x": "=y"}, "name.last": "abd"}\n'
    )
    options = ("x.jsonl", "--column", "name.first", "--column", "name.last")
    result = names_predict(*options)
    assert result.code == 0, result.err
    Path("x.txt").write_text("ab c\nab abd\n")
    expected = [row.split("\t")[1] for row in names_predict("x.txt").out.splitlines()]
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [row["label"] for row in found] == expected
    hashed = names_predict(*options, "--hash-names").out
    assert '"c"' not in hashed
    assert '"ab"' not in hashed
    assert len(json.loads(hashed.splitlines()[0])["name"]["last"]) == 64
    for format in ("csv", "json", "xlsx", "parquet"):
        target = Path(f"out.{format}")
        Path("y.jsonl").write_text('{"id": 1, "name": {"last": "secret"}}\n')
        options = ("y.jsonl", "--column", "name.last", "--hash-names", "--output", target)
        assert names_predict(*options).code == 0
        assert b"secret" not in target.read_bytes()
    Path("x.jsonl").write_text('{"name": {"first": "ab"}}\n')
    result = names_predict("x.jsonl", "--column", "name.last")
    assert (result.code, "x.jsonl:1: no key 'name.last' among name" in result.err) == (2, True)


@pytest.mark.parametrize("name", ['"Kowalski"', '["Kowalski"]', '{"last": ["Kowalski"]}'])
def test_a_name_in_the_place_of_an_object_is_malformed(
    names_predict: CommandLine, name: str
) -> None:
    Path("x.jsonl").write_text(f'{{"name": {{"last": "abc"}}}}\n{{"name": {name}}}\n')
    options = ("x.jsonl", "--column", "name.last", "--format")
    for format in ("jsonl", "csv"):
        hashed = names_predict(*options, format, "--errors", "flag", "--hash-names").out
        assert ("malformed" in hashed, "Kowalski" in hashed) == (True, False)
    result = names_predict(*options, "csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith("error: x.jsonl:2: the value of 'name")


def test_objects_next_to_a_hashed_field_may_be_deep(names_predict: CommandLine) -> None:
    deep = '{"a": ' * 600 + "1" + "}" * 600
    Path("x.jsonl").write_text(f'{{"name": {{"last": "abc", "deep": {deep}}}}}\n')
    for format in ("jsonl", "csv"):
        options = ("--column", "name.last", "--hash-names", "--format", format)
        result = names_predict("x.jsonl", *options)
        assert result.code == 0, result.err
        assert '"abc"' not in result.out  # which the hash itself can contain without quotes
        assert result.out.count("a") >= 600


def test_a_key_with_text_is_proposed(names_predict: CommandLine) -> None:
    Path("people.jsonl").write_text('{"id": 1, "tags": [], "who": "abc"}\n')
    result = names_predict("people.jsonl")
    assert "JSON objects of 3 columns (who, id, tags): give the column" in result.err
    assert result.err.endswith("such as --column who\n")


def test_values_next_to_a_nested_name_stay(names_predict: CommandLine) -> None:
    Path("x.jsonl").write_text('{"name": {"last": "=abc", "x": "=y"}}\n')
    out = names_predict("x.jsonl", "--column", "name.last", "--spreadsheet-safe").out
    assert out.startswith('{"name": {"last": "\'=abc", "x": "=y"}, ')


def test_lines_keep_their_ends(names_predict: CommandLine) -> None:
    Path("x.jsonl").write_bytes(b'{"name": "abc"}\r\n{"name": "abd"}\r\n')
    assert names_predict("x.jsonl", "--column", "name", "--output", "out.jsonl").code == 0
    content = Path("out.jsonl").read_bytes()
    assert (content.count(b"\r\n"), content.count(b"\n")) == (2, 2)
