"""A WeirPolicy, apiVersion `weir/v1`: the knobs of our own policy, each of which may be left out."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from autoscaler.manifests.fields import Shape, shaped
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.manifests.own import Own
from autoscaler.model import Plan
from autoscaler.policies.weir import WeirSpec, weir_plan

DEFAULT = WeirSpec()
Replicas = Annotated[int, Field(ge=1, le=100_000)]
Seconds = Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)]
Ratio = Annotated[float, Field(gt=0, le=1)]


class WeirSpecShape(Shape):
    """What may be set; the defaults are the policy's own."""

    min_replicas: Replicas = DEFAULT.replicas_min
    max_replicas: Replicas = DEFAULT.replicas_max
    time_lag_seconds: Seconds = DEFAULT.time_lag_seconds
    catch_up_seconds: Seconds = DEFAULT.catch_up_seconds
    utilisation: Ratio = DEFAULT.utilisation
    utilisation_max: Ratio = DEFAULT.utilisation_max
    down_window_seconds: Annotated[float, Field(ge=0, le=3_600)] = DEFAULT.down_window_seconds
    start_seconds: Seconds = DEFAULT.start_seconds
    overdue_factor: Annotated[float, Field(ge=1, le=100)] = DEFAULT.overdue_factor
    rebalance_seconds: Annotated[float, Field(ge=0, le=3_600)] = DEFAULT.rebalance_seconds
    look_ahead: bool = DEFAULT.look_ahead
    growth_max: Annotated[float, Field(ge=0, le=10)] = DEFAULT.growth_max
    starts_per_core: Annotated[float, Field(gt=0, le=1_000)] = DEFAULT.starts_per_core
    storm_calm_seconds: Annotated[float, Field(ge=0, le=3_600)] = DEFAULT.storm_calm_seconds


class WeirShape(Own):
    """A WeirPolicy."""

    spec: WeirSpecShape = WeirSpecShape()


def read_weir(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of a WeirPolicy.  Raises Refusal."""
    del context
    spec = shaped(WeirShape, document).spec
    faults = tuple(_faults(spec))
    if faults:
        raise Refusal(*faults)
    knobs = spec.model_dump(exclude={"min_replicas", "max_replicas"})
    return weir_plan(WeirSpec(replicas_min=spec.min_replicas, replicas_max=spec.max_replicas, **knobs))


def _faults(spec: WeirSpecShape) -> Iterator[str]:
    if spec.min_replicas > spec.max_replicas:
        yield f"spec.minReplicas: {spec.min_replicas} is above maxReplicas {spec.max_replicas}"
    if spec.utilisation > spec.utilisation_max:
        yield f"spec.utilisation: {spec.utilisation:g} is above utilisationMax {spec.utilisation_max:g}"
