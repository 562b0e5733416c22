"""What became of every event of one process: the numbers behind its status and its account.

The one rule: after every call, sent = acknowledged + failed + unknown + in flight holds for each partition.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from contract.ledger import PartitionAccount
from producer.latencies import Latencies


class Tally:
    """Counts per partition and latencies; arrays are as long as the topic has partitions.

    Attributes:
        own: Partitions of this process; the others stay 0.
        errors: Failed events by the name of Kafka's error.
        late: Events sent more than the limit after their plan.
        delay: Planned to sent.
        publish: Sent to acknowledged.
    """

    def __init__(self, *, pid: int, own: NDArray[np.bool_], seconds: Callable[[], float]) -> None:
        self.pid = pid
        self.own = own
        self.planned, self.sent, self.acknowledged, self.failed, self.unknown = (
            np.zeros(len(own), np.int64) for _ in range(5)
        )
        self._first_offset: dict[int, int] = {}
        self._last_offset: dict[int, int] = {}
        self.errors: Counter[str] = Counter()
        self.late = 0
        self.value_bytes = 0
        self.delay = Latencies(seconds)
        self.publish = Latencies(seconds)

    def count_planned(self, partitions: NDArray[np.uint16]) -> None:
        """More events of the schedule fell due, of all processes."""
        counts = np.bincount(partitions, minlength=len(self.own))
        self.planned += np.where(self.own, counts, 0)

    def count_acknowledged(self, partition: int, events: int, base_offset: int) -> None:
        """Kafka has them, from `base_offset` on; -1 when it does not say, after a repetition that it recognised."""
        self.acknowledged[partition] += events
        if base_offset >= 0:
            last = base_offset + events - 1
            self._first_offset[partition] = min(self._first_offset.get(partition, base_offset), base_offset)
            self._last_offset[partition] = max(self._last_offset.get(partition, last), last)

    def count_failed(self, partition: int, events: int, error: str) -> None:
        """Kafka refused them, or the time for delivering them was over."""
        self.failed[partition] += events
        self.errors[error] += events

    def accounts(self) -> tuple[PartitionAccount, ...]:
        """One for each partition of this process."""
        return tuple(self._account(partition) for partition in np.flatnonzero(self.own).tolist())

    def _account(self, partition: int) -> PartitionAccount:
        return PartitionAccount(
            pid=self.pid,
            partition=partition,
            planned=int(self.planned[partition]),
            sent=int(self.sent[partition]),
            acknowledged=int(self.acknowledged[partition]),
            failed=int(self.failed[partition]),
            unknown=int(self.unknown[partition]),
            first_offset=self._first_offset.get(partition),
            last_offset=self._last_offset.get(partition),
        )
