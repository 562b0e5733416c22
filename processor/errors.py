"""What can go wrong in a worker that a person can act on."""

from contract.errors import WeirError


class ProcessorError(WeirError):
    """The family.  A worker that had begun and cannot go on ends with exit code 1."""

    exit_code = 1


class HandlerError(ProcessorError):
    """The handler cannot be used: no such name, no such callable, settings missing.  Bad input, exit code 2."""

    exit_code = 2


class StartError(ProcessorError):
    """The worker could not join: no Kafka, no topic.  Exit code 2."""

    exit_code = 2
