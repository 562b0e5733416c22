"""One trigger of a ScaledObject, whose metadata are text: read as KEDA reads them, and refused field by field."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from autoscaler.manifests.fields import with_found
from autoscaler.manifests.keda_shape import TriggerShape
from autoscaler.manifests.kinds import Refusal
from autoscaler.policies.hpa import TargetType
from autoscaler.policies.keda import KafkaTrigger, OffsetReset, ResourceTrigger, Trigger, metric_name
from contract.faults import meant_perhaps
from contract.quantities import parse_milli

Value = TypeVar("Value")

KAFKA = ("kafka", "apache-kafka")
RESOURCES = ("cpu", "memory")
CONNECTION = frozenset({"sasl", "tls", "unsafeSsl", "saslTokenProvider", "awsRegion", "awsEndpoint"})
"""How KEDA reaches Kafka; Weir has its own connection, so these change no decision."""
TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
KAFKA_VERSION = re.compile(r"0\.\d+\.\d+\.\d+|\d+\.\d+\.\d+")
PARTITION_MAX = 2**31 - 1


def read_trigger(shape: TriggerShape, index: int) -> Trigger:
    """One trigger.  Raises Refusal naming each field by its path."""
    path = f"spec.triggers[{index}]"
    if shape.type in KAFKA:
        return _kafka(shape, index, path)
    if shape.type in RESOURCES:
        return _resource(shape, path)
    known = ", ".join((*KAFKA, *RESOURCES))
    raise Refusal(f"{path}.type: triggers of type {shape.type!r} cannot be honoured; known are {known}")


def partition_limits(text: str) -> tuple[range, ...] | None:
    """Partitions like `1-4,8`; None is all of them.  Raises ValueError."""
    if not text.strip():
        return None
    return tuple(_partition_range(part.strip()) for part in text.split(","))


class _Metadata:
    """A trigger's metadata, taken field by field; what was wrong and what was left over is told at the end."""

    def __init__(self, metadata: Mapping[str, str], path: str) -> None:
        self.left = dict(metadata)
        self.path = path
        self.faults: list[str] = []
        self.known: list[str] = []

    def take(self, name: str, read: Callable[[str], Value], default: Value) -> Value:
        """A field's value; an empty text counts as not set."""
        self.known.append(name)
        text = self.left.pop(name, "")
        if not text:
            return default
        try:
            return read(text)
        except ValueError as error:
            self.fault(name, with_found(str(error), text))
            return default

    def fault(self, name: str, message: str) -> None:
        """Something that is wrong with a field."""
        self.faults.append(f"{self.path}.{name}: {message}")

    def finish(self) -> None:
        """Raise Refusal if anything was wrong, or if there is a field that nobody asked for."""
        for name in self.left:
            hint = meant_perhaps(name, self.known)
            self.fault(name, f"there is no such field, or it cannot be honoured here; {hint}")
        if self.faults:
            raise Refusal(*self.faults)


def _kafka(shape: TriggerShape, index: int, path: str) -> KafkaTrigger:
    metadata = _Metadata(shape.metadata, f"{path}.metadata")
    group, topic = _names(metadata, shape)
    fields = _flags(metadata)
    limits: tuple[range, ...] | None = metadata.take("partitionLimitation", partition_limits, None)
    if shape.type == "kafka":
        metadata.take("version", _kafka_version, "")
    for name in CONNECTION:
        metadata.left.pop(name, None)
    metadata.faults += [f"{path}.metadata.{fault}" for fault in _flag_faults(topic, fields)]
    if shape.metric_type == "Utilization":
        metadata.faults.append(f"{path}.metricType: must be AverageValue or Value for a Kafka trigger")
    metadata.finish()
    return KafkaTrigger(
        metric=metric_name(index, topic=topic, group=group),
        name=shape.name,
        topic=topic,
        partitions=limits if topic else None,
        target=TargetType.VALUE if shape.metric_type == "Value" else TargetType.AVERAGE_VALUE,
        use_cached=shape.use_cached_metrics,
        needs_every_end=shape.type == "apache-kafka",
        **fields,
    )


def _names(metadata: _Metadata, shape: TriggerShape) -> tuple[str, str]:
    """The group and the topic.  Names from a container's environment are not known here."""
    servers = metadata.take("bootstrapServers", str, "") or metadata.take("bootstrapServersFromEnv", str, "")
    metadata.left.pop("bootstrapServersFromEnv", None)
    topic, group = metadata.take("topic", str, ""), metadata.take("consumerGroup", str, "")
    group_from_env = metadata.left.pop("consumerGroupFromEnv", "")
    if not servers:
        metadata.fault("bootstrapServers", "must be set")
    if not group and not group_from_env:
        metadata.fault("consumerGroup", "must be set")
    if group_from_env and not group and not topic:
        metadata.fault("consumerGroupFromEnv", "the container's environment is not known here: set consumerGroup")
    if metadata.left.pop("topicFromEnv", ""):
        metadata.fault("topicFromEnv", "the container's environment is not known here: set topic")
    if shape.type == "apache-kafka" and "," in topic:
        metadata.fault("topic", f"several topics in one trigger cannot be honoured, found {topic!r}")
    return group, topic


