"""Why a worker is not available, in words."""

from typing import Any

import pytest

from autoscaler.reconciler.model import Exit, Pod, ProbeKind, ProbeState
from autoscaler.reconciler.troubles import together, trouble
from contract.pods import PodSpec, Probe, Probes

SLOW = PodSpec(probes=Probes(startup=Probe()))
ENDED = Exit(at_seconds=5.0, code=3, last_words="begins\nno such topic\n")


def pod(**changes: Any) -> Pod:
    base: dict[str, Any] = {"name": "w", "created_at": 0.0, "launched_at": 1.0, "seen": True}
    return Pod(**(base | changes))


def state(kind: ProbeKind, detail: str) -> dict[ProbeKind, ProbeState]:
    return {kind: ProbeState(detail=detail)}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(pod(ready=True, ready_changed_at=0.0), None, id="it is available"),
        pytest.param(pod(ready=True, ready_changed_at=7.0), "ready for 3 s of 5 s", id="not for long enough"),
        pytest.param(pod(launched_at=None), "it waits to be started", id="it has no process"),
        pytest.param(pod(seen=False), "its launch has not been seen yet", id="on its way"),
        pytest.param(pod(), "the readiness probe has not succeeded: no answer yet", id="no answer"),
        pytest.param(
            pod(probes=state(ProbeKind.READINESS, "503: joining")),
            "the readiness probe has not succeeded: 503: joining",
            id="a no",
        ),
        pytest.param(
            pod(spec=SLOW, probes=state(ProbeKind.STARTUP, "connection refused")),
            "the startup probe has not succeeded: connection refused",
            id="it has not started",
        ),
        pytest.param(pod(kill_reason="a probe"), "it has to end: a probe", id="condemned"),
        pytest.param(
            pod(launched_at=None, pending_reason="CrashLoopBackOff: 10 s", last_exit=ENDED),
            "CrashLoopBackOff: 10 s; last words: no such topic",
            id="it backs off",
        ),
        pytest.param(
            pod(last_exit=ENDED),
            "the readiness probe has not succeeded: no answer yet; the process before ended with exit code 3; "
            "last words: no such topic",
            id="it tries again",
        ),
    ],
)
def test_what_keeps_a_worker(one: Pod, expected: str | None) -> None:
    assert trouble(one, 5.0, 10.0) == expected


@pytest.mark.parametrize(
    ("troubles", "expected"),
    [
        pytest.param([("a", "x"), ("b", "y"), ("c", "x")], "a, c: x; b: y", id="the same is said once"),
        pytest.param([(name, "x") for name in "abcde"], "a, b, c, and 2 more: x", id="many names"),
        pytest.param([(name, name) for name in "abcde"], "a: a; b: b; c: c; and 2 more", id="many reasons"),
    ],
)
def test_those_of_several_workers(troubles: list[tuple[str, str]], expected: str) -> None:
    assert together(troubles) == expected
