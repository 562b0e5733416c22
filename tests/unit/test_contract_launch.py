"""A child on a leash: it becomes the module that was asked for, or nothing when its parent is not there."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from contract.launch import child_environment, leashed

TELL = """
import json, os, sys
told = {"name": __name__, "argv": sys.argv[1:], "nice": os.nice(0), "own": os.environ["OWN"], "file": sys.argv[0]}
print(json.dumps(told | {"unbuffered": os.environ["PYTHONUNBUFFERED"]}))
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A program that tells how it was started."""
    path = tmp_path / "tell_tale.py"
    path.write_text(TELL)
    return path


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = child_environment({"OWN": "word", "PYTHONPATH": str(folder)})
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_becomes_the_module_with_its_arguments(module: Path) -> None:
    """As `python -m` would have started it, except for its priority."""
    ended = run(leashed("tell_tale", "--quiet", "-m", nice=3), module.parent)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "name": "__main__",
        "argv": ["--quiet", "-m"],
        "nice": min(os.nice(0) + 3, 19),  # there is no nicer
        "own": "word",
        "file": str(module),
        "unbuffered": "1",
    }


def test_a_child_whose_parent_is_gone_already_ends_before_it_begins(module: Path) -> None:
    """The kernel tells nothing to one that puts on its leash too late, so it has to look for itself."""
    command = leashed("tell_tale")
    command[command.index(str(os.getpid()))] = "1"
    ended = run(command, module.parent)
    assert (ended.returncode, ended.stdout) == (-9, "")


def test_the_exit_code_and_the_traceback_of_the_module_are_its_own(module: Path) -> None:
    module.write_text("import sys; sys.exit(7)")
    assert run(leashed("tell_tale"), module.parent).returncode == 7
    module.write_text("raise KeyError('odd')")
    ended = run(leashed("tell_tale"), module.parent)
    assert ended.returncode == 1
    assert "KeyError: 'odd'" in ended.stderr
