"""What a chart is made of: lines from samples, a title, a caption, and the same in words.

A chart is a dictionary that becomes JSON.  Values are in the unit of the axis; `colour` names a thing (produced, lag,
latency …), never a shade, so that one thing has one colour in all charts and in both themes.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from contract.record import Sample
from loadtests.report.units import digits

Point = tuple[float, float]
Chart = dict[str, Any]


def make_chart(name: str, title: str, caption: str, unit: str, series: list[dict[str, Any]], **more: Any) -> Chart:
    """A chart with its words; `more` is what the page's script knows beside them: limit, log, whole, events, wide."""
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


def line(name: str, colour: str, points: Iterable[Point]) -> dict[str, Any]:
    """A line; values are cut to six significant digits, which no screen can show."""
    return {"name": name, "colour": colour, "data": [(round(at, 3), float(f"{value:.6g}")) for at, value in points]}


def gauge(samples: Sequence[Sample], field: str) -> list[Point]:
    """What was measured of a level, as it is."""
    return [(s.at_seconds, value) for s in samples if (value := getattr(s, field)) is not None]


def slopes(samples: Sequence[Sample], field: str) -> list[Point]:
    """Growth per second of a total, from each sample that knows it to the next; a total that fell leaves a gap."""
    known = gauge(samples, field)
    found = [
        (after[0], (after[1] - before[1]) / (after[0] - before[0]))
        for before, after in pairwise(known)
        if after[0] > before[0] and after[1] >= before[1]
    ]
    return [(known[0][0], found[0][1]), *found] if found else []


def scaled(factor: float, points: Iterable[Point]) -> list[Point]:
    """The same points in a unit `factor` times as small."""
    return [(at, value * factor) for at, value in points]
