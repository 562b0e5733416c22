"""Kubernetes' notation for quantities (`100m`, `1Gi`, `1k`, `1e3`), exactly, as integers of a thousandth.

Apart from the policies because manifests, recorded states and workers' requests are all written in it.  Its one rule:
no quantity that stands in a text ever passes through a float.
"""

import math
import re
from decimal import Decimal

INT64_MAX = 2**63 - 1
MILLI = 1000
SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}
PATTERN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d{1,3}|[numkMGTPE]|[KMGTPE]i)?", re.ASCII)
NEARLY_ULPS = 64
"""What the arithmetic of a double may be off by."""
DECIMAL_EXPONENTS = (0, -3, -6, -9)


def parse_milli(quantity: str | float) -> int:
    """A quantity in thousandths, rounded away from zero and held at the largest 64-bit integer, as Kubernetes does."""
    exact = parse_exact(quantity) * MILLI
    whole = math.ceil(exact) if exact >= 0 else math.floor(exact)
    return max(-INT64_MAX, min(INT64_MAX, whole))


def parse_exact(quantity: str | float) -> Decimal:
    """A quantity as it is written.  A number counts as the text that YAML or JSON would write for it.

    Raises ValueError for anything else.
    """
    found = None if isinstance(quantity, bool) else PATTERN.fullmatch(str(quantity))
    if found is None:
        raise ValueError(f"expected a Kubernetes quantity such as 500m, 1k, 2Gi or 1.5, found {quantity!r}")
    digits, suffix = found.group(1), found.group(2) or ""
    exponent = suffix[:1] in "eE" and len(suffix) > 1 and not suffix.endswith("i")
    scale = Decimal(f"1{suffix}") if exponent else SUFFIXES[suffix]
    return Decimal(digits) * scale


def milli(value: float) -> int:
    """A measured value in thousandths, rounded up; a float that is as good as a thousandth counts as that one.

    Without that, 0.035 would be 36 thousandths, because the nearest float times 1000 is a hair above 35.
    """
    exact = value * MILLI
    if exact >= INT64_MAX:
        return INT64_MAX
    near = math.floor(exact + 0.5)
    return near if abs(exact - near) <= NEARLY_ULPS * math.ulp(exact) else math.ceil(exact)


def approximate(quantity: str | float) -> float:
    """A quantity as the float that Kubernetes' controllers compute with, after the API server has stored it.

    It is stored with the largest suffix that needs no fraction, and read as that number times a power of ten: 0.57 is
    570m, and 570 times 0.001 is not 0.57 but the next float (`Quantity.AsApproximateFloat64`).
    """
    exact = parse_exact(quantity)
    for exponent in DECIMAL_EXPONENTS:
        base = exact.scaleb(-exponent)
        if base == base.to_integral_value():
            return float(base) * 10.0**exponent if exponent else float(base)
    return float(exact)
