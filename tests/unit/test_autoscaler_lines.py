"""The JSON Lines format: what is read, what is refused and how, and that memory survives the way out and in."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from autoscaler.commands.decide import schema_text
from autoscaler.decide import decide
from autoscaler.errors import StateError
from autoscaler.lines import State, read_state, write_decision
from autoscaler.model import (
    Memory,
    Partition,
    Plan,
    PodPhase,
    Reading,
    Recommendation,
    Sample,
    ScaleEvent,
    Step,
    Worker,
)
from contract.worker import WorkerPhase

DOCS = Path(__file__).parents[2] / "docs"
LEAST: dict[str, Any] = {"at_seconds": 1.0, "spec_replicas": 2, "status_replicas": 2}


def read(**fields: Any) -> State:
    """The state of a line with these fields beside the least ones."""
    return read_state(orjson.dumps(LEAST | fields), 7)


def test_the_least_line() -> None:
    """Everything else is not measured, and the memory goes on."""
    state = read()
    assert (state.seen.at_seconds, state.seen.spec_replicas, state.memory) == (1.0, 2, None)
    assert (state.seen.arrival_rate, state.seen.workers, state.seen.metrics) == (None, (), {})


def test_a_worker() -> None:
    """Requests and usage also in Kubernetes' notation."""
    worker = {
        "name": "w",
        "pod_phase": "Running",
        "ready": True,
        "ready_changed_at": -5,
        "cpu_request_cores": "500m",
        "memory_request_bytes": "1Gi",
        "cpu": {"usage": "250m", "ended_at": 0.5, "window_seconds": 30},
        "metrics": {"temperature": -3},
        "phase": "initialising",
    }
    sample = Sample(usage=0.25, ended_at=0.5, window_seconds=30.0)
    expected = Worker(
        name="w",
        pod_phase=PodPhase.RUNNING,
        ready=True,
        ready_changed_at=-5.0,
        cpu_request_cores=0.5,
        memory_request_bytes=float(2**30),
        cpu=sample,
        metrics={"temperature": -3.0},
        phase=WorkerPhase.INITIALISING,
    )
    assert read(workers=[worker]).seen.workers == (expected,)


def test_metrics_in_short_and_in_full() -> None:
    """A number, null, or an object with the error."""
    given = {"a": 5, "b": None, "c": {"error": "timed out"}, "d": {"value": -1}}
    expected = {"a": Reading(value=5.0), "b": Reading(), "c": Reading(error="timed out"), "d": Reading(value=-1.0)}
    assert read(metrics=given).seen.metrics == expected


