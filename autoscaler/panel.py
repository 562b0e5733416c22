"""The policy that acts and the shadows that only watch, each with its memory, asked when their time has come.

Apart from the controller because nothing here touches the world.  Its one rule: a policy that fails moves nothing, and
a shadow that fails disturbs nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoscaler.decide import decide
from autoscaler.journal import ShadowAnswer
from autoscaler.model import Decision, Memory, Observation, Plan, Step
from autoscaler.reconciler.model import Happening, Scaled

EARLY_SECONDS = 0.1
"""Ticks come a few milliseconds early or late; without this a period of 3 s would now and then be 4."""
STORM = "InitStorm"
OPERATOR = "operator"
"""Who did what no policy did."""


@dataclass(slots=True, kw_only=True)
class Seat:
    """One policy, what it remembers, and when it looks again."""

    name: str
    plan: Plan
    kind: str = ""
    manifest: str = ""
    """The text that it was read from."""
    memory: Memory = field(default_factory=Memory)
    decision: Decision | None = None
    next_at: float = float("-inf")

    def due(self, now: float) -> bool:
        """Whether its period has passed, or the clock was set back; if so the next one begins."""
        set_back = self.next_at - now > self.plan.period_seconds + EARLY_SECONDS  # nobody waits for more than a period
        if now < self.next_at - EARLY_SECONDS and not set_back:
            return False
        elapsed = now - self.next_at
        self.next_at = (now if abs(elapsed) > self.plan.period_seconds else self.next_at) + self.plan.period_seconds
        return True

    def ask(self, seen: Observation) -> Decision:
        """Its answer; remembers.  Raises whatever the policy raises."""
        self.decision, self.memory = decide(seen, self.memory, self.plan)
        return self.decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the panel said in one tick.  `decision` is None when the acting policy was not asked, or failed (`held`)."""

    decision: Decision | None
    memory: Memory | None
    """What the acting policy remembered before, the first time that it was asked."""
    order: Step | None = None
    """What was asserted instead of asking the acting policy."""
    shadows: Mapping[str, ShadowAnswer]
    happenings: tuple[Happening, ...]
    held: str | None


@dataclass(slots=True, kw_only=True)
class Panel:
    """`desired` is the number of workers that is to be kept: the acting policy's last answer, or an order."""

    acting: Seat
    desired: int
    shadows: Sequence[Seat] = ()

    def restart(self, desired: int) -> None:
        """Begin anew with so many workers: what was remembered is of a time in which somebody else decided."""
        self.desired = desired
        for seat in (self.acting, *self.shadows):
            seat.memory, seat.decision, seat.next_at = Memory(), None, float("-inf")

    def use(self, seat: Seat) -> None:
        """Let another policy act from now on, beginning with the present number; a shadow of its name has no use."""
        self.acting, self.shadows = seat, [shadow for shadow in self.shadows if shadow.name != seat.name]

    def ask(self, seen: Observation, order: Step | None = None) -> Answer:
        """Everybody whose time has come; with an `order` the acting policy is not asked."""
        before, first = self.acting.decision, self.acting.memory if self.acting.decision is None else None
        decision, held = self._act(seen) if order is None else (None, None)
        if order:
            self.desired = order.replicas
        shadows = {seat.name: answer for seat in self.shadows if (answer := self._watch(seat, seen))}
        happenings = (*(_ordered(seen, order) if order else ()), *_told(self.acting.name, seen, before, decision))
        return Answer(
            decision=decision,
            memory=first if decision else None,
            order=order,
            shadows=shadows,
            happenings=happenings,
            held=held,
        )

    def _act(self, seen: Observation) -> tuple[Decision | None, str | None]:
        if not self.acting.due(seen.at_seconds):
            return None, None
        try:
            decision = self.acting.ask(seen)
        except Exception as error:  # noqa: BLE001  # a policy may be the user's own code; the loop must outlive it
            return None, f"the policy {self.acting.name} failed: {error}"
        self.desired = decision.replicas
        return decision, None

    def _watch(self, seat: Seat, seen: Observation) -> ShadowAnswer | None:
        """A shadow sees what really happened: the changes that count against its limits are the acting policy's."""
        if not seat.due(seen.at_seconds):
            return None
        try:
            decision = seat.ask(seen)
        except Exception as error:  # noqa: BLE001  # as above
            return ShadowAnswer(replicas=seen.spec_replicas, why=f"failed: {error}", recommendation=None)
        seat.memory = replace(seat.memory, scale_events=self.acting.memory.scale_events)
        return ShadowAnswer(
            replicas=decision.replicas,
            why=reason(decision.trail, seen.spec_replicas),
            recommendation=decision.recommendation,
        )


def reason(trail: Sequence[Step], before: int) -> str:
    """The step that made the number what it is: the last one that changed it, else the last one."""
    replicas, found = before, trail[-1]
    for step in trail:
        if step.replicas != replicas:
            replicas, found = step.replicas, step
    return f"{found.rule}: {found.why}"


def _ordered(seen: Observation, order: Step) -> Iterator[Happening]:
    if order.replicas != seen.spec_replicas:
        yield _scale(OPERATOR, seen, order.replicas, f"{order.rule}: {order.why}")


def _scale(name: str, seen: Observation, replicas: int, why: str) -> Happening:
    scaled = Scaled(seen.spec_replicas, replicas, why)
    return Happening(at_seconds=seen.at_seconds, kind="scale", subject=name, detail=f"{scaled}", scaled=scaled)


def _told(name: str, seen: Observation, before: Decision | None, now: Decision | None) -> Iterator[Happening]:
    if now is None:
        return
    if now.replicas != seen.spec_replicas:
        yield _scale(name, seen, now.replicas, reason(now.trail, seen.spec_replicas))
    was = {condition.type: condition.status for condition in before.conditions} if before else {}
    for condition in now.conditions:
        if condition.type == STORM and condition.status != was.get(STORM, False):
            detail = f"{'tripped' if condition.status else 'closed'}: {condition.message}"
            yield Happening(at_seconds=seen.at_seconds, kind="breaker", subject=name, detail=detail)
