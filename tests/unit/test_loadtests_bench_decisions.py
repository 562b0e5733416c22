"""The benchmark of `weir decide`: its states are real ones, and its figures are those of whole processes."""

import sys

import orjson
import pytest

from autoscaler.commands.decide import answers
from autoscaler.manifests import read_policy_text
from loadtests.bench.decisions import CASES, measure_decide, states


@pytest.mark.parametrize("name", CASES)
def test_the_policy_scales_on_the_states(name: str) -> None:
    """A benchmark of a policy that only holds would say little."""
    plan = read_policy_text(CASES[name][0], name).plan
    found = [orjson.loads(answer) for answer in answers(states(name, 30), plan)]
    assert all(answer["recommendation"] is not None for answer in found)
    assert len({answer["recommendation"] for answer in found}) > 1


def test_the_same_states_every_time() -> None:
    assert list(states("hpa-lag", 5)) == list(states("hpa-lag", 5))


def test_whole_processes_are_measured() -> None:
    """Each case has a row."""
    decide = "import typer; from autoscaler.commands.decide import decide; app = typer.Typer(); app.command()(decide); "
    program = decide + "app.callback()(lambda: None); app()"
    rows = measure_decide(20, 1, command=(sys.executable, "-c", program))
    assert [row["policy"] for row in rows] == list(CASES)
    assert all(0 < row["lines_per_second_min"] == row["lines_per_second"] for row in rows)
