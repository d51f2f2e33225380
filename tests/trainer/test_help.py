"""The help of `names`."""

import re

import pytest
from conftest import CommandLine, heavy_imports


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"]])
def test_help_does_not_wait_for_heavy_imports(arguments: list[str]) -> None:
    assert heavy_imports("names_trainer.cli.main", arguments) == set()


@pytest.mark.parametrize("command", [[], ["train"], ["data"], ["inspect"], ["demo-page"]])
def test_a_flag_does_not_look_as_if_it_took_a_value(names: CommandLine, command: list[str]) -> None:
    result = names(*command, "--help")
    assert re.search(r"--help +Show this message", result.out)
    assert "<bool>" not in result.out


def test_the_paragraphs_of_a_help_are_filled(
    names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "over the \n rows; loss, calibration error" in re.sub(
        " +", " ", names("evaluate", "--help").out
    )
