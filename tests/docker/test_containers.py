"""What only containers promise: how they are confined, that they are ours alone, that nobody waits for the engine."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from docker import APIClient

from autoscaler.backends.docker import DockerBackend
from autoscaler.backends.docker.containers import _stats
from autoscaler.backends.docker.recipe import PIDS_MAX, USER, Host, Place, recipe
from autoscaler.backends.docker.seen import OWNER, container_name
from autoscaler.backends.docker.stats import read_usage
from autoscaler.backends.memory import Script
from autoscaler.reconciler.model import Found
from contract.pods import PodSpec, ResourceAmounts, Resources
from tests.backends.rigs import PATIENCE_SECONDS
from tests.docker.conftest import Make, MakeTemplate, Ours
from tests.templates import BARE


async def until(
    backend: DockerBackend, holds: Callable[[dict[str, Found]], object], seconds: float = PATIENCE_SECONDS
) -> dict[str, Found]:
    """All workers by name, as soon as they are so."""
    limit = time.monotonic() + seconds
    while True:
        found = {one.name: one for one in await backend.list()}
        if holds(found):
            return found
        assert time.monotonic() < limit, f"waited in vain: {found}"
        await asyncio.sleep(0.02)


async def test_a_worker_is_confined(make: Make, template: MakeTemplate, client: APIClient, owner: str) -> None:
    """Every property that docs/docker.md promises, as the engine itself has it."""
    resources = Resources(requests=ResourceAmounts(cpu=0.25), limits=ResourceAmounts(cpu=0.5, memory=96 << 20))
    backend = make()
    await backend.launch("worker-1", 0, template(spec=PodSpec(resources=resources)))
    await until(backend, lambda found: found["worker-1"].url)
    inspected = client.inspect_container(container_name(owner, "worker-1"))
    host, config = inspected["HostConfig"], inspected["Config"]
    assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (500_000_000, 96 << 20, 96 << 20)
    assert (host["CpuShares"], host["PidsLimit"]) == (256, PIDS_MAX)
    assert host["ReadonlyRootfs"] is True
    assert list(host["Tmpfs"]) == ["/tmp"]  # noqa: S108  # in the container
    assert {"noexec", "nosuid", "nodev"} < set(host["Tmpfs"]["/tmp"].split(","))  # noqa: S108
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert config["User"] == USER
    assert host["Privileged"] is False
    assert (inspected["Mounts"], host["Binds"], host.get("Mounts")) == ([], None, None)
    assert (host["PidMode"], host["UTSMode"], host["UsernsMode"], host["IpcMode"]) == ("", "", "", "private")
    assert not host["NetworkMode"].startswith(("host", "container"))
    assert (host["Devices"] or []) == []
    assert host["PortBindings"] in ({}, None)
    assert host["RestartPolicy"]["Name"] in ("", "no")
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "8m", "max-file": "3"}}
    assert config["Healthcheck"] == {"Test": ["NONE"]}
    assert config["Labels"].items() >= {"weir.owner": owner, "weir.worker": "worker-1", "weir.revision": "1"}.items()


async def test_a_worker_cannot_write_nor_gain_privileges(client: APIClient, owner: str) -> None:
    """The properties at work, seen from inside."""
    program = (
        "import os\n"
        "for path in ('/x', '/usr/x', '/actor.py'):\n"
        "    try: open(path, 'w')\n"
        "    except OSError as error: print(path, error.strerror)\n"
        "open('/tmp/x', 'w')\n"
        "status = open('/proc/self/status').read()\n"
        "told = [line.split() for line in status.splitlines()]\n"
        "print([line[1] for line in told if line[0] in ('CapEff:', 'CapBnd:', 'NoNewPrivs:')])\n"
        "print(os.getuid(), os.getgid())\n"
    )
    place = Place(owner=owner, image="python:3.13-slim", network="bridge", command=("python", "-c", program))
    host = Host(api_version=client.api_version, cores=1, has_init=True)
    made = client.create_container(**recipe("inside", 0, BARE, place=place, host=host, launched_at=0.0))
    client.start(made["Id"])
    client.wait(made["Id"])
    said = client.logs(made["Id"]).decode().splitlines()
    assert said[:3] == [f"{path} Read-only file system" for path in ("/x", "/usr/x", "/actor.py")]
    assert said[3] == "['0000000000000000', '0000000000000000', '1']"
    assert said[4] == USER.replace(":", " ")


async def test_a_limit_of_cpu_is_held(make: Make, template: MakeTemplate) -> None:
    """A worker that would use a whole core gets a fifth of one; both times are the engine's."""
    backend = make(usage_wait_seconds=3.0)
    limits = Resources(limits=ResourceAmounts(cpu=0.2))
    await backend.launch("worker-1", 0, template(Script(cpu_cores=1.0), PodSpec(grace_seconds=0.2, resources=limits)))
    await until(backend, lambda found: found["worker-1"].url)
    first = (await backend.usage())["worker-1"]
    await asyncio.sleep(3.0)
    last = (await backend.usage())["worker-1"]
    cores = (last.cpu_seconds - first.cpu_seconds) / (last.at_seconds - first.at_seconds)
    assert 0.05 < cores < 0.3


