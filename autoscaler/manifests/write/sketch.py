"""What both forms of a cluster have in common: bounds, behaviour and metrics, and what got lost on the way to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Document = dict[str, Any]
"""A manifest, or a part of one."""


class Form(StrEnum):
    """The kinds that can be written."""

    HPA = "hpa"
    SCALED_OBJECT = "scaledobject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a manifest has to name and a policy may not: None = not given."""

    name: str | None = None
    target: str | None = None
    """`Deployment/NAME`; a name alone is a Deployment."""
    bootstrap_servers: str | None = None
    group: str | None = None
    topic: str | None = None
    events_per_second: float | None = None
    """What one worker does: how many events of lag a time is, for a policy that aims at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Total lag against a number: per worker (AverageValue) or in total (Value).

    `whole` is how an HPA writes it; `capped` = no more workers than partitions.  `group` and `topic`: whose
    lag it is, where the policy says so.
    """

    amount: float
    per_worker: bool
    whole: Mapping[str, Any] | None = None
    capped: bool = False
    group: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """CPU or memory: per cent of the request, or a quantity per worker."""

    resource: str
    percent: int | None = None
    amount: str | None = None
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A number of workers between two times, in the words of KEDA's cron trigger."""

    start: str
    end: str
    timezone: str
    replicas: int


@dataclass(slots=True, kw_only=True)
class Sketch:
    """A manifest in the making.  `lost` is what no longer holds; `notes` is what a reader should know."""

    name: str
    target: Mapping[str, Any] | None
    least: int
    most: int
    behavior: Mapping[str, Any] | None = None
    metrics: list[Lag | Use | Hours] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
