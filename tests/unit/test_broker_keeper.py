"""The keeper ends its process when asked, and when its owner is gone; tried with small programs in Java's place."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.kept import KEEPER, KeptProcess
from tests.processes import gone

PATIENCE_SECONDS = 20.0
SLEEPS = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)
OWNER = f"""
import os, sys, time
from pathlib import Path
from broker.kept import KeptProcess
kept = KeptProcess({SLEEPS!r}, console=Path(sys.argv[1]), stop_seconds=5)
if sys.argv[2] == "forks" and os.fork() == 0:
    time.sleep(600)   # a child that still holds its copy of the pipe
print(kept.pid, kept._keeper.pid, flush=True)
time.sleep(600)
"""


def until_up(console: Path, said: bytes = b"up") -> None:
    """Wait until the program has set itself up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while said not in console.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.01)


def wait_for_exit(process: KeptProcess) -> int:
    """The exit code, once there is one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.exit_code is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.exit_code is not None
    return process.exit_code


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        pytest.param((sys.executable, "-c", "raise SystemExit(7)"), 7, id="a program's own code is passed on"),
        pytest.param(
            (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), 137, id="a killed program is 128 + 9"
        ),
    ],
)
def test_the_exit_code_is_the_programs(tmp_path: Path, command: tuple[str, ...], exit_code: int) -> None:
    """Whoever reads the keeper's exit code learns how Java ended."""
    assert wait_for_exit(KeptProcess(command, console=tmp_path / "out", stop_seconds=1)) == exit_code


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        pytest.param(SLEEPS, 128 + signal.SIGTERM, id="a program that ends when asked"),
        pytest.param(STUBBORN, 128 + signal.SIGKILL, id="a program that does not is killed after the limit"),
    ],
)
def test_terminate_ends_the_program(tmp_path: Path, command: tuple[str, ...], exit_code: int) -> None:
    """SIGTERM first, SIGKILL after the limit."""
    process = KeptProcess(command, console=tmp_path / "out", stop_seconds=0.2)
    until_up(tmp_path / "out")
    process.terminate()
    assert wait_for_exit(process) == exit_code
    assert gone(process.pid)


def test_kill_ends_program_and_keeper_at_once(tmp_path: Path) -> None:
    """After `kill` there is nothing left, and calling it again does nothing."""
    process = KeptProcess(STUBBORN, console=tmp_path / "out", stop_seconds=60)
    process.kill()
    process.kill()
    assert process.exit_code == 128 + signal.SIGKILL
    assert gone(process.pid)


HELPED = (
    sys.executable,
    "-c",
    f"import subprocess; p = subprocess.Popen({SLEEPS!r}); print('up', p.pid, flush=True); p.wait()",
)


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_what_the_program_started_ends_with_it(tmp_path: Path, how: str) -> None:
    """Java starts a helper when it writes a start-up cache; that one must not stay behind either."""
    process = KeptProcess(HELPED, console=tmp_path / "out", stop_seconds=5)
    until_up(tmp_path / "out", b"up ")  # its own word, with its helper's number; the helper says one too
    helper = int((tmp_path / "out").read_text().split("up ")[1].split()[0])
    getattr(process, how)()
    assert wait_for_exit(process) != 0
    assert gone(helper)


@contextlib.contextmanager
def owner(console: Path, how: str) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """A process that keeps a program: itself, the program's id and the keeper's."""
    command = [sys.executable, "-c", OWNER, str(console), how]
    root = str(KEEPER.parent.parent)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root}, start_new_session=True
    ) as process:
        assert process.stdout is not None
        program, keeper = map(int, process.stdout.readline().split())
        try:
            yield process, program, keeper
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param("alone", id="an owner without children"),
        pytest.param("forks", id="an owner whose forked child lives on with the pipe open"),
    ],
)
def test_a_killed_owner_takes_the_program_along(tmp_path: Path, how: str) -> None:
    """SIGKILL on the owner leaves neither the program nor the keeper."""
    with owner(tmp_path / "out", how) as (process, program, keeper):
        process.kill()
        assert gone(program)
        assert gone(keeper)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_killed_keeper_takes_the_program_along(tmp_path: Path) -> None:
    """Even when the keeper itself is killed: the kernel does it."""
    with owner(tmp_path / "out", "alone") as (_, program, keeper):
        os.kill(keeper, signal.SIGKILL)
        assert gone(program)
