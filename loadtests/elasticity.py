"""How well the number of workers followed the load, and what it cost: the score of an autoscaled run.  Pure.

Three stretches of a run, each for what it can tell:

- *Service and cost* (time lag, lag, workers, standing partitions) from the end of the warm-up until all is drained:
  a policy that leaves a backlog behind pays for it.
- *Provisioning* (needed against ready workers) in the measured stretch only: without arrivals nothing is needed.
- *Moves and peaks* (desired replicas, scale actions, kills, CPU of starts) in the whole run: a storm that breaks out in
  the warm-up is one.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pydantic import Field

from autoscaler.needed import RateSource
from contract.record import Sample
from contract.scenario import Scenario
from contract.settings import Strict
from loadtests.needed import needed_replicas, worker_rate
from loadtests.series import count, growth, integral, peak, ratio, spans

REVERSAL_SECONDS = 60.0  # a worker that is let go within a minute of being asked for hardly earned its start


class Violations(Strict):
    """Seconds in which the oldest event was older than the SLO allows, and those in which nobody knows."""

    seconds: float
    unknown_seconds: float

    @property
    def at_worst(self) -> float:
        """Unknown ones counted as violated: what was not measured was not held."""
        return self.seconds + self.unknown_seconds


class Provisioning(Strict):
    """Ready against needed workers, named after accuracy and time share in SPEC-RG-2016-01 (Herbst et al.).

    `theta` is how many workers were missing or idle in relation to those needed at that moment, averaged over time:
    0.5 = half of what was needed was missing, 2 = twice as many again.  `tau` is the share of time with any missing or
    idle at all.  All are ratios.
    """

    theta_under: float
    theta_over: float
    tau_under: float
    tau_over: float


class Elasticity(Strict):
    """The score of an autoscaled run.  Seconds and events·seconds; None = could not be measured."""

    worker_events_per_second: float | None
    worker_rate_source: RateSource | None = Field(description="where the rate of one worker is from")
    needed_replicas_max: int | None
    desired_replicas_max: int
    replicas_max: int | None = Field(description="the most that the policy may ask for")
    amplification: float | None = Field(description="peak desired / peak needed replicas")
    saturated_at_seconds: float | None = Field(description="when desired first rose to the policy's maximum; or never")
    time_lag_limit_seconds: float
    time_lag_seconds_max: float | None
    violation_seconds: float | None
    violation_unknown_seconds: float | None = Field(description="seconds whose time lag is not known")
    lag_event_seconds: float | None
    lag_events_max: int | None = Field(description="peak lag, the draining included")
    worker_seconds: float
    cost: float | None = Field(description="worker-hours times the scenario's price")
    provisioning: Provisioning | None
    scale_actions: int
    reversals: int = Field(description="scale actions against the one before, within a minute")
    rebalances: int | None
    stopped_partition_seconds: float | None
    init_cpu_share: float | None = Field(description="of the workers' CPU, what was used before they joined")
    probe_kills: int | None
    worker_restarts: int | None


def elasticity(scenario: Scenario, samples: Sequence[Sample], *, replicas_max: int | None) -> Elasticity | None:
    """The score; None for a run in which nobody asked for a number of workers.  `replicas_max` is the policy's."""
    desired = desired_path(scenario, samples)
    if len(desired) == 1:
        return None
    one, needed = worker_rate(scenario, samples), needed_replicas(scenario, samples)
    needed_max = max((n for n in needed if n is not None), default=None)
    desired_max = max(replicas for _, replicas in desired[1:])
    return Elasticity(
        worker_events_per_second=one and one.events_per_second,
        worker_rate_source=one and one.source,
        needed_replicas_max=needed_max,
        desired_replicas_max=desired_max,
        replicas_max=replicas_max,
        amplification=ratio(desired_max, needed_max),
        saturated_at_seconds=saturated_at(desired, replicas_max),
        provisioning=provisioning(samples, needed),
        scale_actions=len(actions(desired)),
        reversals=reversals(actions(desired)),
        **_service(scenario, [s for s in samples if s.phase in SCORED]),
        **_disturbances(samples),
    )


SCORED = ("measuring", "draining")


