"""Quantities in Kubernetes' notation, in thousandths."""

import pytest

from contract.quantities import INT64_MAX, milli, parse_milli


@pytest.mark.parametrize(
    ("text", "thousandths"),
    [
        ("100m", 100),
        ("1", 1_000),
        (1000, 1_000_000),
        ("1k", 1_000_000),
        ("1e3", 1_000_000),
        ("1E3", 1_000_000),
        ("1E", INT64_MAX),
        ("1Ki", 1_024_000),
        ("1Gi", 2**30 * 1_000),
        ("1.5", 1_500),
        (0.1, 100),
        ("0.0001", 1),
        ("1n", 1),
        ("1u", 1),
        (".5", 500),
        ("5.", 5_000),
        ("-100m", -100),
        ("12e-1", 1_200),
        ("1Ei", INT64_MAX),
    ],
)
def test_thousandths(text: str | float, thousandths: int) -> None:
    """Exact, rounded away from zero, held at 64 bits."""
    assert parse_milli(text) == thousandths


@pytest.mark.parametrize("text", ["", "abc", "1 k", "1kb", "1mi", "1ki", "--1", "1e", True, "0x10", "1_000", "٣"])
def test_not_a_quantity(text: str) -> None:
    """The message says what one looks like."""
    with pytest.raises(ValueError, match="expected a Kubernetes quantity such as 500m"):
        parse_milli(text)


@pytest.mark.parametrize(
    ("value", "thousandths"),
    [
        pytest.param(0.035, 35, id="a float a hair above its thousandth is that thousandth"),
        pytest.param(8.2, 8_200, id="and one a hair below, too"),
        pytest.param(0.0351, 36, id="what really lies between is rounded up"),
        pytest.param(48_200.0, 48_200_000, id="whole numbers"),
        pytest.param(1e300, INT64_MAX, id="held at 64 bits"),
        pytest.param(-0.5, -500, id="negative"),
    ],
)
def test_measured_values(value: float, thousandths: int) -> None:
    """A measured float becomes thousandths, rounded up."""
    assert milli(value) == thousandths
