"""What can go wrong with the embedded broker, in one class: the message carries the difference.

Whoever starts a broker can do only one thing about a failure, namely read what to change; so there is one type
and its text names the cause, the place and the remedy.
"""

from contract.errors import WeirError


class BrokerError(WeirError):
    """The embedded Kafka could not be fetched, started or stopped."""
