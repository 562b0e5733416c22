"""What workers say, wherever they run: the port of their status page, and how their log ends."""

import orjson

LAST_LINES = 8
HEAD_BYTES = 65_536
"""How much of its standard output a worker may write before the line with its port."""


def told_port(output: bytes) -> int | None:
    """The N of the first whole line `{"status_port": N}` on a worker's standard output; None until it has said so."""
    lines = output.splitlines(keepends=True)
    ports = (_status_port(line) for line in lines if line.endswith(b"\n"))
    return next((port for port in ports if port), None)


def last_words(log: bytes) -> str:
    """The last lines of a worker's log, or of the end of one."""
    return "\n".join(log.decode(errors="replace").splitlines()[-LAST_LINES:])


def _status_port(line: bytes) -> int | None:
    try:
        port = orjson.loads(line)["status_port"]
    except (ValueError, TypeError, KeyError):
        return None
    return port if isinstance(port, int) else None