def _flags(metadata: _Metadata) -> dict[str, Any]:
    return {
        "lag_threshold": metadata.take("lagThreshold", _positive, 10),
        "activation_lag_threshold": metadata.take("activationLagThreshold", _not_negative, 0),
        "offset_reset": metadata.take("offsetResetPolicy", _offset_reset, OffsetReset.LATEST),
        "allow_idle_consumers": metadata.take("allowIdleConsumers", read_bool, False),
        "exclude_persistent_lag": metadata.take("excludePersistentLag", read_bool, False),
        "scale_to_zero_on_invalid_offset": metadata.take("scaleToZeroOnInvalidOffset", read_bool, False),
        "limit_to_partitions_with_lag": metadata.take("limitToPartitionsWithLag", read_bool, False),
        "ensure_even_distribution": metadata.take("ensureEvenDistributionOfPartitions", read_bool, False),
    }


def _flag_faults(topic: str, flags: Mapping[str, Any]) -> Iterator[str]:
    limited, even = flags["limit_to_partitions_with_lag"], flags["ensure_even_distribution"]
    if limited and flags["allow_idle_consumers"]:
        yield "limitToPartitionsWithLag: must not be set beside allowIdleConsumers"
    if limited and even:
        yield "ensureEvenDistributionOfPartitions: must not be set beside limitToPartitionsWithLag"
    if limited and not topic:
        yield "limitToPartitionsWithLag: needs a topic"
    if even and not topic:
        yield "ensureEvenDistributionOfPartitions: needs a topic"


def _resource(shape: TriggerShape, path: str) -> ResourceTrigger:
    metadata = _Metadata(shape.metadata, f"{path}.metadata")
    kind = _resource_kind(metadata, shape, path)
    container = metadata.take("containerName", str, "")
    shared = kind == "Utilization"
    share: int | None = metadata.take("value", _positive, None) if shared else None
    milli: int | None = metadata.take("value", _positive_milli, None) if not shared else None
    if "value" not in shape.metadata:
        metadata.fault("value", "must be set")
    if shape.use_cached_metrics:
        metadata.faults.append(f"{path}.useCachedMetrics: is not supported for {shape.type}: the HPA reads it itself")
    metadata.finish()
    return ResourceTrigger(
        resource=shape.type,
        name=shape.name,
        average_utilization=share,
        average_value_milli=milli,
        container=container,
    )


def _resource_kind(metadata: _Metadata, shape: TriggerShape, path: str) -> str:
    """`metricType`, or the older `metadata.type`, but not both."""
    older = metadata.left.pop("type", "")
    kind = shape.metric_type or older
    if older and shape.metric_type:
        metadata.fault("type", "must not be set beside metricType")
    if kind not in ("Utilization", "AverageValue"):
        metadata.faults.append(f"{path}.metricType: must be Utilization or AverageValue, found {kind!r}")
    return kind


def read_bool(text: str) -> bool:
    """As Go reads it.  Raises ValueError."""
    if text not in TRUE + FALSE:
        raise ValueError("must be true or false")
    return text in TRUE


def _whole(text: str) -> int:
    if re.fullmatch(r"[+-]?\d{1,18}", text) is None:
        raise ValueError("must be a whole number")
    return int(text)


def _positive(text: str) -> int:
    number = _whole(text)
    if number <= 0:
        raise ValueError("must be positive")
    return number


def _positive_milli(text: str) -> int:
    milli = parse_milli(text)
    if milli <= 0:
        raise ValueError("must be positive")
    return milli


def _not_negative(text: str) -> int:
    number = _whole(text)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _offset_reset(text: str) -> OffsetReset:
    if text not in ("latest", "earliest"):
        raise ValueError("must be latest or earliest")
    return OffsetReset(text)


def _kafka_version(text: str) -> str:
    if KAFKA_VERSION.fullmatch(text.strip()) is None:
        raise ValueError("must be a version of Kafka such as 2.8.0")
    return text


def _partition_range(part: str) -> range:
    found = re.fullmatch(r"(\d+)\s*(?:-\s*(\d+))?", part)
    if found is None or max(int(end) for end in found.groups() if end) > PARTITION_MAX:
        raise ValueError("must be partitions like 1-4,8")
    first = int(found.group(1))
    return range(first, int(found.group(2) or first) + 1)
