"""The documents of what was: samples, decisions with their steps, happenings."""

from pydantic import Field

from autoscaler.board.documents import AT, Document, example


class SamplesDocument(Document):
    """Columns: a value of each series for each time.  null = not known then."""

    model_config = example(
        at=[AT - 1, AT],
        series={"arrival_rate": [2_950.0, 2_980.0], "lag_seconds": [None, 0.9], "shadow:hpa-cpu": [8.0, 9.0]},
    )

    at: list[float]
    series: dict[str, list[float | None]]


class StepDocument(Document):
    """One rule's answer."""

    model_config = example(rule="lag", replicas=5, why="1,280 events / 300 each: 5", numbers={"lag": 1_280.0})

    rule: str
    replicas: int
    why: str
    numbers: dict[str, float | None]


class ConditionDocument(Document):
    """A named state of the policy, as in an HPA's status."""

    model_config = example(type="ScalingLimited", status=False, reason="DesiredWithinRange", message="within limits")

    type: str
    status: bool
    reason: str
    message: str


class ShadowAnswerDocument(Document):
    """What a shadow said last when this was decided."""

    model_config = example(replicas=9, why="cpu: 214 % of the request / 70 %: 9")

    replicas: int
    why: str


class DecisionDocument(Document):
    """A number and why.  Those that change nothing for the same reason are one, with the words of the newest."""

    model_config = example(
        at=AT,
        until=AT,
        count=1,
        policy="orders",
        replicas_before=4,
        replicas=5,
        reason="lag: 1,280 events / 300 each: 5",
        trail=[{"rule": "lag", "replicas": 5, "why": "1,280 events / 300 each: 5", "numbers": {"lag": 1_280.0}}],
        conditions=[],
        held=None,
        shadows={"hpa-cpu": {"replicas": 9, "why": "cpu: 214 % of the request / 70 %: 9"}},
    )

    at: float = Field(description="of the first of them")
    until: float = Field(description="of the newest")
    count: int
    policy: str
    replicas_before: int
    replicas: int
    reason: str = Field(description="the step that made the number what it is")
    trail: list[StepDocument] = Field(description="an operator's order is one step: manual or paused")
    conditions: list[ConditionDocument]
    held: str | None
    shadows: dict[str, ShadowAnswerDocument]


class HappeningDocument(Document):
    """Something that happened: launch, ready, exit, oom-kill, back-off, scale, storm, pause, manual and others."""

    model_config = example(at=AT, kind="probe-kill", subject="worker-3", detail="3 failures of the startup probe")

    at: float
    kind: str
    subject: str
    detail: str
