"""What can go wrong in the autoscaler through something other than a fault of its own."""

from contract.errors import SettingsError, WeirError


class AutoscalerError(WeirError):
    """The autoscaler's family of errors."""


class PolicyError(AutoscalerError, SettingsError):
    """A policy file that cannot be used, or not be honoured in full.  Names the file and the path to every fault."""


class StateError(AutoscalerError, SettingsError):
    """A recorded state that cannot be read.  Names the line and the field."""


class BackendError(AutoscalerError):
    """A backend could not do what it was asked: what, and why."""


class LeaseError(AutoscalerError):
    """The leader lease cannot be kept: what Kafka refused or somebody else wrote, and what to do."""
