"""The command line as a whole: every command can be had alone, and alone it costs only what it needs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from loadtests.shipped import POLICIES
from weir.cli import COMMANDS, application


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_had_alone(name: str) -> None:
    """As `weir NAME` mounts it: it has its name, and a help."""
    told = CliRunner().invoke(application([name]), [name, "--help"])
    assert told.exit_code == 0, told.output
    assert f"weir {name}" in told.output


def test_the_help_lists_all_commands() -> None:
    told = CliRunner().invoke(application(COMMANDS), ["--help"])
    assert all(f"│ {name} " in told.output for name in COMMANDS)


def test_an_unknown_command_is_refused() -> None:
    told = subprocess.run([sys.executable, "-m", "weir", "nosuch"], capture_output=True, text=True, check=False)
    assert (told.returncode, "No such command 'nosuch'" in told.stderr) == (2, True)


def test_deciding_loads_neither_kafka_nor_data_frames() -> None:
    """What stands in a pipe must be there at once."""
    slow = ("aiokafka", "pyarrow", "uvicorn", "structlog")
    code = (
        "import sys; sys.argv = ['weir', 'decide', '--schema']; from weir.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {slow} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.endswith("[]\n")


def weir(*arguments: str, buffered: bool = True, **how: Any) -> "subprocess.Popen[str]":
    """The program, with Python's buffer in front of its standard output or without."""
    environment = os.environ | {"PYTHONUNBUFFERED": "" if buffered else "1"}
    command = [sys.executable, "-m", "weir", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, **how)


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["decide", "--schema"], id="text of typer's"),
        pytest.param(["decide", "--help"], id="text of rich's"),
        pytest.param(["manifest", str(POLICIES / "hpa-lag.yaml"), "--as", "hpa"], id="a manifest"),
    ],
)
def test_a_full_disk_is_one_message(arguments: list[str], buffered: bool) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        told = weir(*arguments, buffered=buffered, stdout=full)
        _, words = told.communicate()
    assert words == "weir: cannot write to standard output: No space left on device; it is not complete\n"
    assert told.returncode == 2


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("asked", ["--schema", "--help"])
def test_nobody_is_told_when_nobody_reads(asked: str, buffered: bool) -> None:
    """As any program in front of `head`: silent, and 128 + SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    told = weir("decide", asked, buffered=buffered, stdout=writer)
    os.close(writer)
    assert (told.communicate()[1], told.returncode) == ("", 141)


def test_the_version() -> None:
    told = CliRunner().invoke(application([]), ["--version"])
    assert (told.exit_code, told.output) == (0, f"weir {metadata.version('weir')}\n")


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command below this one, groups as well, by its words."""
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


ALL = dict(commands(typer.main.get_command(application(COMMANDS))))


@pytest.mark.parametrize("words", ALL)
def test_help_has_a_short_name(words: str) -> None:
    told = CliRunner().invoke(application(COMMANDS), [*words.split(), "-h"])
    assert (told.exit_code, "Usage: " in told.output) == (0, True)


@pytest.mark.parametrize("words", ALL)
def test_nothing_of_a_help_is_taken_for_markup(words: str) -> None:
    for text in (ALL[words].help, ALL[words].epilog):
        assert Text.from_markup(text or "").plain == (text or "")


@pytest.mark.parametrize("words", ALL)
def test_every_option_says_what_it_is_for(words: str) -> None:
    """What is told is what was written: nothing of it is taken for markup."""
    for parameter in ALL[words].params:
        text = "(hidden)" if getattr(parameter, "hidden", False) else parameter.help or ""
        assert Text.from_markup(text).plain == text, f"{words} {parameter.name}: markup swallows a part of {text!r}"
        assert text.strip(), f"{words} {parameter.name} has no help"
