"""The broker as a program: the command line, a killed parent, a machine without a connection, Kafka's own tools."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from aiokafka.producer import AIOKafkaProducer

from broker import Broker, BrokerSettings, running_broker
from broker.java import run_tool
from broker.startup_cache import cache_path
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from tests.integration.conftest import TEST_HEAP_MIB, quiet
from tests.processes import gone

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
READY = re.compile(r"answers at 127\.0\.0\.1:\d+ after [\d.]+ s \(pid (\d+), data .*, log .*\)")
NO_CONNECTION = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}


@contextmanager
def started_program(data: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`weir kafka start` in a process of its own, and Java's process id."""
    command = [sys.executable, "-m", "broker", "start", "--data", str(data), "--port", "0", "--heap-mib"]
    with subprocess.Popen(
        [*command, str(TEST_HEAP_MIB)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    ) as program:
        assert program.stdout is not None
        ready = next(found for line in program.stdout if (found := READY.search(line)))
        try:
            yield program, int(ready[1])
        finally:
            program.kill()


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, id="Ctrl-C"), pytest.param(signal.SIGTERM, id="SIGTERM")]
)
def test_the_program_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0, Java gone, and the data closed as Kafka closes it."""
    with started_program(tmp_path / "kafka") as (program, java):
        program.send_signal(number)
        assert program.wait(PATIENCE_SECONDS) == 0
    assert gone(java)
    assert (tmp_path / "kafka" / "kafka" / ".kafka_cleanshutdown").exists()


def test_a_killed_program_leaves_no_java(tmp_path: Path) -> None:
    """SIGKILL cannot be caught, so the keeper sees to it; and the data can be used again at once."""
    with started_program(tmp_path / "kafka") as (program, java):
        program.kill()
        assert gone(java)
    with started_program(tmp_path / "kafka"):
        assert json.loads((tmp_path / "kafka" / "weir-broker.json").read_text())["pid"] != java


def test_no_connection_and_no_java_are_needed_once_everything_is_cached(tmp_path: Path, kafka: Broker) -> None:
    """With an empty PATH, and with proxies that lead nowhere."""
    assert kafka.alive  # so the cache is filled
    with started_program(tmp_path / "kafka", PATH=str(tmp_path), JAVA_HOME="", **NO_CONNECTION):
        pass


def test_the_program_says_what_is_wrong_and_exits_with_2(kafka: Broker) -> None:
    """No traceback for what a user can put right."""
    command = [sys.executable, "-m", "broker", "start", "--data", str(kafka.folder.data)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: another broker is running")


def test_java_starts_from_its_cache(kafka: Broker) -> None:
    """The file that the first start on a machine makes is what later ones use."""
    java, *flags = psutil.Process(kafka.pid).cmdline()
    cache = cache_path(Path(java))
    assert cache.exists()
    assert f"-XX:AOTCache={cache}" in flags
    assert "error" not in kafka.folder.console.read_text().lower()


async def test_an_older_java_of_the_users_own_runs_it_too(tmp_path: Path) -> None:
    """Any from 17 on; such a one has no start-up cache, and needs none."""
    own = next((path for path in map(Path, ("/usr/bin/java", "/usr/local/bin/java")) if path.exists()), None)
    if own is None:
        pytest.skip("no Java on this machine beside the bundled one")
    async with running_broker(
        BrokerSettings(data=tmp_path / "kafka", java=own, heap_mib=TEST_HEAP_MIB), say=quiet
    ) as broker:
        assert psutil.Process(broker.pid).cmdline()[0] == str(own)


async def test_a_forgotten_port_is_remembered_by_the_folder(tmp_path: Path) -> None:
    """A later start on the same folder listens where the first did; if that is taken, it finds another."""
    settings = BrokerSettings(data=tmp_path / "kafka", heap_mib=TEST_HEAP_MIB)
    async with running_broker(settings, say=quiet) as first:
        port = first.port
    async with running_broker(settings, say=quiet) as second:
        assert second.port == port


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        pytest.param(
            "org.apache.kafka.tools.ProducerPerformance",
            ("--record-size", "100", "--throughput", "-1", "--num-records", "1000"),
            "1000 records sent",
            id="ProducerPerformance",
        ),
        pytest.param(
            "org.apache.kafka.tools.ConsumerPerformance",
            ("--num-records", "1000", "--timeout", "20000"),
            "data.consumed.in.MB",
            id="ConsumerPerformance",
        ),
    ],
)
async def test_kafkas_own_tools_run_from_the_same_jars(
    kafka: Broker, tool: str, arguments: tuple[str, ...], says: str
) -> None:
    """So that the benchmark compares with the very same version."""
    await ensure_tools_topic(kafka)
    done = run_tool(tool, ["--topic", "tools", "--bootstrap-server", kafka.bootstrap_servers, *arguments], say=quiet)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout


async def ensure_tools_topic(kafka: Broker) -> None:
    """The topic of the tools, made by whichever of them comes first, with records for the consuming one."""
    settings = KafkaSettings.model_validate({"bootstrap_servers": kafka.bootstrap_servers})
    async with admin_client(settings) as admin:
        await create_topics(admin, [TopicSpec.model_validate({"name": "tools", "partitions": 1})])
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for _ in range(1000):
            await producer.send("tools", b"x" * 100)
