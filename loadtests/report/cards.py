"""The top of the report: the verdict, and the six figures that people ask for first."""

from dataclasses import dataclass

from loadtests.headline import Headline, headline, violated_sentence
from loadtests.report.slos import SloLine, slo_line
from loadtests.report.units import UNMEASURED, bare, duration, percent, show
from loadtests.score import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """The verdict as symbol, word and colour: nobody should have to rely on one of them."""

    kind: str
    symbol: str
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A key figure: label, number, unit, a line below it, and whether its SLO held (None = there is none)."""

    label: str
    number: str
    unit: str
    detail: str
    slo: SloLine | None = None


def banner(summary: Summary) -> Banner:
    """The verdict and its sentences; a storm has a banner of its own."""
    kind, symbol, title = _HEADLINES[headline(summary)]
    storm = summary.storm.sentence if summary.storm else None
    sentences = (sentence for sentence in verdict_sentences(summary) if sentence != storm)
    return Banner(kind=kind, symbol=symbol, title=title, sentences=tuple(sentences))


def verdict_sentences(summary: Summary) -> list[str]:
    """Why the verdict is what it is: missed SLOs with their figures first, nothing said twice."""
    lines = [slo_line(slo) for slo in summary.slos]
    missed = [f"{line.label} was {line.actual}; the objective is {line.limit}" for line in lines if not line.held]
    others = [s.removeprefix("FAILED: ") for s in summary.sentences if not s.startswith("SLO missed")]
    told = [s for s in others if not any(other != s and other.startswith(s) for other in others)]
    if violated := violated_sentence(summary):
        return [violated, *told]
    return [*told, *missed] if summary.verdict == "ledger failed" else [*missed, *told]


_HEADLINES: dict[Headline, tuple[str, str, str]] = {
    "passed": ("passed", "✓", "Passed"),
    "SLO violated": ("missed", "!", "SLO violated"),
    "SLO missed": ("missed", "!", "SLO missed"),
    "ledger failed": ("failed", "✕", "Ledger failed"),
}


def cards(summary: Summary) -> list[Card]:
    """The six figures that people ask for first."""
    slos = {slo.name: slo_line(slo) for slo in summary.slos}
    return [
        _rate_card(summary, slos.get("processed_ratio_min")),
        _latency_card(summary, "p50", "p90", slos.get("end_to_end_p50_seconds_max")),
        _latency_card(summary, "p99", "p99.9", slos.get("end_to_end_p99_seconds_max")),
        _lost_card(summary),
        _lag_card(summary, slos.get("lag_events_max")),
        _cpu_card(summary, slos.get("cores_max")),
    ]


def _rate_card(summary: Summary, slo: SloLine | None) -> Card:
    share = UNMEASURED if summary.processed_ratio is None else percent(summary.processed_ratio)
    return Card(
        label="Processed events",
        number=bare(summary.processed_rate, "events/s"),
        unit="/s",
        detail=f"{share} of {bare(summary.planned_rate, 'events/s')} planned",
        slo=slo,
    )


def _latency_card(summary: Summary, percentile: str, also: str, slo: SloLine | None) -> Card:
    latency = summary.latencies.get("end_to_end", {})
    return Card(
        label=f"End-to-end {percentile}",
        number=bare(latency.get(percentile), "ms"),
        unit="ms",
        detail=f"{also} {show(latency.get(also), 'ms')}",
        slo=slo,
    )


def _lost_card(summary: Summary) -> Card:
    ledger = summary.ledger
    return Card(
        label="Lost events",
        number=f"{ledger.lost:,}",
        unit="",
        detail=f"of {ledger.acknowledged:,} acknowledged",
        slo=SloLine(name="lost", label="lost", limit="none may be lost", actual="", held=ledger.passed),
    )


def _lag_card(summary: Summary, slo: SloLine | None) -> Card:
    drained = summary.drained_after_seconds
    after = "not drained" if drained is None else f"drained in {duration(drained)}"
    return Card(
        label="Highest lag", number=bare(summary.lag_events_max, "events"), unit="", detail=f"events, {after}", slo=slo
    )


def _cpu_card(summary: Summary, slo: SloLine | None) -> Card:
    costs = [summary.costs[role] for role in ("producer", "workers") if role in summary.costs]
    per_million = [c.cpu_seconds_per_million_events for c in costs]
    cores = [c.cores for c in costs]
    return Card(
        label="CPU per million",
        number=bare(_total(per_million), "cpu"),
        unit="s",
        detail=f"producer + workers, {show(_total(cores), 'cores')}",
        slo=slo,
    )


def _total(parts: list[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None
