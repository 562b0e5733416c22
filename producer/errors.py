"""What a producer refuses or could not do; every message is for the user."""

from contract.errors import WeirError


class ProducerError(WeirError):
    """The producer could not do its work: input that it cannot use, or a Kafka that does not fit."""


class ChildError(ProducerError):
    """One of several producer processes died, so the account cannot be complete."""

    exit_code = 1
