"""Orders from outside while the autoscaler runs, checked and carried out: the one way in which anything is changed.

Apart from the API, which only knows how they are asked for.  Its one rule: an order that is refused changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from autoscaler.controller import Controller
from autoscaler.errors import AutoscalerError
from autoscaler.panel import OPERATOR, Seat
from autoscaler.reconciler.model import Happening
from autoscaler.rollout.model import Rollout
from autoscaler.steering import Steering, Target
from contract.clock import steady_seconds
from contract.pods import PodSpec
from contract.rollout import RolloutStrategy

DAY_SECONDS = 86_400
Leader = Mapping[str, Any]
"""Who leads: holder, term, self (whether it is this one), lease_seconds."""


class RefusedError(AutoscalerError):
    """An order that cannot be taken: another autoscaler leads, or this one is a dry run."""


class NoTargetError(RefusedError):
    """There is no target that could be ended (any more)."""


@dataclass(slots=True, kw_only=True)
class Control:
    """Orders for one controller.  `read_seat` reads a manifest, or raises PolicyError with all its faults."""

    controller: Controller
    read_seat: Callable[[str], Seat]
    leader: Callable[[], Leader | None] = lambda: None
    """None = there is no lease: this autoscaler is alone, and acts."""
    clock: Callable[[], float] = steady_seconds

    @property
    def steering(self) -> Steering:
        """What holds at this moment; a target may be over although no tick has told so yet."""
        return self.controller.steering.at(self.clock())

    def pause(self, reason: str | None = None) -> None:
        """Keep the present number and do not ask the policy.  Raises RefusedError."""
        self._refuse_idle()
        self._steer(self.steering.pause(self.clock(), reason), "pause", reason or "")

    def resume(self) -> None:
        """Ask the policy again; nothing happens if it was not paused.  Raises RefusedError."""
        self._refuse_idle()
        if self.steering.paused:
            self._steer(self.steering.resume(), "resume", f"{self.controller.panel.acting.name} decides again")

    def aim(self, replicas: int, for_seconds: float, reason: str | None = None) -> None:
        """Assert a number, unclamped as `kubectl scale` does, until the time is over.  Raises RefusedError."""
        self._refuse_idle()
        until = self.clock() + for_seconds
        words = f"{replicas} until {_moment(until, dated=for_seconds >= DAY_SECONDS)} UTC"
        target = Target(replicas=replicas, until=until, reason=reason)
        self._steer(self.steering.aim(target), "manual", f"{words}: {reason}" if reason else words)

    def let_go(self) -> None:
        """End a target before its time.  Raises RefusedError, or NoTargetError."""
        self._refuse_idle()
        target = self.steering.target
        if target is None:
            raise NoTargetError("there is no manual target: none was set, or its time is over")
        self._steer(self.steering.let_go(), "manual", f"the target of {target.replicas} was ended")

    def use(self, manifest: str) -> Seat:
        """Let another policy act, from the present number and an empty memory.  Raises PolicyError or RefusedError."""
        self._refuse_idle()
        seat, before = self.read_seat(manifest), self.controller.panel.acting
        self.controller.panel.use(seat)
        self._steer(self.steering.use(manifest), "policy", f"{_called(before)} → {_called(seat)}")
        return seat

    def roll_out(self, worker: PodSpec | None, image: str | None, strategy: RolloutStrategy | None) -> Rollout:
        """Replace the workers by those of another version; None = as it is.  Raises RolloutError or RefusedError."""
        self._refuse_idle()
        releases = self.controller.releases
        now = releases.rollout.current
        image = now.image if image is None else image
        return releases.start(worker or now.worker, image, strategy, now=self.clock())

    def roll_back(self, to: int | None = None) -> Rollout:
        """Go back to an earlier version; None = the one before.  Raises RolloutError or RefusedError."""
        self._refuse_idle()
        return self.controller.releases.undo(to, now=self.clock())

    def take_over(self, kept: Steering) -> None:
        """Go on with what an autoscaler before this one had been ordered.

        Raises PolicyError if its policy cannot be read here; the rest of it holds all the same.
        """
        self.controller.steering = kept.at(self.clock())
        if kept.policy and kept.policy != self.controller.panel.acting.manifest:
            self.controller.panel.use(self.read_seat(kept.policy))

    def warnings(self) -> tuple[str, ...]:
        """What somebody who gave an order should know about what holds now."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        acting, target = self.controller.panel.acting, self.steering.target
        least, most = acting.plan.replicas_min, acting.plan.replicas_max
        if target and (
            (least is not None and target.replicas < least) or (most is not None and target.replicas > most)
        ):
            bounds = f"{0 if least is None else least} to {'any' if most is None else most}"
            yield f"{target.replicas} is outside the bounds of {acting.name} ({bounds}); it is asserted all the same"

    def _refuse_idle(self) -> None:
        if self.controller.dry_run:
            raise RefusedError("a dry run touches nothing, so there is nothing to order")
        leader, lease = self.leader(), self.controller.lease
        if leader and not leader["self"]:
            raise RefusedError(f"{leader['holder']} leads; orders are taken there")
        if lease and (why := lease.refusal()):
            raise RefusedError(f"this autoscaler does not act at the moment: {why}")
        if self.controller.taking_over:
            raise RefusedError("this autoscaler is only just taking over from the leader before; ask again in a second")

    def _steer(self, steering: Steering, kind: str, detail: str) -> None:
        told = Happening(at_seconds=self.clock(), kind=kind, subject=OPERATOR, detail=detail)
        self.controller.steer(steering, told)


def _moment(at: float, *, dated: bool) -> str:
    return f"{datetime.fromtimestamp(at, UTC):{'%Y-%m-%d ' if dated else ''}%H:%M:%S}"


def _called(seat: Seat) -> str:
    return f"{seat.name} ({seat.kind})" if seat.kind else seat.name
