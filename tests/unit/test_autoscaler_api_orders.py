"""Orders over a real loopback socket: what they do, every way to be refused, and a line in the audit for each."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from autoscaler.api.auth import Token, made_token
from autoscaler.api.gate import BODY_BYTES_MAX
from autoscaler.steering import Steering
from contract.errors import SettingsError
from tests.consoles import BAD_HPA, HPA, TOKEN, Caller, Console, calling

SEVEN = {"replicas": 7, "for_seconds": 60}
ORDERS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "pause", {}),
    ("POST", "resume", {}),
    ("PUT", "target", {"json": SEVEN}),
    ("DELETE", "target", {}),
    ("PUT", "policy", {"content": HPA, "headers": {"Content-Type": "application/yaml"}}),
]


async def test_pause_and_resume(tmp_path: Path) -> None:
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        paused = (await caller.order("POST", "api/v1/pause", json={"reason": "deploy"})).json()
        state = (await caller.http.get("api/v1/state")).json()
        resumed = (await caller.order("POST", "api/v1/resume")).json()
    assert (paused["mode"], paused["paused"]["reason"], state["mode"]) == ("paused", "deploy", "paused")
    assert (resumed["mode"], resumed["paused"]) == ("automatic", None)


async def test_a_target_and_its_end(tmp_path: Path) -> None:
    """Outside the policy's bounds it is set all the same, and told."""
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        answer = await caller.order("PUT", "api/v1/target", json={**SEVEN, "reason": "r"})
        assert (await console.tick()).desired == 7
        ended = await caller.order("DELETE", "api/v1/target")
    assert answer.json()["manual"] == {"replicas": 7, "until": console.now - 1 + 60, "reason": "r"}
    assert answer.json()["warnings"] == ["7 is outside the bounds of start (2 to 2); it is asserted all the same"]
    assert (ended.status_code, ended.json()["mode"]) == (200, "automatic")


async def test_a_target_that_is_over_cannot_be_ended(tmp_path: Path) -> None:
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        await caller.order("PUT", "api/v1/target", json={"replicas": 7, "for_seconds": 0.5})
        await console.tick()
        answer = await caller.order("DELETE", "api/v1/target")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:weir:problem:no-target")


@pytest.mark.parametrize("kind", ["application/yaml", "text/yaml; charset=utf-8", "application/x-yaml"])
async def test_another_policy(tmp_path: Path, kind: str) -> None:
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        answer = await caller.order("PUT", "api/v1/policy", content=HPA, headers={"Content-Type": kind})
        shown = (await caller.http.get("api/v1/policy")).json()
    assert answer.json()["policy"] == {
        "name": "by-lag",
        "kind": "HorizontalPodAutoscaler",
        "replicas_min": 1,
        "replicas_max": 4,
    }
    assert (shown["manifest"], shown["replaced"]) == (HPA, True)


