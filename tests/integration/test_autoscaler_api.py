"""A live `weir autoscale` and its API, driven by the commands: what they order is what the workers do."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from autoscaler.journal import read_journal
from broker import Broker
from broker.ports import free_port
from contract.kafka import KafkaSettings
from tests.integration.test_autoscaler_command import Autoscaler, autoscaling
from tests.integration.test_autoscaler_live import FIXED_POLICY
from tests.integration.test_loadtests_run import Started, weir
from tests.workers import Topic

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

COUNTS = ("desired", "current", "ready")
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")


@pytest.fixture
async def topic(kafka: Broker) -> Topic:
    """Topics and a group of the test's own."""
    return await Topic(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), partitions=4).create()


class Here:
    """Commands and requests beside a live autoscaler."""

    def __init__(self, autoscaler: Autoscaler, folder: Path) -> None:
        found = re.search(r"live page and API at (http://\S+:\d+/)", autoscaler.said)
        assert found is not None, autoscaler.said
        self.autoscaler, self.folder, self.url = autoscaler, folder, found[1]

    async def told(self, *words: str, code: int = 0) -> str:
        """What a command says, on either stream."""
        result = await asyncio.to_thread(weir, *words, "--api", self.url, folder=self.folder)
        assert result.returncode == code, result.stdout + result.stderr
        return str(result.stdout + result.stderr)

    async def state(self) -> dict[str, Any]:
        """By `weir status`."""
        document: dict[str, Any] = json.loads(await self.told("status", "--json"))["state"]
        return document

    async def until_ready(self, count: int) -> None:
        """As many consume, and no more are there."""
        async with asyncio.timeout(60):
            while {(await self.state())["replicas"][name] for name in COUNTS} != {count}:  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.2)


@pytest.fixture
async def here(tmp_path: Path, topic: Topic) -> AsyncIterator[Here]:
    """An autoscaler with two workers."""
    policy = FIXED_POLICY.format(name="two", replicas=2)
    with autoscaling(tmp_path, topic, policy, "--journal", "decisions.jsonl") as autoscaler:
        await autoscaler.until(lambda: autoscaler.said.count(" ready  ") >= 2)
        yield Here(autoscaler, tmp_path)


async def test_an_operator_takes_over_and_lets_go(tmp_path: Path, here: Here) -> None:
    """Status, pause, a target, another policy, refusals; the journal and the audit have it all."""
    assert "two (FixedPolicy), 2 to 2 workers" in await here.told("status")

    assert "is asserted all the same" in await here.told("scale", "4", "--for", "5m", "--reason", "deploy")
    await here.until_ready(4)
    assert len(here.autoscaler.workers) == 4

    await here.told("pause", "--reason", "brokers")
    await here.told("scale", "--end")
    state = await here.state()
    assert (state["mode"], state["replicas"]["desired"]) == ("paused", 4), "the present number is kept"

    (tmp_path / "bad.yaml").write_text(
        "kind: FixedPolicy\napiVersion: weir/v1\nspec: {replicas: many}\n", encoding="utf-8"
    )
    refused = await here.told("policy", "use", "bad.yaml", code=2)
    assert "spec.replicas" in refused
    (tmp_path / "three.yaml").write_text(FIXED_POLICY.format(name="three", replicas=3), encoding="utf-8")
    await here.told("policy", "use", "three.yaml")
    assert (await here.state())["replicas"]["desired"] == 4, "paused, it is not asked either"
    await here.told("resume")
    await here.until_ready(3)

    (tmp_path / "wrong").write_text("not-the-token-of-this-one", encoding="utf-8")
    assert "Wrong token" in await here.told("pause", "--token-file", "wrong", code=2)
    assert await here.autoscaler.end() == 0, here.autoscaler.said

    ticks = list(read_journal(tmp_path / "decisions.jsonl"))
    assert {tick.order.rule for tick in ticks if tick.order} == {"manual", "paused"}
    assert [tick.policy for tick in ticks][-1] == "three"
    story = await asyncio.to_thread(weir, "explain", "decisions.jsonl", folder=tmp_path)
    assert "manual: set by an operator: deploy" in story.stdout
    audit = [line for line in here.autoscaler.said.splitlines() if " audit " in line]
    assert [("result=accepted" in line) for line in audit] == [True, True, True, False, True, True, False]
    assert "status=401" in audit[-1]


