"""A controller that rolls versions out over pretended workers, in virtual time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autoscaler.backends.base import Template
from autoscaler.backends.memory import MemoryBackend, Script, World
from autoscaler.controller import Controller, Report
from autoscaler.panel import Panel, Seat
from autoscaler.policies.fixed import fixed_plan
from autoscaler.prober import Prober
from autoscaler.reconciler.availability import available
from autoscaler.reconciler.model import Node, Pod, ProbeOrder, ProbeResult
from autoscaler.releases import Releases
from autoscaler.rollout.changes import begin
from autoscaler.rollout.model import Revision, Rollout
from contract.pods import Labels
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec
from tests.controllers import Eyes

BEGAN_AT = 1_000_000.0
SECTION = {"probes": {"readiness": {"period_seconds": 1.0, "failure_threshold": 1}}, "grace_seconds": 5.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """How workers of a revision behave."""

    ready_seconds: float | None = 1.0
    """From launch until their readiness probe succeeds; None = never."""
    ends_seconds: float | None = None
    stop_seconds: float = 1.0
    last_words: str = ""

    def script(self) -> Script:
        """As the backend takes it."""
        return Script(
            ends_seconds=self.ends_seconds, exit_code=1, stop_seconds=self.stop_seconds, last_words=self.last_words
        )


GOOD = Version()
NEVER_READY = Version(ready_seconds=None)
CRASHES = Version(ready_seconds=None, ends_seconds=0.5, last_words="starting\nno such model\n")


def worker(number: int, **changes: object) -> WorkerSpec:
    """Settings that differ from those of every other number."""
    return WorkerSpec.model_validate({**SECTION, "batch_events_max": number, **changes})


class _Backend(MemoryBackend):
    """Workers do what their version does."""

    def __init__(self, world: World, versions: Mapping[str, Version], nodes: Sequence[Node]) -> None:
        super().__init__(world=world, nodes=nodes)
        self._versions = versions
        self.launched: list[tuple[str, str]] = []

    async def launch(self, name: str, generation: int, template: Template) -> None:
        script = self._versions[template.revision].script()
        self._script = lambda _name, _generation: script
        self.launched.append((name, template.revision))
        await super().launch(name, generation, template)


class _Prober(Prober):
    """Answers in the next tick what a worker of that version and age would answer."""

    def __init__(self, rolling: "Rolling") -> None:
        super().__init__()
        self._rolling = rolling

    def ask(self, orders: Iterable[ProbeOrder]) -> None:
        self._results += [self._said(order) for order in orders]

    def _said(self, order: ProbeOrder) -> ProbeResult:
        ok = self._rolling.healthy(order.name)
        detail = "" if ok else "503: joining"
        return ProbeResult(
            name=order.name, generation=order.generation, kind=order.kind, at_seconds=0.0, ok=ok, detail=detail
        )


class Rolling:
    """Workers of revision 1, then of others; `versions` says how each behaves."""

    def __init__(
        self,
        desired: int,
        strategy: RolloutStrategy | None = None,
        versions: Mapping[str, Version] | None = None,
        *,
        first: WorkerSpec | None = None,
        labels: Labels | None = None,
    ) -> None:
        self.versions = {"1": GOOD, **(versions or {})}
        self.backend = _Backend(World(at_seconds=BEGAN_AT), self.versions, [Node(name="node", labels=labels or {})])
        self.releases = Releases(
            rollout=begin(first or worker(1), strategy=strategy or RolloutStrategy()), templates=_template
        )
        self.kept: list[Rollout] = []
        self.releases.keep = self.kept.append
        self.controller = Controller(
            observer=Eyes(),
            backend=self.backend,
            prober=_Prober(self),
            releases=self.releases,
            panel=Panel(acting=Seat(name="policy", plan=fixed_plan(desired)), desired=desired),
        )

    @property
    def now(self) -> float:
        return self.backend.world.at_seconds

    @property
    def rollout(self) -> Rollout:
        return self.releases.rollout

    @property
    def pods(self) -> Sequence[Pod]:
        return [*self.controller.fleet.pods.values()]

    def want(self, desired: int) -> None:
        self.controller.panel.acting.plan = fixed_plan(desired)

    def start(self, number: int, **changes: object) -> None:
        self.releases.start(worker(number, **changes), None, now=self.now)

    def undo(self, to: int | None = None) -> None:
        self.releases.undo(to, now=self.now)

    async def tick(self, seconds: float = 1.0) -> Report:
        self.backend.advance(seconds)
        return await self.controller.tick(self.now)

    async def ticks(self, count: int) -> list[Report]:
        return [await self.tick() for _ in range(count)]

    async def up(self) -> "Rolling":
        """All of the first version are ready."""
        await self.ticks(5)
        return self

    def staying(self, revision: str | None = None) -> list[Pod]:
        """Who is not to go."""
        return [pod for pod in self.pods if pod.deleted_at is None and revision in {None, pod.revision}]

    def available(self) -> int:
        patience = self.rollout.strategy.min_ready_seconds
        return sum(available(pod, patience, self.now) for pod in self.pods)

    def healthy(self, name: str) -> bool:
        pod = self.controller.fleet.pods[name]
        seconds = self.versions[pod.revision].ready_seconds
        return seconds is not None and pod.launched_at is not None and self.now - pod.launched_at >= seconds


def _template(revision: Revision) -> Template:
    return Template(revision=revision.name, spec=revision.worker, environment=lambda _: {}, image=revision.image)


def told(reports: Iterable[Report], kind: str = "rollout") -> list[str]:
    """What happened, in words."""
    return [f"{one.subject} {one.detail}" for report in reports for one in report.happenings if one.kind == kind]
