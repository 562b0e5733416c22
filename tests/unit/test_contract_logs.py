"""What a process tells: one line an event, the same keys everywhere, and nobody's secrets."""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import structlog

from contract.errors import SettingsError
from contract.logs import OURS, LogSettings, NotAgain, for_machines, set_up_logs

FIRST_KEYS = ["timestamp", "level", "event", "logger", "service", "worker", "group"]
log = logging.getLogger("processor.app")
Told = Callable[[], list[dict[str, Any]]]


class Terminal(io.StringIO):
    """Somebody is looking."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging belongs to the whole process."""
    for name in ("FORMAT", "LEVEL", "RUN"):
        monkeypatch.delenv(f"WEIR_LOG_{name}", raising=False)
    loggers = [logging.getLogger(name) for name in (None, *OURS)]
    levels, handlers, hook = [each.level for each in loggers], list(loggers[0].handlers), sys.excepthook
    yield
    loggers[0].handlers[:], sys.excepthook = handlers, hook
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Sets up a process's logs; what that gives are the lines so far, each read as JSON."""

    def prepare(**bound: Any) -> Told:
        monkeypatch.setattr(sys, "stderr", sink := io.StringIO())
        set_up_logs("worker", **bound)
        return lambda: [json.loads(line) for line in sink.getvalue().splitlines()]  # orjson reads no big numbers

    return prepare


def fail() -> None:
    """Log an error with a traceback; the variable must not get into it."""
    hidden = {"password": "hunter2"}
    try:
        hidden.pop("user")
    except KeyError:
        log.exception("it broke")


@pytest.mark.parametrize(
    ("say", "keys"),
    [
        pytest.param(lambda: log.info("assigned %d", 3), {"event": "assigned 3", "level": "info"}, id="words"),
        pytest.param(
            lambda: log.warning("waiting", extra={"why": "no topic", "partitions": (1, 2)}),
            {"event": "waiting", "level": "warning", "why": "no topic", "partitions": [1, 2]},
            id="extra becomes keys",
        ),
        pytest.param(lambda: log.info("two\nlines\r\n"), {"event": "two\nlines\r\n"}, id="newlines stay in one line"),
        pytest.param(lambda: log.info("big", extra={"n": 2**70}), {"n": 2**70}, id="a number of more than 64 bits"),
        pytest.param(
            lambda: log.info("bad", extra={"path": "/\udcff"}), {"path": "/\udcff"}, id="text that is no Unicode"
        ),
        pytest.param(lambda: log.info("x", extra={"e": {1: OSError("gone")}}), {"e": {"1": "gone"}}, id="any object"),
        pytest.param(
            lambda: log.info("x", extra={"sasl_password": "hunter2", "apiToken": "t"}),
            {"sasl_password": "[hidden]", "apiToken": "[hidden]"},
            id="secrets are hidden",
        ),
        pytest.param(
            lambda: log.info("x", extra={"timestamp": "2026-01-01T00:00:00.000Z"}),
            {"timestamp": "2026-01-01T00:00:00.000Z"},
            id="of an earlier moment",
        ),
        pytest.param(
            lambda: logging.getLogger("somelibrary.client").warning("no broker %s", 1),
            {"event": "no broker 1", "logger": "somelibrary.client", "level": "warning"},
            id="a library's line",
        ),
        pytest.param(
            lambda: structlog.get_logger("stack.filter").warning("refused", path="/x"),
            {"event": "refused", "logger": "stack.filter", "level": "warning", "path": "/x"},
            id="a line by structlog",
        ),
    ],
)
def test_an_event_is_one_line_of_json(
    set_up: Callable[..., Told], say: Callable[[], None], keys: dict[str, Any]
) -> None:
    """Each row: who says what, and some keys of the line."""
    told = set_up(worker="w1", group="g1")
    say()
    (line,) = told()
    assert list(line)[: len(FIRST_KEYS)] == FIRST_KEYS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert line.items() >= ({"service": "worker", "worker": "w1", "group": "g1"} | keys).items()


