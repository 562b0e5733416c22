"""Tumbling windows in event time: how many events and which sum of `value` each key had.

Event time is `due_us`.  A partition's watermark is the latest event time seen in it; a window is closed once the
watermark is `lateness_seconds` past its end, and an event of a closed window is late: counted, and left out.  The rule
looks at events one after the other, so how they were cut into slices changes nothing.

At least once: before every commit all counts so far are written as a *partial* result and begin at zero again, so
nothing that is committed exists only in memory.  The result of a window is therefore the sum of its records; the
one with `"closed": true`, maybe with a count of 0, is the last.  After a rebalance the new owner goes on with partial
results of its own; it learns the watermark anew, so events that were late before may then be counted.  After a crash,
what was written but not committed is counted again, as anywhere in Kafka without transactions.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from contract.event import PoisonError
from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers.base import CACHED_EVENTS, Handler, Result

MICROS = 1_000_000

Window_ = tuple[int, str]  # start in microseconds, key


class Window(Handler):
    """Keeps counts and sums per partition, window and key."""

    slice_events = CACHED_EVENTS

    def __init__(self, spec: HandlerSpec) -> None:
        if spec.output_topic is None:
            raise HandlerError("handler window: set output_topic (--output-topic), where results go")
        self.output_topic = spec.output_topic
        self._length_us = round(spec.window_seconds * MICROS)
        self._lateness_us = round(spec.lateness_seconds * MICROS)
        self._partitions: dict[int, _Partition] = {}

    def handle(self, partition: int, events: Sequence[Any]) -> None:
        """Count.  All or nothing: what is no number raises before anything is kept."""
        kept = self._partitions.setdefault(partition, _Partition())
        grace_us = self._length_us + self._lateness_us
        watermark_us, late = kept.watermark_us, 0
        added: defaultdict[Window_, list[float]] = defaultdict(lambda: [0, 0])
        for event in events:
            due_us, key, value = event["due_us"], event["key"], event["value"]
            if type(due_us) is not int or type(key) is not str:
                raise PoisonError(f"wrong schema: a window needs a whole due_us and a text key, found {event!r:.200}")
            start_us = due_us - due_us % self._length_us
            if start_us + grace_us <= watermark_us:
                late += 1
                continue
            sums = added[start_us, key]
            sums[0] += 1
            sums[1] += value
            watermark_us = max(watermark_us, due_us)
        kept.add(added, watermark_us)
        self.late_events += late

    def results(self) -> Sequence[Result]:
        """Windows that have closed."""
        grace_us = self._length_us + self._lateness_us
        return [
            self._result(partition, window, kept.sums.pop(window), closed=True)
            for partition, kept in self._partitions.items()
            for window in kept.closed(grace_us)
        ]

    def release(self) -> Sequence[Result]:
        """Partial results of the windows still open."""
        return [
            self._result(partition, window, sums, closed=False)
            for partition, kept in self._partitions.items()
            for window, sums in kept.restarted()
        ]

    def revoke(self) -> None:
        """Forget the partitions, watermarks included."""
        self._partitions.clear()

    def _result(self, partition: int, window: Window_, sums: Sequence[float], *, closed: bool) -> Result:
        start_us, key = window
        document = {
            "key": key,
            "window_start_us": start_us,
            "window_end_us": start_us + self._length_us,
            "count": sums[0],
            "sum": sums[1],
            "partition": partition,
            "closed": closed,
        }
        return Result(key=key.encode(), value=orjson.dumps(document))


class _Partition:
    """One partition's open windows and its watermark."""

    __slots__ = ("_earliest_us", "sums", "watermark_us")

    def __init__(self) -> None:
        self.watermark_us = -1
        self.sums: dict[Window_, list[float]] = {}
        self._earliest_us: int | None = None

    def add(self, added: dict[Window_, list[float]], watermark_us: int) -> None:
        self.watermark_us = watermark_us
        for window, (count, total) in added.items():
            sums = self.sums.setdefault(window, [0, 0])
            sums[0] += count
            sums[1] += total
            if self._earliest_us is None or window[0] < self._earliest_us:
                self._earliest_us = window[0]

    def restarted(self) -> Iterator[tuple[Window_, tuple[float, float]]]:
        """What was counted; begins at zero, but remembers which windows are open."""
        for window, sums in self.sums.items():
            if sums[0]:
                yield window, (sums[0], sums[1])
                sums[:] = 0, 0

    def closed(self, grace_us: int) -> list[Window_]:
        """Windows that take no more events.  Looks only when the earliest of them can be one: mostly it is not."""
        if self._earliest_us is None or self._earliest_us + grace_us > self.watermark_us:
            return []
        open_until = self.watermark_us - grace_us
        starts = [start_us for start_us, _ in self.sums if start_us > open_until]
        self._earliest_us = min(starts, default=None)
        return [window for window in self.sums if window[0] <= open_until]
