"""The pure parts of the Docker backend: what is made of the engine's answers, and of a template."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscaler.backends.base import Template, Usage
from autoscaler.backends.docker.back_off import SECONDS_MAX, BackOff, wait_seconds
from autoscaler.backends.docker.recipe import Host, Place, limits, read_host, recipe
from autoscaler.backends.docker.seen import Seen, State, container_name, read_container, read_exit
from autoscaler.backends.docker.site import owner_of
from autoscaler.backends.docker.starter import BOOT, MACHINE, NAMESPACE, PID, STARTED, Here, is_gone
from autoscaler.backends.docker.stats import read_time, read_usage, working_set_bytes
from autoscaler.reconciler.model import Exit
from contract.pods import PodSpec, ResourceAmounts, Resources

ANSWERS = Path(__file__).parent / "docker_answers"


def recorded(name: str) -> Any:
    """An answer of an engine.

    cgroup v1's as it came, when `docker stats` showed 18.44MiB; v2's is made after the API's reference.
    """
    return json.loads((ANSWERS / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        pytest.param(1, 0.5, id="soon after the first failure"),
        pytest.param(2, 1.0, id="doubled after the second"),
        pytest.param(4, 4.0, id="and again"),
        pytest.param(6, SECONDS_MAX, id="but ten seconds at most"),
        pytest.param(10_000, SECONDS_MAX, id="also after a night"),
    ],
)
def test_an_engine_that_is_away_is_asked_less_and_less_often(failures: int, seconds: float) -> None:
    assert wait_seconds(failures) == seconds


def test_failures_of_one_wave_count_once_and_an_answer_forgets_them() -> None:
    first = BackOff().failed(100.0, "refused")
    assert (first.failures, first.left_seconds(100.0), first.left_seconds(101.0)) == (1, 0.5, 0.0)
    assert first.failed(100.2, "refused as well") == first, "it was asked before the wait began"
    second = first.failed(101.0, "refused again")
    assert (second.failures, second.until, second.reason) == (2, 102.0, "refused again")
    assert second.answered() == BackOff()


@pytest.mark.parametrize(
    ("answer", "usage"),
    [
        pytest.param(
            "stats-cgroup-v1",
            Usage(generation=3, at_seconds=1795915074.968269, cpu_seconds=0.178575805, memory_bytes=19333120.0),
            id="cgroup v1 names the page cache total_inactive_file",
        ),
        pytest.param(
            "stats-cgroup-v2",
            Usage(generation=3, at_seconds=1790756400.123456, cpu_seconds=12.5, memory_bytes=41943040.0),
            id="cgroup v2 names it inactive_file",
        ),
        pytest.param("stats-ended", None, id="a container that does not run uses nothing that could be told"),
    ],
)
def test_usage_is_read_from_the_answers_of_engines(answer: str, usage: Usage | None) -> None:
    read = read_usage(recorded(answer), 3)
    if usage is None or read is None:
        assert read == usage
        return
    assert read.at_seconds == pytest.approx(usage.at_seconds, abs=1e-5)
    assert (read.generation, read.cpu_seconds, read.memory_bytes) == (3, usage.cpu_seconds, usage.memory_bytes)


def test_an_engine_from_version_25_on_tells_only_names_of_a_container_that_does_not_run() -> None:
    assert read_usage({"id": "4131b4a1", "name": "/weir-shop-worker-3"}, 3) is None


@pytest.mark.parametrize(
    ("memory", "working_set"),
    [
        pytest.param({}, None, id="a machine that does not account for memory"),
        pytest.param({"usage": 100}, 100.0, id="an engine that tells no details"),
        pytest.param({"usage": 100, "stats": {"inactive_file": 30}}, 70.0, id="v2"),
        pytest.param({"usage": 100, "stats": {"inactive_file": 1, "total_inactive_file": 30}}, 70.0, id="v1 has both"),
        pytest.param(
            {"usage": 100, "stats": {"inactive_file": 100}}, 100.0, id="as docker stats: not less than nothing"
        ),
    ],
)
def test_memory_is_the_working_set(memory: dict[str, Any], working_set: float | None) -> None:
    assert working_set_bytes(memory) == working_set


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("1970-01-01T00:01:00.500000000Z", 60.5, id="nanoseconds"),
        pytest.param("1970-01-01T00:01:00Z", 60.0, id="whole seconds"),
        pytest.param("0001-01-01T00:00:00Z", 0.0, id="never, as the engine writes it"),
        pytest.param("", 0.0, id="nothing"),
    ],
)
def test_times_of_the_engine(text: str, seconds: float) -> None:
    assert read_time(text) == seconds


def listed(**changes: Any) -> dict[str, Any]:
    """An entry of the engine's list, as recorded, with changes."""
    entry: dict[str, Any] = recorded("listed")
    return entry | changes


