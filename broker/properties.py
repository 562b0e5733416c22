"""The broker's server.properties, as a pure function of the settings.

Its one rule: what a user sets wins over what is written here, save for what the settings themselves decide (ports,
folders, roles), which is refused by name.  The values are for one node that is loaded hard for minutes, not for a
production cluster: replication is 1, internal topics are small, nothing waits for anybody.
"""

from dataclasses import dataclass
from pathlib import Path

from broker.errors import BrokerError
from broker.security import security_properties
from broker.settings import BrokerSettings
from contract.addresses import WILDCARDS, host_port

MIB = 1024 * 1024
OWNED = {
    "process.roles": "it is always broker,controller",
    "node.id": "it is always 1",
    "log.dirs": "use --data",
    "log.dir": "use --data",
    "listeners": "use --host and --port",
    "controller.quorum.voters": "the controller's port is picked at each start",
    "controller.listener.names": "it belongs to the listeners",
    "inter.broker.listener.name": "it belongs to the listeners",
    "listener.security.protocol.map": "it belongs to the listeners",
    "broker.rack": "it tells our broker from another one that took its port",
}
SINGLE_NODE = {
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",  # 50 by default, each a folder to make while the first group waits
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",  # 3 s by default, waiting for members that a test has started already
    # How soon after a crash the broker is let in again (9 s by default): its controller died with it and only time
    # tells that the old one is gone.  Not shorter, or a machine at its limit would lock its own broker out.
    "broker.session.timeout.ms": "5000",
    "broker.heartbeat.interval.ms": "1000",
    "auto.create.topics.enable": "false",  # a misspelt topic is an error, not a new topic with one partition
}
LOGS = {
    "log.segment.bytes": str(512 * MIB),
    # A day, and no limit by size: ten minutes of 200,000 events/s of 200 B are 24 GB and must all be there afterwards.
    "log.retention.hours": "24",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(16 * MIB),  # 128 MiB of the heap by default
    "num.recovery.threads.per.data.dir": "2",
}
LOAD = {
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "4",
    "socket.send.buffer.bytes": str(MIB),
    "socket.receive.buffer.bytes": str(MIB),
}


def server_properties(settings: BrokerSettings, ports: "Ports", log_dir: Path) -> dict[str, str]:
    """Every property, ours first, then the user's over them.

    Raises:
        BrokerError: A property that is not the user's to set, or a listener that no client could use.
    """
    refuse_owned(settings)
    refuse_unreachable(settings)
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "broker.rack": ports.mark,
        "log.dirs": str(log_dir),
        **listeners(settings, ports),
        **security_properties(settings.security),
        **SINGLE_NODE,
        **LOGS,
        **LOAD,
        **settings.properties,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What one start of the broker listens on, and by which mark its answers are known.

    `internal` is used only beside a secured clients' listener, `also` only with `also_host`.  Somebody else's Kafka may
    take a port between our look and our broker's start; it then answers too, but without the mark.
    """

    clients: int
    controller: int
    internal: int
    mark: str
    also: int = 0


def listeners(settings: BrokerSettings, ports: Ports) -> dict[str, str]:
    """The clients', the controller's, that of a second address, and ours where the clients' asks for credentials."""
    protocol = settings.security.protocol if settings.security else "PLAINTEXT"
    ours = [f"CLIENTS://{host_port(settings.host, ports.clients)}"]
    if settings.also_host:
        ours.append(f"ALSO://{host_port(settings.also_host, ports.also)}")
    if settings.security:
        ours.append(f"INTERNAL://127.0.0.1:{ports.internal}")
    return {
        "listeners": ",".join([*ours, f"CONTROLLER://127.0.0.1:{ports.controller}"]),
        "advertised.listeners": ",".join(ours),
        "inter.broker.listener.name": "INTERNAL" if settings.security else "CLIENTS",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{ports.controller}",
        "listener.security.protocol.map": f"CLIENTS:{protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,ALSO:{protocol}",
    }


def refuse_owned(settings: BrokerSettings) -> None:
    """Properties that would contradict the settings are an error, not a surprise."""
    wrong = [f"{name} ({OWNED[name]})" for name in settings.properties if name in OWNED]
    if wrong:
        raise BrokerError(f"these properties are not yours to set: {', '.join(wrong)}")


def refuse_unreachable(settings: BrokerSettings) -> None:
    """A wildcard can be listened on but not connected to, so clients need another address to be told."""
    if settings.also_host in WILDCARDS:
        raise BrokerError(f"clients cannot connect to {settings.also_host}: give the second address that they reach")
    if settings.host in WILDCARDS and "advertised.listeners" not in settings.properties:
        raise BrokerError(
            f"clients cannot connect to {settings.host}: give the address that they reach, or also set "
            "advertised.listeners, for example --set advertised.listeners=CLIENTS://kafka.example:9092"
        )


def properties_text(properties: dict[str, str]) -> str:
    """The file's text, escaped as `java.util.Properties` reads it."""
    return "".join(f"{escaped(key)}={escaped(value)}\n" for key, value in properties.items())


def escaped(text: str) -> str:
    """One key or value: backslashes doubled, and everything that ends a line or is not ASCII as an escape."""
    return "".join(
        "\\\\" if char == "\\" else char if " " < char < "\x7f" and char not in "#!=:" else utf16_escapes(char)
        for char in text
    )


def utf16_escapes(char: str) -> str:
    r"""`\uXXXX`, twice for a character outside the basic plane."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