def test_a_traceback_is_a_key(set_up: Callable[..., Told]) -> None:
    """Without what variables held."""
    told = set_up()
    fail()
    (line,) = told()
    assert (line["event"], line["level"]) == ("it broke", "error")
    assert line["exception"].endswith("KeyError: 'user'")
    assert "hunter2" not in line["exception"]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        pytest.param(None, ["i", "w", "lw"], id="ours from info on, libraries' from warning on"),
        pytest.param("DEBUG", ["d", "i", "w", "lw"], id="debug is for ours alone"),
        pytest.param("warning", ["w", "lw"], id="warnings"),
        pytest.param("error", [], id="errors, of libraries too"),
    ],
)
def test_levels(
    monkeypatch: pytest.MonkeyPatch, set_up: Callable[..., Told], level: str | None, events: list[str]
) -> None:
    if level:
        monkeypatch.setenv("WEIR_LOG_LEVEL", level)
    told = set_up()
    for name, prefix in (("processor.app", ""), ("somelibrary", "l")):
        for word in ("debug", "info", "warning"):
            getattr(logging.getLogger(name), word)(prefix + word[0])
    assert [line["event"] for line in told()] == events


@pytest.mark.parametrize(
    ("format_", "stream", "machine"),
    [
        pytest.param(None, Terminal(), False, id="a person at a terminal"),
        pytest.param(None, io.StringIO(), True, id="a pipe, a file, a container"),
        pytest.param("json", Terminal(), True, id="JSON where it is asked for"),
        pytest.param("Text", io.StringIO(), False, id="text where it is asked for"),
        pytest.param("auto", Terminal(), False, id="the default by its name"),
    ],
)
def test_who_reads_it(monkeypatch: pytest.MonkeyPatch, format_: str | None, stream: io.StringIO, machine: bool) -> None:
    if format_:
        monkeypatch.setenv("WEIR_LOG_FORMAT", format_)
    assert for_machines(stream) is machine


@pytest.mark.parametrize(
    ("sink", "format_", "colours"),
    [
        pytest.param(Terminal(), "auto", True, id="on a terminal in colours"),
        pytest.param(io.StringIO(), "text", False, id="elsewhere without"),
    ],
)
def test_text_is_for_people(monkeypatch: pytest.MonkeyPatch, sink: io.StringIO, format_: str, colours: bool) -> None:
    monkeypatch.setenv("WEIR_LOG_FORMAT", format_)
    monkeypatch.setattr(sys, "stderr", sink)
    set_up_logs("worker", worker="w1")
    log.info("assigned", extra={"partitions": 3})
    fail()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", sink.getvalue())
    assert ("\x1b[" in sink.getvalue()) is colours
    assert re.search(r"Z \[info +\] assigned .*partitions=3\n", plain)
    assert plain.endswith("KeyError: 'user'\n")
    assert "hunter2" not in plain


def test_the_run_is_told_by_who_starts_it(monkeypatch: pytest.MonkeyPatch, set_up: Callable[..., Told]) -> None:
    """A load test passes it on with its own format and level; what is not known is no key."""
    monkeypatch.setenv("WEIR_LOG_LEVEL", "debug")
    for name, value in LogSettings.read(run="step-1").to_environment().items():
        monkeypatch.setenv(name, value)
    told = set_up(group="")
    log.debug("here")
    (line,) = told()
    assert (line["run"], "group" in line) == ("step-1", False)


def test_setting_up_twice_says_nothing_twice(set_up: Callable[..., Told]) -> None:
    told = set_up(worker="w1")
    set_up_logs("worker", worker="w2")
    log.info("once")
    assert [line["worker"] for line in told()] == ["w2"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("WEIR_LOG_FORMAT", "xml", "'auto', 'json' or 'text'", id="no format"),
        pytest.param("WEIR_LOG_LEVEL", "loud", "'debug', 'info'", id="no level"),
        pytest.param("WEIR_LOG_LEVLE", "info", "did you mean WEIR_LOG_LEVEL", id="a slip of the pen"),
    ],
)
def test_bad_settings_are_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=message):
        set_up_logs("worker")


def test_a_library_is_not_heard_twice() -> None:
    """The same words of aiokafka come through once in a while, whatever is in them; ours always do."""
    quiet = NotAgain()
    theirs = [logging.makeLogRecord({"name": "aiokafka", "msg": "no broker %s", "args": (n,)}) for n in range(3)]
    ours = logging.makeLogRecord({"name": "processor.app", "msg": "dead letter"})
    assert [quiet.filter(each) for each in theirs] == [True, False, False]
    assert [quiet.filter(ours) for _ in range(3)] == [True, True, True]


def test_a_crash_is_one_line_too() -> None:
    """As its last words, which the autoscaler tells."""
    code = "from contract.logs import set_up_logs as s; s('worker', worker='w'); {}['a']"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    line = orjson.loads(told.stderr)
    assert (told.returncode, line["event"], line["why"], line["worker"]) == (1, "crashed", "KeyError: 'a'", "w")
    assert "Traceback" in line["exception"]
