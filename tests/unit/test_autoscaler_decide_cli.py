"""`weir decide` as a command: streaming, memory from line to line, options, exit codes."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from autoscaler.cluster import HpaClusterSettings
from autoscaler.commands.decide import answers
from autoscaler.errors import StateError
from autoscaler.manifests import read_policy_text
from autoscaler.options import read_cluster, read_names
from autoscaler.signals import USUAL_NAMES, Signal
from contract.errors import SettingsError

POLICY = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: consumer}
spec:
  scaleTargetRef: {kind: Deployment, name: consumer}
  minReplicas: 1
  maxReplicas: 20
  metrics:
  - {type: External, external: {metric: {name: lag}, target: {type: AverageValue, averageValue: 100}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: consumer}}
"""
DOC = Path(__file__).parents[2] / "docs" / "decide.md"
WEIR = (sys.executable, "-m", "weir", "decide")


def line(at: float, replicas: int, lag: float | None, **more: Any) -> bytes:
    """A state with this lag."""
    state = {"at_seconds": at, "spec_replicas": replicas, "status_replicas": replicas, "metrics": {"lag": lag}}
    return orjson.dumps(state | more) + b"\n"


def answered(*lines: bytes) -> list[Any]:
    """The answers in memory, without a process."""
    return [orjson.loads(answer) for answer in answers(lines, read_policy_text(POLICY, "policy").plan)]


def test_memory_goes_from_line_to_line() -> None:
    """The second line is held up by what the first one recommended."""
    first, second = answered(line(0, 3, 900), line(15, 6, 100))
    assert (first["replicas"], second["recommendation"], second["replicas"]) == (6, 1, 9)
    assert [replicas for _, replicas in second["memory"]["recommendations"]] == [3, 9, 1]


def test_a_line_may_bring_its_own_memory() -> None:
    """Then nothing of the lines before it counts, and time may start again."""
    _, second = answered(line(500, 3, 900), line(15, 6, 100, memory={"created_at": 0}))
    assert (second["line"], second["replicas"]) == (2, 1)


def test_replaying_each_memory_gives_the_same_answers() -> None:
    """One run over all lines, or each line alone with the memory of the answer before."""
    lags = [900, None, 100, 2_500, 2_500, 0, 150]
    together = answered(*(line(15.0 * i, 3 + i, lag) for i, lag in enumerate(lags)))
    memory: Any = {}
    for i, lag in enumerate(lags):
        alone = answered(line(15.0 * i, 3 + i, lag, memory=memory))[0]
        assert alone | {"line": 0} == together[i] | {"line": 0}
        memory = alone["memory"]


def test_blank_lines_are_counted_and_passed_over() -> None:
    """So that the numbers are those of the file."""
    assert [answer["line"] for answer in answered(b"\n", line(0, 1, 5), b"  \n", line(1, 1, 5))] == [2, 4]


def test_time_does_not_go_back() -> None:
    """Windows and periods would mean nothing."""
    with pytest.raises(StateError, match="line 2: at_seconds: 5 is before the last line's 10"):
        answered(line(10, 1, 5), line(5, 1, 5))


def test_names_and_settings() -> None:
    """The user's own beside the usual ones; flags are written as Kubernetes or Python would."""
    assert read_names(["mine=time_lag_seconds"]) == {**USUAL_NAMES, "mine": Signal.TIME_LAG}
    found = read_cluster(["tolerance=0.05", "downscale-stabilization-seconds=60", "scale_to_zero=true"])
    assert found == HpaClusterSettings(tolerance=0.05, downscale_stabilization_seconds=60, scale_to_zero=True)


@pytest.mark.parametrize("pair", ["mine", "mine=", "=total_lag", "mine=lag"])
def test_wrong_names(pair: str) -> None:
    """The message lists the signals."""
    with pytest.raises(SettingsError, match="expected NAME=SIGNAL with SIGNAL one of total_lag"):
        read_names([pair])


@pytest.mark.parametrize("pair", ["tolerance", "tolerance=ten", "tolerance=-1", "speed=1"])
def test_wrong_settings(pair: str) -> None:
    """Each is named."""
    with pytest.raises(SettingsError, match=pair.partition("=")[0]):
        read_cluster([pair])


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """A policy's file."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return str(path)


def test_an_answer_comes_before_the_next_line_is_read(policy: str) -> None:
    """A program can ask and wait."""
    with subprocess.Popen(
        [*WEIR, "--scaler", policy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        for replicas in (3, 6):
            process.stdin.write(line(0, replicas, 900))
            process.stdin.flush()
            assert orjson.loads(process.stdout.readline())["recommendation"] == 9
        _, told = process.communicate()
    assert (process.returncode, told) == (0, b"weir: passed over Deployment consumer: not a policy\n")


@pytest.mark.parametrize(
    ("options", "states", "code", "told"),
    [
        pytest.param([], b"", 2, "--scaler POLICY.yaml is missing", id="no policy"),
        pytest.param(["--scaler", "none.yaml"], b"", 2, "cannot read the policy none.yaml", id="no such file"),
        pytest.param(
            ["--scaler", "POLICY"],
            line(0, 1, 5) + b"{}\n",
            2,
            "line 2: at_seconds: must be given",
            id="a wrong line after a right one",
        ),
    ],
)
def test_exit_codes(policy: str, options: list[str], states: bytes, code: int, told: str) -> None:
    """2 for what cannot be used, with a message and no traceback; the lines before it were answered."""
    command = [*WEIR, *(policy if option == "POLICY" else option for option in options)]
    done = subprocess.run(command, input=states, capture_output=True, check=False)
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert done.stdout.count(b"\n") == max(0, states.count(b"\n") - 1)


def test_a_reader_that_has_seen_enough(policy: str) -> None:
    """As `head` does: no complaint, and 128 + SIGPIPE."""
    with subprocess.Popen(
        [*WEIR, "--scaler", policy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(line(0, 1, 5))
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(line(1, 1, 5) * 2)
        process.stdin.close()
        told = process.stderr.read().decode()
        assert process.wait(timeout=60) == 141
    assert "Broken" not in told
    assert "Traceback" not in told


def test_the_example_in_the_documentation() -> None:
    """Policy, states and answers are those that the page shows."""
    blocks = re.findall(r"```(?:yaml|json)\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    policy, states, shown = blocks
    lines = [text.encode() for text in states.splitlines()]
    found = [orjson.loads(answer) for answer in answers(lines, read_policy_text(policy, "docs").plan)]
    expected = [orjson.loads(text) for text in shown.splitlines()]
    assert [[answer["replicas"], answer["trail"][-1]["why"]] for answer in found] == expected


def test_the_documentation_has_every_name_and_setting() -> None:
    """The tables of the page are those of the code."""
    text = DOC.read_text(encoding="utf-8")
    for name in (*USUAL_NAMES, *HpaClusterSettings.model_fields):
        assert f"`{name}`" in text