def violations(scenario: Scenario, samples: Sequence[Sample]) -> Violations | None:
    """Seconds of violated SLO from the end of the warm-up until drained; None when time lag was never measured."""
    scored = [s for s in samples if s.phase in SCORED]
    if all(s.time_lag_seconds is None for s in scored):
        return None
    lengths = spans([s.at_seconds for s in scored], scenario.warmup_seconds)
    timed = [(length, s.time_lag_seconds) for length, s in zip(lengths, scored, strict=True)]
    return Violations(
        seconds=sum(length for length, lag in timed if lag is not None and lag > scenario.slo.time_lag_seconds_max),
        unknown_seconds=sum(length for length, lag in timed if lag is None),
    )


def provisioning(samples: Sequence[Sample], needed: Sequence[int | None]) -> Provisioning | None:
    """Accuracy and time share of both faults; None when no measured second tells what was needed.

    Where nothing is needed, a ready worker counts as one too many in relation to one.
    """
    seconds = spans([s.at_seconds for s in samples], 0.0)
    known = [
        (length, sample.workers_ready - demand, max(1, demand))
        for length, sample, demand in zip(seconds, samples, needed, strict=True)
        if demand is not None and sample.phase == "measuring"
    ]
    total = sum(length for length, _, _ in known)
    if not total:
        return None
    return Provisioning(
        theta_under=sum(length * max(0, -spare) / demand for length, spare, demand in known) / total,
        theta_over=sum(length * max(0, spare) / demand for length, spare, demand in known) / total,
        tau_under=sum(length for length, spare, _ in known if spare < 0) / total,
        tau_over=sum(length for length, spare, _ in known if spare > 0) / total,
    )


Path = list[tuple[float, int]]


def desired_path(scenario: Scenario, samples: Sequence[Sample]) -> Path:
    """Pairs of (second, desired replicas), beginning with the number that the run started with."""
    told = [(s.at_seconds, s.desired_replicas) for s in samples if s.desired_replicas is not None]
    return [(0.0, scenario.scaler.replicas), *told]


def actions(desired: Path) -> Path:
    """Each change of desired replicas: (second, by how many)."""
    return [(at, after - before) for (_, before), (at, after) in pairwise(desired) if after != before]


def reversals(changes: Path) -> int:
    """Changes against the direction of the one before, soon after it."""
    return sum(
        (before > 0) != (after > 0) and at - earlier <= REVERSAL_SECONDS
        for (earlier, before), (at, after) in pairwise(changes)
    )


def saturated_at(desired: Path, replicas_max: int | None) -> float | None:
    """When desired first rose to `replicas_max`; None = never, or it began there."""
    if replicas_max is None or desired[0][1] >= replicas_max:
        return None
    return next((at for at, replicas in desired if replicas >= replicas_max), None)


def policy_maximum(run: Mapping[str, Any]) -> int | None:
    """The most workers that the policy of a run may ask for, as its run.json says; None in older runs."""
    scaler = run.get("scaler")
    most = scaler.get("replicas_max") if isinstance(scaler, Mapping) else None
    return most if isinstance(most, int) else None


def _service(scenario: Scenario, scored: Sequence[Sample]) -> dict[str, Any]:
    """What the users of the events and the payer of the workers saw."""
    violated, begin = violations(scenario, scored), scenario.warmup_seconds
    worker_seconds = integral(scored, "workers_alive", begin) or 0.0
    price = scenario.slo.price_per_worker_hour
    return {
        "time_lag_limit_seconds": scenario.slo.time_lag_seconds_max,
        "time_lag_seconds_max": peak(scored, "time_lag_seconds"),
        "violation_seconds": violated and violated.seconds,
        "violation_unknown_seconds": violated and violated.unknown_seconds,
        "lag_event_seconds": integral(scored, "lag_events", begin),
        "lag_events_max": count(peak(scored, "lag_events")),
        "worker_seconds": worker_seconds,
        "cost": None if price is None else worker_seconds / 3600 * price,
        "stopped_partition_seconds": integral(scored, "partitions_stopped", begin),
    }


def _disturbances(samples: Sequence[Sample]) -> dict[str, Any]:
    """What the moves stirred up."""
    return {
        "rebalances": count(growth(samples, "rebalances")),
        "init_cpu_share": ratio(growth(samples, "worker_init_cpu_seconds"), growth(samples, "worker_cpu_seconds")),
        "probe_kills": count(peak(samples, "probe_kills")),
        "worker_restarts": count(peak(samples, "worker_restarts")),
    }
