"""What can go wrong in the autoscaler through something other than a fault of its own."""

from collections.abc import Sequence

from contract.errors import SettingsError, WeirError


class AutoscalerError(WeirError):
    """The autoscaler's family of errors."""


class PolicyError(AutoscalerError, SettingsError):
    """A policy file that cannot be used, or not be honoured in full.  Names the file and the path to every fault.

    `faults` has those of single fields, each as `path: what is wrong`.
    """

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class StateError(AutoscalerError, SettingsError):
    """A recorded state that cannot be read.  Names the line and the field."""


class BackendError(AutoscalerError):
    """A backend could not do what it was asked: what, and why."""


class LeaseError(AutoscalerError):
    """The leader lease cannot be kept: what Kafka refused or somebody else wrote, and what to do."""


class RolloutError(AutoscalerError, SettingsError):
    """A rollout that cannot be: what was asked, and what could be asked instead."""
