"""What lint knows beside the manifest: the cluster's settings, and the scenario if there is one.  None = not known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscaler.cluster import HpaClusterSettings
from autoscaler.lint.load import init_seconds, needed, peak_rate, worker_rate
from autoscaler.lint.model import ProbeBudget, Workload
from autoscaler.signals import USUAL_NAMES, Signal
from contract.pods import Probe
from contract.scenario import Scenario, WorkerSpec

ONLY = "the container"
"""How a scenario's worker calls its one container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The facts.  Rates are events/s, of the highest load that the scenario may reach."""

    cluster: HpaClusterSettings = field(default_factory=HpaClusterSettings)
    signals: Mapping[str, Signal] = field(default_factory=lambda: USUAL_NAMES)
    topic: str | None = None
    partitions: int | None = None
    workload: Workload | None = None
    init_seconds: float | None = None
    peak_rate: float | None = None
    worker_rate: float | None = None
    commit_seconds: float | None = None
    slo_seconds: float | None = None
    """The age of the oldest event that the SLO allows."""
    rebalance_seconds: float | None = None

    @property
    def needed(self) -> int | None:
        """Workers that keep up with the peak."""
        if self.peak_rate is None or self.worker_rate is None:
            return None
        return needed(self.peak_rate, self.worker_rate)


def setting_of(
    scenario: Scenario | None = None,
    *,
    cluster: HpaClusterSettings | None = None,
    signals: Mapping[str, Signal] = USUAL_NAMES,
    rebalance_seconds: float | None = None,
) -> Setting:
    """The facts of a scenario with those of the cluster."""
    settings = cluster or HpaClusterSettings()
    if scenario is None:
        return Setting(cluster=settings, signals=signals, rebalance_seconds=rebalance_seconds)
    worker = scenario.worker
    return Setting(
        cluster=settings,
        signals=signals,
        topic=scenario.topic.name,
        partitions=scenario.topic.partitions,
        workload=workload_of(worker),
        init_seconds=init_seconds(worker),
        peak_rate=peak_rate(scenario.load.shape),
        worker_rate=worker_rate(worker),
        commit_seconds=worker.commit_interval_seconds,
        slo_seconds=scenario.slo.time_lag_seconds_max,
        rebalance_seconds=rebalance_seconds,
    )


def workload_of(worker: WorkerSpec) -> Workload:
    """The scenario's worker, which is one container."""
    amounts = {
        "cpu": worker.resources.requests.cpu or worker.resources.limits.cpu,
        "memory": worker.resources.requests.memory or worker.resources.limits.memory,
    }
    return Workload(
        source="the scenario's worker",
        unrequested={name: () if amount else (ONLY,) for name, amount in amounts.items()},
        unprobed=() if worker.probes.readiness or worker.probes.startup else (ONLY,),
        budgets=tuple(_budgets(worker)),
    )


def _budgets(worker: WorkerSpec) -> list[ProbeBudget]:
    if worker.probes.startup is not None:
        return [ProbeBudget(name="startup probe", seconds=_seconds(worker.probes.startup))]
    if worker.probes.liveness is not None:
        return [ProbeBudget(name="liveness probe", seconds=_seconds(worker.probes.liveness))]
    return []


def _seconds(probe: Probe) -> float:
    return probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold
