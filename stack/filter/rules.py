"""What one stack's workers are: the settings of the filter."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Every worker is of this image, on this network, and bears these labels, at least one.  Limits are per worker."""

    image: str
    network: str
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: str | None = None
    """The one volume that may be mounted, read-only."""
    cores_max: float = 4.0
    memory_bytes_max: int = 4 << 30
    containers_max: int = 100
