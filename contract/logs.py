"""What a process tells of itself: one event a line, JSON for machines, coloured text for people on a terminal.

Its one rule: a process logs what happens to it, never what happens to an event.  Everybody speaks to the standard
library's loggers, where `extra` becomes keys, or to structlog's; libraries go the same way, from WARNING on.
aiokafka repeats itself ten times a second while a broker is away: the same words of a library come through only once in
a while.
"""

import logging
import sys
import time
from types import TracebackType
from typing import Annotated, Literal, TextIO

import structlog
from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict
from structlog.stdlib import ProcessorFormatter

from contract.errors import WeirError
from contract.log_lines import as_json, as_text, before_rendering, without_leftovers
from contract.settings import EnvironmentSettings

OURS = ("weir", "contract", "broker", "producer", "processor", "autoscaler", "loadtests", "stack")
REPEAT_SECONDS = 10.0
REMEMBERED_MAX = 100

Stream = Literal["stderr", "stdout"]
_lower = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)


class LogSettings(EnvironmentSettings):
    """How a process logs, from `WEIR_LOG_*`."""

    model_config = SettingsConfigDict(env_prefix="WEIR_LOG_")

    format: Annotated[Literal["auto", "json", "text"], _lower] = Field(
        "auto", description="auto = text on a terminal, JSON elsewhere"
    )
    level: Annotated[Literal["debug", "info", "warning", "error", "critical"], _lower] = Field(
        "info", description="of our own lines; libraries never say less than a warning"
    )
    run: str = Field("", description="the run that the process is part of; told to it by the load test")


def set_up_logs(service: str, *, stream: Stream = "stderr", **bound: str) -> None:
    """Log to `stream`; every line has `service` and what is bound (run, worker, group).  May be called again.

    Raises SettingsError for a format or a level that is none.
    """
    settings = LogSettings.read()
    keys = {"service": service, "run": settings.run, **bound}
    machine = for_machines(getattr(sys, stream))
    handler = _Lines(stream)
    handler.setFormatter(_formatter({key: value for key, value in keys.items() if value}, machine, stream))
    handler.addFilter(NotAgain())
    _install(handler, settings.level.upper())
    if machine:
        sys.excepthook = _tell_crash


def for_machines(stream: TextIO) -> bool:
    """Whether lines on this stream are JSON: as WEIR_LOG_FORMAT says, else wherever no person is looking."""
    wanted = LogSettings.read().format
    return wanted == "json" or (wanted == "auto" and not stream.isatty())


class NotAgain(logging.Filter):
    """Lets the same words of a library through once in `REPEAT_SECONDS`."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is news."""
        if record.name.partition(".")[0] in OURS:
            return True
        now, words = time.monotonic(), (record.name, str(record.msg))
        if now - self._seen.get(words, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._seen) >= REMEMBERED_MAX:
            self._seen.clear()
        self._seen[words] = now
        return True


class _Lines(logging.Handler):
    """Writes to what the stream's name stands for at that moment, since others may put something in its place."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream = getattr(sys, self._stream)
            stream.write(self.format(record) + "\n")
            stream.flush()
        except WeirError:  # nobody reads standard output any more: that ends the command
            raise
        except Exception:  # noqa: BLE001  # as all handlers do: a line that cannot be written stops nothing
            self.handleError(record)


def _formatter(bound: dict[str, str], machine: bool, stream: Stream) -> ProcessorFormatter:
    render = as_json if machine else as_text(colors=getattr(sys, stream).isatty())
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), without_leftovers],
        processors=[*before_rendering(bound), ProcessorFormatter.remove_processors_meta, render],
    )


def _install(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, _Lines)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _tell_crash(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    """A fault of ours ends the process with a traceback: here as one line too."""
    if not isinstance(error, Exception):
        sys.__excepthook__(kind, error, at)
        return
    why = f"{kind.__name__}: {error}"
    logging.getLogger("weir").critical("crashed", extra={"why": why}, exc_info=(kind, error, at))
