"""The producer when Kafka stalls, stops and comes back."""

import asyncio
import os
import signal
import time
from collections.abc import Callable

import pytest

from broker import Broker
from tests.producers import Program, check_log, constant

pytestmark = pytest.mark.integration
BUFFER_BYTES = 4 << 20


def test_a_broker_that_stops_and_comes_back_loses_nothing_acknowledged(
    own_kafka: Broker, start: Callable[..., Program]
) -> None:
    """The producer resumes by itself; the plan went on meanwhile; repeats are possible, losses are not."""
    program = start(own_kafka, "--partitions", "4", load=constant(2_000), seconds=9, buffer_bytes_max=BUFFER_BYTES)
    program.until(lambda status: status.acknowledged > 2_000)
    asyncio.run(own_kafka.stop())
    asyncio.run(own_kafka.start())
    account = program.account()
    assert account.planned == account.acknowledged == 18_000
    assert account.complete
    assert account.late > 0
    check_log(account, program.records(4), repeats=True)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stalled_broker_bounds_the_buffer_and_not_the_plan(
    own_kafka: Broker, start: Callable[..., Program], processes: int
) -> None:
    """Nothing is dropped: what Kafka has no time for waits in the schedule and is counted as late."""
    settings = {"load": constant(40_000), "seconds": 5, "buffer_bytes_max": BUFFER_BYTES, "processes": processes}
    program = start(own_kafka, "--partitions", "4", **settings)
    program.until(lambda status: status.acknowledged > 20_000)
    os.kill(own_kafka.pid, signal.SIGSTOP)
    try:
        before = program.status()
        time.sleep(2.5)
        stalled = program.status()
    finally:
        os.kill(own_kafka.pid, signal.SIGCONT)
    assert stalled.planned - before.planned > 40_000
    assert stalled.acknowledged - before.acknowledged < 30_000
    assert 0 < stalled.buffered_bytes <= processes * BUFFER_BYTES
    assert stalled.planned - stalled.sent > 20_000
    account = program.account()
    assert account.planned == account.acknowledged == 200_000
    assert account.late > 40_000
    check_log(account, program.records(4))


def test_a_broker_that_stays_away_is_accounted_for(own_kafka: Broker, start: Callable[..., Program]) -> None:
    """What expires has failed by name, what nobody answered is unknown, what was never sent is unsent; no hang."""
    program = start(
        own_kafka,
        *("--partitions", "3"),
        load=constant(2_000),
        seconds=4,
        delivery_timeout_seconds=1.0,
        flush_seconds_max=2.0,
    )
    program.until(lambda status: status.acknowledged > 1_000)
    own_kafka.kill()
    account = program.account(exit_code=1)
    assert account.planned == 8_000
    assert account.failed + account.unknown + account.unsent > 1_000
    asyncio.run(own_kafka.start())
    check_log(account, program.records(3), repeats=True)
