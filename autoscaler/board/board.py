"""The board: the last tick, a day of samples, decisions and happenings, and everybody who listens for more."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
from pydantic import TypeAdapter

from autoscaler.board.columns import Columns, Rows, thin
from autoscaler.board.cores import CoreMeter
from autoscaler.board.documents import (
    LeaderDocument,
    Mode,
    PauseDocument,
    RolloutDocument,
    StateDocument,
    StormDocument,
    TargetDocument,
    WorkerDocument,
)
from autoscaler.board.facts import Facts
from autoscaler.board.log import Log
from autoscaler.board.shape import (
    decision_of,
    happening_of,
    lag_events,
    lag_of,
    policy_of,
    rates_of,
    replicas_of,
    seen_in,
    shadow_of,
    shadow_series,
    workers_of,
)
from autoscaler.board.stream import EventName, Stream
from autoscaler.board.tallies import Tallies
from autoscaler.control import Control
from autoscaler.controller import Report
from autoscaler.journal import ShadowAnswer
from autoscaler.model import Condition
from autoscaler.needed import LiveNeed
from autoscaler.panel import STORM
from autoscaler.reconciler.model import Happening
from autoscaler.storm.watch import Second, StormWatch

IDLE: frozenset[Mode] = frozenset({"dry-run", "standby"})
"""Modes in which it makes no workers: those that there are, and their versions, are somebody else's."""
_WORKERS = TypeAdapter(list[WorkerDocument])


