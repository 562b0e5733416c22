"""The end of a run: read what everybody wrote, audit it, score it, and leave the records in the run directory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from contract.kafka import KafkaSettings
from contract.ledger import InjectedRange, LedgerEntry, ProducerAccount
from contract.record import RunDirectory
from contract.scenario import Scenario
from loadtests.audit import Audit, LogOffsets, audit
from loadtests.cluster import Cluster, Topics
from loadtests.host import describe_host, versions, weir_version
from loadtests.offsets import OffsetReader, read_topic
from loadtests.score import Summary, score


@dataclass(slots=True, kw_only=True)
class Identity:
    """What run.json says: enough to know, years later, what was run, where and on what."""

    scenario: Scenario
    run_id: str
    command: str
    started_at: datetime
    host: dict[str, Any] = field(default_factory=describe_host)
    started_us: int | None = None
    kafka: dict[str, str | None] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario, run_id: str, command: str) -> "Identity":
        """The identity of a run that begins now."""
        return cls(scenario=scenario, run_id=run_id, command=command, started_at=datetime.now(UTC))

    def joined(self, cluster: Cluster, topics: Topics) -> None:
        """Note the Kafka and the topics of this run."""
        self.kafka = {
            "kind": "embedded" if cluster.broker else "external",
            "version": cluster.version,
            "bootstrap_servers": cluster.settings.bootstrap_servers,
        }
        self.topics = {"events": topics.events, "ledger": topics.ledger, "dead_letter": topics.dead_letter}

    def document(self, *, ended_at: datetime | None = None, verdict: str | None = None) -> dict[str, Any]:
        """run.json as it stands."""
        return {
            "format": 1,
            "id": self.run_id,
            "name": self.scenario.name,
            "seed": self.scenario.seed,
            "command": self.command,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "ended_at": ended_at and ended_at.isoformat(timespec="seconds"),
            "started_us": self.started_us,
            "verdict": verdict,
            "weir_version": weir_version(),
            "kafka": self.kafka,
            "topics": self.topics,
            "scaler": self.scaler,
            "workers": self.workers,
            "host": self.host,
            "versions": versions(),
            "scenario": self.scenario.model_dump(mode="json"),
        }


async def gather_log(
    kafka: KafkaSettings, offsets: OffsetReader, topics: Topics, directory: RunDirectory, start: Mapping[int, int]
) -> list[LogOffsets]:
    """Keep the ledger topic's records, and return what Kafka says of each partition.

    `start` is from before the load: by now retention may have taken the beginning of the log away, as it should.
    """
    directory.write_entries(await read_topic(kafka, topics.ledger))
    now = await offsets.read_surely()
    return [
        LogOffsets(partition=p, start=start[p], end=now.end[p], committed=now.committed.get(p)) for p in sorted(now.end)
    ]


def conclude(
    identity: Identity,
    scenario: Scenario,
    directory: RunDirectory,
    log: list[LogOffsets],
    injected: Sequence[InjectedRange] = (),
) -> Summary:
    """Audit and score the records of a run; complete its directory."""
    account = ProducerAccount.model_validate(directory.read_json(directory.account_json))
    entries = [LedgerEntry.model_validate(orjson.loads(line)) for line in directory.entries()]
    result: Audit = audit(account, entries, log, injected)
    most = identity.scaler.get("replicas_max")
    summary = score(scenario, directory.samples(), account, entries, result, replicas_max=most)
    directory.write_json(directory.ledger_json, result.model_dump(mode="json"))
    directory.write_json(directory.summary_json, summary.model_dump(mode="json"))
    document = identity.document(ended_at=datetime.now(UTC), verdict=summary.verdict)
    directory.write_json(directory.run_json, document)
    return summary
