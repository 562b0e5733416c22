"""The table of handlers, and the small ones: count, burn, wait."""

import asyncio
import time

import pytest

from contract.worker import HandlerSpec
from processor.cpu import burn_cpu, calibrate
from processor.errors import HandlerError
from processor.handlers import HANDLERS, make_handler
from processor.handlers.burn import Burn
from processor.handlers.count import Count
from processor.handlers.wait import CATCH_UP_SECONDS, Debt, Wait
from processor.handlers.work import Work


def test_every_row_of_the_table_makes_a_handler() -> None:
    """A name is enough, with the settings that it needs."""
    for name in HANDLERS:
        spec = HandlerSpec(name=name, cpu_micros=1, service_micros=1, output_topic="out")
        assert make_handler(spec).runs_in in {"loop", "thread"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(HandlerSpec(name="cuont"), "no such handler; known: burn, count, wait, window, work", id="a slip"),
        pytest.param(HandlerSpec(name="burn"), "set cpu_micros", id="burn without a cost"),
        pytest.param(HandlerSpec(name="wait"), "set service_micros", id="wait without a time"),
        pytest.param(HandlerSpec(name="work", cpu_micros=9), "set cpu_micros and service_micros", id="half of work"),
        pytest.param(HandlerSpec(name="window"), "set output_topic", id="window without a place for results"),
    ],
)
def test_handlers_that_cannot_be_had(spec: HandlerSpec, message: str) -> None:
    """The error names the setting, and the exit code is that of bad input."""
    with pytest.raises(HandlerError, match=message) as caught:
        make_handler(spec)
    assert caught.value.exit_code == 2


def test_count_takes_everything_in_the_loop() -> None:
    """It has nothing to do, so it must not pay for a thread either."""
    count = Count(HandlerSpec())
    count.handle(0, [1, 2, 3])
    assert count.runs_in == "loop"


def test_burn_burns_the_cpu_time_asked_for() -> None:
    """200 events of 100 µs cost 20 ms of this thread's CPU time, whatever the wall clock says."""
    burn = Burn(HandlerSpec(name="burn", cpu_micros=100))
    burn.prepare()
    began = time.thread_time()
    for _ in range(10):
        burn.handle(0, range(20))
    used = time.thread_time() - began
    assert 0.019 < used < 0.060
    assert burn.runs_in == "thread"


def test_work_computes_and_waits() -> None:
    """100 events of 50 µs CPU and 400 µs waiting: the CPU is a small part of the time, and both are really spent."""
    work = Work(HandlerSpec(name="work", cpu_micros=50, service_micros=400))
    work.prepare()
    began, burnt = time.monotonic(), time.thread_time()
    for _ in range(10):
        work.handle(0, range(20))
    took, used = time.monotonic() - began, time.thread_time() - burnt
    assert used > 0.0095
    assert took > 3 * used
    assert work.runs_in == "thread"


def test_burning_stops_when_told() -> None:
    """A cold start can be given up."""
    assert burn_cpu(3600, chunk_rounds=calibrate(5), stop=lambda: True) == 0.0


@pytest.mark.parametrize(
    ("slices", "waits"),
    [
        pytest.param([(1.0, 1.0), (1.0, 1.0)], [1.0, 1.0], id="timers on time"),
        pytest.param([(1.0, 1.01), (1.0, 0.99)], [1.0, 0.99], id="a timer that was 10 ms late is made good"),
        pytest.param([(0.001, 0.004), (0.001, 0.0), (0.003, 0.001)], [0.001, 0.0, 0.001], id="over several waits too"),
        pytest.param([(1.0, 9.0), (1.0, 0.95)], [1.0, 1.0 - CATCH_UP_SECONDS], id="a very late one in part"),
    ],
)
def test_how_long_a_server_waits(slices: list[tuple[float, float]], waits: list[float]) -> None:
    """Pairs of what the events take and how long the timer really took."""
    debt, told = Debt(), []
    for takes, took in slices:
        told.append(debt.owe(takes))
        debt.paid(took)
    assert told == pytest.approx(waits)


async def test_a_worker_that_is_idle_in_between_is_no_faster() -> None:
    """Or the true processing rate would be too good at half load, and policies would grow too late."""
    wait = Wait(HandlerSpec(name="wait", service_micros=2_000))
    busy_seconds = 0.0
    for _ in range(20):
        began = time.monotonic()
        await wait.handle(0, range(5))
        busy_seconds += time.monotonic() - began
        await asyncio.sleep(0.01)
    assert busy_seconds >= 20 * 5 * 0.002 - CATCH_UP_SECONDS


async def test_wait_takes_the_time_of_its_events() -> None:
    """20 events of 1 ms take at least 20 ms, less what may be made good."""
    wait = Wait(HandlerSpec(name="wait", service_micros=1_000))
    began = time.monotonic()
    for _ in range(10):
        await wait.handle(0, range(10))
    assert time.monotonic() - began >= 0.1 - CATCH_UP_SECONDS