async def test_what_a_scraper_and_a_browser_see(here: Here) -> None:
    """Prometheus' page is clean by its own linter, here and at every worker that is discovered; the page is there."""
    async with httpx.AsyncClient(base_url=here.url, trust_env=False) as http:
        groups = (await http.get("api/v1/prometheus/targets")).json()
        places = ["metrics", *(f"http://{group['targets'][0]}/metrics" for group in groups)]
        pages = [(await http.get(place)).content for place in places]
        page = await http.get("")
        ready = await http.get("readyz")
    assert {group["labels"]["__meta_weir_worker"] for group in groups} == {"worker-1", "worker-2"}
    assert b"kafka_consumergroup_members" in pages[0]
    assert b"worker_ready 1.0" in pages[1]
    assert (page.status_code, ready.text) == (200, "ok")
    if PROMTOOL:
        for text in pages:
            lint = [PROMTOOL, "check", "metrics"]
            told = await asyncio.to_thread(subprocess.run, lint, input=text, capture_output=True, check=False)
            assert (told.returncode, told.stdout + told.stderr) == (0, b"")


async def test_it_ends_at_once_although_somebody_listens(here: Here) -> None:
    """SIGTERM means the same with open streams as without."""
    async with (
        httpx.AsyncClient(base_url=here.url, trust_env=False, timeout=30) as http,
        http.stream("GET", "api/v1/events") as answer,
    ):
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith("id: ")
        assert await here.autoscaler.end(signal.SIGTERM) == 0, here.autoscaler.said


async def test_a_second_autoscaler_on_the_same_port_is_told_so(tmp_path: Path, here: Here, topic: Topic) -> None:
    """Before it starts anything."""
    address = here.url.removeprefix("http://").rstrip("/")
    options = ["--scaler", "policy.yaml", "--topic", topic.name, "--group", f"other-{topic.name}"]
    options += ["--kafka", topic.kafka.bootstrap_servers, "--folder", "second", "--api", address]
    second = await asyncio.to_thread(weir, "autoscale", *options, folder=tmp_path)
    assert second.returncode == 2
    assert f"(--api) {address} cannot be used: Address already in use; choose another" in second.stderr


async def test_an_address_for_others_without_a_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(FIXED_POLICY.format(name="two", replicas=2), encoding="utf-8")
    options = ["--scaler", "policy.yaml", "--api", "0.0.0.0:0"]
    told = await asyncio.to_thread(weir, "autoscale", *options, folder=tmp_path)
    assert (told.returncode, "others can reach this address" in told.stderr) == (2, True)


async def test_a_load_test_shows_the_same(tmp_path: Path, kafka: Broker) -> None:
    """Scenario and SLO beside everything else; its token goes with the run; an order is an event of the run."""
    port = free_port("127.0.0.1")
    started = Started(tmp_path, kafka)
    try:
        started.start("--api", f"127.0.0.1:{port}", seconds=12, replicas=2)
        await asyncio.to_thread(started.load_begun)
        said = await asyncio.to_thread(weir, "status", "--api", f"127.0.0.1:{port}", "--json", folder=tmp_path)
        assert said.returncode == 0, said.stderr
        state = json.loads(said.stdout)["state"]
        assert (state["scenario"], state["slo_time_lag_seconds"], state["mode"]) == ("trial", 5.0, "automatic")
        token = ("--api", f"127.0.0.1:{port}", "--token-file", str(started.out / "workers" / "api-token"))
        paused = await asyncio.to_thread(weir, "pause", "--reason", "look", *token, folder=tmp_path)
        assert paused.returncode == 0, paused.stderr
        printed = await asyncio.to_thread(started.finish)
        assert started.process.returncode == 0, printed
    finally:
        started.close()
    assert f"live page and API at http://127.0.0.1:{port}/" in printed
    assert 'audit change="POST /api/v1/pause" result=accepted' in printed
    events = [json.loads(line) for line in (started.out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["detail"] for event in events if event["kind"] == "pause"] == ["look"]
    assert not list(started.out.rglob("api-token"))
