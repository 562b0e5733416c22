"""A run's journal as a story: each change of the wanted number with its reasons, and what was between the changes.

Its one rule: a journal is read once, from front to back, and never held as a whole, for it may be large.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from autoscaler.explain.reasons import binding_step, moving_steps, why_of
from autoscaler.journal import ShadowAnswer, Tick
from autoscaler.model.value import value

LONG_SECONDS = 10.0
"""Shorter disagreements of shadows are left out unless all is asked for."""
REASONS_MAX = 3


class EntryKind(StrEnum):
    """What an entry of a story tells."""

    START = "start"
    CHANGE = "change"
    HOLD = "hold"
    FAILURE = "failure"
    POLICY = "policy"
    SHADOW = "shadow"


@value(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that lasted from `from_seconds` until `until_seconds`, on the run's clock.

    `before` and `after` are numbers of workers: of a change from and to; of a hold both the number held; of a shadow
    the least and the most that it wanted.
    """

    kind: EntryKind
    from_seconds: float
    until_seconds: float
    subject: str
    """The policy, or the shadow."""
    before: int
    after: int
    why: tuple[str, ...] = ()


def tell_story(ticks: Iterable[Tick], *, zero: float, everything: bool = False) -> list[Entry]:
    """The entries in the order of their beginnings.  `zero` is the run's second 0 on the journal's clock.

    With `everything` each reason for holding is an entry of its own, and so is each disagreement of a shadow, however
    short.
    """
    story = _Story(zero=zero, everything=everything)
    for tick in ticks:
        story.add(tick)
    return story.finished()


def change_in(tick: Tick, before: int, now: float) -> Entry | None:
    """The change of the wanted number in this tick, `now` on the run's clock; `before` is what was wanted so far."""
    if tick.desired == before:
        return None
    return _at(EntryKind.CHANGE, now, tick.policy, before, tick.desired, *_why_changed(tick))


@dataclass(slots=True)
class _Span:
    """Something that goes on: it becomes an entry when it ends."""

    kind: EntryKind
    subject: str
    key: str
    began: float
    ended: float
    least: int
    most: int
    reasons: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)
    """The latest words for each reason: its numbers change from tick to tick."""
    kept: set[int] = field(default_factory=set)
    """What was wanted meanwhile, where that differs from what the span is about."""

    def prolong(self, now: float) -> None:
        """It still goes on at `now`, for the same reasons."""
        self.ended = now

    def note(self, now: float, replicas: int, reason: str, words: str) -> None:
        """It still goes on at `now`, for this reason."""
        self.ended = now
        self.least, self.most = min(self.least, replicas), max(self.most, replicas)
        self.reasons[reason] += 1
        self.words[reason] = words

    def entry(self) -> Entry:
        common = [self.words[reason] for reason, _ in self.reasons.most_common(REASONS_MAX)]
        if self.kept:
            common.insert(0, f"while {span_text(min(self.kept), max(self.kept))} were wanted")
        return Entry(
            kind=self.kind,
            from_seconds=self.began,
            until_seconds=self.ended,
            subject=self.subject,
            before=self.least,
            after=self.most,
            why=tuple(common),
        )


@dataclass(slots=True, kw_only=True)
class _Story:
    zero: float
    everything: bool
    entries: list[Entry] = field(default_factory=list)
    held: _Span | None = None
    shadows: dict[str, _Span] = field(default_factory=dict)
    before: Tick | None = None

    def add(self, tick: Tick) -> None:
        now = tick.seen.at_seconds - self.zero
        change = change_in(tick, self._opened(tick, now), now)
        if change:
            self._end_hold()
            self.entries.append(change)
        else:
            self._hold(tick, now)
        for name, answer in tick.shadows.items():
            self._shadow(name, answer, tick, now)
        self.before = tick

    def finished(self) -> list[Entry]:
        """Everything that still goes on ends with the journal."""
        self._end_hold()
        for name in list(self.shadows):
            self._end_shadow(name)
        return sorted(self.entries, key=lambda entry: entry.from_seconds)

    def _opened(self, tick: Tick, now: float) -> int:
        """The number wanted before this tick; tells of the first tick and of a new policy."""
        old = self.before
        if old is None or old.policy != tick.policy:
            desired = tick.seen.spec_replicas if old is None else old.desired
            kind = EntryKind.START if old is None else EntryKind.POLICY
            self._end_hold()
            self.entries.append(_at(kind, now, tick.policy, desired, desired))
            return desired
        return old.desired

    def _hold(self, tick: Tick, now: float) -> None:
        """A tick in which nobody was asked prolongs what is; failures and orders are no reasons to hold."""
        reason = _reason(tick)
        if reason is None:
            if self.held:
                self.held.prolong(now)
            return
        kind, name, words = reason
        key = f"{kind}/{name}" if self.everything or kind is EntryKind.FAILURE or tick.order else kind
        if self.held is None or self.held.key != key:
            self._end_hold()
            self.held = _Span(kind, tick.policy, key, now, now, tick.desired, tick.desired)
        self.held.note(now, tick.desired, name, words)

    def _end_hold(self) -> None:
        if self.held:
            self.entries.append(self.held.entry())
        self.held = None

    def _shadow(self, name: str, answer: ShadowAnswer, tick: Tick, now: float) -> None:
        """It disagrees from the first different answer until the first equal one."""
        span = self.shadows.get(name)
        if answer.replicas == tick.desired:
            if span:
                span.prolong(now)
            self._end_shadow(name)
            return
        if span is None:
            span = _Span(EntryKind.SHADOW, name, name, now, now, answer.replicas, answer.replicas)
            self.shadows[name] = span
        span.reasons.clear()  # the latest words say it
        span.note(now, answer.replicas, "", answer.why)
        span.kept.add(tick.desired)

    def _end_shadow(self, name: str) -> None:
        span = self.shadows.pop(name, None)
        if span and (self.everything or span.ended - span.began >= LONG_SECONDS):
            self.entries.append(span.entry())


def span_text(least: int, most: int) -> str:
    """`3`, or `3 to 5`."""
    return str(least) if least == most else f"{least} to {most}"


def _reason(tick: Tick) -> tuple[EntryKind, str, str] | None:
    """Why the number stayed: kind, what to group by, and in words.  None = nobody was asked."""
    if tick.held is not None:
        return EntryKind.FAILURE, tick.held, tick.held
    if tick.order:
        return EntryKind.HOLD, tick.order.rule, why_of(tick.order)
    if tick.decision is None:
        return None
    trail, before = tick.decision.trail, tick.seen.spec_replicas
    moving = list(moving_steps(trail, before)) or [binding_step(trail, before)]
    return EntryKind.HOLD, moving[-1].rule, "; ".join(map(why_of, moving))


def _why_changed(tick: Tick) -> Iterator[str]:
    if tick.order:
        yield why_of(tick.order)
        return
    if tick.decision is None:
        yield tick.held or "not by a decision of the policy: the number was set from outside"
        return
    moving = list(moving_steps(tick.decision.trail, tick.seen.spec_replicas))
    yield from map(why_of, moving or tick.decision.trail[-1:])
    if tick.held:
        yield f"yet a part failed in this tick: {tick.held}"


def _at(kind: EntryKind, now: float, policy: str, before: int, after: int, *why: str) -> Entry:
    return Entry(kind=kind, from_seconds=now, until_seconds=now, subject=policy, before=before, after=after, why=why)
