"""Rollouts over HTTP, and `weir rollout` as it speaks with the API."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from autoscaler.api.app import make_app
from autoscaler.api.auth import Token
from autoscaler.api.desk import Desk
from autoscaler.commands import rollout as rollout_cli
from autoscaler.commands.client import ApiClient, ApiError
from autoscaler.releases import Releases, templates_of
from autoscaler.rollout.changes import begin, start
from autoscaler.rollout.model import Counts, Phase, Rollout
from autoscaler.rollout.view import in_words, whole
from tests.consoles import Console
from tests.rollouts import worker

SECRET = "a-token-that-is-long-enough"
AUTHORISED = {"Authorization": f"Bearer {SECRET}"}
SECTION = {"batch_events_max": 2, "grace_seconds": 7}


def console_of(**changes: Any) -> Console:
    releases = Releases(rollout=begin(worker(1)), templates=templates_of(lambda _worker, _name: {}))
    return Console(releases=releases, **changes)


@asynccontextmanager
async def asking(console: Console, folder: Path, said: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API over this console, whose audit lines go to `said`."""
    (folder / "token").write_text(SECRET, encoding="utf-8")
    desk = Desk(board=console.board, token=Token(folder / "token"), say=said.append)
    transport = httpx.ASGITransport(make_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
        yield client


async def test_a_rollout_is_started_shown_and_undone(tmp_path: Path) -> None:
    """The state has its summary; each order leaves an audit line with the revision before and after."""
    console, said = console_of(), list[str]()
    await console.ticks(4)
    async with asking(console, tmp_path, said) as client:
        assert (await client.get("/state")).json()["rollout"]["phase"] == "complete"
        order = {"worker": SECTION, "strategy": {"max_surge": 1, "max_unavailable": 0}}
        answer = await client.put("/rollout", json=order, headers=AUTHORISED)
        assert answer.status_code == 200, answer.text
        begun = answer.json()
        assert (begun["revision"], begun["phase"], begun["strategy"]["max_surge"]) == (2, "progressing", 1)
        assert [(one["revision"], one["current"], one["worker"]) for one in begun["revisions"][1:]] == [
            (2, True, SECTION)
        ]
        await console.ticks(20)
        state = (await client.get("/state")).json()["rollout"]
        assert (state["revision"], state["phase"], state["updated"], state["old"]) == (2, "complete", 2, 0)
        assert {one["revision"] for one in (await client.get("/workers")).json()} == {"2"}
        undone = (await client.post("/rollout/undo", headers=AUTHORISED)).json()
        assert (undone["revision"], undone["undoing"]) == (1, True)
        await console.ticks(20)
        assert (await client.get("/rollout")).json()["phase"] == "undone"
    assert [("revision 1" in line, "revision 2" in line, "result=accepted" in line) for line in said] == [
        (True, True, True)
    ] * 2


@pytest.mark.parametrize(
    ("call", "body", "status", "words"),
    [
        pytest.param("PUT /rollout", {}, 422, "nothing to roll out", id="nothing"),
        pytest.param("PUT /rollout", {"worker": {"grace": 1}}, 422, "worker.grace", id="a misspelt field"),
        pytest.param(
            "PUT /rollout",
            {"worker": SECTION, "strategy": {"max_surge": 0, "max_unavailable": 0}},
            422,
            "both 0",
            id="a strategy that cannot move",
        ),
        pytest.param("PUT /rollout", {"worker": {}, "extra": 1}, 422, "extra", id="an unknown field"),
        pytest.param(
            "PUT /rollout",
            {"worker": json.loads(worker(1).model_dump_json(exclude_unset=True))},
            409,
            "those of revision 1, which is running already",
            id="what there is",
        ),
        pytest.param("POST /rollout/undo", {}, 409, "revision 1 is the only one", id="nothing to go back to"),
        pytest.param("POST /rollout/undo", {"to": 0}, 422, "to", id="no revision"),
    ],
)
async def test_orders_that_cannot_be(
    tmp_path: Path, call: str, body: Mapping[str, Any], status: int, words: str
) -> None:
    """Nothing is changed, the answer says why, and so does the audit."""
    console, said = console_of(), list[str]()
    await console.ticks(4)
    before = console.releases.rollout
    async with asking(console, tmp_path, said) as client:
        answer = await client.request(*call.split(), json=body, headers=AUTHORISED)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert words in answer.text
    assert console.releases.rollout == before
    assert "result=refused" in said[0]


async def test_nobody_without_the_token_rolls_anything_out(tmp_path: Path) -> None:
    console = console_of()
    await console.ticks(4)
    async with asking(console, tmp_path, []) as client:
        for headers in ({}, {"Authorization": "Bearer something-else-entirely"}):
            assert (await client.put("/rollout", json={"image": "evil"}, headers=headers)).status_code == 401
            assert (await client.post("/rollout/undo", headers=headers)).status_code == 401
        form = await client.put("/rollout", content="image=x", headers=AUTHORISED | {"Content-Type": "text/plain"})
        assert form.status_code == 415
    assert console.releases.rollout.current.number == 1


async def test_whoever_makes_no_workers_has_no_version_of_them(tmp_path: Path) -> None:
    leader = {"holder": "another", "term": 3, "self": False, "lease_seconds": 5.0}
    for console, why in ((console_of(dry_run=True), "dry-run"), (console_of(leader=leader), "standby")):
        await console.ticks(2)
        async with asking(console, tmp_path, []) as client:
            assert (await client.get("/state")).json()["rollout"] is None
            asked = await client.get("/rollout")
            assert (asked.status_code, why in asked.json()["detail"]) == (404, True)
            assert (await client.put("/rollout", json={"image": "x"}, headers=AUTHORISED)).status_code == 409


def rollout_of(**changes: Any) -> Rollout:
    """Revision 2, in some state."""
    return replace(start(begin(worker(1)), worker(2), "weir:2", None, now=5.0), **changes)


def counts(updated: int, available: int, old: int) -> Counts:
    return Counts(desired=5, updated=updated, ready=available, available=available, old=old)


@pytest.mark.parametrize(
    ("rollout", "words"),
    [
        pytest.param(
            rollout_of(counts=counts(3, 5, 3)),
            "revision 2: waiting, 3 of 5 workers are of the new version",
            id="on the way",
        ),
        pytest.param(
            rollout_of(counts=counts(5, 5, 1)),
            "revision 2: waiting, all workers are new, old ones still there: 1",
            id="old ones finish",
        ),
        pytest.param(
            rollout_of(counts=counts(5, 4, 0)),
            "revision 2: waiting, 4 of 5 new workers are available",
            id="new ones come",
        ),
        pytest.param(
            rollout_of(counts=counts(3, 4, 3), reason="w: CrashLoopBackOff"),
            "revision 2: waiting, 3 of 5 workers are of the new version; w: CrashLoopBackOff",
            id="it fails",
        ),
        pytest.param(
            rollout_of(phase=Phase.STALLED, reason="no progress"), "revision 2: stalled: no progress", id="stalled"
        ),
        pytest.param(
            rollout_of(phase=Phase.COMPLETE, counts=counts(5, 5, 0)),
            "revision 2: complete, 5 of 5 workers are available",
            id="complete",
        ),
    ],
)
def test_a_rollout_in_words(rollout: Rollout, words: str) -> None:
    assert in_words(whole(rollout)) == words


class Api:
    """Answers in the place of a live API: what was asked, and each answer in turn."""

    def __init__(self, *answers: Rollout) -> None:
        self.answers = [whole(answer) for answer in answers]
        self.asked: list[tuple[str, str, Any]] = []

    def read(self, path: str) -> Any:
        return self.order("GET", path, None)

    def order(self, method: str, path: str, body: Any) -> Any:
        self.asked.append((method, path, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `weir rollout …` against these answers."""

    def run(api: Api, *arguments: object) -> Any:
        monkeypatch.setattr(rollout_cli, "POLL_SECONDS", 0.0)
        monkeypatch.setattr(ApiClient, "read", lambda _, path: api.read(path))
        monkeypatch.setattr(ApiClient, "order", lambda _, method, path, json: api.order(method, path, json))
        return CliRunner().invoke(rollout_cli.app, [*map(str, arguments)])

    return run


MOVING = rollout_of(counts=counts(3, 5, 3))
DONE = rollout_of(phase=Phase.COMPLETE, counts=counts(5, 5, 0))
STUCK = rollout_of(phase=Phase.STALLED, reason="no progress for 600 s: w: no such topic")


@pytest.mark.parametrize(
    ("answers", "arguments", "code", "lines"),
    [
        pytest.param([DONE], ["status"], 0, ["complete, 5 of 5"], id="complete"),
        pytest.param([MOVING], ["status"], 0, ["waiting, 3 of 5"], id="going on"),
        pytest.param([STUCK], ["status"], 1, ["stalled: no progress for 600 s: w: no such topic"], id="stalled"),
        pytest.param([MOVING, MOVING, DONE], ["status", "--watch"], 0, ["waiting", "complete"], id="watched"),
        pytest.param([MOVING, STUCK], ["undo", "--watch"], 1, ["waiting", "stalled"], id="an undo that stalls"),
    ],
)
def test_what_the_command_tells(
    speak: Any, answers: list[Rollout], arguments: list[str], code: int, lines: list[str]
) -> None:
    """A line for each change; exit code 1 is for one that is stalled, as with kubectl."""
    told = speak(Api(*answers), *arguments)
    assert told.exit_code == code, told.output
    printed = told.output.splitlines()
    assert len(printed) == len(lines)
    assert all(part in line for part, line in zip(lines, printed, strict=True))


def test_what_the_command_asks_for(speak: Any, tmp_path: Path) -> None:
    """Only what the file says, so that the rest stays as the autoscaler's environment has it."""
    file = tmp_path / "worker.yaml"
    file.write_text("worker: {grace_seconds: 7}\nrollout: {max_surge: 3}\n", encoding="utf-8")
    api = Api(MOVING)
    assert speak(api, "start", "--worker", file, "--strategy", "max_unavailable=0").exit_code == 0
    assert speak(api, "start", "--image", "weir:3").exit_code == 0
    assert speak(api, "undo", "--to", "1").exit_code == 0
    (_, _, first), (_, _, second), third = api.asked
    assert (first["worker"], first["image"]) == ({"grace_seconds": 7}, None)
    assert (first["strategy"]["max_surge"], first["strategy"]["max_unavailable"]) == (3, 0)
    assert second == {"worker": None, "image": "weir:3", "strategy": None}
    assert third == ("POST", "rollout/undo", {"to": 1})


def test_the_history_shows_what_differs(speak: Any) -> None:
    told = speak(Api(DONE), "history")
    assert "2 *" in told.output
    assert "batch_events_max: 2" in told.output
    assert "at the start" in told.output


def test_nothing_to_roll_out_is_told_before_anybody_is_asked(speak: Any) -> None:
    api = Api(DONE)
    told = speak(api, "start")
    assert "expected --worker FILE, --image IMAGE, or both" in str(told.exception)
    assert api.asked == []


def test_that_nobody_listens_is_told() -> None:
    told = CliRunner().invoke(rollout_cli.app, ["status", "--api", "http://127.0.0.1:9"])
    assert isinstance(told.exception, ApiError)
