"""A FlinkPolicy: Flink's options for its autoscaler, as they stand in somebody's configuration.

Each option may be written as Flink writes it, with or without its prefix (`job.autoscaler.scale-down.interval: 1 h`),
or with underscores (`scale_down_interval`).  `model: ds2` takes DS2's settings instead.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from autoscaler.guards import bounds
from autoscaler.manifests.fields import shaped, told
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.manifests.own import Own
from autoscaler.model import Plan
from autoscaler.policies.flink import Ds2Options, Ds2Policy, FlinkOptions, flink_plan
from contract.faults import meant_perhaps
from contract.settings import Strict

PREFIXES = ("kubernetes.operator.", "job.autoscaler.", "autoscaler.standalone.")
OLDER = {"target_utilization": "utilization_target", "scale_up_grace_period": "scale_down_interval"}
"""Names that Flink itself has replaced, and by what."""
WITHOUT_MEANING = {
    "vertex_exclude_ids": "there is one vertex here, the consumers",
    "memory_": "workers have no JVM heap to watch or tune",
    "scaling_event_interval": "every decision is in the journal",
    "flink_rest_client_timeout": "there is no Flink to ask",
    "scaling_key_group_partitions_adjust_mode": "replaced by scaling.parallelism-alignment.mode",
}
Options = TypeVar("Options", bound=Strict)


class FlinkShape(Own):
    """The outside of a FlinkPolicy; its options are checked by themselves."""

    spec: dict[str, Any]


def read_flink(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of a FlinkPolicy.  Raises Refusal."""
    del context
    spec = dict(shaped(FlinkShape, document).spec)
    model = spec.pop("model", "flink")
    if model == "flink":
        return flink_plan(_options(FlinkOptions, spec))
    if model != "ds2":
        raise Refusal(f"spec.model: expected flink or ds2, found {model!r}")
    options = _options(Ds2Options, spec)
    if options.min_replicas > options.max_replicas:
        raise Refusal(f"spec.min_replicas: {options.min_replicas} is above max_replicas {options.max_replicas}")
    guard = bounds(replicas_min=options.min_replicas, replicas_max=options.max_replicas)
    return Plan(
        policy=Ds2Policy(options),
        guards=(guard,),
        replicas_min=options.min_replicas,
        replicas_max=options.max_replicas,
    )


def _options(cls: type[Options], spec: Mapping[str, Any]) -> Options:
    names = {_field_name(key): key for key in spec}
    faults = [*_twice(spec), *_without_meaning(cls, names)]
    if faults:
        raise Refusal(*faults)
    try:
        return cls.model_validate({_field_name(key): value for key, value in spec.items()})
    except ValidationError as error:
        raise Refusal(*(_fault(fault, names) for fault in error.errors(include_url=False))) from error


def _field_name(key: str) -> str:
    """`job.autoscaler.scale-down.interval` as `scale_down_interval`."""
    for prefix in PREFIXES:
        key = key.removeprefix(prefix)
    name = key.replace(".", "_").replace("-", "_")
    return OLDER.get(name, name)


def _twice(spec: Mapping[str, Any]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for key in spec:
        name = _field_name(key)
        if name in seen:
            yield f"spec.{key}: says the same as {seen[name]}; leave one of them out"
        seen[name] = key


def _without_meaning(cls: type[Strict], names: Mapping[str, str]) -> Iterator[str]:
    for name, key in names.items():
        if name not in cls.model_fields:
            why = next((why for begin, why in WITHOUT_MEANING.items() if name.startswith(begin)), None)
            unknown = f"there is no such option; {meant_perhaps(name, cls.model_fields)}"
            yield f"spec.{key}: {f'cannot be honoured: {why}' if why else unknown}"


def _fault(fault: Any, names: Mapping[str, str]) -> str:
    if not fault["loc"]:
        return f"spec: {str(fault['msg']).removeprefix('Value error, ')}"
    first, *rest = fault["loc"]
    path = ".".join((names.get(str(first), str(first)), *map(str, rest)))
    return f"spec.{path}: {told(fault)}"