async def test_twenty_launches_go_in_parallel_and_the_loop_is_never_held_up(make: Make, template: MakeTemplate) -> None:
    """Held against how long the launches take altogether: the machine may be slow, the loop may not wait for it."""
    backend, gaps, names = make(usage_wait_seconds=10.0), [0.0], [f"worker-{number}" for number in range(20)]

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            gaps.append(time.monotonic() - before)

    await backend.list()
    ticking = asyncio.create_task(tick())
    began = time.monotonic()
    await asyncio.gather(*(backend.launch(name, 0, template()) for name in names))
    asked = time.monotonic() - began
    early = await backend.list()
    assert {found.name for found in early} == set(names), "what was asked for is shown at once"
    assert {found.exit for found in early} == {None}
    await until(backend, lambda found: all(one.url for one in found.values()), 90)
    took = time.monotonic() - began
    ticking.cancel()
    assert asked < took / 10
    assert max(gaps) < took / 4
    assert len((await backend.usage()).keys()) > 0


async def test_what_is_not_ours_is_never_touched(
    make: Make, template: MakeTemplate, client: APIClient, owner: str, image: str
) -> None:
    """Neither a stranger, nor a worker of another owner, nor one that only bears the owner's label."""
    backend = make()
    await backend.launch("worker-1", 0, template())
    labels: list[dict[str, str]] = [
        {"test": owner},
        {"test": owner, OWNER: f"{owner}-2", "weir.worker": "worker-1", "weir.generation": "0"},
        {"test": owner, OWNER: owner},
    ]
    strangers = [
        client.create_container(image, environment={"ACTOR": template().environment("")["ACTOR"]}, labels=one)["Id"]
        for one in labels
    ]
    try:
        for stranger in strangers:
            client.start(stranger)
        assert {found.name for found in await backend.list()} == {"worker-1"}
        for act in (backend.kill, backend.stop, backend.freeze):
            await act("worker-2")
        await backend.close()
        states = [client.inspect_container(stranger)["State"]["Status"] for stranger in strangers]
        assert states == ["running"] * 3
    finally:
        for stranger in strangers:
            client.remove_container(stranger, force=True)


