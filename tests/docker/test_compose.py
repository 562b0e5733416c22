"""`docker compose up` as a user does it: the real file, real Kafka, real workers, and everything gone in the end."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from autoscaler.backends.docker.backend import DEFAULT_IMAGE
from tests.boards import check
from tests.docker.compose_stack import ROOT, Stack, get

pytestmark = pytest.mark.timeout(400)

LONG_LIVED = ("kafka", "producer", "socket-proxy", "docker-filter", "autoscaler", "prometheus", "reports")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    one = Stack()
    try:
        one.up()
        yield one
    finally:
        one.destroy()


def ready(stack: Stack) -> int:
    return len([worker for worker in stack.api("workers") if worker["ready"]])


def flows(stack: Stack) -> bool:
    """Events arrive, workers take them, and the age of the oldest is known and bearable."""
    state = stack.api("state")
    lag, arrival = state["lag"]["seconds"], state["rates"]["arrival"]
    return None not in (lag, arrival) and lag < 30 and arrival > 0 and state["replicas"]["ready"] >= 2


def test_within_two_minutes_events_flow_and_workers_are_scaled(stack: Stack) -> None:
    stack.wait(lambda: flows(stack), 120)


def test_prometheus_finds_each_worker_and_no_target_is_down(stack: Stack) -> None:
    stack.wait(lambda: len(stack.query("up{job='weir-workers'} == 1")) == ready(stack) >= 2)
    stack.wait(lambda: not stack.query("up == 0"))
    assert {row["metric"]["job"] for row in stack.query("up")} == {
        "prometheus", "weir-producer", "weir-autoscaler", "weir-workers",
    }  # fmt: skip


def test_an_order_through_the_api_scales_and_prometheus_follows(stack: Stack) -> None:
    stack.compose("exec", "-T", "autoscaler", "weir", "scale", "5", "--for", "10m")
    stack.wait(lambda: ready(stack) == 5)
    stack.wait(lambda: len(stack.query("up{job='weir-workers'} == 1")) == 5)
    stack.compose("exec", "-T", "autoscaler", "weir", "scale", "--end")


def test_compose_knows_the_workers_by_name(stack: Stack) -> None:
    def known() -> bool:  # compose fails where a worker goes between its list and its look
        listed = [json.loads(row) for row in stack.compose("ps", "--format", "json").splitlines()]
        shown = [row for row in listed if row["Service"] == "worker"]
        return len(shown) >= 2 and bool(stack.compose("logs", "worker"))

    stack.wait(known)


def test_every_panel_of_the_boards_has_an_answer(stack: Stack) -> None:
    faults: list[str] = []

    def answered() -> bool:
        faults[:] = check(stack.url("prometheus", 9090))
        return not faults

    try:
        stack.wait(answered)  # rates of a minute take a minute
    except AssertionError:
        pytest.fail("\n".join(faults))


def test_nothing_is_wrong_with_a_new_stack(stack: Stack) -> None:
    """Alerts have had a minute by now, most of them want no more."""

    def firing() -> set[str]:
        return {row["metric"]["alertname"] for row in stack.query("ALERTS{alertstate='firing'}")}

    busy = {
        "WeirInitStormSuspected",
        "WeirGeneratorLate",
    }  # five workers were just ordered, on a machine that is shared
    assert firing() <= busy
    stack.wait(lambda: not firing())


def secrets(stack: Stack) -> list[str]:
    """Every secret of the stack: passwords, tokens and lines of private keys."""
    volumes = json.loads(stack.compose("config", "--format", "json"))["services"]["setup"]["volumes"]
    mounts = [part for v in volumes for part in ("-v", f"{stack.project}_{v['source']}:{v['target']}:ro")]
    shell = ["docker", "run", "--rm", "--network", "none", *mounts, "--entrypoint", "sh", DEFAULT_IMAGE, "-c"]
    files = subprocess.run(
        [*shell, "find /var/lib/weir/secrets -type f"], capture_output=True, text=True, check=True
    ).stdout.split()
    hidden = [name for name in files if re.search(r"password|token|keystore", name)]
    assert hidden
    said = subprocess.run(
        [*shell, f"for file in {' '.join(hidden)}; do cat $file; echo; done"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [line for line in said.split() if len(line) >= 12 and "-----" not in line]


def test_no_secret_stands_in_what_the_engine_tells_or_in_a_log(stack: Stack) -> None:
    told = json.dumps(stack.inspect(*stack.containers())) + stack.compose("logs") + stack.compose("config")
    assert [secret for secret in secrets(stack) if secret in told] == []


def test_every_container_is_confined_and_limited(stack: Stack) -> None:
    for found in stack.inspect(*stack.containers()):
        host, service = found["HostConfig"], found["Config"]["Labels"]["com.docker.compose.service"]
        assert not host["Privileged"], service
        assert host["CapDrop"] == ["ALL"], service
        assert any("no-new-privileges" in option for option in host["SecurityOpt"]), service
        assert host["ReadonlyRootfs"] or service == "kafka", service
        assert host["Memory"] > 0, service
        assert host["NanoCpus"] > 0, service
        assert host["NetworkMode"] != "host", service
        user = found["Config"]["User"]
        assert service == "socket-proxy" or (user and user.split(":")[0] not in {"0", "root"}), (service, user)
        sockets = [mount for mount in found["Mounts"] if "docker.sock" in mount["Source"]]
        assert bool(sockets) == (service == "socket-proxy"), service


FROM_AUTOSCALER = """
import http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1], timeout=5)
connection.request(sys.argv[2], sys.argv[3], sys.argv[4] or None, {"Content-Type": "application/json"})
print(connection.getresponse().status)
"""


def asked(stack: Stack, host: str, method: str, path: str, body: Any = None) -> str:
    """What the autoscaler's container is answered."""
    return stack.compose(
        "exec", "-T", "autoscaler", "python", "-c", FROM_AUTOSCALER, host, method, path,
        json.dumps(body) if body is not None else "", check=False,
    ).strip()  # fmt: skip


