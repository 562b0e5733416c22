"""Synthetic run directories for tests of what reads them: seeded, with warm-up, a rebalance and a spike in lag."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contract.histogram import LatencyHistogram
from contract.ledger import LedgerEntry, OffsetRange, PartitionAccount, ProducerAccount, ProducerSpan
from contract.record import RunDirectory, RunEvent, Sample
from contract.scenario import Scenario
from loadtests.audit import LogOffsets, audit
from loadtests.score import score

STARTED_US = 1_763_800_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What the made-up run is like.  `slowness` stretches all latencies; `lost` offsets are skipped in partition 0."""

    name: str = "demo-200k"
    rate: int = 200_000
    seconds: int = 60
    warmup: int = 5
    partitions: int = 12
    workers: int = 4
    slowness: float = 1.0
    lost: int = 0
    seed: int = 7

    @property
    def total(self) -> int:
        """All events planned, a multiple of the partitions."""
        return self.rate * self.seconds // self.partitions * self.partitions


def write_run(path: Path, flow: Flow | None = None, **run: Any) -> RunDirectory:
    """A complete run directory at `path`, except its report; `run` overrides parts of run.json."""
    flow = flow or Flow()
    directory = RunDirectory.create(path)
    scenario = make_scenario(flow)
    entries, account = list(_entries(flow)), make_account(flow)
    ledger = audit(account, entries, _offsets(flow))
    samples = _samples(flow)
    summary = score(scenario, samples, account, entries, ledger)
    directory.write_json(directory.run_json, _run_json(flow, scenario, summary.verdict) | run)
    directory.write_samples(samples)
    directory.write_entries(entry.model_dump_json().encode() for entry in entries)
    directory.write_json(directory.account_json, account.model_dump(mode="json"))
    directory.write_json(directory.ledger_json, ledger.model_dump(mode="json"))
    directory.write_json(directory.summary_json, summary.model_dump(mode="json"))
    for event in _events(flow):
        directory.append_event(event)
    return directory


def make_scenario(flow: Flow) -> Scenario:
    """The scenario of the made-up run."""
    return Scenario.model_validate(
        {
            "name": flow.name,
            "description": "200,000 events a second through 12 partitions and 4 workers, with a stall on the way.",
            "seconds": flow.seconds,
            "warmup_seconds": flow.warmup,
            "topic": {"partitions": flow.partitions},
            "load": {"shape": {"kind": "constant", "rate": flow.rate}, "event_bytes": 200},
            "scaler": {"kind": "fixed", "replicas": flow.workers},
            "slo": {
                "produced_ratio_min": 0.995,
                "processed_ratio_min": 0.995,
                "schedule_delay_p99_seconds_max": 0.02,
                "end_to_end_p50_seconds_max": 0.01,
                "end_to_end_p99_seconds_max": 0.25,
                "cores_max": 1.2,
            },
        }
    )


def _stall(flow: Flow, second: float) -> float:
    """0 to 1: how deep in trouble the run is; a rebalance at half time holds the workers up for three seconds."""
    since = second - flow.seconds / 2
    return math.exp(-since / 1.6) if since >= 0 else 0.0


def _samples(flow: Flow) -> list[Sample]:
    chance = random.Random(flow.seed)  # noqa: S311  # made-up figures, not secrets
    samples, processed = [], 0
    for second in range(flow.seconds + 3):
        planned = min(flow.rate * second, flow.total)
        trouble = _stall(flow, second)
        late = int(flow.rate * (0.004 + 1.7 * trouble) * chance.uniform(0.85, 1.15)) if second < flow.seconds + 2 else 0
        processed = max(processed, planned - late)
        samples.append(
            _sample(flow, second=second, planned=planned, processed=processed, trouble=trouble, chance=chance)
        )
    return samples


def _sample(flow: Flow, *, second: int, planned: int, processed: int, trouble: float, chance: random.Random) -> Sample:
    phase = "warm-up" if second < flow.warmup else "measuring" if second <= flow.seconds else "draining"
    wobble = chance.uniform(0.85, 1.2) * flow.slowness
    return Sample(
        at_seconds=float(second),
        phase=phase,
        planned_events=planned,
        sent_events=planned,
        acked_events=max(0, planned - (chance.randrange(300) if second < flow.seconds else 0)),
        failed_events=0,
        late_events=0,
        produced_bytes=planned * 200,
        buffered_bytes=chance.randrange(200_000, 900_000),
        end_offset_events=planned,
        committed_events=processed,
        processed_events=processed,
        dead_lettered_events=0,
        lag_events=planned - processed,
        workers_ready=flow.workers - (1 if trouble > 0.2 else 0),
        workers_alive=flow.workers,
        rebalances=1 if second < flow.seconds / 2 else 2,
        busy_ratio=0.4,
        event_loop_delay_seconds=0.002 * wobble + 0.09 * trouble,
        schedule_delay_p50_seconds=0.0006 * wobble,
        schedule_delay_p99_seconds=0.0031 * wobble,
        publish_p50_seconds=0.0012 * wobble,
        publish_p99_seconds=0.008 * wobble,
        end_to_end_p50_seconds=0.0018 * wobble + trouble,
        end_to_end_p99_seconds=0.014 * wobble + 2 * trouble,
        end_to_end_p999_seconds=0.03 * wobble + 2.2 * trouble,
        producer_cpu_seconds=0.31 * second,
        worker_cpu_seconds=0.52 * second + 0.2 * min(second, 3),
        broker_cpu_seconds=0.44 * second,
        producer_rss_bytes=96_000_000 + 40_000 * second,
        worker_rss_bytes=flow.workers * 71_000_000,
        broker_rss_bytes=640_000_000 + 2_000_000 * second,
    )


