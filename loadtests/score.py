"""The figures of a run, from its records alone.  Pure: the same records give the same figures, years later too.

Rates and latencies are those of the measured stretch: after the warm-up, until the schedule ends.  A rate is a
difference of totals over a difference of times, so it does not depend on when within a second a sample was taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from contract.histogram import LatencyHistogram
from contract.ledger import LedgerEntry, ProducerAccount, distinct
from contract.record import Sample
from contract.scenario import Scenario, Slo
from contract.settings import Strict
from loadtests.audit import Audit
from loadtests.elasticity import Elasticity, elasticity, violations
from loadtests.series import rate, ratio
from loadtests.storm import Storm, storm

Latency = dict[str, float | None]
Verdict = Literal["passed", "ledger failed", "SLO missed"]
EXIT_CODES: Mapping[Verdict, int] = {"passed": 0, "ledger failed": 1, "SLO missed": 3}


class SloResult(Strict):
    """One line of the scenario's SLO: what was asked, what was measured, whether it held."""

    name: str
    limit: float
    actual: float | None = Field(description="None = could not be measured, which counts as missed")
    held: bool


class RoleCost(Strict):
    """What one role (producer, workers, broker) used during the measured stretch."""

    cpu_seconds_per_million_events: float | None
    cores: float | None
    rss_bytes_max: int | None


class Summary(Strict):
    """The report in figures.  Rates in events/s, latencies in seconds, None = not measured."""

    name: str
    description: str
    verdict: Verdict
    sentences: tuple[str, ...] = Field(description="the verdict in words, most important first")
    measured_seconds: float
    warmup_seconds: float
    drained_after_seconds: float | None = Field(description="from the end of the load until nothing was left")
    planned_rate: float | None
    sent_rate: float | None
    produced_rate: float | None
    processed_rate: float | None
    produced_mb_per_second: float | None
    processed_mb_per_second: float | None
    produced_ratio: float | None
    processed_ratio: float | None
    late_events: int | None
    generator_bottleneck: str | None = Field(description="why the load itself fell short; None = it did not")
    latencies: dict[Literal["schedule_delay", "publish", "end_to_end"], Latency]
    lag_events_max: int | None
    lag_events_mean: float | None
    lag_events_end: int | None
    event_loop_delay_seconds_max: float | None
    rebalances: int | None
    costs: dict[Literal["producer", "workers", "broker"], RoleCost]
    slos: tuple[SloResult, ...]
    ledger: Audit
    elasticity: Elasticity | None = Field(None, description="None = the run had no desired replicas")
    storm: Storm | None = Field(None, description="the growth of replicas nearest to an init storm; None as above")


def score(
    scenario: Scenario,
    samples: Sequence[Sample],
    account: ProducerAccount,
    entries: Iterable[LedgerEntry],
    ledger: Audit,
    *,
    replicas_max: int | None = None,
) -> Summary:
    """All figures of a run.  `samples` in order of time; `entries` as the ledger topic has them.

    `replicas_max` is the most that the policy may ask for, as run.json says; without it nobody can tell saturation.
    """
    measured = [s for s in samples if s.phase == "measuring"]
    figures = _rates(measured, account) | _lag(samples, measured)
    violated = violations(scenario, samples)
    figures_of_slo = figures | {"violation_seconds": violated and violated.at_worst}
    stormed = storm(scenario, samples, replicas_max=replicas_max)
    latencies = _latencies(account, entries, account.started_us + round(scenario.warmup_seconds * 1e6))
    costs = {role: _cost(measured, role) for role in ("producer", "worker", "broker")}
    costs["workers"] = costs.pop("worker")
    slos = tuple(_judge(scenario.slo, figures_of_slo, latencies, costs, ledger))
    verdict: Verdict = "passed"
    if not ledger.passed:
        verdict = "ledger failed"
    elif not all(slo.held for slo in slos):
        verdict = "SLO missed"
    bottleneck = _bottleneck(figures, measured)
    return Summary(
        name=scenario.name,
        description=scenario.description,
        verdict=verdict,
        sentences=tuple(_sentences(verdict, slos, ledger, bottleneck, stormed)),
        warmup_seconds=scenario.warmup_seconds,
        generator_bottleneck=bottleneck,
        latencies=latencies,
        costs=costs,
        slos=slos,
        ledger=ledger,
        elasticity=elasticity(scenario, samples, replicas_max=replicas_max),
        storm=stormed,
        **figures,
    )


def _rates(measured: Sequence[Sample], account: ProducerAccount) -> dict[str, Any]:
    planned, sent, acked = (rate(measured, f"{n}_events") for n in ("planned", "sent", "acked"))
    processed, bytes_rate = rate(measured, "processed_events"), rate(measured, "produced_bytes")
    mean_bytes = account.value_bytes / account.sent if account.sent else 0.0
    return {
        "measured_seconds": measured[-1].at_seconds - measured[0].at_seconds if measured else 0.0,
        "planned_rate": planned,
        "sent_rate": sent,
        "produced_rate": acked,
        "processed_rate": processed,
        "produced_mb_per_second": None if bytes_rate is None else bytes_rate / 1e6,
        "processed_mb_per_second": None if processed is None else processed * mean_bytes / 1e6,
        "produced_ratio": ratio(acked, planned),
        "processed_ratio": ratio(processed, planned),
        "late_events": account.late,
    }