def test_a_container_is_read_from_the_engines_list() -> None:
    assert read_container(listed(), "shop") == Seen(
        id="4131b4a142639dfc32a66ec3608b4e039dcfd39c321b0f5a3692fab2f578f677",
        container="weir-shop-worker-3",
        name="worker-3",
        generation=2,
        revision="5",
        launched_at=1795913450.25,
        grace_seconds=30.0,
        state=State.RUNNING,
        address="172.17.0.2",
    )


def labelled(**changes: str) -> dict[str, Any]:
    """The entry with other labels; an empty one is taken away."""
    labels = {**listed()["Labels"], **{f"weir.{name}": value for name, value in changes.items()}}
    return listed(Labels={name: value for name, value in labels.items() if value})


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(labelled(owner="somebody"), id="of another owner, whatever was asked for"),
        pytest.param(listed(Labels={}), id="without any label"),
        pytest.param(listed(Labels=None), id="of an engine that writes null for none"),
        pytest.param(labelled(worker=""), id="with the owner's label alone, made by hand"),
        pytest.param(labelled(generation="x"), id="with a generation that is no number"),
    ],
)
def test_what_is_not_certainly_ours_is_not_seen(entry: dict[str, Any]) -> None:
    assert read_container(entry, "shop") is None


@pytest.mark.parametrize(
    ("changes", "running", "ended", "stopping", "address"),
    [
        pytest.param({}, True, False, False, "172.17.0.2", id="running"),
        pytest.param({"Names": ["/weir-shop-worker-3.stopping"]}, True, False, True, "172.17.0.2", id="told to stop"),
        pytest.param({"State": "paused"}, True, False, False, "172.17.0.2", id="frozen is alive"),
        pytest.param({"State": "exited", "NetworkSettings": {}}, False, True, False, None, id="ended"),
        pytest.param({"State": "created", "NetworkSettings": None}, False, False, False, None, id="not started yet"),
        pytest.param(
            {"NetworkSettings": {"Networks": {"six": {"IPAddress": "", "GlobalIPv6Address": "fd00::2"}}}},
            True,
            False,
            False,
            "[fd00::2]",
            id="an address of version 6 as it stands in a URL",
        ),
    ],
)
def test_states_of_a_container(
    changes: dict[str, Any], running: bool, ended: bool, stopping: bool, address: str | None
) -> None:
    seen = read_container(listed(**changes), "shop")
    assert seen
    assert (seen.running, seen.ended, seen.stopping, seen.address) == (running, ended, stopping, address)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param({"ExitCode": 0}, Exit(at_seconds=60.0, code=0, last_words="bye"), id="a clean end"),
        pytest.param({"ExitCode": 3}, Exit(at_seconds=60.0, code=3, last_words="bye"), id="a code of its own"),
        pytest.param({"ExitCode": 137}, Exit(at_seconds=60.0, signal=9, last_words="bye"), id="137 is SIGKILL"),
        pytest.param({"ExitCode": 143}, Exit(at_seconds=60.0, signal=15, last_words="bye"), id="143 is SIGTERM"),
        pytest.param(
            {"ExitCode": 137, "OOMKilled": True},
            Exit(at_seconds=60.0, signal=9, oom_killed=True, last_words="bye"),
            id="killed for its memory",
        ),
        pytest.param(
            {"ExitCode": 0, "OOMKilled": True},
            Exit(at_seconds=60.0, code=0, last_words="bye"),
            id="a child was killed for its memory, and the worker went on",
        ),
        pytest.param({"ExitCode": 255}, Exit(at_seconds=60.0, code=255, last_words="bye"), id="255 is no signal"),
        pytest.param(
            {"ExitCode": 127, "Error": "no such file"},
            Exit(at_seconds=60.0, code=127, last_words="bye\nno such file"),
            id="the engine has something to say",
        ),
    ],
)
def test_ends(state: dict[str, Any], expected: Exit) -> None:
    assert read_exit({"FinishedAt": "1970-01-01T00:01:00Z", **state}, "bye") == expected


def test_container_names_are_taken_by_the_engine_and_differ_when_owners_do() -> None:
    assert container_name("shop", "worker-1") == "weir-shop-worker-1"
    owners = ["some/body", "some-body", "some.body", "some body", "x" * 60, "x" * 61, "x" * 62, "größe"]
    names = [container_name(owner, "worker-1") for owner in owners]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._") for name in names)
    assert max(map(len, names)) < 100


