"""A storm while it happens: which growths are named, when one begins and is over, and what is said."""

from dataclasses import replace

import pytest

from autoscaler.storm.watch import Second, StormWatch, growth

CALM_SECONDS, STORM_SECONDS = 100, 30


def calm(second: int) -> Second:
    """Three workers for what three can do; nobody starts."""
    return Second(
        at_seconds=float(second),
        desired=3,
        needed=3,
        arrival_rate=3_000.0,
        processing_rate=3_000.0,
        lag_events=100,
        cpu_seconds=2.0 * second,
        init_cpu_seconds=0.0,
        probe_kills=0,
    )


def stormy(
    second: int, *, desired: int = 12, init: float = 1.6, done: float = 1_500.0, kills: int = 1, needed: int | None = 3
) -> Second:
    """Three more every ten seconds, up to `desired`: most CPU goes into starting, half is done, a probe kills."""
    since = second - CALM_SECONDS
    return replace(
        calm(second),
        desired=min(desired, 6 + 3 * (since // 10)),
        needed=needed,
        processing_rate=done,
        lag_events=100 + round((3_000 - done) * since) if done < 3_000 else 100,
        cpu_seconds=2.0 * second,
        init_cpu_seconds=init * (since + 1),
        probe_kills=kills if since > 5 else 0,
    )


PAST = [calm(second) for second in range(CALM_SECONDS)]


def told(seconds: list[Second], watch: StormWatch | None = None) -> list[tuple[float, str]]:
    """What a watch tells, with the second."""
    watch = watch or StormWatch()
    return [(each.at_seconds, words) for each in seconds if (words := watch.look(each))]


def run(**what: object) -> list[Second]:
    """A calm past and half a minute of something."""
    return PAST + [stormy(CALM_SECONDS + n, **what) for n in range(STORM_SECONDS)]  # type: ignore[arg-type]  # as `stormy`


@pytest.mark.parametrize(
    ("seconds", "named"),
    [
        pytest.param(run(), True, id="far too many, because of starts, with harm"),
        pytest.param(run(kills=0), True, id="less done is harm enough"),
        pytest.param(run(done=3_000.0), True, id="so is a worker killed by a probe"),
        pytest.param(run(desired=5), False, id="a few more than needed are no storm"),
        pytest.param(run(init=0.2), False, id="nor are many whose start costs little"),
        pytest.param(run(done=3_000.0, kills=0), False, id="nor are many that do no harm"),
        pytest.param(run(needed=None), True, id="a need that is not known now was known before"),
        pytest.param([replace(each, needed=None) for each in run()], False, id="one that was never known is no storm"),
    ],
)
def test_which_growths_are_storms(seconds: list[Second], named: bool) -> None:
    assert bool(told(seconds)) == named


def test_what_is_told() -> None:
    """When it is seen first, and what is known of it later."""
    watch = StormWatch()
    assert told(run(), watch) == [
        (
            110.0,
            (
                "began: desired replicas rose to 9, 3.0 times the 3 needed, "
                "59% of the workers' CPU went into starting, throughput fell to 50%, probes killed 1 worker"
            ),
        )
    ]
    assert watch.storm is not None
    assert watch.storm.began_at == 100.0
    assert watch.storm.sentence.startswith("desired replicas rose to 12, 4.0 times the 3 needed, ")


def test_it_is_over_when_nobody_starts_any_more() -> None:
    """Although as many are still wanted, as by an HPA's stabilisation; and it is not told again for its past."""
    starts = 1.6 * STORM_SECONDS
    after = [
        replace(stormy(130 + n), init_cpu_seconds=starts, probe_kills=1, processing_rate=6_000.0, lag_events=50_000)
        for n in range(60)
    ]
    words = [text for _, text in told(run() + after)]
    assert len(words) == 2
    assert words[1].startswith("over after 3")


def test_it_is_over_when_desired_replicas_are_back_near_the_need() -> None:
    after = [replace(stormy(130 + n), desired=4) for n in range(3)]
    assert told(run() + after)[1] == (130.0, "over after 30 s")


def test_a_second_storm_is_told_as_well() -> None:
    again = [replace(calm(130 + n), cpu_seconds=260.0 + 2 * n, init_cpu_seconds=48.0, probe_kills=1) for n in range(90)]
    second = [
        replace(
            stormy(220 + n),
            desired=min(12, 6 + 3 * (n // 10)),
            init_cpu_seconds=48.0 + 1.6 * n,
            probe_kills=1 + n // 10,
        )
        for n in range(30)
    ]
    assert [words.split(":")[0].split(" ")[0] for _, words in told(run() + again + second)] == [
        "began",
        "over",
        "began",
    ]


def test_a_storm_after_the_clock_was_set_back_is_told_as_well() -> None:
    """What came before has times that are yet to come, and is no past of anything."""
    watch = StormWatch()
    ahead = [replace(each, at_seconds=each.at_seconds + 3_600) for each in [*run(), calm(130), calm(131)]]
    assert [words.split(" ")[0] for _, words in told(ahead, watch)] == ["began:", "over"]
    assert [words.split(" ")[0] for _, words in told(run(), watch)] == ["began:"]


def test_it_begins_with_the_first_raise_and_not_with_workers_that_were_too_many_before() -> None:
    """At the start of a run there are more workers than a load needs that has not come yet."""
    idle = [replace(calm(80 + n), needed=0) for n in range(20)]
    found = growth([*idle, *run()[len(PAST) :]], 15.0)
    assert found is not None
    assert found.began_at == 100.0


def test_workers_that_are_too_many_because_the_load_has_gone_are_no_growth() -> None:
    """Nothing was raised since more are wanted than needed."""
    assert growth([*PAST, *(replace(calm(100 + n), needed=1) for n in range(10))], 15.0) is None
