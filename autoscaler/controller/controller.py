"""One tick of the autoscaler: look, decide, reconcile, act, write down; and the loop that repeats it.

Level-triggered: every tick reads the world and asserts the wanted state again, so what failed once is done a second
later.  Its one rule: no part may take the loop down.  A part that fails is counted, the tick says why it held, and
whatever does not depend on that part goes on.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from autoscaler.backends.base import Backend
from autoscaler.controller.hands import Hands
from autoscaler.controller.holds import Holds
from autoscaler.controller.report import Report
from autoscaler.controller.stand import Stand, stand_of
from autoscaler.journal import Journal, Tick
from autoscaler.lease.leadership import Leadership
from autoscaler.observer.observer import Look, Observer
from autoscaler.panel import OPERATOR, Answer, Panel
from autoscaler.prober import Prober
from autoscaler.reconciler.model import Action, Fleet, Found, Happening, Node
from autoscaler.reconciler.reconcile import reconcile
from autoscaler.releases import Releases
from autoscaler.steering import Steering
from contract.clock import steady_seconds


@dataclass(slots=True, kw_only=True)
class Controller:
    """Keeps as many workers alive in `backend` as the panel's acting policy asks for.

    Attributes:
        fleet: The workers as they are kept.
        holds: What failed, in this tick and how often.
        hands: What was done with the backend, and how often.
        steering: What an operator has ordered.
        on_steering: Told whenever that changed, to keep it.
        on_takeover: Told what another leader has kept, when this one takes its place.
    """

    observer: Observer
    backend: Backend
    prober: Prober
    releases: Releases
    """The versions of the workers, and what they are made from."""
    panel: Panel
    journal: Journal | None = None
    dry_run: bool = False
    """Decide and explain, touch nothing."""
    notes: Sequence[str] = ()
    """What the backend cannot hold of what it was asked."""
    lease: Leadership | None = None
    """Which of several autoscalers on the group acts; None = this one, always."""
    fleet: Fleet = field(default_factory=Fleet)
    holds: Holds = field(default_factory=Holds)
    hands: Hands = field(init=False)
    steering: Steering = field(default_factory=Steering)
    on_steering: Callable[[Steering], None] = lambda _: None
    on_takeover: Callable[[bytes | None], None] = lambda _: None
    _told: list[Happening] = field(default_factory=list)
    _term: int | None = None
    """The term for which it has taken over."""
    _nodes: Sequence[Node] | None = None
    """As the backend told them last."""

    def __post_init__(self) -> None:
        self.hands = Hands(self.backend, self.releases, self.holds)

    async def run(self, stop: asyncio.Event, tell: Callable[[Report], None], *, period_seconds: float = 1.0) -> None:
        """Tick every `period_seconds` until `stop`.  After a tick that took longer the next one follows at once."""
        while not stop.is_set():
            began = time.monotonic()
            tell(await self.tick(steady_seconds()))
            rest = period_seconds - (time.monotonic() - began)
            await _wait(stop, max(0.0, rest))

    def steer(self, steering: Steering, told: Happening) -> None:
        """Take an order, which holds from the next tick on and is told in it."""
        self.steering = steering
        self.tell(told)
        self.on_steering(steering)

    def tell(self, told: Happening) -> None:
        """Let it be told in the next tick."""
        self._told.append(told)

    async def tick(self, now: float, *, deciding: bool = True) -> Report:
        """Look, decide, reconcile, act, write down.  Without `deciding` the present number is only kept alive."""
        began = time.monotonic()
        self.holds.begin()
        self._expire(now)
        found = await self.holds.guard("backend", self.backend.list())
        stand = self._stand(found)
        look = await self.holds.guard("observer", self._look(now))
        answer = self._decide(look) if deciding and stand is Stand.ACTING else None
        actions, happenings = await self._keep(found, look, now, stand)
        if deciding and look and stand is not Stand.STANDBY:
            self._write(look, answer, actions)
        return Report(
            at_seconds=now,
            fleet=self.fleet,
            desired=self.panel.desired,
            look=look,
            answer=answer,
            happenings=(*self._news(), *(answer.happenings if answer else ()), *happenings),
            held=self.holds.words,
            took_seconds=time.monotonic() - began,
            standby=stand is Stand.STANDBY,
            rollout=None if self.dry_run else self.releases.rollout,
            steering=self.steering,
        )

    @property
    def taking_over(self) -> bool:
        """Whether it has become the leader, and does not go on yet with what the one before has left."""
        return stand_of(self.lease, self._term)[0] is Stand.TAKING_OVER

    def _stand(self, found: Sequence[Found] | None) -> Stand:
        """A new term begins with what there is, and is put off until the backend has said what that is."""
        stand, why = stand_of(self.lease, self._term)
        if why:
            self.holds.failed("lease", why)
        if self.lease and stand is Stand.STANDBY:
            self._term, self.steering = None, Steering()
            self.panel.desired = self.panel.desired if self.lease.replicas is None else self.lease.replicas
        if self.lease and stand is Stand.TAKING_OVER:
            if found is None:
                return Stand.HOLDING
            self._take_over(found, self.lease)
            return Stand.ACTING
        return stand

    def _take_over(self, found: Sequence[Found], lease: Leadership) -> None:
        """From another leader: with the number that it wanted, or as many workers as there are, if there are any."""
        present = sum(not worker.stopping for worker in found)
        self.panel.restart(present or self.panel.desired if lease.replicas is None else lease.replicas)
        if self.backend.adoptable:
            self.fleet = Fleet()
        self._term = lease.term
        self.on_takeover(lease.saved_state())

    async def _look(self, now: float) -> Look:
        """In a dry run the members of the group, whoever started them, are the present number of workers."""
        look = await self.observer.look(now=now, pods=self.fleet.pods, spec_replicas=self.panel.desired)
        members = look.observation.group_members
        if not self.dry_run or members is None:
            return look
        self.panel.desired = members
        return replace(look, observation=replace(look.observation, spec_replicas=members, status_replicas=members))

    def _expire(self, now: float) -> None:
        """A target that is over is told, and the policy goes on from the present number."""
        still = self.steering.at(now)
        if still != self.steering:
            follows = "paused, so this number is kept" if still.paused else f"{self.panel.acting.name} goes on from it"
            detail = f"the target of {self.panel.desired} is over: {follows}"
            self.steer(still, Happening(at_seconds=now, kind="manual", subject=OPERATOR, detail=detail))

    def _news(self) -> Sequence[Happening]:
        told, self._told = self._told, []
        return (*(self.lease.happenings() if self.lease else ()), *told)

    def _decide(self, look: Look | None) -> Answer | None:
        """Without a look no policy is asked; an operator's order needs none."""
        order = self.steering.order(self.panel.desired)
        if order:
            self.panel.desired = order.replicas
        if look is None:
            return None
        answer = self.panel.ask(look.observation, order)
        if answer.held:
            self.holds.failed("policy", answer.held)
        if self.lease:
            self.lease.wants(self.panel.desired)
        return answer

    async def _keep(
        self, found: Sequence[Found] | None, look: Look | None, now: float, stand: Stand
    ) -> tuple[Sequence[Action], Sequence[Happening]]:
        """Assert the wanted state.  A backend that does not answer keeps its last known workers: nothing is done.

        On standby that is no worker of its own; those that can be adopted are the leader's.
        """
        if found is None or self.dry_run or stand is Stand.HOLDING:
            return (), ()
        if stand is Stand.STANDBY and self.backend.adoptable:
            self.fleet = Fleet()
            return (), ()
        statuses = look.statuses if look else {}
        nodes = await self._known_nodes()
        done = reconcile(
            self.fleet,
            desired=0 if stand is Stand.STANDBY else self.panel.desired,
            found=found,
            results=self.prober.collect(),
            partitions={name: len(status.assignment) for name, status in statuses.items()},
            now=now,
            rollout=self.releases.rollout,
            nodes=nodes,
        )
        self.fleet = done.fleet
        self.releases.settle(done.rollout)
        self.prober.ask(done.probes)
        await self.hands.carry_out(done.actions)
        return done.actions, (*self.releases.told(), *done.happenings)

    async def _known_nodes(self) -> Sequence[Node] | None:
        """Asked only if a worker cares; a backend that does not answer keeps its last known nodes."""
        if any(revision.worker.node_selector for revision in self.releases.rollout.revisions):
            told = await self.holds.guard("backend", self.backend.nodes())
            self._nodes = self._nodes if told is None else told
        return self._nodes

    def _write(self, look: Look, answer: Answer | None, actions: Sequence[Action]) -> None:
        if self.journal is None:
            return
        tick = Tick(
            seen=look.observation,
            memory=answer.memory if answer else None,
            policy=self.panel.acting.name,
            decision=answer.decision if answer else None,
            order=answer.order if answer else None,
            desired=self.panel.desired,
            held=self.holds.words,
            shadows=answer.shadows if answer else {},
            done=tuple(f"{type(action).__name__.lower()} {action.name}" for action in actions),
        )
        try:
            self.journal.append(tick)
        except Exception as error:  # noqa: BLE001  # a full disk, or something that a user's policy said and JSON cannot
            self.holds.failed("journal", f"the journal could not be written: {error}")


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, or wake up early when it is time to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
