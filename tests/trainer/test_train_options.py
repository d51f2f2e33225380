"""The options of `names train` and the parameters of NameClassifier follow from TrainConfig."""

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from conftest import CommandLine

from names_trainer.classifier import NameClassifier
from names_trainer.config import Source, TrainConfig
from names_trainer.options import options
from names_trainer.presets import DEFAULT

NAMES = [field.name for field in options(TrainConfig)]


def test_every_setting_has_an_option_but_those_of_teachers_and_the_corpus() -> None:
    others = {"data_dir", "column", "label_column", "bidirectional", "member"}
    assert {field.name for field in fields(TrainConfig)} - set(NAMES) == others


def test_the_options_of_a_group_are_contiguous() -> None:
    groups = [group for group, _ in groupby(options(TrainConfig), lambda f: f.metadata["group"])]
    assert len(groups) == len(set(groups)) == 4
    assert NAMES.index("dropout") + 1 == NAMES.index("ngram_dropout")
    assert NAMES.index("label_power") + 1 == NAMES.index("forms")


def test_the_help_shows_them_in_their_order(names: CommandLine) -> None:
    shown = re.findall(r"^│ --([\w-]+)", names("train", "--help").out, re.MULTILINE)
    wanted = [name.replace("_", "-") for name in NAMES]
    assert [option for option in shown if option in wanted] == wanted


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_teachers_take_the_processors_of_the_process() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "import inspect; from names_trainer.cli.train import train\n"
        "print(inspect.signature(train).parameters['jobs'].default)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_a_text_is_a_path_and_one_column() -> None:
    wanted: Any = ("people.csv", "full name")
    source = Source(*wanted)
    assert source == Source(Path("people.csv"), ("full name",))
    assert TrainConfig(data_dir="people.csv", column=wanted[1]).source == source
    columns: Any = ["a", "b"]
    assert TrainConfig(column=columns).column == ("a", "b")


@pytest.mark.parametrize("name", ["hidden_dim", "teachers", "optimizer", "int8_weights"])
def test_an_estimator_has_the_defaults_of_the_command(name: str) -> None:
    parameters = inspect.signature(NameClassifier).parameters
    assert parameters[name].default == getattr(DEFAULT, name)
    assert not {"split", "data_dir", "given_dir", "forms"} & set(parameters)
