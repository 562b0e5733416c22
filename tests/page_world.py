"""A made-up autoscaler for the live page: a step of load, an init storm out of a naive CPU policy, healing, calm again.

It speaks the API's documents, second by second, without Kafka, processes or a clock: tests turn it at will.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.page_crew import INIT_CPU_SECONDS, WORK_CORES, WORKER_RATE, Worker
from tests.page_decisions import STABILISE_SECONDS, TARGET_RATIO, Document, conditions, reason, shadows, trail

REQUEST_CORES = 0.4
SYNC_SECONDS = 15
SLO_SECONDS = 5.0
CYCLE_SECONDS = 420
"""A step of load comes once in so many seconds, and goes again half a cycle later."""
TICK_SECONDS = 1.0
LEADER: Document = {"holder": "scaler-0", "term": 7, "self": True, "lease_seconds": 3.2}


@dataclass(slots=True, kw_only=True)
class Frame:
    """What one tick adds to the page, in the API's shapes."""

    sample: dict[str, float | None]
    state: Document
    workers: list[Document]
    decision: Document | None
    happenings: list[Document]


@dataclass(slots=True, kw_only=True)
class World:
    """`at` is the second that the next frame is about.  `replicas_max` sizes everything else."""

    at: float
    replicas_max: int = 20
    seed: int = 7
    calm: bool = False
    """Without the step of load, and so without a storm."""
    started_at: float = 0.0
    workers: list[Worker] = field(default_factory=list)
    steering: Document = field(default_factory=lambda: {"manual": None, "paused": None})
    changes: Document = field(default_factory=dict)
    """Parts of the state document to be replaced, such as the mode or the leader."""
    desired: int = 0
    lag: float = 0.0
    names_given: int = 0
    recommendations: list[tuple[float, int]] = field(default_factory=list)
    storm_since: float | None = None
    chance: random.Random = field(default_factory=random.Random)
    _told: list[Document] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  # made-up figures, not secrets
        self.started_at = self.at
        self.desired = self.replicas_min
        for _ in range(self.desired):
            self._launch(init_left=0.0)
        self._told.clear()

    @property
    def replicas_min(self) -> int:
        return max(2, self.replicas_max * 3 // 20)

    @property
    def partitions(self) -> int:
        return 24 if self.replicas_max <= 20 else 192

    @property
    def cores(self) -> float:
        return 0.18 * self.replicas_max

    def frame(self) -> Frame:
        """The next second."""
        self._told = []
        arriving = self._arriving()
        self._replace_the_dead()
        used = self._work(arriving)
        decision = self._decide(used) if (self.at - self.started_at) % SYNC_SECONDS < 1 else None
        self._reconcile()
        sample = self._sample(arriving)
        self._see_storm(sample)
        frame = Frame(
            sample=sample,
            state=self._state(sample),
            workers=[worker.document() for worker in self.workers],
            decision=decision,
            happenings=list(reversed(self._told)),
        )
        self.at += 1.0
        return frame

    def frames(self, seconds: int) -> Iterator[Frame]:
        """The next so many seconds."""
        for _ in range(seconds):
            yield self.frame()

    def _arriving(self) -> float:
        base = self.replicas_min * WORKER_RATE * 0.78
        within = (self.at - self.started_at) % CYCLE_SECONDS
        step = (
            0.0 if self.calm or not 90 <= within < CYCLE_SECONDS / 2 + 90 else 0.9 * WORKER_RATE * self.replicas_min / 3
        )
        return max(0.0, base + step + self.chance.gauss(0, base * 0.012))

    def _work(self, arriving: float) -> float:
        """Deal out the cores: starting workers and working ones want more than there is.  Returns cores used."""
        busy = [w for w in self.workers if w.launched_at is not None]
        ready = [w for w in busy if w.ready]
        able = min(arriving + self.lag, WORKER_RATE * len(ready))
        share = able / (WORKER_RATE * len(ready)) if ready else 0.0
        wanted = {w.name: 1.0 if w.initialising else WORK_CORES * share for w in busy}
        got = min(1.0, self.cores / max(sum(wanted.values()), 1e-9))
        for worker in busy:
            self._burn(worker, wanted[worker.name] * got, share * WORKER_RATE * got if worker.ready else 0.0)
        self.lag = max(0.0, self.lag + arriving - sum(w.rate for w in busy))
        self._assign(ready)
        return sum(w.cpu_cores for w in busy)

    def _burn(self, worker: Worker, cores: float, rate: float) -> None:
        worker.cpu_cores, worker.rate = cores, rate
        worker.cpu_seconds += cores
        if worker.initialising:
            worker.init_left -= cores
            worker.init_seconds += 1
            if worker.init_left <= 0:
                self._tell("ready", worker.name, f"{worker.init_seconds:.1f} s after its launch")
            elif worker.init_seconds >= 50 and self.chance.random() < 0.03:
                self._kill(worker)

    def _kill(self, worker: Worker) -> None:
        why = "the startup probe failed 20 times in a row: 503: initialising; it had never been ready"
        self._tell("probe-kill", worker.name, why)
        worker.last_exit = "killed by its startup probe (SIGKILL)"
        worker.launched_at, worker.restarts = None, worker.restarts + 1
        worker.waits_until = self.at + 10.0 * 2 ** (worker.restarts - 1)
        worker.cpu_cores = worker.rate = 0.0
        self._tell("back-off", worker.name, f"restart {worker.restarts} in {worker.waits_until - self.at:.0f} s")

    def _replace_the_dead(self) -> None:
        for worker in self.workers:
            if worker.launched_at is None and self.at >= worker.waits_until:
                worker.launched_at, worker.init_left, worker.init_seconds = self.at, INIT_CPU_SECONDS, 0
                self._tell("launch", worker.name, f"restart {worker.restarts}")

    def _assign(self, ready: Sequence[Worker]) -> None:
        for worker in self.workers:
            worker.partitions = 0
        for number in range(self.partitions if ready else 0):
            ready[number % len(ready)].partitions += 1

    def _decide(self, used: float) -> Document:
        """A naive HPA on CPU: utilisation against the request, doubling at most, stabilised downwards."""
        before, alive = self.desired, max(1, sum(w.deleted_at is None for w in self.workers))
        utilisation = used / (alive * REQUEST_CORES)
        raw = before if abs(utilisation / TARGET_RATIO - 1) < 0.1 else math.ceil(alive * utilisation / TARGET_RATIO)
        self.recommendations = [(at, n) for at, n in self.recommendations if at > self.at - STABILISE_SECONDS]
        self.recommendations.append((self.at, raw))
        steady = max(raw, *(n for _, n in self.recommendations)) if raw < before else raw
        limited = min(steady, 2 * before)
        final = max(self.replicas_min, min(self.replicas_max, limited))
        steps = trail(utilisation, alive, (raw, steady, limited, final), (self.replicas_min, self.replicas_max))
        acting = self.steering["manual"] is None and self.steering["paused"] is None
        if acting and final != before:
            self.desired = final
            self._tell("scale", "hpa-cpu", f"{before} → {final}: {reason(steps, before)}")
        return {
            "at": self.at,
            "policy": "hpa-cpu",
            "replicas_before": before,
            "replicas": self.desired,
            "reason": reason(steps, before) if acting else "paused by an operator: the present number is kept",
            "trail": steps,
            "conditions": conditions(limited, final, before),
            "held": None,
            "shadows": {s["name"]: {"replicas": s["replicas"], "why": s["why"]} for s in self._shadows()},
            "count": 1,
            "until": self.at,
        }

    def _reconcile(self) -> None:
        manual = self.steering["manual"]
        if manual is not None:
            self.desired = manual["replicas"]
        living = [w for w in self.workers if w.deleted_at is None]
        for _ in range(self.desired - len(living)):
            self._launch()
        for worker in sorted(living, key=lambda w: (w.ready, w.partitions, -w.created_at))[
            : max(0, len(living) - self.desired)
        ]:
            worker.deleted_at = self.at
            self._tell("stop", worker.name, "scaled down")
        for worker in [w for w in self.workers if w.deleted_at is not None and self.at - w.deleted_at > 2]:
            self.workers.remove(worker)
            self._tell("gone", worker.name, "exit code 0")

    def _launch(self, init_left: float = INIT_CPU_SECONDS) -> None:
        self.names_given += 1
        name = f"worker-{self.names_given}"
        self.workers.append(Worker(name=name, created_at=self.at, launched_at=self.at, init_left=init_left))
        self._tell("launch", name, "")

    def _tell(self, kind: str, subject: str, detail: str) -> None:
        self._told.append({"at": self.at, "kind": kind, "subject": subject, "detail": detail})

    def _sample(self, arriving: float) -> dict[str, float | None]:
        processing = sum(w.rate for w in self.workers)
        ready = sum(w.ready for w in self.workers)
        init = sum(w.cpu_cores for w in self.workers if w.initialising)
        work = sum(w.cpu_cores for w in self.workers if not w.initialising)
        return {
            "at": self.at,
            "arrival_rate": arriving,
            "processing_rate": processing,
            "lag_events": round(self.lag),
            "lag_seconds": round(self.lag / arriving + 0.3, 2) if arriving else None,
            "replicas_desired": self.desired,
            "replicas_current": len(self.workers),
            "replicas_ready": ready,
            "replicas_needed": math.ceil(arriving / WORKER_RATE * 0.98),
            "cpu_init_cores": init,
            "cpu_work_cores": work,
            "host_cpu_ratio": min(1.0, (init + work) / self.cores + 0.03),
            **{f"shadow:{shadow['name']}": shadow["replicas"] for shadow in self._shadows(arriving)},
        }

    def _shadows(self, arriving: float | None = None) -> list[Document]:
        arriving = self._needed_rate() if arriving is None else arriving
        return shadows(arriving, self.lag, WORKER_RATE, (self.replicas_min, self.replicas_max))

    def _needed_rate(self) -> float:
        return self.replicas_min * WORKER_RATE * 0.78

    def _see_storm(self, sample: dict[str, float | None]) -> None:
        """A storm is far more than needed, and more CPU for starting than for working; it ends with the starts."""
        needed, init, work = (sample[n] or 0.0 for n in ("replicas_needed", "cpu_init_cores", "cpu_work_cores"))
        if self.storm_since is None and self.desired >= 2 * needed and init > work:
            self.storm_since = self.at
            self._tell("storm", "hpa-cpu", f"began: {self._evidence(sample)}")
        elif self.storm_since is not None and init == 0:
            self._tell("storm", "hpa-cpu", f"over after {self.at - self.storm_since:.0f} s")
            self.storm_since = None

    def _evidence(self, sample: dict[str, float | None]) -> str:
        needed, init, work = (sample[n] or 0.0 for n in ("replicas_needed", "cpu_init_cores", "cpu_work_cores"))
        arriving, processing = sample["arrival_rate"] or 0.0, sample["processing_rate"] or 0.0
        kills = sum(w.restarts for w in self.workers)
        told = [
            f"desired replicas rose to {self.desired}",
            f"{self.desired / max(1, needed):.1f} times the {needed:.0f} needed",
            f"{init / max(1e-9, init + work) * 100:.0f} % of the workers' CPU goes into starting",
            f"throughput is {processing / max(1.0, arriving) * 100:.0f} % of what arrives",
            *([f"probes killed {kills} worker{'s' if kills > 1 else ''}"] if kills else []),
        ]
        return ", ".join(told)

    def _state(self, sample: dict[str, float | None]) -> Document:
        manual, paused = self.steering["manual"], self.steering["paused"]
        storm = self.storm_since is not None
        return {
            "at": self.at,
            "version": "0.1.0",
            "group": "billing",
            "topic": "orders",
            "backend": "process",
            "scenario": "init-storm",
            "dry_run": False,
            "slo_time_lag_seconds": SLO_SECONDS,
            "mode": "paused" if paused else "manual" if manual else "automatic",
            "policy": {
                "name": "hpa-cpu",
                "kind": "HorizontalPodAutoscaler",
                "replicas_min": self.replicas_min,
                "replicas_max": self.replicas_max,
            },
            "shadows": self._shadows(sample["arrival_rate"]),
            "manual": manual,
            "paused": paused,
            "leader": LEADER,
            "replicas": {n: sample[f"replicas_{n}"] for n in ("desired", "current", "ready", "needed")},
            "lag": {"events": sample["lag_events"], "seconds": sample["lag_seconds"]},
            "rates": {"arrival": sample["arrival_rate"], "processing": sample["processing_rate"]},
            "group_members": sample["replicas_ready"],
            "partitions": self.partitions,
            "held": None,
            "problems": [],
            "storm": {
                "active": storm,
                "since": self.storm_since,
                "evidence": self._evidence(sample) if storm else None,
            },
            "tick_seconds": TICK_SECONDS,
            "rollout": None,
        } | self.changes
