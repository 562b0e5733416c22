"""`weir status`, `pause`, `resume`, `scale` and `policy` against a real API; and what they say when nobody answers."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autoscaler.commands.client import ApiClient, ApiError
from autoscaler.commands.control import read_duration
from autoscaler.commands.status_text import number
from autoscaler.panel import Seat
from autoscaler.policies.fixed import fixed_plan
from autoscaler.rollout.model import Phase
from autoscaler.steering import Steering
from contract.errors import SettingsError
from tests.consoles import BAD_HPA, HPA, Console, calling, lags
from weir.cli import application


def _run(words: list[str], environment: Mapping[str, str]) -> Result:
    return CliRunner().invoke(application([words[0]]), words, env=environment)


@dataclass
class Shell:
    """Runs commands against an API."""

    environment: Mapping[str, str]

    async def weir(self, *words: str) -> Result:
        """The command in a thread of its own, as the API answers in this one."""
        return await asyncio.to_thread(_run, list(words), self.environment)

    async def told(self, *words: str) -> str:
        """What a command says that succeeds."""
        result = await self.weir(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    async def refused(self, *words: str) -> str:
        """Why a command does not succeed."""
        result = await self.weir(*words)
        assert isinstance(result.exception, ApiError | SettingsError), result.output
        return str(result.exception)


@asynccontextmanager
async def shell(console: Console, folder: Path) -> AsyncIterator[Shell]:
    """A shell beside the console's API."""
    async with calling(console, folder) as caller:
        yield Shell({"WEIR_API": caller.url, "WEIR_API_TOKEN_FILE": str(folder / "token"), "COLUMNS": "120"})


async def test_the_status_in_words(tmp_path: Path) -> None:
    console = Console(shadows=[Seat(name="nine", plan=fixed_plan(9))], facts={"slo_time_lag_seconds": 5.0})
    console.eyes.seen = {"partitions": lags(500, 780), "arrival_rate": 2_980.0, "time_lag_seconds": 0.94}
    await console.ticks(3)
    console.control.aim(7, 90, "deploy")
    async with shell(console, tmp_path) as here:
        said = await here.told("status")
    assert "billing reads orders, workers: memory, mode: manual" in said
    assert "start (FixedPolicy), 2 to 2 workers" in said
    assert "7 for 1 m 30 s more: deploy" in said
    assert "2 desired, 2 current, 2 ready, ? needed; ? members in the group" in said
    assert "1,280 events, 0.9 s (limit 5 s)" in said
    assert "2,980/s arrive, ?/s are processed" in said
    assert "fixed: always 2 (3 times)" in said
    assert "nine would have 9: fixed: always 9" in said
    assert "worker-1" in said


async def test_the_status_tells_what_is_wrong(tmp_path: Path) -> None:
    console = Console()
    console.eyes.fault = TimeoutError()
    await console.tick()
    async with shell(console, tmp_path) as here:
        said = await here.told("status")
    assert "holding: observer: TimeoutError" in said
    assert "? events, ? s" in said


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        pytest.param(Phase.STALLED, "revision 1: stalled: worker-3: CrashLoopBackOff", id="stalled"),
        pytest.param(Phase.PROGRESSING, "revision 1: waiting, ", id="it goes on"),
        pytest.param(Phase.COMPLETE, None, id="complete: there is nothing to tell"),
    ],
)
async def test_the_status_tells_of_a_rollout_that_is_not_over(tmp_path: Path, phase: Phase, words: str | None) -> None:
    console = Console()
    await console.tick()
    releases = console.controller.releases
    releases.rollout = replace(releases.rollout, phase=phase, reason="worker-3: CrashLoopBackOff")
    async with shell(console, tmp_path) as here:
        said = await here.told("status")
    assert words in said if words else "revision" not in said


async def test_the_status_for_programs(tmp_path: Path) -> None:
    console = Console()
    await console.ticks(2)
    async with shell(console, tmp_path) as here:
        said = json.loads(await here.told("status", "--json"))
    assert (said["state"]["group"], len(said["workers"]), said["decisions"][0]["count"]) == ("billing", 2, 2)


async def test_before_the_first_tick(tmp_path: Path) -> None:
    async with shell(Console(), tmp_path) as here:
        assert await here.refused("status") == "No tick yet: the first tick is not over yet; ask again in a second"


