"""One child process, in the terms of the operating system: how it is started, what it has said, how it ended."""

import errno
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoscaler.backends.words import HEAD_BYTES, last_words, told_port
from autoscaler.errors import BackendError
from contract.launch import child_environment, leashed

TAIL_BYTES = 8_192
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, slots=True)
class Output:
    """Where a child writes.  Files and no pipes: nobody has to read them, and a successor can."""

    stdout: Path
    stderr: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> "Output":
        """The files of the worker that calls itself `name`."""
        return cls(folder / f"{name}.out", folder / f"{name}.log")

    def url(self) -> str | None:
        """Where its status page is, from the line `{"status_port": N}`; None until it has been written."""
        port = told_port(_head(self.stdout))
        return f"http://127.0.0.1:{port}" if port else None

    def last_words(self) -> str:
        """The end of its log."""
        return last_words(_tail(self.stderr))


def spawn(
    name: str, module: str, arguments: Sequence[str], told: Mapping[str, str], *, output: Output, nice: int
) -> int:
    """Start `python -m MODULE` in a session of its own and on a leash; its process id.  Raises BackendError."""
    command = leashed(module, *arguments, nice=nice)
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output.stdout), WRITE, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, str(output.stderr), WRITE, 0o644),
    )
    try:
        return os.posix_spawn(
            command[0], command, child_environment(told), file_actions=actions, setsid=True, setsigmask=()
        )
    except OSError as error:
        raise BackendError(f"{name} cannot be launched: {error.strerror}{_advice(error)}") from error


def ended(pid: int) -> tuple[int | None, int | None] | None:
    """Exit code and signal of a child that has ended, which is then reaped; None while it runs.

    What is left of its session is killed first: as long as the child is a zombie, its number means nobody else.
    Both are None when somebody else reaped it.
    """
    try:
        how = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if how is None:
            return None
        kill_session(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED)
    except ChildProcessError:
        return None, None
    return (how.si_status, None) if how.si_code == os.CLD_EXITED else (None, how.si_status)


def kill_session(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child and its children."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _advice(error: OSError) -> str:
    if error.errno == errno.EAGAIN:
        return "; no more processes are allowed here (ulimit -u, or the limit of the container)"
    return "; there is too little memory" if error.errno == errno.ENOMEM else ""


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            return file.read()
    except OSError:
        return b""