async def test_a_name_that_somebody_else_has_is_a_refusal(
    make: Make, template: MakeTemplate, client: APIClient, owner: str, image: str
) -> None:
    taken = client.create_container(image, name=container_name(owner, "worker-1"))["Id"]
    try:
        backend = make()
        await backend.launch("worker-1", 0, template())
        found = await until(backend, lambda found: found["worker-1"].exit)
        assert _refusal(found) == (False, None, None)
        assert "already in use" in _words(found)
    finally:
        client.remove_container(taken, force=True)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        pytest.param({"image": "weir-no-such-image:1"}, (PodSpec(), r"No such image.*make image"), id="no image"),
        pytest.param({"network": "weir-no-such-network"}, (PodSpec(), "network"), id="no network"),
        pytest.param(
            {}, (PodSpec(resources=Resources(limits=ResourceAmounts(memory=1024))), "emory"), id="too little memory"
        ),
    ],
)
async def test_a_launch_that_is_refused_is_an_end_with_the_engines_reason(
    make: Make, template: MakeTemplate, ours: Ours, changes: dict[str, Any], refused: tuple[PodSpec, str]
) -> None:
    """And leaves nothing on the engine; another launch under that name is possible."""
    spec, reason = refused
    backend = make(**changes)
    await backend.launch("worker-1", 0, template(spec=spec))
    found = await until(backend, lambda found: found["worker-1"].exit)
    assert _refusal(found) == (False, None, None)
    assert re.search(reason, _words(found))
    assert ours() == []
    await backend.launch("worker-1", 0, template(spec=spec))
    assert (await until(backend, lambda found: found))["worker-1"] == found["worker-1"], "a generation lives once"
    await backend.launch("worker-1", 1, template(spec=spec))
    assert (await backend.list())[0].generation == 1
    await until(backend, lambda found: found["worker-1"].exit)
    await backend.remove("worker-1")
    assert await backend.list() == []


async def test_a_container_that_was_made_and_never_started_is_an_end_after_a_while(
    make: Make, template: MakeTemplate, client: APIClient, owner: str, image: str
) -> None:
    """What an autoscaler leaves that is killed between the two calls of a launch; the next launch clears it away."""
    old = {OWNER: owner, "weir.worker": "worker-1", "weir.generation": "0", "weir.launched-at": "1000.0"}
    fresh = {**old, "weir.worker": "worker-2", "weir.launched-at": repr(time.time())}
    for name, labels in (("worker-1", old), ("worker-2", fresh)):
        client.create_container(image, name=container_name(owner, name), labels=labels)
    backend = make()
    found = {one.name: one for one in await backend.list()}
    assert found["worker-1"].exit
    assert not found["worker-1"].exit.started
    assert found["worker-2"].exit is None, "somebody may be about to start it"
    await backend.launch("worker-1", 1, template())
    await until(backend, lambda found: found["worker-1"].url)


async def test_a_stop_reaches_a_worker_that_is_still_being_made(make: Make, template: MakeTemplate) -> None:
    backend = make()
    for name in ("worker-1", "worker-2"):
        await backend.launch(name, 0, template())
    await backend.stop("worker-1")
    await backend.kill("worker-2")
    assert {found.stopping for found in await backend.list()} == {True}
    await until(backend, lambda found: all(one.exit for one in found.values()))


async def test_without_an_init_process_a_stop_is_repeated_until_it_is_heard(
    make: Make, template: MakeTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process of a container does not hear SIGTERM until it listens: here Python has yet to start."""
    backend = make()

    async def no_init() -> Host:
        return Host(api_version="1.41", cores=1, has_init=False)

    monkeypatch.setattr(backend._launches, "host", no_init)
    await backend.launch("worker-1", 0, template(Script(url_seconds=None)))
    await until(backend, lambda _: (made := backend._launches.get("worker-1")) is None or made.container_id)
    await backend.stop("worker-1")
    found = await until(backend, lambda found: found["worker-1"].exit)
    exit_ = found["worker-1"].exit
    assert exit_
    assert (exit_.code, exit_.signal) == (0, None)


async def test_engines_that_know_no_one_shot_tell_usage_from_a_stream(
    make: Make, template: MakeTemplate, owner: str
) -> None:
    backend = make()
    await backend.launch("worker-1", 0, template())
    await until(backend, lambda found: found["worker-1"].url)
    old = APIClient(version="1.40")
    try:
        usage = read_usage(_stats(old, container_name(owner, "worker-1")), 0)
    finally:
        old.close()
    assert usage
    assert usage.cpu_seconds > 0
    assert usage.memory_bytes > 0


def _refusal(found: dict[str, Found]) -> tuple[bool, int | None, int | None]:
    exit_ = found["worker-1"].exit
    assert exit_
    return exit_.started, exit_.code, exit_.signal


def _words(found: dict[str, Found]) -> str:
    exit_ = found["worker-1"].exit
    assert exit_
    return exit_.last_words
