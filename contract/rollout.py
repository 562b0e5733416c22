"""How workers of one version give way to those of the next, in the words of a Deployment's strategy.

Shared by scenarios, `weir autoscale`, the API and the reconciler.  Seconds may have fractions here.
"""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from contract.settings import Strict

_SHARE = re.compile(r"\d{1,4}%")


def _amount(value: Any) -> int | str:
    """A number of workers, or a share of those that are wanted; Kubernetes calls it IntOrString."""
    if isinstance(value, str) and _SHARE.fullmatch(value):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError('expected a whole number of workers, or a share of them such as "25%"')


Amount = Annotated[int | str, BeforeValidator(_amount)]


class RolloutStrategy(Strict):
    """A rolling update, with Kubernetes' defaults.  Shares are of the workers that are wanted."""

    max_surge: Amount = Field("25%", description="so many more than wanted at a time; a share is rounded up")
    max_unavailable: Amount = Field("25%", description="so many fewer available at a time; a share is rounded down")
    min_ready_seconds: float = Field(
        0.0, ge=0, le=3_600, description="a worker counts as available once it was ready for so long"
    )
    progress_deadline_seconds: float = Field(
        600.0, gt=0, le=86_400, description="a rollout that gets no further for so long is stalled"
    )

    @model_validator(mode="after")
    def _can_move(self) -> "RolloutStrategy":
        """What the API server refuses in a Deployment."""
        if _is_nothing(self.max_surge) and _is_nothing(self.max_unavailable):
            raise ValueError("max_surge and max_unavailable are both 0: no worker could ever be replaced")
        if isinstance(self.max_unavailable, str) and int(self.max_unavailable[:-1]) > 100:  # noqa: PLR2004  # per cent
            raise ValueError(f"max_unavailable is {self.max_unavailable}: expected at most 100%")
        if self.progress_deadline_seconds <= self.min_ready_seconds:
            raise ValueError(
                f"progress_deadline_seconds ({self.progress_deadline_seconds:g}) must be more than "
                f"min_ready_seconds ({self.min_ready_seconds:g}): no worker could be available in time"
            )
        return self


def _is_nothing(amount: int | str) -> bool:
    return int(str(amount).removesuffix("%")) == 0
