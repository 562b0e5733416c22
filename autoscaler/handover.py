"""From one leader to the next: what an operator has ordered goes along with the lease, and who leads is told."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from autoscaler.control import Control
from autoscaler.controller import Controller
from autoscaler.errors import AutoscalerError, LeaseError
from autoscaler.panel import OPERATOR
from autoscaler.reconciler.model import Happening
from autoscaler.steering import Steering, decode, encode


def leader_of(controller: Controller) -> Mapping[str, Any] | None:
    """Who leads the controller's group, as the API tells it; None = nobody, or there is no lease."""
    leader = controller.lease.view() if controller.lease else None
    if leader is None:
        return None
    return {
        "holder": leader.holder,
        "term": leader.term,
        "self": leader.mine,
        "lease_seconds": leader.lease_seconds,
    }


def hand_on(control: Control) -> None:
    """Leave every order to the next leader, and go on with those of the one before; without a lease nothing happens."""
    controller, lease = control.controller, control.controller.lease
    if lease is None:
        return
    first = controller.panel.acting

    def take_over(state: bytes | None) -> None:
        try:
            kept = decode(state) if state else Steering()
            if kept.policy is None and controller.panel.acting is not first:
                controller.panel.use(first)
            control.take_over(kept)
        except AutoscalerError as error:
            detail = f"not all that the last leader was told can be taken over: {error}"
            controller.tell(Happening(at_seconds=control.clock(), kind="policy", subject=OPERATOR, detail=detail))

    def keep(steering: Steering) -> None:
        with suppress(LeaseError):  # a target that ends when the lease is lost: the next leader ends it as well
            lease.keep_state(encode(steering))

    controller.on_takeover, controller.on_steering = take_over, keep
