"""CPU and memory of workers: means over a window, and totals that outlive the workers."""

from collections.abc import Sequence

import pytest

from autoscaler.backends.base import Usage
from autoscaler.observer.usage import ResourceSamples, UsageLog, keep_only, record, samples

WINDOW = 10.0
MIB = 2.0**20


def used(at_seconds: float, cpu_seconds: float, generation: int = 0) -> Usage:
    return Usage(generation=generation, at_seconds=at_seconds, cpu_seconds=cpu_seconds, memory_bytes=MIB)


def replay(looks: Sequence[Usage | None], joined_from: int = 0) -> tuple[UsageLog, ResourceSamples | None]:
    """The log and the sample after these looks at one worker, which has joined from so many looks on."""
    log, sample = UsageLog(), None
    for number, usage in enumerate(looks):
        present = {"w": usage} if usage else {}
        log = record(log, present, {"w"} if number >= joined_from else set(), WINDOW)
        sample = samples(log, present, WINDOW).get("w")
    return log, sample


@pytest.mark.parametrize(
    ("looks", "cores", "window_seconds"),
    [
        pytest.param([used(0, 5)], None, None, id="one look has no mean"),
        pytest.param([used(0, 0), used(4, 4)], None, None, id="less than half a window: no sample yet"),
        pytest.param([used(0, 0), used(5, 4)], 0.8, 5.0, id="half a window: a sample that tells its real window"),
        pytest.param([used(t, 2 * t) for t in range(20)], 2.0, 10.0, id="a window slides"),
        pytest.param([used(t, max(0, t - 10)) for t in range(21)], 1.0, 10.0, id="what was before the window is over"),
        pytest.param([used(0, 0), used(9, 1), used(30, 22)], 1.0, 21.0, id="after a gap: over the gap, and told so"),
        pytest.param([used(0, 0), used(8, 8), None], None, None, id="not measured in this tick: no sample"),
        pytest.param(
            [used(0, 0), used(9, 9), used(10, 0, 1), used(12, 1, 1)], None, None, id="a restart begins a new series"
        ),
        pytest.param([used(0, 9), used(3, 9, 1), used(9, 12, 1)], 0.5, 6.0, id="a restart has its own mean"),
    ],
)
def test_samples(looks: list[Usage | None], cores: float | None, window_seconds: float | None) -> None:
    _, sample = replay(looks)
    if cores is None:
        assert sample is None
        return
    assert sample is not None
    assert (sample.cpu.usage, sample.cpu.window_seconds) == pytest.approx((cores, window_seconds))
    last = looks[-1]
    assert last is not None
    assert sample.cpu.ended_at == sample.memory.ended_at == last.at_seconds
    assert sample.memory.usage == MIB


@pytest.mark.parametrize(
    ("looks", "joined_from", "cpu", "init"),
    [
        pytest.param([None, used(1, 2), used(2, 3)], 9, 3.0, 3.0, id="never joined: all of it is initialisation"),
        pytest.param([None, used(1, 2), used(2, 3), used(3, 7)], 3, 7.0, 3.0, id="joined: not any more from then on"),
        pytest.param([used(0, 50), used(1, 51)], 9, 1.0, 1.0, id="adopted: what it used before is not counted"),
        pytest.param(
            [None, used(1, 2), used(2, 5, 1)], 1, 7.0, 0.0, id="a restart is counted from its start, and has joined"
        ),
        pytest.param([None, used(1, 2), None, used(3, 6)], 0, 6.0, 0.0, id="a look without it: nothing is lost"),
        pytest.param([None, used(1, 2), used(2, 1)], 0, 2.0, 0.0, id="a counter that falls takes nothing back"),
    ],
)
def test_totals(looks: list[Usage | None], joined_from: int, cpu: float, init: float) -> None:
    log, _ = replay(looks, joined_from)
    assert (log.cpu_seconds, log.init_cpu_seconds) == (cpu, init)


def test_a_restarted_process_initialises_anew() -> None:
    log = record(UsageLog(), {}, (), WINDOW)
    log = record(log, {"w": used(1, 4)}, {"w"}, WINDOW)
    log = record(log, {"w": used(2, 3, 1)}, (), WINDOW)
    assert (log.cpu_seconds, log.init_cpu_seconds) == (7.0, 3.0)


def test_one_that_joined_once_never_initialises_again_even_if_it_falls_silent() -> None:
    log = record(UsageLog(), {}, (), WINDOW)
    for second, joined in ((1, {"w"}), (2, set())):
        log = record(log, {"w": used(second, float(second))}, joined, WINDOW)
    assert log.init_cpu_seconds == 0.0


def test_the_dead_stay_in_the_totals() -> None:
    log, _ = replay([None, used(1, 2)], joined_from=9)
    log = keep_only(log, ())
    assert log.series == {}
    assert (log.cpu_seconds, log.init_cpu_seconds) == (2.0, 2.0)
