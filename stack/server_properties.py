"""server.properties of the stack's Kafka, one node, as apache/kafka takes it from /mnt/shared/config.  Pure.

Its one rule: clients come in by one listener, 9092.  With security that is TLS and SCRAM, nothing is allowed that no
ACL allows, and who administers has to be in the broker's own network namespace, where a second listener is.
"""

from broker.properties import LOAD, LOGS, SINGLE_NODE

MOUNTED = "/mnt/shared/config"
KEYSTORE = "keystore.pem"
ADMIN_PORT = 9094
MECHANISM = "SCRAM-SHA-512"

COMMON = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": "1@127.0.0.1:9093",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": "/var/lib/kafka/data",
    **SINGLE_NODE,
    **LOAD,
    **LOGS,
    # The load never ends, the disk does: an hour, and half a gigabyte of each partition at most.
    "log.retention.ms": "3600000",
    "log.retention.bytes": str(512 << 20),
    "log.segment.bytes": str(64 << 20),
}


def server_properties(*, secure: bool) -> dict[str, str]:
    """Every property."""
    return {**COMMON, **(SECURE if secure else PLAIN)}


PLAIN = {
    "listeners": "CLIENTS://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093",
    "advertised.listeners": "CLIENTS://kafka:9092",
    "inter.broker.listener.name": "CLIENTS",
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
}
SECURE = {
    "listeners": f"CLIENTS://0.0.0.0:9092,ADMIN://127.0.0.1:{ADMIN_PORT},CONTROLLER://127.0.0.1:9093",
    "advertised.listeners": f"CLIENTS://kafka:9092,ADMIN://127.0.0.1:{ADMIN_PORT}",
    "inter.broker.listener.name": "ADMIN",
    "listener.security.protocol.map": "CLIENTS:SASL_SSL,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "listener.name.clients.sasl.enabled.mechanisms": MECHANISM,
    f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "listener.name.clients.ssl.keystore.type": "PEM",
    "listener.name.clients.ssl.keystore.location": f"{MOUNTED}/{KEYSTORE}",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    # Nobody comes in by clients' listener without a name, and the two others are the broker's own loopback.
    "super.users": "User:ANONYMOUS",
}
