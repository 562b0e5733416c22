"""A fleet that is reconciled again and again over a world of pretended processes, in virtual time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoscaler.reconciler.model import (
    Action,
    Exit,
    Fleet,
    Found,
    Kill,
    Launch,
    Node,
    Pod,
    ProbeKind,
    ProbeOrder,
    ProbeResult,
    Reconciled,
    Remove,
    Stop,
)
from autoscaler.reconciler.reconcile import reconcile
from autoscaler.rollout.changes import begin
from autoscaler.rollout.model import Rollout
from contract.pods import PodSpec, Probe, Probes
from contract.rollout import RolloutStrategy

BARE = PodSpec(probes=Probes(readiness=None))
"""No probes at all."""


@dataclass(slots=True)
class Stage:
    """A world in which actions are carried out at once; tests change `found` and `now` as they need."""

    spec: PodSpec = BARE
    desired: int = 1
    strategy: RolloutStrategy = field(default_factory=RolloutStrategy)
    now: float = 1_000.0
    fleet: Fleet = field(default_factory=Fleet)
    rollout: Rollout = field(init=False)
    nodes: Sequence[Node] | None = None
    found: dict[str, Found] = field(default_factory=dict)
    done: list[tuple[float, Action]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rollout = begin(self.spec, strategy=self.strategy)

    def tick(
        self,
        seconds: float = 0.0,
        *,
        results: Sequence[ProbeResult] = (),
        partitions: Mapping[str, int] | None = None,
        obey: bool = True,
    ) -> Reconciled:
        """Let time pass, reconcile, and carry out what follows."""
        self.now += seconds
        told = reconcile(
            self.fleet,
            desired=self.desired,
            found=tuple(self.found.values()),
            results=results,
            partitions=partitions or {},
            now=self.now,
            rollout=self.rollout,
            nodes=self.nodes,
        )
        self.fleet, self.rollout = told.fleet, told.rollout
        for action in told.actions if obey else ():
            self._obey(action)
        return told

    def pod(self, name: str = "worker-1") -> Pod:
        return self.fleet.pods[name]

    def ends(self, name: str = "worker-1", *, code: int | None = 1, **how: float | bool | str) -> None:
        """Let the process end, now."""
        exit_ = replace(Exit(at_seconds=self.now, code=code), **how)  # type: ignore[arg-type]
        self.found[name] = replace(self.found[name], exit=exit_)

    def _obey(self, action: Action) -> None:
        self.done.append((self.now, action))
        name, known = action.name, self.found.get(action.name)
        match action:
            case Launch(generation=generation, revision=revision):
                url = f"http://{name}:{generation}"
                self.found[name] = Found(
                    name=name, generation=generation, launched_at=self.now, revision=revision, url=url
                )
            case Remove():
                self.found.pop(name, None)
            case Stop() if known and known.exit is None:
                self.found[name] = replace(known, stopping=True)
            case Kill() if known and known.exit is None:
                self.ends(name, code=None, signal=9)
            case _:
                pass


def kinds(told: Reconciled) -> list[str]:
    """What happened, in words."""
    return [happening.kind for happening in told.happenings]


def names(told: Reconciled, kind: type[Action]) -> list[str]:
    """Whom the actions of this kind are about."""
    return [action.name for action in told.actions if isinstance(action, kind)]


def answer(order: ProbeOrder, *, ok: bool, detail: str = "503: joining") -> ProbeResult:
    """What comes of this order."""
    return ProbeResult(
        name=order.name,
        generation=order.generation,
        kind=order.kind,
        at_seconds=0.0,
        ok=ok,
        detail="" if ok else detail,
    )


def result(kind: ProbeKind, *, ok: bool, name: str = "worker-1", generation: int = 0) -> ProbeResult:
    """An answer to an order of that kind."""
    order = ProbeOrder(name=name, generation=generation, kind=kind, url="", timeout_seconds=1.0)
    return answer(order, ok=ok)


def every_second(**changed: float) -> Probe:
    """A probe with a period of 1 s."""
    return Probe.model_validate({"period_seconds": 1.0, **changed})
