"""The run directory: what a run leaves behind, so that scores and reports can be made again years later.

run.json           scenario, seed, versions, host, Kafka, start, end (written at the start, completed at the end)
samples.parquet    one row a second (`Sample`)
events.jsonl       launches, deaths, phases, rebalances, scaling, probes, faults (`RunEvent`)
decisions.jsonl    every tick of the autoscaler: what it saw, what each policy answered, what was done
ledger.jsonl       every LedgerEntry that the workers published, in the order of the topic
account.json       the producer's own ProducerAccount
ledger.json        the audit of both
summary.json       the figures of the report
report.html        one file for people, opens offline
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contract.errors import SettingsError

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One second of a run.  Totals count from the start of the run; None = could not be measured.

    `desired_replicas` is what the policy asks for, `workers_alive` those that run, `workers_ready` those that consume.
    `partitions_stopped` have no ready worker at this moment; `true_processing_rate` is the mean of one ready worker.
    CPU seconds of workers include those that are gone; `worker_init_cpu_seconds` is the part used before they joined.
    """

    at_seconds: float
    phase: str  # preparing | warm-up | measuring | draining
    planned_events: int | None = None
    sent_events: int | None = None
    acked_events: int | None = None
    failed_events: int | None = None
    late_events: int | None = None
    produced_bytes: int | None = None
    buffered_bytes: int | None = None
    end_offset_events: int | None = None
    committed_events: int | None = None
    processed_events: int | None = None
    dead_lettered_events: int | None = None
    lag_events: int | None = None
    time_lag_seconds: float | None = None
    workers_ready: int = 0
    workers_alive: int = 0
    workers_initialising: int = 0
    desired_replicas: int | None = None
    worker_restarts: int | None = None
    probe_kills: int | None = None
    partitions_stopped: int | None = None
    true_processing_rate: float | None = None
    host_cpu_ratio: float | None = None
    worker_init_cpu_seconds: float | None = None
    rebalances: int | None = None
    busy_ratio: float | None = None
    event_loop_delay_seconds: float | None = None
    schedule_delay_p50_seconds: float | None = None
    schedule_delay_p99_seconds: float | None = None
    publish_p50_seconds: float | None = None
    publish_p99_seconds: float | None = None
    end_to_end_p50_seconds: float | None = None
    end_to_end_p99_seconds: float | None = None
    end_to_end_p999_seconds: float | None = None
    producer_cpu_seconds: float | None = None
    worker_cpu_seconds: float | None = None
    broker_cpu_seconds: float | None = None
    producer_rss_bytes: int | None = None
    worker_rss_bytes: int | None = None
    broker_rss_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Something that happened once: `kind` from a small set, `subject` who, `detail` in words."""

    at_seconds: float
    kind: str
    subject: str
    detail: str = ""


class RunDirectory:
    """The files of one run.  Writing replaces a file as a whole or appends a line, so a crash leaves what was there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_json = path / "run.json"
        self.samples_parquet = path / "samples.parquet"
        self.events_jsonl = path / "events.jsonl"
        self.decisions_jsonl = path / "decisions.jsonl"
        self.entries_jsonl = path / "ledger.jsonl"
        self.account_json = path / "account.json"
        self.ledger_json = path / "ledger.json"
        self.summary_json = path / "summary.json"
        self.report_html = path / "report.html"

    @classmethod
    def create(cls, path: Path) -> "RunDirectory":
        """A new, empty run directory; raises SettingsError when `path` already holds something."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            taken = any(path.iterdir())
        except OSError as error:
            raise SettingsError(f"cannot create the run directory {path}: {error.strerror}") from error
        if taken:
            raise SettingsError(f"{path} is not empty: a run never overwrites another; choose a new --out")
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """An existing one; raises SettingsError when there is no run in `path`."""
        directory = cls(path)
        if not directory.run_json.is_file():
            raise SettingsError(f"{path} is not a run directory: there is no run.json in it")
        return directory

    def write_json(self, path: Path, document: Any) -> None:
        """Replace a file by `document`, or not at all."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(document, indent=2, default=str) + "\n", encoding="utf-8")
        draft.replace(path)

    def read_json(self, path: Path) -> Any:
        """The document in one of the files; raises SettingsError when it is missing or broken."""
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}; did the run end early?") from error
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{path} is damaged: {error}") from error

    def append_event(self, event: RunEvent) -> None:
        """Add a line to events.jsonl."""
        with self.events_jsonl.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(event)) + "\n")

    def events(self) -> list[RunEvent]:
        """What happened, in order; raises SettingsError when the file is broken."""
        try:
            return [RunEvent(**json.loads(line)) for line in _lines(self.events_jsonl)]
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{self.events_jsonl} is damaged: {error}") from error

    def write_entries(self, entries: Iterable[bytes]) -> None:
        """Keep the ledger topic's records as they are, one JSON text a line."""
        self.entries_jsonl.write_bytes(b"".join(entry + b"\n" for entry in entries))

    def entries(self) -> Iterator[str]:
        """The ledger entries, one JSON text each."""
        return _lines(self.entries_jsonl)

    def write_samples(self, samples: Sequence[Sample]) -> None:
        """All seconds of the run, a column a field."""
        columns = {field.name: [getattr(s, field.name) for s in samples] for field in fields(Sample)}
        table = pa.table(columns, schema=_SCHEMA)
        pq.write_table(table, self.samples_parquet, compression="zstd")

    def samples(self) -> list[Sample]:
        """All seconds of the run; columns that a later version added are None, ones it dropped are passed over."""
        try:
            rows = pq.read_table(self.samples_parquet).to_pylist()
        except (OSError, pa.ArrowInvalid) as error:
            raise SettingsError(f"{self.samples_parquet} cannot be read: {error}") from error
        known = {field.name for field in fields(Sample)}
        return [Sample(**{name: value for name, value in row.items() if name in known}) for row in rows]


def _lines(path: Path) -> Iterator[str]:
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from (line for line in file if line.strip())


def _column(annotation: str) -> pa.DataType:
    return {"str": pa.string(), "int": pa.int64(), "float": pa.float64()}[annotation.split(" |", maxsplit=1)[0]]


_SCHEMA = pa.schema(
    [(name, _column(getattr(kind, "__name__", str(kind)))) for name, kind in Sample.__annotations__.items()],
    metadata={"weir_format": str(FORMAT_VERSION)},
)
