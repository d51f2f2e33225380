"""Every example in README.md and docs/ runs, and every option that they name exists.

The fence of a block gives its kind:

- `python`: run; with `>>>` its output is compared.
- `console`: run in a folder for the page; its output is compared without numbers, which depend on
  the processor, but with the probabilities of the bundled model. `...` matches anything.
- a title that is a file name: the file, written to that folder.
- `python` with another title, which names its requirements: compiled.
- `sh`: changes a machine or needs another one; its commands and options are checked.
- `console` with the title `Takes a minute`: the same, unless the variable `NAMES_LONG` is set.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

import pytest
import typer.main
from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from names_predictor.cli.parser import parser as predict_options
from names_trainer.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("*/README.md")])
KINDS = {"python", "console", "sh", "text", "csv", "json", "toml", "dockerfile"}
SAME = ELLIPSIS | NORMALIZE_WHITESPACE
PROBABILITY = re.compile(r"\b[01]\.\d{4}\b")
COMMAND = re.compile(r"`((?:names|names-predict|make|python \w+/\w+\.py)(?: [^`]+)?)`")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_numbers(text: str) -> str:
    return re.sub(r"\d+(?:[.,:]\d+)*(?:e[-+]?\d+)?|█+", "0", text)


def run(example: Example) -> None:
    run_session(example.parsed, example.path)


def run_session(text: str, page: str) -> None:
    """Run `$ command` lines, each followed by its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"COLUMNS": "88", "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(i for i, line in enumerate(lines) if not line.endswith("\\\n")) + 1
        command, expected = "".join(lines[:end]), "".join(lines[end:])
        done = subprocess.run(
            ["bash", "-ec", command],
            check=False,
            env=os.environ | quiet | {"PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        want, found = without_numbers(expected), without_numbers(done.stdout)
        same = OutputChecker().check_output(want, found, SAME)
        assert same, f"{page}: $ {command}\n{done.stdout}"
        if "names-predict" in command and not Path("artifacts").exists():
            check_probabilities(expected, done.stdout)


def check_probabilities(expected: str, found: str) -> None:
    """Raise unless each probability that is shown is one of those found, but for rounding."""
    probabilities = list(map(float, PROBABILITY.findall(found)))
    for shown in map(float, PROBABILITY.findall(expected)):
        assert any(abs(shown - one) < 2e-3 for one in probabilities), f"{shown}:\n{found}"


def look_up(example: Example) -> None:
    check_lines(example.parsed)


def check_lines(text: str) -> None:
    for line in text.replace("\\\n", " ").splitlines():
        check_line(line)


def check_line(line: str) -> None:
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    command: list[str] = []
    for word in [*words, ";"]:
        if set(word) <= set("|&;"):
            check_command(command)
            command = []
        else:
            command.append(word)


def check_command(words: list[str]) -> None:
    """Raise if `words` are not a command of this project, or have an unknown option."""
    while words and re.fullmatch(r"\w+=\S*", words[0]):  # an environment variable
        words = words[1:]
    if ">" in words:
        words = words[: words.index(">")]
    match words:
        case ["names-predict", *arguments]:
            predict_options().parse_intermixed_args(arguments)
        case ["names", "--install-completion"]:
            pass  # Typer's option, which writes to the home folder
        case ["names", first, *rest]:
            parse_names([first, *rest])
        case ["python", script, *arguments] if script.endswith(".py"):
            source = (ROOT / script).read_text()
            for option in (a for a in arguments if a.startswith("--")):
                assert f'"{option}"' in source, f"{script} has no {option}"
        case ["make", target]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        case ["pip" | "uv", *arguments]:
            for extra in re.findall(r"(predictor|trainer)\[([\w,]+)\]", " ".join(arguments)):
                file = tomllib.loads((ROOT / extra[0] / "pyproject.toml").read_text())
                assert {*extra[1].split(",")} <= file["project"]["optional-dependencies"].keys()


def parse_names(arguments: list[str]) -> None:
    """Parse arguments as the command `names` does, without running it."""
    command = typer.main.get_command(app)
    context = command.make_context("names", arguments)
    while hasattr(command, "resolve_command"):  # a group
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def titled(document: Document) -> Iterator[Region]:
    """Find the blocks that have a title: files, or Python that can't run here."""
    lexer = FencedCodeBlockLexer(r'\w+ title="[^"]+"', {"language": "fence", "source": "source"})
    for found in lexer(document):
        language, _, title = found.lexemes["fence"].partition(" ")
        yield Region(
            found.start, found.end, (language, title[7:-1], found.lexemes["source"]), write
        )


def write(example: Example) -> None:
    language, title, source = example.parsed
    if (language, title) == ("console", "Takes a minute"):
        if "NAMES_LONG" in os.environ:
            run_session(source, example.path)
        else:
            check_lines("\n".join(re.findall(r"^\$ (.*)", source, re.MULTILINE)))
        return
    if language == "python":
        compile(source, f"{example.path}:{example.line}", "exec")
    if re.fullmatch(r"[\w.-]+", title):
        Path(title).write_text(source, encoding="utf-8")
    else:
        assert language == "python", f"{example.path}:{example.line}: what is {title!r}?"


SYBIL = Sybil(
    [
        PythonCodeBlockParser(doctest_optionflags=SAME),
        CodeBlockParser("console", run),
        CodeBlockParser("sh", look_up),
        titled,
    ]
)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NAMES_ARTIFACTS", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    for example in SYBIL.parse(page).examples():
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_prose(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^ *```(\w*)", text, re.MULTILINE)
    assert {*fences[::2]} <= KINDS, "a block of an unknown kind"
    assert {*fences[1::2]} <= {""}
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for command in COMMAND.findall(prose):
        if " --" in command or command.startswith("make"):
            check_line(command)
    for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", prose):
        target = (page.parent / link).resolve()
        assert target.exists(), link
        assert page.parent != DOCS or DOCS in target.parents, f"{link}: not in the site"


def test_every_page_is_in_the_navigation() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    assert set(re.findall(r"[\w-]+\.md", str(project["nav"]))) == {
        p.name for p in DOCS.glob("*.md")
    }


@pytest.mark.parametrize(
    "line", ["names train --presets best", "names-predict --topk 2", "make nothing", "names tain"]
)
def test_a_wrong_option_is_found(line: str) -> None:
    with pytest.raises((AssertionError, SystemExit, typer.BadParameter.__base__)):
        check_line(line)


def test_the_badges_are_true() -> None:
    project = tomllib.loads((ROOT / "predictor/pyproject.toml").read_text("utf-8"))["project"]
    shown = re.findall(r">([^<>]+)</text>", (DOCS / "badges.svg").read_text("utf-8"))
    python = project["requires-python"].removeprefix(">=") + "+"
    licence = project["license"]
    assert shown == ["Python", python, "licence", licence, "labels with", "numpy, no torch"]
    assert not [needed for needed in project["dependencies"] if "torch" in needed]
