"""Rules about targets whose type and fields do not fit, so that the controller compares with nothing."""

from collections.abc import Iterator

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Edit, Finding, Put, Rename, Severity
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import Metric, metrics_of

FIELDS = {"Value": "value", "AverageValue": "averageValue", "Utilization": "averageUtilization"}
CODES = {
    "Value": "hpa-averagevalue-on-value",
    "AverageValue": "hpa-value-on-averagevalue",
    "Utilization": "hpa-utilization-on-object",
}


def object_target(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Of an Object metric the controller takes the field that the type names, and no other."""
    del setting
    for metric in metrics_of(manifest):
        if metric.type == "Object":
            yield from _never_scales(metric)


def ignored_type(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Of External and Resource metrics the controller takes the field that is set, whatever the type says."""
    del setting
    for metric in metrics_of(manifest):
        given = [name for name, field in FIELDS.items() if metric.target.get(field) is not None]
        kind = str(metric.target.get("type"))
        if metric.type == "Object" or len(given) != 1 or kind == given[0] or kind not in FIELDS:
            continue
        yield Finding(
            code="hpa-type-ignored",
            severity=Severity.INFO,
            path=(*metric.target_path, "type"),
            what=f"It works as {given[0]}, although it says {kind}: {FIELDS[given[0]]} is what is set.",
            why=f"For {metric.type} metrics the controller looks at the fields and not at the type.",
            edits=(Put((*metric.target_path, "type"), given[0]),),
        )


def _never_scales(metric: Metric) -> Iterator[Finding]:
    kind, target = str(metric.target.get("type")), metric.target
    wanted = FIELDS.get(kind)
    given = [name for name in ("AverageValue", "Value") if target.get(FIELDS[name]) is not None]
    if wanted is None or not given or kind in given:
        return
    field = FIELDS[given[0]]
    yield Finding(
        code=CODES[kind],
        severity=Severity.ERROR,
        path=metric.target_path,
        what=f"The controller never scales on it: the target is of type {kind}, but has no {wanted}; {field} "
        f"{target[field]} is not looked at.  ScalingActive is False, FailedGetObjectMetric.",
        why="The API server asks an Object metric for value or averageValue, whatever the type; the controller then "
        "takes the one that the type names.",
        edits=_cure(metric, kind),
    )


def _cure(metric: Metric, kind: str) -> tuple[Edit, ...]:
    """The type is the slip where an average stands; a value under AverageValue was meant per worker as well."""
    path = metric.target_path
    if kind == "AverageValue":
        return (Rename((*path, "value"), "averageValue"),)
    return (Put((*path, "type"), "AverageValue" if metric.target.get("averageValue") is not None else "Value"),)
