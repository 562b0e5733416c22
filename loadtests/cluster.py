"""The Kafka of a run: an embedded one that lives as long as the run, or a cluster of the user's own.

Either way the run gets topics and a consumer group of its own, named after the run, and takes the topics away at the
end: a run never reads another's events, and never leaves anything in somebody's cluster.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError as ClientError

from broker import Broker, BrokerSettings, running_broker
from broker.jars import KAFKA_VERSION
from contract.errors import RunError
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.scenario import Scenario

Say = Callable[[str], None]
GROUP_PREFIX = "weir."
DISK_RESERVE_BYTES = 2 << 30
RECORD_OVERHEAD_BYTES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Names of the run's own topics, and of its group."""

    events: str
    ledger: str
    dead_letter: str
    group: str

    @property
    def run(self) -> str:
        """The run that they belong to."""
        return self.group.removeprefix(GROUP_PREFIX)

    @classmethod
    def of_run(cls, topic: str, run_id: str) -> "Topics":
        """Named so that whoever finds them in a cluster knows where they come from."""
        name = f"{topic}.{run_id}"
        return cls(
            events=name, ledger=f"{name}.ledger", dead_letter=f"{name}.dead-letter", group=f"{GROUP_PREFIX}{run_id}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where the run's Kafka is.  `broker` is None for a cluster of the user's own.

    `for_workers` is how workers reach it, who in containers are not on this machine's loopback.
    """

    settings: KafkaSettings
    for_workers: KafkaSettings
    broker: Broker | None

    @property
    def version(self) -> str | None:
        """Kafka's version; None when it is not ours to know."""
        return KAFKA_VERSION if self.broker else None


@asynccontextmanager
async def open_cluster(
    scenario: Scenario, external: KafkaSettings | None, *, folder: Path, say: Say, also_host: str | None = None
) -> AsyncIterator[Cluster]:
    """A Kafka that answers.  The embedded one keeps its data in `folder` until the run ends.

    It also listens on `also_host`, the address at which workers in containers find this machine.
    """
    if external:
        yield Cluster(settings=external, for_workers=external, broker=None)
        return
    require_disk(scenario, folder)
    settings = BrokerSettings(
        data=folder, also_host=also_host, heap_mib=scenario.broker.heap_mib, properties=scenario.broker.properties
    )
    try:
        async with running_broker(settings, say=say) as broker:
            near = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
            far = KafkaSettings(bootstrap_servers=broker.also_bootstrap_servers or broker.bootstrap_servers)
            yield Cluster(settings=near, for_workers=far, broker=broker)
    except BaseException:
        keep_only_logs(folder)  # gigabytes that nobody needs, and the one file that may say what went wrong
        raise
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@asynccontextmanager
async def own_topics(settings: KafkaSettings, scenario: Scenario, topics: Topics, *, keep: bool) -> AsyncIterator[None]:
    """The run's topics, made fresh; deleted afterwards unless `keep`.  Raises RunError if they exist already."""
    spec = scenario.topic.model_copy(update={"name": topics.events})
    others = [
        TopicSpec(name=name, partitions=1, replication_factor=spec.replication_factor)
        for name in (topics.ledger, topics.dead_letter)
    ]
    async with admin_client(settings) as admin:
        if existed := await create_topics(admin, [spec, *others]):
            raise RunError(f"topics {', '.join(sorted(existed))} exist already: is the same run going on elsewhere?")
    try:
        yield
    finally:
        if not keep:
            await _delete(settings, [spec.name, *(topic.name for topic in others)])


def keep_only_logs(folder: Path) -> None:
    """Take away what a broker has written, but not what it has said."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "logs":
            shutil.rmtree(path, ignore_errors=True)


async def _delete(settings: KafkaSettings, names: list[str]) -> None:
    """Take the run's topics away.  A cluster that is gone by now has nothing to tidy up."""
    try:
        async with admin_client(settings) as admin:
            await admin.delete_topics(names)
    except (ClientError, OSError) as error:
        raise RunError(f"topics {', '.join(names)} could not be deleted ({error}); delete them by hand") from error


def require_disk(scenario: Scenario, folder: Path) -> None:
    """Refuse a run whose log would fill the disk, before it does."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = expected_log_bytes(scenario)
    free = shutil.disk_usage(folder).free
    if needed + DISK_RESERVE_BYTES > free:
        raise RunError(
            f"this run would write about {needed / 1e9:.1f} GB to {folder}, where {free / 1e9:.1f} GB are free; "
            "choose another --out, or less load.rate, load.event_bytes or seconds"
        )


def expected_log_bytes(scenario: Scenario) -> int:
    """An estimate of what the log will hold, from the highest rate that the shape can reach."""
    size = scenario.load.event_bytes
    mean = size if isinstance(size, int) else max(share.bytes for share in size)
    return round(peak_rate(scenario) * scenario.seconds * (mean + RECORD_OVERHEAD_BYTES))


def peak_rate(scenario: Scenario) -> float:
    """An upper bound of the rate, events/s, from the fields of the shape that are named so."""
    return _largest_rate(scenario.load.shape.model_dump())


def _largest_rate(shape: Any) -> float:
    match shape:
        case {"kind": "sum", "shapes": parts}:
            return sum(map(_largest_rate, parts))
        case {"kind": "sine", "mean_rate": mean, "amplitude_rate": amplitude}:
            return float(mean + amplitude)
        case dict():
            own = [v for name, v in shape.items() if (name == "rate" or name.endswith("_rate")) and v is not None]
            return max([*own, *map(_largest_rate, shape.values())], default=0.0)
        case list() | tuple():
            return max(map(_largest_rate, shape), default=0.0)
    return 0.0
