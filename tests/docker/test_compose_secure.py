"""`docker compose --profile secure up`: Kafka with TLS and SCRAM, and each service with its own name and rights."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from autoscaler.backends.docker.backend import DEFAULT_IMAGE
from tests.docker.compose_stack import Stack
from tests.docker.test_compose import flows, secrets

pytestmark = pytest.mark.timeout(400)

TRY = """
import asyncio, os, sys
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from contract.kafka import KafkaSettings, admin_client
os.environ["WEIR_SETTINGS_FOLDER"] = "/run/weir"
settings = KafkaSettings.read(bootstrap_servers="kafka:9092")

async def write(topic):
    async with AIOKafkaProducer(**settings.client_options()) as producer:
        await producer.send_and_wait(topic, b"x", partition=0)

async def read(topic):
    consumer = AIOKafkaConsumer(**settings.client_options(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.getone()
    finally:
        await consumer.stop()

async def create(topic):
    from contract.kafka import TopicSpec, create_topics
    async with admin_client(settings) as admin:
        await create_topics(admin, [TopicSpec(name=topic, partitions=1)])

async def delete(topic):
    async with admin_client(settings) as admin:
        answer = await admin.delete_topics([topic])
        if code := answer.topic_error_codes[0][1]:
            from aiokafka.errors import for_code
            raise for_code(code)()

async def main():
    try:
        await asyncio.wait_for(globals()[sys.argv[1]](sys.argv[2]), 20)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    else:
        print("allowed")

asyncio.run(main())
"""
OPEN = """
import asyncio
from contract.kafka import KafkaSettings, admin_client

async def main():
    settings = KafkaSettings(bootstrap_servers="kafka:9092", request_timeout_seconds=3, **__CHANGES__)
    try:
        async with admin_client(settings) as admin:
            print("allowed", await admin.list_topics())
    except Exception as error:
        print(f"{type(error).__name__}: {error}")

asyncio.run(main())
"""


def python(stack: Stack, role: str, code: str, *arguments: str) -> str:
    """What that code prints, run in the stack's network with the secrets of that role."""
    done = subprocess.run(
        [
            "docker", "run", "--rm", "--network", f"{stack.project}_events",
            "--volume", f"{stack.project}_{role}-secrets:/run/weir:ro",
            "--entrypoint", "python", DEFAULT_IMAGE, "-c", code, *arguments,
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    one = Stack(profiles=("secure",))
    try:
        one.up()
        yield one
    finally:
        one.destroy()


def test_events_flow_and_workers_are_scaled(stack: Stack) -> None:
    stack.wait(lambda: flows(stack), 120)


@pytest.mark.parametrize(
    ("role", "what", "topic", "allowed"),
    [
        pytest.param("producer", "write", "events", True, id="the producer writes events"),
        pytest.param("producer", "read", "events", False, id="the producer does not read them"),
        pytest.param("producer", "write", "events.dead-letter", False, id="nor does it write dead letters"),
        pytest.param("producer", "create", "mine", False, id="nor does it make topics"),
        pytest.param("worker", "read", "events", True, id="a worker reads events"),
        pytest.param("worker", "write", "events", False, id="a worker does not write them"),
        pytest.param("worker", "write", "events.dead-letter", True, id="a worker writes dead letters"),
        pytest.param("worker", "write", "weir.control.weir", False, id="a worker does not take the lease"),
        pytest.param("worker", "delete", "events", False, id="a worker does not delete"),
        pytest.param("autoscaler", "read", "events", False, id="the autoscaler does not read events"),
        pytest.param("autoscaler", "write", "events", False, id="nor does it write them"),
        pytest.param("autoscaler", "delete", "events", False, id="nor does it delete"),
        pytest.param("loadtest", "create", "events.mine", True, id="a load test makes its topics"),
    ],
)
def test_each_may_do_what_its_role_needs(stack: Stack, role: str, what: str, topic: str, allowed: bool) -> None:
    said = python(stack, role, TRY, what, topic)
    assert (said == "allowed") == allowed, said
    assert allowed or "Authorization" in said, f"not refused, but failed: {said}"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"security_protocol": "PLAINTEXT"}, "KafkaError", id="without TLS"),
        pytest.param(
            {
                "security_protocol": "SASL_SSL", "sasl_username": "producer", "sasl_password": "wrong",
                "ssl_cafile": "/run/weir/ca.pem",
            },
            "KafkaError", id="with a wrong password",
        ),
        pytest.param(
            {"security_protocol": "SASL_SSL", "sasl_username": "producer", "sasl_password": "wrong"},
            "KafkaError", id="by somebody who does not trust its authority",
        ),
    ],
)  # fmt: skip
def test_kafka_is_not_reached(stack: Stack, changes: dict[str, str], why: str) -> None:
    said = python(stack, "producer", OPEN.replace("__CHANGES__", repr(changes)))
    assert said.startswith(why), said


def test_no_password_stands_in_what_the_engine_tells_or_in_a_log(stack: Stack) -> None:
    by_workers = stack.wait(lambda: stack.compose("logs", "worker"))  # which fails where a worker goes meanwhile
    told = json.dumps(stack.inspect(*stack.containers())) + stack.compose("logs") + by_workers
    found = secrets(stack)
    assert len(found) > 6
    assert [secret for secret in found if secret in told] == []


def test_a_load_test_has_workers_and_topics_of_its_own(stack: Stack) -> None:
    assert stack.load_test("secure")["verdict"] in {"passed", "SLO missed"}


def test_a_command_that_does_not_name_the_profile_leaves_it_secure(stack: Stack) -> None:
    """Each `run` starts `setup` again."""
    unaware = Stack(project=stack.project)
    assert "smoke" in unaware.compose("run", "--rm", "-T", "loadtest", "scenarios")
    unaware.compose("restart", "kafka", "producer")
    stack.wait(lambda: stack.healthy() and flows(stack))  # the autoscaler's last sample may be from before
    assert python(stack, "producer", TRY, "write", "events") == "allowed"
    assert not python(stack, "producer", OPEN.replace("__CHANGES__", "{}")).startswith("allowed")