def test_partitions() -> None:
    """Offsets are whole, null is unknown."""
    part = {"topic": "t", "partition": 0, "end_offset": 5, "committed_offset": None}
    assert read(partitions=[part]).seen.partitions == (Partition(topic="t", partition=0, end_offset=5),)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(
            {"spec_replicas": "4"},
            "spec_replicas: expected a whole number that is not negative, found '4'",
            id="text for a number",
        ),
        pytest.param({"spec_replicas": 1.5}, "spec_replicas: expected a whole number", id="half a worker"),
        pytest.param({"spec_replicas": True}, "spec_replicas: expected a whole number", id="true is no number"),
        pytest.param(
            {"status_replicas": -1}, "status_replicas: expected a whole number that is not negative", id="negative"
        ),
        pytest.param(
            {"arrival_rate": -2},
            "arrival_rate: expected a number that is not negative (null = not measured)",
            id="negative rate",
        ),
        pytest.param(
            {"arival_rate": 2}, "arival_rate: there is no such field; known: at_seconds", id="a slip of the pen"
        ),
        pytest.param({"workers": {}}, "workers: expected an array", id="no array"),
        pytest.param(
            {"workers": [{"name": "w"}]}, "workers[0].pod_phase: must be given", id="a field that must be given"
        ),
        pytest.param(
            {"workers": [{"name": "w", "pod_phase": "running"}]},
            "workers[0].pod_phase: expected one of Pending, Running",
            id="another spelling",
        ),
        pytest.param(
            {
                "workers": [
                    {"name": "w", "pod_phase": "Running", "cpu": {"usage": "5x", "ended_at": 0, "window_seconds": 1}}
                ]
            },
            "workers[0].cpu.usage: expected a Kubernetes quantity",
            id="no quantity",
        ),
        pytest.param(
            {"workers": [{"name": "w", "pod_phase": "Running", "cpu_request_cores": "-1"}]},
            "workers[0].cpu_request_cores: expected a quantity that is not negative",
            id="a negative quantity",
        ),
        pytest.param(
            {"workers": [{"name": "w", "pod_phase": "Running"}] * 2},
            "workers: two workers have the same name",
            id="the same name twice",
        ),
        pytest.param(
            {"partitions": [{"topic": "t", "partition": 0}] * 2},
            "partitions: a partition stands twice",
            id="a partition twice",
        ),
        pytest.param({"metrics": {"lag": "5"}}, "metrics.lag: expected an object", id="a metric as text"),
        pytest.param(
            {"memory": {"recommendations": [[1]]}},
            "memory.recommendations[0]: expected an array of 2",
            id="half a recommendation",
        ),
        pytest.param({"memory": []}, "memory: expected an object", id="memory is no object"),
        pytest.param({"version": 2}, "version: this is not version 1", id="another version"),
        pytest.param(
            {"scale_fault": {"reason": 1, "message": ""}}, "scale_fault.reason: expected a text", id="number for a text"
        ),
        pytest.param(
            {"workers": [{"name": "w", "pod_phase": "Running", "deleted": 1}]},
            "workers[0].deleted: expected true or false",
            id="number for a flag",
        ),
    ],
)
def test_refused_by_line_and_field(fields: dict[str, Any], message: str) -> None:
    """What was expected, and what was found."""
    with pytest.raises(StateError) as error:
        read(**fields)
    assert str(error.value).startswith(f"line 7: {message}"), error.value


@pytest.mark.parametrize(
    ("line", "message"),
    [(b"{", "line 3: not JSON"), (b"[]", "line 3: expected an object"), (b"{}", "line 3: at_seconds: must be given")],
)
def test_lines_that_are_no_state(line: bytes, message: str) -> None:
    """Each with its number."""
    with pytest.raises(StateError, match=message):
        read_state(line, 3)


def test_memory_survives_the_way_out_and_in() -> None:
    """Whatever a policy family keeps."""
    plan = Plan(policy=lambda seen, _: Step(rule="r", replicas=seen.spec_replicas + 1, why="w", numbers={"a": 1.0}))
    memory = Memory(
        created_at=0.0,
        recommendations=(Recommendation(0.0, 4),),
        scale_events=(ScaleEvent(0.0, -2),),
        failures={"s0": 3},
        custom={"a": 1, "b": None, "c": "text", "d": True, "e": 0.5},
    )
    decision, after = decide(read().seen, memory, plan)
    line = orjson.loads(write_decision(decision, after, 1))
    again = read(memory=line["memory"]).memory
    assert again == after
    assert (line["version"], line["line"], line["replicas"], line["recommendation"]) == (1, 1, 3, 3)
    assert line["trail"] == [{"rule": "r", "replicas": 3, "why": "w", "numbers": {"a": 1.0}}]


def test_schema_in_the_documentation_is_the_one_of_the_code() -> None:
    """To write it again: weir decide --schema > docs/decide.schema.json."""
    assert (DOCS / "decide.schema.json").read_text(encoding="utf-8") == schema_text()


def test_schema_names_every_field() -> None:
    """With the words that stand below it in the code."""
    schema = orjson.loads(schema_text())["$defs"]
    state = schema["State"]
    assert state["required"] == ["at_seconds", "spec_replicas", "status_replicas"]
    assert {"version", "memory", "workers", "partitions", "metrics"} <= state["properties"].keys()
    assert state["properties"]["arrival_rate"]["description"].startswith("Events/s that entered Kafka")
    assert schema["Memory"]["properties"]["recommendations"]["items"]["maxItems"] == 2
