"""Going down waits: recommendations are collected for an interval, and the largest of them is followed."""

from dataclasses import dataclass, replace

from autoscaler.model import DelayedDown, FlinkMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """`ripe` is what to go down to, None while it waits for another `wait_seconds`."""

    flink: FlinkMemory
    ripe: DelayedDown | None
    wait_seconds: float = 0.0


def delay_down(flink: FlinkMemory, wish: DelayedDown, interval_seconds: float) -> Delayed:
    """Note the recommendation.  An interval of 0 or less follows it at once."""
    if interval_seconds <= 0:
        return Delayed(flink=flink, ripe=wish)
    since = wish.at_seconds if flink.down_began_at is None else flink.down_began_at
    opens = wish.at_seconds - interval_seconds
    larger = tuple(
        one for one in flink.down_recommendations if one.replicas > wish.replicas and one.at_seconds >= opens
    )
    kept = replace(flink, down_began_at=since, down_recommendations=(*larger, wish))
    if opens < since:
        return Delayed(flink=kept, ripe=None, wait_seconds=since - opens)
    return Delayed(flink=kept, ripe=kept.down_recommendations[0])


def clear_down(flink: FlinkMemory) -> FlinkMemory:
    """Forget them: the number wanted is no longer below the present one."""
    return replace(flink, down_began_at=None, down_recommendations=())
