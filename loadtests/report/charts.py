"""What the charts of the report show, as data: the page's script only draws it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from contract.histogram import LatencyHistogram
from contract.record import Sample
from loadtests.report import elastic_charts
from loadtests.report.drawing import Chart, gauge, line, make_chart, scaled, slopes
from loadtests.report.latency import distribution, end_to_end, over_time
from loadtests.report.records import RunRecords
from loadtests.report.thinning import thin

MEASURING = "measuring"


def time_charts(records: RunRecords) -> list[Chart]:
    """The charts that share the time axis, most telling first; one without any measured value is left out."""
    samples, score = thin(records.samples), records.summary.elasticity
    lag = _lag(samples, _limit(records, "lag_events_max"))
    flow = (
        [_rates(samples), _end_to_end(records, samples), lag, _workers(samples)]
        if score is None
        else [
            _rates(samples),
            elastic_charts.replicas(records.needed, samples),
            elastic_charts.time_lag(samples, score.time_lag_limit_seconds),
            lag,
            _end_to_end(records, samples),
            elastic_charts.worker_cpu(samples),
            elastic_charts.disturbances(samples),
        ]
    )
    charts = [
        *flow,
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
        line(name, colours[name], [(nines, seconds * 1e3) for nines, seconds in distribution(histogram)])
        for name, histogram in histograms.items()
        if histogram.count
    ]
    title, caption = "Latency by percentile", "One step to the right is one more nine: rarer and slower events."
    for drawn in series:
        drawn["dash"] = drawn["name"] == "publish"
    chart = make_chart("distribution", title, caption, "ms", series, log=True, wide=True)
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
    series = [line(name, name, slopes(samples, field)) for name, field in names.items()]
    series[0] |= {"dash": True, "area": True}
    caption = (
        "Due by the schedule, acknowledged by Kafka, processed by the workers: lines that part show who is behind."
    )
    return make_chart("rates", "Rates", caption, "events/s", series, wide=True)


def _lag(samples: Sequence[Sample], limit: float | None) -> Chart:
    series = [line("lag", "lag", gauge(samples, "lag_events")) | {"area": True}]
    caption = "Events that are in Kafka and not yet committed by the workers."
    return make_chart("lag", "Lag", caption, "events", series, limit=limit)


def _end_to_end(records: RunRecords, samples: Sequence[Sample]) -> Chart:
    from_histograms = over_time(records.entries, records.started_us or 0)
    points = from_histograms or {
        "p50": gauge(samples, "end_to_end_p50_seconds"),
        "p99": gauge(samples, "end_to_end_p99_seconds"),
        "p99.9": gauge(samples, "end_to_end_p999_seconds"),
    }
    colours = {"p50": "latency-low", "p99": "latency", "p99.9": "latency-high"}
    series = [line(name, colour, scaled(1e3, points[name])) for name, colour in colours.items()]
    series[2]["dash"] = True
    limit = _limit(records, "end_to_end_p99_seconds_max", 1e3)
    caption = "From the moment an event was due until it was processed. The axis is logarithmic."
    return make_chart(
        "end-to-end", "End-to-end latency", caption, "ms", series, log=True, limit=limit, limit_of="p99", wide=True
    )


def _schedule_delay(samples: Sequence[Sample], limit: float | None) -> Chart:
    series = [
        line("p50", "produced-low", scaled(1e3, gauge(samples, "schedule_delay_p50_seconds"))),
        line("p99", "produced", scaled(1e3, gauge(samples, "schedule_delay_p99_seconds"))),
    ]
    caption = "How late events leave the producer. If this grows, the generator is the bottleneck."
    limit_ms = None if limit is None else limit * 1e3
    return make_chart("delay", "Schedule delay", caption, "ms", series, log=True, limit=limit_ms, limit_of="p99")


def _workers(samples: Sequence[Sample]) -> Chart:
    alive = line("alive", "neutral", gauge(samples, "workers_alive")) | {"step": True, "dash": True}
    ready = line("ready", "processed", gauge(samples, "workers_ready")) | {"step": True}
    caption = "Processes that exist, and those of them that consume."
    return make_chart("workers", "Workers", caption, "", [alive, ready], events=True, whole=True)


def _event_loop(samples: Sequence[Sample]) -> Chart:
    series = [line("worst worker", "processed", scaled(1e3, gauge(samples, "event_loop_delay_seconds")))]
    caption = "How late a timer fires inside a worker. Long delays starve its heartbeat to Kafka."
    return make_chart("loop", "Event-loop delay", caption, "ms", series)


ROLES = {"producer": "produced", "worker": "processed", "broker": "broker"}
ROLE_WORDS = {"producer": "producer", "worker": "workers", "broker": "broker"}


def _cpu(samples: Sequence[Sample]) -> Chart:
    series = [line(ROLE_WORDS[r], colour, slopes(samples, f"{r}_cpu_seconds")) for r, colour in ROLES.items()]
    return make_chart("cpu", "CPU", "Cores in use, by role.", "cores", series)


def _memory(samples: Sequence[Sample]) -> Chart:
    series = [
        line(ROLE_WORDS[r], colour, scaled(1e-6, gauge(samples, f"{r}_rss_bytes"))) for r, colour in ROLES.items()
    ]
    return make_chart("memory", "Memory", "Resident memory, all processes of a role together.", "MB", series)


def _limit(records: RunRecords, name: str, factor: float = 1.0) -> float | None:
    limits = {slo.name: slo.limit * factor for slo in records.summary.slos}
    return limits.get(name)
