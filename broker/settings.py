"""What a user may choose about the embedded broker.

Apart from the rest so that settings can be built, compared and printed without touching Java, a disk or a port.
Its one rule: nothing here does anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SCRAM_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = ("PLAIN", *SCRAM_MECHANISMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """One broker: where its data lives, where it listens, what it may use.

    Attributes:
        data: Folder of the broker; made if missing, kept when the broker stops, continued at the next start.
        port: Port for clients; 0 picks a free one, which later starts on the same folder take again if they can.
        host: Address to listen on and to tell clients; a concrete one, not a wildcard.
        also_host: A further one, for clients that cannot reach `host`: containers on a bridge reach its gateway.
        heap_mib: Java heap, MiB.  The page cache, which does most of the work, comes on top.
        java: A Java of 17 or newer to use in place of the bundled one.
        properties: Further lines for server.properties; they win over ours.
        security: SASL and TLS on the clients' listener; None is plain text.
        start_seconds: How long to wait until the broker answers.
        stop_seconds: How long a clean stop may take before the broker is killed.
    """

    data: Path
    port: int = 0
    host: str = "127.0.0.1"
    also_host: str | None = None
    heap_mib: int = 1024
    java: Path | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    security: "BrokerSecurity | None" = None
    start_seconds: float = 90.0
    stop_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSecurity:
    """What clients must bring.  SASL when `mechanisms` is not empty, TLS when there is a keystore.

    The broker's own traffic (its controller, our readiness check) stays on plain-text loopback listeners.
    SCRAM credentials are written into the data folder when it is new: later changes need a new folder.

    Attributes:
        mechanisms: Any of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.
        users: Name to password, for every mechanism alike.
        keystore: PEM file with the broker's private key (PKCS #8, no password) and its certificate chain.
        truststore: PEM file with certificates; if given, each client must bring a certificate signed by one.
    """

    mechanisms: tuple[str, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    keystore: Path | None = None
    truststore: Path | None = None

    @property
    def protocol(self) -> str:
        """The listener's `security.protocol`, in Kafka's words."""
        transport = "SSL" if self.keystore else "PLAINTEXT"
        return f"SASL_{transport}" if self.mechanisms else transport
