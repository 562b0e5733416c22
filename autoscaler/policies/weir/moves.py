"""From the number wanted to the number asked for: what speaks for staying, what holds a move back."""

from autoscaler.model import Step
from autoscaler.policies.hpa import highest_recent
from autoscaler.policies.weir.demand import Demand
from autoscaler.policies.weir.starts import start_slots
from autoscaler.policies.weir.tick import Tick
from autoscaler.policies.weir.traffic import Traffic


def grow(tick: Tick, demand: Demand, wanted: int) -> Step:
    """More, unless the present number will do, the breaker is open, or the host has no room for more starts."""
    enough = _enough(tick, demand)
    if enough is not None:
        return tick.hold(enough)
    if tick.storm.status:
        return tick.hold(f"the init-storm breaker is open: {tick.storm.message}")
    missing = wanted - tick.current
    slots, why = start_slots(
        tick.seen, tick.crew, burning=tick.burning, starts_per_core=tick.spec.starts_per_core, wanted=missing
    )
    if not slots:
        return tick.hold(why)
    return Step(rule="starts", replicas=tick.current + slots, why=why)


def shrink(tick: Tick, demand: Demand, wanted: int) -> Step:
    """Fewer, once nothing waits and the largest need of the window is below the present number."""
    spec, lag, now = tick.spec, tick.seen.time_lag_seconds, tick.seen.at_seconds
    if demand.backlog_events > 0:
        return tick.hold(f"no worker goes while a backlog of {demand.backlog_events:,.0f} is drained")
    if lag is None:
        return tick.hold("the time lag is unknown")
    if lag > spec.time_lag_seconds:
        return tick.hold(f"no worker goes while the time lag is {lag:.1f} s of {spec.time_lag_seconds:g} s")
    scaled, window = tick.memory.last_scaled_at, tick.down_window_seconds
    if scaled is not None and now - scaled < window:
        return tick.hold(f"the last move was {now - scaled:,.0f} s of {window:,.0f} s ago")
    stable = highest_recent(tick.memory.recommendations, wanted, now=now, window_seconds=window)
    if stable >= tick.current:
        return tick.hold(f"{stable} were needed within the last {window:,.0f} s")
    return Step(rule="stabilise", replicas=stable, why=f"no more than {stable} were needed for {window:,.0f} s")


def grow_blindly(tick: Tick, traffic: Traffic) -> Step:
    """One more at a time while nobody knows what a worker can do and the lag grows all the same."""
    unmeasured = "no worker's true processing rate was measured yet"
    done, aimed = tick.seen.processing_rate, traffic.arrival_rate * tick.spec.time_lag_seconds
    if done is None:
        return tick.hold(f"{unmeasured}, and the processing rate is unknown")
    if traffic.arrival_rate <= done or traffic.lag_events <= aimed:
        return tick.hold(unmeasured)
    growing = f"{unmeasured}, but lag grows: arrival {traffic.arrival_rate:,.0f}/s, processing {done:,.0f}/s"
    scaled = tick.memory.last_scaled_at
    if tick.storm.status:
        return tick.hold(f"{growing}; the init-storm breaker is open")
    if tick.crew.starting or (scaled is not None and tick.seen.at_seconds - scaled < tick.horizon_seconds):
        return tick.hold(f"{growing}; waiting for what the last move brings")
    if tick.current >= traffic.partitions:
        return tick.hold(f"{growing}; {traffic.partitions} partitions: more workers would have nothing to read")
    return Step(rule="blind", replicas=tick.current + 1, why=f"{growing}: one more")


def _enough(tick: Tick, demand: Demand) -> str | None:
    """Why the present number will do: it keeps up, and what waits is drained about as soon as a move would help."""
    workers = tick.current - tick.crew.overdue
    grown = demand.grown_events if tick.crew.starting else 0.0
    if workers < 1 or not demand.will_do(workers, drain_seconds=tick.drain_seconds, grown_events=grown):
        return None
    busiest = demand.steady.busiest(workers)
    told = f"{workers} are enough for now: the busiest gets {busiest:,.0f}/s of {demand.worker_rate:,.0f}/s"
    if demand.backlog_events <= 0:
        return told
    return f"{told}, the backlog of {demand.backlog_events:,.0f} is gone in {demand.drain_seconds(workers):,.0f} s"
