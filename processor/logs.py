"""One line of JSON per happening, to stderr.  A worker logs what happens to it, never what happens to an event.

aiokafka repeats itself ten times a second while a broker is away; the same words come through only once in a while.
"""

import logging
import sys
import time
from datetime import UTC, datetime

import orjson

REPEAT_SECONDS = 10.0
REMEMBERED_MAX = 100
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}


def log_to_stderr(worker: str) -> None:
    """Set up logging for this process: ours from INFO on, the libraries' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine(worker))
    handler.addFilter(NotAgain())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("processor").setLevel(logging.INFO)


class JsonLine(logging.Formatter):
    """A record as one JSON object; what was given as `extra` becomes fields of it."""

    def __init__(self, worker: str) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        extra = {name: value for name, value in vars(record).items() if name not in STANDARD}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "worker": self._worker,
            "message": record.getMessage(),
            **extra,
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class NotAgain(logging.Filter):
    """Lets the same warning of a library through once in `REPEAT_SECONDS`."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, object], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is news."""
        if record.name.startswith("processor"):
            return True
        now, words = time.monotonic(), (record.name, record.msg)
        if now - self._seen.get(words, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._seen) >= REMEMBERED_MAX:
            self._seen.clear()
        self._seen[words] = now
        return True
