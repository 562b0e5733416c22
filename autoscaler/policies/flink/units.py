"""Durations and sizes of memory as Flink writes them: `15 min`, `1 h`, `512 mb`."""

import math
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zµ]+)\s*")
SECONDS = {
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("h", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "milli", "millis", "millisecond", "milliseconds"), 1e-3),
}
BYTES = {
    **dict.fromkeys(("b", "bytes"), 1),
    **{name: 1024**power for power, letter in enumerate("kmgt", start=1) for name in (letter, f"{letter}b")},
}
BYTES.update({"kibibytes": 1024, "mebibytes": 1024**2, "gibibytes": 1024**3, "tebibytes": 1024**4})


def parse_duration(value: object) -> float:
    """Seconds.  A number is seconds; a text needs a unit, because Flink takes one without for milliseconds."""
    return _parse(value, SECONDS, "a duration with a unit such as 15 min, 1 h or 30 s, or a number of seconds")


def parse_memory(value: object) -> float:
    """Bytes.  A number is bytes; a text needs a unit; a kilobyte has 1,024, as in Flink."""
    return _parse(value, BYTES, "an amount of memory with a unit such as 512 mb or 16 gb, or a number of bytes")


def _parse(value: object, units: dict[str, float] | dict[str, int], expected: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = PATTERN.fullmatch(value.lower()) if isinstance(value, str) else None
    if found is None or found.group(2) not in units:
        raise ValueError(f"expected {expected}")
    return float(found.group(1)) * units[found.group(2)]


Duration = Annotated[float, BeforeValidator(parse_duration)]
"""Seconds."""
WholeDuration = Annotated[float, BeforeValidator(parse_duration), AfterValidator(math.floor)]
"""Seconds without fractions, for durations that Flink reckons with as whole seconds: half a second is none."""
MemorySize = Annotated[float, BeforeValidator(parse_memory)]
"""Bytes."""
