"""Starts Java and stops it when its owner asks, or is gone: `python keeper.py STOP_SECONDS OWNER_PID COMMAND...`.

A process of its own because nothing inside the owner survives the owner's SIGKILL.  Three things end Java: SIGTERM to
this keeper, the end of this keeper's standard input (the owner holds the other end, so the kernel closes it whatever
the owner dies of), and, should the keeper itself be killed, the kernel's parent-death signal.  Only the standard
library, and none of Weir: it starts in some ten milliseconds.

Its first line of output is Java's process id.  It exits as Java did: code, or 128 + signal.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 1.0


def keep(stop_seconds: float, owner: int, command: list[str]) -> int:
    """Run the command to its end, or to the owner's."""
    woken = wake_on_signals()
    java = subprocess.Popen(  # noqa: S603 - the owner's command
        command,
        stdin=subprocess.DEVNULL,
        stdout=2,
        process_group=0,  # Java may start helpers of its own (it does to write a start-up cache): they end with it
        preexec_fn=die_with_keeper,  # noqa: PLW1509 - no threads here
    )
    with contextlib.suppress(BrokenPipeError):  # the owner may be gone already; that is noticed below
        os.write(1, f"{java.pid}\n".encode())
    deadline = float("inf")
    while java.poll() is None:
        if deadline == float("inf") and (asked_to_stop.seen or owner_gone(owner)):
            java.terminate()
            deadline = time.monotonic() + stop_seconds
        if time.monotonic() > deadline:
            kill_group(java.pid)
        wait_for_news(woken, with_input=deadline == float("inf"))
    kill_group(java.pid)
    return java.returncode if java.returncode >= 0 else 128 - java.returncode


def kill_group(pid: int) -> None:
    """Java and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


class Asked:
    """Whether SIGTERM has come."""

    seen = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.seen = True


asked_to_stop = Asked()


def wake_on_signals() -> int:
    """A file descriptor that becomes readable when SIGTERM comes or Java ends."""
    readable, writable = os.pipe()
    for end in (readable, writable):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writable)
    signal.signal(signal.SIGTERM, asked_to_stop)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # only the waking matters
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    return readable


def die_with_keeper() -> None:
    """Ask the kernel to kill this process when its parent dies; Linux only, elsewhere the pipe must do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def owner_gone(owner: int) -> bool:
    """Whether the pipe was closed, or another process has become our parent.

    The second catches an owner whose forked children still hold the pipe open.
    """
    readable, _, _ = select.select([0], [], [], 0)
    return (bool(readable) and os.read(0, 64) == b"") or os.getppid() != owner


def wait_for_news(woken: int, *, with_input: bool) -> None:
    """Sleep until a signal or the owner's end, at most `LOOK_SECONDS`."""
    select.select([woken, 0] if with_input else [woken], [], [], LOOK_SECONDS)
    with contextlib.suppress(BlockingIOError):
        os.read(woken, 64)


if __name__ == "__main__":
    sys.exit(keep(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