def _lag(samples: Sequence[Sample], measured: Sequence[Sample]) -> dict[str, Any]:
    lags = [s.lag_events for s in measured if s.lag_events is not None]
    delays = [s.event_loop_delay_seconds for s in measured if s.event_loop_delay_seconds is not None]
    rebalances = [s.rebalances for s in samples if s.rebalances is not None]
    return {
        "lag_events_max": max(lags, default=None),
        "lag_events_mean": sum(lags) / len(lags) if lags else None,
        "lag_events_end": samples[-1].lag_events if samples else None,
        "event_loop_delay_seconds_max": max(delays, default=None),
        "rebalances": max(rebalances, default=None),
        "drained_after_seconds": _drained_after(samples),
    }


def _drained_after(samples: Sequence[Sample]) -> float | None:
    draining = [s for s in samples if s.phase == "draining"]
    empty = [s.at_seconds for s in draining if s.lag_events == 0]
    return empty[0] - draining[0].at_seconds if empty else None


def _latencies(account: ProducerAccount, entries: Iterable[LedgerEntry], from_us: int) -> dict[Any, Latency]:
    """End-to-end latency of the entries whose events were all processed after the warm-up."""
    processed = (
        LatencyHistogram.decode(e.end_to_end)
        for e in distinct(entries)
        if e.end_to_end and e.at_us > from_us + 1_000_000
    )
    return {
        "schedule_delay": LatencyHistogram.decode(account.schedule_delay).percentiles(),
        "publish": LatencyHistogram.decode(account.publish_latency).percentiles(),
        "end_to_end": LatencyHistogram.merged(processed).percentiles(),
    }


def _cost(measured: Sequence[Sample], role: str) -> Any:
    cores, processed = rate(measured, f"{role}_cpu_seconds"), rate(measured, "processed_events")
    memory = [getattr(s, f"{role}_rss_bytes") for s in measured if getattr(s, f"{role}_rss_bytes") is not None]
    return RoleCost(
        cpu_seconds_per_million_events=None if cores is None or not processed else cores / processed * 1e6,
        cores=cores,
        rss_bytes_max=max(memory, default=None),
    )


def _judge(
    slo: Slo, figures: Mapping[str, Any], latencies: Mapping[Any, Latency], costs: Mapping[Any, RoleCost], ledger: Audit
) -> Iterable[SloResult]:
    used = [costs[role].cores for role in ("producer", "workers")]
    actual: dict[str, float | None] = {
        "produced_ratio_min": figures["produced_ratio"],
        "processed_ratio_min": figures["processed_ratio"],
        "schedule_delay_p99_seconds_max": latencies["schedule_delay"]["p99"],
        "end_to_end_p50_seconds_max": latencies["end_to_end"]["p50"],
        "end_to_end_p99_seconds_max": latencies["end_to_end"]["p99"],
        "end_to_end_p999_seconds_max": latencies["end_to_end"]["p99.9"],
        "lag_events_max": figures["lag_events_max"],
        "violation_seconds_max": figures["violation_seconds"],
        "dead_lettered_events_max": ledger.dead_lettered,
        "unread_events_max": ledger.unread,
        "cores_max": None if None in used else sum(u for u in used if u is not None),
    }
    for name, value in actual.items():
        limit = getattr(slo, name)
        if limit is not None:
            held = value is not None and (value >= limit if name.endswith("_min") else value <= limit)
            yield SloResult(name=name, limit=limit, actual=value, held=held)


PROOF = "the ledger proves it"
SHORTFALL_RATIO = 0.005
BUSY_CORES = 0.9


def _bottleneck(figures: Mapping[str, Any], measured: Sequence[Sample]) -> str | None:
    """Why less was sent than planned: a producer out of CPU, or a Kafka that let its buffer fill."""
    sent = ratio(figures["sent_rate"], figures["planned_rate"])
    if sent is None or sent >= 1 - SHORTFALL_RATIO:
        return None
    cores = rate(measured, "producer_cpu_seconds") or 0.0
    buffered = max((s.buffered_bytes or 0 for s in measured), default=0)
    short = f"only {sent:.1%} of the planned events were sent in time"
    if cores >= BUSY_CORES:
        return f"the generator was the bottleneck: {short}, with {cores:.2f} cores in use; give it more processes"
    return f"Kafka held the generator up: {short}, {buffered / 1e6:.0f} MB waited for an answer at the worst moment"


def _sentences(
    verdict: Verdict, slos: Sequence[SloResult], ledger: Audit, bottleneck: str | None, stormed: Storm | None
) -> Iterable[str]:
    if verdict == "ledger failed":
        yield f"FAILED: {ledger.lost:,} events were lost"
    if missed := [slo.name for slo in slos if not slo.held]:
        yield f"SLO missed: {', '.join(missed)}"
    if stormed and stormed.detected:
        yield stormed.sentence
    if bottleneck:
        yield bottleneck
    if ledger.complete:
        yield f"{PROOF}: all {ledger.acknowledged:,} acknowledged events were processed, none was lost"
    yield from ledger.findings
