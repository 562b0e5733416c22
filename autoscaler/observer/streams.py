"""How fast events come in and are committed, from the history of the offsets.

Rates are events/s over a window that evens out commits, which come in steps.  None until a partition was seen twice:
a total is known only when all of its parts are.
"""

from collections.abc import Iterable, Mapping, Sequence

from autoscaler.observer.history import History, Moment


def arrival_rates(history: History, window_seconds: float) -> Mapping[int, float | None]:
    """By partition, events/s that entered Kafka."""
    looks = _window(history.recent, window_seconds)
    return {p: _arrival_rate(looks, p, history.born[p]) for p in looks[-1].offsets.end} if looks else {}


def processing_rate(history: History, window_seconds: float) -> float | None:
    """Events/s committed by the group.  Offsets that were set back count as nothing done, not as negative work."""
    looks = _window(history.recent, window_seconds)
    return total(_commit_rate(looks, p, history.born[p]) for p in looks[-1].offsets.end) if looks else None


def total(rates: Iterable[float | None]) -> float | None:
    """The sum, if there is something to add and all of it is known."""
    found = list(rates)
    known = [rate for rate in found if rate is not None]
    return sum(known) if found and len(known) == len(found) else None


def _window(recent: Sequence[Moment], window_seconds: float) -> Sequence[Moment]:
    """From the youngest look that is at least a window old; after a gap, from the oldest that is younger."""
    if not recent:
        return ()
    now = recent[-1].at_seconds
    ages = [now - moment.at_seconds for moment in recent]
    whole = [i for i, age in enumerate(ages) if window_seconds <= age <= 2 * window_seconds]
    part = [i for i, age in enumerate(ages) if age < window_seconds]
    return recent[whole[-1] if whole else part[0] :]


def _arrival_rate(looks: Sequence[Moment], partition: int, born: float) -> float | None:
    now = looks[-1]
    for look in looks[:-1]:
        if look.at_seconds >= born:
            return (now.offsets.end[partition] - look.offsets.end[partition]) / (now.at_seconds - look.at_seconds)
    return None


def _commit_rate(looks: Sequence[Moment], partition: int, born: float) -> float | None:
    """Where nothing was ever committed, no commit is known to have come; the size of a first commit is unknown."""
    now, lived = looks[-1], [look for look in looks[:-1] if look.at_seconds >= born]
    committed = now.offsets.committed.get(partition)
    if committed is None:
        return 0.0 if lived else None
    for look in lived:
        before = look.offsets.committed.get(partition)
        if before is not None:
            return max(0, committed - before) / (now.at_seconds - look.at_seconds)
    return None