async def test_the_orders(tmp_path: Path) -> None:
    console = Console()
    (tmp_path / "hpa.yaml").write_text(HPA, encoding="utf-8")
    async with shell(console, tmp_path) as here:
        assert "the policy is not asked until weir resume" in await here.told("pause", "--reason", "deploy")
        assert console.controller.steering.paused is not None
        assert console.controller.steering.paused.reason == "deploy"
        assert json.loads(await here.told("resume", "--json"))["mode"] == "automatic"
        said = await here.told("scale", "7", "--for", "1m30s")
        assert "7 workers are asserted for a while, then start goes on" in said
        assert "warning: 7 is outside the bounds of start (2 to 2)" in said
        assert console.controller.steering.target is not None
        assert console.controller.steering.target.until == console.now + 90
        await here.told("scale", "--end")
        assert "no manual target" in await here.refused("scale", "--end")
        assert await here.told("policy", "show") == "kind: FixedPolicy\n"
        assert "by-lag (HorizontalPodAutoscaler)" in await here.told("policy", "use", str(tmp_path / "hpa.yaml"))
        assert await here.told("policy", "show") == HPA
        assert json.loads(await here.told("policy", "show", "--json"))["replaced"] is True


async def test_a_bad_policy_is_told_by_its_fields(tmp_path: Path) -> None:
    console = Console()
    (tmp_path / "bad.yaml").write_text(BAD_HPA, encoding="utf-8")
    async with shell(console, tmp_path) as here:
        said = await here.refused("policy", "use", str(tmp_path / "bad.yaml"))
        missing = await here.refused("policy", "use", str(tmp_path / "none.yaml"))
    assert "nothing was changed" in said
    assert "\n  spec.maxReplicas: " in said
    assert missing.endswith("none.yaml: No such file or directory")
    assert console.controller.steering == Steering()


@pytest.mark.parametrize(
    "words",
    [pytest.param(["scale"], id="no number"), pytest.param(["scale", "7", "--end"], id="a number and its end")],
)
async def test_scaling_needs_a_number_or_an_end(tmp_path: Path, words: list[str]) -> None:
    async with shell(Console(), tmp_path) as here:
        assert "expected a number of workers" in await here.refused(*words)


async def test_a_wrong_or_missing_token(tmp_path: Path) -> None:
    console = Console()
    (tmp_path / "other").write_text("not-the-token-at-all", encoding="utf-8")
    async with shell(console, tmp_path) as here:
        wrong = await here.refused("pause", "--token-file", str(tmp_path / "other"))
        missing = await here.refused("pause", "--token-file", str(tmp_path / "none"))
        (tmp_path / "other").write_text("töken\nin two lines", encoding="utf-8")
        garbled = await here.refused("pause", "--token-file", str(tmp_path / "other"))
    assert wrong.startswith("Wrong token: this is not the token of this autoscaler")
    assert "other holds no token: expected letters, digits" in garbled
    assert "töken" not in garbled
    assert "cannot be read: No such file or directory" in missing
    assert "WEIR_API_TOKEN_FILE" in missing


@pytest.mark.parametrize("words", [["status"], ["policy", "show"], ["resume"]])
def test_nobody_answers(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "token").write_text("a-token-that-nobody-guesses", encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take the port
        url = f"127.0.0.1:{taken.getsockname()[1]}"
        environment = {"WEIR_API": url, "WEIR_API_TOKEN_FILE": str(tmp_path / "token")}
        result = CliRunner().invoke(application([words[0]]), words, env=environment)
    assert isinstance(result.exception, ApiError)
    assert str(result.exception).startswith(f"no autoscaler answers at http://{url} (")
    assert "--api URL or WEIR_API" in str(result.exception)
    assert result.exception.exit_code == 2


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("ftp://x", "no autoscaler answers at ftp://x", id="another protocol"),
        pytest.param("http://here:there", "expected a URL such as http://127.0.0.1:8080", id="no URL"),
    ],
)
def test_an_address_that_is_none(url: str, message: str) -> None:
    with pytest.raises(ApiError, match=message), ApiClient(url) as client:
        client.read("state")


async def test_something_else_that_answers(tmp_path: Path) -> None:
    """As another web server that listens on that port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        body = b"<html>" if b"/state" in asked else b"no"
        code = b"200 OK" if b"/state" in asked else b"404 Not Found"
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (code, len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        here = Shell({"WEIR_API": f"127.0.0.1:{port}", "WEIR_API_TOKEN_FILE": str(tmp_path / "none")})
        assert "answers with something else than JSON" in await here.refused("status")
        assert "it answers 404 Not Found" in await here.refused("policy", "show")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5_400), ("1.5h", 5_400), ("7d", 604_800), ("0.5", 0.5)],
)
def test_a_duration(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-5", "10x", "m", "8d", "1h 30m", "1e3", "ten", "30m1", "10ms", "1hs"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(SettingsError, match="expected a duration of up to 7 days"):
        read_duration(text)


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(None, 0, "?"), (0, 0, "0"), (1_280.4, 0, "1,280"), (0.94, 1, "0.9")]
)
def test_numbers(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text