def _entries(flow: Flow) -> Iterator[LedgerEntry]:
    """One entry a worker and second; worker n has the partitions whose number modulo the workers is n."""
    chance = np.random.default_rng(flow.seed)
    share = flow.total // flow.partitions
    for second in range(flow.seconds):
        for worker in range(flow.workers):
            owned = range(worker, flow.partitions, flow.workers)
            yield LedgerEntry(
                worker=f"worker-{worker}",
                at_us=STARTED_US + second * 1_000_000 + 950_000,
                ranges=tuple(_range(flow, partition, *_slice(flow, share, second)) for partition in owned),
                end_to_end=_histogram(
                    chance, flow, middle=0.0018, trouble=_stall(flow, second), sigma=0.8, count=900
                ).encode(),
            )


def _slice(flow: Flow, share: int, second: int) -> tuple[int, int]:
    """First offset and number of events of one second in a partition with `share` events."""
    first = share * second // flow.seconds
    return first, share * (second + 1) // flow.seconds - first


def _range(flow: Flow, partition: int, first: int, events: int) -> OffsetRange:
    skipped = flow.lost if partition == 0 and first == 0 else 0
    last = first + events - 1
    span = ProducerSpan(pid=0, first_seq=first + skipped, last_seq=last, events=events - skipped)
    return OffsetRange(
        partition=partition, first_offset=first + skipped, last_offset=last, events=events - skipped, producers=(span,)
    )


def _histogram(
    chance: np.random.Generator, flow: Flow, *, middle: float, trouble: float, sigma: float, count: int
) -> LatencyHistogram:
    histogram = LatencyHistogram()
    seconds = chance.lognormal(math.log(middle * flow.slowness), sigma, count) + trouble * chance.uniform(0, 0.9, count)
    histogram.record_micros(seconds * 1e6)
    return histogram


def make_account(flow: Flow) -> ProducerAccount:
    """The producer's account of the made-up run: all was acknowledged."""
    chance = np.random.default_rng(flow.seed + 1)
    share = flow.total // flow.partitions
    return ProducerAccount(
        topic="events",
        started_us=STARTED_US,
        ended_us=STARTED_US + flow.seconds * 1_000_000,
        complete=True,
        planned=flow.total,
        sent=flow.total,
        acknowledged=flow.total,
        failed=0,
        unknown=0,
        late=0,
        unsent=0,
        value_bytes=flow.total * 200,
        schedule_delay=_histogram(
            chance, flow, middle=0.0006, trouble=0.0, sigma=0.7, count=40_000 if flow.total else 0
        ).encode(),
        publish_latency=_histogram(
            chance, flow, middle=0.0012, trouble=0.0, sigma=0.75, count=40_000 if flow.total else 0
        ).encode(),
        cpu_seconds=0.31 * flow.seconds,
        rss_bytes_max=98_000_000,
        partitions=tuple(
            PartitionAccount(
                pid=0,
                partition=partition,
                planned=share,
                sent=share,
                acknowledged=share,
                failed=0,
                first_offset=0,
                last_offset=share - 1,
            )
            for partition in range(flow.partitions)
        ),
    )


def _offsets(flow: Flow) -> list[LogOffsets]:
    end = flow.total // flow.partitions
    return [LogOffsets(partition=number, start=0, end=end, committed=end) for number in range(flow.partitions)]


def _events(flow: Flow) -> Iterator[RunEvent]:
    middle = flow.seconds / 2
    for worker in range(flow.workers):
        yield RunEvent(at_seconds=-1.9 + worker / 10, kind="phase", subject=f"worker-{worker}", detail="ready")
    yield RunEvent(at_seconds=middle, kind="rebalance", subject="weir", detail="worker-2 left the group")
    yield RunEvent(at_seconds=middle + 3.2, kind="rebalance", subject="weir", detail="worker-2 joined the group")


def _run_json(flow: Flow, scenario: Scenario, verdict: str) -> dict[str, Any]:
    return {
        "format": 1,
        "id": f"{flow.name}-20251122-082640",
        "name": flow.name,
        "scenario": scenario.model_dump(mode="json"),
        "seed": scenario.seed,
        "started_at": "2025-11-22T08:26:40+00:00",
        "ended_at": "2025-11-22T08:27:48+00:00",
        "started_us": STARTED_US,
        "weir_version": "0.1.0",
        "kafka": {"kind": "embedded", "version": "4.3.1", "bootstrap_servers": "127.0.0.1:40123"},
        "host": {
            "cpu": "Example CPU @ 2.50GHz",
            "cores": 2,
            "memory_bytes": 24_000_000_000,
            "system": "Linux 6.12",
            "python": "CPython 3.11.7",
            "load_average": [0.42, 0.31, 0.2],
        },
        "versions": {"aiokafka": "0.14.0", "orjson": "3.11.4", "uvloop": "0.22.1"},
        "topics": {"events": "events", "ledger": "events.ledger", "dead_letter": "events.dead-letter"},
        "workers": [f"worker-{number}" for number in range(flow.workers)],
        "verdict": verdict,
        "command": f"weir loadtest run {flow.name}.yaml",
    }
