"""A machine's time that is set does not reach what is timed."""

import time
from pathlib import Path

import pytest

from contract.clock import awake_seconds, steady_seconds
from tests.workers import ROOT

UNSTEADY = {Path("autoscaler/lease/transaction.py")}
"""Kafka wants a record's timestamp by the machine's time."""


def test_it_is_the_machines_time_as_long_as_nobody_sets_that() -> None:
    assert steady_seconds() == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize("jump", [-3_600.0, 3_600.0], ids=["set back by an hour", "set forward by an hour"])
def test_a_jump_does_not_reach_it(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    before, awake, real = steady_seconds(), awake_seconds(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    assert steady_seconds() - before == pytest.approx(awake_seconds() - awake, abs=0.1)


def test_nothing_in_the_autoscaler_is_timed_by_a_clock_that_can_be_set() -> None:
    """Probes, back-off, grace and windows all compare times."""
    files = [path.relative_to(ROOT) for path in (ROOT / "autoscaler").rglob("*.py")]
    assert len(files) > 100
    assert {path for path in files if "time.time" in (ROOT / path).read_text(encoding="utf-8")} == UNSTEADY
