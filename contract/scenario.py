"""The scenario: one YAML file that says everything about a run, for the live testbed and the simulator alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from contract.errors import SettingsError
from contract.faults import in_yaml
from contract.kafka import TopicSpec
from contract.load import Load
from contract.pods import Labels, PodSpec
from contract.rollout import RolloutStrategy
from contract.settings import Strict, explain
from contract.worker import HandlerSpec, InitCost
from contract.yaml_text import read_yaml

FILES = ("file", "replay", "policy", "shadows")


class ProducerSpec(Strict):
    """How the load reaches Kafka; names follow Kafka's producer settings."""

    processes: int | None = Field(None, ge=1, le=64, description="None = chosen from the peak rate")
    acks: Literal["0", "1", "all"] = "1"
    idempotence: bool = False
    compression: Literal["none", "lz4", "zstd", "gzip", "snappy"] = "none"
    linger_seconds: float = Field(0.005, ge=0, le=10)
    batch_bytes: int = Field(131_072, ge=1_024, le=1 << 20)
    late_after_seconds: float = Field(0.1, gt=0)


class WorkerSpec(PodSpec):
    """What one worker is: every worker of a run is made from this, and kept alive as its pod fields say."""

    handler: HandlerSpec = HandlerSpec()
    init: InitCost = InitCost()
    events: Literal["weir", "json"] = "weir"
    commit_interval_seconds: float = Field(1.0, gt=0, le=60)
    session_timeout_seconds: float = Field(10.0, ge=1, le=300)
    heartbeat_interval_seconds: float = Field(3.0, gt=0, le=100)
    batch_events_max: int = Field(5_000, ge=1, le=1_000_000)
    start_seconds_max: float = Field(120.0, gt=0, description="all workers must be ready within this")
    events_per_second: float | None = Field(
        None, gt=0, description="what one worker can do; None = from the handler's costs, or else measured"
    )


class FixedScaler(Strict):
    """Always the same number of workers."""

    kind: Literal["fixed"] = "fixed"
    replicas: int = Field(4, ge=1, le=1_000)


class PolicyScaler(Strict):
    """A policy decides: a manifest from a cluster, or one of Weir's kinds."""

    kind: Literal["policy"] = "policy"
    policy: Path = Field(description="YAML of an HPA, a ScaledObject or one of Weir's kinds")
    replicas: int = Field(3, ge=0, le=1_000, description="workers at the start, before the policy is asked")
    shadows: tuple[Path, ...] = Field((), description="policies that are asked as well, and only recorded")
    cluster: dict[str, float | bool] = Field({}, description="settings of the cluster, e.g. sync_period_seconds")
    metrics: dict[str, str] = Field({}, description="metric name in manifests: signal of Weir's")
    cpu_window_seconds: float = Field(15.0, gt=0, le=600, description="what CPU samples are means of")


def _scaler_kind(value: Any) -> str:
    """A section that names a policy is one, also when it leaves `kind` out."""
    if isinstance(value, dict):
        return str(value.get("kind", "policy" if "policy" in value else "fixed"))
    return str(getattr(value, "kind", "fixed"))


Scaler = Annotated[
    Annotated[FixedScaler, Tag("fixed")] | Annotated[PolicyScaler, Tag("policy")], Discriminator(_scaler_kind)
]


class KillFault(Strict):
    """Workers are killed without warning (SIGKILL)."""

    kind: Literal["kill"]
    at_seconds: float = Field(ge=0)
    workers: int = Field(1, ge=1, le=1_000, description="drawn from those that are ready")
    every_seconds: float | None = Field(None, gt=0, description="again and again; None = once")


class FreezeFault(Strict):
    """Workers stand still for a while (SIGSTOP, SIGCONT), as on a machine that swaps or a long collection pause."""

    kind: Literal["freeze"]
    at_seconds: float = Field(ge=0)
    workers: int = Field(1, ge=1, le=1_000)
    hold_seconds: float = Field(gt=0, le=3_600)


class PoisonFault(Strict):
    """Records that no handler can take are put into the topic."""

    kind: Literal["poison"]
    at_seconds: float = Field(ge=0)
    events: int = Field(1, ge=1, le=1_000_000, description="spread over all partitions")


class RolloutFault(Strict):
    """Workers of other settings take the place of all that there are, as `rollout` says."""

    kind: Literal["rollout"]
    at_seconds: float = Field(ge=0)
    worker: dict[str, Any] = Field({}, description="fields of the section `worker` that change; the others stay")
    image: str | None = Field(None, description="of containers; None = as before")
    undo: bool = Field(False, description="go back to the version before instead")

    @model_validator(mode="after")
    def _one_thing(self) -> "RolloutFault":
        if self.undo and (self.worker or self.image is not None):
            raise ValueError("an undo goes back to the version before: leave out worker and image")
        return self


Fault = Annotated[KillFault | FreezeFault | PoisonFault | RolloutFault, Field(discriminator="kind")]


class BrokerSpec(Strict):
    """The embedded Kafka; without effect when the run uses a cluster of the user's own."""

    heap_mib: int = Field(1024, ge=256, le=65_536)
    properties: dict[str, str] = Field({}, description="server.properties on top of Weir's")