async def test_what_is_shown_can_be_put_again(tmp_path: Path) -> None:
    """Also what a number of workers without a file was made into."""
    console = Console()
    async with calling(console, tmp_path) as caller:
        for _ in range(2):
            manifest = (await caller.http.get("api/v1/policy")).json()["manifest"]
            manifest = HPA if manifest == "kind: FixedPolicy\n" else manifest
            headers = {"Content-Type": "application/yaml"}
            assert (await caller.order("PUT", "api/v1/policy", content=manifest, headers=headers)).status_code == 200


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("order", "what", "status", "fields"),
    [
        pytest.param("PUT target", {"json": {**SEVEN, "replicas": -1}}, 422, ["replicas"], id="below 0"),
        pytest.param("PUT target", {"json": {**SEVEN, "replicas": 1_001}}, 422, ["replicas"], id="too many"),
        pytest.param("PUT target", {"json": {**SEVEN, "replicas": 2.5}}, 422, ["replicas"], id="a half"),
        pytest.param("PUT target", {"json": {**SEVEN, "replicas": "7"}}, 422, ["replicas"], id="a text"),
        pytest.param("PUT target", {"json": {**SEVEN, "replicas": True}}, 422, ["replicas"], id="a truth"),
        pytest.param("PUT target", {"json": {"replicas": 7}}, 422, ["for_seconds"], id="without an end"),
        pytest.param("PUT target", {"json": {**SEVEN, "for_seconds": -5}}, 422, ["for_seconds"], id="over already"),
        pytest.param("PUT target", {"json": {**SEVEN, "for_seconds": 1e9}}, 422, ["for_seconds"], id="for years"),
        pytest.param("PUT target", {"json": {**SEVEN, "until_": 3}}, 422, ["until_"], id="a slip of the pen"),
        pytest.param("PUT target", {"json": [7]}, 422, ["(body)"], id="no object"),
        pytest.param("PUT target", {"content": "{", "headers": JSON}, 422, ["(body)"], id="not JSON"),
        pytest.param("PUT target", {}, 422, ["(body)"], id="nothing"),
        pytest.param("PUT target", {"data": {"replicas": "7"}}, 415, [], id="a form, as other sites could send"),
        pytest.param("POST pause", {"content": "x"}, 415, [], id="a body of no type"),
        pytest.param("POST pause", {"json": {"reason": "x" * 501}}, 422, ["reason"], id="a novel"),
        pytest.param("POST pause", {"json": {"why": "x"}}, 422, ["why"], id="an unknown field"),
        pytest.param("PUT policy", {"json": {"kind": "FixedPolicy"}}, 415, [], id="a policy that is not YAML"),
        pytest.param("PUT policy", {"content": HPA}, 415, [], id="a policy of no type"),
        pytest.param("PUT state", {"json": {}}, 405, [], id="what cannot be changed"),
        pytest.param("POST nothing", {"json": {}}, 404, [], id="what there is not"),
    ],
)
async def test_orders_that_are_wrong_change_nothing(
    tmp_path: Path, order: str, what: dict[str, Any], status: int, fields: list[str]
) -> None:
    console = Console()
    method, path = order.split()
    async with calling(console, tmp_path) as caller:
        answer = await caller.order(method, f"api/v1/{path}", **what)
        problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert [fault["field"] for fault in problem.get("errors", [])] == fields
    assert console.controller.steering == Steering()
    assert [line for line in caller.audit if f"result=refused status={status}" in line] == caller.audit


