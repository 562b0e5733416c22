"""Whole commands with workers as containers: what a user gets, and what is left however they end.

They use the image that `make image` builds, and the embedded Kafka.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from autoscaler.backends.docker.seen import GROUP, RUN
from autoscaler.backends.docker.starter import Here, labels_of
from broker import BrokerSettings, running_broker
from contract.kafka import KafkaSettings
from tests.docker.proxy import EngineProxy
from tests.integration.conftest import TEST_HEAP_MIB, quiet
from tests.integration.test_autoscaler_command import Autoscaler, autoscaling
from tests.integration.test_autoscaler_takeover import all_processed, leads, ready, two
from tests.integration.test_loadtests_run import document, weir, write_scenario
from tests.workers import Topic

pytestmark = pytest.mark.timeout(240)

PATIENCE_SECONDS = 90.0
FIXED = "apiVersion: weir/v1\nkind: FixedPolicy\nmetadata: {name: two}\nspec: {replicas: 2}\n"
FAULTS = """
faults:
  - {kind: kill, at_seconds: 3, workers: 1}
  - {kind: freeze, at_seconds: 5, workers: 1, hold_seconds: 1.5}
"""
LIMITED = "worker.resources.limits={cpu: 0.8, memory: 256Mi}"


def things(client: APIClient, run: Path) -> list[str]:
    """Containers and networks of that run."""
    label = f"{RUN}={document(run, 'run.json')['id']}" if (run / "run.json").exists() else f"{RUN}=none"
    containers = client.containers(all=True, filters={"label": [label]})
    return [*(e["Names"][0] for e in containers), *(n["Name"] for n in client.networks(filters={"label": [label]}))]


def wait_for(holds: Callable[[], object]) -> None:
    """In real time."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.1)


def happened(run: Path) -> Counter[str]:
    """How often each kind of event has been told."""
    file = run / "events.jsonl"
    return Counter(json.loads(line)["kind"] for line in (file.read_text().splitlines() if file.exists() else ()))


