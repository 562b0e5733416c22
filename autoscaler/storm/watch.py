"""Looks for an init storm while it happens, whatever the policy: most have no breaker of their own."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean

from autoscaler.storm.rule import (
    AFTERMATH_SECONDS,
    AMPLIFICATION_MIN,
    BEFORE_SECONDS,
    INIT_CPU_SHARE_MIN,
    LOOKBACK_SECONDS,
    evidence_words,
    is_storm,
    size_words,
)

REMEMBERED = 900
"""Ticks: a growth that began earlier is none."""
THROUGHPUT_SECONDS_MIN = 5.0
"""A mean over less is chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One tick.  CPU seconds and probe kills are totals, rates are events/s; None = not known."""

    at_seconds: float
    desired: int
    needed: int | None
    arrival_rate: float | None
    processing_rate: float | None
    lag_events: int | None
    cpu_seconds: float
    init_cpu_seconds: float
    probe_kills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Desired replicas raised beyond the need since `began_at`, last at `peaked_at`; and what is known of it."""

    began_at: float
    peaked_at: float
    desired_replicas_max: int
    needed_replicas_max: int | None
    amplification: float | None
    init_cpu_share: float | None
    throughput_ratio: float | None
    probe_kills: int

    @property
    def sentence(self) -> str:
        """The evidence in words, with its numbers."""
        return ", ".join([size_words(self), *evidence_words(self)])


@dataclass(slots=True, kw_only=True)
class StormWatch:
    """Remembers the last minutes.

    Attributes:
        storm: The storm that goes on; None = there is none.
    """

    lookback_seconds: float = LOOKBACK_SECONDS
    storm: Growth | None = None
    _seconds: deque[Second] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _over_at: float = float("-inf")

    def look(self, now: Second) -> str | None:
        """Take one tick in; what there is to tell: that a storm began, with its evidence, or that it is over."""
        if self._seconds and now.at_seconds < self._seconds[-1].at_seconds:  # the clock was set back
            self._forget()
        self._seconds.append(now)
        seconds = tuple(self._seconds)
        grown = growth(seconds, self.lookback_seconds)
        if self.storm is None:
            return self._began(grown)
        if calm(seconds, grown, self.lookback_seconds):
            lasted, self.storm, self._over_at = now.at_seconds - self.storm.began_at, None, now.at_seconds
            return f"over after {lasted:,.0f} s"
        if grown and is_storm(grown):
            self.storm = grown
        return None

    def _forget(self) -> None:
        """What was seen until now, for its times are yet to come.  A storm that goes on is seen again."""
        self._seconds.clear()
        self.storm, self._over_at = None, float("-inf")

    def _began(self, grown: Growth | None) -> str | None:
        """One that is over is not told again because of its past."""
        if grown is None or grown.peaked_at <= self._over_at or not is_storm(grown):
            return None
        self.storm = grown
        return f"began: {grown.sentence}"


def growth(seconds: Sequence[Second], lookback: float) -> Growth | None:
    """The growth that the newest second is in; None = no more is asked for than is needed, or nothing was raised."""
    beyond = _beyond_need(seconds)
    raised = [at for at in range(max(1, beyond), len(seconds)) if seconds[at].desired > seconds[at - 1].desired]
    if not raised:
        return None
    before, grown = seconds[raised[0] - 1], seconds[raised[0] :]
    began, peaked, now = grown[0], seconds[raised[-1]].at_seconds, grown[-1]
    most = max(second.desired for second in grown)
    needed = max((second.needed for second in seconds if second.needed is not None), default=None)
    return Growth(
        began_at=began.at_seconds,
        peaked_at=peaked,
        desired_replicas_max=most,
        needed_replicas_max=needed,
        amplification=most / needed if needed else None,
        init_cpu_share=_init_cpu_share(_between(seconds, min(began.at_seconds, peaked - lookback), peaked)),
        throughput_ratio=_throughput_ratio(seconds, began.at_seconds, peaked, lookback),
        probe_kills=now.probe_kills - before.probe_kills,
    )


def calm(seconds: Sequence[Second], grown: Growth | None, lookback: float) -> bool:
    """Whether a storm is over: back near the need, or nobody starts any more and no probe kills."""
    now = seconds[-1]
    if grown is None or (grown.needed_replicas_max and now.desired < AMPLIFICATION_MIN * grown.needed_replicas_max):
        return True
    lately = _between(seconds, now.at_seconds - lookback, now.at_seconds)
    killed = lately[-1].probe_kills > lately[0].probe_kills
    return not killed and (_init_cpu_share(lately) or 0.0) < INIT_CPU_SHARE_MIN


def _beyond_need(seconds: Sequence[Second]) -> int:
    """Where the stretch begins in which more is asked for than was needed; a need that is not known prolongs it."""
    first = len(seconds)
    while first and ((need := seconds[first - 1].needed) is None or seconds[first - 1].desired > need):
        first -= 1
    return first


def _init_cpu_share(seconds: Sequence[Second]) -> float | None:
    if not seconds:
        return None
    spent = seconds[-1].cpu_seconds - seconds[0].cpu_seconds
    return (seconds[-1].init_cpu_seconds - seconds[0].init_cpu_seconds) / spent if spent > 0 else None


def _throughput_ratio(seconds: Sequence[Second], began: float, peaked: float, lookback: float) -> float | None:
    """Against the minute before what the policy reacted to, or against arrivals; None where lag did not rise."""
    after = _between(seconds, began, peaked + AFTERMATH_SECONDS)
    lags = [second.lag_events for second in after if second.lag_events is not None]
    done = _known(after)
    if not lags or lags[-1] <= lags[0] or not done or after[-1].at_seconds - began < THROUGHPUT_SECONDS_MIN:
        return None
    arrived = [second.arrival_rate for second in after if second.arrival_rate is not None]
    reference = _known(_between(seconds, began - BEFORE_SECONDS, began - lookback)) or arrived
    return mean(done) / mean(reference) if reference and mean(reference) > 0 else None


def _known(seconds: Sequence[Second]) -> list[float]:
    return [second.processing_rate for second in seconds if second.processing_rate is not None]


def _between(seconds: Sequence[Second], begin: float, end: float) -> list[Second]:
    return [second for second in seconds if begin <= second.at_seconds <= end]
