"""From a tick's report to the documents and the row of samples that the board shows.  Nothing is remembered here."""

from collections.abc import Iterator, Mapping

from autoscaler.board.documents import (
    LagDocument,
    PolicyDocument,
    RatesDocument,
    ReplicasDocument,
    ShadowDocument,
    WorkerDocument,
)
from autoscaler.board.history import (
    ConditionDocument,
    DecisionDocument,
    HappeningDocument,
    ShadowAnswerDocument,
    StepDocument,
)
from autoscaler.controller import Report
from autoscaler.explain.reasons import binding_step, why_of
from autoscaler.journal import ShadowAnswer
from autoscaler.model import Observation, Step, Worker
from autoscaler.observer.assemble import pod_phase
from autoscaler.observer.observer import Look
from autoscaler.panel import Seat
from autoscaler.reconciler.deaths import words
from autoscaler.reconciler.model import Happening, Pod
from autoscaler.signals import Signal, read_signal

SHADOW_PREFIX = "shadow:"


def seen_in(report: Report) -> Observation | None:
    """What the tick saw; None = the observer failed."""
    return report.look.observation if report.look else None


def lag_events(report: Report) -> int | None:
    """Events that are not committed; None = one partition's lag is not known."""
    seen = seen_in(report)
    reading = read_signal(Signal.TOTAL_LAG, seen) if seen else None
    return None if reading is None or reading.value is None else round(reading.value)


def replicas_of(report: Report, needed: int | None, *, dry_run: bool) -> ReplicasDocument:
    """A dry run knows the number of the group's members, and nothing else of workers that are not its own."""
    seen = seen_in(report)
    if dry_run:
        members = seen.group_members if seen else None
        return ReplicasDocument(desired=report.desired, current=members, ready=None, needed=needed)
    pods = [pod for pod in report.fleet.pods.values() if pod.deleted_at is None]
    ready = sum(pod.ready for pod in pods)
    return ReplicasDocument(desired=report.desired, current=len(pods), ready=ready, needed=needed)


def lag_of(report: Report) -> LagDocument:
    """Lag in events and in time."""
    seen = seen_in(report)
    return LagDocument(events=lag_events(report), seconds=seen.time_lag_seconds if seen else None)


def rates_of(report: Report) -> RatesDocument:
    """What enters Kafka, and what is committed."""
    seen = seen_in(report)
    return RatesDocument(arrival=seen.arrival_rate if seen else None, processing=seen.processing_rate if seen else None)


def policy_of(seat: Seat) -> PolicyDocument:
    """A policy and its bounds."""
    plan = seat.plan
    return PolicyDocument(
        name=seat.name, kind=seat.kind, replicas_min=plan.replicas_min, replicas_max=plan.replicas_max
    )


def shadow_of(name: str, answer: ShadowAnswer | None) -> ShadowDocument:
    """A shadow and its last answer."""
    if answer is None:
        return ShadowDocument(name=name, replicas=None, why=None, recommendation=None)
    return ShadowDocument(name=name, replicas=answer.replicas, why=answer.why, recommendation=answer.recommendation)


def workers_of(report: Report) -> list[WorkerDocument]:
    """Every worker that is kept, also one without a process."""
    seen = {worker.name: worker for worker in report.look.observation.workers} if report.look else {}
    return [_worker(pod, seen.get(name), report.look) for name, pod in report.fleet.pods.items()]


def _worker(pod: Pod, seen: Worker | None, look: Look | None) -> WorkerDocument:
    """What was measured of an earlier process is not told of the present one."""
    used = look.usage.get(pod.name) if look else None
    used = used if used and used.generation == pod.generation else None
    return WorkerDocument(
        name=pod.name,
        phase=seen.phase if seen and pod.running else None,
        pod_phase=pod_phase(pod),
        ready=pod.ready,
        created_at=pod.created_at,
        launched_at=pod.launched_at,
        restarts=pod.restarts,
        generation=pod.generation,
        revision=pod.revision,
        cpu_cores=seen.cpu.usage if seen and seen.cpu else None,
        cpu_seconds=used.cpu_seconds if used else None,
        memory_bytes=used.memory_bytes if used else None,
        busy_ratio=seen.busy_ratio if seen else None,
        processing_rate=seen.processing_rate if seen else None,
        true_processing_rate=seen.true_processing_rate if seen else None,
        partitions=seen.partitions if seen else None,
        pending_reason=pod.pending_reason,
        deleted=pod.deleted_at is not None,
        last_exit=words(pod.last_exit) if pod.last_exit else None,
        url=pod.url,
    )


def decision_of(report: Report, policy: str, shadows: Mapping[str, ShadowAnswer]) -> DecisionDocument | None:
    """What was decided in this tick, by the policy or by an operator; None = nobody was asked."""
    answer, seen = report.answer, seen_in(report)
    if answer is None or seen is None:
        return None
    trail = answer.decision.trail if answer.decision else (answer.order,) if answer.order else ()
    if not trail:
        return None
    return DecisionDocument(
        at=report.at_seconds,
        until=report.at_seconds,
        count=1,
        policy=policy,
        replicas_before=seen.spec_replicas,
        replicas=trail[-1].replicas,
        reason=why_of(binding_step(trail, seen.spec_replicas)),
        trail=[_step(step) for step in trail],
        conditions=[
            ConditionDocument(type=one.type, status=one.status, reason=one.reason, message=one.message)
            for one in (answer.decision.conditions if answer.decision else ())
        ],
        held=report.held,
        shadows={
            name: ShadowAnswerDocument(replicas=shadow.replicas, why=shadow.why) for name, shadow in shadows.items()
        },
    )


def _step(step: Step) -> StepDocument:
    return StepDocument(rule=step.rule, replicas=step.replicas, why=step.why, numbers=dict(step.numbers))


def happening_of(happening: Happening) -> HappeningDocument:
    """The same, for the API."""
    return HappeningDocument(
        at=happening.at_seconds, kind=happening.kind, subject=happening.subject, detail=happening.detail
    )


def shadow_series(shadows: Mapping[str, ShadowAnswer]) -> Iterator[tuple[str, float]]:
    """What each shadow would have, as a series of its own."""
    for name, answer in shadows.items():
        yield f"{SHADOW_PREFIX}{name}", float(answer.replicas)
