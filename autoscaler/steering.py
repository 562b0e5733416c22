"""What an operator may change while the autoscaler runs: pause it, set a number for a while, give it another policy.

Values only, and what follows from them; the controller carries it out.  Its one rule: everything that was ordered ends
by itself or is shown for as long as it holds.
"""

import orjson

from autoscaler.errors import StateError
from autoscaler.lines.format import path_text
from autoscaler.lines.readers import Wrong, reader_of
from autoscaler.model import Step
from autoscaler.model.value import replace, value

VERSION = 1
REPLICAS_MAX = 1_000
TARGET_SECONDS_MAX = 7 * 86_400.0
"""A target that everybody has forgotten is an autoscaler that is switched off."""


@value(frozen=True, slots=True, kw_only=True)
class Pause:
    """The policy is not asked; `since` is in seconds since the epoch."""

    since: float
    reason: str | None = None


@value(frozen=True, slots=True, kw_only=True)
class Target:
    """A number of workers that is asserted instead of the policy's, until a second since the epoch."""

    replicas: int
    until: float
    reason: str | None = None


@value(frozen=True, slots=True, kw_only=True)
class Steering:
    """Everything that was ordered.  The default is an autoscaler that is left alone."""

    paused: Pause | None = None
    target: Target | None = None
    policy: str | None = None
    """The manifest that was put in the place of the one at the start, as text; None = that one still decides."""

    def pause(self, now: float, reason: str | None = None) -> "Steering":
        """Since now, or as long as it has been paused already."""
        since = self.paused.since if self.paused else now
        return replace(self, paused=Pause(since=since, reason=reason))

    def resume(self) -> "Steering":
        """The policy is asked again."""
        return replace(self, paused=None)

    def aim(self, target: Target) -> "Steering":
        """Another target takes the place of one that holds."""
        return replace(self, target=target)

    def let_go(self) -> "Steering":
        """Without a target."""
        return replace(self, target=None)

    def use(self, manifest: str) -> "Steering":
        """With this policy, which somebody has read and found good."""
        return replace(self, policy=manifest)

    def at(self, now: float) -> "Steering":
        """What still holds at `now`."""
        return self.let_go() if self.target and self.target.until <= now else self

    def order(self, desired: int) -> Step | None:
        """What is asserted instead of the policy's number, given the present one; None = the policy is asked."""
        if self.target:
            why = _with(self.target.reason, "set by an operator")
            return Step(rule="manual", replicas=self.target.replicas, why=why)
        if self.paused:
            return Step(rule="paused", replicas=desired, why=_with(self.paused.reason, "the present number is kept"))
        return None


def encode(steering: Steering) -> bytes:
    """As JSON, to be kept."""
    return orjson.dumps({"version": VERSION, **vars(steering)})


def decode(document: bytes) -> Steering:
    """What was kept.  Raises StateError."""
    try:
        fields = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise StateError(f"the kept steering is not JSON: {error}") from error
    if type(fields) is not dict or fields.pop("version", None) != VERSION:
        raise StateError(f"the kept steering is not of version {VERSION}, the only one that can be read")
    try:
        steering: Steering = _read(fields)
    except Wrong as wrong:
        raise StateError(f"the kept steering: {path_text(wrong.parts)}: {wrong}") from wrong
    return steering


_read = reader_of(Steering)


def _with(reason: str | None, words: str) -> str:
    return f"{words}: {reason}" if reason else words