@dataclass(slots=True, kw_only=True)
class Board:
    """Fed by `add` once a tick; everything else only reads.

    Attributes:
        report: The last tick; None = there was none yet.
    """

    facts: Facts
    control: Control
    report: Report | None = None
    columns: Columns = field(default_factory=Columns)
    log: Log = field(default_factory=Log)
    stream: Stream = field(default_factory=Stream)
    tallies: Tallies = field(default_factory=Tallies)
    needed: int | None = None
    shadows: dict[str, ShadowAnswer] = field(default_factory=dict)
    _need: LiveNeed = field(init=False)
    _watch: StormWatch = field(init=False)
    _cores: CoreMeter = field(default_factory=CoreMeter)
    _breaker: Condition | None = None

    def __post_init__(self) -> None:
        self._need = LiveNeed(told=self.facts.worker_rate)
        self._watch = StormWatch(lookback_seconds=self.facts.cpu_window_seconds)

    # ------------------------------------------------------------------------------------------ once a tick
    def add(self, report: Report) -> list[Happening]:
        """Take a tick in and tell it to everybody who listens; what was noticed only here is returned."""
        self.tallies.add(report, before=self.report, period_seconds=self.facts.tick_seconds)
        self.report = report
        self.needed = self._needed(report)
        self._take_answers(report)
        noticed = list(self._storm_noticed(report))
        self.tallies.happenings.update(happening.kind for happening in noticed)
        self._tell_sample(report)
        self._tell_decision(report)
        for happening in (*report.happenings, *noticed):
            self._tell_happening(happening)
        self.tell_state()
        self.stream.publish(EventName.WORKERS, _WORKERS.dump_json(self.workers()))
        return noticed

    def tell_state(self) -> None:
        """The state to everybody who listens, also between two ticks when an order was given."""
        if state := self.state():
            self.stream.publish(EventName.STATE, state.model_dump_json().encode())

    def _needed(self, report: Report) -> int | None:
        seen = seen_in(report)
        if seen is None:
            return None
        return self._need.replicas(seen.arrival_rate, (worker.true_processing_rate for worker in seen.workers))

    def _take_answers(self, report: Report) -> None:
        """The last answer of each shadow that there still is, and whether the policy's own breaker is open.

        On standby nobody is asked, so that what was answered before would stand for ever.
        """
        if report.standby:
            self.shadows, self._breaker = {}, None
        if report.answer is None:
            return
        present = {seat.name for seat in self.control.controller.panel.shadows}
        answers = {**self.shadows, **report.answer.shadows}
        self.shadows = {name: answer for name, answer in answers.items() if name in present}
        if report.answer.order:
            self._breaker = None
        if decision := report.answer.decision:
            storms = [one for one in decision.conditions if one.type == STORM and one.status]
            self._breaker = storms[0] if storms else None

    def _storm_noticed(self, report: Report) -> Iterator[Happening]:
        seen, look = seen_in(report), report.look
        if look is None or seen is None or self.facts.dry_run:
            return
        told = self._watch.look(
            Second(
                at_seconds=report.at_seconds,
                desired=report.desired,
                needed=self.needed,
                arrival_rate=seen.arrival_rate,
                processing_rate=seen.processing_rate,
                lag_events=lag_events(report),
                cpu_seconds=look.worker_cpu_seconds,
                init_cpu_seconds=look.init_cpu_seconds,
                probe_kills=self.tallies.happenings["probe-kill"],
            )
        )
        if told:
            subject = self.control.controller.panel.acting.name
            yield Happening(at_seconds=report.at_seconds, kind="storm", subject=subject, detail=told)

    def _tell_sample(self, report: Report) -> None:
        row = self._row(report)
        self.columns.append(report.at_seconds, row)
        self.stream.publish(EventName.SAMPLE, orjson.dumps({"at": report.at_seconds, **row}))

    def _row(self, report: Report) -> dict[str, float | None]:
        seen, cores = seen_in(report), self._cores.read(report)
        replicas = replicas_of(report, self.needed, dry_run=self.facts.dry_run)
        return {
            "arrival_rate": seen.arrival_rate if seen else None,
            "processing_rate": seen.processing_rate if seen else None,
            "lag_events": lag_events(report),
            "lag_seconds": seen.time_lag_seconds if seen else None,
            "replicas_desired": report.desired,
            "replicas_current": replicas.current,
            "replicas_ready": replicas.ready,
            "replicas_needed": self.needed,
            "cpu_init_cores": None if self.facts.dry_run else cores.init,
            "cpu_work_cores": None if self.facts.dry_run else cores.work,
            "host_cpu_ratio": seen.host_cpu_ratio if seen else None,
            **dict(shadow_series(self.shadows)),
        }

    def _tell_decision(self, report: Report) -> None:
        decision = decision_of(report, self.control.controller.panel.acting.name, self.shadows)
        if decision:
            self.tallies.decide(decision)
            shown = self.log.decide(decision)
            self.stream.publish(EventName.DECISION, shown.model_dump_json().encode())

    def _tell_happening(self, happening: Happening) -> None:
        document = happening_of(happening)
        self.log.happenings.appendleft(document)
        self.stream.publish(EventName.HAPPENING, document.model_dump_json().encode())

    # ------------------------------------------------------------------------------------------ what is shown
    def state(self) -> StateDocument | None:
        """How things stand: what the last tick saw, under the orders of this moment.  None before the first tick."""
        report, facts, panel = self.report, self.facts, self.control.controller.panel
        if report is None:
            return None
        steering, leader, seen = self.control.steering, self.control.leader(), seen_in(report)
        return StateDocument(
            at=report.at_seconds,
            version=facts.version,
            group=facts.group,
            topic=facts.topic,
            backend=facts.backend,
            scenario=facts.scenario,
            dry_run=facts.dry_run,
            slo_time_lag_seconds=facts.slo_time_lag_seconds,
            mode=self.mode,
            policy=policy_of(panel.acting),
            shadows=[shadow_of(seat.name, self.shadows.get(seat.name)) for seat in panel.shadows],
            manual=TargetDocument.model_validate(vars(steering.target)) if steering.target else None,
            paused=PauseDocument.model_validate(vars(steering.paused)) if steering.paused else None,
            leader=LeaderDocument.model_validate(leader) if leader else None,
            replicas=replicas_of(report, self.needed, dry_run=facts.dry_run),
            lag=lag_of(report),
            rates=rates_of(report),
            group_members=seen.group_members if seen else None,
            partitions=len(seen.partitions) if seen else None,
            held=report.held,
            problems=list(report.look.problems) if report.look else [],
            storm=self.storm(),
            tick_seconds=facts.tick_seconds,
            rollout=None if self.mode in IDLE else RolloutDocument.of(self.control.controller.releases.rollout),
        )

    def storm(self) -> StormDocument:
        """By what is seen, else by the policy's own breaker."""
        if self._watch.storm:
            return StormDocument(active=True, since=self._watch.storm.began_at, evidence=self._watch.storm.sentence)
        if self._breaker:
            return StormDocument(active=True, since=self._breaker.changed_at, evidence=self._breaker.message)
        return StormDocument(active=False, since=None, evidence=None)

    @property
    def breaker_open(self) -> bool:
        """Whether the acting policy's own breaker lets nothing grow."""
        return self._breaker is not None

    def workers(self) -> list[WorkerDocument]:
        """Those that are kept; none before the first tick."""
        return workers_of(self.report) if self.report else []

    def samples(self, *, since: float | None, seconds: float | None, points: int) -> Rows:
        """Those after `since` for so many seconds, or the last seconds, thinned."""
        begin = since if since is not None else (self.columns.last or 0.0) - (seconds or float("inf"))
        until = float("inf") if since is None or seconds is None else since + seconds
        return thin(self.columns.rows(begin, until), points)

    @property
    def mode(self) -> Mode:
        """Whoever makes the number that is asserted."""
        steering, leader = self.control.steering, self.control.leader()
        if self.facts.dry_run:
            return "dry-run"
        lease, told = self.control.controller.lease, self.report and self.report.standby
        if (leader and not leader["self"]) or told or (lease and lease.standby):
            return "standby"
        if steering.target:
            return "manual"
        return "paused" if steering.paused else "automatic"
