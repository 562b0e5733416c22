"""Weir's own simple kinds, apiVersion `weir/v1`: FixedPolicy, SchedulePolicy and CustomPolicy.

The schedule's entries have the names of KEDA's cron trigger (start, end, timezone, desiredReplicas).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from autoscaler.cron import Cron, parse_cron
from autoscaler.guards import bounds
from autoscaler.manifests.fields import Shape, shaped
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.manifests.user_code import load_policy
from autoscaler.model import Guard, Plan
from autoscaler.moments import open_zone
from autoscaler.policies.custom import CustomPolicy
from autoscaler.policies.fixed import fixed_plan
from autoscaler.policies.schedule import Between, FromThenOn, Schedule, schedule_plan

Replicas = Annotated[int, Field(ge=0, le=100_000)]


def _text(parse: Callable[[str], Any]) -> BeforeValidator:
    def read(value: object) -> Any:
        if not isinstance(value, str):
            raise ValueError("expected a text")  # noqa: TRY004  # pydantic turns only ValueError into a fault
        return parse(value)

    return BeforeValidator(read)


def _zone(name: str) -> str:
    open_zone(name)
    return name


CronText = Annotated[Cron, _text(parse_cron)]
ZoneName = Annotated[str, _text(_zone)]


class Metadata(Shape):
    """Whose policy it is; only the name is looked at."""

    name: str = ""
    labels: Mapping[str, str] = Field(default_factory=dict)
    annotations: Mapping[str, str] = Field(default_factory=dict)


class Own(Shape):
    """What all of Weir's kinds have."""

    api_version: str
    kind: str
    metadata: Metadata = Metadata()


class FixedSpec(Shape):
    """Always as many."""

    replicas: Replicas


class FixedShape(Own):
    """A FixedPolicy."""

    spec: FixedSpec


class EntryShape(Shape):
    """Either start and end, or cron alone."""

    desired_replicas: Replicas
    start: CronText | None = None
    end: CronText | None = None
    cron: CronText | None = None
    timezone: ZoneName | None = None


class ScheduleSpec(Shape):
    """`replicas` is the number outside all entries; `timezone` that of entries without one."""

    replicas: Replicas
    timezone: ZoneName = "UTC"
    entries: Annotated[list[EntryShape], Field(min_length=1)]


class ScheduleShape(Own):
    """A SchedulePolicy."""

    spec: ScheduleSpec


class CustomSpec(Shape):
    """`policy` is `module:Name` of a class, made with `options`, or of a function."""

    policy: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    options: Mapping[str, Any] = Field(default_factory=dict)
    min_replicas: Replicas = 0
    max_replicas: Replicas | None = None
    memory_seconds: Annotated[int, Field(ge=0)] = 3_600


class CustomShape(Own):
    """A CustomPolicy."""

    spec: CustomSpec


def read_fixed(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of a FixedPolicy.  Raises Refusal."""
    del context
    return fixed_plan(shaped(FixedShape, document).spec.replicas)


def read_schedule(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of a SchedulePolicy.  Raises Refusal."""
    del context
    spec = shaped(ScheduleShape, document).spec
    faults = tuple(_entry_faults(spec))
    if faults:
        raise Refusal(*faults)
    entries = tuple(_entry(entry, spec.timezone) for entry in spec.entries)
    return schedule_plan(Schedule(replicas=spec.replicas, entries=entries))


def read_custom(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of a CustomPolicy: the user's code, held within its bounds.  Raises Refusal."""
    if not context.user_code:
        raise Refusal(
            "kind: a CustomPolicy runs code, so it is taken at the start only (--scaler), never while it runs"
        )
    spec = shaped(CustomShape, document).spec
    if spec.max_replicas is not None and spec.min_replicas > spec.max_replicas:
        raise Refusal(f"spec.minReplicas: {spec.min_replicas} is above maxReplicas {spec.max_replicas}")
    guards: tuple[Guard, ...] = ()
    if spec.max_replicas is not None or spec.min_replicas:
        most = 2**31 - 1 if spec.max_replicas is None else spec.max_replicas
        guards = (bounds(replicas_min=spec.min_replicas, replicas_max=most),)
    policy = CustomPolicy(spec.policy, load_policy(spec.policy, spec.options))
    return Plan(
        policy=policy,
        guards=guards,
        memory_seconds=spec.memory_seconds,
        replicas_min=spec.min_replicas,
        replicas_max=spec.max_replicas,
    )


def _entry_faults(spec: ScheduleSpec) -> Iterator[str]:
    for index, entry in enumerate(spec.entries):
        between, cron = (entry.start is not None, entry.end is not None), entry.cron is not None
        if cron == any(between) or any(between) != all(between):
            yield f"spec.entries[{index}]: expected either start and end, or cron"


def _entry(entry: EntryShape, timezone: str) -> Between | FromThenOn:
    zone = entry.timezone or timezone
    if entry.cron is not None:
        return FromThenOn(cron=entry.cron, replicas=entry.desired_replicas, timezone=zone)
    assert entry.start is not None, "checked above"
    assert entry.end is not None, "checked above"
    return Between(start=entry.start, end=entry.end, replicas=entry.desired_replicas, timezone=zone)