class Slo(Strict):
    """What the run must reach after warm-up; None = not asked for.  Ratios are at least, seconds at most."""

    produced_ratio_min: float | None = Field(None, ge=0, le=1, description="acknowledged / planned")
    processed_ratio_min: float | None = Field(None, ge=0, le=1, description="processed in time / planned")
    schedule_delay_p99_seconds_max: float | None = Field(None, gt=0)
    end_to_end_p50_seconds_max: float | None = Field(None, gt=0)
    end_to_end_p99_seconds_max: float | None = Field(None, gt=0)
    end_to_end_p999_seconds_max: float | None = Field(None, gt=0)
    lag_events_max: int | None = Field(None, ge=0)
    dead_lettered_events_max: int | None = Field(None, ge=0)
    unread_events_max: int | None = Field(0, ge=0, description="left after drain_seconds_max; null = as many as may be")
    cores_max: float | None = Field(None, gt=0, description="CPU of producer and workers together, in cores")
    time_lag_seconds_max: float = Field(
        5.0, gt=0, description="a second in which the oldest event is older violates the SLO; counted, no verdict"
    )
    violation_seconds_max: float | None = Field(None, ge=0, description="how many such seconds there may be")
    price_per_worker_hour: float | None = Field(None, ge=0, description="in any currency; None = costs are not priced")


class Scenario(Strict):
    """A run, before it happens.  The same file and seed give the same events."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    description: str = ""
    seed: int = Field(1, ge=0)
    seconds: float = Field(gt=0, le=604_800)
    warmup_seconds: float = Field(5.0, ge=0, description="left out of latencies, rates and SLOs; still audited")
    drain_seconds_max: float = Field(60.0, ge=0, description="after the load: time for the workers to finish")
    topic: TopicSpec = TopicSpec()
    load: Load = Load()
    producer: ProducerSpec = ProducerSpec()
    worker: WorkerSpec = WorkerSpec()
    rollout: RolloutStrategy = RolloutStrategy()
    node_labels: Labels = Field({}, description="of the machine where workers run, for worker.node_selector")
    scaler: Scaler = FixedScaler()
    faults: tuple[Fault, ...] = ()
    broker: BrokerSpec = BrokerSpec()
    slo: Slo = Slo()


def read_scenario(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario in `path` with `a.b=value` overrides applied.  Raises SettingsError naming every wrong field."""
    document = _parse(path)
    for override in overrides:
        _override(document, override)
    _resolve_files(document, path.parent)
    try:
        scenario = Scenario.model_validate(document)
    except ValidationError as error:
        raise SettingsError(explain(error, str(path), document, Scenario)) from error
    if scenario.warmup_seconds >= scenario.seconds:
        raise SettingsError(
            f"{path}: warmup_seconds ({scenario.warmup_seconds:g}) must be less than seconds ({scenario.seconds:g})"
        )
    for number, fault in enumerate(scenario.faults):
        if isinstance(fault, RolloutFault) and not fault.undo:
            changed_worker(scenario.worker, fault, f"{path}: faults.{number}")
    return scenario


def changed_worker(worker: WorkerSpec, fault: RolloutFault, source: str = "the rollout") -> WorkerSpec:
    """The section `worker` with what the fault changes of it.  Raises SettingsError."""
    document = _merged(worker.model_dump(exclude_unset=True), fault.worker)
    try:
        changed = WorkerSpec.model_validate(document)
    except ValidationError as error:
        raise SettingsError(explain(error, f"{source}.worker", document, WorkerSpec)) from error
    if changed == worker and fault.image is None:
        raise SettingsError(f"{source}: it changes nothing: expected a field of worker that differs, or an image")
    return changed


def with_policy(scenario: Scenario, policy: Path) -> Scenario:
    """The same scenario with another policy; workers at the start, cluster settings, metrics and window stay.

    A fixed scaler's replicas become the workers at the start.  A shadow that now acts itself is no shadow any more.
    """
    before = scenario.scaler
    if isinstance(before, FixedScaler):
        scaler = PolicyScaler(policy=policy, replicas=before.replicas)
    else:
        shadows = tuple(shadow for shadow in before.shadows if shadow != policy)
        scaler = before.model_copy(update={"policy": policy, "shadows": shadows})
    return scenario.model_copy(update={"scaler": scaler})


def _parse(path: Path) -> dict[str, Any]:
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the scenario {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: expected a mapping such as `name: my-run`, found {in_yaml(document)}")
    return document


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Sections are merged, anything else is replaced."""
    both = {
        name: _merged(base[name], change) if isinstance(base.get(name), dict) and isinstance(change, dict) else change
        for name, change in changes.items()
    }
    return {**base, **both}


def _override(document: dict[str, Any], override: str) -> None:
    path, sign, text = override.partition("=")
    if not sign or not path:
        raise SettingsError(f"--set {override!r}: expected path.to.field=value, e.g. --set load.shape.rate=50000")
    *parents, last = path.split(".")
    place: Any = document
    for name in parents:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise SettingsError(f"--set {override!r}: {name} is a value, not a section with fields")
    try:
        place[last] = read_yaml(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"--set {override!r}: {text!r} is not YAML: {error}") from error


def _resolve_files(document: Any, folder: Path) -> None:
    """Paths in a scenario are relative to the scenario's own folder, wherever it is run from."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in FILES and isinstance(value, str):
                document[name] = str((folder / value).resolve())
            elif name in FILES and isinstance(value, list):
                document[name] = [str((folder / item).resolve()) if isinstance(item, str) else item for item in value]
            _resolve_files(value, folder)
    elif isinstance(document, list):
        for item in document:
            _resolve_files(item, folder)
