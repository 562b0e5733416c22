"""What a measurement of the benchmark asks for.

Apart from the clients that carry it out, because those import packages that only the `bench` extra brings, and `weir`
has to start without them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One measurement: where, how many events, how large."""

    bootstrap_servers: str
    topic: str
    partitions: int
    events: int
    event_bytes: int
    acks: str = "1"
    linger_ms: int = 5
    batch_bytes: int = 131_072
