"""A Java process under its keeper, as seen from here: start, look, ask to stop, kill.

Plain blocking calls that return at once, bound to no event loop.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

KEEPER = Path(__file__).with_name("keeper.py")
REAP_SECONDS = 10.0


class KeptProcess:
    """Java and its keeper.  `pid` is Java's; the keeper ends by itself when Java has."""

    def __init__(self, command: Sequence[str], *, console: Path, stop_seconds: float) -> None:
        keeper = [sys.executable, "-I", "-S", str(KEEPER), str(stop_seconds), str(os.getpid())]
        with console.open("wb") as output:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own program
                [*keeper, *command],
                stdin=subprocess.PIPE,  # held open for as long as we live: that is how the keeper knows
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,  # Ctrl-C in a terminal is for us; the broker stops when we say so
            )
        self.pid = self._read_pid()

    def _read_pid(self) -> int:
        assert self._keeper.stdout is not None
        with self._keeper.stdout as answer:
            return int(answer.readline() or 0)

    @property
    def exit_code(self) -> int | None:
        """None while Java runs; 128 + signal for one that was killed."""
        code = self._keeper.poll()
        if code is not None:
            self._let_go()
        return code

    def terminate(self) -> None:
        """Ask Java to stop; the keeper kills it if that takes too long."""
        if self.exit_code is None:
            self._keeper.terminate()

    def kill(self) -> None:
        """End Java now, and collect what is left."""
        if self.exit_code is None and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)  # Java leads a group: its helpers end with it
        try:
            self._keeper.wait(REAP_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()  # and the kernel kills Java, see keeper
            self._keeper.wait()
        self._let_go()

    def _let_go(self) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