def test_a_group_of_the_same_name_on_another_cluster_is_another_owner() -> None:
    """They may share an engine: the one must not adopt the other's workers, nor end them."""
    here, there = owner_of("shop", "MkU3OEVBNTcwNTJENDM2Qg"), owner_of("shop", "x1Y2z3A4b5C6d7E8f9G0hQ")
    assert here != there
    assert container_name(here, "worker-1") == "weir-shop.MkU3OEVB-worker-1"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param(Resources(), {}, id="nothing is asked for"),
        pytest.param(
            Resources(limits=ResourceAmounts(cpu=0.5, memory=64 << 20)),
            {"nano_cpus": 500_000_000, "mem_limit": 64 << 20, "memswap_limit": 64 << 20},
            id="limits: a quota of CPU, and memory without swap",
        ),
        pytest.param(
            Resources(limits=ResourceAmounts(cpu=8)), {"nano_cpus": 2_000_000_000}, id="more cores than there are"
        ),
        pytest.param(Resources(limits=ResourceAmounts(cpu=0.001)), {"nano_cpus": 10_000_000}, id="the engine's least"),
        pytest.param(Resources(requests=ResourceAmounts(cpu=0.25)), {"cpu_shares": 256}, id="a request is a share"),
        pytest.param(Resources(requests=ResourceAmounts(cpu=0.0001)), {"cpu_shares": 2}, id="the least share"),
        pytest.param(Resources(requests=ResourceAmounts(memory=1e9)), {}, id="a request of memory reserves nothing"),
    ],
)
def test_resources_become_what_the_engine_enforces(resources: Resources, expected: dict[str, int]) -> None:
    assert limits(resources, cores=2) == expected


def test_a_recipe_tells_the_worker_who_it_is_and_where_to_listen() -> None:
    template = Template(revision="7", spec=PodSpec(grace_seconds=5), environment=lambda worker: {"ME": worker})
    place = Place(owner="shop", image="weir:1", network="quiet", command=("process",), labels={"weir.run": "r1"})
    host = Host(api_version="1.41", cores=2, has_init=True)
    made = recipe("worker-3", 2, template, place=place, host=host, launched_at=12.5)
    assert (made["image"], made["name"], made["command"]) == ("weir:1", "weir-shop-worker-3", ["process"])
    assert made["environment"] == {"ME": "worker-3.2", "WEIR_WORKER_STATUS_HOST": "0.0.0.0", "PYTHONUNBUFFERED": "1"}  # noqa: S104
    assert made["labels"] == {
        "weir.run": "r1",
        "weir.owner": "shop",
        "weir.worker": "worker-3",
        "weir.generation": "2",
        "weir.revision": "7",
        "weir.launched-at": "12.5",
        "weir.grace-seconds": "5.0",
    }
    assert made["host_config"]["NetworkMode"] == "quiet"
    assert made["host_config"]["Init"] is True


@pytest.mark.parametrize(
    ("info", "has_init"),
    [
        pytest.param({"InitBinary": "docker-init", "InitCommit": {"ID": "de40ad0"}}, True, id="Docker's own"),
        pytest.param({"InitBinary": "docker-init", "InitCommit": {"ID": ""}}, True, id="a distribution's build"),
        pytest.param({"InitBinary": "docker-init", "InitCommit": {"ID": "N/A"}}, False, id="not installed"),
        pytest.param({}, False, id="an engine that knows of none"),
    ],
)
def test_whether_an_engine_has_an_init_process(info: dict[str, Any], has_init: bool) -> None:
    assert read_host({"NCPU": 4, **info}, "1.41") == Host(api_version="1.41", cores=4, has_init=has_init)


HERE = Here(machine="m/host", boot="now", namespace="pid:[1]", booted_at=1000.0)


def started_by(**changes: str) -> dict[str, str]:
    """Labels of a process that is not there any more: nothing has ever had this start time."""
    labels = {MACHINE: "m/host", BOOT: "now", NAMESPACE: "pid:[1]", PID: "1", STARTED: "-1"}
    return labels | {f"weir.{name.replace('_', '-')}": value for name, value in changes.items()}


@pytest.mark.parametrize(
    ("labels", "made_at", "gone"),
    [
        pytest.param(started_by(), 2000.0, True, id="its number is another process's by now"),
        pytest.param(started_by(pid=str(2**22 + 1)), 2000.0, True, id="nothing has its number"),
        pytest.param(started_by(machine="m/other"), 2000.0, False, id="on another machine: nobody can tell"),
        pytest.param(started_by(pid_namespace="pid:[2]"), 2000.0, False, id="in another container: nobody can tell"),
        pytest.param(started_by(boot="before"), 900.0, True, id="before this machine was started anew"),
        pytest.param(
            started_by(boot="other"), 2000.0, False, id="another kernel under the same names: nobody can tell"
        ),
        pytest.param(started_by(started=""), 2000.0, False, id="without a start time"),
        pytest.param(started_by(pid="x"), 2000.0, False, id="without a number"),
        pytest.param({}, 2000.0, False, id="without labels"),
    ],
)
def test_whether_the_process_behind_labels_is_gone(labels: dict[str, str], made_at: float, gone: bool) -> None:
    assert is_gone(labels, made_at, HERE) is gone