@contextmanager
def running(folder: Path, *more: str, seconds: int = 60) -> Iterator["subprocess.Popen[str]"]:
    """A run, under way."""
    scenario = write_scenario(folder, seconds=seconds)
    command = [sys.executable, "-m", "weir", "loadtest", "run", str(scenario), "--backend", "docker", "--out", "run"]
    with (folder / "said.txt").open("w") as sink:
        process = subprocess.Popen([*command, *more], cwd=folder, stdout=sink, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_run_in_containers_loses_nothing_when_they_are_killed_and_frozen_and_leaves_nothing(
    tmp_path: Path, client: APIClient
) -> None:
    scenario, out = write_scenario(tmp_path, seconds=8, replicas=3, more=FAULTS), tmp_path / "run"
    done = weir("loadtest", "run", scenario, "--backend", "docker", "--out", out, "--set", LIMITED, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    ledger = document(out, "ledger.json")
    assert (ledger["passed"], ledger["lost"], ledger["unread"]) == (True, 0, 0)
    assert document(out, "run.json")["workers"]["backend"] == "docker"
    assert document(out, "summary.json")["elasticity"]["worker_restarts"] == 1
    assert happened(out).keys() >= {"launch", "ready", "fault-kill", "fault-freeze", "fault-thaw", "exit"}
    assert "containers of weir:" in (out / "report.html").read_text()
    assert things(client, out) == []


def test_a_run_survives_an_engine_that_is_away_for_a_while(
    tmp_path: Path, client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers go on consuming meanwhile; the ticks hold, say why, and nothing is lost or left."""
    proxy = EngineProxy(tmp_path)
    proxy.start()
    monkeypatch.setenv("DOCKER_HOST", proxy.url)
    out = tmp_path / "run"
    try:
        with running(tmp_path, seconds=12) as process:
            wait_for(lambda: "load" in happened(out))
            proxy.stop()
            time.sleep(4.0)
            proxy.start()
            assert process.wait(PATIENCE_SECONDS) == 0, (tmp_path / "said.txt").read_text()
    finally:
        proxy.stop()
    assert document(out, "ledger.json")["passed"]
    assert happened(out)["held"] >= 1
    assert "exit" not in happened(out)
    assert things(client, out) == []


@pytest.mark.parametrize("times", [1, 2], ids=["one Ctrl-C", "two of them"])
def test_a_run_that_is_interrupted_leaves_nothing(tmp_path: Path, client: APIClient, times: int) -> None:
    with running(tmp_path) as process:
        wait_for(lambda: len(things(client, tmp_path / "run")) >= 3)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(1.0)
        assert process.wait(PATIENCE_SECONDS) in {2, 130}, (tmp_path / "said.txt").read_text()
    assert things(client, tmp_path / "run") == []


def test_what_a_killed_run_left_is_cleaned_away_and_a_living_runs_things_stay(
    tmp_path: Path, client: APIClient
) -> None:
    alive = {**labels_of(os.getpid(), Here.now()), RUN: "alive"}
    network = client.create_network("weir-test-alive", driver="bridge", labels=alive)["Id"]
    try:
        with running(tmp_path) as process:
            wait_for(lambda: len(things(client, tmp_path / "run")) >= 3)
            refused = weir("loadtest", "clean", folder=tmp_path)
            assert "weir-trial" not in refused.stdout, "its process lives"
            process.kill()
            process.wait()
            left = things(client, tmp_path / "run")
            assert len(left) >= 3
            done = weir("loadtest", "clean", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert all(name.removeprefix("/") in done.stdout for name in left)
        assert things(client, tmp_path / "run") == []
        assert client.networks(names=["weir-test-alive"]), "it bears the labels of this very process"
    finally:
        client.remove_network(network)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--image", "weir-no-such-image:1"], "No such image.*make image", id="an image that is not there"),
        pytest.param(["--network", "weir-no-such"], "docker network ls", id="a network that is not there"),
        pytest.param(["--network", "host"], "never one of the host's", id="the host's network"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_started(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    scenario = write_scenario(tmp_path)
    done = weir("loadtest", "run", scenario, "--backend", "docker", "--out", "run", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert re.search(message, done.stderr)
    assert "Kafka" not in done.stdout
    assert not (tmp_path / "run").exists()


@pytest.fixture
def network(client: APIClient, owner: str) -> Iterator[str]:
    """As somebody's compose file would have made it."""
    made = client.create_network(owner, driver="bridge")["Id"]
    yield owner
    client.remove_network(made)


@pytest.fixture
async def topic(tmp_path: Path, client: APIClient, network: str) -> AsyncIterator[Topic]:
    """On a Kafka that listens where containers of that network and this machine reach it."""
    gateway: str = client.inspect_network(network)["IPAM"]["Config"][0]["Gateway"]
    settings = BrokerSettings(data=tmp_path / "kafka", host=gateway, heap_mib=TEST_HEAP_MIB)
    async with running_broker(settings, say=quiet) as broker:
        yield await Topic(KafkaSettings(bootstrap_servers=broker.bootstrap_servers), partitions=4).create()


def workers(client: APIClient, topic: Topic) -> dict[str, str]:
    """Identifiers and states of the group's containers, by worker."""
    entries: list[Any] = client.containers(all=True, filters={"label": [f"{GROUP}=group-{topic.name}"]})
    return {entry["Labels"]["weir.worker"]: f"{entry['Id']} {entry['State']}" for entry in entries}


async def test_an_autoscaler_that_was_killed_is_followed_by_one_that_adopts_its_workers(
    tmp_path: Path, topic: Topic, client: APIClient, network: str
) -> None:
    """They go on meanwhile, and are the very same containers afterwards; Ctrl-C ends them."""
    await topic.fill(500)
    options = ("--backend", "docker", "--network", network, "--replicas", "2")

    def both_ready(autoscaler: Autoscaler) -> Callable[[], bool]:
        return lambda: autoscaler.said.count(" ready  ") >= 2

    with autoscaling(tmp_path, topic, FIXED, *options) as first:
        await first.until(both_ready(first))
        before = workers(client, topic)
        await first.end(signal.SIGKILL)
    await asyncio.sleep(1.0)
    assert workers(client, topic) == before
    with autoscaling(tmp_path, topic, FIXED, *options) as second:
        await second.until(both_ready(second))
        assert "adopt" in second.said
        assert workers(client, topic) == before
        await topic.fill(500, first=500)
        assert await second.end(signal.SIGINT) == 0
    assert workers(client, topic) == {}


async def test_a_worker_and_then_the_leader_are_killed_and_nothing_is_lost(
    tmp_path: Path, topic: Topic, client: APIClient, network: str
) -> None:
    """By the engine, in the middle of their work: the worker is started again, the standby adopts what it finds."""
    await topic.fill(6_000)
    with two(tmp_path, topic, FIXED, "--backend", "docker", "--network", network) as both:
        leader, standby = await ready(both)
        client.kill(workers(client, topic)["worker-1"].split()[0])
        await leader.until(lambda: "launch       worker-1  restart 1" in leader.said)
        await leader.until(lambda: leader.said.count(" ready  ") >= 3)
        before = workers(client, topic)
        await leader.end(signal.SIGKILL)
        await standby.until(lambda: leads(standby))
        await standby.until(lambda: standby.said.count(" adopt  ") == 2)
        await topic.fill(500, first=6_000)
        await all_processed(topic)
        assert workers(client, topic) == before
        assert await standby.end() == 0, standby.said
    assert workers(client, topic) == {}


@pytest.fixture
def second_image(client: APIClient) -> Iterator[str]:
    """The same image under another name, as a next version would be."""
    name = f"weir-test-next-{os.getpid()}"
    client.tag(f"weir:{metadata.version('weir')}", name, "2")
    yield f"{name}:2"
    client.remove_image(f"{name}:2")


async def test_workers_are_moved_to_another_image_while_they_work(
    tmp_path: Path, topic: Topic, client: APIClient, network: str, second_image: str
) -> None:
    """One that does not exist stalls, and the old workers keep serving; a good one replaces them; nothing is lost."""
    await topic.fill(3_000)
    with autoscaling(tmp_path, topic, FIXED, "--backend", "docker", "--network", network) as scaler:
        await scaler.until(lambda: scaler.said.count(" ready  ") >= 2)
        api = re.search(r"http://\S+:\d+/", scaler.said)
        assert api is not None, scaler.said

        async def rollout(*arguments: str) -> "subprocess.CompletedProcess[str]":
            return await asyncio.to_thread(weir, "rollout", *arguments, "--api", api[0], folder=tmp_path)

        before = workers(client, topic)
        strategy, soon = ("--strategy", "max_unavailable=0"), ("--strategy", "progress_deadline_seconds=5")
        bad = await rollout("start", "--image", "weir-test-missing:1", *strategy, *soon, "--watch")
        assert bad.returncode == 1, bad.stdout + bad.stderr
        assert "weir-test-missing:1" in bad.stdout
        assert before.items() <= workers(client, topic).items(), "the old ones keep serving"
        good = await rollout("start", "--image", second_image, *strategy, "--watch")
        assert good.returncode == 0, good.stdout + good.stderr
        await scaler.until(lambda: set(before).isdisjoint(workers(client, topic)))
        images = {entry["Image"] for entry in client.containers(filters={"label": [f"{GROUP}=group-{topic.name}"]})}
        assert images == {second_image}
        await topic.fill(500, first=3_000)
        await all_processed(topic)
        assert await scaler.end() == 0, scaler.said
    assert workers(client, topic) == {}
