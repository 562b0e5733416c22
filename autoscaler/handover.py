"""From one leader to the next: orders of an operator and the rollout go along with the lease, and who leads is told.

Its one rule: whatever cannot be taken over is told, and keeps nothing else from being taken over.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from autoscaler.control import Control
from autoscaler.controller import Controller
from autoscaler.errors import AutoscalerError, LeaseError
from autoscaler.lease.leadership import Leadership
from autoscaler.panel import OPERATOR
from autoscaler.reconciler.model import Happening
from autoscaler.rollout.document import to_document
from autoscaler.rollout.model import Rollout
from autoscaler.steering import Steering, decode, encode


def leader_of(controller: Controller) -> Mapping[str, Any] | None:
    """Who leads the controller's group, as the API tells it; None = nobody, or there is no lease."""
    leader = controller.lease.view() if controller.lease else None
    if leader is None:
        return None
    return {"holder": leader.holder, "term": leader.term, "self": leader.mine, "lease_seconds": leader.lease_seconds}


def hand_on(control: Control) -> None:
    """Leave what changes to the next leader, and go on where the one before was; without a lease nothing happens."""
    controller, lease = control.controller, control.controller.lease
    if lease:
        estate = _Estate(control, lease)
        controller.on_takeover, controller.on_steering = estate.inherit, estate.keep_steering
        controller.releases.keep = estate.keep_rollout


class _Estate:
    """One JSON document with a part for the orders and one for the rollout."""

    def __init__(self, control: Control, lease: Leadership) -> None:
        self._control, self._lease = control, lease
        self._parts: dict[str, Any] = {}
        self._first = control.controller.panel.acting

    def keep_steering(self, steering: Steering) -> None:
        self._keep("steering", orjson.loads(encode(steering)))

    def keep_rollout(self, rollout: Rollout) -> None:
        self._keep("rollout", to_document(rollout))

    def _keep(self, part: str, document: Any) -> None:
        """Without the lease there is nobody to leave it to: what has ended by itself, the next leader ends as well."""
        self._parts[part] = document
        with suppress(LeaseError):
            self._lease.keep_state(orjson.dumps(self._parts))

    def inherit(self, state: bytes | None) -> None:
        """Take the place of another leader."""
        found = orjson.loads(state) if state else {}
        self._parts = dict(found) if isinstance(found, dict) else {}
        self._try("an operator's orders", self._take_orders)
        self._try("the rollout", self._take_rollout)

    def _take_orders(self) -> None:
        """Also the end of our own: what the other one does not know of holds no longer."""
        document = self._parts.get("steering")
        kept = decode(orjson.dumps(document)) if document else Steering()
        panel = self._control.controller.panel
        if kept.policy is None and panel.acting is not self._first:
            panel.use(self._first)
        self._control.take_over(kept)

    def _take_rollout(self) -> None:
        releases = self._control.controller.releases
        if document := self._parts.get("rollout"):
            releases.resume(document, now=self._control.clock())
        else:
            self.keep_rollout(releases.rollout)

    def _try(self, what: str, take: Callable[[], None]) -> None:
        try:
            take()
        except AutoscalerError as error:
            self._control.controller.tell(
                Happening(
                    at_seconds=self._control.clock(),
                    kind="takeover",
                    subject=OPERATOR,
                    detail=f"not all of {what} can be taken over from the leader before: {error}",
                )
            )
