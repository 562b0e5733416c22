"""What a run asks of the disk and what it calls its topics."""

from pathlib import Path
from typing import Any

import pytest

from contract.errors import RunError
from contract.scenario import Scenario
from loadtests import cluster
from loadtests.cluster import Topics, expected_log_bytes, peak_rate


def scenario(shape: dict[str, Any], **load: Any) -> Scenario:
    """A scenario that matters only by its load."""
    return Scenario.model_validate({"name": "x", "seconds": 10, "load": {"shape": shape, **load}})


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param({"kind": "constant", "rate": 500}, 500, id="a constant rate is its own peak"),
        pytest.param(
            {"kind": "steps", "steps": [{"at_seconds": 0, "rate": 5}, {"at_seconds": 3, "rate": 9}]},
            9,
            id="highest step",
        ),
        pytest.param({"kind": "ramp", "from_rate": 1, "to_rate": 7, "seconds": 5}, 7, id="the higher end of a ramp"),
        pytest.param(
            {"kind": "sine", "mean_rate": 100, "amplitude_rate": 50, "period_seconds": 60},
            150,
            id="mean plus amplitude",
        ),
        pytest.param(
            {"kind": "spike", "base_rate": 10, "peak_rate": 90, "at_seconds": 1, "hold_seconds": 1}, 90, id="the spike"
        ),
        pytest.param({"kind": "poisson", "of": {"kind": "constant", "rate": 40}}, 40, id="noise is around its mean"),
        pytest.param(
            {"kind": "sum", "shapes": [{"kind": "constant", "rate": 40}, {"kind": "constant", "rate": 2}]},
            42,
            id="peaks of a sum may coincide",
        ),
    ],
)
def test_the_peak_rate_is_an_upper_bound(shape: dict[str, Any], expected: float) -> None:
    """The disk is judged by the highest rate that the shape can reach."""
    assert peak_rate(scenario(shape)) == expected


def test_the_log_is_estimated_from_peak_seconds_and_size() -> None:
    """Rate x seconds x (event + record overhead); of several sizes the largest counts."""
    constant = {"kind": "constant", "rate": 1_000}
    assert expected_log_bytes(scenario(constant, event_bytes=200)) == 1_000 * 10 * 230
    sizes = [{"bytes": 100, "share": 1}, {"bytes": 970, "share": 1}]
    assert expected_log_bytes(scenario(constant, event_bytes=sizes)) == 1_000 * 10 * 1_000


def test_a_run_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    """Before anything starts, with the two numbers and what to change."""
    huge = scenario({"kind": "constant", "rate": 10_000_000}, event_bytes=1 << 20)
    with pytest.raises(RunError, match=r"would write about .* GB .* are free; choose another --out"):
        cluster.require_disk(huge, tmp_path)


def test_topics_carry_the_run_in_their_name() -> None:
    """Two runs never share a topic or a group, and whoever finds one knows where it comes from."""
    topics = Topics.of_run("events", "demo-1")
    assert topics == Topics(
        events="events.demo-1",
        ledger="events.demo-1.ledger",
        dead_letter="events.demo-1.dead-letter",
        group="weir.demo-1",
    )


def test_after_a_failure_only_the_brokers_logs_stay(tmp_path: Path) -> None:
    """Its data can be gigabytes; its log may say what went wrong."""
    for name in ("data", "logs", "state"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x", encoding="utf-8")
    cluster.keep_only_logs(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs"]
    assert (tmp_path / "logs" / "file").exists()
