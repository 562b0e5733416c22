"""The one family of errors that Weir raises on purpose, sorted by who has to act.

Every message says what was expected, what was found and what to do; the command line prints it without a
traceback.  Anything that is not a `WeirError` is a fault of ours and keeps its traceback.
"""


class WeirError(Exception):
    """Something a user can act on.  `exit_code` is what the command line ends with."""

    exit_code = 2


class SettingsError(WeirError):
    """Input that cannot be used: settings, scenario, file.  Lists every fault, not only the first."""


class KafkaError(WeirError):
    """Kafka could not be reached, or refused what was asked."""


class RunError(WeirError):
    """A run could not be carried out: a process died, a time limit passed."""
