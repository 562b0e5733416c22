"""What the charts of the report show, as data: the page's script only draws it.

A chart is a dictionary that becomes JSON.  Values are in the unit of the axis; `colour` names a thing (produced, lag,
latency …), never a shade, so that one thing has one colour in all charts and in both themes.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any

from contract.histogram import LatencyHistogram
from contract.record import Sample
from loadtests.report.latency import distribution, end_to_end, over_time
from loadtests.report.records import RunRecords
from loadtests.report.thinning import thin
from loadtests.report.units import digits

Point = tuple[float, float]
Chart = dict[str, Any]
MEASURING = "measuring"


def time_charts(records: RunRecords) -> list[Chart]:
    """The charts that share the time axis, most telling first; one without any measured value is left out."""
    samples = thin(records.samples)
    charts = [
        _rates(samples),
        _end_to_end(records, samples),
        _lag(samples, _limit(records, "lag_events_max")),
        _workers(samples),
        _schedule_delay(samples, _limit(records, "schedule_delay_p99_seconds_max")),
        _event_loop(samples),
        _cpu(samples),
        _memory(samples),
    ]
    return [chart for chart in charts if any(series["data"] for series in chart["series"])]


def latency_chart(records: RunRecords) -> Chart | None:
    """The percentile distribution of the three latencies; None when no histogram was recorded."""
    if records.account is None:
        return None
    warmed_us = records.account.started_us + round(records.summary.warmup_seconds * 1e6) + 1_000_000
    histograms = {
        "end-to-end": end_to_end(records.entries, warmed_us),
        "publish": LatencyHistogram.decode(records.account.publish_latency),
        "schedule delay": LatencyHistogram.decode(records.account.schedule_delay),
    }
    colours = {"end-to-end": "latency", "publish": "publish", "schedule delay": "produced"}
    series = [
        _series(name, colours[name], [(nines, seconds * 1e3) for nines, seconds in distribution(histogram)])
        for name, histogram in histograms.items()
        if histogram.count
    ]
    title, caption = "Latency by percentile", "One step to the right is one more nine: rarer and slower events."
    for line in series:
        line["dash"] = line["name"] == "publish"
    chart = _chart("distribution", title, caption, "ms", series, log=True, wide=True)
    return chart if series else None


def shades(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """The stretches that are not measured: warm-up, draining and so on, with where they begin and end."""
    groups = [(phase, [s.at_seconds for s in group]) for phase, group in groupby(samples, lambda s: s.phase)]
    found = []
    for number, (phase, times) in enumerate(groups):
        start = groups[number - 1][1][-1] if number else times[0]
        follows = groups[number + 1 : number + 2]
        end = follows[0][1][0] if follows and follows[0][0] == MEASURING else times[-1]
        if phase != MEASURING and end > start:
            found.append({"from": start, "to": end, "label": phase})
    return found


def measured(samples: Sequence[Sample]) -> tuple[float, float] | None:
    """When measuring began and ended; None when it never did."""
    times = [s.at_seconds for s in samples if s.phase == MEASURING]
    return (times[0], times[-1]) if times and times[-1] > times[0] else None


def _rates(samples: Sequence[Sample]) -> Chart:
    names = {"planned": "planned_events", "produced": "acked_events", "processed": "processed_events"}
    series = [_series(name, name, _slopes(samples, field)) for name, field in names.items()]
    series[0] |= {"dash": True, "area": True}
    caption = (
        "Due by the schedule, acknowledged by Kafka, processed by the workers: lines that part show who is behind."
    )
    return _chart("rates", "Rates", caption, "events/s", series, wide=True)


def _lag(samples: Sequence[Sample], limit: float | None) -> Chart:
    series = [_series("lag", "lag", _gauge(samples, "lag_events")) | {"area": True}]
    caption = "Events that are in Kafka and not yet committed by the workers."
    return _chart("lag", "Lag", caption, "events", series, limit=limit)


def _end_to_end(records: RunRecords, samples: Sequence[Sample]) -> Chart:
    from_histograms = over_time(records.entries, records.started_us or 0)
    points = from_histograms or {
        "p50": _gauge(samples, "end_to_end_p50_seconds"),
        "p99": _gauge(samples, "end_to_end_p99_seconds"),
        "p99.9": _gauge(samples, "end_to_end_p999_seconds"),
    }
    colours = {"p50": "latency-low", "p99": "latency", "p99.9": "latency-high"}
    series = [_series(name, colour, _times(1e3, points[name])) for name, colour in colours.items()]
    series[2]["dash"] = True
    limit = _limit(records, "end_to_end_p99_seconds_max", 1e3)
    caption = "From the moment an event was due until it was processed. The axis is logarithmic."
    return _chart(
        "end-to-end", "End-to-end latency", caption, "ms", series, log=True, limit=limit, limit_of="p99", wide=True
    )


def _schedule_delay(samples: Sequence[Sample], limit: float | None) -> Chart:
    series = [
        _series("p50", "produced-low", _times(1e3, _gauge(samples, "schedule_delay_p50_seconds"))),
        _series("p99", "produced", _times(1e3, _gauge(samples, "schedule_delay_p99_seconds"))),
    ]
    caption = "How late events leave the producer. If this grows, the generator is the bottleneck."
    limit_ms = None if limit is None else limit * 1e3
    return _chart("delay", "Schedule delay", caption, "ms", series, log=True, limit=limit_ms, limit_of="p99")


def _workers(samples: Sequence[Sample]) -> Chart:
    alive = _series("alive", "neutral", _gauge(samples, "workers_alive")) | {"step": True, "dash": True}
    ready = _series("ready", "processed", _gauge(samples, "workers_ready")) | {"step": True}
    caption = "Processes that exist, and those of them that consume."
    return _chart("workers", "Workers", caption, "", [alive, ready], events=True, whole=True)


def _event_loop(samples: Sequence[Sample]) -> Chart:
    series = [_series("worst worker", "processed", _times(1e3, _gauge(samples, "event_loop_delay_seconds")))]
    caption = "How late a timer fires inside a worker. Long delays starve its heartbeat to Kafka."
    return _chart("loop", "Event-loop delay", caption, "ms", series)


ROLES = {"producer": "produced", "worker": "processed", "broker": "broker"}
ROLE_WORDS = {"producer": "producer", "worker": "workers", "broker": "broker"}


def _cpu(samples: Sequence[Sample]) -> Chart:
    series = [_series(ROLE_WORDS[r], colour, _slopes(samples, f"{r}_cpu_seconds")) for r, colour in ROLES.items()]
    return _chart("cpu", "CPU", "Cores in use, by role.", "cores", series)


def _memory(samples: Sequence[Sample]) -> Chart:
    series = [
        _series(ROLE_WORDS[r], colour, _times(1e-6, _gauge(samples, f"{r}_rss_bytes"))) for r, colour in ROLES.items()
    ]
    return _chart("memory", "Memory", "Resident memory, all processes of a role together.", "MB", series)


def _chart(name: str, title: str, caption: str, unit: str, series: list[dict[str, Any]], **more: Any) -> Chart:
    return {
        "id": name,
        "title": title,
        "caption": caption,
        "unit": unit,
        "wide": False,
        "series": series,
        "summary": _in_words(series, unit),
    } | more


def _in_words(series: Iterable[dict[str, Any]], unit: str) -> str:
    """What a chart shows, for those who cannot see it."""
    extremes = ((s["name"], [value for _, value in s["data"]]) for s in series if s["data"])
    return " ".join(
        f"{name}: lowest {digits(min(values))}, highest {digits(max(values))} {unit}".rstrip() + "."
        for name, values in extremes
    )


def _series(name: str, colour: str, points: Iterable[Point]) -> dict[str, Any]:
    """A line; values are cut to six significant digits, which no screen can show."""
    return {"name": name, "colour": colour, "data": [(round(at, 3), float(f"{value:.6g}")) for at, value in points]}


def _gauge(samples: Sequence[Sample], field: str) -> list[Point]:
    return [(s.at_seconds, value) for s in samples if (value := getattr(s, field)) is not None]


def _slopes(samples: Sequence[Sample], field: str) -> list[Point]:
    """Growth per second of a total, from each sample that knows it to the next; a total that fell leaves a gap."""
    known = _gauge(samples, field)
    slopes = [
        (after[0], (after[1] - before[1]) / (after[0] - before[0]))
        for before, after in pairwise(known)
        if after[0] > before[0] and after[1] >= before[1]
    ]
    return [(known[0][0], slopes[0][1]), *slopes] if slopes else []


def _times(factor: float, points: Iterable[Point]) -> list[Point]:
    return [(at, value * factor) for at, value in points]


def _limit(records: RunRecords, name: str, factor: float = 1.0) -> float | None:
    limits = {slo.name: slo.limit * factor for slo in records.summary.slos}
    return limits.get(name)
