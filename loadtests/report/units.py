"""Numbers as people read them: thousands separators, three meaningful digits, the unit always beside the number.

Apart from the renderers so that text, HTML and comparison never show one figure in two ways.  Its one rule: what was
not measured is a dash, never a zero.
"""

from collections.abc import Callable, Mapping
from typing import Literal

Unit = Literal[
    "events/s", "MB/s", "ratio", "seconds", "ms", "events", "cores", "cpu", "bytes", "count", "times", "money"
]  # fmt: skip
UNMEASURED = "—"


def show(value: float | None, unit: Unit) -> str:
    """`value` with its unit; seconds of latency are given as `ms`, so value is in seconds there too."""
    return UNMEASURED if value is None else _WRITERS[unit](value)


def bare(value: float | None, unit: Unit) -> str:
    """The same without the unit, for columns whose heading names it."""
    return show(value, unit).removesuffix(_SUFFIXES.get(unit, ""))


def digits(value: float) -> str:
    """About three meaningful digits: 0.52, 1.83, 14.2, 142, 1,420."""
    size = abs(value)
    places = 2 if size < 9.995 else 1 if size < 99.95 else 0  # noqa: PLR2004  # what would be rounded to 10 and to 100
    return f"{value:,.{places}f}"


def duration(seconds: float | None) -> str:
    """`48 s`, `2 min 5 s`, `1 h 20 min`."""
    if seconds is None:
        return UNMEASURED
    if seconds < 120:  # noqa: PLR2004  # up to two minutes people count seconds
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def percent(ratio: float) -> str:
    """A ratio in per cent, to the hundredth, so that 99.97 % is not called 100 %."""
    return f"{ratio:.2%}".replace("%", " %")


def _bytes(count: float) -> str:
    return f"{digits(count / 1e9)} GB" if count >= 1e9 else f"{digits(count / 1e6)} MB"  # noqa: PLR2004  # decimal prefixes


_SUFFIXES: Mapping[Unit, str] = {
    "events/s": " events/s",
    "MB/s": " MB/s",
    "ms": " ms",
    "events": " events",
    "cores": " cores",
    "cpu": " CPU s",
    "times": " ×",  # noqa: RUF001  # the sign for times
}
_WRITERS: Mapping[Unit, Callable[[float], str]] = {
    "events/s": lambda rate: f"{rate:,.0f} events/s",
    "MB/s": lambda rate: f"{digits(rate)} MB/s",
    "ratio": percent,
    "seconds": duration,
    "ms": lambda seconds: f"{digits(seconds * 1e3)} ms",
    "events": lambda count: f"{count:,.0f} events",
    "cores": lambda cores: f"{cores:.2f} cores",
    "cpu": lambda seconds: f"{digits(seconds)} CPU s",
    "bytes": _bytes,
    "count": lambda count: f"{count:,.0f}",
    "times": lambda factor: f"{digits(factor)} ×",  # noqa: RUF001  # the sign for times
    "money": lambda amount: f"{amount:,.4g}",
}
