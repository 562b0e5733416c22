"""The score of an autoscaled run in words: cards, table and the storm's banner.  All are empty for other runs."""

from dataclasses import dataclass

from autoscaler.needed import RateSource
from loadtests.elasticity import Elasticity
from loadtests.report.cards import Card
from loadtests.report.slos import slo_line
from loadtests.report.units import UNMEASURED, Unit, bare, duration, percent, show
from loadtests.score import Summary
from loadtests.storm import Storm

Rows = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StormBanner:
    """A detected storm: its sentence, and its evidence as pairs of name and value."""

    sentence: str
    evidence: tuple[tuple[str, str], ...]


def cards(summary: Summary) -> list[Card]:
    """The six figures that are asked for first when workers come and go."""
    score = summary.elasticity
    if score is None:
        return []
    slos = {slo.name: slo_line(slo) for slo in summary.slos}
    return [
        Card(
            label="SLO violated",
            number=bare(score.violation_seconds, "count"),
            unit="s",
            detail=f"time lag above {duration(score.time_lag_limit_seconds)}, at most {_age(score)}",
            slo=slos.get("violation_seconds_max"),
        ),
        Card(
            label="Peak replicas",
            number=str(score.desired_replicas_max),
            unit="",
            detail=f"{_count(score.needed_replicas_max)} needed, amplified {show(score.amplification, 'times')}",
        ),
        Card(label="Worker-seconds", number=bare(score.worker_seconds, "count"), unit="", detail=_paid(score)),
        Card(
            label="Scale actions",
            number=str(score.scale_actions),
            unit="",
            detail=f"{_many(score.reversals, 'reversal')} within a minute",
        ),
        Card(
            label="Partitions stopped",
            number=bare(score.stopped_partition_seconds, "count"),
            unit="s",
            detail=f"partition-seconds, {_many(score.rebalances, 'rebalance')}",
        ),
        Card(
            label="CPU of starts",
            number=_share(score.init_cpu_share).removesuffix(" %"),
            unit="%",
            detail=f"{_count(score.probe_kills)} killed by probes, {_many(score.worker_restarts, 'restart')}",
        ),
    ]


def table(summary: Summary) -> Rows:
    """Every figure of the score: name, value, what it means."""
    score = summary.elasticity
    if score is None:
        return []
    return [*_peaks(score), *_service(score, summary.drained_after_seconds), *_provisioning(score), *_moves(score)]


def storm_banner(summary: Summary) -> StormBanner | None:
    """The banner of a detected storm; None where there was none."""
    storm = summary.storm
    if storm is None or not storm.detected:
        return None
    return StormBanner(sentence=storm.sentence.removeprefix("init storm: "), evidence=tuple(_evidence(storm)))


def calm(summary: Summary) -> list[str]:
    """The sentence that says why a growth of replicas was no storm."""
    return [summary.storm.sentence] if summary.storm and not summary.storm.detected else []


def _evidence(storm: Storm) -> list[tuple[str, str]]:
    """What is known of it.  Throughput that rose, as it does when the load has risen more, is no evidence."""
    after, throughput = storm.saturated_after_seconds, storm.throughput_ratio
    rows: list[tuple[str, float | None, Unit]] = [
        ("Began at", storm.began_at_seconds, "seconds"),
        ("Maximum reached after", after, "seconds"),
        ("Amplification", storm.amplification, "times"),
        ("CPU of starts", storm.init_cpu_share, "ratio"),
        ("Throughput against before", throughput if throughput and throughput < 1 else None, "ratio"),
        ("Killed by probes", storm.probe_kills, "count"),
        ("Rebalances", storm.rebalances, "count"),
        ("Partition-seconds stopped", storm.stopped_partition_seconds, "count"),
    ]
    return [
        (name, _share(value) if unit == "ratio" else show(value, unit))
        for name, value, unit in rows
        if value is not None
    ]