@pytest.mark.parametrize(
    ("manifest", "fields", "words"),
    [
        pytest.param(BAD_HPA, ["spec.maxReplicas", "spec.leastReplicas"], "2 fault(s)", id="fields, each by its path"),
        pytest.param("kind: [", [], "is not YAML", id="no YAML"),
        pytest.param("", [], "expected one policy", id="nothing"),
        pytest.param(HPA + "---\n" + HPA, [], "found 2", id="two policies"),
        pytest.param(HPA.replace("autoscaling/v2", "autoscaling/v1"), ["apiVersion"], "apiVersion", id="a version"),
        pytest.param(
            HPA.replace("total_lag", "mood"), ["spec.metrics[0].external.metric.name"], "fault", id="an unknown metric"
        ),
        pytest.param(b"\xff", [], "not UTF-8", id="no text"),
    ],
)
async def test_a_policy_that_cannot_be_honoured_changes_nothing(
    tmp_path: Path, manifest: str | bytes, fields: list[str], words: str
) -> None:
    console = Console()
    async with calling(console, tmp_path) as caller:
        headers = {"Content-Type": "application/yaml"}
        answer = await caller.order("PUT", "api/v1/policy", content=manifest, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:weir:problem:bad-policy")
    assert [fault["field"] for fault in problem.get("errors", [])] == fields
    assert words in str(problem)
    assert console.controller.panel.acting.name == "start"


def chunked(size: int) -> Any:
    """A body that does not say before how long it is."""

    async def body() -> Any:
        for _ in range(size // 1_024):
            yield b"#" * 1_024

    return body()


@pytest.mark.parametrize("in_chunks", [pytest.param(False, id="as it says"), pytest.param(True, id="in chunks")])
async def test_a_body_that_is_too_large_is_not_read(tmp_path: Path, in_chunks: bool) -> None:
    size = BODY_BYTES_MAX + 2_048
    console = Console()
    async with calling(console, tmp_path) as caller:
        content = chunked(size) if in_chunks else b"#" * size
        answer = await caller.order(
            "PUT", "api/v1/policy", content=content, headers={"Content-Type": "application/yaml"}
        )
    assert (answer.status_code, answer.json()["title"]) == (413, "Content Too Large")
    assert "status=413" in caller.audit[0]


@pytest.mark.parametrize(
    ("authorization", "kind", "challenge"),
    [
        pytest.param(None, "no-token", 'Bearer realm="weir"', id="no token"),
        pytest.param("Bearer", "no-token", 'Bearer realm="weir"', id="an empty one"),
        pytest.param(f"Basic {TOKEN}", "no-token", 'Bearer realm="weir"', id="another scheme"),
        pytest.param(TOKEN, "no-token", 'Bearer realm="weir"', id="no scheme"),
        pytest.param("Bearer wrong", "wrong-token", 'Bearer realm="weir", error="invalid_token"', id="a wrong one"),
        pytest.param(
            f"Bearer {TOKEN[:-1]}", "wrong-token", 'Bearer realm="weir", error="invalid_token"', id="nearly the one"
        ),
    ],
)
async def test_nobody_is_let_in_without_the_token(
    tmp_path: Path, authorization: str | None, kind: str, challenge: str
) -> None:
    """Whatever is ordered; and what was given is told to nobody."""
    console = Console()
    async with calling(console, tmp_path) as caller:
        for method, path, what in ORDERS:
            headers = {**what.get("headers", {}), **({"Authorization": authorization} if authorization else {})}
            body = {name: value for name, value in what.items() if name != "headers"}
            answer = await caller.http.request(method, f"api/v1/{path}", headers=headers, **body)
            assert (answer.status_code, answer.json()["type"]) == (401, f"urn:weir:problem:{kind}")
            assert answer.headers["www-authenticate"] == challenge
            assert f'change="{method} /api/v1/{path}" result=refused status=401' in caller.audit[-1]
            assert TOKEN[:-1] not in str(caller.audit) + answer.text
    assert console.controller.steering == Steering()


async def test_the_scheme_is_read_as_the_standard_says(tmp_path: Path) -> None:
    async with calling(Console(), tmp_path) as caller:
        headers = {"Authorization": f"bEARER {TOKEN}"}
        assert (await caller.http.post("api/v1/pause", headers=headers)).status_code == 200


async def test_the_token_is_read_again_when_its_file_changes(tmp_path: Path) -> None:
    async with calling(Console(), tmp_path) as caller:
        (tmp_path / "token").write_text("another-token-altogether", encoding="utf-8")
        old = await caller.order("POST", "api/v1/pause")
        new = await caller.http.post("api/v1/pause", headers={"Authorization": "Bearer another-token-altogether"})
        (tmp_path / "token").unlink()
        gone = await caller.order("POST", "api/v1/pause")
    assert (old.status_code, new.status_code, gone.status_code) == (401, 200, 503)
    assert "cannot be read: No such file or directory" in gone.json()["detail"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost", 200, id="this machine by name"),
        pytest.param("LOCALHOST:9000", 200, id="behind a tunnel's port"),
        pytest.param("127.0.0.1:80", 200, id="by address"),
        pytest.param("[::1]:80", 200, id="by the other address"),
        pytest.param("evil.example", 421, id="a name that points here"),
        pytest.param("localhost.evil.example:8080", 421, id="one that looks like it"),
        pytest.param("evil.example@127.0.0.1", 421, id="with something before the address"),
        pytest.param("192.168.1.9:8080", 421, id="another machine's address"),
        pytest.param("[::", 421, id="nonsense"),
        pytest.param("", 421, id="nothing"),
    ],
)
async def test_a_name_of_somebody_else_is_refused_on_loopback(tmp_path: Path, host: str, status: int) -> None:
    """A page of another site can have its name point to this machine, and read what is there."""
    async with calling(Console(), tmp_path) as caller:
        answer = await caller.http.get("healthz", headers={"Host": host})
    assert answer.status_code in ({status, 400} if host in {"[::", ""} else {status})


async def test_an_order_under_a_foreign_name_is_refused_and_noted(tmp_path: Path) -> None:
    console = Console()
    async with calling(console, tmp_path) as caller:
        answer = await caller.order("POST", "api/v1/pause", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["type"]) == (421, "urn:weir:problem:foreign-host")
    assert console.controller.steering == Steering()
    assert "status=421" in caller.audit[0]


async def test_other_sites_are_not_told_that_they_may_ask(tmp_path: Path) -> None:
    """A browser asks before it sends a token for another site, and must not be told yes."""
    async with calling(Console(), tmp_path) as caller:
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
        answer = await caller.http.options("api/v1/target", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_who_stands_by_refuses_orders(tmp_path: Path) -> None:
    console = Console(leader={"holder": "host-b", "term": 3, "self": False, "lease_seconds": 5.0})
    async with calling(console, tmp_path) as caller:
        for method, path, what in ORDERS:
            answer = await caller.order(method, f"api/v1/{path}", **what)
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:weir:problem:not-acting")
            assert answer.json()["detail"] == "host-b leads; orders are taken there"


async def test_the_audit_tells_who_changed_what_from_what_to_what(tmp_path: Path) -> None:
    console = Console()
    async with calling(console, tmp_path) as caller:
        await caller.order("POST", "api/v1/pause", json={"reason": 'a "b"\nc'})
        await caller.order("PUT", "api/v1/policy", content=HPA, headers={"Content-Type": "application/yaml"})
        await caller.order("PUT", "api/v1/target", json={"replicas": -1, "for_seconds": 1})
    first, second, third = caller.audit
    assert first.startswith('audit change="POST /api/v1/pause" result=accepted status=200 remote="127.0.0.1:')
    assert first.endswith('before="policy start, revision 1" after="policy start, paused (a \\"b\\"\\nc), revision 1"')
    assert 'before="policy start, paused' in second
    assert 'after="policy by-lag, paused' in second
    assert "result=refused status=422" in third
    assert "replicas: Input should be greater than or equal to 0, found -1" in third
    assert all("\n" not in line for line in caller.audit)
    assert console.board.tallies.changes == {
        ("pause", "accepted"): 1,
        ("policy", "accepted"): 1,
        ("target", "refused"): 1,
    }


async def test_a_kept_policy_that_cannot_be_read_here_has_replaced_nothing(tmp_path: Path) -> None:
    """Such as one of a later version, which another leader was given."""
    console = Console()
    console.controller.steering = Steering(policy="kind: Unheard\n")
    async with calling(console, tmp_path) as caller:
        shown = (await caller.http.get("api/v1/policy")).json()
    assert (shown["name"], shown["replaced"]) == ("start", False)


async def test_a_line_of_the_audit_has_an_end(tmp_path: Path) -> None:
    """Whoever has no token writes one as well."""
    async with calling(Console(), tmp_path) as caller:
        answer = await caller.http.post("api/v1/" + "x" * 20_000)
    assert answer.status_code == 401
    assert len(caller.audit[0]) < 1_000


async def test_reading_leaves_no_line(tmp_path: Path) -> None:
    async with calling(Console(), tmp_path) as caller:
        for path in ("healthz", "api/v1/state", "metrics"):
            await caller.http.get(path)
    assert caller.audit == []


async def test_a_fault_of_our_own_is_a_problem_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its words are for the log; the order is noted as refused."""
    console = Console()

    def broken(reason: str | None) -> None:
        raise ZeroDivisionError(f"secret {reason}")

    async with calling(console, tmp_path) as caller:
        monkeypatch.setattr(type(console.control), "pause", lambda _self, reason: broken(reason))
        with caplog.at_level(logging.ERROR):
            answer = await caller.order("POST", "api/v1/pause")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "result=refused status=500" in caller.audit[0]


def test_a_token_is_made_that_only_its_owner_can_read(tmp_path: Path) -> None:
    token = made_token(tmp_path / "new" / "folder")
    assert token.path.stat().st_mode & 0o777 == 0o600
    secret = token.path.read_text(encoding="utf-8").strip()
    assert len(secret) >= 32
    assert token.fits(secret)
    assert made_token(tmp_path / "new" / "folder").fits(secret), "the next start finds the same"


def test_a_made_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    made_token(tmp_path).path.chmod(0o644)
    with pytest.raises(SettingsError, match="can be read by others: chmod 600 it"):
        made_token(tmp_path)


def test_a_link_is_not_followed_to_make_a_token(tmp_path: Path) -> None:
    """Somebody could have put one there that leads to a file of the owner's."""
    (tmp_path / "api-token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        made_token(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "cannot be read: No such file", id="there is none"),
        pytest.param(b"", "has 0 characters: expected 16 or more", id="empty"),
        pytest.param(b"letmein\n", "has 7 characters", id="short"),
        pytest.param(b"\xff" * 20, "it is not UTF-8 text", id="no text"),
        pytest.param("correct-hörse-battery".encode(), "expected letters, digits", id="nothing for a header"),
        pytest.param(b"first-line-of-it\nand-a-second", "expected letters, digits", id="two lines"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        Token(tmp_path / "token")


async def test_many_orders_at_once_are_taken_one_after_the_other(tmp_path: Path) -> None:
    console = Console()

    async def aim(caller: Caller, number: int) -> httpx.Response:
        return await caller.order("PUT", "api/v1/target", json={"replicas": number, "for_seconds": 60})

    async with calling(console, tmp_path) as caller:
        answers = await asyncio.gather(*(aim(caller, number) for number in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(caller.audit) == 20
