"""The user's own policy: any callable of the same two-argument shape, held to what it promised.

Apart from where it is found (`manifests/`) because calling it must stay as pure as it is itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autoscaler.errors import PolicyError
from autoscaler.model import Memory, Observation, Proposal, Step


@dataclass(frozen=True, slots=True)
class CustomPolicy:
    """Calls the user's policy and refuses an answer that `decide` could not follow.  `name` is its `module:Name`."""

    name: str
    policy: Callable[[Observation, Memory], Any]

    def __call__(self, seen: Observation, memory: Memory) -> Step | Proposal:
        """The user's answer.  Raises PolicyError if it fails or is none."""
        try:
            answer = self.policy(seen, memory)
        except Exception as error:
            raise PolicyError(f"policy {self.name} failed at {seen.at_seconds:g} s: {error!r}") from error
        if isinstance(answer, Proposal) and not answer.trail:
            raise PolicyError(f"policy {self.name}: expected a trail of at least one step, found none")
        for step in answer.trail if isinstance(answer, Proposal) else (answer,):
            self._check(step)
        return answer  # type: ignore[no-any-return]  # checked just above, step by step

    def _check(self, step: Any) -> None:
        if not isinstance(step, Step):
            raise PolicyError(f"policy {self.name}: expected a Step or a Proposal, found {type(step).__name__}")
        if type(step.replicas) is not int or step.replicas < 0:
            raise PolicyError(
                f"policy {self.name}: expected a whole number of replicas that is not negative, found {step.replicas!r}"
            )
