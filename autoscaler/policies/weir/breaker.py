"""The init-storm breaker: starts that cost so much CPU that nothing gets done, and must not lead to more starts.

It trips on evidence only: the number was raised, yet no more is processed, starts take longer than they should (or
workers are started again), and the CPU goes into starting.  While it is open nothing grows.
"""

from dataclasses import replace

from autoscaler.model import Condition, Observation, WeirLook, WeirMemory
from autoscaler.policies.weir.crew import Crew, initialises, takes_part

TYPE = "InitStorm"
LATE_FACTOR = 1.5
"""A start is late after this many start times."""
FLAT = 1.05
"""A processing rate below this many times that of before is flat."""
RESTARTED_MIN = 2
"""A worker that is started again is an accident, two at once are a sign."""
INIT_SHARE_MIN = 0.5
HOST_RATIO_MIN = 0.9
CALM = Condition(type=TYPE, status=False, reason="NoStorm", message="starting workers do not crowd out the others")


def judge(weir: WeirMemory, seen: Observation, crew: Crew, *, calm_seconds: float) -> tuple[WeirMemory, Condition]:
    """The breaker after this tick."""
    evidence = _evidence(weir, seen, crew)
    if weir.tripped_at is None:
        if evidence is None:
            return weir, CALM
        return replace(weir, tripped_at=seen.at_seconds, calm_since=None), _storm("BreakerTripped", evidence)
    if evidence is not None or (crew.initialising and _crowded(seen) is not None):
        return replace(weir, calm_since=None), _storm(
            "BreakerOpen", evidence or f"{crew.initialising} initialise: {_crowded(seen)}"
        )
    since = seen.at_seconds if weir.calm_since is None else weir.calm_since
    if seen.at_seconds - since >= calm_seconds:
        return replace(weir, tripped_at=None, calm_since=None), CALM
    message = f"calm for {seen.at_seconds - since:,.0f} s of {calm_seconds:g} s"
    return replace(weir, calm_since=since), _storm("CoolingDown", message)


def _evidence(weir: WeirMemory, seen: Observation, crew: Crew) -> str | None:
    """The signs in numbers, if all are there; None if one is not, or could not be measured."""
    before, crowded = _before_growth(weir.looks, seen), _crowded(seen)
    late = crew.initialising_seconds > LATE_FACTOR * crew.start_seconds
    if before is None or crowded is None or not crew.initialising or not (late or crew.restarted >= RESTARTED_MIN):
        return None
    if before.processing_rate is None or seen.processing_rate is None:
        return None
    if seen.processing_rate > before.processing_rate * FLAT:
        return None
    again = f", {crew.restarted} of them started again" if crew.restarted else ""
    return (
        f"replicas {before.replicas} → {seen.spec_replicas} in {seen.at_seconds - before.at_seconds:,.0f} s, "
        f"ready {before.ready} → {crew.ready}, "
        f"processing {before.processing_rate:,.0f}/s → {seen.processing_rate:,.0f}/s; "
        f"{crew.initialising} initialise{again}, the oldest for {crew.initialising_seconds:,.0f} s "
        f"(a start of so many takes {crew.start_seconds:,.0f} s); {crowded}"
    )


def _before_growth(looks: tuple[WeirLook, ...], seen: Observation) -> WeirLook | None:
    """The last look at which fewer were asked for than now."""
    return next((look for look in reversed(looks) if look.replicas < seen.spec_replicas), None)


def _crowded(seen: Observation) -> str | None:
    """Whose the CPU is, if the host has none left; where that is unknown, if too much of it goes into starting."""
    share, ratio = _init_share(seen), seen.host_cpu_ratio
    told = "" if share is None else f"{share:.0%} of the workers' CPU goes into starting"
    if ratio is None:
        return told if share is not None and share >= INIT_SHARE_MIN else None
    if ratio < HOST_RATIO_MIN:
        return None
    return f"host at {ratio:.0%}{told and ', '}{told}"


def _init_share(seen: Observation) -> float | None:
    """Share of the workers' CPU that is used by those that initialise; None if nothing was measured."""
    known = [(worker, worker.cpu.usage) for worker in seen.workers if worker.cpu is not None]
    total = sum(usage for _, usage in known)
    starting = sum(usage for worker, usage in known if not takes_part(worker) and initialises(worker))
    return starting / total if total > 0 else None


def _storm(reason: str, message: str) -> Condition:
    return Condition(type=TYPE, status=True, reason=reason, message=message)
