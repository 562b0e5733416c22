"""The user's own callable."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers import make_handler

SOURCE = """
seen = []
number = 5
class Caller:
    async def __call__(self, events):
        seen.append(list(events))
caller = Caller()
def sync(events):
    seen.append(list(events))
async def later(events):
    seen.append(list(events))
def sneaky(events):
    return later(events)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's folder with a module in it, and the worker started there."""
    (tmp_path / "users_module.py").write_text(SOURCE)
    (tmp_path / "broken_module.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    yield tmp_path
    sys.modules.pop("users_module", None)


@pytest.mark.parametrize(
    ("name", "runs_in"),
    [
        pytest.param("users_module:sync", "thread", id="a function may block: in the thread"),
        pytest.param("users_module:later", "loop", id="a coroutine function waits: in the loop"),
        pytest.param("users_module:caller", "loop", id="an object with an async call, too"),
        pytest.param("users_module:sneaky", "thread", id="what it returns is awaited if it can be"),
    ],
)
@pytest.mark.usefixtures("folder")
async def test_callables(name: str, runs_in: str) -> None:
    """It is found from the current folder, gets the list of events, and runs where its kind should."""
    handler = make_handler(HandlerSpec(name=name))
    answer = handler.handle(0, [1, 2])
    if inspect.isawaitable(answer):
        await answer
    assert handler.runs_in == runs_in
    assert sys.modules["users_module"].__dict__["seen"][-1] == [1, 2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("no_such_module:f", "module no_such_module cannot be imported", id="no such module"),
        pytest.param("broken_module:f", "ZeroDivisionError", id="a module that fails"),
        pytest.param("users_module:nothing", "has no nothing", id="no such name"),
        pytest.param("users_module:number", "number is a int, not something to call", id="not callable"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_callables_that_cannot_be_had(name: str, message: str) -> None:
    """The error says what was looked for, where, and what was found."""
    with pytest.raises(HandlerError, match=message):
        make_handler(HandlerSpec(name=name))
