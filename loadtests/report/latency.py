"""Latency over time and as a distribution, from the histograms that workers and producer left in their records.

Percentiles cannot be averaged, so each point of a line is the percentile of the merged histograms of its stretch of
time.  The distribution's axis is the one of HdrHistogram: a step to the right is one more nine.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from contract.histogram import LatencyHistogram
from contract.ledger import LedgerEntry

POINTS_MAX = 300
STEPS_A_NINE = 12
SERIES = {"p50": 50.0, "p99": 99.0, "p99.9": 99.9}


def over_time(entries: Sequence[LedgerEntry], started_us: int) -> dict[str, list[tuple[float, float]]]:
    """For p50, p99 and p99.9: pairs of (seconds since `started_us`, seconds of latency).  Empty without entries."""
    timed = [((e.at_us - started_us) / 1e6, e.end_to_end) for e in entries if e.end_to_end]
    if not timed:
        return {}
    times = [at for at, _ in timed]
    buckets = _merged(timed, _bucket_seconds(max(times) - min(times)))
    return {
        name: [(round(middle, 3), value) for middle, h in buckets if (value := h.seconds_at(percentile)) is not None]
        for name, percentile in SERIES.items()
    }


def distribution(histogram: LatencyHistogram) -> list[tuple[float, float]]:
    """Pairs of (nines, seconds): 0 nines is the lowest value, 1 is p90, 2 is p99; ends where a single event stands."""
    if not histogram.count:
        return []
    nines_max = math.log10(histogram.count)
    steps = [step / STEPS_A_NINE for step in range(math.ceil(nines_max * STEPS_A_NINE) + 1)]
    percentiles = [*(100 * (1 - 10**-nines) for nines in steps[:-1]), 100.0]
    seconds = map(histogram.seconds_at, percentiles)
    return [(round(n, 3), value) for n, value in zip(steps, seconds, strict=True) if value is not None]


def end_to_end(entries: Iterable[LedgerEntry], from_us: int) -> LatencyHistogram:
    """All end-to-end latencies of the entries published after `from_us`."""
    return LatencyHistogram.merged(
        LatencyHistogram.decode(e.end_to_end) for e in entries if e.end_to_end and e.at_us > from_us
    )


def _bucket_seconds(span: float) -> float:
    return float(max(1, math.ceil(span / POINTS_MAX)))


def _merged(timed: Sequence[tuple[float, str]], width: float) -> list[tuple[float, LatencyHistogram]]:
    groups: Mapping[int, list[str]] = defaultdict(list)
    for at, text in timed:
        groups[math.floor(at / width)].append(text)
    return [
        ((number + 0.5) * width, LatencyHistogram.merged(map(LatencyHistogram.decode, texts)))
        for number, texts in sorted(groups.items())
    ]
