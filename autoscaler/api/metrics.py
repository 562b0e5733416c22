"""The autoscaler's page for Prometheus, made from the board when it is asked for: what is not known is not there."""

from collections.abc import Iterable, Iterator, Mapping

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from autoscaler.api.desk import DeskHere
from autoscaler.board.board import IDLE, Board
from autoscaler.board.shape import lag_of, policy_of, seen_in
from autoscaler.controller import Report
from autoscaler.model import Decision, Observation
from autoscaler.reconciler.model import Launch, Pod, Remove
from autoscaler.rollout.model import Phase
from autoscaler.signals import Signal, read_signal
from contract.metrics import METRICS

FALLBACK = "Fallback"
"""KEDA's condition."""
STATES = ("pending", "starting", "ready", "stopping")
DEATHS = ("exit", "oom-kill", "probe-kill", "back-off")
"""Happenings that count from 0: Prometheus sees no increase in a series that begins with 1."""

Labelled = Iterable[tuple[tuple[str, ...], float | None]]

router = APIRouter(tags=["metrics"])


@router.get("/metrics", summary="For Prometheus", response_class=Response)
async def metrics(desk: DeskHere) -> Response:
    """Names, units and labels stand in contract/metrics.py."""
    registry = CollectorRegistry()
    registry.register(BoardCollector(desk.board))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class BoardCollector(Collector):
    """Everything that the board knows, as Prometheus wants it."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked for before it is scraped."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """What is known now; a family of which nothing is known is left out."""
        board = self._board
        families = [_of_the_process(board)]
        if board.report is not None:
            families += [_of_kafka(board, board.report), _of_replicas(board, board.report), _of_policies(board)]
        for family in families:
            yield from (made for name, rows in family.items() if (made := _family(name, rows)).samples)
        yield from board.tallies.ticks.collect()


def _family(name: str, rows: Labelled) -> Metric:
    row = METRICS[name]
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, row.help, labels=row.labels)
    for labels, value in rows:
        if value is not None:
            family.add_metric(labels, value)
    return family


def _one(value: float | None) -> Labelled:
    return [((), value)]


def _of_the_process(board: Board) -> Mapping[str, Labelled]:
    tallies, controller, steering = board.tallies, board.control.controller, board.control.steering
    return {
        "weir_build_info": [((board.facts.version,), 1)],
        "autoscaler_info": [((board.facts.group, board.facts.topic, str(board.facts.dry_run).lower()), 1)],
        "autoscaler_slo_time_lag_seconds": _one(board.facts.slo_time_lag_seconds),
        "autoscaler_leader": _one(board.mode not in IDLE),
        "autoscaler_paused": _one(steering.paused is not None),
        "autoscaler_manual": _one(steering.target is not None),
        "autoscaler_event_readers": _one(board.stream.readers),
        "autoscaler_decisions_total": tallies.decisions.items(),
        "autoscaler_changes_total": tallies.changes.items(),
        "autoscaler_happenings_total": [
            ((kind,), count) for kind, count in (dict.fromkeys(DEATHS, 0) | tallies.happenings).items()
        ],
        "autoscaler_part_failures_total": [((part,), count) for part, count in controller.holds.failures.items()],
        "autoscaler_scale_actions_total": [
            (("up" if kind is Launch else "down", "done" if done else "failed"), count)
            for (kind, done), count in controller.hands.actions.items()
            if kind is not Remove
        ],
    }


def _of_kafka(board: Board, report: Report) -> Mapping[str, Labelled]:
    """Under the names of kafka_exporter and others; from the leader alone, or sums would count them twice."""
    seen, group = seen_in(report), board.facts.group
    if seen is None or report.standby:
        return {}
    places = [(one, (one.topic, str(one.partition))) for one in seen.partitions]
    topics = sorted({one.topic for one in seen.partitions})
    return {
        "kafka_consumergroup_lag": [((group, *place), one.lag_events) for one, place in places],
        "kafka_consumergroup_current_offset": [((group, *place), one.committed_offset) for one, place in places],
        "kafka_topic_partition_current_offset": [(place, one.end_offset) for one, place in places],
        "kafka_topic_partition_oldest_offset": [(place, one.start_offset) for one, place in places],
        "kafka_consumergroup_lag_seconds": [((group, topic), lag_of(report).seconds) for topic in topics],
        "kafka_consumergroup_members": [((group,), seen.group_members)],
    }


def _of_replicas(board: Board, report: Report) -> Mapping[str, Labelled]:
    look = report.look
    return {
        "autoscaler_desired_replicas": _one(report.desired),
        "autoscaler_needed_replicas": _one(board.needed),
        "autoscaler_actual_replicas": () if board.facts.dry_run else _states(report.fleet.pods.values()),
        "autoscaler_held": _one(report.held is not None),
        "autoscaler_storm_suspected": _one(board.storm().active),
        "autoscaler_rollout_phase": _rollout(board),
        "autoscaler_loop_lag_seconds": _one(board.tallies.late_seconds),
        "autoscaler_last_tick_timestamp_seconds": _one(report.at_seconds),
        "autoscaler_worker_cpu_seconds_total": []
        if look is None or board.facts.dry_run
        else [(("init",), look.init_cpu_seconds), (("work",), look.worker_cpu_seconds - look.init_cpu_seconds)],
        "autoscaler_metric_value": _signals(seen_in(report)),
        "autoscaler_metric_age_seconds": [
            ((signal,), report.at_seconds - at) for signal, at in board.tallies.known_at.items()
        ],
    }


def _of_policies(board: Board) -> Mapping[str, Labelled]:
    acting = board.control.controller.panel.acting
    policy = policy_of(acting)
    fallback = [one.status for one in acting.memory.conditions if one.type == FALLBACK]
    return {
        "autoscaler_policy_min_replicas": _one(policy.replicas_min),
        "autoscaler_policy_max_replicas": _one(policy.replicas_max),
        "autoscaler_step_replicas": () if acting.decision is None else _steps(acting.decision),
        "autoscaler_shadow_desired_replicas": [((name,), one.replicas) for name, one in board.shadows.items()],
        "autoscaler_fallback_active": _one(any(fallback)),
        "autoscaler_breaker_open": _one(board.breaker_open),
    }


def _steps(decision: Decision) -> Labelled:
    """A rule that comes twice in a trail counts as it did last."""
    return [((rule,), replicas) for rule, replicas in {step.rule: step.replicas for step in decision.trail}.items()]


def _signals(seen: Observation | None) -> Labelled:
    return [((signal,), read_signal(signal, seen).value) for signal in Signal] if seen else ()


def _rollout(board: Board) -> Labelled:
    """Whoever makes no workers knows nothing of their versions."""
    here = board.control.controller.releases.rollout.phase
    return () if board.mode in IDLE else [((phase.value,), phase is here) for phase in Phase]


def _states(pods: Iterable[Pod]) -> Labelled:
    """How many are in each state; 0 is known here."""
    states = [_state(pod) for pod in pods]
    return [((state,), states.count(state)) for state in STATES]


def _state(pod: Pod) -> str:
    if pod.deleted_at is not None:
        return "stopping"
    if not pod.running:
        return "pending"
    return "ready" if pod.ready else "starting"
