"""How a worker is kept alive, in the words of a pod's manifest: resources, probes, restarts, grace.

Shared by scenarios, `weir autoscale`, the reconciler and the backends.  Durations are seconds; where Kubernetes takes
whole seconds only, fractions are allowed here, so that experiments can be played on a shorter time scale.
"""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from contract.quantities import parse_exact
from contract.settings import Strict


def _quantity(value: object) -> float | None:
    """Base units (cores, bytes) of a number or of Kubernetes' notation."""
    if value is None:
        return None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError("expected a Kubernetes quantity such as 500m or 256Mi")  # noqa: TRY004  # pydantic turns only ValueError into a fault
    return float(parse_exact(value))


Quantity = Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(_quantity)]


_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LABEL_PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def label_fault(key: Any, value: Any) -> str | None:
    """What is wrong with a label by Kubernetes' rules; None = nothing."""
    prefix, slash, name = str(key).rpartition("/")
    if not _LABEL_NAME.fullmatch(name) or (slash and not _LABEL_PREFIX.fullmatch(prefix)):
        return f"{key} is no label: expected a key such as gpu or example.com/gpu"
    if not isinstance(value, str):
        found = str(value).lower() if isinstance(value, bool) else value
        return f'{key}: expected a text, found {found}: put it in quotes, such as {key}: "{found}"'
    if value and not _LABEL_NAME.fullmatch(value):
        return f"{key}: {value!r} is no label's value: at most 63 letters, digits, dots, dashes and underscores"
    return None


def _labels(value: Any) -> Any:
    """Every fault at once."""
    if not isinstance(value, dict):
        return value
    faults = [fault for key, text in value.items() if (fault := label_fault(key, text)) is not None]
    if faults:
        raise ValueError("; ".join(faults))
    return value


Labels = Annotated[dict[str, str], BeforeValidator(_labels)]


class ResourceAmounts(Strict):
    """CPU in cores, memory in bytes; None = not set."""

    cpu: Quantity = Field(None, description="cores, e.g. 500m")
    memory: Quantity = Field(None, description="bytes, e.g. 256Mi")


class Resources(Strict):
    """What a worker is promised, and what it may use at most."""

    requests: ResourceAmounts = ResourceAmounts()
    limits: ResourceAmounts = ResourceAmounts()


class Probe(Strict):
    """One probe over HTTP, with Kubernetes' defaults."""

    initial_delay_seconds: float = Field(0.0, ge=0, le=3_600)
    period_seconds: float = Field(10.0, gt=0, le=3_600)
    timeout_seconds: float = Field(1.0, gt=0, le=3_600)
    failure_threshold: int = Field(3, ge=1, le=1_000)
    success_threshold: int = Field(1, ge=1, le=1_000)


class Probes(Strict):
    """Which probes there are.  None = no such probe: without readiness a worker is ready as soon as it runs."""

    startup: Probe | None = Field(None, description="asks /startupz; the others wait until it succeeded once")
    liveness: Probe | None = Field(None, description="asks /livez; failing kills the worker, which is started again")
    readiness: Probe | None = Field(Probe(period_seconds=1.0), description="asks /readyz")


class BackOff(Strict):
    """How long a worker that ended waits until it is started again: doubling, forgotten after good behaviour."""

    base_seconds: float = Field(10.0, gt=0, le=3_600)
    max_seconds: float = Field(300.0, gt=0, le=86_400)
    reset_after_seconds: float = Field(600.0, gt=0, le=86_400)


class PodSpec(Strict):
    """Everything about a worker that is not about its work."""

    resources: Resources = Resources()
    probes: Probes = Probes()
    back_off: BackOff = BackOff()
    grace_seconds: float = Field(30.0, ge=0, le=3_600, description="from being told to stop until it is killed")
    node_selector: Labels = Field({}, description="labels that a node must have to run it")
    nice: int = Field(0, ge=0, le=19, description="lower priority of processes, as if Kafka were elsewhere")
