"""How long an engine that does not answer is left alone.  Pure."""

from dataclasses import dataclass

FIRST_SECONDS = 0.5
SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """What is remembered of failed questions.  Failures of questions that were under way together count as one."""

    failures: int = 0
    until: float = 0.0
    """When it may be asked again, on the clock of the caller."""
    reason: str = ""

    def left_seconds(self, now: float) -> float:
        """How much longer it is not asked."""
        return max(0.0, self.until - now)

    def failed(self, now: float, reason: str) -> "BackOff":
        """After a question without an answer."""
        if now < self.until:
            return self
        failures = self.failures + 1
        return BackOff(failures=failures, until=now + wait_seconds(failures), reason=reason)

    def answered(self) -> "BackOff":
        """After any answer, also a refusal: the engine is there."""
        return BackOff()


def wait_seconds(failures: int) -> float:
    """0.5, 1, 2, 4 … seconds, 10 at most."""
    return min(SECONDS_MAX, FIRST_SECONDS * 2.0 ** min(failures - 1, 10))