def _peaks(score: Elasticity) -> Rows:
    return [
        ("Peak needed", _count(score.needed_replicas_max), "least workers that keep up with the arrival rate"),
        ("Peak desired", str(score.desired_replicas_max), "asked for by the policy"),
        ("Amplification", show(score.amplification, "times"), "peak desired against peak needed"),
        ("Maximum reached", _saturation(score), f"the policy may ask for {_count(score.replicas_max)}"),
        (
            "Worker rate, events/s",
            bare(score.worker_events_per_second, "events/s"),
            "of one worker, " + (_SOURCES[score.worker_rate_source] if score.worker_rate_source else "unknown"),
        ),
    ]


_SOURCES: dict[RateSource, str] = {
    "scenario": "as the scenario says",
    "handler": "from the costs of its handler",
    "measured": "median of what was measured",
}


def _service(score: Elasticity, drained_after_seconds: float | None) -> Rows:
    return [
        ("SLO violated", duration(score.violation_seconds), f"time lag above {duration(score.time_lag_limit_seconds)}"),
        ("Time lag unknown", duration(score.violation_unknown_seconds), "could not be measured; judged as violated"),
        ("Highest time lag", _age(score), "age of the oldest event not processed"),
        ("Peak lag, events", bare(score.lag_events_max, "events"), "the draining included"),
        ("Lag, event-seconds", bare(score.lag_event_seconds, "count"), "events that waited, times how long"),
        ("Drained after", duration(drained_after_seconds), "from the end of the load"),
        ("Worker-seconds", bare(score.worker_seconds, "count"), "workers that ran, times how long"),
        ("Cost", show(score.cost, "money"), "at the scenario's price of a worker-hour"),
    ]


def _provisioning(score: Elasticity) -> Rows:
    known = score.provisioning
    under, over = (known.theta_under, known.theta_over) if known else (None, None)
    too_few, too_many = (known.tau_under, known.tau_over) if known else (None, None)
    return [
        ("Workers missing", _share(under), "of those needed, on average: θ under"),
        ("Workers idle", _share(over), "beyond those needed, on average: θ over"),
        ("Time with too few", _share(too_few), "share of the measured time: τ under"),
        ("Time with too many", _share(too_many), "share of the measured time: τ over"),
    ]


def _moves(score: Elasticity) -> Rows:
    return [
        ("Scale actions", str(score.scale_actions), "changes of desired replicas"),
        ("Reversals", str(score.reversals), "against the change before, within a minute"),
        ("Rebalances under load", _count(score.rebalances), "of the consumer group, since the load began"),
        ("Stopped, partition-s", bare(score.stopped_partition_seconds, "count"), "partitions without a ready worker"),
        ("CPU of starts", _share(score.init_cpu_share), "of the workers' CPU, used before they joined"),
        ("Killed by probes", _count(score.probe_kills), "a failing liveness or start-up probe"),
        ("Restarts", _count(score.worker_restarts), "of workers that ended or were killed"),
    ]


def _saturation(score: Elasticity) -> str:
    if score.replicas_max is None:
        return UNMEASURED
    return "never" if score.saturated_at_seconds is None else f"at {duration(score.saturated_at_seconds)}"


def _paid(score: Elasticity) -> str:
    if score.cost is not None:
        return f"cost {show(score.cost, 'money')}"
    known = score.provisioning
    return f"{_share(known.theta_over)} idle, {_share(known.theta_under)} missing" if known else "need unknown"


def _age(score: Elasticity) -> str:
    return duration(score.time_lag_seconds_max)


def _count(value: float | None) -> str:
    return show(value, "count")


def _share(value: float | None) -> str:
    """Shares of time and CPU, in whole per cent: more is not in them."""
    return UNMEASURED if value is None else percent(round(value, 2)).replace(".00", "")


def _many(number: int | None, thing: str) -> str:
    return f"{_count(number)} {thing}{'' if number == 1 else 's'}"