def test_the_autoscaler_reaches_the_engine_through_the_filter_alone(stack: Stack) -> None:
    assert asked(stack, "docker-filter:2375", "GET", "/version") == "200"
    assert asked(stack, "socket-proxy:2375", "GET", "/version") == ""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/containers/create?name=x", {"Image": "alpine"}, id="a container of another image"),
        pytest.param(
            "POST", "/containers/create", {"Image": DEFAULT_IMAGE, "HostConfig": {"Binds": ["/:/host"]}},
            id="a mount of the machine's root",
        ),
        pytest.param("POST", "/images/create?fromImage=alpine", None, id="a pull"),
        pytest.param("POST", "/networks/create", {"Name": "x"}, id="a network"),
        pytest.param("POST", "/volumes/create", {"Name": "x"}, id="a volume"),
        pytest.param("GET", "/containers/{kafka}/json", None, id="a look at a container that is no worker"),
        pytest.param("POST", "/containers/{kafka}/stop", None, id="the end of a container that is no worker"),
        pytest.param("DELETE", "/containers/{kafka}?force=1", None, id="the removal of a container that is no worker"),
        pytest.param("POST", "/containers/{worker}/exec", {"Cmd": ["sh"]}, id="a command in a worker"),
        pytest.param("GET", "/containers/{worker}/archive?path=/", None, id="the files of a worker"),
        pytest.param("GET", "/secrets", None, id="secrets of a swarm"),
    ],
)  # fmt: skip
def test_the_filter_refuses(stack: Stack, method: str, path: str, body: Any) -> None:
    stack.wait(lambda: stack.containers("worker"))
    named = path.format(kafka=stack.containers("kafka")[0], worker=stack.containers("worker")[0])
    assert asked(stack, "docker-filter:2375", method, named, body) == "403"
    (kafka,) = stack.inspect(*stack.containers("kafka"))
    assert kafka["State"]["Health"]["Status"] == "healthy"


def test_a_load_test_runs_beside_it_and_its_report_can_be_read(stack: Stack) -> None:
    long_enough = 40  # Prometheus asks every 5 s, tells itself at most every 5 s, and scrapes within 5 s more
    assert stack.load_test("smoke", load_seconds=long_enough)["verdict"] in {"passed", "SLO missed"}
    for job, targets in {"weir-autoscaler": 1, "weir-producer": 1, "weir-workers": 2}.items():
        assert len(stack.query(f"max_over_time(up{{job='{job}',run='loadtest'}}[5m]) == 1")) == targets, job
    assert not [c for c in stack.inspect(*stack.containers()) if c["Config"]["Labels"].get("weir.run")]


def restarts(stack: Stack) -> dict[str, int]:
    """How often each long-lived service was started again."""
    found = stack.inspect(*[c for service in LONG_LIVED for c in stack.containers(service)])
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one["RestartCount"] for one in found}


@pytest.mark.parametrize("service", LONG_LIVED)
def test_a_service_that_dies_comes_back_and_the_rest_carries_on(stack: Stack, service: str) -> None:
    before = restarts(stack)
    (container,) = stack.inspect(*stack.containers(service))
    os.kill(container["State"]["Pid"], signal.SIGKILL)  # as the kernel does when memory is short
    stack.wait(lambda: restarts(stack)[service] == before[service] + 1)
    stack.wait(lambda: stack.healthy() and flows(stack), 240)  # at the peak of the load the queue takes its time
    assert {**before, service: before[service] + 1} == restarts(stack)


def produced(stack: Stack) -> int:
    """Events in the topic, by the ends of its partitions."""
    rows = stack.query("sum(max by (topic, partition) (kafka_topic_partition_current_offset{topic='events'}))")
    return int(float(rows[0]["value"][1]))


def test_down_removes_workers_also_of_a_dead_autoscaler_and_up_loses_nothing(stack: Stack) -> None:
    stack.wait(lambda: produced(stack) > 0)
    stack.compose("run", "--rm", "-T", "--no-deps", "--entrypoint", "sh", "loadtest", "-c", "echo 1 > runs/kept.json")
    before, began = produced(stack), time.time()
    stack.compose("kill", "autoscaler")  # by hand, so that it is not started again
    assert stack.containers("worker")
    stack.down()
    assert stack.containers() == []
    networks = subprocess.run(
        ["docker", "network", "ls", "--format", "{{.Name}}"], capture_output=True, text=True, check=True
    )
    assert stack.project not in networks.stdout
    stack.up()
    stack.wait(lambda: flows(stack))
    assert produced(stack) >= before
    assert stack.query(f"up{{job='weir-producer'}} @ {began:.0f}"), "Prometheus lost its history"
    assert get(f"{stack.url('reports', 8081)}/kept.json") == 1


def test_the_file_is_valid_without_any_environment() -> None:
    subprocess.run(["docker", "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, check=True)
