"""Standard output that takes no more: one message and one exit code for every command, silence where nobody reads on.

It is noticed where the bytes go, below all buffers, and told by errors of ours: an OSError would be taken for that of
another file by whoever catches one, and a library would end the program in its own way.
"""

import errno
import io
import os
import sys
from typing import Any

from contract.errors import WeirError


class OutputError(WeirError):
    """Standard output cannot be written to, as on a full disk."""


class NobodyReadsError(WeirError):
    """Whoever read standard output has seen enough, as `head` does.  Nobody is told; a shell sees 128 + SIGPIPE."""

    exit_code = 141


class _Watched(io.FileIO):
    """The bytes of standard output.  After the first failure the rest is dropped, or it would fail again at the end."""

    _failed = False

    def write(self, data: Any, /) -> int:
        """As FileIO, but raises OutputError or NobodyReadsError.  Nothing can always be written: libraries try that."""
        length = memoryview(data).nbytes
        if self._failed or not length:
            return length
        try:
            return super().write(data)
        except OSError as error:
            self._failed = True
            if error.errno == errno.EPIPE:
                raise NobodyReadsError from error
            raise OutputError(f"cannot write to standard output: {error.strerror}; it is not complete") from error


def watch_output() -> None:
    """Put a watched standard output in the place of Python's, buffered as that one is; the void if it is closed."""
    out = sys.stdout
    if out is not sys.__stdout__:  # a test reads along
        return
    if out is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # open to the end
        return
    raw = _Watched(out.fileno(), "wb", closefd=False)
    unbuffered = isinstance(out.buffer, io.FileIO)
    sys.stdout = io.TextIOWrapper(
        raw if unbuffered else io.BufferedWriter(raw),
        encoding=out.encoding,
        errors=out.errors,
        line_buffering=bool(out.line_buffering),
        write_through=unbuffered,
    )
