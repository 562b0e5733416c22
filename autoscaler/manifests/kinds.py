"""Which kinds of policy there are.  A new one costs a reader and a line in this table.

A reader takes one YAML document and the context around it, and returns the plan.  It refuses what it cannot honour with
`Refusal`, a line for each fault, each beginning with the path to the field (`spec.metrics[0].object.target: …`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoscaler.cluster import HpaClusterSettings
from autoscaler.model import Plan
from autoscaler.signals import USUAL_NAMES, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a policy depends on beside its manifest."""

    cluster: HpaClusterSettings = field(default_factory=HpaClusterSettings)
    signals: Mapping[str, Signal] = field(default_factory=lambda: USUAL_NAMES)
    """Metric names and what they stand for: the usual ones and the user's own."""
    topic: str | None = None
    """A live group reads one topic: every Kafka trigger watches that one, whatever its manifest calls it."""
    known_only: bool = False
    """Refuse metrics that no signal stands for: a live run could never read them, a recorded state may hold them."""
    user_code: bool = True
    """Whether a manifest may name code of the user's own: whoever runs a command may, a letter through the API not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of policy.  `api_versions` is empty for Weir's own, which are known by their `kind` alone."""

    read: Callable[[Mapping[str, Any], Context], Plan]
    api_versions: tuple[str, ...] = ()


class Refusal(Exception):  # noqa: N818  # a list of faults on its way to the file's name, not an error of its own
    """Everything in a document that cannot be honoured, a line each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
